"""/v1/legal-documents."""

import uuid
from typing import Any

import httpx
from fastapi import FastAPI
from sqlmodel import select

from app.models.legal_documents import LegalDocument
from app.models.records import AuditEvent, OutboxEvent
from app.vocabularies import Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Make
from tests.test_administrative_units import every_item

URL = "/v1/legal-documents"


async def stored(make: Make, key: str) -> str:
    return str((await make.db.exec(select(LegalDocument.id).where(LegalDocument.key == key))).one())


async def plan(make: Make, **changes: Any) -> dict[str, Any]:
    """A plan of the ward, to be stored."""
    body = {
        "issuer_id": str((await make.authority(WARD)).id),
        "number_symbol": "71/KH-UBND",
        "type": "plan",
        "issued_on": {"value": "2026-03-02", "precision": "day"},
        "title": "Phát động phong trào thi đua chuyển đổi số năm 2026",
        "signer": "Nguyễn Đình Khải",
        "recipients": [{"name": "UBND tỉnh Quảng Ninh", "purpose": "report"}],
    }
    return body | changes


# ---------------------------------------------------------------- reading


async def test_documents_need_a_login_and_no_special_role(client: httpx.AsyncClient, make: Make) -> None:
    assert (await client.get(URL)).status_code == 401
    assert (await client.post(URL, json={})).status_code == 401
    viewer = await make.caller((Role.VIEWER, "khu-lac-thanh", Reach.SELF))
    found = await every_item(viewer, URL)
    assert len(found) == 71


async def test_the_two_different_169_stay_two(make: Make) -> None:
    officer = await make.officer()
    both = await every_item(officer, URL, number_symbol="169/kh-ubnd")
    assert {item["issued_on"]["value"] for item in both} == {"2024-07-11", "2025-06-26"}
    assert len({item["issuer"]["id"] for item in both}) == 1
    assert len({item["title"] for item in both}) == 2
    (of_2024,) = await every_item(officer, URL, number_symbol="169/KH-UBND", year=2024)
    assert of_2024["issued_on"] == {"value": "2024-07-11", "precision": "day"}


