"""The contract is generated, committed, complete, and every code it promises is real."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from app.contract import API_VERSION, contract_text
from app.problems import PLACE_CODES, REGISTRY, preferred_language
from app.refusals import _INPUT_ERRORS
from app.settings import Settings
from tests.story import refused

ROOT = Path(__file__).resolve().parent.parent.parent


def _operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_committed_contract_is_the_generated_one(app: FastAPI) -> None:
    committed = (ROOT / "openapi/openapi.json").read_text(encoding="utf-8")
    assert committed == contract_text(app), "run make openapi, and look at the difference"


def test_the_contract_is_valid_openapi_3_1(app: FastAPI) -> None:
    document = app.openapi()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_is_named_described_and_tagged(app: FastAPI) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(app)]
    assert len(names) == len(set(names))
    known = {tag["name"] for tag in app.openapi()["tags"]}
    for path, method, operation in _operations(app):
        where = f"{method} {path}"
        assert re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", operation["operationId"]), where
        assert 0 < len(operation["summary"]) <= 60, where
        assert operation["description"].strip(), where
        assert set(operation["tags"]) <= known, where


def test_every_refusal_is_a_problem_document(app: FastAPI) -> None:
    for path, method, operation in _operations(app):
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert response == {"$ref": f"#/components/responses/Problem{status}"}, f"{method} {path} {status}"
    assert "HTTPValidationError" not in app.openapi()["components"]["schemas"]


def test_every_string_and_list_of_the_contract_is_bounded(app: FastAPI) -> None:
    unbounded: list[str] = []

    def look(node: Any, where: str) -> None:
        if isinstance(node, dict):
            bounded = {"maxLength", "enum", "const", "format", "pattern"}
            if node.get("type") == "string" and not bounded & node.keys():
                unbounded.append(where)
            if node.get("type") == "array" and "maxItems" not in node:
                unbounded.append(where)
            for name, child in node.items():
                look(child, f"{where}/{name}")
        elif isinstance(node, list):
            for number, child in enumerate(node):
                look(child, f"{where}/{number}")

    for name, schema in app.openapi()["components"]["schemas"].items():
        look(schema, name)
    for path, method, operation in _operations(app):
        look(operation.get("parameters", []), f"{method} {path}")
    assert not unbounded


def _raised_codes() -> set[str]:
    codes = {str(call.args[0].value) for call in _calls("Problem") if isinstance(call.args[0], ast.Constant)}
    # those that a violated constraint or an input error stands for
    text = (ROOT / "app/db.py").read_text(encoding="utf-8")
    table = re.search(r"_PROBLEM_OF_CONSTRAINT = \{(.*?)\}", text, flags=re.DOTALL)
    assert table is not None
    return codes | set(re.findall(r': "(\w+)"', table[1])) | {"conflict"}


def test_every_code_that_is_raised_is_registered_and_every_registered_one_is_raised() -> None:
    raised = _raised_codes()
    assert raised - set(REGISTRY) == set(), "raised and not registered"
    assert set(REGISTRY) - raised == set(), "registered and never raised"


def _calls(*names: str) -> Iterator[ast.Call]:
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node


def test_every_code_is_written_out_where_it_is_raised() -> None:
    """Else the two tests beside this one could not see it."""
    variable = [call for call in _calls("Problem") if not isinstance(call.args[0], ast.Constant)]
    assert [ast.unparse(call) for call in variable] == [
        "Problem(_PROBLEM_OF_CONSTRAINT.get(error.constraint_name or '', 'conflict'))"
    ]


def test_every_code_of_a_place_is_promised_and_every_promised_one_is_given() -> None:
    given = {ast.literal_eval(call.args[1]) for call in _calls("field_problem")}
    assert given == set(PLACE_CODES)
    raised = {ast.literal_eval(call.args[0]) for call in _calls("PydanticCustomError")}
    assert raised <= set(_INPUT_ERRORS) | {"date_wrong_format", "datetime_wrong_format"}, (
        "an error of a shape without a sentence"
    )


def test_every_problem_says_what_to_do() -> None:
    for code, kind in REGISTRY.items():
        assert "hãy " in kind.detail.lower(), code
        assert len(kind.detail_en.split(". ")) > 1 or kind.detail_en.split()[0] in {"Add", "Send", "Use"}, code


def test_every_problem_reads_well_in_both_languages() -> None:
    for code, kind in REGISTRY.items():
        for text in (kind.title, kind.detail, kind.title_en, kind.detail_en):
            assert text and (text[0].isupper() or text[0] in "{“"), code
        facts = set(re.findall(r"\{(\w+)\}", kind.detail))
        assert facts == set(re.findall(r"\{(\w+)\}", kind.detail_en)), code


async def test_each_problem_is_documented_at_its_address(client: httpx.AsyncClient) -> None:
    for code, kind in REGISTRY.items():
        answer = await client.get(f"/problems/{code}")
        assert answer.json()["title"] == kind.title
    refused(await client.get("/problems/khong_co"), 404, "not_found")
    everything = await client.get("/problems")
    assert [item["code"] for item in everything.json()["items"]] == sorted(REGISTRY)
    assert everything.headers["Cache-Control"].startswith("public")


# ------------------------------------------------------------ what no route answers is a problem too


async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/khong-co", "/v1/khong-co", "/v1/campaigns/"):
        answer = await client.get(path)
        refused(answer, 404, "path_not_found")
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_wrong_method_names_all_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/v1/campaigns")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient) -> None:
    get, head = await client.get("/healthz"), await client.head("/healthz")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


async def test_a_body_over_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/auth/login", content=b"x" * 10_000_000)
    refused(answer, 413, "body_too_large")

    async def drip() -> Any:
        for _ in range(200):
            yield b"x" * 10_000

    refused(await client.post("/v1/auth/login", content=drip()), 413, "body_too_large")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        (b"username=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"[]", "application/json", 422, "invalid_input"),
        (b"", "application/json", 422, "invalid_input"),
    ],
)
async def test_an_unreadable_body_is_a_problem(
    client: httpx.AsyncClient, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = await client.post("/v1/auth/login", content=content, headers={"Content-Type": media_type})
    refused(answer, status, code)


async def test_problems_are_vietnamese_and_english_when_asked(client: httpx.AsyncClient) -> None:
    vietnamese = await client.get("/v1/me")
    english = await client.get("/v1/me", headers={"Accept-Language": "en-GB,en;q=0.9,vi;q=0.5"})
    assert vietnamese.json()["title"] == "Chưa đăng nhập" and vietnamese.headers["Content-Language"] == "vi"
    assert english.json()["title"] == "Not authenticated" and english.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [(None, "vi"), ("", "vi"), ("en", "en"), ("vi,en;q=0.9", "vi"), ("fr, en;q=0.1", "en"), ("en;q=x", "vi")],
)
def test_the_language_follows_accept_language(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_every_answer_carries_its_request_id_and_the_version(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"X-Request-ID": "yeu-cau-12345"})
    assert answer.headers["X-Request-ID"] == "yeu-cau-12345"
    hostile = await client.get("/healthz", headers={"X-Request-ID": "a b\tc"})
    assert hostile.headers["X-Request-ID"] != "a b\tc"
    assert answer.headers["API-Version"] == API_VERSION
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_unexpected_failure_is_a_problem_without_its_inside(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("mật khẩu cơ sở dữ liệu")

    monkeypatch.setattr(type(app.state.database.reads), "fetchrow", broken)
    answer = await client.get("/readyz")
    refused(answer, 500, "internal_error")
    assert "mật khẩu" not in answer.text and "mật khẩu" in caplog.text


async def test_the_documentation_pages_need_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/reference"):
        page = await client.get(path)
        assert page.status_code == 200
        sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert sources and all(source.startswith(("/docs-assets/", "data:")) for source in sources), sources
        for source in sources:
            if source.startswith("/"):
                asset = await client.get(source)
                assert asset.status_code == 200 and len(asset.content) > 10_000, source
                assert "max-age" in asset.headers["Cache-Control"], source
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"].split("style-src")[0]
    document = await client.get("/openapi.json")
    assert document.json()["info"]["title"] == "TĐKT API"


def test_problems_point_to_the_server_that_runs(settings: Settings) -> None:
    assert settings.model_copy(update={"public_url": None, "port": 8137}).base_url == "http://127.0.0.1:8137"
