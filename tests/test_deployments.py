"""/v1/campaigns/{id}/deployments, /cascade, /v1/deployments: what the units do with a campaign."""

import uuid
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import clock
from app.vocabularies import Reach, Role
from tests.campaigns import (
    NATION,
    URL,
    acknowledged,
    deployed,
    document,
    draft,
    etag,
    launched,
    nothing_changes,
    provincial,
)
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, ok, refused
from tests.test_campaign_reading import CA_NUOC, QUANG_NINH, UONG_BI, shipped

OTHER_SCHOOL = "truong-tieu-hoc-minh-hoa-vang-danh"
QUARTER = "khu-lac-thanh"
MODEL = {"kind": "model", "name": "Tuyến đường tự quản"}
TARGET = {"indicator": "Hộ gia đình phân loại rác", "operator": ">=", "value": "90", "unit": "%"}


def path(found: dict[str, Any], action: str = "") -> str:
    return f"/v1/deployments/{found['id']}" + (f"/{action}" if action else "")


# ------------------------------------------------------------ from acknowledged to reported


async def test_a_unit_goes_from_acknowledging_to_its_result(make: Make) -> None:
    campaign, school = await launched(make), await make.submitter(SCHOOL)
    answer = await school.post(
        f"{URL}/{campaign['id']}/deployments",
        {"authority_id": str((await make.authority(SCHOOL)).id), "targets": [TARGET]},
    )
    found = ok(answer, 201)
    assert answer.headers["Location"] == path(found)
    assert (found["state"], found["acknowledged_on"]) == ("acknowledged", clock.today().isoformat())
    assert found["campaign"] == {name: campaign[name] for name in ("id", "code", "title")}
    assert found["targets"] == [TARGET | {"applies_to": None}]
    assert (found["commitments"], found["result"], found["launch_document"]) == ([], None, None)
    assert found["allowed_actions"] == ["deploy"]

    paper = await document(make, school, SCHOOL)
    body = {"launch_document_id": paper["id"], "received_on": "2026-03-06", "commitments": [MODEL]}
    under_way = ok(await school.post(path(found, "deploy"), body, etag=etag(found)))
    assert (under_way["state"], under_way["version"]) == ("deployed", 2)
    assert under_way["launch_document"]["number_symbol"] == paper["number_symbol"]
    assert under_way["launch_document_received_on"] == "2026-03-06"
    assert under_way["commitments"] == [MODEL | {"due": None, "finished_on": None}]
    # a target named before stays; the result is another write
    assert (under_way["targets"], under_way["result"]) == (found["targets"], None)

    over = ok(await school.post(path(found, "report"), {"result": "95 % hộ phân loại rác"}, etag=etag(under_way)))
    assert (over["state"], over["result"], over["version"]) == ("reported", "95 % hộ phân loại rác", 3)
    assert (over["targets"], over["commitments"]) == (under_way["targets"], under_way["commitments"])
    assert ok(await school.get(path(found))) == over
    events = text(
        "select action, grant_id is not null, after->>'state' from audit_event where entity_id = :id order by id"
    )
    trail = (await make.connection.execute(events, {"id": found["id"]})).all()
    assert [tuple(event) for event in trail] == [
        ("acknowledged", True, "acknowledged"),
        ("deployed", True, "deployed"),
        ("reported", True, "reported"),
    ]


async def test_a_unit_without_model_or_project_has_not_deployed(make: Make) -> None:
    campaign, school = await launched(make), await make.submitter(SCHOOL)
    found = await acknowledged(make, school, campaign, SCHOOL)
    async with nothing_changes(make):
        for body, pointer, code in (
            ({"commitments": []}, "/commitments", "too_few_items"),
            ({}, "/commitments", "required"),
            ({"commitments": [{"kind": "film", "name": "Phim"}]}, "/commitments/0/kind", "unknown_value"),
            ({"commitments": [MODEL], "result": "Đạt"}, "/result", "unknown_field"),
            ({"commitments": [MODEL], "received_on": "2999-01-01"}, "/received_on", "in_the_future"),
        ):
            problem = refused(await school.post(path(found, "deploy"), body, etag=etag(found)), 422, "invalid_input")
            assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
        unknown: dict[str, Any] = {"commitments": [MODEL], "launch_document_id": str(uuid.uuid4())}
        refused(await school.post(path(found, "deploy"), unknown, etag=etag(found)), 422, "unknown_reference")
        both: dict[str, Any] = {"result": "Đạt", "targets": []}
        refused(await school.post(path(found, "report"), both, etag=etag(found)), 422, "invalid_input")


