"""Statistics of awards on the map of the time and on today's, beside the figures of the papers."""

import uuid
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.administrative_units import AdministrativeUnit
from app.models.statistics import GROUPS_MOST, AwardStatistics, HistoricalFigure
from app.services import statistics
from app.vocabularies import AuthorityKind, FigureKind, Reach, Role, SuccessionExtent
from tests.figures import SHIPPED, assert_is_the_figure
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.register import give, make_body, make_unit, merge

OLD_WARDS = ("ubnd-phuong-quang-trung", "ubnd-phuong-thanh-son", "ubnd-phuong-yen-thanh")
SPLIT_WARD = "ubnd-phuong-trung-vuong"
SCHOOL = "truong-tieu-hoc-minh-hoa-uong-bi"
UNION = "hoi-lhpn-phuong-uong-bi"
NATION = "chinh-phu"


async def count(caller: Caller, make: Make, key: str, **query: Any) -> dict[str, Any]:
    """The statistics of a body, as the contract says them."""
    answer = await caller.get("/v1/statistics/awards", params={"authority_id": await id_of(make, key), **query})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    # built of plain values: what the contract's own shape says of it must be the same
    assert AwardStatistics.model_validate_json(answer.content).model_dump(mode="json") == content
    return content


async def id_of(make: Make, key: str) -> str:
    return str((await make.authority(key)).id)


async def give_to(make: Make, *keys: str, **facts: Any) -> uuid.UUID:
    return await give(make.connection, *[(await make.authority(key)).id for key in keys], **facts)


# ------------------------------------------------------------ the register


async def test_a_ward_counts_its_own_awards_and_those_of_every_body_below(make: Make) -> None:
    await give_to(make, WARD, SCHOOL, UNION, UNION, bonus=390_000)
    await give_to(make, OTHER_WARD)
    answer = await count(await make.officer(), make, WARD)
    assert answer["award_register"] == {
        "items": [
            {"level": None, "award_type": None, "category": None, "recipient_kind": None, "year": None}
            | {"awards": 4, "bonus": 4 * 390_000}
        ],
        "awards": 4,
        "bonus": 4 * 390_000,
    }
    assert (answer["total"], answer["total_uses"]) == (4, "award_register")
    assert answer["scope"]["name"] == "Ủy ban nhân dân phường Uông Bí"


async def test_awards_are_grouped_by_every_dimension_and_by_several(make: Make) -> None:
    await give_to(make, SCHOOL, SCHOOL, year=2024, award_type="lao_dong_tien_tien", bonus=5)
    await give_to(make, UNION, year=2025, recipient_kind="collective", category="campaign")
    await give_to(make, WARD, year=2025, award_type="bk_thu_tuong", level="central")
    officer = await make.officer()
    for dimension, expected in {
        "level": {"central": 1, "commune": 3},
        "award_type": {"lao_dong_tien_tien": 2, "gk_chu_tich_ubnd_xa": 1, "bk_thu_tuong": 1},
        "category": {"merit": 3, "campaign": 1},
        "recipient_kind": {"individual": 3, "collective": 1},
        "year": {2024: 2, 2025: 2},
    }.items():
        answer = await count(officer, make, WARD, group_by=dimension)
        found = {
            item[dimension]["code"] if dimension == "award_type" else item[dimension]: item["awards"]
            for item in answer["award_register"]["items"]
        }
        assert found == expected
        others = {"level", "award_type", "category", "recipient_kind", "year"} - {dimension}
        assert all(item[other] is None for item in answer["award_register"]["items"] for other in others)
    answer = await count(officer, make, WARD, group_by=["award_type", "year", "award_type"])
    assert answer["group_by"] == ["award_type", "year"]
    assert [
        (item["year"], item["award_type"]["code"], item["awards"], item["bonus"])
        for item in answer["award_register"]["items"]
    ] == [
        (2024, "lao_dong_tien_tien", 2, 10),
        (2025, "bk_thu_tuong", 1, 0),
        (2025, "gk_chu_tich_ubnd_xa", 1, 0),
    ]
    assert {item["award_type"]["name"] for item in answer["award_register"]["items"]} == {
        "Lao động tiên tiến",
        "Bằng khen của Thủ tướng Chính phủ",
        "Giấy khen của Chủ tịch Ủy ban nhân dân cấp xã",
    }


