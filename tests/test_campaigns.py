"""/v1/campaigns: drafting, editing, launching, concluding, cancelling."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from app import clock
from app.ids import tidy_code
from app.vocabularies import Reach, Role
from tests.campaigns import (
    NATION,
    URL,
    acknowledged,
    document,
    draft,
    etag,
    launched,
    nothing_changes,
    provincial,
)
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import SCHOOL, WOMENS_UNION, ok, refused

PLAN: dict[str, Any] = {
    "purposes": ["Xây dựng khu phố xanh, sạch, đẹp"],
    "contents": [
        {"key": "nd-1", "number": 1, "text": "Trồng cây, chăm sóc tuyến đường"},
        {"key": "nd-2", "number": 2, "text": "Phân loại rác tại nguồn"},
    ],
    "criteria": [
        {"key": "khu", "audience": "Khu phố", "items": [{"key": "khu-1", "text": "Có tuyến đường tự quản", "max_points": 10}]}
    ],
    "phases": [
        {
            "number": 1,
            "starts": {"value": "2026", "precision": "year"},
            "ends": {"value": "2027", "precision": "year"},
            "review": {"kind": "interim", "on": {"value": "2027", "precision": "year"}},
        }
    ],
}  # fmt: skip


async def in_nation(make: Make) -> tuple[Caller, Caller]:
    """Who drafts and who launches for the nation."""
    return await make.officer(NATION), await make.leader(NATION)


# ------------------------------------------------------------ drafting


async def test_a_draft_gets_its_public_code_from_the_body_the_year_and_the_series(make: Make) -> None:
    officer = await make.officer()
    first = await draft(make, officer, starts={"value": "2031-05", "precision": "month"})
    second = await draft(make, officer, starts={"value": "2031", "precision": "year"})
    assert first["code"].startswith("UB-2031-01-") and second["code"].startswith("UB-2031-02-")
    assert tidy_code(first["code"]) == first["code"]
    undated = await draft(make, officer)
    assert undated["code"].startswith(f"UB-{clock.today().year}-")
    assert (first["state"], first["public_status"], first["version"]) == ("draft", None, 1)
    assert first["allowed_actions"] == ["edit", "cancel"]


async def test_a_code_taken_by_shipped_data_is_never_given_again(make: Make) -> None:
    officer = await make.officer()
    taken = {c["code"] for c in ok(await officer.get(URL, params={"limit": 100}))["items"]}
    found = await draft(make, officer, starts={"value": "2025", "precision": "year"})
    assert any(code.startswith("UB-2025-") for code in taken) and found["code"] not in taken


async def test_a_created_campaign_is_where_location_says_and_reads_the_same(make: Make) -> None:
    officer = await make.officer()
    body = {
        "authority_id": str((await make.authority(WARD)).id),
        "title": "  Phường không rác thải nhựa ",
        "short_title": "Không rác nhựa",
        "other_titles": ["Nói không với túi ni lông"],
        "theme": "Vì môi trường",
        "method": "round",
        "scope": "unit",
        "scope_text": "Phường Uông Bí",
        "starts": {"value": "2026-04", "precision": "month"},
        "ends": {"value": "2026-09-02", "precision": "day"},
        "end_event": None,
        "plan": PLAN,
    }
    answer = await officer.post(URL, body)
    found = ok(answer, 201)
    assert answer.headers["Location"] == f"{URL}/{found['id']}"
    read = ok(await officer.get(answer.headers["Location"]))
    assert read == found
    assert read["title"] == "Phường không rác thải nhựa"
    assert (read["starts"], read["ends"]) == (body["starts"], body["ends"])
    assert read["plan"]["contents"] == PLAN["contents"] and read["plan"]["solutions"] == []
    assert read["plan"]["requirements"] == [] and read["plan"]["phases"][0]["review"]["kind"] == "interim"


@pytest.mark.parametrize("value", ["2026", "2026-02", "2024-02-29"])
async def test_dates_come_back_as_exactly_as_they_were_sent(make: Make, value: str) -> None:
    sent = {"value": value, "precision": {4: "year", 7: "month", 10: "day"}[len(value)]}
    found = await draft(make, await make.officer(), starts=sent, ends=sent)
    assert (found["starts"], found["ends"]) == (sent, sent)


async def test_a_derived_campaign_without_a_plan_begins_with_contents_and_criteria_of_its_parent(make: Make) -> None:
    parent = await provincial(make, plan=PLAN)
    child = await draft(make, await make.officer(), parent_id=parent["id"])
    assert child["plan"]["contents"] == parent["plan"]["contents"]
    assert child["plan"]["criteria"] == parent["plan"]["criteria"]
    assert [item["key"] for item in child["plan"]["contents"]] == ["nd-1", "nd-2"]
    assert (child["plan"]["purposes"], child["plan"]["phases"]) == ([], [])
    assert child["parent"] == {"id": parent["id"], "code": parent["code"], "title": parent["title"]}


async def test_what_was_inherited_is_a_copy(make: Make) -> None:
    parent = await provincial(make, plan=PLAN)
    officer = await make.officer()
    child = await draft(make, officer, parent_id=parent["id"])
    changed = {"plan": {"contents": [{"key": "nd-1", "text": "Nội dung của phường"}]}}
    ok(await officer.patch(f"{URL}/{child['id']}", changed, etag=etag(child)))
    above = ok(await officer.get(f"{URL}/{parent['id']}"))
    assert above["plan"] == parent["plan"] and above["version"] == parent["version"]


async def test_a_derived_campaign_with_a_plan_keeps_its_own(make: Make) -> None:
    parent = await provincial(make, plan=PLAN)
    child = await draft(make, await make.officer(), parent_id=parent["id"], plan={"purposes": ["Riêng của phường"]})
    assert (child["plan"]["purposes"], child["plan"]["contents"]) == (["Riêng của phường"], [])


async def test_who_may_not_draft_is_refused_and_leaves_nothing(make: Make) -> None:
    officer, leader, auditor = (
        await make.officer(),
        await make.leader(),
        await make.caller((Role.AUDITOR, WARD, Reach.TERRITORY)),
    )
    ward, other = await make.authority(WARD), await make.authority(OTHER_WARD)
    body = {"authority_id": str(ward.id), "title": "Phong trào thử", "method": "regular", "scope": "unit"}
    async with nothing_changes(make):
        refused(await leader.post(URL, body), 403, "forbidden")
        refused(await auditor.post(URL, body), 403, "forbidden")
        refused(await officer.post(URL, body | {"authority_id": str(other.id)}), 404, "not_found")
        refused(await officer.post(URL, body | {"authority_id": str(uuid.uuid4())}), 404, "not_found")


async def test_only_a_body_below_the_launcher_carries_a_campaign_out(make: Make) -> None:
    of_ward = await launched(make, WARD)
    everywhere = await make.caller((Role.OFFICER, PROVINCE, Reach.TERRITORY))
    other = await make.authority(OTHER_WARD)
    body = {
        "authority_id": str(other.id),
        "title": "Thử",
        "method": "regular",
        "scope": "unit",
        "parent_id": of_ward["id"],
    }
    async with nothing_changes(make):
        refused(await everywhere.post(URL, body), 422, "not_below_parent")
        # nor does the launcher itself
        refused(
            await everywhere.post(URL, body | {"authority_id": str((await make.authority(WARD)).id)}),
            422,
            "not_below_parent",
        )
        refused(await (await make.officer(OTHER_WARD)).post(URL, body), 422, "unknown_reference")


async def test_a_union_carries_out_the_campaign_of_its_own_line(make: Make) -> None:
    of_line = await launched_by_union(make)
    officer = await make.caller((Role.OFFICER, WOMENS_UNION, Reach.SELF))
    child = await draft(make, officer, WOMENS_UNION, parent_id=of_line["id"])
    assert child["parent_id"] == of_line["id"]


async def launched_by_union(make: Make) -> dict[str, Any]:
    union = "hoi-lhpn-tinh-quang-ninh"
    officer = await make.caller((Role.OFFICER, union, Reach.LINE))
    leader = await make.caller((Role.LEADER, union, Reach.LINE))
    found = await draft(make, officer, union)
    return ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))


async def test_everybody_carries_out_a_nation_wide_campaign(make: Make) -> None:
    officer, leader = await in_nation(make)
    found = await draft(make, officer, NATION, scope="national")
    national = ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))
    child = await draft(make, await make.officer(OTHER_WARD), OTHER_WARD, parent_id=national["id"])
    assert child["parent_id"] == national["id"]


async def test_a_ward_launches_nothing_for_the_whole_nation(make: Make) -> None:
    officer = await make.officer()
    found = await draft(make, officer)
    body = {"authority_id": found["launcher"]["id"], "title": "Thử", "method": "regular", "scope": "national"}
    async with nothing_changes(make):
        for answer in (
            await officer.post(URL, body),
            await officer.patch(f"{URL}/{found['id']}", {"scope": "national"}, etag=etag(found)),
        ):
            problem = refused(answer, 422, "invalid_input")
            assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/scope", "scope_outside_competence")]


async def test_nothing_is_hung_below_a_draft_or_a_concluded_campaign(make: Make) -> None:
    officer, leader = await make.officer(PROVINCE), await make.leader(PROVINCE)
    drafted, running = await draft(make, officer, PROVINCE), await provincial(make)
    ok(await leader.post(f"{URL}/{running['id']}/conclude", {"reason": "Hết hạn"}, etag=etag(running)))
    body = {"authority_id": str((await make.authority(WARD)).id), "title": "Thử", "method": "regular", "scope": "unit"}
    async with nothing_changes(make):
        for parent in (drafted, running):
            refused(await officer.post(URL, body | {"parent_id": parent["id"]}), 409, "parent_not_launched")


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"titel": "Sai chính tả"}, "/titel", "unknown_field"),
    ({"title": " "}, "/title", "too_short"),
    ({"title": None}, "/title", "wrong_type"),
    ({"title": "Thi đua\u0000"}, "/title", "control_character"),
    ({"title": "Phong tra\u0300o"}, "/title", "text_not_nfc"),
    ({"title": "a" * 4001}, "/title", "too_long"),
    ({"method": "weekly"}, "/method", "unknown_value"),
    ({"starts": {"value": "2026-05", "precision": "day"}}, "/starts", "date_precision_mismatch"),
    ({"starts": {"value": "2026-02-30", "precision": "day"}}, "/starts", "date_not_in_calendar"),
    ({"starts": {"value": "05/2026", "precision": "month"}}, "/starts/value", "wrong_format"),
    ({"starts": {"value": "2026", "precision": "year"}, "ends": {"value": "2025-12", "precision": "month"}},
     "/ends", "end_before_start"),
    ({"plan": {"contents": [{"key": "a", "text": "Một"}, {"key": "a", "text": "Hai"}]}}, "/plan/contents", "duplicate_key"),
    ({"plan": {"criteria": [{"key": "a", "audience": "Khu", "items": [{"key": "a", "text": "Một"}]}]}},
     "/plan/criteria", "duplicate_key"),
    ({"plan": {"phases": [{"number": 1}, {"number": 1}]}}, "/plan/phases", "duplicate_key"),
    ({"plan": {"phases": [{"number": 1, "starts": {"value": "2027", "precision": "year"},
                           "ends": {"value": "2026", "precision": "year"}}]}}, "/plan/phases/0/ends", "end_before_start"),
    ({"plan": {"purpose": []}}, "/plan/purpose", "unknown_field"),
    ({"authority_id": "phường Uông Bí"}, "/authority_id", "wrong_format"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "pointer", "code"), BAD, ids=[f"{p} {c}" for _, p, c in BAD])
async def test_bad_input_is_named_and_leaves_nothing(
    make: Make, fields: dict[str, Any], pointer: str, code: str
) -> None:
    officer = await make.officer()
    body = {
        "authority_id": str((await make.authority(WARD)).id),
        "title": "Thử",
        "method": "regular",
        "scope": "unit",
    } | fields
    async with nothing_changes(make):
        problem = refused(await officer.post(URL, body), 422, "invalid_input")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


async def test_references_to_nothing_are_named(make: Make) -> None:
    officer = await make.officer()
    body = {"authority_id": str((await make.authority(WARD)).id), "title": "Thử", "method": "regular", "scope": "unit"}
    async with nothing_changes(make):
        for field in ("parent_id", "launch_document_id"):
            problem = refused(await officer.post(URL, body | {field: str(uuid.uuid4())}), 422, "unknown_reference")
            assert f"/{field}" in problem["detail"]


# ------------------------------------------------------------ editing


async def test_a_patch_changes_what_it_names_and_clears_what_is_null(make: Make) -> None:
    officer = await make.officer()
    fields: dict[str, Any] = {"theme": "Môi trường", "short_title": "Xanh", "other_titles": ["Tên khác"], "plan": PLAN}
    found = await draft(make, officer, **fields, starts={"value": "2026", "precision": "year"})
    answer = await officer.patch(
        f"{URL}/{found['id']}",
        {"title": "Tên mới", "theme": None, "starts": None, "other_titles": None, "plan": {"purposes": []}},
        etag=etag(found),
    )
    changed = ok(answer)
    expected = found | {"title": "Tên mới", "theme": None, "starts": None, "other_titles": [], "version": 2}
    expected["plan"] = found["plan"] | {"purposes": []}
    assert changed == expected
    assert answer.headers["ETag"].startswith('"2.')


async def test_a_patch_without_a_change_changes_nothing(make: Make) -> None:
    officer = await make.officer()
    found = await draft(make, officer, plan=PLAN)
    async with nothing_changes(make):
        for body in ({}, {"title": found["title"]}, {"plan": {"contents": PLAN["contents"]}}):
            assert ok(await officer.patch(f"{URL}/{found['id']}", body, etag=etag(found))) == found


async def test_a_plan_is_cleared_by_null_and_audiences_are_merged(make: Make) -> None:
    officer = await make.officer()
    found = await draft(
        make, officer, plan=PLAN | {"audiences": {"collective": ["Khu phố"], "individual": ["Đoàn viên"]}}
    )
    path = f"{URL}/{found['id']}"
    merged = ok(await officer.patch(path, {"plan": {"audiences": {"individual": []}}}, etag=etag(found)))
    assert merged["plan"]["audiences"] == {"collective": ["Khu phố"], "individual": []}
    cleared = ok(await officer.patch(path, {"plan": None}, etag=etag(merged)))
    assert cleared["plan"]["contents"] == [] and cleared["plan"]["audiences"] == {"collective": [], "individual": []}


PATCHES: list[tuple[dict[str, Any], str, str]] = [
    ({"title": None}, "/title", "null_not_allowed"),
    ({"method": None}, "/method", "null_not_allowed"),
    ({"scope": None}, "/scope", "null_not_allowed"),
    ({"state": "launched"}, "/state", "unknown_field"),
    ({"parent_id": None}, "/parent_id", "unknown_field"),
    ({"ends": {"value": "2025", "precision": "year"}}, "/ends", "end_before_start"),
    ({"starts": {"value": "2031", "precision": "year"}}, "/starts", "end_before_start"),
    ({"plan": {"contents": None}}, "/plan/contents", "wrong_type"),
]


@pytest.mark.parametrize(("patch", "pointer", "code"), PATCHES, ids=[f"{p} {c}" for _, p, c in PATCHES])
async def test_a_bad_patch_is_named_and_leaves_nothing(
    make: Make, patch: dict[str, Any], pointer: str, code: str
) -> None:
    officer = await make.officer()
    period: dict[str, Any] = {
        "starts": {"value": "2026", "precision": "year"},
        "ends": {"value": "2030", "precision": "year"},
    }
    found = await draft(make, officer, **period)
    async with nothing_changes(make):
        problem = refused(await officer.patch(f"{URL}/{found['id']}", patch, etag=etag(found)), 422, "invalid_input")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


async def test_a_change_needs_the_version_that_was_read(make: Make) -> None:
    officer, leader = await make.officer(), await make.leader()
    found = await draft(make, officer)
    path = f"{URL}/{found['id']}"
    now = ok(await officer.patch(path, {"theme": "Xanh"}, etag=etag(found)))
    async with nothing_changes(make):
        refused(await officer.patch(path, {"theme": "Đỏ"}), 428, "precondition_required")
        refused(await officer.patch(path, {"theme": "Đỏ"}, etag=etag(found)), 412, "version_mismatch")
        refused(await officer.patch(path, {"theme": "Đỏ"}, etag='"abc"'), 412, "version_mismatch")
        for action, body in (("launch", {}), ("cancel", {"reason": "Trùng"})):
            refused(await leader.post(f"{path}/{action}", body), 428, "precondition_required")
        refused(await leader.post(f"{path}/launch", {}, etag=etag(found)), 412, "version_mismatch")
    assert now["version"] == 2


# ------------------------------------------------------------ launching and ending


async def test_the_leader_launches_what_the_officer_drafted(make: Make) -> None:
    officer, leader = await make.officer(), await make.leader()
    found = await draft(make, officer)
    seen = ok(await leader.get(f"{URL}/{found['id']}"))
    assert seen["allowed_actions"] == ["launch"]
    running = ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))
    assert (running["state"], running["public_status"], running["version"]) == ("launched", "running", 2)
    assert running["launched_on"] == clock.today().isoformat()
    assert running["allowed_actions"] == ["conclude", "cancel"]
    refused(await officer.patch(f"{URL}/{found['id']}", {"theme": "Xanh"}, etag=etag(running)), 409, "not_editable")


async def test_a_launch_may_be_recorded_for_its_day_but_not_ahead(make: Make) -> None:
    officer, leader = await make.officer(), await make.leader()
    found = await draft(make, officer)
    path = f"{URL}/{found['id']}/launch"
    async with nothing_changes(make):
        problem = refused(
            await leader.post(path, {"launched_on": "2999-01-01"}, etag=etag(found)), 422, "invalid_input"
        )
        assert problem["errors"][0]["pointer"] == "/launched_on"
    assert ok(await leader.post(path, {"launched_on": "2026-03-05"}, etag=etag(found)))["launched_on"] == "2026-03-05"


async def test_a_launch_needs_no_body_at_all(make: Make) -> None:
    found = await draft(make, await make.officer())
    leader = await make.leader()
    headers = {"If-Match": etag(found)}
    assert ok(await leader.request("POST", f"{URL}/{found['id']}/launch", headers=headers))["state"] == "launched"


async def test_nobody_launches_their_own_draft_or_without_the_paper_or_below_a_draft(make: Make) -> None:
    both = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.LEADER, WARD, Reach.TERRITORY))
    officer, leader = await make.officer(), await make.leader()
    own, bare = await draft(make, both), await draft(make, officer, paper=False)
    assert ok(await both.get(f"{URL}/{own['id']}"))["allowed_actions"] == ["edit", "cancel"]
    assert ok(await leader.get(f"{URL}/{bare['id']}"))["allowed_actions"] == []
    above = await provincial(make)
    below = await draft(make, officer, parent_id=above["id"])
    chair = await make.leader(PROVINCE)
    ok(await chair.post(f"{URL}/{above['id']}/conclude", {"reason": "Hết hạn"}, etag=etag(above)))
    async with nothing_changes(make):
        refused(await both.post(f"{URL}/{own['id']}/launch", {}, etag=etag(own)), 403, "own_work")
        refused(await leader.post(f"{URL}/{bare['id']}/launch", {}, etag=etag(bare)), 409, "launch_document_required")
        refused(await leader.post(f"{URL}/{below['id']}/launch", {}, etag=etag(below)), 409, "parent_not_launched")
        refused(await officer.post(f"{URL}/{below['id']}/launch", {}, etag=etag(below)), 403, "forbidden")
    assert ok(await leader.get(f"{URL}/{below['id']}"))["allowed_actions"] == []


async def test_the_province_does_not_launch_in_the_name_of_a_ward(make: Make) -> None:
    found, chair = await draft(make, await make.officer()), await make.leader(PROVINCE)
    assert ok(await chair.get(f"{URL}/{found['id']}"))["allowed_actions"] == []
    async with nothing_changes(make):
        refused(await chair.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)), 403, "forbidden")


async def test_concluding_and_cancelling_need_a_reason_which_the_audit_keeps(make: Make) -> None:
    running, leader = await launched(make), await make.leader()
    path = f"{URL}/{running['id']}/conclude"
    async with nothing_changes(make):
        refused(await leader.post(path, {}, etag=etag(running)), 422, "invalid_input")
    over = ok(await leader.post(path, {"reason": "Hoàn thành sớm mục tiêu"}, etag=etag(running)))
    assert (over["state"], over["public_status"], over["allowed_actions"]) == ("concluded", "ended", [])
    audit = text("select action, reason, before, after from audit_event where entity_id = :id order by id desc limit 1")
    event = (await make.connection.execute(audit, {"id": over["id"]})).one()
    assert tuple(event) == ("concluded", "Hoàn thành sớm mục tiêu", {"state": "launched"}, {"state": "concluded"})
    outbox = text("select type from outbox_event where subject = :subject order by created_at, id")
    types = (await make.connection.execute(outbox, {"subject": f"campaign/{over['id']}"})).scalars().all()
    assert sorted(types) == [f"vn.gov.tdkt.campaign.{verb}.v1" for verb in ("concluded", "created", "launched")]


async def test_an_officer_cancels_a_draft_and_a_leader_what_nobody_carries_out(make: Make) -> None:
    officer, leader, body = await make.officer(), await make.leader(), {"reason": "Lập trùng"}
    found = await draft(make, officer)
    gone = ok(await officer.post(f"{URL}/{found['id']}/cancel", body, etag=etag(found)))
    assert (gone["state"], gone["public_status"], gone["allowed_actions"]) == ("cancelled", None, [])
    running, untouched = await launched(make), await launched(make)
    await acknowledged(make, await make.submitter(SCHOOL), running, SCHOOL)
    assert ok(await leader.get(f"{URL}/{running['id']}"))["allowed_actions"] == ["conclude"]
    async with nothing_changes(make):
        refused(await leader.post(f"{URL}/{running['id']}/cancel", body, etag=etag(running)), 409, "campaign_taken_up")
        refused(await officer.post(f"{URL}/{untouched['id']}/cancel", body, etag=etag(untouched)), 403, "forbidden")
    cancelled = await leader.post(f"{URL}/{untouched['id']}/cancel", body, etag=etag(untouched))
    assert ok(cancelled)["state"] == "cancelled"


async def test_a_campaign_with_one_below_it_is_not_cancelled(make: Make) -> None:
    above, chair = await provincial(make), await make.leader(PROVINCE)
    officer = await make.officer()
    below = await draft(make, officer, parent_id=above["id"])
    async with nothing_changes(make):
        answer = await chair.post(f"{URL}/{above['id']}/cancel", {"reason": "Nhầm"}, etag=etag(above))
        refused(answer, 409, "campaign_taken_up")
    ok(await officer.post(f"{URL}/{below['id']}/cancel", {"reason": "Nhầm"}, etag=etag(below)))
    assert (
        ok(await chair.post(f"{URL}/{above['id']}/cancel", {"reason": "Nhầm"}, etag=etag(above)))["state"]
        == "cancelled"
    )


@pytest.mark.parametrize("state", ["draft", "in_review", "launched", "suspended", "concluded", "archived", "cancelled"])
async def test_what_is_allowed_is_what_is_not_refused(make: Make, state: str) -> None:
    """Every action in every state: `allowed_actions` names exactly those that succeed."""
    drafter, chair = (
        await make.officer(),
        await make.caller((Role.LEADER, WARD, Reach.TERRITORY), (Role.OFFICER, WARD, Reach.TERRITORY)),
    )
    found = await draft(make, drafter)
    await make.connection.execute(
        text("update campaign set state = :s where id = :id"), {"s": state, "id": found["id"]}
    )
    path, reason = f"{URL}/{found['id']}", {"reason": "Theo chỉ đạo"}
    allowed = ok(await chair.get(path))["allowed_actions"]
    succeeded = []
    for action in ("edit", "launch", "conclude", "cancel"):
        async with make.rolled_back():
            if action == "edit":
                answer = await chair.patch(path, {"theme": "Mới"}, etag=etag(found))
            else:
                body = {} if action == "launch" else reason
                answer = await chair.post(f"{path}/{action}", body, etag=etag(found))
        if answer.status_code == 200:
            succeeded.append(action)
        else:
            code = "not_editable" if action == "edit" else "transition_refused"
            assert refused(answer, 409, code)["allowed_actions"] == allowed
    assert succeeded == allowed


async def test_documents_are_named_by_number_and_date(make: Make) -> None:
    officer = await make.officer()
    paper = await document(make, officer)
    found = await draft(make, officer, launch_document_id=paper["id"])
    assert found["launch_document"] == {name: paper[name] for name in ("id", "number_symbol", "title", "issued_on")}
