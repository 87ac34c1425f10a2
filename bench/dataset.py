"""The national data set: the product's own tables, filled by `bench/sql/*.sql`, kept in `bench/.data` between runs.

One database per number of nominations. It is made under another name and renamed when it is whole, so that a half-made
one is never measured; it is made again when what made it has changed.
"""

import asyncio
import hashlib
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from sqlmodel import col, select

from app.__main__ import migrate
from app.db import Database, asyncpg_arguments, reads_of, transaction
from app.embedded import EmbeddedPostgres
from app.loading import load_reference
from app.models.award_types import AwardType
from app.models.campaigns import CampaignPlan
from app.services.audit_chain import link_all
from app.services.bonuses import award_bonus, base_salary_on
from app.services.rollups import compare_rollups
from app.settings import Settings
from app.vocabularies import RecipientKind

FOLDER = Path(__file__).resolve().parent
DATA = FOLDER / ".data"
SQL = FOLDER / "sql"
MIGRATIONS = FOLDER.parent / "alembic" / "versions"
# the data end a day earlier; the base salary is the same all through them
DECISIONS_UNTIL = date(2026, 6, 30)
CHUNK = {"dossiers": 20_000, "nominations": 50_000}
_STEP = re.compile(r"^-- step: ([^|\n]+?)(?: \| (\w+))?$", re.MULTILINE)


@dataclass(frozen=True)
class Size:
    """How large a data set is; the territory and the campaigns are the same at every number of nominations."""

    nominations: int
    communes: int = 3_321
    campaigns: int = 50_000
    seed: int = 2026

    @property
    def database(self) -> str:
        """The name of its database."""
        return f"bench_{self.nominations}"


@contextmanager
def embedded_server() -> Iterator[str]:
    """The product's embedded PostgreSQL in `bench/.data`, durable, as users run it; yields its DSN."""
    with EmbeddedPostgres(DATA, durable=True).hold() as dsn:
        yield dsn


def in_database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    head, _, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def ensure(dsn: str, size: Size) -> str:
    """The DSN of the data set of that size; made first where it is missing or was made by other sources."""
    return asyncio.run(_ensure(dsn, size))


async def _ensure(dsn: str, size: Size) -> str:
    target = in_database(dsn, size.database)
    server = await asyncpg.connect(**asyncpg_arguments(dsn))
    try:
        made_from = await server.fetchval(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = $1", size.database
        )
        if made_from is None or not _still_true(json.loads(made_from), size):
            draft = f"{size.database}_new"
            await server.execute(f"drop database if exists {draft} with (force)")
            await server.execute(f"create database {draft}")
            made_now = json.dumps(_sources(size)).replace("'", "''")
            await make_data_set(in_database(dsn, draft), size)
            await server.execute(f"drop database if exists {size.database} with (force)")
            await server.execute(f"alter database {draft} rename to {size.database}")
            await server.execute(f"comment on database {size.database} is '{made_now}'")
    finally:
        await server.close()
    await migrate(target)
    progress = _Progress("Nối chuỗi nhật ký (chỉ lần đầu)")
    async with Database.open(Settings(database_url=target)) as database:
        # else the servers would do it while they are measured
        await link_all(database)
    progress.end()
    return target


def _sources(size: Size) -> dict[str, str]:
    """What a data set is made from: a digest of each statement file and migration, and the size."""
    files = [*sorted(SQL.glob("*.sql")), *sorted(MIGRATIONS.glob("*.py"))]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files} | {"size": repr(size)}


def _still_true(made_from: dict[str, str], size: Size) -> bool:
    """Migrations that came later are applied; anything else that differs makes the data set anew."""
    now = _sources(size)
    return all(now.get(name) == digest for name, digest in made_from.items())


