"""What every part of the loading uses: the shipped files, dates, and adding rows that are not there yet."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.shapes import PartialDate

Entry = dict[str, Any]
Ids = dict[str, uuid.UUID]

_DATA = Path(__file__).resolve().parent.parent / "data"


def shipped(name: str) -> Entry:
    """A file of app/data, by its name without the ending."""
    content: Entry = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


def day(text: str | None) -> date | None:
    """An ISO day, or None."""
    return date.fromisoformat(text) if text else None


def at_day(known: date | None) -> datetime:
    """The moment by which lists put a shipped row in order: its own day, before everything where that is unknown."""
    return datetime.combine(known or date(2000, 1, 1), time(), clock.VIETNAM)


def partial(value: Mapping[str, str] | None) -> PartialDate | None:
    """A date with its precision, or None."""
    return PartialDate.model_validate(value) if value else None


def unit_key(reference: Mapping[str, str]) -> str:
    """The key of an administrative unit that is named by (code, valid_from), or by its key alone."""
    return reference["key"] if "key" in reference else f"{reference['code']}@{reference['valid_from']}"


async def add(db: AsyncSession, table: type[SQLModel], rows: Iterable[Entry]) -> None:
    """Insert rows in one round trip; all of them name the same columns."""
    rows = list(rows)
    if rows:
        await db.exec(insert(table), params=rows)


async def stored(db: AsyncSession, *columns: Any) -> list[tuple[Any, ...]]:
    """The values of these columns, of all rows: natural keys say what need not be added."""
    connection = await db.connection()
    return [tuple(row) for row in (await connection.execute(select(*columns))).all()]


async def ids_by_key(db: AsyncSession, key: Any, identifier: Any) -> Ids:
    """The stored ids by natural key."""
    return {name: value for name, value in await stored(db, key, identifier) if name is not None}
