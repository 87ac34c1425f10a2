"""The examples of the contract are real: what the application answers, whole, lawful and true to their schemas."""

import inspect
import json
import re
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.contract import operation_id
from app.ids import tidy_code
from app.problems import PROBLEM_MEDIA_TYPE, REGISTRY
from app.routers import ROUTERS, UNVERSIONED_ROUTERS
from tests.examples import FILE, capture, text_of

CONTENT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
EXAMPLES: dict[str, Any] = CONTENT["examples"]
PROBLEMS: dict[str, Any] = CONTENT["problems"]
_JSON = "application/json"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CODE = re.compile(r"\b[0-9A-Z]{2,}(?:-[0-9A-Z]+)+-[0-9A-Z]\b")

# the library checks a format only where a further package is installed; these are all that the contract uses
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(uuid.UUID(value)) == value


@_FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@_FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"https?://[a-z0-9.:-]+/\S*", value) is not None


@_FORMATS.checks("password")
def _is_anything(_: object) -> bool:
    """Says how to show it, not how it looks."""
    return True


def _operations(app: FastAPI) -> Iterator[dict[str, Any]]:
    for operations in app.openapi()["paths"].values():
        yield from operations.values()


def _bodies(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where it stands, and the media type object of every JSON body that succeeds."""
    for operation in _operations(app):
        name = operation["operationId"]
        if _JSON in operation.get("requestBody", {}).get("content", {}):
            yield f"{name} request", operation["requestBody"]["content"][_JSON]
        for status, response in operation["responses"].items():
            if status.startswith("2") and _JSON in response.get("content", {}):
                yield f"{name} {status}", response["content"][_JSON]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _objects(child)


def _violations(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    resource: Any = DRAFT202012.create_resource(document)
    # references inside the document are resolved against the document
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:contract#/'))
    validator = Draft202012Validator(
        absolute, registry=Registry().with_resource("urn:contract", resource), format_checker=_FORMATS
    )
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def test_every_body_of_the_contract_has_an_example(app: FastAPI) -> None:
    bodies = list(_bodies(app))
    assert len(bodies) > 80
    assert [where for where, body in bodies if body.get("example") is None] == []


def test_no_example_is_of_an_operation_that_is_gone(app: FastAPI) -> None:
    assert EXAMPLES.keys() == {where.split()[0] for where, _ in _bodies(app)}
    for operation in _operations(app):
        if "requestBody" not in operation and operation["operationId"] in EXAMPLES:
            assert EXAMPLES[operation["operationId"]]["request"] is None, operation["operationId"]


def test_every_example_is_what_its_schema_says(app: FastAPI) -> None:
    document = app.openapi()
    wrong = {where: _violations(document, body["schema"], body["example"])[:3] for where, body in _bodies(app)}
    assert {where: errors for where, errors in wrong.items() if errors} == {}


def test_every_header_of_an_answer_has_an_example_that_is_what_its_schema_says(app: FastAPI) -> None:
    document = app.openapi()
    headers = document["components"]["headers"]
    assert {name: _violations(document, header["schema"], header["example"]) for name, header in headers.items()} == {
        name: [] for name in headers
    }


def test_no_parameter_has_an_example_because_try_it_out_would_send_it_each_time(app: FastAPI) -> None:
    parameters = [parameter for operation in _operations(app) for parameter in operation.get("parameters", [])]
    assert len(parameters) > 100
    assert [p["name"] for p in parameters if {"example", "examples"} & (p.keys() | p["schema"].keys())] == []


def test_the_first_example_of_a_refusal_is_the_general_one_of_its_status(app: FastAPI) -> None:
    responses = app.openapi()["components"]["responses"].values()
    first = {next(iter(response["content"][PROBLEM_MEDIA_TYPE]["examples"])) for response in responses}
    assert {"unauthenticated", "not_found", "transition_refused", "invalid_input"} < first


def test_every_format_of_the_contract_is_checked(app: FastAPI) -> None:
    used = {schema["format"] for schema in _objects(app.openapi()) if isinstance(schema.get("format"), str)}
    assert used <= _FORMATS.checkers.keys()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("id", "01a1f677"), ("created_at", "2026-11-20 01:00:00"), ("state", "gone"), ("code", None), ("huy_chuong", 1)],
)
def test_a_wrong_example_would_be_found(app: FastAPI, name: str, wrong: object) -> None:
    schema = {"$ref": "#/components/schemas/CampaignOut"}
    good = EXAMPLES["readCampaign"]["response"]
    assert _violations(app.openapi(), schema, good) == []
    assert _violations(app.openapi(), schema, good | {name: wrong})


def test_every_request_is_accepted_by_its_input_model() -> None:
    read = set[str]()
    for router in (*ROUTERS, *UNVERSIONED_ROUTERS):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            body = inspect.signature(route.endpoint).parameters.get("body")
            if body is not None:
                name = operation_id(route)
                TypeAdapter(body.annotation).validate_json(json.dumps(EXAMPLES[name]["request"]))
                read.add(name)
    assert read == {name for name, example in EXAMPLES.items() if example["request"] is not None}


def test_every_refusal_has_an_example_of_its_status(app: FastAPI) -> None:
    document = app.openapi()
    shown = set[str]()
    for name, response in document["components"]["responses"].items():
        media = response["content"][PROBLEM_MEDIA_TYPE]
        assert media.get("examples"), name
        for code, example in media["examples"].items():
            problem = example["value"]
            assert _violations(document, media["schema"], problem) == [], code
            kind = REGISTRY[code]
            assert (problem["code"], problem["title"], problem["status"]) == (code, kind.title, kind.status)
            assert name == f"Problem{kind.status}" and example["summary"] == kind.title
            assert problem["type"].endswith(f"/problems/{code}") and "{" not in problem["detail"]
            shown.add(code)
    assert shown == PROBLEMS.keys()
    assert PROBLEMS["transition_refused"]["allowed_actions"] and len(PROBLEMS["invalid_input"]["errors"]) > 1


def test_the_texts_are_composed_and_vietnamese() -> None:
    texts = list(_texts(CONTENT))
    assert [text for text in texts if not unicodedata.is_normalized("NFC", text)] == []
    for problem in PROBLEMS.values():
        assert re.search("[à-ỹ]", problem["detail"]), problem["code"]


def test_one_id_is_one_thing_everywhere() -> None:
    known: dict[str, dict[str, Any]] = {}
    for thing in _objects([example["response"] for example in EXAMPLES.values()]):
        if "id" in thing:
            # the title of a draft may still change
            words = ("code", "name", "number_symbol", "key", "recipient_name")
            names = {word: thing[word] for word in words if word in thing}
            before = known.setdefault(thing["id"], names)
            assert {name: before.setdefault(name, value) for name, value in names.items()} == names, thing["id"]
    asked = {key for example in EXAMPLES.values() for text in _texts(example["request"]) for key in _ID.findall(text)}
    assert len(asked) > 5 and asked <= known.keys()
    every = {key for text in _texts(CONTENT) for key in _ID.findall(text)}
    numbers = sorted(int(key[-12:]) for key in every)
    assert numbers == list(range(1, len(numbers) + 1)), "numbered as they come, none is left from the database"
    assert {uuid.UUID(key).version for key in every} == {7}


def test_codes_fit_their_check_character() -> None:
    codes = {thing[name] for thing in _objects(EXAMPLES) for name in ("verification_code", "code") if name in thing}
    public = {code for code in codes if _CODE.fullmatch(code)}
    spoken = {code for text in _texts(EXAMPLES["findCampaignsForBot"]) for code in _CODE.findall(text)}
    assert len(public) > 4 and spoken <= public
    assert all(tidy_code(code) == code for code in public)


def test_secrets_are_plainly_examples() -> None:
    kept = [
        (name, thing[name])
        for thing in _objects(EXAMPLES)
        for name in ("password", "access_token", "refresh_token")
        if name in thing
    ]
    assert {name for name, _ in kept} == {"password", "access_token", "refresh_token"}
    assert [name for name, value in kept if "vi-du" not in value and "ví dụ" not in value] == []


async def test_the_application_answers_exactly_the_examples(server_dsn: str) -> None:
    captured = await capture(server_dsn)
    for part in ("examples", "problems"):
        for name, found in captured[part].items():
            assert found == CONTENT[part].get(name), f"{name}: run python -m tests.examples, and look at the difference"
    assert text_of(captured) == FILE.read_text(encoding="utf-8")
