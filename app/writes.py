"""One unsafe request: its transaction, its actor, its If-Match and its Idempotency-Key.

A router hands a service function to `create`, `act` or `patch`. The answer is stored in the
transaction of its effect, so a repeated request gets the same answer and does nothing twice; two at
the same time wait for each other on the key.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor
from app.answers import PERSONAL, actor_part, etag_of, expected_version, json_answer
from app.db import Database, Transaction, database, plain_transaction, reads_of, transaction
from app.identity import CurrentActor
from app.problems import Problem
from app.shapes import json_bytes, json_text

# who claims a key that another transaction has claimed waits for its end
_CLAIM = """
insert into idempotency_record (user_id, key, route, request_hash) values ($1, $2, $3, $4)
on conflict do nothing returning true
"""
_CLAIMED = "select request_hash, status, headers, body from idempotency_record where user_id = $1 and key = $2"
_KEEP = """
update idempotency_record set status = $3, headers = $4::text::jsonb, body = $5 where user_id = $1 and key = $2
"""
_KEPT_HEADERS = frozenset({b"etag", b"location", b"cache-control", b"vary"})


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

# what a service function writes with: its first parameter
Work = TypeVar("Work", Transaction, AsyncSession)
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True, slots=True)
class _Door(Generic[Work]):
    """How a transaction of that kind begins and ends, and the connection under it."""

    begin: Callable[[Database], AbstractAsyncContextManager[Work]]
    connection: Callable[[Work], Awaitable[Transaction]]


@dataclass(frozen=True, slots=True)
class _Done:
    """The answer, and what is kept of its body for a repeated request."""

    response: Response
    kept: bytes


async def _itself(tx: Transaction) -> Transaction:
    return tx


_PLAIN: _Door[Transaction] = _Door(plain_transaction, _itself)
_MAPPED: _Door[AsyncSession] = _Door(transaction, reads_of)


class Write(Generic[Work]):
    """What all of them share."""

    def __init__(
        self, door: _Door[Work], request: Request, actor: Actor, key: str | None, if_match: str | None
    ) -> None:
        self._door: _Door[Work] = door
        self._request = request
        self._actor = actor
        self._key = key
        self._if_match = if_match

    def _begin(self) -> AbstractAsyncContextManager[Work]:
        return self._door.begin(database(self._request))

    async def _answer(self, work: Work, result: Versioned, status: int, path: str | None = None) -> _Done:
        # a session still has to write what it was given, which may change the version
        await self._door.connection(work)
        response = json_answer(
            result,
            status=status,
            etag=etag_of(result.version, actor_part(self._actor)),
            cache=PERSONAL,
            location=f"{path}/{result.id}" if path else None,
        )
        # a secret is told once, and lies nowhere
        bare = getattr(result, "without_secrets", None)
        return _Done(response, bytes(response.body) if bare is None else json_bytes(bare()))

    async def _once(self, arguments: tuple[object, ...], perform: Callable[[Work], Awaitable[_Done]]) -> Response:
        key = (self._key or "").strip().strip('"')
        if not 8 <= len(key) <= 255 or not key.isprintable():
            raise Problem("idempotency_key_required")
        route = f"{self._request.method} {self._request.scope['path']}"
        request_hash = hashlib.sha256(f"{route}\n{_canonical(arguments)}\n{self._if_match}".encode()).digest()
        mine = (self._actor.user_id, key)
        async with self._begin() as work:
            tx = await self._door.connection(work)
            if await tx.fetchrow(_CLAIM, *mine, route, request_hash) is None:
                return await self._again(tx, mine, request_hash)
            done = await perform(work)
            response = done.response
            headers = {name.decode(): value.decode() for name, value in response.raw_headers if name in _KEPT_HEADERS}
            await tx.execute(_KEEP, *mine, response.status_code, json_text(headers), done.kept.decode())
        return response

    async def _again(self, tx: Transaction, mine: tuple[object, ...], request_hash: bytes) -> Response:
        """The answer that the key has got before."""
        kept = await tx.fetchrow(_CLAIMED, *mine)
        assert kept is not None, "records of keys are not deleted"
        if kept["request_hash"] != request_hash:
            raise Problem("idempotency_key_reused")
        if not self._actor.grants:
            # an answer of the time when the caller still worked here
            raise Problem("not_found")
        headers = (kept["headers"] or {}) | {"Idempotency-Replayed": "true"}
        return Response(kept["body"] or "", kept["status"] or 200, headers, "application/json")


class Creation(Write[Work]):
    """An unsafe POST that creates."""

    async def create(
        self,
        path: str,
        operation: Callable[Concatenate[Work, Actor, Arguments], Awaitable[Versioned]],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Response:
        """201 with Location `path`/{id}; `operation(work, actor, *arguments)`."""

        async def perform(work: Work) -> _Done:
            return await self._answer(work, await operation(work, self._actor, *arguments, **named), 201, path)

        return await self._once((*arguments, *named.items()), perform)


class Action(Write[Work]):
    """An unsafe POST that changes the state of a resource the caller has read."""

    async def act(
        self,
        operation: Callable[Concatenate[Work, Actor, int, Arguments], Awaitable[Versioned]],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Response:
        """200 with the resource; `operation(work, actor, version, *arguments)`."""
        version = expected_version(self._if_match)

        async def perform(work: Work) -> _Done:
            return await self._answer(work, await operation(work, self._actor, version, *arguments, **named), 200)

        return await self._once((*arguments, *named.items()), perform)


class Change(Write[Work]):
    """A PATCH: safe to repeat by its If-Match."""

    async def patch(
        self,
        operation: Callable[Concatenate[Work, Actor, int, Arguments], Awaitable[Versioned]],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Response:
        """200 with the resource; `operation(work, actor, version, *arguments)`."""
        version = expected_version(self._if_match)
        async with self._begin() as work:
            done = await self._answer(work, await operation(work, self._actor, version, *arguments, **named), 200)
        return done.response


def _canonical(arguments: tuple[object, ...]) -> str:
    return json.dumps(
        [a.model_dump(mode="json") if isinstance(a, BaseModel) else str(a) for a in arguments], sort_keys=True
    )


def _creation(door: _Door[Work]) -> Callable[..., Awaitable[Creation[Work]]]:
    async def creation(request: Request, actor: CurrentActor, key: IdempotencyKey = None) -> Creation[Work]:
        return Creation(door, request, actor, key, None)

    return creation


def _action(door: _Door[Work]) -> Callable[..., Awaitable[Action[Work]]]:
    async def action(
        request: Request, actor: CurrentActor, key: IdempotencyKey = None, if_match: IfMatch = None
    ) -> Action[Work]:
        return Action(door, request, actor, key, if_match)

    return action


def _change(door: _Door[Work]) -> Callable[..., Awaitable[Change[Work]]]:
    async def change(request: Request, actor: CurrentActor, if_match: IfMatch = None) -> Change[Work]:
        return Change(door, request, actor, None, if_match)

    return change


# for services on a plain transaction
Create = Annotated[Creation[Transaction], Depends(_creation(_PLAIN))]
Act = Annotated[Action[Transaction], Depends(_action(_PLAIN))]
Patch = Annotated[Change[Transaction], Depends(_change(_PLAIN))]
# for services on a session
SessionCreate = Annotated[Creation[AsyncSession], Depends(_creation(_MAPPED))]
SessionAct = Annotated[Action[AsyncSession], Depends(_action(_MAPPED))]
SessionPatch = Annotated[Change[AsyncSession], Depends(_change(_MAPPED))]