async def test_revoked_and_vanished_awards_leave_no_trace_in_the_answer(make: Make) -> None:
    await give_to(make, SCHOOL, year=2024)
    await give_to(make, UNION, year=2025)
    officer = await make.officer()
    await make.connection.execute(text("update award set state = 'revoked' where year = 2024"))
    answer = await count(officer, make, WARD, group_by="year")
    assert [(item["year"], item["awards"]) for item in answer["award_register"]["items"]] == [(2025, 1)]
    await make.connection.execute(text("delete from award"))
    answer = await count(officer, make, WARD, group_by="year")
    assert answer["award_register"] == {"items": [], "awards": 0, "bonus": 0}
    assert answer["total"] == 0


async def test_years_bound_the_count_on_both_sides(make: Make) -> None:
    for year in (2022, 2023, 2024, 2025):
        await give_to(make, *[SCHOOL] * (year - 2021), year=year)
    officer = await make.officer()
    assert (await count(officer, make, WARD))["total"] == 10
    assert (await count(officer, make, WARD, year_from=2023))["total"] == 9
    assert (await count(officer, make, WARD, year_to=2023))["total"] == 3
    answer = await count(officer, make, WARD, year_from=2023, year_to=2024, group_by="year")
    assert [item["year"] for item in answer["award_register"]["items"]] == [2023, 2024]
    assert (answer["year_from"], answer["year_to"]) == (2023, 2024)
    assert "từ năm 2023 đến hết năm 2024" in answer["definition"]


async def test_the_line_gathers_other_bodies_than_the_territory(make: Make) -> None:
    await give_to(make, UNION, UNION, "hoi-lhpn-phuong-vang-danh", SCHOOL)
    union = await make.caller((Role.OFFICER, "hoi-lhpn-tinh-quang-ninh", Reach.LINE))
    assert (await count(union, make, "hoi-lhpn-tinh-quang-ninh", tree="line"))["total"] == 3
    ward = await make.officer()
    assert (await count(ward, make, WARD, tree="territory"))["total"] == 3
    # the line of the people's committee holds its school, not the unions of the ward
    assert (await count(ward, make, WARD, tree="line"))["total"] == 1


async def test_the_nation_is_its_own_body_and_every_province(make: Make) -> None:
    await give_to(make, NATION, PROVINCE, WARD, UNION, OTHER_WARD, "hoi-dong-tdkt-trung-uong", *OLD_WARDS, bonus=1)
    nation = await make.officer(NATION)
    register = (await count(nation, make, NATION))["award_register"]
    assert (register["awards"], register["bonus"]) == (9, 9)


# ------------------------------------------------------------ the map of the time, and today's


async def test_todays_map_adds_the_old_wards_that_came_wholly_and_names_the_one_that_was_split(make: Make) -> None:
    quang_trung, thanh_son, _ = OLD_WARDS
    await give_to(make, WARD, year=2025)
    await give_to(make, quang_trung, quang_trung, thanh_son, year=2023)
    await give_to(make, *[SPLIT_WARD] * 4, year=2022)
    officer = await make.officer()
    answer = await count(officer, make, WARD, basis="current", group_by="year")
    assert answer["total"] == 4
    assert [(item["year"], item["awards"]) for item in answer["award_register"]["items"]] == [(2023, 3), (2025, 1)]
    found = {p["unit"]["name"]: (p["extent"], p["added"], p["awards"]) for p in answer["predecessors"]}
    assert found == {
        "Phường Quang Trung": ("whole", True, 2),
        "Phường Thanh Sơn": ("whole", True, 1),
        "Phường Yên Thanh": ("whole", True, 0),
        "Phường Trưng Vương": ("remainder", False, 4),
    }
    [split] = [p for p in answer["predecessors"] if not p["added"]]
    assert "phần còn lại" in split["reason"] and "không cộng" in split["reason"]

    answer = await count(officer, make, WARD, basis="historical")
    assert (answer["total"], answer["predecessors"], answer["basis"]) == (1, [], "historical")


