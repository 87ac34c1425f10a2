"""(b) What Python can do here at all: scope, receive, send, asyncpg and the product's own SQL. No framework.

No authorisation, no idempotency, no audit of reads, no validation beyond what a wrong value breaks by itself. Whose
reach a list has is taken from headers.
"""

import gc
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import asyncpg
import msgspec
import reads
import shapes
import writes
from connections import Connections

from app.clock import today
from app.ids import new_id, tidy_code
from app.pages import cut

Query = dict[str, list[str]]
Answer = tuple[int, bytes]

_encode = msgspec.json.Encoder().encode
_NOT_FOUND = (404, b'{"code":"not_found"}')
_CONFLICT = (409, b'{"code":"conflict"}')
_REACH_HEADERS = (b"x-authority-id", b"x-territory-path", b"x-line-path")
_database = Connections()


class NominationIn(msgspec.Struct):
    """Body of POST /v1/nominations."""

    dossier_id: uuid.UUID
    candidate_id: uuid.UUID
    award_type_code: str
    achievement: str


class Note(msgspec.Struct):
    """Body of POST /v1/nominations/{id}/receive."""

    note: str | None = None


_nomination_in = msgspec.json.Decoder(NominationIn).decode
_note = msgspec.json.Decoder(Note).decode


def _query(scope: Any) -> Query:
    found: Query = {}
    for pair in scope["query_string"].decode().split("&"):
        name, _, value = pair.partition("=")
        found.setdefault(name, []).append(unquote(value) if "%" in value else value)
    return found


def _reach(scope: Any) -> reads.Reach:
    headers = dict(scope["headers"])
    return reads.reach(*(headers.get(name, b"") for name in _REACH_HEADERS))


def _year(query: Query, name: str) -> int | None:
    return int(query[name][0]) if name in query else None


async def _campaign(scope: Any, key: str) -> Answer:
    row = await _database.fetchrow(reads.CAMPAIGN, *reads.campaign(uuid.UUID(key), _reach(scope)))
    return (200, _encode(shapes.campaign(row, today()))) if row else _NOT_FOUND


async def _public_campaign(key: str, shape: Callable[..., dict[str, Any]]) -> Answer:
    day = today()
    row = await _database.fetchrow(reads.PUBLIC_CAMPAIGN, tidy_code(unquote(key)), day)
    return (200, _encode(shape(row, day))) if row else _NOT_FOUND


async def _campaigns(scope: Any) -> Answer:
    query = _query(scope)
    limit, cursor = int(query.get("limit", ["20"])[0]), query.get("cursor", [None])[0]
    sql, arguments = reads.campaigns_page(_reach(scope), cursor, query.get("state", []), limit)
    rows = await _database.fetch(sql, *arguments)
    page, next_cursor = cut(rows, limit, "created_at", "id")
    day = today()
    return 200, _encode({"items": [shapes.campaign_in_list(row, day) for row in page], "next_cursor": next_cursor})


async def _nominations(scope: Any) -> Answer:
    query = _query(scope)
    limit, cursor = int(query.get("limit", ["20"])[0]), query.get("cursor", [None])[0]
    holder = uuid.UUID(query["holder_id"][0]) if "holder_id" in query else None
    sql, arguments = reads.nominations_page(_reach(scope), cursor, query.get("state", []), limit, holder)
    page, next_cursor = cut(await _database.fetch(sql, *arguments), limit, "created_at", "id")
    return 200, _encode({"items": [shapes.nomination_in_list(row) for row in page], "next_cursor": next_cursor})


async def _nomination(scope: Any, key: str) -> Answer:
    row = await _database.fetchrow(reads.NOMINATION, *reads.nomination(uuid.UUID(key), _reach(scope), today()))
    return (200, _encode(shapes.nomination(row))) if row else _NOT_FOUND


async def _statistics(scope: Any) -> Answer:
    query = _query(scope)
    years, groups = (_year(query, "year_from"), _year(query, "year_to")), query.get("group_by", [])
    authority_id = uuid.UUID(query["authority_id"][0])
    row = await _database.fetchrow(reads.SCOPE, *reads.scope(_reach(scope), authority_id, today(), years))
    if row is None:
        return _NOT_FOUND
    predecessors = reads.predecessors_of(row)
    located = [p for p in predecessors if p["path"] is not None]
    figures = reads.figures_of(row)
    sql, arguments = reads.counts(row["path"], located, years, groups, bool(figures))
    rows = await _database.fetch(sql, *arguments)
    return 200, _encode(reads.statistics_answer(row, rows, predecessors, figures, years, groups))


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


async def _create(scope: Any, receive: Callable[[], Awaitable[Any]]) -> Answer:
    wanted = _nomination_in(await _body(receive))
    user = uuid.UUID(dict(scope["headers"])[b"x-user-id"].decode())
    row = await _database.fetchrow(
        writes.CREATE,
        wanted.dossier_id,
        wanted.candidate_id,
        wanted.award_type_code,
        wanted.achievement,
        user,
        today(),
        new_id(),
        new_id(),
        new_id(),
    )
    return (201, _encode(shapes.nomination(row))) if row else _NOT_FOUND


async def _receive(scope: Any, receive: Callable[[], Awaitable[Any]], key: str) -> Answer:
    note = _note(await _body(receive) or b"{}").note
    headers = dict(scope["headers"])
    seen = headers.get(b"if-match")
    version = int(seen.strip(b'"').partition(b".")[0]) if seen else None
    user = uuid.UUID(headers[b"x-user-id"].decode())
    row = await _database.fetchrow(writes.RECEIVE, uuid.UUID(key), user, note, new_id(), new_id(), version)
    return (200, _encode(shapes.nomination(row))) if row else _CONFLICT


async def _answer(scope: Any, receive: Callable[[], Awaitable[Any]]) -> Answer:
    match (scope["method"], *scope["path"].split("/")[1:]):
        case "GET", "v1", "campaigns", key:
            return await _campaign(scope, key)
        case "GET", "v1", "public", "campaigns", key:
            return await _public_campaign(key, shapes.public_campaign)
        case "GET", "v1", "bot", "campaigns", key:
            return await _public_campaign(key, shapes.bot_answer)
        case "GET", "v1", "campaigns":
            return await _campaigns(scope)
        case "GET", "v1", "nominations":
            return await _nominations(scope)
        case "GET", "v1", "nominations", key:
            return await _nomination(scope, key)
        case "GET", "v1", "statistics", "awards":
            return await _statistics(scope)
        case "POST", "v1", "nominations":
            return await _create(scope, receive)
        case "POST", "v1", "nominations", key, "receive":
            return await _receive(scope, receive, key)
        case "GET", "ping":
            return 200, b'{"status":"ok"}'
    return _NOT_FOUND


async def _lifespan(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    await receive()
    await _database.open()
    # as the product does: what exists now lives as long as the process
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _database.close()
    await send({"type": "lifespan.shutdown.complete"})


async def application(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    try:
        status, body = await _answer(scope, receive)
    except (ValueError, KeyError, msgspec.DecodeError):
        status, body = 422, b'{"code":"invalid"}'
    except asyncpg.IntegrityConstraintViolationError:
        status, body = _CONFLICT
    length = b"%d" % len(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
