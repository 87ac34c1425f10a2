"""Input that only an attacker or a broken client sends: refused with a problem, never a 500."""

import base64
import json
import uuid
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlmodel import SQLModel

from app.vocabularies import Reach, Role
from tests.hostile import unchanged
from tests.make import WARD, Make
from tests.operations import DOCUMENT, OPERATIONS, Operation, World, prepare, served
from tests.story import SCHOOL, refused


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


_KEY = str(uuid.uuid4())
TIMES = [
    _cursor("0001-01-01T00:00:00+14:00", _KEY),
    _cursor("9999-12-31T23:59:59-14:00", _KEY),
    _cursor("2026-01-01T00:00:00", _KEY),
    _cursor("2026-01-01T00:00:00Z", "x"),
    _cursor("2026-01-01T00:00:00Z"),
    _cursor(1, 2),
    "!!!",
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]
NAMES = [_cursor("a\x00b", _KEY), _cursor("\ud800", _KEY), _cursor("a", "x"), _cursor("a")]


@pytest.mark.parametrize("cursor", TIMES)
async def test_a_made_up_cursor_is_refused(make: Make, cursor: str) -> None:
    officer = await make.officer()
    auditor = await make.caller((Role.AUDITOR, WARD, Reach.TERRITORY))
    lists = ("campaigns", "candidates", "dossiers", "nominations", "decisions", "awards", "legal-documents", "signers")
    async with unchanged("payload", make.connection, len(lists) + 2):
        for name in lists:
            refused(await officer.get(f"/v1/{name}", params={"cursor": cursor}), 422, "invalid_cursor")
        refused(await make.client.get("/v1/public/campaigns", params={"cursor": cursor}), 422, "invalid_cursor")
        refused(await auditor.get("/v1/audit-events", params={"cursor": cursor}), 422, "invalid_cursor")


@pytest.mark.parametrize("cursor", NAMES)
async def test_a_made_up_cursor_of_names_is_refused(make: Make, cursor: str) -> None:
    officer = await make.officer()
    async with unchanged("payload", make.connection, 2):
        for name in ("authorities", "administrative-units"):
            refused(await officer.get(f"/v1/{name}", params={"cursor": cursor}), 422, "invalid_cursor")


@pytest.mark.parametrize("day", [1772323200, "1772323200", "2026-03-01T00:00:00", "２０２６-03-01", "01/03/2026", True])
async def test_a_day_is_written_as_a_day(make: Make, day: Any) -> None:
    school = await make.submitter(SCHOOL)
    unit = str((await make.authority(SCHOOL)).id)
    papers = {"authority_id": unit, "category": "merit", "year": 2026, "title": "Hồ sơ", "submission_date": day}
    problem = refused(await school.post("/v1/dossiers", papers), 422, "invalid_input")
    assert problem["errors"][0]["pointer"] == "/submission_date"
    assert problem["errors"][0]["code"] == "wrong_format"


async def test_a_field_name_as_long_as_the_body_is_not_repeated(make: Make) -> None:
    officer = await make.officer()
    problem = refused(await officer.post("/v1/candidates", {"k" * 5000: 1}), 422, "invalid_input")
    assert all(len(error["pointer"]) <= 300 for error in problem["errors"])


async def test_the_choices_of_a_value_are_named_in_vietnamese(make: Make) -> None:
    problem = refused(await (await make.officer()).post("/v1/candidates", {"kind": "thing"}), 422, "invalid_input")
    detail = next(error["detail"] for error in problem["errors"] if error["pointer"] == "/kind")
    assert detail == "Phải là một trong: 'individual', 'collective' hoặc 'household'."


# ------------------------------------------------------------ generated: every operation, in ways that are never right