async def test_an_old_ward_brings_everything_of_its_territory(make: Make, db: AsyncSession) -> None:
    old = await make.authority(OLD_WARDS[0])
    school = await make_body(db, "Trường Tiểu học Quang Trung (cũ)", parent=old)
    below = await make_body(db, "Tổ chuyên môn", parent=school)
    await give(make.connection, school.id, below.id, below.id, year=2022)
    answer = await count(await make.officer(), make, WARD)
    assert answer["total"] == 3
    assert {p["unit"]["name"]: p["awards"] for p in answer["predecessors"]}["Phường Quang Trung"] == 3


async def test_a_part_of_a_ward_is_shown_at_its_other_successor_too(make: Make) -> None:
    await give_to(make, SPLIT_WARD)
    answer = await count(await make.officer(OTHER_WARD), make, OTHER_WARD)
    found = {p["unit"]["name"]: (p["extent"], p["added"], p["awards"]) for p in answer["predecessors"]}
    assert found["Phường Trưng Vương"] == ("part", False, 1)
    assert answer["total"] == 0
    # whole predecessors whose people's committee nobody stored: nothing can be added, and the answer says so
    without_body = [p for p in answer["predecessors"] if p["extent"] == "whole"]
    assert without_body and not any(p["added"] for p in without_body)
    assert all("chưa có cơ quan" in p["reason"] for p in without_body)


async def test_a_province_counts_its_old_wards_once(make: Make) -> None:
    await give_to(make, WARD, *OLD_WARDS, SPLIT_WARD)
    officer = await make.officer(PROVINCE)
    for basis in ("current", "historical"):
        assert (await count(officer, make, PROVINCE, basis=basis))["total"] == 5


async def test_a_merged_body_that_already_stands_below_its_successor_is_not_added_again(make: Make) -> None:
    await give_to(make, OLD_WARDS[0])
    await make.connection.execute(
        text("update authority set parent_id = :ward where key = :old"),
        {"ward": (await make.authority(WARD)).id, "old": OLD_WARDS[0]},
    )
    answer = await count(await make.officer(), make, WARD)
    assert answer["total"] == 1
    [found] = [p for p in answer["predecessors"] if p["unit"]["name"] == "Phường Quang Trung"]
    assert (found["added"], found["awards"]) == (False, 1)
    assert "đã nằm trong phạm vi" in found["reason"]


async def test_successions_are_followed_as_long_as_they_are_whole_and_nested_bodies_count_once(
    make: Make, db: AsyncSession
) -> None:
    ward = await make.authority(WARD)
    committee = AuthorityKind.PEOPLE_COMMITTEE
    units = {name: await make_unit(db, name) for name in ("Huyện", "Xã trong huyện", "Xã xưa", "Xã tách", "Xã sau")}
    district = await make_body(db, "UBND huyện", parent=await make.authority(PROVINCE), kind=committee)
    inside = await make_body(db, "UBND xã trong huyện", parent=district, kind=committee)
    ancient = await make_body(db, "UBND xã xưa", parent=await make.authority(PROVINCE), kind=committee)
    split = await make_body(db, "UBND xã tách", parent=await make.authority(PROVINCE), kind=committee)
    later = await make_body(db, "UBND xã sau", parent=await make.authority(PROVINCE), kind=committee)
    for body, unit in zip((district, inside, ancient, split, later), units.values(), strict=True):
        body.unit_id = unit.id
        db.add(body)
    await merge(db, units["Huyện"], ward.unit_id)
    await merge(db, units["Xã trong huyện"], ward.unit_id)
    await merge(db, units["Xã xưa"], units["Xã trong huyện"].id, effective_date=date(2020, 1, 1))
    await merge(db, units["Xã tách"], units["Xã xưa"].id, SuccessionExtent.PART, date(2015, 1, 1))
    await merge(db, units["Xã sau"], ward.unit_id, effective_date=date(2099, 1, 1))
    # a circle in the data must not hang anybody
    await merge(db, units["Xã xưa"], units["Xã tách"].id, SuccessionExtent.PART, date(2010, 1, 1))
    await give(make.connection, district.id, inside.id, inside.id, ancient.id, split.id, later.id)
    answer = await count(await make.officer(), make, WARD)
    found = {p["unit"]["name"]: (p["extent"], p["added"], p["awards"]) for p in answer["predecessors"]}
    assert {name: found.get(name) for name in units} == {
        "Huyện": ("whole", True, 3),
        "Xã trong huyện": ("whole", False, 2),
        # whole by one way, in part by another: in part
        "Xã xưa": ("part", False, 1),
        "Xã tách": ("part", False, 1),
        "Xã sau": None,
    }
    assert answer["total"] == 3
    [nested] = [p for p in answer["predecessors"] if p["unit"]["name"] == "Xã trong huyện"]
    assert "đã tính cùng UBND huyện" in nested["reason"]


