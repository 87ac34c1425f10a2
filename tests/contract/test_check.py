"""The check that holds every answer of the suite against the contract finds what it is there for."""

from typing import Any

import httpx
import pytest

from tests.contract import check
from tests.contract.check import ContractCheck
from tests.operations import DOCUMENT

CHECK = ContractCheck(DOCUMENT)
ALWAYS = check.ALWAYS | {
    "X-Request-ID": "yeu-cau-12345",
    "API-Version": "1.0.0",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
JSON = ALWAYS | {"Content-Type": "application/json"}
PROBLEM = ALWAYS | {"Content-Type": "application/problem+json"}


def _problem(status: int, code: str) -> dict[str, Any]:
    return {
        "type": "http://test/problems/x",
        "title": "t",
        "status": status,
        "detail": "d",
        "instance": "i",
        "code": code,
    }


def _answer(status: int, headers: dict[str, str], body: Any = None) -> httpx.Response:
    answer = httpx.Response(status, json=body) if body is not None else httpx.Response(status)
    answer.headers = httpx.Headers(headers)
    return answer


GOOD = {
    "an answer": ("GET", "/healthz", _answer(200, JSON, {"status": "ok"})),
    "an answer to HEAD": ("HEAD", "/healthz", _answer(200, JSON)),
    "a page": ("GET", "/docs", _answer(200, ALWAYS)),
    "a refused method": (
        "PUT", "/v1/campaigns", _answer(405, PROBLEM | {"Allow": "GET, HEAD, POST"}, _problem(405, "method_not_allowed"))
    ),
    "an unknown path": ("GET", "/khong-co", _answer(404, PROBLEM, _problem(404, "path_not_found"))),
    "a refusal": (
        "GET", "/v1/me", _answer(401, PROBLEM | {"WWW-Authenticate": "Bearer"}, _problem(401, "unauthenticated"))
    ),
}  # fmt: skip
BAD = {
    "no request id": ("GET", "/healthz", _answer(200, JSON | {"X-Request-ID": ""}, {"status": "ok"})),
    "an undeclared status": ("GET", "/healthz", _answer(202, JSON, {"status": "ok"})),
    "another schema": ("GET", "/healthz", _answer(200, JSON, {"status": "good"})),
    "another media type": ("GET", "/healthz", _answer(200, ALWAYS | {"Content-Type": "text/html"}, {"status": "ok"})),
    "a body on HEAD": ("HEAD", "/healthz", _answer(200, JSON, {"status": "ok"})),
    "a missing header": ("GET", "/v1/me", _answer(401, PROBLEM, _problem(401, "unauthenticated"))),
    "a header of another form": (
        "GET", "/v1/me", _answer(401, PROBLEM | {"WWW-Authenticate": "Basic"}, _problem(401, "unauthenticated"))
    ),
    "an undeclared promise": ("GET", "/healthz", _answer(200, JSON | {"ETag": '"1"'}, {"status": "ok"})),
    "a path outside the contract that is served": ("GET", "/khong-co", _answer(200, JSON, {"status": "ok"})),
    "a method outside the contract that is served": ("PUT", "/healthz", _answer(200, JSON, {"status": "ok"})),
    "an Allow that lacks a method": (
        "PUT", "/v1/campaigns", _answer(405, PROBLEM | {"Allow": "GET, HEAD"}, _problem(405, "method_not_allowed"))
    ),
    "an unknown path that is no problem document": ("GET", "/khong-co", _answer(404, JSON, {"detail": "Not Found"})),
    "a page that takes a POST": ("POST", "/docs", _answer(200, ALWAYS)),
    "a type to be guessed": ("GET", "/healthz", _answer(200, JSON | {"X-Content-Type-Options": ""}, {"status": "ok"})),
    "a page that may be framed": ("GET", "/docs", _answer(200, ALWAYS | {"Content-Security-Policy": ""})),
    "a server that names itself": ("GET", "/healthz", _answer(200, JSON | {"Server": "uvicorn"}, {"status": "ok"})),
    "a cookie": ("GET", "/healthz", _answer(200, JSON | {"Set-Cookie": "a=b"}, {"status": "ok"})),
    "a refusal that is kept": (
        "GET", "/khong-co", _answer(404, PROBLEM | {"Cache-Control": "private"}, _problem(404, "path_not_found"))
    ),
    "an answer for one that is kept for all": ("GET", "/v1/me", _answer(200, JSON | {"Cache-Control": "public"}, {})),
    "an answer for one that is kept for the next": ("GET", "/v1/me", _answer(200, JSON | {"Cache-Control": "private"}, {})),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "answer"), GOOD.values(), ids=GOOD)
def test_it_says_nothing_of(method: str, path: str, answer: httpx.Response) -> None:
    CHECK.check(method, path, answer)


@pytest.mark.parametrize(("method", "path", "answer"), BAD.values(), ids=BAD)
def test_it_finds(method: str, path: str, answer: httpx.Response) -> None:
    with pytest.raises(AssertionError):
        CHECK.check(method, path, answer)
