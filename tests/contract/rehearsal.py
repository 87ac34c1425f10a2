"""The application for generated requests: a ward at work in the database, every request taken back after its answer.

Schemathesis calls from its own event loop; the application and its connection live in another, that of `portal`.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.types import Message, Receive, Scope, Send

from app.db import Database, sqlalchemy_url
from app.main import create_app
from app.problems import REGISTRY
from app.settings import Settings
from app.vocabularies import Reach, Role
from tests.conftest import ConnectionReads, ConnectionWrites
from tests.contract.check import ContractCheck
from tests.make import PROVINCE, WARD, Caller, Make
from tests.operations import BUILDERS, OPERATIONS, World
from tests.story import SCHOOL, WOMENS_UNION

OTHER_PROVINCE = "ubnd-thanh-pho-hai-phong"
_OFFICE = (Role.OFFICER, Role.LEADER, Role.AUTHORITY_ADMIN, Role.AUDITOR)
CALLERS: dict[str, list[tuple[Role, str, Reach]]] = {
    "ward": [(Role.SUBMITTER, SCHOOL, Reach.SELF), *((role, WARD, Reach.TERRITORY) for role in _OFFICE)],
    "province": [(role, PROVINCE, Reach.TERRITORY) for role in _OFFICE],
    "outsider": [(role, OTHER_PROVINCE, Reach.TERRITORY) for role in (Role.SUBMITTER, *_OFFICE)],
}


@dataclass
class Rehearsal:
    """An ASGI application: the product, with what it writes taken back."""

    app: FastAPI
    connection: AsyncConnection
    check: ContractCheck
    portal: BlockingPortal
    callers: dict[str, Caller] = field(default_factory=dict)
    # name of a parameter or field → what exists
    real: dict[str, list[str]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    # operation → a body that is right
    bodies: dict[str, Any] = field(default_factory=dict)
    _scenario: AsyncTransaction | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of schemathesis."""
        assert scope["type"] == "http", "nothing to start or to end"
        body = bytearray()
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        for message in await asyncio.wrap_future(self.portal.start_task_soon(self._serve, scope, bytes(body))):
            await send(message)

    async def _serve(self, scope: Scope, body: bytes) -> list[Message]:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            messages.append(message)

        savepoint = None if self._scenario else await self.connection.begin_nested()
        await self.app(scope, receive, send)
        if savepoint is not None:
            await savepoint.rollback()
        content = b"".join(message.get("body", b"") for message in messages[1:])
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in messages[0]["headers"]]
        self.check.check(
            scope["method"], scope["path"], httpx.Response(messages[0]["status"], headers=headers, content=content)
        )
        return messages

    def begin(self) -> None:
        """From now on requests see what those before have written."""

        async def begin() -> None:
            self._scenario = await self.connection.begin_nested()

        self.portal.call(begin)

    def end(self) -> None:
        """Take back everything since `begin`."""

        async def end() -> None:
            assert self._scenario is not None
            await self._scenario.rollback()
            self._scenario = None

        self.portal.call(end)

    def existing(self, name: str, value: Any) -> Any:
        """Something that exists in the place of a made-up value; the same for the same value, now and then itself."""
        pool = self.real.get(name)
        if isinstance(value, list):
            return [self.existing(name, item) for item in value]
        if isinstance(value, dict):
            return {key: self.existing(key, item) for key, item in value.items()}
        if not pool or not isinstance(value, str):
            return value
        number = zlib.crc32(value.encode("utf-8", "surrogatepass")) % (len(pool) + 1)
        return pool[number] if number < len(pool) else value

    def make_real(self, case: Case[Any]) -> None:
        """Put what exists into a request that is right; what makes another one wrong stays."""
        assert case.meta is not None
        wrong = case.meta.generation.mode.is_negative
        for name, value in (case.path_parameters or {}).items():
            known = f"{case.operation.definition.raw['operationId']}.{name}" if name == "code" else name
            if not (wrong and case.meta.is_negative_at(ParameterLocation.PATH)):
                case.path_parameters[name] = self.existing(known, value)
        if wrong:
            return
        case.query = {name: self.existing(name, value) for name, value in (case.query or {}).items()}
        case.query.pop("cursor", None)
        if isinstance(case.body, dict):
            case.body = self.existing("", case.body)
        if case.headers and "If-Match" in case.headers:
            etags = [self.etags[value] for value in case.path_parameters.values() if value in self.etags]
            case.headers["If-Match"] = etags[0] if etags else case.headers["If-Match"]

    async def furnish(self, make: Make) -> None:
        """Make the callers, and one thing of every kind by the builders of all operations."""
        world = await World.at_work(make)
        self.callers = {name: await make.caller(*grants) for name, grants in CALLERS.items()}
        self.callers |= {Role.SUBMITTER: world.school, Role.OFFICER: world.officer, Role.LEADER: world.leader}
        self.callers[Role.AUTHORITY_ADMIN] = world.admin
        self.callers[Role.AUDITOR] = await make.caller((Role.AUDITOR, WARD, Reach.TERRITORY))
        for operation in OPERATIONS:
            parameters, body, etag = await BUILDERS[operation.id](world)
            if operation.body:
                self.bodies[operation.id] = body
            for name, value in parameters.items():
                if name.startswith("?") and not name.endswith("_id"):
                    # no thing that exists: a field of the same name may be another list of words
                    continue
                known = f"{operation.id}.{name}" if name == "code" else name.removeprefix("?")
                if value not in self.real.setdefault(known, []):
                    self.real[known].append(value)
                if etag is not None:
                    self.etags[value] = etag
        bodies = [str((await make.authority(key)).id) for key in (SCHOOL, WARD, PROVINCE, WOMENS_UNION)]
        self.real |= {name: bodies for name in ("authority_id", "holder_id", "issuer_id", "launcher_id")}
        self.real |= {
            "nomination_ids": self.real["nomination_id"],
            "launch_document_id": self.real["document_id"],
            "document_ids": self.real["document_id"],
            "parent_id": self.real["campaign_id"] + bodies + self.real["unit_id"],
            "award_type_code": ["gk_chu_tich_ubnd_xa", "bk_chu_tich_ubnd_tinh"],
            "readProblem.code": sorted(REGISTRY)[:5],
        }


class Stage:
    """Schemathesis wants to know the application when tests are collected; there it is later."""

    rehearsed: Rehearsal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        assert self.rehearsed is not None
        await self.rehearsed(scope, receive, send)


STAGE = Stage()


@asynccontextmanager
async def rehearsal(dsn: str, settings: Settings, portal: BlockingPortal) -> AsyncIterator[Rehearsal]:
    """The application over one connection to this database, in a transaction that is rolled back."""
    app = create_app(settings)
    engine = create_async_engine(sqlalchemy_url(dsn))
    try:
        async with engine.connect() as connection:
            transaction = await connection.begin()
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            sessions = async_sessionmaker(
                bind=connection, class_=AsyncSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
            app.state.database = Database(engine, sessions, ConnectionReads(raw), ConnectionWrites(raw))
            found = Rehearsal(app, connection, ContractCheck(app.openapi()), portal)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client, sessions() as db:
                await found.furnish(Make(app, db, client, connection))
            yield found
            await transaction.rollback()
    finally:
        await engine.dispose()