async def test_a_chain_is_added_only_as_long_as_every_step_of_it_is_whole_and_has_happened(
    make: Make, db: AsyncSession
) -> None:
    province = await make.authority(PROVINCE)
    for name, into, effective_date in (
        ("Xã xưa", OLD_WARDS[0], date(2020, 1, 1)),
        ("Xã mai sau", OLD_WARDS[0], date(2099, 1, 1)),
        ("Xã xưa của phường bị tách", SPLIT_WARD, date(2020, 1, 1)),
    ):
        unit = await make_unit(db, name)
        body = await make_body(db, f"UBND {name}", parent=province, kind=AuthorityKind.PEOPLE_COMMITTEE, unit=unit)
        await merge(db, unit, (await make.authority(into)).unit_id, effective_date=effective_date)
        await give(make.connection, body.id, body.id, year=2019)
    answer = await count(await make.officer(), make, WARD)
    found = {p["unit"]["name"]: (p["extent"], p["added"], p["awards"]) for p in answer["predecessors"]}
    assert found["Xã xưa"] == ("whole", True, 2)
    assert found["Xã xưa của phường bị tách"] == ("remainder", False, 2)
    assert "Xã mai sau" not in found
    assert answer["total"] == 2


async def test_a_school_of_the_ward_inherits_no_old_ward(make: Make, db: AsyncSession) -> None:
    assert (await make.authority(SCHOOL)).unit_id == (await make.authority(WARD)).unit_id
    await give_to(make, *OLD_WARDS, SCHOOL)
    old_school = await make_body(
        db, "Trường cũ", parent=await make.authority(OLD_WARDS[0]), unit=await old_unit(make, db, OLD_WARDS[0])
    )
    await give(make.connection, old_school.id)
    answer = await count(await make.submitter(SCHOOL), make, SCHOOL)
    assert (answer["total"], answer["predecessors"]) == (1, [])


async def test_a_union_inherits_the_union_of_the_old_ward_in_its_line(make: Make, db: AsyncSession) -> None:
    union = await make.authority(UNION)
    old = await make_body(
        db,
        "Hội LHPN phường Quang Trung (cũ)",
        parent=await make.authority(OLD_WARDS[0]),
        line_parent=await make.authority("hoi-lhpn-tinh-quang-ninh"),
        kind=AuthorityKind.WOMENS_UNION,
        unit=await old_unit(make, db, OLD_WARDS[0]),
    )
    old.line = union.line
    db.add(old)
    await db.flush()
    await give(make.connection, old.id, old.id, union.id)
    caller = await make.caller((Role.OFFICER, UNION, Reach.LINE))
    assert (await count(caller, make, UNION, tree="line"))["total"] == 3
    assert (await count(caller, make, UNION, tree="line", basis="historical"))["total"] == 1


async def old_unit(make: Make, db: AsyncSession, key: str) -> AdministrativeUnit:
    found = await db.get(AdministrativeUnit, (await make.authority(key)).unit_id)
    assert found is not None
    return found


# ------------------------------------------------------------ register beside the figures of the papers