async def test_documents_are_found_by_words_type_issuer_and_year(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    ward = str((await make.authority(WARD)).id)
    plans = await every_item(officer, URL, issuer_id=ward, type="plan", year=2025)
    assert {item["number_symbol"] for item in plans} == {"53/KH-UBND", "34/KH-UBND"}
    digital = await every_item(officer, URL, issuer_id=ward, q="chuyen doi so")
    assert "53/KH-UBND" in {item["number_symbol"] for item in digital}
    assert "34/KH-UBND" not in {item["number_symbol"] for item in digital}
    before = app.state.database.reads.statements
    await officer.get(URL, params={"q": "ke hoach", "type": "plan", "year": 2025, "issuer_id": ward})
    assert app.state.database.reads.statements - before == 1


async def test_pages_follow_each_other(make: Make) -> None:
    officer = await make.officer()
    whole = await every_item(officer, URL)
    assert await every_item(officer, URL, limit=10) == whole
    assert len({item["id"] for item in whole}) == 71


async def test_a_document_shows_its_doubts_with_the_raw_text(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    identifier = await stored(make, "345-kh-ubnd-cam-pha-2024")
    await officer.get(URL)
    before = app.state.database.reads.statements
    answer = await officer.get(f"{URL}/{identifier}")
    assert app.state.database.reads.statements - before == 1
    document = answer.json()
    assert document["doubts"][0]["key"] == "000-D01" and document["doubts"][0]["raw"]
    assert (document["verification"], document["type"]) == ("partial", "plan")
    assert document["recipients"][0] == {"name": "UBND tỉnh Quảng Ninh", "purpose": "report"}
    again = await officer.get(f"{URL}/{identifier}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await officer.get(f"{URL}/{uuid.uuid4()}")).status_code == 404


async def test_dates_keep_their_precision(make: Make) -> None:
    officer = await make.officer()
    precisions = {(item["issued_on"] or {}).get("precision") for item in await every_item(officer, URL)}
    assert {"day", "year", None} <= precisions
    for item in await every_item(officer, URL):
        if item["issued_on"]:
            assert len(item["issued_on"]["value"]) == {"day": 10, "month": 7, "year": 4}[item["issued_on"]["precision"]]


async def test_citations_are_seen_from_both_ends(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    ward_plan = await stored(make, "53-kh-ubnd-phuong-uong-bi-2025")
    province_plan = await stored(make, "153-kh-ubnd-quang-ninh-2025")
    await officer.get(URL)
    before = app.state.database.reads.statements
    answer = await officer.get(f"{URL}/{ward_plan}/citations")
    assert app.state.database.reads.statements - before == 1
    forward = answer.json()
    assert forward["document"]["number_symbol"] == "53/KH-UBND"
    assert "153/KH-UBND" in {edge["document"]["number_symbol"] for edge in forward["cites"]}
    backward = (await officer.get(f"{URL}/{province_plan}/citations")).json()
    (edge,) = [edge for edge in backward["cited_by"] if edge["document"]["id"] == ward_plan]
    (same,) = [edge for edge in forward["cites"] if edge["document"]["id"] == province_plan]
    assert edge["relation"] == same["relation"] and edge["section"] == same["section"]
    again = await officer.get(f"{URL}/{ward_plan}/citations", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await officer.get(f"{URL}/{uuid.uuid4()}/citations")).status_code == 404


# ---------------------------------------------------------------- storing


async def test_an_officer_stores_a_document_with_its_citations(make: Make) -> None:
    officer = await make.officer()
    cited = await stored(make, "153-kh-ubnd-quang-ninh-2025")
    body = await plan(make, citations=[{"document_id": cited, "relation": "implements", "section": "Căn cứ"}])
    answer = await officer.post(URL, body)
    assert answer.status_code == 201
    document = answer.json()
    assert answer.headers["location"] == f"{URL}/{document['id']}"
    assert (await officer.get(f"{URL}/{document['id']}")).json() == document
    assert document["verification"] == "unverified" and document["version"] == 1
    assert document["issuer_name"] == "Ủy ban nhân dân phường Uông Bí"
    backward = (await officer.get(f"{URL}/{cited}/citations")).json()["cited_by"]
    assert document["id"] in {edge["document"]["id"] for edge in backward}
    event = (await make.db.exec(select(AuditEvent).where(AuditEvent.entity_id == uuid.UUID(document["id"])))).one()
    assert (event.actor_id, event.action, event.entity) == (officer.user_id, "created", "legal_document")
    assert event.authority_id == (await make.authority(WARD)).id
    outbox = (await make.db.exec(select(OutboxEvent.type))).all()
    assert outbox == ["vn.gov.tdkt.legal_document.created.v1"]


async def test_the_same_document_is_stored_once(make: Make) -> None:
    officer = await make.officer()
    assert (await officer.post(URL, await plan(make))).status_code == 201
    again = await officer.post(URL, await plan(make, title="Tên khác"))
    assert (again.status_code, again.json()["code"]) == (409, "legal_document_exists")
    another_day = await plan(make, issued_on={"value": "2025-03-02", "precision": "day"})
    assert (await officer.post(URL, another_day)).status_code == 201
    from_above = await plan(make, issuer_id=str((await make.authority(PROVINCE)).id))
    assert (await officer.post(URL, from_above)).status_code == 201


async def test_a_shipped_document_is_not_stored_again_under_another_name_of_its_issuer(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    # the papers write "Chủ tịch UBND tỉnh Quảng Ninh"
    body = await plan(
        make,
        issuer_id=str((await make.authority(PROVINCE)).id),
        number_symbol="2025/QĐ-UBND",
        type="decision",
        issued_on={"value": "2022-07-15", "precision": "day"},
    )
    answer = await officer.post(URL, body)
    assert (answer.status_code, answer.json()["code"]) == (409, "legal_document_exists")


async def test_documents_without_number_may_resemble_each_other(make: Make) -> None:
    officer = await make.officer()
    for _ in range(2):
        assert (await officer.post(URL, await plan(make, number_symbol=None, issued_on=None))).status_code == 201


async def test_a_unit_stores_the_plan_it_received_from_above_by_either_tree(make: Make) -> None:
    # the quarter stands below the ward by territory only
    quarter = await make.submitter("khu-lac-thanh")
    assert (await quarter.post(URL, await plan(make))).status_code == 201
    union = await make.submitter("hoi-lhpn-phuong-uong-bi")
    of_its_line = str((await make.authority("trung-uong-hoi-lhpn")).id)
    assert (await union.post(URL, await plan(make, issuer_id=of_its_line))).status_code == 201
    event = (await make.db.exec(select(AuditEvent.authority_id).where(AuditEvent.actor_id == union.user_id))).one()
    assert event == (await make.authority("hoi-lhpn-phuong-uong-bi")).id


async def test_it_is_stored_under_the_grant_that_reaches_the_issuer(make: Make) -> None:
    both = await make.caller((Role.OFFICER, OTHER_WARD, Reach.TERRITORY), (Role.OFFICER, WARD, Reach.TERRITORY))
    assert (await both.post(URL, await plan(make))).status_code == 201
    event = (await make.db.exec(select(AuditEvent.authority_id).where(AuditEvent.actor_id == both.user_id))).one()
    assert event == (await make.authority(WARD)).id


async def test_nobody_stores_documents_of_bodies_they_may_not_know_of(make: Make) -> None:
    officer = await make.officer()
    for issuer in ((await make.authority(OTHER_WARD)).id, uuid.uuid4()):
        answer = await officer.post(URL, await plan(make, issuer_id=str(issuer)))
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reference")


async def test_roles_without_the_permission_store_nothing(make: Make) -> None:
    for caller in (await make.leader(), await make.caller((Role.AUDITOR, WARD, Reach.TERRITORY))):
        answer = await caller.post(URL, await plan(make))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    count = (await make.db.exec(select(LegalDocument).where(LegalDocument.number_symbol == "71/KH-UBND"))).all()
    assert count == []


async def test_wrong_content_is_refused_at_its_place(make: Make) -> None:
    officer = await make.officer()
    cited = await stored(make, "153-kh-ubnd-quang-ninh-2025")
    twice = [{"document_id": cited, "relation": "basis"}] * 2
    for changes, pointer, code in (
        ({"citations": twice}, "/citations/1", "duplicate_key"),
        ({"title": " "}, "/title", "too_short"),
        ({"type": "letter"}, "/type", "unknown_value"),
        ({"issued_on": {"value": "2026-02-30", "precision": "day"}}, "/issued_on", "date_not_in_calendar"),
        ({"verification": "verified"}, "/verification", "unknown_field"),
        ({"effective_on": "2026-03-02", "expires_on": "2026-03-01"}, "", "end_before_start"),
    ):
        answer = await officer.post(URL, await plan(make, **changes))
        assert answer.status_code == 422, answer.text
        assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    unknown = await officer.post(
        URL, await plan(make, citations=[{"document_id": str(uuid.uuid4()), "relation": "basis"}])
    )
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_reference")
    assert "/citations/0/document_id" in unknown.json()["detail"]


async def test_a_repeated_request_stores_once_and_answers_the_same(make: Make) -> None:
    officer = await make.officer()
    headers = {"Idempotency-Key": "luu-van-ban-0001"}
    first = await officer.post(URL, await plan(make), headers=headers)
    second = await officer.post(URL, await plan(make), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() and second.headers["idempotency-replayed"] == "true"


async def test_a_document_is_found_by_its_number_typed_as_words(make: Make) -> None:
    officer = await make.officer()
    for typed in ("53/KH-UBND", "53 kh ubnd doi moi sang tao"):
        found = (await officer.get("/v1/legal-documents", params={"q": typed})).json()["items"]
        assert [item["number_symbol"] for item in found] == ["53/KH-UBND"], typed