_JSON = {"Content-Type": "application/json"}
_DEEP = 100_000
# the whole body, whatever the operation takes
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing but a brace": (b"{", _JSON),
    "two documents": (b"{}{}", _JSON),
    "a comma too many": (b'{"a": 1,}', _JSON),
    "single quotes": (b"{'a': 1}", _JSON),
    "a comment": (b"{} // x", _JSON),
    "a number": (b"1", _JSON),
    "a text": (b'"x"', _JSON),
    "a list": (b"[{}]", _JSON),
    "a list of lists, deep": (b"[" * _DEEP, _JSON),
    "objects, deep": (b'{"a":' * _DEEP, _JSON),
    "objects, deep and closed": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, _JSON),
    "a number of many digits": (b'{"khong_co": ' + b"9" * 10_000 + b"}", _JSON),
    "NaN": (b'{"khong_co": NaN}', _JSON),
    "Infinity": (b'{"khong_co": -Infinity}', _JSON),
    "bytes that are no UTF-8": (b'{"khong_co": "\xff\xfe"}', _JSON),
    "UTF-16": ('{"khong_co": 1}'.encode("utf-16"), _JSON),
    "half a surrogate pair": (b'{"khong_co": "\\ud800"}', _JSON),
    "NUL": (b'{"khong_co\\u0000": 1}', _JSON),
    "a prototype": (b'{"__proto__": {"role": "leader"}, "constructor": 1}', _JSON),
    "a class": (b'{"__class__": {"__init__": {"__globals__": {}}}}', _JSON),
    "an operator of another database": (b'{"$where": "1==1", "$ne": null}', _JSON),
    "XML with an entity of a file": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        {"Content-Type": "application/xml"},
    ),
    "a form": (b"title=x", {"Content-Type": "application/x-www-form-urlencoded"}),
    "a file": (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../a.php"\r\n\r\n<?php\r\n--x--\r\n',
        {"Content-Type": "multipart/form-data; boundary=x"},
    ),
    "a pickle": (b"\x80\x04\x95.", {"Content-Type": "application/octet-stream"}),
    "YAML": (b"!!python/object/apply:os.system ['id']", {"Content-Type": "application/yaml"}),
    "gzip": (b"\x1f\x8b\x08\x00", _JSON | {"Content-Encoding": "gzip"}),
}
# every column of every table: what a client may not say is not a field of any body
COLUMNS = sorted({column.name for table in SQLModel.metadata.tables.values() for column in table.columns})
# in the place of an identifier
PATHS = [
    "' OR '1'='1", "1; DROP TABLE nomination --", "1 UNION SELECT password_hash FROM user_account", "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd", "%00", "\x00", "%0d%0aX-A: 1", "${jndi:ldap://x}", "{{7*7}}", "<script>alert(1)</script>",
    "-1", "0", "9" * 400, "null", "undefined", "00000000-0000-0000-0000-00000000000g", "%ff%fe", "\ud800", "a" * 3000,
    "０１８９", "{}", "[]", "*", "%", "_", "%2e", "%2e%2e", "~root",
]  # fmt: skip
with_a_body = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body], ids=lambda o: o.id)
with_an_identifier = pytest.mark.parametrize(
    "operation", [o for o in OPERATIONS if "_id}" in o.path], ids=lambda operation: operation.id
)


def _fields(operation: Operation) -> set[str]:
    """The fields of its body, by the contract."""
    body = DOCUMENT["paths"][operation.path][operation.method.lower()]["requestBody"]
    schema = next(iter(body["content"].values()))["schema"]
    schema = next((one for one in schema.get("anyOf", [schema]) if "$ref" in one), schema)
    return set(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]["properties"])


def _quoted(text: str) -> str:
    """As a client writes it into an address; what is written with % already stays."""
    return quote(text, safe="%.", errors="surrogatepass")


def _is_refused(answer: httpx.Response, what: str) -> None:
    assert answer.status_code in (400, 413, 415, 422), f"{what}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.json()["detail"], what
    assert len(answer.content) < 30_000, f"{what}: the refusal is longer than it needs to be"


@with_a_body
async def test_no_operation_takes_a_hostile_body(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    async with unchanged("payload", world.make.connection, len(BODIES)):
        for what, (content, headers) in BODIES.items():
            sent = request.headers | headers
            _is_refused(await caller.request(operation.method, request.path, headers=sent, content=content), what)


@with_a_body
async def test_no_operation_takes_a_column_that_is_not_its_field(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    columns = [name for name in COLUMNS if name not in _fields(operation)]
    async with unchanged("payload", world.make.connection, len(columns)):
        right = request.body or {}
        # as many at once as one refusal names
        for names in (columns[n : n + 40] for n in range(0, len(columns), 40)):
            request.body = right | dict.fromkeys(names, "1")
            answer = await request.send(caller)
            _is_refused(answer, ", ".join(names))
            named = {error["pointer"] for error in answer.json()["errors"] if error["code"] == "unknown_field"}
            assert named == {f"/{name}" for name in names}


@with_an_identifier
async def test_no_identifier_leads_elsewhere(world: World, operation: Operation) -> None:
    request, caller = await prepare(world, operation), await served(world, operation)
    steps = request.path.split("/")
    place = next(n for n, step in enumerate(operation.path.split("/")) if step.endswith("_id}"))
    async with unchanged("payload", world.make.connection, len(PATHS)):
        for text in PATHS:
            request.path = "/".join([*steps[:place], _quoted(text), *steps[place + 1 :]])
            answer = await request.send(caller)
            assert answer.status_code in (404, 405, 422), f"{text!r}: {answer.status_code} {answer.text[:300]}"
            assert len(text) < 10 or text not in answer.text, "it is not repeated"