async def test_historical_figures_stand_beside_the_register_and_are_never_added(make: Make) -> None:
    await give_to(make, WARD)
    answer = await count(await make.officer(), make, WARD)
    awards = [figure for figure in SHIPPED if figure["kind"] == "award"]
    assert [(f["key"], f["value"]) for f in answer["historical"]] == [(f["key"], f["value"]) for f in awards]
    assert len(awards) == 25
    assert answer["total"] == 1
    for found, figure in zip(answer["historical"], awards, strict=True):
        assert_is_the_figure(found, figure)


async def test_possible_double_counts_are_the_figures_of_years_that_have_register_entries(make: Make) -> None:
    officer = await make.officer()
    said_by_the_paper = [f["key"] for f in SHIPPED if f["kind"] == "award" and f["may_double_count_with"]]
    everything = [f["key"] for f in SHIPPED if f["kind"] == "award"]
    assert 0 < len(said_by_the_paper) < len(everything)
    assert (await count(officer, make, WARD))["possible_double_counts"] == said_by_the_paper
    await give_to(make, WARD, year=2026)
    # W18 and W19 state no period: they may be of any year
    without_period = [f["key"] for f in SHIPPED if f["kind"] == "award" and not f["period"]["from"]]
    assert set((await count(officer, make, WARD))["possible_double_counts"]) == {*said_by_the_paper, *without_period}
    await give_to(make, OLD_WARDS[0], year=2021)
    assert (await count(officer, make, WARD))["possible_double_counts"] == everything
    # on the map of the time the award of the old ward is not among those counted
    found = (await count(officer, make, WARD, basis="historical"))["possible_double_counts"]
    assert set(found) == {*said_by_the_paper, *without_period}


async def test_only_figures_whose_period_touches_the_years_are_shown(make: Make) -> None:
    officer = await make.officer()
    for years, shown in (({"year_to": 2019}, 2), ({"year_from": 2026}, 2), ({"year_from": 2025, "year_to": 2030}, 25)):
        assert len((await count(officer, make, WARD, **years))["historical"]) == shown


async def test_figures_of_an_old_ward_are_shown_on_todays_map_only(make: Make, db: AsyncSession) -> None:
    old = await make.authority(OLD_WARDS[0])
    template = (await db.exec(select(HistoricalFigure).where(HistoricalFigure.key == "003-W01"))).one()
    db.add(
        HistoricalFigure(
            key="cu-1",
            position=1,
            kind=FigureKind.AWARD,
            authority_id=old.id,
            territory_path=old.territory_path,
            line_path=old.line_path,
            label="Giấy khen của phường cũ",
            document_id=template.document_id,
        )
    )
    await db.flush()
    officer = await make.officer()
    assert "cu-1" in {f["key"] for f in (await count(officer, make, WARD))["historical"]}
    assert "cu-1" not in {f["key"] for f in (await count(officer, make, WARD, basis="historical"))["historical"]}


async def test_the_definition_says_what_is_counted(make: Make) -> None:
    officer = await make.officer()
    current = (await count(officer, make, WARD))["definition"]
    assert "chưa bị thu hồi" in current and "phường Uông Bí" in current and "theo địa bàn" in current
    assert "cộng số của các đơn vị cũ đã nhập toàn bộ" in current
    historical = (await count(officer, make, WARD, basis="historical", tree="line"))["definition"]
    assert "không cộng số của đơn vị cũ" in historical and "theo hệ thống" in historical


# ------------------------------------------------------------ access