class _Progress:
    """One line on stderr per step, rewritten while it runs on a terminal."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.began = time.monotonic()

    def show(self, done: int, of: int) -> None:
        if sys.stderr.isatty():
            filled = 20 * done // max(1, of)
            bar = "█" * filled + "░" * (20 - filled)
            print(f"\r\033[K{bar} {self.title}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{clear}{self.title}: {time.monotonic() - self.began:.1f} s", file=sys.stderr, flush=True)


async def make_data_set(dsn: str, size: Size) -> None:
    """Fill an empty database."""
    print(f"Tạo dữ liệu quốc gia với {size.nominations} đề nghị (chỉ lần đầu) …", file=sys.stderr, flush=True)
    progress = _Progress("Bảng và danh mục")
    await migrate(dsn)
    async with Database.open(Settings(database_url=dsn)) as database:
        await load_reference(database)
        plans, bonuses = await _shipped_plans(database), await _bonuses(database)
    progress.end()
    connection = await asyncpg.connect(**asyncpg_arguments(dsn), command_timeout=None)
    try:
        for setting, value in (
            ("synchronous_commit", "off"),
            ("work_mem", "256MB"),
            ("maintenance_work_mem", "1GB"),
            ("making.seed", str(size.seed)),
            ("making.nominations", str(size.nominations)),
            ("making.communes", str(size.communes)),
            ("making.campaigns", str(size.campaigns)),
        ):
            await connection.execute("select set_config($1, $2, false)", setting, value)
        await connection.execute("create schema making")
        await connection.execute("create table making.plan (number integer primary key, plan jsonb)")
        await connection.executemany("insert into making.plan values ($1, $2)", list(enumerate(plans)))
        await connection.execute(
            "create table making.bonus (code text, recipient text, amount bigint, coefficient numeric, bonus jsonb)"
        )
        await connection.executemany("insert into making.bonus values ($1, $2, $3, $4, $5)", bonuses)
        restore = await _take_off_indexes(connection)
        for file in sorted(SQL.glob("*.sql")):
            await _run_file(connection, file, size)
        await connection.execute("drop schema making cascade")
        await _put_back(connection, restore)
        progress = _Progress("Thống kê cho bộ tối ưu")
        await connection.execute("vacuum (analyze)")
        progress.end()
    finally:
        await connection.close()
    await _check(dsn)


async def _run_file(connection: "asyncpg.Connection[asyncpg.Record]", file: Path, size: Size) -> None:
    _, *parts = _STEP.split(file.read_text(encoding="utf-8"))
    for title, unit, sql in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        progress = _Progress(title)
        if unit is None:
            await connection.execute(sql)
        else:
            count = size.nominations // 5 if unit == "dossiers" else size.nominations
            for first in range(0, count, CHUNK[unit]):
                last = min(first + CHUNK[unit], count)
                await connection.execute(sql, first, last)
                progress.show(last, count)
        progress.end()


async def _take_off_indexes(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Foreign keys and indexes cost most of a bulk load; put back afterwards, they are built, and checked, at once."""
    keys = await connection.fetch("""
        select conrelid::regclass::text as on_table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
        from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by 1, 2""")
    indexes = await connection.fetch("""
        select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
        from pg_index join pg_class c on c.oid = indrelid
        where relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conindid = indexrelid)
        order by 1""")
    for key in keys:
        await connection.execute(f"alter table {key['on_table']} drop constraint {key['name']}")
    for index in indexes:
        await connection.execute(f"drop index {index['name']}")
    return [
        *(index["definition"] for index in indexes),
        *(f"alter table {k['on_table']} add constraint {k['name']} {k['definition']}" for k in keys),
    ]


async def _put_back(connection: "asyncpg.Connection[asyncpg.Record]", statements: list[str]) -> None:
    progress = _Progress("Chỉ mục và khoá ngoại")
    for done, statement in enumerate(statements, 1):
        await connection.execute(statement)
        progress.show(done, len(statements))
    progress.end()


async def _shipped_plans(database: Database) -> list[str]:
    """Plans of the shipped sizes: the two full ones, and both cut to a half and to a quarter of every list."""
    rows = await database.reads.fetch(
        "select plan from campaign where jsonb_array_length(plan->'contents') > 0 order by code"
    )
    plans = []
    for row in rows:
        # short ones are the rule
        for part in (1, 2, 2, 4, 4, 4):
            plans.append({name: _shortened(value, part) for name, value in row["plan"].items()})
    return [CampaignPlan.model_validate(plan).model_dump_json() for plan in plans]


def _shortened(value: Any, part: int) -> Any:
    return value[: -(-len(value) // part)] if isinstance(value, list) else value


async def _bonuses(database: Database) -> list[tuple[str, str, int, Any, str]]:
    """The bonus of every award type and recipient, by the product's own calculation."""
    async with transaction(database) as session:
        salary = await base_salary_on(await reads_of(session), DECISIONS_UNTIL)
        types = (await session.exec(select(AwardType).order_by(col(AwardType.code)))).all()
        found = []
        for award_type in types:
            for kind in (RecipientKind.INDIVIDUAL, RecipientKind.COLLECTIVE, RecipientKind.HOUSEHOLD):
                bonus = award_bonus(award_type.model_dump(), kind, salary)
                if bonus is not None:
                    coefficient = getattr(award_type, f"coefficient_{kind.value}")
                    found.append((award_type.code, kind.value, bonus.amount, coefficient, bonus.model_dump_json()))
        return found


async def _check(dsn: str) -> None:
    """The roll-ups that the product's triggers wrote are what the product counts."""
    progress = _Progress("Đối chiếu số tổng hợp với sổ vàng")
    async with Database.open(Settings(database_url=dsn)) as database, transaction(database) as session:
        differences = await compare_rollups(session)
    if differences:
        raise SystemExit(f"Số tổng hợp không khớp sổ vàng: {differences[0]} …")
    progress.end()
