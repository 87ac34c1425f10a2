"""One unsafe request: its transaction, its actor, its If-Match and its Idempotency-Key.

A router hands a service function to `create`, `act` or `patch`. The answer is stored in the
transaction of its effect, so a repeated request gets the same answer and does nothing twice; two at
the same time wait for each other on the key.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor
from app.answers import PERSONAL, actor_part, etag_of, expected_version, json_answer
from app.db import Session
from app.identity import CurrentActor
from app.models.records import IdempotencyRecord
from app.problems import Problem


class Versioned(Protocol):
    """What a service returns for a resource that is changed by version."""

    id: Any
    version: int


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="ETag của bản đã đọc. Bắt buộc."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="Chuỗi 8–255 ký tự, mỗi thao tác một giá trị; gửi lại cùng giá trị sẽ nhận lại đúng kết quả cũ. "
        "Bắt buộc.",
    ),
]


class _Request:
    def __init__(self, request: Request, db: AsyncSession, actor: Actor, key: str | None, if_match: str | None) -> None:
        self._request = request
        self._db = db
        self._actor = actor
        self._key = key
        self._if_match = if_match

    def _answer(self, result: Versioned, status: int, location: str | None) -> Response:
        return json_answer(
            result,
            status=status,
            etag=etag_of(result.version, actor_part(self._actor)),
            cache=PERSONAL,
            location=location,
        )

    async def _once(self, arguments: tuple[object, ...], perform: Callable[[], Awaitable[Response]]) -> Response:
        key = (self._key or "").strip().strip('"')
        if not 8 <= len(key) <= 255 or not key.isprintable():
            raise Problem("idempotency_key_required")
        route = f"{self._request.method} {self._request.url.path}"
        request_hash = hashlib.sha256(f"{route}\n{_canonical(arguments)}\n{self._if_match}".encode()).digest()
        claim = (
            insert(IdempotencyRecord)
            .values(user_id=self._actor.user_id, key=key, route=route, request_hash=request_hash)
            .on_conflict_do_nothing()
            .returning(col(IdempotencyRecord.key))
        )
        mine = [
            col(IdempotencyRecord.user_id) == self._actor.user_id,
            col(IdempotencyRecord.key) == key,
        ]
        if (await self._db.exec(claim)).scalar_one_or_none() is None:
            record = (await self._db.exec(select(IdempotencyRecord).where(*mine))).one()
            if record.request_hash != request_hash:
                raise Problem("idempotency_key_reused")
            if not self._actor.grants:
                # an answer of the time when the caller still worked here
                raise Problem("not_found")
            headers = (record.headers or {}) | {"Idempotency-Replayed": "true"}
            return Response(record.body or "", record.status or 200, headers, "application/json")
        response = await perform()
        headers = {
            name: response.headers[name]
            for name in ("ETag", "Location", "Cache-Control", "Vary")
            if name in response.headers
        }
        await self._db.exec(
            update(IdempotencyRecord)
            .where(*mine)
            .values(status=response.status_code, headers=headers, body=bytes(response.body).decode())
        )
        return response


class Creation(_Request):
    """An unsafe POST that creates."""

    async def create(self, path: str, operation: Callable[..., Awaitable[Versioned]], *arguments: object) -> Response:
        """201 with Location `path`/{id}; `operation(db, actor, *arguments)`."""

        async def perform() -> Response:
            result = await operation(self._db, self._actor, *arguments)
            await self._db.flush()
            return self._answer(result, 201, f"{path}/{result.id}")

        return await self._once(arguments, perform)


class Action(_Request):
    """An unsafe POST that changes the state of a resource the caller has read."""

    async def act(self, operation: Callable[..., Awaitable[Versioned]], *arguments: object) -> Response:
        """200 with the resource; `operation(db, actor, version, *arguments)`."""
        version = expected_version(self._if_match)

        async def perform() -> Response:
            result = await operation(self._db, self._actor, version, *arguments)
            await self._db.flush()
            return self._answer(result, 200, None)

        return await self._once(arguments, perform)


class Change(_Request):
    """A PATCH: safe to repeat by its If-Match."""

    async def patch(self, operation: Callable[..., Awaitable[Versioned]], *arguments: object) -> Response:
        """200 with the resource; `operation(db, actor, version, *arguments)`."""
        version = expected_version(self._if_match)
        result = await operation(self._db, self._actor, version, *arguments)
        await self._db.flush()
        return self._answer(result, 200, None)


def _canonical(arguments: tuple[object, ...]) -> str:
    return json.dumps(
        [a.model_dump(mode="json") if isinstance(a, BaseModel) else str(a) for a in arguments], sort_keys=True
    )


async def _creation(request: Request, actor: CurrentActor, db: Session, key: IdempotencyKey = None) -> Creation:
    return Creation(request, db, actor, key, None)


async def _action(
    request: Request, actor: CurrentActor, db: Session, key: IdempotencyKey = None, if_match: IfMatch = None
) -> Action:
    return Action(request, db, actor, key, if_match)


async def _change(request: Request, actor: CurrentActor, db: Session, if_match: IfMatch = None) -> Change:
    return Change(request, db, actor, None, if_match)


# scope="function" as the session they hold
Create = Annotated[Creation, Depends(_creation, scope="function")]
Act = Annotated[Action, Depends(_action, scope="function")]
Patch = Annotated[Change, Depends(_change, scope="function")]
