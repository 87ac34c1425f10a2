"""The direct way answers every GET, and exactly as the framework would."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.connection_pool import ConnectionPool
from app.db import asyncpg_arguments
from app.direct import DirectWay
from app.vocabularies import Reach, Role
from tests.make import OTHER_WARD, WARD, Make
from tests.test_isolation import GUARDED, Operation, World, request_of, right_role, world

__all__ = ["world"]  # the fixture

READS = [operation for operation in GUARDED if operation.method == "GET"]


@pytest.fixture
def direct(app: FastAPI) -> Iterator[DirectWay]:
    """The middleware of the running application, as it was at the end."""
    if app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()
    layer: object = app.middleware_stack
    while not isinstance(layer, DirectWay):
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
    assert operation.permission is not None
    callers = [
        None,
        await world.make.caller(right_role(operation.permission)),
        await world.make.caller((Role.OFFICER, OTHER_WARD, Reach.TERRITORY)),
        await world.make.caller((Role.SYSTEM_ADMIN, WARD, Reach.TERRITORY)),
    ]
    path, options = await request_of(world, operation)
    statuses = set()
    for caller in callers:
        had: dict[str, str] = {}
        for name, variant in VARIANTS.items():
            sent = variant(had) | {"X-Request-ID": "cung-mot-yeu-cau"}
            vars(direct).pop("_find", None)
            request = (caller or world.make.client).request
            one = await request("GET", path, **options | {"headers": sent})
            _off(direct)
            other = await request("GET", path, **options | {"headers": sent})
            assert _told(one) == _told(other), name
            had = dict(one.headers)
            statuses.add(one.status_code)
    assert {200, 401} <= statuses


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
