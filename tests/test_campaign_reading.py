"""/v1/campaigns: who may see which campaign, lists with their filters and pages, conditional reads."""

import uuid
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import clock
from app.vocabularies import Reach, Role
from tests.campaigns import NATION, URL, acknowledged, draft, etag, launched, provincial
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, ok, refused

UONG_BI = "uong-bi-doi-moi-sang-tao-chuyen-doi-so"
QUANG_NINH = "quang-ninh-doi-moi-sang-tao-chuyen-doi-so"
CA_NUOC = "ca-nuoc-doi-moi-sang-tao-chuyen-doi-so"


async def shipped(make: Make, key: str) -> dict[str, Any]:
    row = (await make.connection.execute(text("select id, code from campaign where key = :key"), {"key": key})).one()
    return {"id": str(row.id), "code": row.code}


async def listed(caller: Caller, **parameters: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        sent = parameters | ({"cursor": cursor} if cursor else {})
        page = ok(await caller.get(URL, params=sent))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


async def sees(caller: Caller, campaign: dict[str, Any]) -> bool:
    """Whether the caller reads it; the list must say the same."""
    answer = await caller.get(f"{URL}/{campaign['id']}")
    in_list = campaign["id"] in {item["id"] for item in await listed(caller, limit=100)}
    assert answer.status_code in (200, 404) and (answer.status_code == 200) == in_list
    return in_list


async def test_campaigns_need_a_login(client: httpx.AsyncClient) -> None:
    assert (await client.get(URL)).status_code == 401
    assert (await client.get(f"{URL}/{uuid.uuid4()}")).status_code == 401


async def test_a_ward_cannot_see_another_wards_draft_nor_what_it_launched(make: Make) -> None:
    other = await make.officer(OTHER_WARD)
    drafted, running = await draft(make, await make.officer()), await launched(make)
    for campaign in (drafted, running):
        assert await sees(await make.officer(), campaign)
        assert await sees(await make.officer(PROVINCE), campaign)
        assert not await sees(other, campaign)


async def test_those_below_see_what_is_launched_above_but_no_draft(make: Make) -> None:
    drafted, running = await draft(make, await make.officer(PROVINCE), PROVINCE), await provincial(make)
    for key in (WARD, OTHER_WARD, SCHOOL, WOMENS_UNION, "khu-lac-thanh"):
        unit = await make.submitter(key)
        assert await sees(unit, running) and not await sees(unit, drafted)
    stranger = await make.officer("ubnd-thanh-pho-hai-phong")
    assert not await sees(stranger, running)


@pytest.mark.parametrize(
    ("state", "visible"),
    [("draft", False), ("in_review", False), ("cancelled", False), ("launched", True), ("suspended", True),
     ("concluded", True), ("archived", True)],
)  # fmt: skip
async def test_the_state_decides_what_those_below_see(make: Make, state: str, visible: bool) -> None:
    running = await provincial(make)
    await make.connection.execute(
        text("update campaign set state = :state where id = :id"), {"state": state, "id": running["id"]}
    )
    assert await sees(await make.submitter(SCHOOL), running) == visible
    assert await sees(await make.officer(PROVINCE), running)


async def test_a_union_sees_its_line_upwards_and_downwards(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    leader = await make.caller((Role.LEADER, PROVINCIAL_WOMENS_UNION, Reach.LINE))
    found = await draft(make, officer, PROVINCIAL_WOMENS_UNION)
    above = ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))
    below = await draft(make, await make.caller((Role.OFFICER, WOMENS_UNION, Reach.SELF)), WOMENS_UNION)
    of_school = await draft(make, await make.officer(), SCHOOL)
    assert await sees(officer, below) and not await sees(officer, of_school)
    assert await sees(await make.submitter("hoi-lhpn-phuong-vang-danh"), above)
    assert not await sees(await make.submitter(SCHOOL), above)


async def test_everybody_sees_what_is_launched_for_the_whole_nation(make: Make) -> None:
    officer, leader = await make.officer(NATION), await make.leader(NATION)
    found = await draft(make, officer, NATION, scope="national")
    stranger = await make.submitter("truong-tieu-hoc-minh-hoa-vang-danh")
    assert not await sees(stranger, found)
    ok(await leader.post(f"{URL}/{found['id']}/launch", {}, etag=etag(found)))
    assert await sees(stranger, found)
    # the Prime Minister stands above nobody in the tree; the scope alone makes it visible
    assert await sees(stranger, await shipped(make, CA_NUOC))


