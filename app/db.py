"""The two doors to PostgreSQL.

Writes go through SQLModel sessions: one transaction per request, committed before the answer is
sent. Hot reads go past the ORM, as prepared statements on a small asyncpg pool, one round trip per
request (measured: architecture notes in the README).
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import msgspec
from fastapi import Depends, Request
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from app.problems import Problem
from app.read_pool import ReadPool
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


async def _decode_json(connection: asyncpg.Connection) -> None:
    """JSON arrives as objects through both doors: SQLAlchemy sets the same on its own connections."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=msgspec.json.decode, schema="pg_catalog")


def sqlalchemy_url(dsn: str) -> URL:
    """The URL SQLAlchemy wants for a plain PostgreSQL DSN (socket folders included)."""
    url = make_url(dsn)
    return url.set(drivername="postgresql+asyncpg")


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
    if "sslmode" in query:
        arguments["ssl"] = query["sslmode"][0]
    return {name: value for name, value in arguments.items() if value is not None}


class Database:
    """The engine for writes and the pool for hot reads of one process."""

    def __init__(self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], reads: Reads) -> None:
        self.engine = engine
        self.sessions = sessions
        self.reads = reads

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["Database"]:
        """Connect to DATABASE_URL; closes both pools at the end."""
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

        async def connect() -> asyncpg.Connection:
            connection: asyncpg.Connection = await asyncpg.connect(
                **asyncpg_arguments(dsn), server_settings=_SERVER_SETTINGS, command_timeout=15
            )
            await _decode_json(connection)
            return connection

        reads = ReadPool(connect, settings.read_pool_size)
        try:
            yield cls(engine, async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False), reads)
        finally:
            await reads.close()
            await engine.dispose()


def database(request: Request) -> Database:
    """The database of the running application."""
    found: Database = request.app.state.database
    return found


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(database(request)) as session:
        yield session


@asynccontextmanager
async def transaction(db: Database) -> AsyncIterator[AsyncSession]:
    """One transaction; what the database refuses leaves as a problem."""
    async with db.sessions() as session:
        try:
            async with session.begin():
                yield session
        except IntegrityError as error:
            raise constraint_problem(error) from error
        except DBAPIError as error:
            problem = _problem_of_state(error)
            if problem is None:
                raise
            raise problem from error


async def _reads(request: Request) -> Reads:
    return database(request).reads


async def reads_of(db: AsyncSession) -> Reads:
    """The connection of a write's own transaction, for reads that must see what it wrote."""
    await db.flush()
    raw = await (await db.connection()).get_raw_connection()
    return cast(Reads, raw.driver_connection)


# scope="function": the transaction commits before the answer is sent, so a failed commit is never a 201
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
Read = Annotated[Reads, Depends(_reads)]

_PROBLEM_OF_CONSTRAINT = {
    "uq_legal_document_issuer_number_date": "legal_document_exists",
    "uq_decision_authority_id_year_number": "decision_number_taken",
    "uq_deployment_campaign_id_authority_id": "deployment_exists",
    "uq_nomination_open": "duplicate_nomination",
}
_LOCK_NOT_AVAILABLE = ("55P03", "40001", "40P01", "57014")


def constraint_name(error: IntegrityError) -> str | None:
    """The violated constraint, where the server names it."""
    cause = getattr(error.orig, "__cause__", None)
    name: str | None = getattr(cause, "constraint_name", None)
    return name


def constraint_problem(error: IntegrityError) -> Problem:
    """The problem a violated constraint means, by its name; two writers at once end here as well."""
    return Problem(_PROBLEM_OF_CONSTRAINT.get(constraint_name(error) or "", "conflict"))


def _problem_of_state(error: DBAPIError) -> Problem | None:
    if getattr(error.orig, "sqlstate", None) in _LOCK_NOT_AVAILABLE:
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
