"""HTTP as the contract says, generated from it: methods, HEAD, addresses, parameters, bodies, pages, conditions."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.clock import now
from app.db import Database
from app.models.users import UserSession
from app.vocabularies import Role
from tests.contract.check import PAGES
from tests.make import WARD, Caller, Make
from tests.operations import DOCUMENT, OPERATIONS, Operation, World, prepare, served
from tests.people import give, opened, sign
from tests.story import SCHOOL, WOMENS_UNION, appraised, candidate, decision_body, dossier, ok, refused

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PATHS = (*DOCUMENT["paths"], *PAGES, "/docs-assets/redoc.standalone.js")
LISTS = [operation for operation in OPERATIONS if operation.takes("cursor")]
SOME_ID = "01890000-0000-7000-8000-000000000000"


def _address(path: str) -> str:
    """The path with something in the place of its parameters."""
    steps = (SOME_ID if step.endswith("_id}") else "x" if step.startswith("{") else step for step in path.split("/"))
    return "/".join(steps)


def _every(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.id)


def _lasting(answer: httpx.Response) -> dict[str, str]:
    """Headers that a second request of the same kind gets again."""
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


def _complaints(answer: httpx.Response) -> set[tuple[str, str]]:
    """(pointer, code) of an answer that refuses input."""
    return {(error["pointer"], error["code"]) for error in refused(answer, 422, "invalid_input")["errors"]}


# ------------------------------------------------------------ methods and addresses


@pytest.mark.parametrize("path", PATHS)
async def test_a_method_that_is_not_declared_is_refused_and_all_declared_ones_are_named(
    client: httpx.AsyncClient, path: str
) -> None:
    declared = {method.upper() for method in DOCUMENT["paths"].get(path, {"get": {}})}
    allowed = declared | ({"HEAD"} if "GET" in declared else set())
    for method in METHODS:
        if method not in allowed:
            answer = await client.request(method, _address(path))
            assert answer.status_code == 405, f"{method}: {answer.status_code}"
            assert answer.headers["Allow"] == ", ".join(sorted(allowed)), method


@pytest.mark.parametrize("path", [*DOCUMENT["paths"], *(page for page in PAGES if page != "/")])
async def test_a_trailing_slash_is_another_address_and_never_a_redirect(client: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PATCH"):
        answer = await client.request(method, _address(path) + "/")
        assert answer.status_code == 404 and "Location" not in answer.headers, f"{method}: {answer.status_code}"
        if method != "HEAD":
            refused(answer, 404, "path_not_found")


@_every([operation for operation in OPERATIONS if operation.method == "GET" and not operation.is_file])
async def test_head_answers_like_get_without_a_body(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    get, head = await request.send(caller), await request.send(caller, "HEAD")
    assert get.is_success and head.status_code == get.status_code and not head.content
    assert _lasting(head) == _lasting(get) and int(head.headers["Content-Length"]) == len(get.content)


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/khong-co", "/v1/me"])
async def test_no_byte_follows_the_headers_of_a_head(app: FastAPI, database: Database, path: str) -> None:
    """Asked of the application itself: the test client drops what would follow."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "HEAD", "scheme": "http", "path": path,
             "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": []}  # fmt: skip
    await app(scope, receive, send)
    assert b"".join(message.get("body", b"") for message in sent[1:]) == b""
    assert int(dict(sent[0]["headers"])[b"content-length"]) > 0


@pytest.mark.parametrize("path", PAGES)
async def test_head_of_a_page_answers_like_get(client: httpx.AsyncClient, path: str) -> None:
    get, head = await client.get(path), await client.head(path)
    assert head.status_code == get.status_code and not head.content and _lasting(head) == _lasting(get)


@_every([operation for operation in OPERATIONS if operation.method == "GET" and not operation.is_file])
async def test_a_body_or_a_wish_for_another_format_changes_nothing_about_a_get(
    world: World, operation: Operation
) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    plain = await request.send(caller)
    request.body = {"khong_co": "gì"}
    request.headers |= {"Accept": "text/csv"}
    other = await request.send(caller)
    assert (other.status_code, other.content) == (plain.status_code, plain.content)
    assert other.headers["Content-Type"] == "application/json"


# ------------------------------------------------------------ parameters and bodies


