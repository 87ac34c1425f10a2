"""/v1/administrative-units."""

from typing import Any

import httpx
from fastapi import FastAPI

from app.vocabularies import Reach, Role
from tests.make import Caller, Make

URL = "/v1/administrative-units"


async def every_item(caller: Caller, url: str, **parameters: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await caller.get(url, params={"limit": 100} | parameters | cursor)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def unit(caller: Caller, **parameters: Any) -> dict[str, Any]:
    (found,) = (await caller.get(URL, params=parameters)).json()["items"]
    assert isinstance(found, dict)
    return found


async def test_units_need_a_login(client: httpx.AsyncClient) -> None:
    assert (await client.get(URL)).status_code == 401


async def test_every_role_reads_units(make: Make) -> None:
    viewer = await make.caller((Role.VIEWER, "khu-lac-thanh", Reach.SELF))
    assert (await viewer.get(URL)).status_code == 200


async def test_a_caller_whose_grants_ended_reads_nothing(make: Make) -> None:
    nobody = await make.caller()
    answer = await nobody.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_map_of_today_and_the_map_of_the_time(make: Make) -> None:
    officer = await make.officer()
    today = await every_item(officer, URL, tier="commune", province_code="22", as_of="2025-07-01")
    assert len(today) == 54
    before = await every_item(officer, URL, tier="commune", province_code="22", as_of="2025-06-30")
    assert len(before) == 171
    assert not {item["id"] for item in today} & {item["id"] for item in before}
    assert [item["name"] for item in await every_item(officer, URL, province_code="31")] == ["Thành phố Hải Phòng"]
    assert len(await every_item(officer, URL, tier="province", as_of="2026-11-20")) == 34
    assert len(await every_item(officer, URL, tier="district", as_of="2025-07-01")) == 0


async def test_one_code_names_two_units_at_two_times(make: Make) -> None:
    officer = await make.officer()
    old = await unit(officer, q="phuong thanh son", tier="commune", as_of="2025-06-30", province_code="22")
    new = await unit(officer, q="phuong uong bi", tier="commune")
    assert (old["code"], new["code"]) == ("06811", "06811")
    assert (old["valid_to"], new["valid_from"]) == ("2025-06-30", "2025-07-01")


async def test_names_are_found_without_diacritics_and_in_vietnamese_order(make: Make) -> None:
    officer = await make.officer()
    names = [item["name"] for item in await every_item(officer, URL, tier="province", as_of="2026-11-20")]
    first = [name for name in names if name.startswith("Thành phố")]
    assert first == [
        "Thành phố Cần Thơ",
        "Thành phố Đà Nẵng",
        "Thành phố Đồng Nai",
        "Thành phố Hà Nội",
        "Thành phố Hải Phòng",
        "Thành phố Hồ Chí Minh",
        "Thành phố Huế",
    ]
    assert names[: len(first)] == first
    assert [item["name"] for item in await every_item(officer, URL, q="QUANG nin")] == ["Tỉnh Quảng Ninh"]


async def test_pages_follow_each_other_without_gap_or_repeat(make: Make) -> None:
    officer = await make.officer()
    whole = await every_item(officer, URL)
    assert len(whole) == len({item["id"] for item in whole}) == 283
    pieces = await every_item(officer, URL, limit=7, tier="commune", as_of="2026-01-01")
    assert pieces == [item for item in whole if item["tier"] == "commune" and item["valid_to"] is None]


async def test_children_of_a_unit_are_listed_by_its_id(make: Make) -> None:
    officer = await make.officer()
    ward = await unit(officer, q="phuong uong bi", tier="commune")
    quarters = await every_item(officer, URL, parent_id=ward["id"])
    assert {item["name"] for item in quarters} >= {"Khu Đền Công 1", "Khu Lạc Thanh"}
    assert all(item["code"] is None and item["parent"]["id"] == ward["id"] for item in quarters)


async def test_lineage_tells_what_the_ward_was_made_of(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    ward = await unit(officer, q="phuong uong bi", tier="commune")
    before = app.state.database.reads.statements
    lineage = (await officer.get(f"{URL}/{ward['id']}/lineage")).json()
    assert app.state.database.reads.statements - before == 1
    assert {edge["unit"]["name"]: edge["extent"] for edge in lineage["predecessors"]} == {
        "Phường Quang Trung": "whole",
        "Phường Thanh Sơn": "whole",
        "Phường Yên Thanh": "whole",
        "Phường Trưng Vương": "remainder",
    }
    assert lineage["successors"] == []
    assert all(edge["effective_date"] == "2025-07-01" and edge["legal_basis"] for edge in lineage["predecessors"])
    shared = next(e["unit"] for e in lineage["predecessors"] if e["unit"]["name"] == "Phường Trưng Vương")
    parts = (await officer.get(f"{URL}/{shared['id']}/lineage")).json()["successors"]
    assert {edge["unit"]["name"]: edge["extent"] for edge in parts} == {
        "Phường Uông Bí": "remainder",
        "Phường Vàng Danh": "part",
    }


async def test_a_unit_is_read_once_and_then_known_by_its_etag(make: Make) -> None:
    officer = await make.officer()
    ward = await unit(officer, q="phuong uong bi", tier="commune")
    answer = await officer.get(f"{URL}/{ward['id']}")
    assert answer.json() == ward
    again = await officer.get(f"{URL}/{ward['id']}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    lineage = await officer.get(f"{URL}/{ward['id']}/lineage", headers={"If-None-Match": answer.headers["etag"]})
    assert lineage.status_code == 200


async def test_an_unknown_unit_is_not_found(make: Make) -> None:
    officer = await make.officer()
    for path in ("01890000-0000-7000-8000-000000000000", "01890000-0000-7000-8000-000000000000/lineage"):
        assert (await officer.get(f"{URL}/{path}")).status_code == 404


async def test_wrong_filters_are_refused_by_name(make: Make) -> None:
    officer = await make.officer()
    for parameters in ({"tier": "quận"}, {"province_code": "2"}, {"as_of": "30/6/2025"}, {"limit": 101}, {"name": "x"}):
        answer = await officer.get(URL, params=parameters)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(parameters))}"
    assert (await officer.get(URL, params={"cursor": "xx"})).json()["code"] == "invalid_cursor"


async def test_the_list_takes_one_statement(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    await officer.get(URL)
    before = app.state.database.reads.statements
    await officer.get(URL, params={"province_code": "22", "as_of": "2026-01-01", "q": "uong bi"})
    assert app.state.database.reads.statements - before == 1


async def test_a_unit_is_found_by_its_code_and_a_reused_code_finds_both(make: Make) -> None:
    officer = await make.officer()
    found = (await officer.get("/v1/administrative-units", params={"q": "06811"})).json()["items"]
    assert {item["name"] for item in found} == {"Phường Uông Bí", "Phường Thanh Sơn"}