async def test_a_role_that_reads_no_campaigns_is_refused_inside_its_reach(make: Make) -> None:
    finance = await make.caller((Role.FINANCE, WARD, Reach.TERRITORY))
    running, elsewhere = await launched(make), await launched(make, OTHER_WARD)
    refused(await finance.get(URL), 403, "forbidden")
    refused(await finance.get(f"{URL}/{running['id']}"), 403, "forbidden")
    refused(await finance.get(f"{URL}/{elsewhere['id']}"), 404, "not_found")
    # a grant elsewhere lends nothing to the one that does not read
    both = await make.caller((Role.FINANCE, WARD, Reach.TERRITORY), (Role.VIEWER, OTHER_WARD, Reach.SELF))
    refused(await both.get(f"{URL}/{running['id']}"), 403, "forbidden")
    assert running["id"] not in {item["id"] for item in await listed(both, limit=100)}


async def test_filters_narrow_the_list(make: Make) -> None:
    officer = await make.officer()
    ward = str((await make.authority(WARD)).id)
    parent = await provincial(make)
    child = await draft(make, officer, parent_id=parent["id"], method="special", title="Chiến dịch Hè Xanh 90 ngày")
    running = await launched(make, scope="unit")

    async def ids(**parameters: Any) -> set[str]:
        return {item["id"] for item in await listed(officer, limit=100, **parameters)}

    assert await ids(parent_id=parent["id"]) == {child["id"]}
    assert await ids(method="special", state="draft") == {child["id"]}
    assert await ids(scope="unit", state="launched") >= {running["id"]}
    assert child["id"] not in await ids(scope="unit")
    assert await ids(launcher_id=ward, state="draft") == {child["id"]}
    assert await ids(launcher_id=ward, state=["draft", "launched"]) >= {child["id"], running["id"]}
    assert await ids(q="he xanh") == await ids(q="HÈ XANH 90") == await ids(q="chien dich he") == {child["id"]}
    assert await ids(q="he xanh", parent_id=parent["id"], method="special") == {child["id"]}
    assert await ids(q="he xanh", method="regular") == await ids(q="!!!") == await ids(q="khong co gi nhu the") == set()
    assert await ids(parent_id=str(uuid.uuid4())) == set()


async def test_narrowing_filters_do_not_widen_the_reach(make: Make) -> None:
    hidden = await draft(make, await make.officer(), title="Chiến dịch bí mật của phường")
    other = await make.officer(OTHER_WARD)
    for filters in ({"q": "chien dich bi mat"}, {"launcher_id": str((await make.authority(WARD)).id)}):
        assert hidden["id"] not in {item["id"] for item in await listed(other, **filters)}


@pytest.mark.parametrize(
    ("starts", "ends", "years"),
    [
        ("2031", "2033", {2031, 2032, 2033}),
        ("2033-05", None, {2033, 2034, 2035}),
        (None, "2032-12-31", {2032}),
        (None, None, set()),
    ],
)
async def test_a_year_finds_what_is_known_to_run_in_it(
    make: Make, starts: str | None, ends: str | None, years: set[int]
) -> None:
    def sent(value: str | None) -> Any:
        return value and {"value": value, "precision": {4: "year", 7: "month", 10: "day"}[len(value)]}

    officer = await make.officer()
    found = await draft(make, officer, starts=sent(starts), ends=sent(ends))
    ward = found["launcher"]["id"]
    for narrowed in ({}, {"launcher_id": ward}):
        seen = set()
        for year in range(2030, 2036):
            items = await listed(officer, year=year, state="draft", **narrowed)
            seen |= {year for item in items if item["id"] == found["id"]}
        assert seen == years


@pytest.mark.parametrize("narrowed", [False, True])
async def test_pages_hold_every_campaign_once_and_newest_first(make: Make, narrowed: bool) -> None:
    officer = await make.officer()
    for _ in range(5):
        await draft(make, officer, paper=False)
    filters = {"launcher_id": str((await make.authority(WARD)).id)} if narrowed else {}
    whole = await listed(officer, limit=100, **filters)
    paged = await listed(officer, limit=3, **filters)
    assert [item["id"] for item in paged] == [item["id"] for item in whole]
    order = [(item["created_at"], item["id"]) for item in paged]
    assert order == sorted(set(order), reverse=True) and len(order) > 10


async def test_a_caller_with_overlapping_grants_gets_every_campaign_once(make: Make) -> None:
    many = await make.caller(
        (Role.OFFICER, WARD, Reach.TERRITORY),
        (Role.VIEWER, PROVINCE, Reach.TERRITORY),
        (Role.VIEWER, WARD, Reach.SELF),
        (Role.VIEWER, PROVINCE, Reach.LINE),
        (Role.AUDITOR, NATION, Reach.TERRITORY),
    )
    await draft(make, await make.officer())
    items = [item["id"] for item in await listed(many, limit=7)]
    count = (await make.connection.execute(text("select count(*) from campaign"))).scalar_one()
    assert len(items) == len(set(items)) == count


