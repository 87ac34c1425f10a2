"""/v1/award-types, and the bonus of every award by both base salaries."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select, update

from app.db import Database
from app.models.award_types import AwardType
from app.problems import Problem
from app.services.bonuses import base_salary_on, bonus_for
from app.vocabularies import Reach, Role
from tests.make import Make
from tests.shipped.test_awards import BONUSES, Amounts
from tests.test_administrative_units import every_item

URL = "/v1/award-types"


def deciders(award_type: dict[str, Any]) -> set[tuple[str, str]]:
    return {(c["authority_kind"], c["authority_level"]) for c in award_type["competences"]}


async def test_the_catalogue_needs_a_login_and_no_special_role(client: httpx.AsyncClient, make: Make) -> None:
    assert (await client.get(URL)).status_code == 401
    finance = await make.caller((Role.FINANCE, "ubnd-phuong-uong-bi", Reach.SELF))
    assert (await finance.get(URL)).status_code == 200


async def test_the_whole_catalogue_is_listed_in_the_order_of_its_codes(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    whole = await every_item(officer, URL)
    codes = [item["code"] for item in whole]
    assert len(codes) == 82 and codes == sorted(codes)
    assert await every_item(officer, URL, limit=9) == whole
    before = app.state.database.reads.statements
    await officer.get(URL, params={"kind": "form", "recipient": "household", "as_of": "2026-01-01", "q": "giay"})
    assert app.state.database.reads.statements - before == 1


async def test_filters_narrow_the_catalogue(make: Make) -> None:
    officer = await make.officer()
    titles = await every_item(officer, URL, kind="title", recipient="household")
    assert [item["code"] for item in titles] == ["gia_dinh_van_hoa"]
    assert {item["code"] for item in await every_item(officer, URL, q="chien si thi dua")} == {
        "cstd_bo_tinh",
        "cstd_co_so",
        "cstd_toan_quoc",
    }
    assert "gk_huyen" in {item["code"] for item in await every_item(officer, URL, as_of="2025-06-30")}
    assert "gk_huyen" not in {item["code"] for item in await every_item(officer, URL, as_of="2025-07-01")}


async def test_who_may_decide_depends_on_the_day(make: Make) -> None:
    officer = await make.officer()
    before = (await officer.get(f"{URL}/cstd_co_so", params={"as_of": "2025-06-30"})).json()
    after = (await officer.get(f"{URL}/cstd_co_so", params={"as_of": "2025-07-01"})).json()
    assert ("people_committee", "district") in deciders(before)
    assert ("people_committee", "commune") not in deciders(before)
    assert ("people_committee", "commune") in deciders(after)
    assert ("people_committee", "district") not in deciders(after)
    always = (await officer.get(f"{URL}/cstd_co_so")).json()
    assert deciders(always) == deciders(before) | deciders(after)
    listed = await every_item(officer, URL, as_of="2025-07-01")
    assert next(item for item in listed if item["code"] == "cstd_co_so") == after


async def test_a_type_is_honest_about_what_was_not_checked(make: Make) -> None:
    officer = await make.officer()
    found = (await officer.get(f"{URL}/lao_dong_tien_tien")).json()
    assert found["coefficients"] == {"individual": "0.3", "collective": None, "household": None, "is_ceiling": False}
    assert found["recipients"] == ["individual"]
    assert found["prerequisite_paths"][0]["path"] == "cbccvc"
    assert found["verification"] == "verified" and "Đ24" in found["legal_basis"]
    souvenir = (await officer.get(f"{URL}/knc_tinh")).json()
    assert souvenir["coefficients"]["is_ceiling"] is True
    empty = (await officer.get(f"{URL}/danh_hieu_khac_d32")).json()
    assert (empty["competences"], empty["verification"]) == ([], "unverified")


async def test_an_ended_type_is_read_for_its_time(make: Make) -> None:
    officer = await make.officer()
    assert (await officer.get(f"{URL}/gk_huyen", params={"as_of": "2025-06-30"})).status_code == 200
    assert (await officer.get(f"{URL}/gk_huyen", params={"as_of": "2025-07-01"})).status_code == 404
    assert (await officer.get(f"{URL}/gk_huyen")).json()["valid_to"] == "2025-06-30"
    assert (await officer.get(f"{URL}/khong_co")).status_code == 404
    assert (await officer.get(f"{URL}/Sai-Ma")).status_code == 422


async def test_a_later_version_of_a_type_replaces_the_earlier_one_from_its_day(make: Make) -> None:
    officer = await make.officer()
    old = (await make.db.exec(select(AwardType).where(AwardType.code == "gk_so"))).one()
    await make.db.exec(update(AwardType).where(col(AwardType.id) == old.id).values(valid_to=date(2026, 9, 30)))
    values = old.model_dump(exclude={"id", "name_folded", "valid_from", "valid_to", "coefficient_individual"})
    make.db.add(AwardType(valid_from=date(2026, 10, 1), coefficient_individual=Decimal("0.4"), **values))
    await make.db.commit()

    async def coefficient(**parameters: str) -> str | None:
        found = (await officer.get(f"{URL}/gk_so", params=parameters)).json()["coefficients"]["individual"]
        assert found is None or isinstance(found, str)
        return found

    assert await coefficient(as_of="2026-09-30") == "0.3"
    assert await coefficient(as_of="2026-10-01") == await coefficient() == "0.4"


async def test_a_type_is_known_by_its_etag(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    first = await officer.get(f"{URL}/gk_so")
    before = app.state.database.reads.statements
    again = await officer.get(f"{URL}/gk_so", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert app.state.database.reads.statements - before == 1


# ---------------------------------------------------------------- money


@pytest.mark.parametrize(("code", "at_2340", "at_2530"), BONUSES)
async def test_the_bonus_of_an_award_is_that_of_the_table(
    database: Database, make: Make, code: str, at_2340: Amounts, at_2530: Amounts
) -> None:
    award_type = (await make.db.exec(select(AwardType).where(AwardType.code == code))).one()
    coefficients = (
        award_type.coefficient_individual,
        award_type.coefficient_collective,
        award_type.coefficient_household,
    )
    for day, amounts in ((date(2026, 6, 30), at_2340), (date(2026, 7, 1), at_2530)):
        salary = await base_salary_on(database.reads, day)
        assert tuple(None if c is None else bonus_for(salary.amount, c) for c in coefficients) == amounts


async def test_the_base_salary_is_that_of_the_day(database: Database) -> None:
    amounts = {
        date(2017, 7, 1): 1_300_000,
        date(2018, 7, 1): 1_390_000,
        date(2019, 7, 1): 1_490_000,
        date(2023, 6, 30): 1_490_000,
        date(2023, 7, 1): 1_800_000,
        date(2024, 7, 1): 2_340_000,
        date(2026, 6, 30): 2_340_000,
        date(2026, 7, 1): 2_530_000,
    }
    for day, amount in amounts.items():
        assert (await base_salary_on(database.reads, day)).amount == amount
    with pytest.raises(Problem):
        await base_salary_on(database.reads, date(2017, 6, 30))


def test_rounding_goes_up_and_is_a_parameter() -> None:
    assert bonus_for(2_340_000, Decimal("0.3")) == 710_000
    assert bonus_for(2_340_000, Decimal("0.3"), rounding=1) == 702_000
    assert bonus_for(2_340_000, Decimal(1)) == 2_340_000
    assert bonus_for(2_340_001, Decimal(1)) == 2_350_000