async def test_a_unit_takes_a_campaign_up_once(make: Make) -> None:
    campaign, school = await launched(make), await make.submitter(SCHOOL)
    body = {"authority_id": str((await make.authority(SCHOOL)).id)}
    target = f"{URL}/{campaign['id']}/deployments"
    first = await school.post(target, body, headers={"Idempotency-Key": "trien-khai-01"})
    async with nothing_changes(make):
        again = await school.post(target, body, headers={"Idempotency-Key": "trien-khai-01"})
        assert (again.status_code, again.content) == (first.status_code, first.content)
        refused(await school.post(target, body), 409, "deployment_exists")
        refused(
            await school.post(target, body | {"targets": [TARGET]}, headers={"Idempotency-Key": "trien-khai-01"}),
            422,
            "idempotency_key_reused",
        )


async def test_only_units_below_the_launcher_deploy_its_campaign(make: Make) -> None:
    campaign = await launched(make)
    both = await make.caller((Role.SUBMITTER, PROVINCE, Reach.TERRITORY))
    async with nothing_changes(make):
        for key in (OTHER_SCHOOL, WARD, PROVINCE):
            body = {"authority_id": str((await make.authority(key)).id)}
            refused(await both.post(f"{URL}/{campaign['id']}/deployments", body), 422, "outside_campaign_scope")
        other = await make.submitter(OTHER_SCHOOL)
        body = {"authority_id": str((await make.authority(OTHER_SCHOOL)).id)}
        refused(await other.post(f"{URL}/{campaign['id']}/deployments", body), 404, "not_found")
    assert (await acknowledged(make, both, campaign, QUARTER))["state"] == "acknowledged"


