"""/v1/authorities: who may know of which body."""

import uuid
from typing import Any

import httpx
from fastapi import FastAPI
from sqlmodel import select

from app.models.authorities import Authority
from app.vocabularies import AuthorityLevel, Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import ok
from tests.test_administrative_units import every_item

URL = "/v1/authorities"


async def names(caller: Caller, **parameters: Any) -> set[str]:
    return {item["name"] for item in await every_item(caller, URL, **parameters)}


async def test_bodies_need_a_login(client: httpx.AsyncClient) -> None:
    assert (await client.get(URL)).status_code == 401
    assert (await client.get(f"{URL}/{uuid.uuid4()}")).status_code == 401


async def test_the_officer_of_a_ward_sees_the_ward_and_what_stands_above_it(make: Make) -> None:
    officer = await make.officer(WARD)
    found = await names(officer)
    assert {
        "Ủy ban nhân dân phường Uông Bí",
        "Phòng Văn hóa - Xã hội phường Uông Bí",
        "Hội Liên hiệp Phụ nữ phường Uông Bí",
        "Khu Lạc Thanh",
        "Trường Tiểu học Minh Họa Uông Bí",
    } <= found
    assert {"Ủy ban nhân dân tỉnh Quảng Ninh", "Chính phủ"} <= found
    assert not [name for name in found if "Vàng Danh" in name or "Hải Phòng" in name or "Sở Nội vụ" in name]


async def test_the_officer_of_a_ward_learns_nothing_of_another_ward(make: Make) -> None:
    officer = await make.officer(WARD)
    for key in (OTHER_WARD, "hoi-lhpn-phuong-vang-danh", "truong-tieu-hoc-minh-hoa-vang-danh", "so-noi-vu-quang-ninh"):
        hidden = await make.authority(key)
        for path in (f"{URL}/{hidden.id}", f"{URL}/{hidden.id}/children"):
            answer = await officer.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await officer.get(f"{URL}/{uuid.uuid4()}")).status_code == 404


