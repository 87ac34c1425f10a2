"""Who may take which step with a nomination: makers, appraisers, the opinion, the desk, the day, the body."""

import asyncio
import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from app import clock
from app.models.authorities import Authority
from app.models.award_types import AwardCompetence, AwardType
from app.models.decisions import Decision
from app.models.users import RoleGrant
from app.vocabularies import Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Make
from tests.story import (
    FORWARDING,
    SCHOOL,
    WOMENS_UNION,
    appraised,
    candidate,
    decision_body,
    dossier,
    nomination,
    ok,
    refused,
    step,
    submitted,
)

MERGED_WARD = "ubnd-phuong-thanh-son"


async def _add(make: Make, caller: Any, papers: dict[str, Any], person: dict[str, Any]) -> Any:
    body = {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": "gk_chu_tich_ubnd_xa",
        "achievement": "Có sáng kiến.",
    }
    return await caller.post("/v1/nominations", body)


# ------------------------------------------------------------ whoever made or appraised it does not decide it


async def test_whoever_changed_it_cannot_decide_it(make: Make) -> None:
    colleague, officer = await make.submitter(SCHOOL), await make.officer()
    both = await make.caller((Role.SUBMITTER, SCHOOL, Reach.SELF), (Role.LEADER, WARD, Reach.TERRITORY))
    found = await nomination(make, colleague)
    ok(await both.patch(f"/v1/nominations/{found['id']}", {"achievement": "Viết lại"}, etag=f'"{found["version"]}"'))
    papers = ok(await colleague.get(f"/v1/dossiers/{found['dossier_id']}"))
    ok(await colleague.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
    found = ok(await officer.get(f"/v1/nominations/{found['id']}"))
    found = await step(officer, await step(officer, found, "receive"), "appraise", {"opinion": "eligible"})
    assert "decide" not in ok(await both.get(f"/v1/nominations/{found['id']}"))["allowed_actions"]
    refused(await both.post("/v1/decisions", await decision_body(make, found)), 403, "own_work")


async def test_a_second_appraisal_does_not_free_the_first_appraiser(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    both = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.LEADER, WARD, Reach.TERRITORY))
    found = await appraised(make, school, both)
    found = await step(officer, found, "appraise", {"opinion": "eligible"})
    assert "decide" not in ok(await both.get(f"/v1/nominations/{found['id']}"))["allowed_actions"]
    refused(await both.post("/v1/decisions", await decision_body(make, found)), 403, "own_work")


async def test_the_appraiser_does_not_forward_after_a_return_from_above(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    both = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.LEADER, WARD, Reach.TERRITORY))
    found = await appraised(make, school, both, "bk_chu_tich_ubnd_tinh")
    found = await step(leader, found, "forward", FORWARDING)
    found = await step(await make.officer(PROVINCE), found, "return", {"reason": "Thiếu ý kiến cấp ủy"})
    found = await step(officer, found, "appraise", {"opinion": "eligible"})
    answer = await both.post(f"/v1/nominations/{found['id']}/forward", FORWARDING, etag=f'"{found["version"]}"')
    refused(answer, 403, "own_work")


