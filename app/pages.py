"""Keyset pages: `{"items", "next_cursor"}`, newest first, total order ending in the id."""

import base64
import binascii
import json
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.db import Row
from app.problems import Problem
from app.shapes import Query

LIMIT_DEFAULT = 20
LIMIT_MOST = 100
# characters; a list by name puts the sort key of a whole name into it
LONGEST_CURSOR = 2000


class PageQuery(Query):
    """Page parameters that every list takes. A `limit` above 100 is refused, not cut."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MOST, description="Số mục mỗi trang")] = LIMIT_DEFAULT
    cursor: Annotated[
        Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)] | None,
        Field(description="Giá trị next_cursor của trang trước"),
    ] = None


def encode_cursor(*values: object) -> str:
    """The sort values of the last item, opaque."""
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else str(value) for value in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, count: int) -> list[str]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise Problem("invalid_cursor") from None
    if not (isinstance(values, list) and len(values) == count and all(isinstance(v, str) for v in values)):
        raise Problem("invalid_cursor")
    return values


def time_cursor(cursor: str | None) -> tuple[datetime | None, uuid.UUID | None]:
    """(created_at, id) after which the page begins; (None, None) for the first page."""
    if cursor is None:
        return None, None
    moment, key = _decode(cursor, 2)
    try:
        return _moment(moment), uuid.UUID(key)
    except (ValueError, OverflowError):
        raise Problem("invalid_cursor") from None


def event_cursor(cursor: str) -> tuple[datetime, int]:
    """(moment, number) after which the page begins."""
    moment, number = _decode(cursor, 2)
    try:
        # a bigint, written as we write it
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Problem("invalid_cursor")
        return _moment(moment), int(number)
    except (ValueError, OverflowError):
        raise Problem("invalid_cursor") from None


def _moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    # the first and the last days of the calendar leave it in another zone
    if parsed.tzinfo is None or not 1 < parsed.astimezone(UTC).year < 9999:
        raise Problem("invalid_cursor")
    return parsed


def name_cursor(cursor: str | None) -> tuple[str | None, uuid.UUID | None]:
    """(sort key, id) after which the page begins."""
    if cursor is None:
        return None, None
    sort, key = _decode(cursor, 2)
    try:
        # what the database cannot hold, no name of it sorts after
        if "\x00" in sort or any(unicodedata.category(c) == "Cs" for c in sort):
            raise Problem("invalid_cursor")
        return sort, uuid.UUID(key)
    except ValueError:
        raise Problem("invalid_cursor") from None


def cut(rows: Sequence[Row], limit: int, *keys: str) -> tuple[Sequence[Row], str | None]:
    """Of limit + 1 rows: the page and the cursor to the next one, or None where it is the last."""
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    last = page[-1]
    return page, encode_cursor(*(last[key] for key in keys))


def search_query(text: str | None) -> str | None:
    """A tsquery over folded text: every word as a prefix. The caller folds it with `vi_fold` in SQL."""
    if text is None:
        return None
    words = "".join(c if c.isalnum() else " " for c in text).split()
    return " & ".join(f"{word}:*" for word in words) or None
