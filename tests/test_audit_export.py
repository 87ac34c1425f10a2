"""Exporting the audit log: what the search shows, as a file, and itself in the log before the first byte."""

import csv
import io
import json
import re
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI

from app.answers import _attachment
from app.services import audit
from app.vocabularies import Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, candidate, ok, refused
from tests.test_audit import NATION, auditor, fill

LOG = "/v1/audit-events"


async def export(make: Make, caller: Caller, key: str = WARD, **query: Any) -> httpx.Response:
    body = await make.authority(key)
    asked = {"format": "jsonl", "purpose": "inspection"} | query
    return await caller.get(f"/v1/authorities/{body.id}/audit-log", params=asked)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/jsonl"
    return [json.loads(line) for line in answer.text.splitlines()]


async def whole(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(100):
        page = ok(await caller.get(LOG, params=query | {"limit": 100} | cursor))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("no end")


async def test_an_export_is_what_the_search_shows(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHUNK", 7)
    people = await fill(make, 200)
    caller = await auditor(make)
    shown = await whole(caller)
    assert len(shown) > 30 and lines(await export(make, caller)) == shown
    for query in ({"actor_id": str(people[0])}, {"action": "receive", "since": "2026-10-05T00:00:00Z"}):
        shown = await whole(caller, **query)
        assert shown and lines(await export(make, caller, **query)) == shown


async def test_an_export_of_a_body_is_that_body_and_those_below_it(make: Make) -> None:
    await fill(make, 120)
    for reach, key in (
        ((WARD, Reach.SELF), WARD),
        ((PROVINCE, Reach.TERRITORY), WARD),
        ((NATION, Reach.TERRITORY), OTHER_WARD),
        ((PROVINCIAL_WOMENS_UNION, Reach.LINE), WOMENS_UNION),
    ):
        caller, same = await auditor(make, *reach), await auditor(make, key, reach[1])
        shown = await whole(same)
        assert shown and lines(await export(make, caller, key)) == shown


async def test_who_may_not_read_the_log_of_a_body_exports_nothing(make: Make) -> None:
    refused(await export(make, await auditor(make, OTHER_WARD)), 404, "not_found")
    refused(await export(make, await make.officer()), 403, "forbidden")
    refused(await export(make, await auditor(make, SCHOOL, Reach.SELF)), 404, "not_found")
    path = "/v1/authorities/01890000-0000-7000-8000-000000000000/audit-log"
    query = {"format": "csv", "purpose": "inspection"}
    refused(await (await auditor(make)).get(path, params=query), 404, "not_found")
    mixed = await make.caller((Role.OFFICER, PROVINCE, Reach.TERRITORY), (Role.AUDITOR, WARD, Reach.SELF))
    shown = lines(await export(make, mixed))
    assert {event["authority"]["id"] for event in shown} <= {str((await make.authority(WARD)).id)}


@pytest.mark.parametrize("missing", ["format", "purpose"])
async def test_an_export_needs_a_form_and_a_purpose(make: Make, missing: str) -> None:
    query = {"format": "csv", "purpose": "inspection"}
    del query[missing]
    body = await make.authority(WARD)
    answer = await (await auditor(make)).get(f"/v1/authorities/{body.id}/audit-log", params=query)
    problem = refused(answer, 422, "invalid_input")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(f"?{missing}", "required")]


async def test_an_export_is_in_the_log_before_its_first_byte(make: Make, app: FastAPI) -> None:
    await fill(make, 30)
    caller = await auditor(make)
    answer = await export(make, caller, purpose="complaint", action="receive")
    [event] = (await whole(caller, action="exported"))[:1]
    assert event["actor"]["id"] == str(caller.user_id) and event["purpose"] == "complaint"
    assert event["request"] == answer.headers["X-Request-ID"] and event["grant_id"] and event["address"]
    told = {change["field"]: change["after"] for change in event["changes"]}
    assert told == {
        "format": "jsonl",
        "events": str(len(lines(answer))),
        "filters": '{"action":"receive"}',
    }

    class Broken:
        """Reads that fail when the log is to be written."""

        def __init__(self, reads: Any) -> None:
            self._reads = reads

        async def fetchrow(self, sql: str, *arguments: Any) -> Any:
            return await self._reads.fetchrow(sql, *arguments)

        async def fetch(self, sql: str, *arguments: Any) -> Any:
            if "insert into audit_event" in sql:
                raise OSError("gone")
            return await self._reads.fetch(sql, *arguments)

    app.state.database.reads = Broken(app.state.database.reads)
    refused(await export(make, caller), 503, "unavailable")


async def test_a_refused_export_is_not_in_the_log_and_a_large_one_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_EXPORTED", 20)
    await fill(make, 100)
    caller = await auditor(make)
    problem = refused(await export(make, caller), 422, "export_too_large")
    assert "20" in problem["detail"]
    assert await whole(caller, action="exported") == []


async def test_a_table_for_spreadsheets(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    made = await candidate(make, school)
    await make.connection.exec_driver_sql(
        "insert into audit_event (actor_id, authority_id, action, entity, entity_id, after, reason) "
        "select $1, id, 'updated', 'candidate', $2, '{\"state\": \"x\", \"fields\": [\"a,b\"]}', '=cmd|'' /C calc''!A0' "
        "from authority where key = $3",
        (school.user_id, made["id"], SCHOOL),
    )
    caller = await auditor(make)
    answer = await export(make, caller, format="csv", entity_id=made["id"])
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf") and answer.headers["Cache-Control"] == "no-store"
    headings, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
    assert headings[:3] == ["Số", "Thời điểm", "Người thực hiện"]
    table = [dict(zip(headings, row, strict=True)) for row in rows]
    shown = await whole(caller, entity_id=made["id"])
    assert [int(row["Số"]) for row in table] == [event["number"] for event in shown]
    assert table[0]["Lý do"] == "'=cmd|' /C calc'!A0", "not a formula"
    assert table[0]["Thay đổi"] == 'state: ∅ → x; fields: ∅ → ["a,b"]'
    assert table[1]["Nhân danh"] == (await make.authority(SCHOOL)).name


async def test_the_file_has_a_name_in_both_spellings(make: Make) -> None:
    disposition = (await export(make, await auditor(make), format="csv")).headers["Content-Disposition"]
    found = re.fullmatch(r"attachment; filename=\"([ -~]+)\"; filename\*=UTF-8''([A-Za-z0-9%._-]+)", disposition)
    assert found is not None, disposition
    assert re.fullmatch(r"Nhat ky \d{4}-\d\d-\d\d\.csv", found[1])
    assert unquote(found[2]) == found[1].replace("Nhat ky", "Nhật ký")


def test_no_name_leaves_its_header() -> None:
    assert _attachment('Đề "nghị"\r\nX: y/..\\.csv') == (
        'attachment; filename="De nghiX y...csv"; '
        "filename*=UTF-8''%C4%90%E1%BB%81%20%22ngh%E1%BB%8B%22%0D%0AX%3A%20y%2F..%5C.csv"
    )
