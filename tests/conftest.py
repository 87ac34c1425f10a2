"""Tests go through the HTTP application with a real PostgreSQL; each is rolled back to a savepoint.

The database is migrated and loaded with the shipped reference data once. `DATABASE_URL` names a server
to use instead of the embedded one; a database of its own is made there and dropped again.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Database, Row, Transaction, asyncpg_arguments, sqlalchemy_url
from app.embedded import EmbeddedPostgres
from app.loading import load_reference
from app.main import create_app
from app.settings import Settings
from tests import hostile
from tests.contract.check import ContractCheck
from tests.make import Make
from tests.operations import World


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what hostile input was tried, and what became of it."""
    for line in hostile.table():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def server_dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server: the one of DATABASE_URL, else an embedded, throw-away one."""
    given = Settings().database_url
    if given is not None:
        yield given
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False).hold() as dsn:
        yield dsn


def with_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def migrate(dsn: str, revision: str = "head", *, down: bool = False) -> None:
    """Bring a database up, or down, to a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent.parent / "alembic"))
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = dsn
    try:
        await asyncio.to_thread(command.downgrade if down else command.upgrade, config, revision)
    finally:
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


@pytest.fixture(scope="session")
async def template(server_dsn: str) -> AsyncIterator[str]:
    """The name of a migrated database with the reference data that nobody is connected to."""
    name = f"tdkt_template_{uuid.uuid4().hex[:12]}"
    async with own_database(server_dsn, name) as dsn:
        await migrate(dsn)
        async with Database.open(Settings(database_url=dsn)) as database:
            await load_reference(database)
        yield name


@asynccontextmanager
async def own_database(server_dsn: str, name: str, template: str = "template1") -> AsyncIterator[str]:
    """A database that is dropped again at the end."""
    admin = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    try:
        await admin.execute(f'create database "{name}" template "{template}" strategy file_copy')
        yield with_database(server_dsn, name)
        await admin.execute(f'drop database "{name}" with (force)')
    finally:
        await admin.close()


@pytest.fixture(scope="session")
async def database_dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """The database that all rolled-back tests share."""
    async with own_database(server_dsn, f"tdkt_test_{uuid.uuid4().hex[:12]}", template) as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def engine(database_dsn: str) -> AsyncIterator[AsyncEngine]:
    """One pooled engine for all tests: a new one a test costs four times as much."""
    engine = create_async_engine(sqlalchemy_url(database_dsn), pool_size=2, max_overflow=0)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def settings(database_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the tested application."""
    return Settings(database_url=database_dsn, data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """The application; its database is put in for each test."""
    return create_app(settings)


class ConnectionReads:
    """Hot reads on the connection of the test, so that they see what it wrote. Counts its statements."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.statements = 0

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """All rows."""
        self.statements += 1
        rows: Sequence[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        """The first row."""
        self.statements += 1
        return await self._connection.fetchrow(sql, *arguments)


class ConnectionWrites(ConnectionReads):
    """Transactions without the ORM, as savepoints on the connection of the test. Counts their statements."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One savepoint, undone where anything was raised."""
        async with self._connection.transaction():
            yield self

    async def execute(self, sql: str, *arguments: Any) -> str:
        """A statement of which nothing is read."""
        self.statements += 1
        status: str = await self._connection.execute(sql, *arguments)
        return status


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One connection in a transaction that is rolled back."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        await connection.exec_driver_sql("select 1")
        yield connection
        await transaction.rollback()


def _forget(app: FastAPI) -> None:
    """What was remembered of another database."""
    app.state.changes.forget()
    app.state.kept_answers.forget()


@pytest.fixture
async def database(connection: AsyncConnection, engine: AsyncEngine, app: FastAPI) -> AsyncIterator[Database]:
    """The application's database, bound to the connection of the test."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    sessions = async_sessionmaker(
        bind=connection, class_=AsyncSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )
    app.state.database = Database(engine, sessions, ConnectionReads(raw), ConnectionWrites(raw))
    _forget(app)
    yield app.state.database


@pytest.fixture
async def db(database: Database) -> AsyncIterator[AsyncSession]:
    """A session of the test itself."""
    async with database.sessions() as session:
        yield session


@pytest.fixture(scope="session")
def contract_check(app: FastAPI) -> ContractCheck:
    """Holds every answer of every test against the contract."""
    return ContractCheck(app.openapi())


@pytest.fixture
async def client(app: FastAPI, database: Database, contract_check: ContractCheck) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a token."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hooks: dict[str, list[Any]] = {"response": [contract_check]}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", event_hooks=hooks) as client:
        yield client


@pytest.fixture
def make(app: FastAPI, db: AsyncSession, client: httpx.AsyncClient, connection: AsyncConnection) -> Make:
    """Builders of test data and callers."""
    return Make(app, db, client, connection)


@pytest.fixture
async def world(make: Make) -> World:
    """Ward Uông Bí at work."""
    return await World.at_work(make)


@pytest.fixture
async def committed(app: FastAPI, server_dsn: str, template: str, contract_check: ContractCheck) -> AsyncIterator[Make]:
    """Builders over a database of their own with real commits and real pools, for races."""
    async with (
        own_database(server_dsn, f"tdkt_race_{uuid.uuid4().hex[:12]}", template) as dsn,
        Database.open(Settings(database_url=dsn)) as opened,
    ):
        app.state.database = opened
        _forget(app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        hooks: dict[str, list[Any]] = {"response": [contract_check]}
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test", event_hooks=hooks, timeout=60) as client,
            opened.sessions() as session,
            opened.engine.connect() as connection,
        ):
            yield Make(app, session, client, connection)
