"""No statement, lock, open transaction or answer takes for ever, whichever door to the database it went through."""

import asyncio
import time
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from app import db as doors
from app import middleware
from app.db import Database, is_unavailable
from app.settings import Settings

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


async def test_every_door_to_the_database_has_limits(server_dsn: str) -> None:
    async with Database.open(Settings(database_url=server_dsn)) as database:
        for name in LIMITS:
            asked = f"select extract(epoch from current_setting('{name}')::interval)::int as seconds"
            read = await database.reads.fetchrow(asked)
            async with database.writes.transaction() as tx:
                written = await tx.fetchrow(asked)
            async with database.sessions() as session:
                by_session = (await (await session.connection()).execute(text(asked))).scalar_one()
            assert read is not None and written is not None
            assert read["seconds"] == written["seconds"] == by_session and 0 < by_session <= 15, name
            assert by_session < middleware.LONGEST_SECONDS


async def test_a_statement_that_takes_too_long_is_ended_by_the_database(
    server_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(doors._SERVER_SETTINGS, "statement_timeout", "100ms")
    async with Database.open(Settings(database_url=server_dsn)) as database:
        began = time.monotonic()
        with pytest.raises(asyncpg.QueryCanceledError) as ended:
            await database.reads.fetchrow("select pg_sleep(5)")
        assert is_unavailable(ended.value) and time.monotonic() - began < 2
        row = await database.reads.fetchrow("select 1 as one")
        assert row is not None and row["one"] == 1, "the connection is as good as before"


async def test_an_answer_that_takes_too_long_is_a_503(
    client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "LONGEST_SECONDS", 0.2)

    async def slow(*_: Any) -> None:
        await asyncio.sleep(5)

    monkeypatch.setattr(type(database.reads), "fetchrow", slow)
    began = time.monotonic()
    answer = await client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["code"] == "unavailable" and answer.headers["Retry-After"]
    assert time.monotonic() - began < 2