@_every(OPERATIONS)
async def test_an_unknown_query_parameter_is_refused(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.query["khong_co"] = "1"
    assert _complaints(await request.send(caller)) == {("?khong_co", "unknown_parameter")}


def _single_valued() -> Iterator[Any]:
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            if parameter["in"] == "query" and parameter["schema"].get("type") != "array":
                yield pytest.param(operation, parameter["name"], id=f"{operation.id} {parameter['name']}")


@pytest.mark.parametrize(("operation", "name"), list(_single_valued()))
async def test_a_single_valued_parameter_that_comes_twice_is_refused(
    world: World, operation: Operation, name: str
) -> None:
    path = _address(operation.path)
    answer = await (await served(world, operation)).request("GET", path, params=[(name, "1"), (name, "1")])
    assert _complaints(answer) == {(f"?{name}", "repeated_parameter")}


@_every([operation for operation in OPERATIONS if operation.body])
async def test_an_unknown_field_of_the_body_is_refused(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.body = (request.body or {}) | {"khong_co": "1"}
    assert ("/khong_co", "unknown_field") in _complaints(await request.send(caller))


@_every([operation for operation in OPERATIONS if operation.takes("If-Match")])
async def test_a_change_without_if_match_is_refused(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    del request.headers["If-Match"]
    refused(await request.send(caller), 428, "precondition_required")


@_every([operation for operation in OPERATIONS if operation.takes("If-Match")])
async def test_a_change_of_a_version_nobody_has_read_is_refused(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.headers["If-Match"] = '"999"'
    refused(await request.send(caller), 412, "version_mismatch")


@_every([operation for operation in OPERATIONS if operation.takes("Idempotency-Key")])
async def test_a_write_without_its_idempotency_key_is_refused(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.headers["Idempotency-Key"] = ""
    refused(await request.send(caller), 400, "idempotency_key_required")


# what is told once is kept nowhere, and so not told again
TELL_A_SECRET_ONCE = {"createUser", "inviteUser"}


@_every([operation for operation in OPERATIONS if operation.takes("Idempotency-Key")])
async def test_a_write_that_is_sent_again_gets_the_same_answer(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.headers["Idempotency-Key"] = "gui-lai-lan-hai"
    first, again = await request.send(caller), await request.send(caller)
    assert first.is_success and again.status_code == first.status_code
    if operation.id in TELL_A_SECRET_ONCE:
        assert again.json() == first.json() | {"invitation": first.json()["invitation"] | {"token": None}}
    else:
        assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers


@_every([operation for operation in OPERATIONS if operation.takes("If-None-Match")])
async def test_what_has_not_changed_is_a_304_without_a_body(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    etag = (await request.send(caller)).headers["ETag"]
    for asked in (etag, f"W/{etag}", f'"khac", {etag}', "*"):
        request.headers["If-None-Match"] = asked
        for method in ("GET", "HEAD"):
            answer = await request.send(caller, method)
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag), f"{method} {asked}"
    request.headers["If-None-Match"] = '"khac"'
    assert (await request.send(caller)).status_code == 200


# ------------------------------------------------------------ pages


@pytest.mark.parametrize(("limit", "code"), [("0", "too_small"), ("101", "too_large"), ("x", "wrong_type")])
@_every(LISTS)
async def test_a_limit_outside_its_bounds_is_refused(world: World, operation: Operation, limit: str, code: str) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    request.query["limit"] = limit
    assert _complaints(await request.send(caller)) == {("?limit", code)}


async def _three_of_everything(world: World) -> None:
    """What the reference data does not hold: three candidates, dossiers, nominations, decisions, awards, signers."""
    for name in ("Bùi Thị Mai", "Bùi Thị Lan", "Bùi Thị Cúc"):
        await candidate(world.make, world.school, name=name)
        await dossier(world.make, world.school, title=f"Hồ sơ {name}")
        found = await appraised(world.make, world.school, world.officer, name=name)
        ok(await world.leader.post("/v1/decisions", await decision_body(world.make, found)), 201)
        person = await opened(world.make, world.admin, display_name=name)
        ok(await sign(world.make, world.admin, person["id"]), 201)


async def _three_deployments(make: Make, campaign: str) -> None:
    for key in (SCHOOL, WOMENS_UNION, "phong-van-hoa-xa-hoi-phuong-uong-bi"):
        unit = await make.authority(key)
        body = {"authority_id": str(unit.id)}
        ok(await (await make.submitter(key)).post(f"{campaign}", body), 201)


async def _page(caller: httpx.AsyncClient | Caller, path: str, query: dict[str, Any]) -> dict[str, Any]:
    return ok(await caller.request("GET", path, params=query))


@_every(LISTS)
async def test_the_pages_of_a_list_joined_are_the_whole_list(world: World, operation: Operation) -> None:
    await _three_of_everything(world)
    request, caller = await prepare(world, operation), await served(world, operation)
    if operation.id == "listAuthorityChildren":
        request.path = f"/v1/authorities/{(await world.authority(WARD)).id}/children"
    if operation.id == "listDeployments":
        await _three_deployments(world.make, request.path)
    if operation.id == "listSessions" and isinstance(caller, Caller):
        for _ in range(3):
            world.make.db.add(UserSession(user_id=caller.user_id, expires_at=now() + timedelta(hours=1)))
        await world.make.db.commit()
    if operation.id == "listGrants":
        for role in (Role.VIEWER, Role.FINANCE, Role.AUDITOR):
            ok(await give(world.make, world.admin, request.path.split("/")[3], role), 201)
    whole = await _page(caller, request.path, request.query | {"limit": 100})
    assert len(whole["items"]) >= 3, "nothing to page through"
    size = max(1, len(whole["items"]) // 3)
    joined, cursor = [], None
    for _ in range(len(whole["items"])):
        query = request.query | {"limit": size} | ({"cursor": cursor} if cursor else {})
        page = await _page(caller, request.path, query)
        joined += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or len(joined) >= len(whole["items"]):
            break
    # of a list that is longer than one page can be, the first page
    assert joined[: len(whole["items"])] == whole["items"] and (cursor is None or whole["next_cursor"] is not None)


def test_every_list_pages_in_the_same_way() -> None:
    assert len(LISTS) >= 14
    for operation in LISTS:
        assert operation.is_list and operation.takes("limit"), operation.id
    assert {operation.id for operation in OPERATIONS if operation.is_list} == {operation.id for operation in LISTS}
