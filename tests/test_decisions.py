"""Decisions: gapless numbers, register entries, bonus by rule, verification by code."""

import asyncio
from decimal import Decimal

import pytest
from sqlmodel import col, select

from app.ids import check_character, tidy_code
from app.models.decisions import Award, Decision, NumberSeries
from app.models.nominations import Nomination
from app.services.awards import masked_name
from app.services.bonuses import bonus_for
from app.vocabularies import Reach, RecipientKind, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Make
from tests.story import (
    FORWARDING,
    SCHOOL,
    appraised,
    decision_body,
    nomination,
    ok,
    refused,
    step,
    submitted,
)


async def test_the_ward_decides_a_giay_khen_and_the_register_shows_it(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    person = await appraised(make, school, officer, name="Phạm Thị Thu Hằng", sex="female")
    class_5a = await appraised(make, school, officer, kind="collective", name="Tổ chuyên môn 5")
    body = await decision_body(make, person, class_5a)
    decision = ok(await leader.post("/v1/decisions", body), 201)
    assert decision["number_symbol"] == "01/QĐ-UBND"
    assert [(a["recipient_name"], a["bonus_amount"], a["register_number"]) for a in decision["awards"]] == [
        ("Phạm Thị Thu Hằng", 760_000, 1),
        ("Tổ chuyên môn 5", 1_520_000, 2),
    ]
    assert decision["bonus_total"] == 2_280_000
    found = ok(await school.get(f"/v1/nominations/{person['id']}"))
    assert found["state"] == "decided" and found["allowed_actions"] == []
    award = ok(await school.get(f"/v1/awards/{decision['awards'][0]['id']}"))
    assert award["level"] == "commune" and award["decision_number"] == "01/QĐ-UBND"
    assert award["bonus"] | {"legal_basis": ""} == {
        "base_salary": 2_530_000,
        "coefficient": "0.3",
        "rounding": 10_000,
        "amount": 760_000,
        "legal_basis": "",
        "verification": "partial",
    }
    again = await appraised(make, school, officer, name="Ngô Văn Kiên")
    second = ok(await leader.post("/v1/decisions", await decision_body(make, again)), 201)
    assert second["number_symbol"] == "02/QĐ-UBND" and second["awards"][0]["register_number"] == 3


async def test_the_province_decides_what_the_ward_forwarded(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer, "bk_chu_tich_ubnd_tinh")
    found = await step(leader, found, "forward", FORWARDING)
    home_affairs, chair = await make.officer(PROVINCE), await make.leader(PROVINCE)
    found = await step(home_affairs, found, "receive")
    found = await step(home_affairs, found, "appraise", {"opinion": "eligible"})
    body = await decision_body(make, found, key=PROVINCE, title="Tặng Bằng khen của Chủ tịch UBND tỉnh")
    decision = ok(await chair.post("/v1/decisions", body), 201)
    assert decision["awards"][0]["level"] == "province" and decision["awards"][0]["bonus_amount"] == 3_800_000
    seen_by_the_ward = ok(await officer.get(f"/v1/decisions/{decision['id']}"))
    assert [a["id"] for a in seen_by_the_ward["awards"]] == [decision["awards"][0]["id"]]
    other = await make.officer(OTHER_WARD)
    refused(await other.get(f"/v1/decisions/{decision['id']}"), 404, "not_found")


async def test_an_award_outside_competence_is_refused_and_names_the_rule(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    inside = await appraised(make, school, officer, name="Lý Thị Ngân")
    outside = await appraised(make, school, officer, "bk_chu_tich_ubnd_tinh", name="Lý Văn Bình")
    answer = await leader.post("/v1/decisions", await decision_body(make, inside, outside))
    problem = refused(answer, 422, "award_outside_competence")
    assert "Ủy ban nhân dân cấp tỉnh" in problem["detail"] and "Luật TĐKT" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/nomination_ids/1"
    states = await make.db.exec(select(Nomination.state).where(col(Nomination.id).in_([inside["id"], outside["id"]])))
    assert set(states.all()) == {"appraised"}, "all or none"
    series = await make.db.exec(select(NumberSeries))
    assert series.all() == [], "a refused decision takes no number"


async def test_who_made_or_appraised_it_cannot_decide_it(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    both = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.LEADER, WARD, Reach.TERRITORY))
    found = await appraised(make, school, both)
    refused(await both.post("/v1/decisions", await decision_body(make, found)), 403, "own_work")


async def test_only_appraised_nominations_on_the_own_desk_can_be_decided(make: Make) -> None:
    school, leader = await make.submitter(SCHOOL), await make.leader()
    found = await submitted(make, school)
    refused(await leader.post("/v1/decisions", await decision_body(make, found)), 409, "transition_refused")
    draft = await nomination(make, school, name="Trịnh Thị Loan")
    refused(await leader.post("/v1/decisions", await decision_body(make, draft)), 409, "not_at_your_desk")
    twice = await leader.post("/v1/decisions", await decision_body(make, found, found))
    assert refused(twice, 422, "invalid_input")["errors"][0]["code"] == "duplicate_item"
    ghost = {"id": "01890000-0000-7000-8000-000000000000"}
    refused(await leader.post("/v1/decisions", await decision_body(make, ghost)), 422, "unknown_reference")


async def test_a_leader_elsewhere_and_an_officer_cannot_decide(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    found = await appraised(make, school, officer)
    body = await decision_body(make, found)
    refused(await (await make.leader(OTHER_WARD)).post("/v1/decisions", body), 404, "not_found")
    refused(await officer.post("/v1/decisions", body), 403, "forbidden")
    # the chair of the province reaches the ward, but does not decide for it
    refused(await (await make.leader(PROVINCE)).post("/v1/decisions", body), 403, "forbidden")


async def test_a_decision_cannot_be_back_dated_nor_lie_in_the_future(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    first = await appraised(make, school, officer, name="Hà Thị Mơ")
    second = await appraised(make, school, officer, name="Hà Văn Đạt")
    ok(await leader.post("/v1/decisions", await decision_body(make, first, decided_on="2026-11-20")), 201)
    earlier = await leader.post("/v1/decisions", await decision_body(make, second, decided_on="2026-11-19"))
    assert "20/11/2026" in refused(earlier, 409, "decision_backdated")["detail"]
    future = await leader.post("/v1/decisions", await decision_body(make, second, decided_on="2099-01-01"))
    assert refused(future, 422, "invalid_input")["errors"][0]["code"] == "in_the_future"


async def test_anyone_verifies_an_award_by_its_code_and_sees_a_masked_name(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer, name="Nguyễn Thị Thanh Huyền")
    decision = ok(await leader.post("/v1/decisions", await decision_body(make, found)), 201)
    code = decision["awards"][0]["verification_code"]
    seen = ok(await make.client.get(f"/v1/public/awards/{code.lower()}"))
    assert seen["valid"] and seen["recipient_name_masked"] == "N. T. T. Huyền"
    assert seen["decision_number"] == "01/QĐ-UBND"
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    refused(await make.client.get(f"/v1/public/awards/{wrong}"), 404, "code_not_found")


async def test_the_register_is_searched_without_diacritics_and_by_year(make: Make) -> None:
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    people = [await appraised(make, school, officer, name=name) for name in ("Đoàn Thị Ước", "Vương Quốc Đạt")]
    ok(await leader.post("/v1/decisions", await decision_body(make, *people)), 201)
    found = ok(await officer.get("/v1/awards", params={"q": "doan uoc", "year": "2026"}))
    assert [a["recipient_name"] for a in found["items"]] == ["Đoàn Thị Ước"]
    assert ok(await officer.get("/v1/awards", params={"year": "2025"}))["items"] == []
    viewer = await make.caller((Role.VIEWER, WARD, Reach.TERRITORY))
    refused(await viewer.get("/v1/awards"), 403, "forbidden")


@pytest.mark.parametrize(
    ("salary", "coefficient", "amount"),
    [
        (2_340_000, "0.3", 710_000),
        (2_530_000, "0.3", 760_000),
        (2_340_000, "1", 2_340_000),
        (2_530_000, "4.5", 11_390_000),
        (2_340_000, "5.25", 12_290_000),
        (2_530_000, "2.25", 5_700_000),
        (2_530_000, "0", 0),
    ],
)
def test_a_bonus_is_rounded_up_to_ten_thousand_dong(salary: int, coefficient: str, amount: int) -> None:
    assert bonus_for(salary, Decimal(coefficient)) == amount


def test_a_masked_name_keeps_only_the_given_name() -> None:
    assert masked_name(RecipientKind.INDIVIDUAL, "Trần Lê  Bảo Ngọc") == "T. L. B. Ngọc"
    assert masked_name(RecipientKind.INDIVIDUAL, "Ngọc") == "Ngọc"
    assert masked_name(RecipientKind.COLLECTIVE, "Tổ chuyên môn 5") == "Tổ chuyên môn 5"


@pytest.mark.parametrize("typed", ["UB-2025-01", "QN-2024-117", "K7QF-3M9T-XWPD"])
def test_a_check_character_finds_every_single_error_and_every_swap(typed: str) -> None:
    code = f"{typed}-{check_character(typed)}"
    assert tidy_code(code.lower()) == code
    for i, right in enumerate(code):
        if right == "-":
            continue
        for wrong in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if wrong != right:
                assert tidy_code(code[:i] + wrong + code[i + 1 :]) is None
    for i in range(len(typed) - 1):
        a, b = code[i], code[i + 1]
        if "-" not in (a, b) and a != b:
            assert tidy_code(code[:i] + b + a + code[i + 2 :]) is None


async def test_decisions_at_once_have_numbers_without_a_gap(committed: Make) -> None:
    """Real commits, real connections; a third of them is refused and must not take a number."""
    make = committed
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = [await appraised(make, school, officer, name=f"Nguyễn Văn Thứ {n}") for n in range(20)]
    bodies = [await decision_body(make, n) for n in found]
    # every third one fails on purpose: its number must not be lost
    for body in bodies[::3]:
        body["nomination_ids"].append("01890000-0000-7000-8000-000000000000")
    answers = await asyncio.gather(*(leader.post("/v1/decisions", body) for body in bodies))
    made = [a.json()["number_symbol"] for a in answers if a.status_code == 201]
    assert len(made) == len(bodies) - len(bodies[::3])
    authority = await make.authority(WARD)
    numbers = (await make.db.exec(select(Decision.number).where(Decision.authority_id == authority.id))).all()
    assert sorted(numbers) == list(range(1, len(made) + 1))
    entries = (await make.db.exec(select(Award.register_number))).all()
    assert sorted(entries) == list(range(1, len(made) + 1))


async def test_twenty_equal_requests_at_once_act_once(committed: Make) -> None:
    make = committed
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    found = await appraised(make, school, officer)
    body = await decision_body(make, found)
    answers = await asyncio.gather(
        *(leader.post("/v1/decisions", body, headers={"Idempotency-Key": "mot-quyet-dinh"}) for _ in range(20))
    )
    assert {a.status_code for a in answers} == {201}, {a.text for a in answers if a.status_code != 201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum(a.headers.get("Idempotency-Replayed") == "true" for a in answers) == 19
    assert len((await make.db.exec(select(Decision))).all()) == 1


async def test_two_officers_at_once_one_wins(committed: Make) -> None:
    make = committed
    school = await make.submitter(SCHOOL)
    found = await submitted(make, school)
    officers = [await make.officer() for _ in range(6)]
    answers = await asyncio.gather(
        *(o.post(f"/v1/nominations/{found['id']}/receive", {}, etag=f'"{found["version"]}"') for o in officers)
    )
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412, 412, 412]
