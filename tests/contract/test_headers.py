"""Headers for browsers: what every answer carries, and which portals may call what (CORS), generated from the contract.

That every answer of the whole suite carries what protects is held by `tests/contract/check.py`.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.db import Database
from app.main import create_app
from app.settings import Settings
from tests.contract.check import ALWAYS
from tests.make import Caller
from tests.operations import DOCUMENT, OPERATIONS, Operation, World, prepare, served

PORTAL = "https://thiduakhenthuong.example.vn"
# names that a browser would not let a portal read (Fetch Standard, CORS-safelisted response headers)
READABLE = {
    *("etag", "location", "link", "retry-after", "ratelimit", "ratelimit-policy", "api-version", "x-request-id"),
    *("idempotency-replayed", "deprecation", "sunset", "content-disposition"),
}
# a portal may always send these (CORS-safelisted request headers)
_SAFE = {"accept", "accept-language", "content-language"}
STRANGERS = [
    "https://khac.example.vn",
    "http://thiduakhenthuong.example.vn",
    "https://thiduakhenthuong.example.vn.khac.vn",
    "https://thiduakhenthuong.example.vn:8443",
    "https://xthiduakhenthuong.example.vn",
    "HTTPS://THIDUAKHENTHUONG.EXAMPLE.VN",
    "null",
    "*",
    "",
]
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


@pytest.fixture(scope="module")
def portal_app(settings: Settings) -> FastAPI:
    """The application with one listed portal."""
    return create_app(settings.model_copy(update={"cors_origins": (PORTAL,)}))


@pytest.fixture
async def portal(portal_app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of it."""
    portal_app.state.database = database
    transport = httpx.ASGITransport(portal_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def _address(operation: Operation) -> str:
    return "/".join("x" if step.startswith("{") else step for step in operation.path.split("/"))


def _names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}


@every_operation
async def test_every_status_of_every_operation_carries_what_protects(world: World, operation: Operation) -> None:
    caller = await served(world, operation)
    request = await prepare(world, operation, caller if isinstance(caller, Caller) else None)
    anybody: httpx.AsyncClient | Caller = world.make.client
    answers = [await request.send(caller)]
    request.query["khong_co"] = "1"
    answers.append(await request.send(caller))
    request.query = {}
    answers.append(await request.send(anybody))
    answers.append(await anybody.request("TRACE", request.path))
    if operation.body:
        answers.append(await anybody.request(operation.method, request.path, content=b"x" * 1_000_001))
    # these are called with what is wrong
    assert answers[0].status_code < 400 or operation.id in ("login", "refresh", "acceptInvitation")
    assert all(answer.status_code >= 400 for answer in answers[3:])
    for answer in answers:
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, answer.status_code


@every_operation
async def test_a_listed_portal_may_send_all_that_an_operation_takes(
    portal: httpx.AsyncClient, operation: Operation
) -> None:
    headers = {p["name"].lower() for p in operation.parameters if p["in"] == "header"} - _SAFE
    headers |= ({"authorization"} if operation.permission else set()) | ({"content-type"} if operation.body else set())
    asked = {"Origin": PORTAL, "Access-Control-Request-Method": operation.method}
    if headers:
        asked["Access-Control-Request-Headers"] = ", ".join(sorted(headers))
    answer = await portal.options(_address(operation), headers=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == PORTAL
    assert operation.method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert headers <= _names(answer.headers["Access-Control-Allow-Headers"])
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_portal_that_is_not_listed_reads_nothing(portal: httpx.AsyncClient, stranger: str) -> None:
    asked = {"Origin": stranger, "Access-Control-Request-Method": "POST"}
    preflight = await portal.options("/v1/candidates", headers=asked)
    assert preflight.status_code in (400, 405) and "Access-Control-Allow-Origin" not in preflight.headers
    for path in ("/healthz", "/v1/me", "/khong-co"):
        answer = await portal.get(path, headers={"Origin": stranger})
        assert "Access-Control-Allow-Origin" not in answer.headers and "Origin" in answer.headers.get("Vary", "Origin")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/healthz"), ("GET", "/v1/me"), ("GET", "/x"), ("PUT", "/healthz"), ("POST", "/v1/auth/login")],
)
async def test_a_listed_portal_reads_every_header_it_needs_also_of_a_refusal(
    portal: httpx.AsyncClient, method: str, path: str
) -> None:
    content = b"x" * 1_000_001 if method == "POST" else None
    answer = await portal.request(method, path, headers={"Origin": PORTAL}, content=content)
    assert (answer.status_code == 413) == (method == "POST")
    assert answer.headers["Access-Control-Allow-Origin"] == PORTAL and "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert _names(answer.headers["Access-Control-Expose-Headers"]) >= READABLE


def test_every_header_of_the_contract_can_be_read_by_a_portal() -> None:
    declared = {
        name.lower()
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for name in response.get("headers", {})
    }
    # who must log in knows from the status
    assert declared - {"www-authenticate"} <= READABLE


async def test_without_listed_portals_no_origin_is_answered(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"Origin": PORTAL})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
