"""The doors to PostgreSQL.

Hot reads and hot writes go past the ORM, as prepared statements on small asyncpg pools: a read is one round trip,
a write one transaction (`Transaction`) of few statements. What is written seldom goes through SQLModel sessions
(`AsyncSession`). The first parameter of a service function says which it wants. Either way there is one
transaction a request, committed before the answer is sent.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Annotated, Any, Protocol, cast
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import asyncpg
import msgspec
from fastapi import Depends, Request
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.connection_pool import ConnectionPool
from app.problems import Problem
from app.settings import Settings

# no statement of a request may hold locks or the processor for long
_SERVER_SETTINGS = {
    "application_name": "tdkt-api",
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    "jit": "off",
}

Row = asyncpg.Record


class Reads(Protocol):
    """What a hot read needs of a connection."""

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """All rows."""

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        """The first row, or None."""


class Transaction(Reads, Protocol):
    """One transaction without the ORM: what it wrote is committed or undone as a whole. JSON goes in as text."""

    async def execute(self, sql: str, *arguments: Any) -> str:
        """A statement of which nothing is read."""


class Writes(Protocol):
    """Where transactions without the ORM begin."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """One transaction."""


async def _decode_json(connection: asyncpg.Connection) -> None:
    """JSON arrives as objects through both doors: SQLAlchemy sets the same on its own connections."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=msgspec.json.decode, schema="pg_catalog")


_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword")


def _tls_only(query: Mapping[str, str]) -> dict[str, str]:
    """What a DSN says of TLS, as a DSN of its own: asyncpg knows most of it in that form only, SQLAlchemy none of it."""
    said = {name: query[name] for name in _TLS if name in query}
    return {"dsn": f"postgresql://?{urlencode(said)}"} if said else {}


def sqlalchemy_url(dsn: str) -> URL:
    """The URL SQLAlchemy wants for a plain PostgreSQL DSN (socket folders and TLS included)."""
    url = make_url(dsn)
    query = dict(parse_qsl(urlsplit(dsn).query))
    return url.set(drivername="postgresql+asyncpg").difference_update_query(_TLS).update_query_dict(_tls_only(query))


def asyncpg_arguments(dsn: str) -> dict[str, Any]:
    """The arguments asyncpg wants for the same DSN; its own parser trips over encoded socket folders."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    arguments: dict[str, Any] = {
        "host": query["host"][0] if "host" in query else parts.hostname,
        "database": unquote(parts.path.lstrip("/")) or None,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }
    if parts.port or "port" in query:
        arguments["port"] = parts.port or int(query["port"][0])
    arguments |= _tls_only({name: values[0] for name, values in query.items()})
    return {name: value for name, value in arguments.items() if value is not None}


class Database:
    """The pools of one process: hot reads, hot writes, and the engine of the sessions."""

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], reads: Reads, writes: Writes
    ) -> None:
        self.engine = engine
        self.sessions = sessions
        self.reads = reads
        self.writes = writes

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["Database"]:
        """Connect to DATABASE_URL; closes the pools at the end."""
        if settings.database_url is None:
            raise RuntimeError(
                "DATABASE_URL is not set; `python -m app run` starts an embedded PostgreSQL and sets it."
            )
        dsn = settings.database_url
        engine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=settings.write_pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            # a failing statement is logged without what was in it: names, addresses, hashes
            hide_parameters=True,
            connect_args={"server_settings": _SERVER_SETTINGS},
        )

        async def connect(**more: str) -> asyncpg.Connection:
            connection: asyncpg.Connection = await asyncpg.connect(
                **asyncpg_arguments(dsn), server_settings=_SERVER_SETTINGS | more, command_timeout=15
            )
            await _decode_json(connection)
            return connection

        reads = ConnectionPool(connect, settings.read_pool_size)
        # every statement of a write finds its rows by their keys, which are in memory: planning it again costs more
        # than running it
        by_keys = {"plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1"}
        writes = ConnectionPool(partial(connect, **by_keys), settings.write_pool_size)
        try:
            yield cls(engine, async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False), reads, writes)
        finally:
            await reads.close()
            await writes.close()
            await engine.dispose()


def database(request: Request) -> Database:
    """The database of the running application."""
    found: Database = request.app.state.database
    return found


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(database(request)) as session:
        yield session


@asynccontextmanager
async def plain_transaction(db: Database) -> AsyncIterator[Transaction]:
    """One transaction without the ORM; what the database refuses leaves as a problem."""
    try:
        async with db.writes.transaction() as tx:
            yield tx
    except asyncpg.PostgresError as error:
        problem = _problem_of(error)
        if problem is None:
            raise
        raise problem from error


@asynccontextmanager
async def transaction(db: Database) -> AsyncIterator[AsyncSession]:
    """One transaction with the ORM; what the database refuses leaves as a problem."""
    async with db.sessions() as session:
        try:
            async with session.begin():
                yield session
        except (DBAPIError, asyncpg.PostgresError) as error:
            problem = _problem_of(error)
            if problem is None:
                raise
            raise problem from error


async def _reads(request: Request) -> Reads:
    return database(request).reads


async def reads_of(db: AsyncSession) -> Transaction:
    """The connection of a session's own transaction, for statements that must see what it wrote."""
    await db.flush()
    connection = await db.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    if not driver.is_in_transaction():
        # SQLAlchemy begins with its own first statement; one of ours before it would commit by itself
        await connection.exec_driver_sql("select 1")
    return cast(Transaction, driver)


# scope="function": the transaction commits before the answer is sent, so a failed commit is never a 201
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
Read = Annotated[Reads, Depends(_reads)]

_PROBLEM_OF_CONSTRAINT = {
    "uq_legal_document_issuer_number_date": "legal_document_exists",
    "uq_decision_authority_id_year_number": "decision_number_taken",
    "uq_deployment_campaign_id_authority_id": "deployment_exists",
    "uq_nomination_open": "duplicate_nomination",
    "uq_user_account_username": "username_taken",
    "uq_role_grant_user_id_role_authority_id_reach_valid_from": "grant_exists",
}
_LOCK_NOT_AVAILABLE = ("55P03", "40001", "40P01", "57014")


def _problem_of(error: BaseException | None) -> Problem | None:
    """What a refusal of the database means: a violated constraint by its name, a lock that did not come in time."""
    if isinstance(error, DBAPIError):
        # around the error of SQLAlchemy's adapter around that of asyncpg
        error = getattr(error.orig, "__cause__", None)
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        # two writers at once end here as well
        return Problem(_PROBLEM_OF_CONSTRAINT.get(error.constraint_name or "", "conflict"))
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate in _LOCK_NOT_AVAILABLE:
        return Problem("busy", headers={"Retry-After": "1"})
    return None


def is_unavailable(error: Exception) -> bool:
    """Whether the database could not be reached, or did not answer in time: nothing is wrong with the request."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(
        error,
        OSError  # also TimeoutError: the pool of the reads, or the server's socket
        | PoolTimeout
        | asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.CannotConnectNowError
        | asyncpg.TooManyConnectionsError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.QueryCanceledError,
    )
