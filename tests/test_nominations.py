"""The engine: dossier → submit → receive → return → resubmit → appraise → forward → next level."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func
from sqlmodel import col, select

from app.access import ROLE_PERMISSIONS
from app.db import Database
from app.models.nominations import Nomination
from app.models.records import AuditEvent, OutboxEvent
from app.services.workflow import Workflow
from app.vocabularies import NominationState, Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import (
    FORWARDING,
    PROVINCIAL_WOMENS_UNION,
    SCHOOL,
    WOMENS_UNION,
    appraised,
    candidate,
    dossier,
    nomination,
    ok,
    refused,
    step,
    submitted,
)

WORKFLOW = Workflow.model_validate(
    json.loads((Path(__file__).parent.parent / "app/data/workflows.json").read_text(encoding="utf-8"))["workflows"][0][
        "definition"
    ]
)


async def test_a_nomination_travels_from_the_school_to_the_province_and_is_appraised_there(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await submitted(make, school, "bk_chu_tich_ubnd_tinh")
    assert found["state"] == "submitted" and found["holder"]["name"] == "Ủy ban nhân dân phường Uông Bí"
    found = await step(officer, found, "receive", {"note": "Đã nhận đủ hồ sơ giấy"})
    found = await step(officer, found, "return", {"reason": "Thiếu giấy chứng nhận sáng kiến"})
    assert found["state"] == "returned" and found["holder"]["name"] == "Trường Tiểu học Minh Họa Uông Bí"
    found = ok(await school.get(f"/v1/nominations/{found['id']}"))
    assert found["allowed_actions"] == ["edit", "submit", "withdraw"]
    assert found["history"][-1]["reason"] == "Thiếu giấy chứng nhận sáng kiến"
    changed = await school.patch(
        f"/v1/nominations/{found['id']}",
        {"achievement": "Đã bổ sung giấy chứng nhận sáng kiến cấp cơ sở."},
        etag=f'"{found["version"]}"',
    )
    found = await step(school, ok(changed), "submit")
    found = await step(officer, found, "receive")
    found = await step(officer, found, "appraise", {"opinion": "eligible"})
    found = ok(await leader.get(f"/v1/nominations/{found['id']}"))
    assert found["allowed_actions"] == ["reject", "forward"], "the ward may not decide a Bằng khen of the province"
    found = await step(leader, found, "forward", FORWARDING)
    assert found["state"] == "forwarded" and found["holder"]["name"] == "Ủy ban nhân dân tỉnh Quảng Ninh"
    assert found["appraisal"] is None, "the province appraises afresh"
    home_affairs, chair = await make.officer(PROVINCE), await make.leader(PROVINCE)
    found = await step(home_affairs, found, "receive")
    found = await step(home_affairs, found, "appraise", {"opinion": "eligible"})
    found = ok(await chair.get(f"/v1/nominations/{found['id']}"))
    assert "decide" in found["allowed_actions"]
    assert [event["action"] for event in found["history"]] == [
        "create", "submit", "receive", "return", "edit", "submit", "receive", "appraise", "forward", "receive", "appraise",
    ]  # fmt: skip


async def test_the_province_returns_to_the_ward_and_the_ward_to_the_unit(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer, "bk_chu_tich_ubnd_tinh")
    found = await step(leader, found, "forward", FORWARDING)
    home_affairs = await make.officer(PROVINCE)
    found = await step(home_affairs, found, "receive")
    found = await step(home_affairs, found, "return", {"reason": "Thiếu ý kiến cấp ủy"})
    assert found["holder"]["name"] == "Ủy ban nhân dân phường Uông Bí"
    assert ok(await leader.get(f"/v1/nominations/{found['id']}"))["allowed_actions"] == [], "appraised afresh first"
    again = await step(officer, found, "appraise", {"opinion": "eligible"})
    again = ok(await leader.get(f"/v1/nominations/{found['id']}"))
    assert again["allowed_actions"] == ["reject", "forward"]
    found = await step(officer, again, "return", {"reason": "Trường bổ sung ý kiến cấp ủy"})
    assert found["holder"]["name"] == "Trường Tiểu học Minh Họa Uông Bí"


# ------------------------------------------------------------ state × action × role, generated from the definition


def _matrix() -> Iterator[Any]:
    roles = (Role.SUBMITTER, Role.OFFICER, Role.LEADER, Role.VIEWER)
    for state, action, role in itertools.product(
        NominationState, [s.action for s in WORKFLOW.transitions if s.action != "decide"], roles
    ):
        yield pytest.param(state, action, role, id=f"{state}-{action}-{role}")


@pytest.mark.parametrize(("state", "action", "role"), list(_matrix()))
async def test_every_state_action_and_role_answers_as_the_definition_says(
    make: Make, state: NominationState, action: str, role: Role
) -> None:
    school = await make.submitter(SCHOOL)
    found = await nomination(make, school, "bk_chu_tich_ubnd_tinh")
    row = (await make.db.exec(select(Nomination).where(Nomination.id == found["id"]))).one()
    at_owner = state in (NominationState.DRAFT, NominationState.RETURNED, NominationState.WITHDRAWN)
    if not at_owner:
        # as if it had been submitted: it lies with the ward, and its history says who sent it
        papers = ok(await school.get(f"/v1/dossiers/{found['dossier_id']}"))
        ok(await school.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
        await make.db.refresh(row)
    row.state = state
    if state == NominationState.APPRAISED:
        by = {"by": "Cán bộ thẩm định", "by_id": str(row.id), "at": "2026-11-01T08:00:00+07:00"}
        row.appraisal = {"opinion": "eligible", "note": None} | by
    make.db.add(row)
    await make.db.commit()
    caller = await make.caller((role, SCHOOL if role == Role.SUBMITTER else WARD, Reach.TERRITORY))
    rule = WORKFLOW.transition(action)  # type: ignore[arg-type]  # the parameters come from the definition
    bodies = {"appraise": {"opinion": "eligible"}, "forward": FORWARDING}
    answer = await caller.post(
        f"/v1/nominations/{found['id']}/{action}",
        bodies.get(action, {"reason": "Lý do"} if rule.reason else {}),
        etag=f'"{row.version}"',
    )
    holds = rule.permission in ROLE_PERMISSIONS[role]
    stands_right = (rule.acting_for == "owner") == (role == Role.SUBMITTER) if not at_owner else role == Role.SUBMITTER
    possible = state in rule.sources and (rule.holder == "any" or (rule.holder == "owner") == at_owner)
    if not holds or role == Role.VIEWER:
        refused(answer, 403, "forbidden")
    elif not stands_right:
        assert answer.status_code == 409, answer.text
    elif state == NominationState.DRAFT and action == "submit":
        refused(answer, 409, "submit_with_dossier")
    elif not possible:
        problem = refused(answer, 409, "transition_refused")
        assert action not in problem["allowed_actions"]
    else:
        body = ok(answer)
        assert body["state"] == rule.target
    await make.db.refresh(row)
    assert (row.state == rule.target and answer.status_code == 200) or row.state == state, "a refusal changes nothing"


async def test_what_is_allowed_is_exactly_what_succeeds(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer, "bk_chu_tich_ubnd_tinh")
    bodies: dict[str, Any] = {"appraise": {"opinion": "ineligible"}, "forward": FORWARDING}
    for caller in (school, officer, leader):
        current = ok(await caller.get(f"/v1/nominations/{found['id']}"))
        for action in [s.action for s in WORKFLOW.transitions if s.action != "decide"]:
            async with make.rolled_back():
                answer = await caller.post(
                    f"/v1/nominations/{found['id']}/{action}",
                    bodies.get(action, {"reason": "Lý do thử"} if WORKFLOW.transition(action).reason else {}),
                    etag=f'"{current["version"]}"',
                )
            assert (answer.status_code == 200) == (action in current["allowed_actions"]), (action, answer.text)


# ------------------------------------------------------------ access


async def test_a_ward_cannot_see_another_wards_nomination(make: Make) -> None:
    found = await submitted(make, await make.submitter(SCHOOL))
    other = await make.officer(OTHER_WARD)
    refused(await other.get(f"/v1/nominations/{found['id']}"), 404, "not_found")
    refused(await other.get(f"/v1/dossiers/{found['dossier_id']}"), 404, "not_found")
    assert ok(await other.get("/v1/nominations"))["items"] == []
    answer = await other.post(f"/v1/nominations/{found['id']}/receive", {}, etag=f'"{found["version"]}"')
    refused(answer, 404, "not_found")


async def test_the_womens_union_is_seen_by_the_ward_and_on_its_own_line_only_what_travels_there(make: Make) -> None:
    union = await make.submitter(WOMENS_UNION)
    to_the_ward = await submitted(make, union, key=WOMENS_UNION)
    person = await candidate(make, union, WOMENS_UNION, name="Hoàng Thị Lan Chi")
    papers = await dossier(make, union, WOMENS_UNION, route="line")
    body = {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": "bk_ct_xh_tinh",
        "achievement": "Phong trào phụ nữ xuất sắc",
    }
    on_the_line = ok(await union.post("/v1/nominations", body), 201)
    papers = ok(await union.get(f"/v1/dossiers/{papers['id']}"))
    ok(await union.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
    school = await submitted(make, await make.submitter(SCHOOL))
    province = await make.caller((Role.OFFICER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    ward = await make.officer()
    seen = {n["id"] for n in ok(await province.get("/v1/nominations"))["items"]}
    assert seen == {on_the_line["id"]}
    seen = {n["id"] for n in ok(await ward.get("/v1/nominations"))["items"]}
    assert seen == {to_the_ward["id"], school["id"]}
    refused(await province.get(f"/v1/nominations/{school['id']}"), 404, "not_found")
    refused(await ward.get(f"/v1/nominations/{on_the_line['id']}"), 404, "not_found")
    received = await step(province, ok(await province.get(f"/v1/nominations/{on_the_line['id']}")), "receive")
    assert received["state"] == "received"


async def test_whoever_made_it_cannot_appraise_it(make: Make) -> None:
    both = await make.caller((Role.SUBMITTER, SCHOOL, Reach.SELF), (Role.OFFICER, WARD, Reach.TERRITORY))
    found = await submitted(make, both)
    found = await step(both, found, "receive")
    assert "appraise" not in found["allowed_actions"]
    answer = await both.post(
        f"/v1/nominations/{found['id']}/appraise", {"opinion": "eligible"}, etag=f'"{found["version"]}"'
    )
    refused(answer, 403, "own_work")


# ------------------------------------------------------------ input and concurrency


async def test_a_stale_version_is_refused_and_changes_nothing(make: Make) -> None:
    officer = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    await step(officer, found, "receive")
    answer = await officer.post(
        f"/v1/nominations/{found['id']}/return", {"reason": "Trùng"}, etag=f'"{found["version"]}"'
    )
    problem = refused(answer, 412, "version_mismatch")
    assert f'"{found["version"] + 1}"' in problem["detail"]
    refused(await officer.post(f"/v1/nominations/{found['id']}/receive", {}), 428, "precondition_required")


async def test_a_repeated_key_gives_the_first_answer_and_acts_once(make: Make) -> None:
    officer = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    path, headers = f"/v1/nominations/{found['id']}/receive", {"Idempotency-Key": "nhan-ho-so-01"}
    first = await officer.post(path, {}, etag=f'"{found["version"]}"', headers=headers)
    again = await officer.post(path, {}, etag=f'"{found["version"]}"', headers=headers)
    assert ok(first) == ok(again)
    assert again.headers["Idempotency-Replayed"] == "true" and again.headers["ETag"] == first.headers["ETag"]
    assert len(ok(again)["history"]) == 3
    other = await officer.post(path, {"note": "khác"}, etag=f'"{found["version"]}"', headers=headers)
    refused(other, 422, "idempotency_key_reused")
    missing = await officer.post(path, {}, etag=f'"{found["version"]}"', headers={"Idempotency-Key": "ngan"})
    refused(missing, 400, "idempotency_key_required")


async def test_a_return_needs_its_reason(make: Make) -> None:
    officer = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    answer = await officer.post(f"/v1/nominations/{found['id']}/return", {}, etag=f'"{found["version"]}"')
    problem = refused(answer, 422, "invalid_input")
    assert problem["errors"] == [{"pointer": "/reason", "code": "required", "detail": "Thiếu giá trị bắt buộc."}]


async def test_an_empty_or_unnumbered_dossier_cannot_be_submitted(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    papers = await dossier(make, school)
    refused(
        await school.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'), 409, "dossier_empty"
    )
    found = await nomination(make, school, name="Đỗ Thị Mai Anh")
    papers = ok(await school.get(f"/v1/dossiers/{found['dossier_id']}"))
    changed = await school.patch(
        f"/v1/dossiers/{papers['id']}", {"submission_number": None}, etag=f'"{papers["version"]}"'
    )
    answer = await school.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{ok(changed)["version"]}"')
    problem = refused(answer, 409, "dossier_incomplete")
    assert "submission_number" in problem["detail"] and "submission_date" not in problem["detail"]


async def test_a_change_may_be_sent_as_merge_patch_and_is_refused_for_what_is_wrong_in_it(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    papers = await dossier(make, school)
    merge_patch = {"Content-Type": "application/merge-patch+json", "If-Match": f'"{papers["version"]}"'}

    async def send(body: str, **headers: str) -> httpx.Response:
        path = f"/v1/dossiers/{papers['id']}"
        return await school.request("PATCH", path, content=body, headers=merge_patch | headers)

    refused(await send('{"title": ""}'), 422, "invalid_input")
    unread = refused(await send("title=x", **{"Content-Type": "text/plain"}), 415, "unsupported_media_type")
    assert "application/json, application/merge-patch+json" in unread["detail"]
    assert ok(await send('{"title": "Hồ sơ đã sửa"}'))["title"] == "Hồ sơ đã sửa"


async def test_one_candidate_has_one_open_nomination_for_an_award_and_year(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    first = await nomination(make, school)
    second = await dossier(make, school)
    body = {
        "dossier_id": second["id"],
        "candidate_id": first["candidate"]["id"],
        "award_type_code": "gk_chu_tich_ubnd_xa",
        "achievement": "Lần hai",
    }
    refused(await school.post("/v1/nominations", body), 409, "duplicate_nomination")


@pytest.mark.parametrize(
    ("award_type", "kind", "code"),
    [
        ("gk_huyen", "individual", "award_outside_competence"),
        ("danh_hieu_khac_d32", "individual", "award_outside_competence"),
        ("tap_the_ldtt", "individual", "award_not_for_recipient"),
        ("khong_co_loai_nay", "individual", "unknown_reference"),
    ],
)
async def test_an_award_that_nobody_may_give_is_refused_with_its_rule(
    make: Make, award_type: str, kind: str, code: str
) -> None:
    school = await make.submitter(SCHOOL)
    person = await candidate(make, school, kind=kind)
    papers = await dossier(make, school)
    body = {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": award_type,
        "achievement": "Thành tích",
    }
    before = (await make.db.exec(select(func.count()).select_from(Nomination))).one()
    problem = refused(await school.post("/v1/nominations", body), 422, code)
    if code != "award_not_for_recipient":
        assert problem["errors"][0]["pointer"] == "/award_type_code"
    assert (await make.db.exec(select(func.count()).select_from(Nomination))).one() == before


async def test_every_step_leaves_an_audit_and_an_outbox_row_in_its_transaction(make: Make) -> None:
    officer = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    await step(officer, found, "receive")
    refused(
        await officer.post(f"/v1/nominations/{found['id']}/receive", {}, etag=f'"{found["version"] + 1}"'),
        409,
        "transition_refused",
    )
    audit = (
        await make.db.exec(select(AuditEvent).where(AuditEvent.entity_id == found["id"]).order_by(col(AuditEvent.id)))
    ).all()
    assert [event.action for event in audit] == ["created", "submit", "receive"]
    assert audit[-1].actor_id == officer.user_id and audit[-1].grant_id is not None
    assert audit[-1].before == {"state": "submitted"} and audit[-1].after is not None
    outbox = (await make.db.exec(select(OutboxEvent).where(OutboxEvent.subject == f"nomination/{found['id']}"))).all()
    assert sorted(event.type for event in outbox) == [
        "vn.gov.tdkt.nomination.created.v1",
        "vn.gov.tdkt.nomination.receive.v1",
        "vn.gov.tdkt.nomination.submit.v1",
    ]


async def test_pages_follow_each_other_without_gap_or_repeat(make: Make, database: Database) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    made = [(await nomination(make, school, name=f"Nguyễn Văn Số {n}"))["id"] for n in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = ok(await officer.get("/v1/nominations", params=parameters))
        seen += [n["id"] for n in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) and set(seen) == set(made)
    refused(await officer.get("/v1/nominations", params={"cursor": "khong-phai"}), 422, "invalid_cursor")
    refused(await officer.get("/v1/nominations", params={"limit": "101"}), 422, "invalid_input")
    refused(await officer.get("/v1/nominations", params={"trang": "2"}), 422, "invalid_input")


async def test_names_are_found_without_diacritics(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    wanted = await nomination(make, school, name="Đặng Thị Ửu Nương")
    await nomination(make, school, name="Vũ Thành Trung")
    found = ok(await officer.get("/v1/nominations", params={"q": "dang thi uu"}))
    assert [n["id"] for n in found["items"]] == [wanted["id"]]
    assert ok(await officer.get("/v1/nominations", params={"q": "&|!:*"}))["items"] != []


async def test_a_list_and_a_detail_cost_one_statement_each(make: Make, database: Database) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    found = await submitted(make, school)
    reads: Any = database.reads
    for path in ("/v1/nominations", f"/v1/nominations/{found['id']}", f"/v1/dossiers/{found['dossier_id']}"):
        ok(await officer.get(path))
        before = reads.statements
        ok(await officer.get(path))
        assert reads.statements - before == 1, path


async def test_an_unchanged_nomination_is_a_304(make: Make) -> None:
    officer = await make.officer()
    found = await submitted(make, await make.submitter(SCHOOL))
    first = await officer.get(f"/v1/nominations/{found['id']}")
    again = await officer.get(f"/v1/nominations/{found['id']}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    await step(officer, found, "receive")
    changed = await officer.get(f"/v1/nominations/{found['id']}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


async def test_someone_elses_key_is_not_mine(make: Make) -> None:
    first, second = await make.submitter(SCHOOL), await make.submitter(SCHOOL)
    authority = await make.authority(SCHOOL)
    body = {"kind": "individual", "name": "Bùi Thị Thảo", "authority_id": str(authority.id)}
    key = {"Idempotency-Key": "cung-mot-khoa"}
    one: Caller = first
    a = ok(await one.post("/v1/candidates", body, headers=key), 201)
    b = ok(await second.post("/v1/candidates", body, headers=key), 201)
    assert a["id"] != b["id"]


@pytest.mark.parametrize("name", ["holder_id", "authority_id", "award_type_code", "year", "q"])
async def test_a_filter_narrows_the_list_and_does_not_widen_the_reach(make: Make, name: str) -> None:
    found = await submitted(make, await make.submitter(SCHOOL))
    filters = {
        "holder_id": found["holder"]["id"],
        "authority_id": found["authority"]["id"],
        "award_type_code": found["award_type"]["code"],
        "year": str(found["year"]),
        "q": found["candidate"]["name"],
    }

    async def seen(caller: Caller) -> set[str]:
        page = ok(await caller.get("/v1/nominations", params={name: filters[name], "limit": "100"}))
        return {item["id"] for item in page["items"]}

    assert found["id"] in await seen(await make.officer())
    assert found["id"] in await seen(await make.caller((Role.OFFICER, PROVINCE, Reach.TERRITORY)))
    for outsider in (OTHER_WARD, "ubnd-thanh-pho-hai-phong"):
        assert found["id"] not in await seen(await make.caller((Role.OFFICER, outsider, Reach.TERRITORY)))