@pytest.mark.parametrize(
    ("parameters", "pointer", "code"),
    [
        ({"limit": 101}, "?limit", "too_large"),
        ({"limit": 0}, "?limit", "too_small"),
        ({"page": 2}, "?page", "unknown_parameter"),
        ({"state": "running"}, "?state/0", "unknown_value"),
        ({"year": 1800}, "?year", "too_small"),
        ({"parent_id": "x"}, "?parent_id", "wrong_format"),
        ({"q": "Phong tra\u0300o"}, "?q", "text_not_nfc"),
    ],
)
async def test_bad_parameters_are_named(make: Make, parameters: dict[str, Any], pointer: str, code: str) -> None:
    problem = refused(await (await make.officer()).get(URL, params=parameters), 422, "invalid_input")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("cursor", ["x", "eyJhIjoxfQ", "WyIyMDI2LTAxLTAxIiwgIngiXQ"])
async def test_a_cursor_that_is_not_ours_is_refused(make: Make, cursor: str) -> None:
    refused(await (await make.officer()).get(URL, params={"cursor": cursor}), 422, "invalid_cursor")


@pytest.mark.parametrize("parameters", [{}, {"q": "thi dua"}, {"state": ["draft", "launched"], "year": 2025}])
async def test_a_list_is_one_statement(make: Make, app: FastAPI, parameters: dict[str, Any]) -> None:
    officer = await make.officer()
    await officer.get(URL)
    reads = app.state.database.reads
    before = reads.statements
    assert len(ok(await officer.get(URL, params=parameters))["items"]) > 1
    assert reads.statements == before + 1


async def test_a_campaign_is_one_statement(make: Make, app: FastAPI) -> None:
    running, officer = await launched(make), await make.officer()
    await officer.get(URL)
    before = app.state.database.reads.statements
    ok(await officer.get(f"{URL}/{running['id']}"))
    assert app.state.database.reads.statements == before + 1


async def test_an_unchanged_campaign_is_answered_304(make: Make) -> None:
    running, officer = await launched(make), await make.officer()
    path = f"{URL}/{running['id']}"
    first = await officer.get(path)
    again = await officer.request("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"


async def test_the_etag_changes_with_the_day_the_caller_and_what_stands_elsewhere(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, leader = await launched(make), await make.leader()
    path = f"{URL}/{running['id']}"

    async def tag(caller: Caller) -> str:
        return str((await caller.get(path)).headers["ETag"])

    first = await tag(leader)
    # a colleague may do other things
    assert await tag(await make.officer()) != first
    # the public status depends on the day
    with monkeypatch.context() as tomorrow:
        day = clock.today()
        tomorrow.setattr(clock, "today", lambda: day.replace(year=day.year + 1))
        assert await tag(leader) != first
    assert await tag(leader) == first
    # since a unit took it up, it cannot be cancelled any more
    await acknowledged(make, await make.submitter(SCHOOL), running, SCHOOL)
    assert await tag(leader) != first
    assert (await leader.get(path)).headers["ETag"].startswith(f'"{running["version"]}.')


async def test_the_etag_that_was_read_is_the_if_match_of_a_change(make: Make) -> None:
    officer = await make.officer()
    found = await draft(make, officer)
    read = (await officer.get(f"{URL}/{found['id']}")).headers["ETag"]
    assert ok(await officer.patch(f"{URL}/{found['id']}", {"theme": "Xanh"}, etag=read))["version"] == 2


async def test_the_wards_plan_of_2025_stands_under_the_province_and_the_nation(make: Make) -> None:
    """53/KH-UBND of phường Uông Bí carries out 153/KH-UBND, which carries out the Prime Minister's campaign."""
    officer = await make.officer()
    ward = ok(await officer.get(f"{URL}/{(await shipped(make, UONG_BI))['id']}"))
    assert ward["launch_document"]["number_symbol"] == "53/KH-UBND" and ward["launched_on"] == "2025-08-14"
    assert (ward["starts"]["value"], ward["ends"]["value"]) == ("2025", "2030")
    assert [phase["review"]["on"]["value"] for phase in ward["plan"]["phases"]] == ["2027", "2030"]
    assert len(ward["plan"]["contents"]) == 9 and len(ward["plan"]["criteria"]) == 5
    province = ok(await officer.get(f"{URL}/{ward['parent']['id']}"))
    assert province["launch_document"]["number_symbol"] == "153/KH-UBND"
    assert province["parent"]["code"] == (await shipped(make, CA_NUOC))["code"]
    children = await listed(officer, parent_id=province["id"])
    assert [child["code"] for child in children] == [ward["code"]]