async def test_the_province_sees_all_its_wards_and_no_other_province(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    found = await names(officer)
    assert {"Ủy ban nhân dân phường Uông Bí", "Hội Liên hiệp Phụ nữ phường Vàng Danh", "Khu Lạc Thanh"} <= found
    assert "Ủy ban nhân dân thành phố Hải Phòng" not in found
    assert len(await names(officer, kind="people_committee", level="commune", as_of="2026-01-01")) == 54


async def test_the_nation_sees_every_body_by_both_plans_of_the_list(make: Make) -> None:
    ministry = await make.officer("chinh-phu")
    whole = await every_item(ministry, URL)
    assert len(whole) == len({item["id"] for item in whole}) == 193
    # a search gathers first, a plain list walks along the names
    found = await every_item(ministry, URL, q="ubnd", limit=11)
    assert len(found) > 80 and found == [item for item in whole if "UBND" in (item["short_name"] or "")]
    wards = await every_item(ministry, URL, kind="people_committee", level="commune", as_of="2026-01-01", limit=9)
    assert len(wards) == 54


async def test_a_union_sees_its_own_line_in_all_wards_and_nothing_else_of_them(make: Make) -> None:
    officer = await make.caller((Role.OFFICER, "hoi-lhpn-tinh-quang-ninh", Reach.LINE))
    found = await names(officer)
    assert {"Hội Liên hiệp Phụ nữ phường Uông Bí", "Hội Liên hiệp Phụ nữ phường Vàng Danh"} <= found
    assert not {"Ủy ban nhân dân phường Uông Bí", "Hội Nông dân phường Uông Bí", "Khu Lạc Thanh"} & found
    # above it: in the territory the Front, the province, the nation; in its line the central union
    assert {"Ủy ban nhân dân tỉnh Quảng Ninh", "Chính phủ", "Trung ương Hội Liên hiệp Phụ nữ Việt Nam"} <= found


async def test_a_quarter_sees_itself_the_chain_above_and_the_centre(make: Make) -> None:
    quarter = await make.submitter("khu-lac-thanh")
    central = await make.db.exec(select(Authority.name).where(Authority.level == AuthorityLevel.CENTRAL))
    assert await names(quarter) == {
        "Khu Lạc Thanh",
        "Ủy ban nhân dân phường Uông Bí",
        "Ủy ban nhân dân tỉnh Quảng Ninh",
        *central.all(),
    }


async def test_a_province_stores_a_directive_of_the_prime_minister(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    issuer = await make.authority("thu-tuong-chinh-phu")
    found = await officer.get(f"{URL}/{issuer.id}")
    assert found.status_code == 200, found.text
    paper = {"issuer_id": str(issuer.id), "type": "directive", "title": "Chỉ thị thử", "number_symbol": "99/CT-TTg"}
    stored = await officer.post("/v1/legal-documents", paper)
    assert stored.status_code == 201, stored.text


async def test_children_differ_by_tree(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    ward = await make.authority(WARD)
    by_territory = {item["name"] for item in await every_item(officer, f"{URL}/{ward.id}/children")}
    assert {"Ủy ban Mặt trận Tổ quốc Việt Nam phường Uông Bí", "Khu Lạc Thanh"} <= by_territory
    assert "Ủy ban nhân dân phường Vàng Danh" not in by_territory
    by_line = {item["name"] for item in await every_item(officer, f"{URL}/{ward.id}/children", tree="line")}
    assert "Phòng Văn hóa - Xã hội phường Uông Bí" in by_line
    assert not {"Ủy ban Mặt trận Tổ quốc Việt Nam phường Uông Bí", "Khu Lạc Thanh"} & by_line
    union = await make.authority("hoi-lhpn-tinh-quang-ninh")
    own_line = {item["name"] for item in await every_item(officer, f"{URL}/{union.id}/children", tree="line")}
    assert {"Hội Liên hiệp Phụ nữ phường Uông Bí", "Hội Liên hiệp Phụ nữ phường Vàng Danh"} <= own_line
    assert await every_item(officer, f"{URL}/{union.id}/children", tree="territory") == []


async def test_children_of_a_body_above_are_only_those_the_caller_may_know(make: Make, app: FastAPI) -> None:
    officer = await make.officer(WARD)
    province = await make.authority(PROVINCE)
    await officer.get(URL)
    before = app.state.database.reads.statements
    answer = await officer.get(f"{URL}/{province.id}/children")
    assert app.state.database.reads.statements - before == 1
    assert [item["name"] for item in answer.json()["items"]] == ["Ủy ban nhân dân phường Uông Bí"]


async def test_pages_of_children_follow_each_other(make: Make) -> None:
    officer = await make.officer(WARD)
    ward = await make.authority(WARD)
    whole = await every_item(officer, f"{URL}/{ward.id}/children")
    assert len(whole) > 10
    assert await every_item(officer, f"{URL}/{ward.id}/children", limit=3) == whole


async def test_a_body_tells_its_place_in_both_trees(make: Make) -> None:
    officer = await make.officer(WARD)
    union = await make.authority("hoi-lhpn-phuong-uong-bi")
    answer = await officer.get(f"{URL}/{union.id}")
    body = answer.json()
    assert body["parent"]["name"] == "Ủy ban Mặt trận Tổ quốc Việt Nam phường Uông Bí"
    assert body["line_parent"]["name"] == "Hội Liên hiệp Phụ nữ tỉnh Quảng Ninh"
    assert body["administrative_unit"]["code"] == "06811"
    assert (body["line"], body["kind"], body["level"]) == ("mass_organization", "womens_union", "commune")
    again = await officer.get(f"{URL}/{union.id}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    council = await make.authority("hoi-dong-tdkt-phuong-uong-bi")
    standing = (await officer.get(f"{URL}/{council.id}")).json()["standing_body"]
    assert standing["name"] == "Phòng Văn hóa - Xã hội phường Uông Bí"


async def test_bodies_are_found_by_full_and_by_short_name(make: Make) -> None:
    officer = await make.officer(WARD)
    wanted = {"Ủy ban nhân dân phường Uông Bí"}
    assert wanted <= await names(officer, q="uy ban nhan dan uong bi")
    assert await names(officer, q="UBND phuong uong") == wanted
    assert await names(officer, q="ubnd vang danh") == set()


async def test_filters_narrow_the_list(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    found = await every_item(officer, URL, line="mass_organization", kind="womens_union", level="commune")
    assert len(found) == 4 and {item["kind"] for item in found} == {"womens_union"}
    ward = await make.authority(WARD)
    below = await every_item(officer, URL, parent_id=str(ward.id))
    assert {item["parent"]["id"] for item in below} == {str(ward.id)}
    assert "Ủy ban nhân dân thành phố Cẩm Phả" in await names(officer, as_of="2025-06-30")
    assert "Ủy ban nhân dân thành phố Cẩm Phả" not in await names(officer, as_of="2025-07-01")


async def test_two_grants_see_both_wards_and_each_body_once(make: Make, app: FastAPI) -> None:
    both = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.VIEWER, OTHER_WARD, Reach.TERRITORY))
    items = await every_item(both, URL)
    assert len(items) == len({item["id"] for item in items})
    found = {item["name"] for item in items}
    assert {"Ủy ban nhân dân phường Uông Bí", "Hội Liên hiệp Phụ nữ phường Vàng Danh"} <= found
    before = app.state.database.reads.statements
    await both.get(URL, params={"q": "hoi", "as_of": "2026-01-01"})
    assert app.state.database.reads.statements - before == 1


async def test_a_committee_knows_from_whom_it_took_over_and_who_took_over_from_it(make: Make) -> None:
    officer = await make.officer(WARD)
    lineage = ok(await officer.get(f"{URL}/{(await make.authority(WARD)).id}/lineage"))
    assert {(one["authority"]["name"], one["extent"]) for one in lineage["predecessors"]} >= {
        ("Ủy ban nhân dân phường Thanh Sơn", "whole"),
    }
    assert lineage["successors"] == []
    assert all(one["effective_date"] == "2025-07-01" and one["legal_basis"] for one in lineage["predecessors"])
    old = ok(await (await make.officer(PROVINCE)).get(f"{URL}/{lineage['predecessors'][0]['authority']['id']}/lineage"))
    assert [one["authority"]["name"] for one in old["successors"]] == ["Ủy ban nhân dân phường Uông Bí"]
    school = ok(await officer.get(f"{URL}/{(await make.authority('truong-tieu-hoc-minh-hoa-uong-bi')).id}/lineage"))
    assert school["predecessors"] == school["successors"] == []
    stranger = await make.officer(OTHER_WARD)
    assert (await stranger.get(f"{URL}/{(await make.authority(WARD)).id}/lineage")).status_code == 404
