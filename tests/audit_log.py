"""A log of audit events in a database of its own, and what only the owner of the database could do to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.db import Database, Row, asyncpg_arguments
from app.services.audit_chain import Finding, verify_chain
from tests.make import WARD, Make

_INSERT = f"""
insert into audit_event (actor_id, grant_id, authority_id, request_id, address, action, entity, entity_id, before, after,
                         reason, purpose)
select case when n % 7 > 0 then $1::uuid end, case when n % 5 > 0 then gen_random_uuid() end,
       case when n % 11 > 0 then (select id from authority where key = '{WARD}') end,
       'yeu-cau-' || n, '10.0.0.' || n % 250, (array['created', 'received', 'decided'])[1 + n % 3], 'nomination',
       gen_random_uuid(), case when n % 2 = 0 then jsonb_build_object('state', 'submitted', 'version', n) end,
       jsonb_build_object('state', 'received', 'fields', jsonb_build_array('title', n)),
       case when n % 3 = 0 then 'Thiếu “ảnh”, dòng ' || n || E'\\n\\\\' end, case when n % 13 = 0 then 'inspection' end
from generate_series(1, $2) as n
"""


def dsn_of(make: Make) -> str:
    """Where the tested database is."""
    return make.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")


async def events(make: Make, *sizes: int) -> None:
    """Committed events, a transaction for each of the sizes."""
    officer = await make.officer()
    await make.db.commit()
    database: Database = make.app.state.database
    for size in sizes:
        await database.reads.fetch(_INSERT, officer.user_id, size)
        # one that was undone leaves a gap in the numbers
        await database.reads.fetch("select nextval(pg_get_serial_sequence('audit_event', 'id'))")


class Owner:
    """The owner of the database at work: triggers do not stop them. Reads as `app.db.Reads`."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """All rows."""
        rows: Sequence[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        """The first row."""
        return await self._connection.fetchrow(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        """A statement, which must do something to a row, or to a table."""
        status: str = await self._connection.execute(sql, *arguments)
        assert not status.endswith(" 0"), f"{status}: {sql}"
        return status

    async def found(self, anchors: dict[int, bytes] | None = None) -> list[Finding]:
        """What the verification finds."""
        return [finding async for finding in verify_chain(self, anchors or {}, lambda *_: None)]


@asynccontextmanager
async def owner(make: Make) -> AsyncIterator[Owner]:
    """Everything is allowed, and taken back at the end."""
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(make)))
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        for table in ("audit_event", "audit_link"):
            await connection.execute(f"alter table {table} disable trigger user")
        yield Owner(connection)
        await transaction.rollback()
    finally:
        await connection.close()
