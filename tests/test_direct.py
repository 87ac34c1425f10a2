"""The direct way answers every read and every write, and exactly as the framework would."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.connection_pool import ConnectionPool
from app.db import asyncpg_arguments
from app.direct import DirectWay
from app.vocabularies import Permission, Reach, Role
from tests.campaigns import draft
from tests.make import OTHER_WARD, WARD, Make
from tests.operations import OPERATIONS, Operation, World, prepare, right_role
from tests.story import ok

READS = [operation for operation in OPERATIONS if operation.method == "GET"]
WRITES = [operation for operation in OPERATIONS if operation.method != "GET"]


@pytest.fixture
def direct(app: FastAPI) -> Iterator[DirectWay]:
    """The middleware of the running application, as it was at the end."""
    if app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()
    layer: object = app.middleware_stack
    while not isinstance(layer, DirectWay):
        # the framework's layers call the next one `app`, ours `_app`; they share no type that would say so
        layer = getattr(layer, "app", None) or layer._app  # type: ignore[attr-defined]
    yield layer
    vars(layer).pop("_find", None)


def _off(direct: DirectWay) -> None:
    vars(direct)["_find"] = lambda *_: None


def test_every_read_of_the_contract_goes_the_direct_way(app: FastAPI, direct: DirectWay) -> None:
    left = {
        operation["operationId"]
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method == "get" and direct._find("GET", path) is None
    }
    assert left == set()


def test_every_write_of_the_contract_goes_the_direct_way(app: FastAPI, direct: DirectWay) -> None:
    left = {operation.id for operation in WRITES if direct._find(operation.method, operation.path) is None}
    assert left == {"logout", "logOutOthers", "endSession"}, "they have neither Idempotency-Key nor If-Match"


def _told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, dict(answer.headers), answer.content


VARIANTS: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "as it is": lambda _: {},
    "in English": lambda _: {"Accept-Language": "en"},
    "with the ETag it had": lambda had: {"If-None-Match": had.get("etag", "*")},
    "with a foreign ETag": lambda _: {"If-None-Match": '"abc", W/"def"'},
}


@pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.id)
async def test_both_ways_give_the_same_answer(world: World, operation: Operation, direct: DirectWay) -> None:
    callers = [
        None,
        await world.make.caller(right_role(operation.permission or Permission.SELF_READ)),
        await world.make.caller((Role.OFFICER, OTHER_WARD, Reach.TERRITORY)),
        await world.make.caller((Role.SYSTEM_ADMIN, WARD, Reach.TERRITORY)),
    ]
    prepared = await prepare(world, operation)
    statuses = set()
    for caller in callers:
        had: dict[str, str] = {}
        for name, variant in VARIANTS.items():
            sent = variant(had) | {"X-Request-ID": "cung-mot-yeu-cau"}
            vars(direct).pop("_find", None)
            request = (caller or world.make.client).request
            one = await request("GET", prepared.path, params=prepared.query, headers=sent)
            _off(direct)
            other = await request("GET", prepared.path, params=prepared.query, headers=sent)
            assert _told(one) == _told(other), name
            had = dict(one.headers)
            statuses.add(one.status_code)
    assert statuses >= ({200} if operation.permission is None else {200, 401})


@pytest.mark.parametrize(
    "path",
    [
        "/v1/campaigns?limit=5&limit=6",
        "/v1/campaigns?limit=101",
        "/v1/campaigns?state=launched&state=draft",
        "/v1/campaigns?state=",
        "/v1/campaigns?q=chuy%E1%BB%83n+%C4%91%E1%BB%95i",
        "/v1/campaigns?q=%ff",
        "/v1/campaigns?unknown=1",
        "/v1/campaigns?",
        "/v1/campaigns/",
        "/v1/campaigns//",
        "/v1/campaigns/khong-phai-uuid",
        "/v1/campaigns/00000000-0000-0000-0000-000000000000",
        "/v1/award-types/gk-chu-tich-ubnd-xa%2F",
        "/v1/me",
        "/v1/khong-co",
        "/healthz",
    ],
)
@pytest.mark.parametrize("authorization", ["good", "Bearer", "bearer x", "Basic eDp5", "Bearer a.b.c"])
async def test_odd_requests_are_answered_alike(make: Make, direct: DirectWay, path: str, authorization: str) -> None:
    officer = await make.officer()
    given = f"Bearer {officer.token}" if authorization == "good" else authorization
    headers = {"Authorization": given, "X-Request-ID": "cung-mot-yeu-cau"}
    one = await make.client.get(path, headers=headers)
    _off(direct)
    other = await make.client.get(path, headers=headers)
    assert _told(one) == _told(other)
    assert one.status_code < 500


# ------------------------------------------------------------ writes

Sent = tuple[list[tuple[str, str]], bytes]


def _without(name: str) -> Callable[[Sent], Sent]:
    return lambda sent: ([header for header in sent[0] if header[0] != name], sent[1])


def _with(name: str, *values: str) -> Callable[[Sent], Sent]:
    return lambda sent: (_without(name)(sent)[0] + [(name, value) for value in values], sent[1])


def _body(content: bytes) -> Callable[[Sent], Sent]:
    return lambda sent: (sent[0], content)


SENDINGS: dict[str, Callable[[Sent], Sent]] = {
    "as it is": lambda sent: sent,
    "with a charset": _with("Content-Type", "Application/JSON; charset=UTF-8"),
    "with another charset": _with("Content-Type", "application/json; charset=latin-1"),
    "as a vendor's JSON": _with("Content-Type", "application/vnd.api+json"),
    "as text": _with("Content-Type", "text/plain"),
    "as nothing": _without("Content-Type"),
    "with two types": _with("Content-Type", "application/json", "text/plain"),
    "without a token": _without("Authorization"),
    "with a foreign token": _with("Authorization", "Bearer a.b.c"),
    "without a key": _without("Idempotency-Key"),
    "with an empty key": _with("Idempotency-Key", ""),
    "with a short key": _with("Idempotency-Key", "ngan"),
    "with a key in quotes": _with("Idempotency-Key", '"khoa-trong-ngoac"'),
    "with a long key": _with("Idempotency-Key", "k" * 256),
    "with two keys": _with("Idempotency-Key", "khoa-thu-nhat", "khoa-thu-hai"),
    "without a version": _without("If-Match"),
    "with another version": _with("If-Match", '"77"'),
    "with a foreign version": _with("If-Match", "W/x"),
    "with a long version": _with("If-Match", '"1.' + "a" * 200 + '"'),
    "without a body": _body(b""),
    "with null": _body(b"null"),
    "with a list": _body(b"[]"),
    "with a number": _body(b"1e400"),
    "with half a body": _body(b'{"title": "a'),
    "with bytes": _body(b"\xff\xfe\x00"),
    "in UTF-16": lambda sent: (sent[0], sent[1].decode().encode("utf-16")),
    "with a deep body": _body(b"[" * 20_000),
    "with an unknown field": _body(b'{"khong_co": 1}'),
    "with a field twice": lambda sent: (sent[0], sent[1].replace(b"{", b'{"note": 1, ', 1)),
}
_VARYING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"
    # verification codes, recovery codes, secrets
    r"|\"[0-9A-Z]{4}(-[0-9A-Z]{4})+(-[0-9A-Z])?\"|\b[A-Z2-7]{32}\b"
    r"|\"[\w-]{43}\""
)


def _masked(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    """Without keys, moments and codes, which are new every time; lengths follow from moments."""
    headers = [(n, _VARYING.sub("·", v)) for n, v in answer.headers.items() if n != "content-length"]
    return answer.status_code, headers, _VARYING.sub("·", answer.text)


@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.id)
async def test_both_ways_write_and_refuse_alike(world: World, operation: Operation, direct: DirectWay) -> None:
    caller = await world.make.caller(right_role(operation.permission or Permission.SELF_READ))
    prepared = await prepare(world, operation, caller)
    good: Sent = (
        [
            ("Authorization", f"Bearer {caller.token}"),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "mot-khoa-nhu-nhau"),
            ("X-Request-ID", "cung-mot-yeu-cau"),
            *prepared.headers.items(),
        ],
        json.dumps(prepared.body).encode(),
    )

    async def sent(headers: list[tuple[str, str]], content: bytes) -> httpx.Response:
        async with world.make.rolled_back():
            world.make.app.state.callers.forget()
            return await world.make.client.request(operation.method, prepared.path, headers=headers, content=content)

    statuses = set()
    for name, change in SENDINGS.items():
        headers, content = change(good)
        vars(direct).pop("_find", None)
        one = await sent(headers, content)
        _off(direct)
        other = await sent(headers, content)
        assert _masked(one) == _masked(other), name
        statuses.add(one.status_code)
        assert one.is_success or name != "as it is" or operation.permission is None, one.text
    assert 401 in statuses and 500 not in statuses


async def test_who_goes_away_in_the_middle_of_a_body_launches_nothing(make: Make, app: FastAPI) -> None:
    """The body of a launch may be absent; one that has not come yet is not."""
    found, leader = await draft(make, await make.officer()), await make.leader()
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"", "more_body": True}, {"type": "http.disconnect"}]
    )
    path = f"/v1/campaigns/{found['id']}/launch"
    sent = {
        "authorization": f"Bearer {leader.token}",
        "content-type": "application/json",
        "idempotency-key": "nua-chung-thi-mat-mang",
        "if-match": f'"{found["version"]}"',
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }
    statuses: list[int] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    await app(scope, receive, send)
    assert statuses == [400]
    assert ok(await leader.get(f"/v1/campaigns/{found['id']}"))["state"] == "draft"


# ------------------------------------------------------------ the connections behind it


@pytest.fixture
async def pool(server_dsn: str) -> AsyncIterator[ConnectionPool]:
    """Two connections to the real server."""
    pool = ConnectionPool(lambda: asyncpg.connect(**asyncpg_arguments(server_dsn)), 2)
    yield pool
    await pool.close()


async def _backend(pool: ConnectionPool) -> int:
    row = await pool.fetchrow("select pg_backend_pid()")
    assert row is not None
    return int(row[0])


async def test_many_readers_share_two_connections(pool: ConnectionPool) -> None:
    found = await asyncio.gather(*(pool.fetch("select pg_backend_pid(), pg_sleep(0.001)") for _ in range(40)))
    assert len({rows[0][0] for rows in found}) == 2


async def test_a_failed_statement_does_not_cost_its_connection(pool: ConnectionPool) -> None:
    first = await _backend(pool)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pool.fetchrow("select 1 / 0")
    assert await _backend(pool) == first


async def test_an_interrupted_read_takes_its_connection_with_it_and_nobody_gets_its_answer(
    pool: ConnectionPool,
) -> None:
    slow = [asyncio.create_task(pool.fetchrow("select 'chậm', pg_sleep(5)")) for _ in range(2)]
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(_backend(pool)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    for task in slow:
        task.cancel()
    backends = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(backends[0], asyncio.CancelledError)
    assert all(isinstance(backend, int) for backend in backends[1:])


async def test_a_connection_that_the_server_closed_is_replaced(pool: ConnectionPool, server_dsn: str) -> None:
    first = await _backend(pool)
    admin = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    await admin.execute("select pg_terminate_backend($1)", first)
    await admin.close()
    for _ in range(50):
        await asyncio.sleep(0.01)
        with suppress(asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError):
            assert await _backend(pool) != first
            break
    else:
        pytest.fail("no new connection")


async def _tables(pool: ConnectionPool) -> list[str]:
    return [
        row["name"] for row in await pool.fetch("select relname as name from pg_class where relname like 'ghi_thu%'")
    ]


async def test_a_transaction_is_committed_at_its_end_and_undone_where_it_fails(pool: ConnectionPool) -> None:
    async with pool.transaction() as tx:
        await tx.execute("create table ghi_thu (n int primary key)")
        await tx.execute("insert into ghi_thu values (1)")
    try:
        first = await _backend(pool)
        with pytest.raises(asyncpg.UniqueViolationError):
            async with pool.transaction() as tx:
                await tx.execute("insert into ghi_thu values (2)")
                await tx.execute("insert into ghi_thu values (1)")
        with pytest.raises(KeyError):
            async with pool.transaction() as tx:
                await tx.execute("insert into ghi_thu values (3)")
                raise KeyError
        assert [row["n"] for row in await pool.fetch("select n from ghi_thu")] == [1]
        assert await _backend(pool) == first, "a refusal does not cost a connection"
    finally:
        await pool.fetch("drop table ghi_thu")


async def test_a_transaction_that_somebody_interrupts_leaves_nothing(pool: ConnectionPool) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with pool.transaction() as tx:
            await tx.execute("create table ghi_thu_do_dang (n int)")
            begun.set()
            await tx.execute("select pg_sleep(5)")

    task = asyncio.create_task(slow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(4):
        while await _tables(pool):
            await asyncio.sleep(0.01)
    for _ in range(3):
        assert await _backend(pool), "its connection was replaced"


async def test_who_goes_on_after_a_failed_statement_is_not_told_that_it_was_committed(pool: ConnectionPool) -> None:
    with pytest.raises(RuntimeError):
        async with pool.transaction() as tx:
            with suppress(asyncpg.DivisionByZeroError):
                await tx.execute("select 1 / 0")


async def test_a_server_that_cannot_be_reached_fails_every_waiter_and_the_next_one_tries_again() -> None:
    attempts = 0

    async def refuse() -> asyncpg.Connection:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.001)
        raise ConnectionRefusedError

    pool = ConnectionPool(refuse, 2)
    answers = await asyncio.gather(*(pool.fetch("select 1") for _ in range(10)), return_exceptions=True)
    assert all(isinstance(answer, ConnectionRefusedError) for answer in answers) and attempts == 10