async def test_what_the_appraisal_does_not_propose_is_neither_decided_nor_forwarded(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    found = await step(officer, found, "appraise", {"opinion": "ineligible", "note": "Thiếu sáng kiến"})
    assert ok(await leader.get(f"/v1/nominations/{found['id']}"))["allowed_actions"] == ["reject"]
    refused(await leader.post("/v1/decisions", await decision_body(make, found)), 409, "appraisal_not_in_favour")
    found = await step(officer, found, "appraise", {"opinion": "eligible"})
    ok(await leader.post("/v1/decisions", await decision_body(make, found)), 201)


# ------------------------------------------------------------ dossiers


async def test_a_draft_goes_only_with_its_dossier(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    found = await nomination(make, school)
    assert found["allowed_actions"] == ["edit", "withdraw"]
    answer = await school.post(f"/v1/nominations/{found['id']}/submit", {}, etag=f'"{found["version"]}"')
    refused(answer, 409, "submit_with_dossier")


async def test_a_dossier_that_gained_a_nomination_must_be_read_again_before_it_goes(make: Make) -> None:
    school, colleague = await make.submitter(SCHOOL), await make.submitter(SCHOOL)
    found = await nomination(make, school)
    etag = (await school.get(f"/v1/dossiers/{found['dossier_id']}")).headers["ETag"]
    person = await candidate(make, colleague, name="Hoàng Văn Thêm")
    ok(await _add(make, colleague, {"id": found["dossier_id"]}, person), 201)
    refused(await school.post(f"/v1/dossiers/{found['dossier_id']}/submit", {}, etag=etag), 412, "version_mismatch")


async def test_a_dossier_holds_no_more_than_one_decision_can_decide(make: Make, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.services.nominations.drafting.MOST_NOMINATIONS", 1)
    school = await make.submitter(SCHOOL)
    found = await nomination(make, school)
    person = await candidate(make, school, name="Người Thứ Hai")
    refused(await _add(make, school, {"id": found["dossier_id"]}, person), 409, "dossier_full")


async def test_the_same_award_of_the_same_year_is_not_given_twice(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    ok(await leader.post("/v1/decisions", await decision_body(make, found)), 201)
    again = await _add(make, school, await dossier(make, school), found["candidate"])
    refused(again, 409, "already_awarded")


async def test_nobody_is_nominated_whom_the_caller_may_not_read(make: Make) -> None:
    other = await make.officer(OTHER_WARD)
    stranger = await candidate(make, other, OTHER_WARD, name="Đinh Thị Kín Đáo")
    mixed = await make.caller((Role.SUBMITTER, SCHOOL, Reach.SELF), (Role.VIEWER, PROVINCE, Reach.TERRITORY))
    refused(await mixed.get(f"/v1/candidates/{stranger['id']}"), 403, "forbidden")
    refused(await _add(make, mixed, await dossier(make, mixed), stranger), 422, "unknown_reference")


async def test_a_unit_nominates_its_own_people_only(make: Make) -> None:
    officer = await make.officer()
    member = await candidate(make, officer, WOMENS_UNION, name="Đinh Thị Hội Viên")
    mixed = await make.caller((Role.SUBMITTER, SCHOOL, Reach.SELF), (Role.OFFICER, WARD, Reach.TERRITORY))
    refused(await _add(make, mixed, await dossier(make, mixed), member), 422, "unknown_reference")


async def test_an_award_that_only_the_nominating_body_gives_cannot_go_up(make: Make) -> None:
    ward = await make.submitter(WARD)
    person = await candidate(make, ward, WARD)
    refused(await _add(make, ward, await dossier(make, ward, WARD), person), 422, "award_outside_competence")


async def test_a_campaign_that_is_not_launched_does_not_exist_for_those_below(make: Make) -> None:
    officer, school = await make.officer(), await make.submitter(SCHOOL)
    body = {"authority_id": str((await make.authority(WARD)).id), "title": "Chưa công bố", "method": "thematic"}
    draft = ok(await officer.post("/v1/campaigns", body | {"scope": "unit"}), 201)
    unit = str((await make.authority(SCHOOL)).id)
    papers = {"authority_id": unit, "category": "campaign", "year": 2026, "title": "Hồ sơ", "campaign_id": draft["id"]}
    refused(await school.post("/v1/dossiers", papers), 422, "unknown_reference")


async def test_only_people_of_a_body_draft_its_dossiers(make: Make) -> None:
    ward = await make.caller((Role.SUBMITTER, WARD, Reach.TERRITORY))
    unit = str((await make.authority(SCHOOL)).id)
    papers = {"authority_id": unit, "category": "merit", "year": 2026, "title": "Hồ sơ"}
    refused(await ward.post("/v1/dossiers", papers), 403, "forbidden")


# ------------------------------------------------------------ who still sees what they worked on


async def test_a_leader_still_sees_what_it_forwarded_and_what_it_decided(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    leader = await make.caller((Role.LEADER, WARD, Reach.SELF))
    chair = await make.caller((Role.LEADER, PROVINCE, Reach.SELF))
    found = await appraised(make, school, officer, "bk_chu_tich_ubnd_tinh")
    found = await step(leader, found, "forward", FORWARDING)
    assert ok(await leader.get(f"/v1/nominations/{found['id']}"))["state"] == "forwarded"
    ok(await chair.get(f"/v1/dossiers/{found['dossier_id']}"))
    refused(
        await (await make.leader(OTHER_WARD)).get(f"/v1/nominations/{found['id']}"),
        404,
        "not_found",
    )
    letter = await appraised(make, school, officer, name="Bùi Thị Giấy Khen")
    decision = ok(await leader.post("/v1/decisions", await decision_body(make, letter)), 201)
    ok(await leader.get(f"/v1/awards/{decision['awards'][0]['id']}"))


async def test_an_officer_of_the_desk_alone_can_return_a_nomination(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, WARD, Reach.SELF))
    found = await submitted(make, await make.submitter(SCHOOL))
    assert (await step(officer, found, "return", {"reason": "Thiếu ảnh"}))["state"] == "returned"


async def test_an_unchanged_answer_is_never_claimed_for_a_changed_one(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    first = await leader.get(f"/v1/nominations/{found['id']}")
    assert "decide" in ok(first)["allowed_actions"]
    lapsed = update(AwardCompetence).where(col(AwardCompetence.award_type_code) == "gk_chu_tich_ubnd_xa")
    await make.db.exec(lapsed.values(valid_to=date(2026, 1, 1)))
    await make.db.commit()
    again = await leader.get(f"/v1/nominations/{found['id']}", headers={"If-None-Match": first.headers["ETag"]})
    assert "decide" not in ok(again)["allowed_actions"]


# ------------------------------------------------------------ decisions


async def test_a_leader_with_two_grants_decides_for_the_nearer_one(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    two = await make.caller((Role.LEADER, PROVINCE, Reach.TERRITORY), (Role.LEADER, WARD, Reach.SELF))
    found = await appraised(make, school, officer)
    ok(await two.post("/v1/decisions", await decision_body(make, found)), 201)


async def test_a_decision_lies_neither_before_its_body_nor_before_the_submission(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    for day, code in (("2024-02-01", "before_the_body"), ("2026-05-31", "before_the_submission")):
        answer = await leader.post("/v1/decisions", await decision_body(make, found, decided_on=day))
        assert refused(answer, 422, "invalid_input")["errors"][0]["code"] == code


async def test_numbers_follow_dates_when_two_days_are_decided_at_once(committed: Make) -> None:
    make = committed
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    day = date(2026, 9, 1)
    for turn in range(4):
        found = [await appraised(make, school, officer, name=f"Người {turn} {i}") for i in range(4)]
        bodies = [
            await decision_body(make, one, decided_on=str(day + timedelta(days=1 if i == 0 else 0)))
            for i, one in enumerate(found)
        ]
        await asyncio.gather(*(leader.post("/v1/decisions", body) for body in bodies))
        day += timedelta(days=2)
    days = (await make.db.exec(select(col(Decision.decided_on)).order_by(col(Decision.number)))).all()
    assert len(days) >= 4 and list(days) == sorted(days)


async def test_the_bonus_is_the_one_of_the_day_of_the_decision(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    old = (await make.db.exec(select(AwardType).where(AwardType.code == "gk_chu_tich_ubnd_xa"))).one()
    before = ok(await leader.get("/v1/award-types/gk_chu_tich_ubnd_xa"))
    assert before["code"] == old.code
    newer = AwardType(**old.model_dump(exclude={"id", "name_folded", "name_sort"}) | {"valid_from": date(2026, 10, 1)})
    assert old.coefficient_individual is not None
    newer.coefficient_individual = old.coefficient_individual * 2
    old.valid_to = date(2026, 9, 30)
    make.db.add_all([old, newer])
    await make.db.commit()
    decision = ok(await leader.post("/v1/decisions", await decision_body(make, found)), 201)
    assert decision["awards"][0]["bonus_amount"] == 1_520_000, "0,6 × 2.530.000, rounded up"


async def test_what_cannot_be_seen_is_refused_as_what_does_not_exist(make: Make) -> None:
    leader = await make.leader(OTHER_WARD)
    hidden = await submitted(make, await make.submitter(SCHOOL))
    ghosts = [{"id": str(uuid.uuid4())} for _ in range(2)]
    seen = await leader.post("/v1/decisions", await decision_body(make, hidden, ghosts[0], key=OTHER_WARD))
    none = await leader.post("/v1/decisions", await decision_body(make, *ghosts, key=OTHER_WARD))
    first, second = (refused(answer, 422, "unknown_reference") for answer in (seen, none))
    assert first["errors"] == second["errors"] and first["detail"] == second["detail"]


# ------------------------------------------------------------ bodies and persons


async def test_a_body_that_was_merged_away_acts_no_more(make: Make) -> None:
    old = await make.caller((Role.SUBMITTER, MERGED_WARD, Reach.SELF))
    body = str((await make.authority(MERGED_WARD)).id)
    person = {"kind": "individual", "name": "Vũ Thị Sau Sáp Nhập", "authority_id": body}
    problem = refused(await old.post("/v1/candidates", person), 409, "body_ended")
    assert "30/06/2025" in problem["detail"]


async def test_a_collective_has_no_sex(make: Make) -> None:
    officer, unit = await make.officer(), str((await make.authority(SCHOOL)).id)
    body = {"kind": "collective", "name": "Tổ chuyên môn 5", "authority_id": unit, "sex": "female"}
    problem = refused(await officer.post("/v1/candidates", body), 422, "invalid_input")
    assert problem["errors"][0]["code"] == "not_a_person"


async def test_a_repeated_key_opens_nothing_to_whoever_left(make: Make) -> None:
    officer, unit = await make.officer(), str((await make.authority(SCHOOL)).id)
    body = {"kind": "individual", "name": "Lê Thị Riêng Tư", "authority_id": unit}
    key = {"Idempotency-Key": "khoa-cua-nguoi-da-nghi"}
    ok(await officer.post("/v1/candidates", body, headers=key), 201)
    await make.db.exec(
        update(RoleGrant).where(col(RoleGrant.user_id) == officer.user_id).values(suspended_at=clock.now())
    )
    await make.db.commit()
    make.app.state.callers.forget()
    refused(await officer.post("/v1/candidates", body, headers=key), 404, "not_found")


async def test_two_numbers_that_look_the_same_are_the_same(make: Make) -> None:
    officer, ward = await make.officer(), str((await make.authority(WARD)).id)
    body = {"issuer_id": ward, "type": "plan", "title": "Kế hoạch", "number_symbol": "77/KH-UBND\u200b"}
    problem = refused(await officer.post("/v1/legal-documents", body), 422, "invalid_input")
    assert problem["errors"][0]["code"] == "control_character"


async def test_a_unit_that_moved_since_it_drafted_submits_to_its_new_ward(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    found = await nomination(make, school)
    papers = ok(await school.get(f"/v1/dossiers/{found['dossier_id']}"))
    new_ward = await make.authority(OTHER_WARD)
    assert papers["recipient"]["id"] != str(new_ward.id)
    moves = update(Authority).where(col(Authority.key) == SCHOOL)
    await make.db.exec(moves.values(parent_id=new_ward.id))
    await make.db.commit()
    make.app.state.callers.forget()
    papers = ok(await school.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
    assert papers["recipient"]["id"] == str(new_ward.id)
    assert ok(await school.get(f"/v1/nominations/{found['id']}"))["holder"]["id"] == str(new_ward.id)