async def test_a_body_outside_reach_is_not_found(make: Make) -> None:
    officer = await make.officer()
    for key in (OTHER_WARD, PROVINCE, OLD_WARDS[0], NATION):
        answer = await officer.get("/v1/statistics/awards", params={"authority_id": await id_of(make, key)})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = await officer.get("/v1/statistics/awards", params={"authority_id": str(uuid.uuid4())})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        ((Role.VIEWER, WARD, Reach.TERRITORY), True),
        ((Role.AUDITOR, PROVINCE, Reach.TERRITORY), True),
        ((Role.AUTHORITY_ADMIN, WARD, Reach.TERRITORY), False),
        ((Role.SYSTEM_ADMIN, WARD, Reach.TERRITORY), False),
        # the ward's own row is not the ward: what lies below it is not theirs to see
        ((Role.OFFICER, WARD, Reach.SELF), False),
        ((Role.OFFICER, WARD, Reach.LINE), False),
    ],
)
async def test_the_ward_is_counted_only_for_those_who_may_see_all_of_it(
    make: Make, grant: tuple[Role, str, Reach], allowed: bool
) -> None:
    caller = await make.caller(grant)
    answer = await caller.get("/v1/statistics/awards", params={"authority_id": await id_of(make, WARD)})
    if allowed:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_unit_sees_its_own_figures(make: Make) -> None:
    await give_to(make, SCHOOL, SCHOOL, UNION)
    assert (await count(await make.submitter(SCHOOL), make, SCHOOL))["total"] == 2


async def test_a_line_that_leaves_the_ward_is_not_counted_for_the_ward(make: Make, db: AsyncSession) -> None:
    company = await make_body(db, "Tổng công ty đóng tại phường", parent=await make.authority(WARD))
    officer = await make.officer()
    query = {"authority_id": str(company.id), "tree": "line"}
    assert (await officer.get("/v1/statistics/awards", params=query)).status_code == 200
    branch = await make_body(db, "Chi nhánh Vàng Danh", parent=await make.authority(OTHER_WARD), line_parent=company)
    await give(make.connection, branch.id)
    assert (await officer.get("/v1/statistics/awards", params=query)).status_code == 403
    province = await make.officer(PROVINCE)
    answer = await province.get("/v1/statistics/awards", params=query)
    assert answer.json()["total"] == 1


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"year_from": 2025, "year_to": 2024}, "?year_to", "end_before_start"),
        ({"group_by": "colour"}, "?group_by/0", "unknown_value"),
        ({"group_by": ["level"] * 6}, "?group_by", "too_many_items"),
        ({"basis": "tomorrow"}, "?basis", "unknown_value"),
        ({"per_page": 5}, "?per_page", "unknown_parameter"),
        ({"year_from": 20}, "?year_from", "too_small"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_its_parameter(
    make: Make, query: dict[str, Any], pointer: str, code: str
) -> None:
    caller = await make.officer()
    answer = await caller.get("/v1/statistics/awards", params={"authority_id": await id_of(make, WARD), **query})
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_more_groups_than_the_contract_allows_are_refused_not_cut(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert GROUPS_MOST == 10_000
    monkeypatch.setattr(statistics, "GROUPS_MOST", 2)
    for year in (2023, 2024, 2025):
        await give_to(make, WARD, year=year)
    caller = await make.officer()
    query = {"authority_id": await id_of(make, WARD), "group_by": "year"}
    answer = await caller.get("/v1/statistics/awards", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_many_groups")


# ------------------------------------------------------------ cost and caching


async def test_statistics_take_two_round_trips(make: Make, app: FastAPI) -> None:
    await give_to(make, WARD, *OLD_WARDS, SPLIT_WARD)
    officer = await make.officer()
    await count(officer, make, WARD)
    before = app.state.database.reads.statements
    await count(officer, make, WARD, group_by=["year", "level", "award_type"])
    assert app.state.database.reads.statements - before == 2


async def test_an_unchanged_answer_is_304_and_a_new_award_changes_its_etag(make: Make) -> None:
    await give_to(make, WARD)
    officer = await make.officer()
    query = {"authority_id": await id_of(make, WARD), "group_by": "level"}
    first = await officer.get("/v1/statistics/awards", params=query)
    etag = first.headers["ETag"]
    assert first.status_code == 200 and not etag.startswith("W/")
    again = await officer.get("/v1/statistics/awards", params=query, headers={"If-None-Match": etag})
    assert (again.status_code, again.headers["ETag"], again.content) == (304, etag, b"")
    await give_to(make, SCHOOL)
    later = await officer.get("/v1/statistics/awards", params=query, headers={"If-None-Match": etag})
    assert later.status_code == 200 and later.headers["ETag"] != etag
