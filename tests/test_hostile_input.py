"""Input that only an attacker or a broken client sends: refused with a problem, never a 500."""

import base64
import json
import uuid
from typing import Any

import pytest

from app.vocabularies import Reach, Role
from tests.make import WARD, Make
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
    lists = ("campaigns", "candidates", "dossiers", "nominations", "decisions", "awards", "legal-documents")
    for name in lists:
        refused(await officer.get(f"/v1/{name}", params={"cursor": cursor}), 422, "invalid_cursor")
    auditor = await make.caller((Role.AUDITOR, WARD, Reach.TERRITORY))
    refused(await auditor.get("/v1/audit-events", params={"cursor": cursor}), 422, "invalid_cursor")
    refused(await make.client.get("/v1/public/campaigns", params={"cursor": cursor}), 422, "invalid_cursor")


@pytest.mark.parametrize("cursor", NAMES)
async def test_a_made_up_cursor_of_names_is_refused(make: Make, cursor: str) -> None:
    officer = await make.officer()
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
