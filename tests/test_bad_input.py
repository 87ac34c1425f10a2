"""Bad input: a clear Vietnamese problem with code and place, and nothing changes in any table."""

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.hostile import contents, refused
from tests.make import WARD, Make
from tests.story import SCHOOL, appraised, decision_body, ok, submitted

Send = Callable[[Make], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Case:
    """What is sent, and the refusal it must get."""

    send: Send
    status: int
    code: str
    pointer: str | None = None
    place_code: str | None = None


async def _document(make: Make, **fields: Any) -> dict[str, Any]:
    ward = await make.authority(WARD)
    return {
        "issuer_id": str(ward.id),
        "type": "plan",
        "title": "Kế hoạch thi đua",
        "number_symbol": "77/KH-UBND",
    } | fields


async def _campaign(make: Make, **fields: Any) -> dict[str, Any]:
    ward = await make.authority(WARD)
    return {"authority_id": str(ward.id), "title": "Phong trào", "method": "thematic", "scope": "unit"} | fields


async def _unknown_field(make: Make) -> httpx.Response:
    return await (await make.officer()).post("/v1/campaigns", await _campaign(make, trang_thai="launched"))


async def _unknown_parameter(make: Make) -> httpx.Response:
    return await (await make.officer()).get("/v1/campaigns", params={"status": "launched"})


async def _wrong_precision(make: Make) -> httpx.Response:
    starts = {"value": "2026-05", "precision": "day"}
    return await (await make.officer()).post("/v1/campaigns", await _campaign(make, starts=starts))


async def _no_such_day(make: Make) -> httpx.Response:
    starts = {"value": "2026-02-30", "precision": "day"}
    return await (await make.officer()).post("/v1/campaigns", await _campaign(make, starts=starts))


async def _nfd_text(make: Make) -> httpx.Response:
    title = unicodedata.normalize("NFD", "Phong trào thi đua")
    return await (await make.officer()).post("/v1/campaigns", await _campaign(make, title=title))


async def _control_character(make: Make) -> httpx.Response:
    return await (await make.officer()).post("/v1/campaigns", await _campaign(make, title="Phong\x00 trào"))


async def _existing_number(make: Make) -> httpx.Response:
    paper = await _document(make, number_symbol="53/KH-UBND", issued_on={"value": "2025-08-14", "precision": "day"})
    return await (await make.officer()).post("/v1/legal-documents", paper)


async def _ten_megabytes(make: Make) -> httpx.Response:
    return await (await make.officer()).post("/v1/legal-documents", await _document(make, title="x" * 10_000_000))


async def _no_json(make: Make) -> httpx.Response:
    caller = await make.officer()
    headers = {"Content-Type": "application/json"}
    return await caller.request("POST", "/v1/legal-documents", content=b'{"title": ', headers=headers)


async def _illegal_transition(make: Make) -> httpx.Response:
    caller = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    body = {"opinion": "eligible"}
    return await caller.post(f"/v1/nominations/{found['id']}/appraise", body, etag=f'"{found["version"]}"')


async def _stale_version(make: Make) -> httpx.Response:
    caller = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    return await caller.post(f"/v1/nominations/{found['id']}/receive", {}, etag='"1"')


async def _missing_version(make: Make) -> httpx.Response:
    caller = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    return await caller.post(f"/v1/nominations/{found['id']}/receive", {})


async def _missing_key(make: Make) -> httpx.Response:
    caller = await make.officer()
    return await caller.post("/v1/legal-documents", await _document(make), headers={"Idempotency-Key": ""})


async def _other_body_with_the_same_key(make: Make) -> httpx.Response:
    caller = await make.officer()
    key = {"Idempotency-Key": "mot-khoa-hai-noi-dung"}
    ok(await caller.post("/v1/legal-documents", await _document(make), headers=key), 201)
    return await caller.post("/v1/legal-documents", await _document(make, title="Khác"), headers=key)


async def _outside_competence(make: Make) -> httpx.Response:
    found = await appraised(make, await make.submitter(SCHOOL), await make.officer(), "bk_chu_tich_ubnd_tinh")
    leader = await make.leader()
    return await leader.post("/v1/decisions", await decision_body(make, found))


CASES = {
    "an unknown field": Case(_unknown_field, 422, "invalid_input", "/trang_thai", "unknown_field"),
    "an unknown parameter": Case(_unknown_parameter, 422, "invalid_input", "?status", "unknown_parameter"),
    "a date of another precision": Case(_wrong_precision, 422, "invalid_input", "/starts", "date_precision_mismatch"),
    "a day that is not in the calendar": Case(_no_such_day, 422, "invalid_input", "/starts", "date_not_in_calendar"),
    "text that is not NFC": Case(_nfd_text, 422, "invalid_input", "/title", "text_not_nfc"),
    "a control character": Case(_control_character, 422, "invalid_input", "/title", "control_character"),
    "the number of a document that exists": Case(_existing_number, 409, "legal_document_exists"),
    "a body of 10 MB": Case(_ten_megabytes, 413, "body_too_large"),
    "half a JSON document": Case(_no_json, 400, "malformed_json"),
    "an illegal transition": Case(_illegal_transition, 409, "transition_refused"),
    "a stale version": Case(_stale_version, 412, "version_mismatch"),
    "no version": Case(_missing_version, 428, "precondition_required"),
    "no idempotency key": Case(_missing_key, 400, "idempotency_key_required"),
    "a repeated key with another body": Case(_other_body_with_the_same_key, 422, "idempotency_key_reused"),
    "an award the authority may not decide": Case(
        _outside_competence, 422, "award_outside_competence", "/nomination_ids/0", "award_outside_competence"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_bad_input_is_refused_in_vietnamese_and_changes_nothing(
    make: Make, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    request = make.client.request

    async def snapshot_then_send(*arguments: Any, **options: Any) -> httpx.Response:
        sent.append(await contents(make.connection))
        return await request(*arguments, **options)

    monkeypatch.setattr(make.client, "request", snapshot_then_send)
    with refused("payload"):
        _is_refused(case, await case.send(make))
        assert await contents(make.connection) == sent[-1], "the refused request changed something"


def _is_refused(case: Case, answer: httpx.Response) -> None:
    assert answer.status_code == case.status, answer.text
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == case.code and problem["type"].endswith(f"/problems/{case.code}")
    assert any(ord(letter) > 0x7F for letter in problem["title"] + problem["detail"]), "Vietnamese"
    if case.pointer is not None:
        assert {"pointer": case.pointer, "code": case.place_code} in [
            {"pointer": error["pointer"], "code": error["code"]} for error in problem["errors"]
        ]