async def test_a_union_deploys_by_its_line_and_everybody_what_is_nation_wide(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    leader = await make.caller((Role.LEADER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    found = await draft(make, officer, PROVINCIAL_WOMENS_UNION)
    of_line = ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))
    union, school = await make.submitter(WOMENS_UNION), await make.submitter(SCHOOL)
    await acknowledged(make, union, of_line, WOMENS_UNION)
    body = {"authority_id": str((await make.authority(SCHOOL)).id)}
    refused(await school.post(f"{URL}/{of_line['id']}/deployments", body), 404, "not_found")
    await acknowledged(make, school, await shipped(make, CA_NUOC), SCHOOL)


async def test_nobody_deploys_for_another_unit_or_without_the_permission(make: Make) -> None:
    campaign = await launched(make)
    school, union, officer = await make.submitter(SCHOOL), await make.submitter(WOMENS_UNION), await make.officer()
    found = await acknowledged(make, school, campaign, SCHOOL)
    body = {"authority_id": str((await make.authority(QUARTER)).id)}
    async with nothing_changes(make):
        refused(await school.post(f"{URL}/{campaign['id']}/deployments", body), 404, "not_found")
        refused(await officer.post(f"{URL}/{campaign['id']}/deployments", body), 403, "forbidden")
        refused(await union.post(path(found, "deploy"), {"commitments": [MODEL]}, etag=etag(found)), 404, "not_found")
        refused(await officer.post(path(found, "deploy"), {"commitments": [MODEL]}, etag=etag(found)), 403, "forbidden")
    assert ok(await officer.get(path(found)))["allowed_actions"] == []
    refused(await union.get(path(found)), 404, "not_found")
    refused(await (await make.officer(OTHER_WARD)).get(path(found)), 404, "not_found")
    refused(await (await make.caller((Role.FINANCE, WARD, Reach.TERRITORY))).get(path(found)), 403, "forbidden")


async def test_a_change_needs_the_version_that_was_read(make: Make) -> None:
    campaign, school = await launched(make), await make.submitter(SCHOOL)
    found = await acknowledged(make, school, campaign, SCHOOL)
    body = {"commitments": [MODEL]}
    ok(await school.post(path(found, "deploy"), body, etag=etag(found)))
    async with nothing_changes(make):
        refused(await school.post(path(found, "report"), {"result": "Đạt"}), 428, "precondition_required")
        refused(await school.post(path(found, "report"), {"result": "Đạt"}, etag=etag(found)), 412, "version_mismatch")


@pytest.mark.parametrize("campaign_state", ["launched", "suspended", "concluded", "archived", "cancelled"])
@pytest.mark.parametrize("state", ["pending", "acknowledged", "deployed", "reported"])
async def test_what_is_allowed_is_what_is_not_refused(make: Make, state: str, campaign_state: str) -> None:
    campaign, school = await launched(make), await make.submitter(SCHOOL)
    found = await acknowledged(make, school, campaign, SCHOOL)
    await make.connection.execute(
        text("update deployment set state = :state where id = :id"), {"state": state, "id": found["id"]}
    )
    await make.connection.execute(
        text("update campaign set state = :state where id = :id"), {"state": campaign_state, "id": campaign["id"]}
    )
    allowed = ok(await school.get(path(found)))["allowed_actions"]
    succeeded = []
    for action, body in (("deploy", {"commitments": [MODEL]}), ("report", {"result": "Đạt"})):
        async with make.rolled_back():
            answer = await school.post(path(found, action), body, etag=etag(found))
        if answer.status_code == 200:
            succeeded.append(action)
        else:
            assert answer.status_code == 409 and answer.json()["code"] in ("transition_refused", "campaign_not_open")
    assert succeeded == allowed
    expected = {"launched": {"pending": ["deploy"], "acknowledged": ["deploy"]}}.get(campaign_state, {}).get(state, [])
    if state in ("deployed", "reported") and campaign_state in ("launched", "suspended", "concluded"):
        expected = ["report"]
    assert allowed == expected


async def test_a_campaign_that_is_not_open_is_not_taken_up(make: Make) -> None:
    campaign, leader, school = await launched(make), await make.leader(), await make.submitter(SCHOOL)
    ok(await leader.post(f"{URL}/{campaign['id']}/conclude", {"reason": "Hết hạn"}, etag=etag(campaign)))
    body = {"authority_id": str((await make.authority(SCHOOL)).id)}
    async with nothing_changes(make):
        refused(await school.post(f"{URL}/{campaign['id']}/deployments", body), 409, "campaign_not_open")


# ------------------------------------------------------------ reading


async def test_the_list_holds_what_lies_in_reach(make: Make) -> None:
    campaign = await launched(make)
    for key in (SCHOOL, QUARTER, WOMENS_UNION):
        await deployed(make, campaign, key)
    await acknowledged(make, await make.submitter("khu-nui-gac"), campaign, "khu-nui-gac")

    async def names(caller: Caller, **parameters: Any) -> set[str]:
        page = ok(await caller.get(f"{URL}/{campaign['id']}/deployments", params=parameters))
        return {item["authority"]["name"] for item in page["items"]}

    everyone = {
        "Trường Tiểu học Minh Họa Uông Bí",
        "Khu Lạc Thanh",
        "Hội Liên hiệp Phụ nữ phường Uông Bí",
        "Khu Núi Gạc",
    }
    officer = await make.officer()
    assert await names(officer) == await names(await make.officer(PROVINCE)) == everyone
    assert await names(officer, state="acknowledged") == {"Khu Núi Gạc"}
    assert await names(officer, state=["acknowledged", "deployed"]) == everyone
    assert await names(officer, state="reported") == set()
    assert await names(await make.submitter(SCHOOL)) == {"Trường Tiểu học Minh Họa Uông Bí"}
    refused(await (await make.officer(OTHER_WARD)).get(f"{URL}/{campaign['id']}/deployments"), 404, "not_found")
    refused(await officer.get(f"{URL}/{uuid.uuid4()}/deployments"), 404, "not_found")
    finance = await make.caller((Role.FINANCE, WARD, Reach.TERRITORY))
    refused(await finance.get(f"{URL}/{campaign['id']}/deployments"), 403, "forbidden")


async def test_pages_hold_every_deployment_once(make: Make) -> None:
    campaign, officer = await launched(make), await make.officer()
    for key in (SCHOOL, QUARTER, WOMENS_UNION, "khu-nui-gac", "khu-phu-thanh"):
        await acknowledged(make, await make.submitter(key), campaign, key)
    seen, cursor = [], None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = ok(await officer.get(f"{URL}/{campaign['id']}/deployments", params=parameters))
        seen += [(item["created_at"], item["id"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5 and seen == sorted(set(seen), reverse=True)


async def test_lists_details_and_cascades_are_one_statement_each(make: Make, app: FastAPI) -> None:
    campaign, officer = await launched(make), await make.officer()
    found = await deployed(make, campaign, SCHOOL)
    await officer.get(URL)
    reads = app.state.database.reads
    for target in (f"{URL}/{campaign['id']}/deployments", path(found), f"{URL}/{campaign['id']}/cascade"):
        before = reads.statements
        ok(await officer.get(target))
        assert reads.statements == before + 1, target


async def test_an_unchanged_deployment_is_answered_304_until_its_campaign_moves(make: Make) -> None:
    campaign, school, leader = await launched(make), await make.submitter(SCHOOL), await make.leader()
    found = await acknowledged(make, school, campaign, SCHOOL)
    tag = (await school.get(path(found))).headers["ETag"]
    headers = {"If-None-Match": tag}
    assert (await school.request("GET", path(found), headers=headers)).status_code == 304
    ok(await leader.post(f"{URL}/{campaign['id']}/conclude", {"reason": "Hết hạn"}, etag=etag(campaign)))
    assert ok(await school.request("GET", path(found), headers=headers))["allowed_actions"] == []


# ------------------------------------------------------------ the cascade


async def cascade(caller: Caller, campaign: dict[str, Any]) -> dict[str, Any]:
    return ok(await caller.get(f"{URL}/{campaign['id']}/cascade"))


async def test_the_cascade_shows_the_lineage_with_the_lag_of_each_level(make: Make) -> None:
    """53/KH-UBND (14/8/2025) came 69 days after 153/KH-UBND (06/6/2025); the day of the nation's is not in the papers."""
    ward, province, nation = [await shipped(make, key) for key in (UONG_BI, QUANG_NINH, CA_NUOC)]
    for asked in (ward, province, nation):
        found = await cascade(await make.officer(), asked)
        nodes = [(n["campaign"]["code"], n["launched_on"], n["lag_days"], n["parent_id"]) for n in found["campaigns"]]
        assert nodes == [
            (nation["code"], None, None, None),
            (province["code"], "2025-06-06", None, nation["id"]),
            (ward["code"], "2025-08-14", 69, province["id"]),
        ]
        assert found["campaigns"][2]["launcher"]["name"] == "Ủy ban nhân dân phường Uông Bí"


async def test_the_plan_of_cam_pha_carries_out_the_provinces(make: Make) -> None:
    """345/KH-UBND (31/12/2024) came 32 days after 281/KH-UBND (29/11/2024)."""
    city = await shipped(make, "cam-pha-thi-dua-chao-mung-dai-hoi-dang")
    found = await cascade(await make.officer(PROVINCE), city)
    nodes = [(n["launcher"]["name"], n["launched_on"], n["lag_days"]) for n in found["campaigns"]]
    assert nodes == [
        ("Thủ tướng Chính phủ", "2024-10-15", None),
        ("Ủy ban nhân dân tỉnh Quảng Ninh", "2024-11-29", 45),
        ("Ủy ban nhân dân thành phố Cẩm Phả", "2024-12-31", 32),
    ]
    # the city ended on 30/6/2025 with all its bodies: nobody is left to deploy
    assert (found["units_in_scope"], found["participation_percent"], found["silent_units"]) == (0, "0.0", [])


async def test_the_cascade_counts_who_deployed_and_names_who_is_silent(make: Make) -> None:
    campaign, officer = await launched(make), await make.officer()
    empty = await cascade(officer, campaign)
    assert (empty["units_deployed"], empty["participation_percent"], empty["units_with_commitment"]) == (0, "0.0", 0)
    assert len(empty["silent_units"]) == empty["units_in_scope"] == 21
    await deployed(make, campaign, SCHOOL)
    await deployed(make, campaign, WOMENS_UNION)
    promise = {"kind": "project", "name": "Đường hoa"}
    await acknowledged(make, await make.submitter(QUARTER), campaign, QUARTER, commitments=[promise])
    found = await cascade(officer, campaign)
    assert (found["units_in_scope"], found["units_deployed"], found["units_with_commitment"]) == (21, 2, 3)
    assert found["participation_percent"] == "9.5"
    silent = {unit["authority"]["name"]: unit["acknowledged"] for unit in found["silent_units"]}
    assert silent["Khu Lạc Thanh"] is True and silent["Khu Núi Gạc"] is False
    assert "Trường Tiểu học Minh Họa Uông Bí" not in silent and len(silent) == 19


async def test_units_in_scope_are_bodies_that_take_part_and_exist_today(make: Make) -> None:
    """Mass organisations below MTTQ take part; councils, the Party and bodies that ended do not."""
    found = await cascade(await make.officer(), await launched(make))
    names = {unit["authority"]["name"] for unit in found["silent_units"]}
    assert {"Hội Liên hiệp Phụ nữ phường Uông Bí", "Công an phường Uông Bí", "Khu Lạc Thanh"} <= names
    assert {"Ủy ban Mặt trận Tổ quốc Việt Nam phường Uông Bí", "Công ty TNHH Gideon"} <= names
    assert not [name for name in names if "Hội đồng" in name or "Đảng" in name or "Đại hội" in name]
    assert "Ủy ban nhân dân phường Uông Bí" not in names
    await make.connection.execute(
        text("update authority set valid_to = :day where key = 'khu-lac-thanh'"), {"day": clock.today().replace(day=1)}
    )
    again = await cascade(await make.officer(), await launched(make))
    gone = clock.today().day > 1
    assert again["units_in_scope"] == found["units_in_scope"] - gone


async def test_silent_units_stand_in_the_order_of_the_vietnamese_alphabet(make: Make) -> None:
    found = await cascade(await make.officer(), await launched(make))
    names = [unit["authority"]["name"] for unit in found["silent_units"]]
    first = [
        "Bệnh viện",
        "Công an",
        "Công đoàn",
        "Công ty",
        "Đoàn Thanh niên",
        "Hội",
        "Khu",
        "Phòng",
        "Trung tâm",
        "Ủy ban",
    ]
    found_first = [next(i for i, name in enumerate(names) if name.startswith(start)) for start in first]
    assert found_first == sorted(found_first)
    assert names.index("Khu Đền Công 1") < names.index("Khu Lạc Thanh") < names.index("Khu Phú Thanh")


async def test_at_most_a_thousand_silent_units_are_named_and_all_are_counted(make: Make) -> None:
    campaign = await launched(make)
    await make.connection.execute(
        text("""
        insert into authority (id, key, code, name, line, kind, level, parent_id, verification, territory_path, line_path)
        select gen_random_uuid(), 'khu-thu-' || n, 'KT' || n, 'Khu thử ' || lpad(n::text, 4, '0'), 'community',
               'residential_area', 'community', a.id, 'unverified', '', ''
        from authority a, generate_series(1005, 1, -1) as n where a.key = :ward"""),
        {"ward": WARD},
    )
    found = await cascade(await make.officer(), campaign)
    names = [unit["authority"]["name"] for unit in found["silent_units"]]
    assert (found["units_in_scope"], len(names)) == (1026, 1000)
    quarters = [name for name in names if name.startswith("Khu thử")]
    # what comes last in the alphabet is what is left out
    assert quarters == [f"Khu thử {n:04d}" for n in range(1, len(quarters) + 1)] and "Ủy ban" not in names[-1]


async def test_a_body_that_launched_its_own_campaign_below_is_not_silent(make: Make) -> None:
    above, chair = await provincial(make), await make.officer(PROVINCE)
    before = await cascade(chair, above)
    drafted = await draft(make, await make.officer(), parent_id=above["id"])
    assert (await cascade(chair, above))["units_deployed"] == before["units_deployed"] == 0
    leader = await make.leader()
    ok(await leader.post(f"{URL}/{drafted['id']}/launch", {}, etag=etag(drafted)))
    found = await cascade(chair, above)
    assert found["units_deployed"] == 1
    assert [node["campaign"]["code"] for node in found["campaigns"]] == [above["code"], drafted["code"]]


async def test_lag_counts_days_from_the_campaign_above(make: Make) -> None:
    above = await launched(make, PROVINCE, on="2026-01-31")
    below = await launched(make, WARD, on="2026-03-02", parent_id=above["id"])
    found = await cascade(await make.officer(), below)
    assert [node["lag_days"] for node in found["campaigns"]] == [None, 30]


async def test_the_cascade_is_narrowed_to_the_callers_reach(make: Make) -> None:
    above = await provincial(make)
    of_ward, of_other = (
        await launched(make, WARD, parent_id=above["id"]),
        await launched(make, OTHER_WARD, parent_id=above["id"]),
    )
    drafted = await draft(make, await make.officer(), parent_id=above["id"])

    async def codes(caller: Caller, campaign: dict[str, Any]) -> set[str]:
        return {node["campaign"]["code"] for node in (await cascade(caller, campaign))["campaigns"]}

    officer, school = await make.officer(), await make.submitter(SCHOOL)
    assert await codes(officer, above) == await codes(school, of_ward) == {above["code"], of_ward["code"]}
    assert await codes(await make.officer(PROVINCE), above) == {above["code"], of_ward["code"], of_other["code"]}
    assert await codes(officer, drafted) == {above["code"], of_ward["code"], drafted["code"]}
    own = await cascade(school, of_ward)
    assert (own["units_in_scope"], [u["authority"]["name"] for u in own["silent_units"]]) == (
        1,
        ["Trường Tiểu học Minh Họa Uông Bí"],
    )
    refused(await school.get(f"{URL}/{of_other['id']}/cascade"), 404, "not_found")
    refused(await school.get(f"{URL}/{drafted['id']}/cascade"), 404, "not_found")
    finance = await make.caller((Role.FINANCE, WARD, Reach.TERRITORY))
    refused(await finance.get(f"{URL}/{of_ward['id']}/cascade"), 403, "forbidden")


async def test_a_union_counts_its_own_line_below_it(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    found = await cascade(officer, await draft(make, officer, PROVINCIAL_WOMENS_UNION))
    names = {unit["authority"]["name"] for unit in found["silent_units"]}
    assert names == {f"Hội Liên hiệp Phụ nữ phường {ward}" for ward in ("Uông Bí", "Vàng Danh", "Yên Tử", "Cẩm Phả")}


async def test_of_a_nation_wide_campaign_the_provinces_are_in_scope(make: Make) -> None:
    found = await cascade(await make.officer(NATION), await shipped(make, CA_NUOC))
    names = {unit["authority"]["name"] for unit in found["silent_units"]}
    assert "Ủy ban nhân dân thành phố Hải Phòng" in names
    # Quảng Ninh launched its own below
    assert "Ủy ban nhân dân tỉnh Quảng Ninh" not in names and found["units_deployed"] == 1
