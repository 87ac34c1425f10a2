"""Every figure of the papers comes back unchanged, to those who may see it."""

import pytest
from fastapi import FastAPI

from app.vocabularies import Reach, Role
from tests.figures import SHIPPED, all_figures, assert_is_the_figure
from tests.make import OTHER_WARD, PROVINCE, WARD, Make


async def id_of(make: Make, key: str) -> str:
    return str((await make.authority(key)).id)


async def test_every_figure_of_the_report_comes_back_unchanged(make: Make) -> None:
    officer = await make.officer()
    found = [figure async for figure in all_figures(officer, limit=30)]
    assert [f["key"] for f in found] == [f["key"] for f in SHIPPED]
    for figure, original in zip(found, SHIPPED, strict=True):
        assert_is_the_figure(figure, original)
    kinds = {kind: sum(f["kind"] == kind for f in found) for kind in ("award", "result", "fund", "organisation")}
    assert kinds == {"award": 25, "result": 101, "fund": 3, "organisation": 7}
    for kind, number in kinds.items():
        assert len([f async for f in all_figures(officer, kind=kind, limit=100)]) == number


async def test_one_figure_is_what_it_is_in_the_list(make: Make, app: FastAPI) -> None:
    officer = await make.officer()
    [area] = [f async for f in all_figures(officer, q="dien tich tu nhien")]
    assert (area["value"], area["doubt"]["key"]) == ("49.81", "003-D01")
    before = app.state.database.reads.statements
    one = await officer.get(f"/v1/statistics/historical-figures/{area['id']}")
    assert one.json() == area
    assert app.state.database.reads.statements - before == 1
    before = app.state.database.reads.statements
    await officer.get("/v1/statistics/historical-figures", params={"limit": 100})
    assert app.state.database.reads.statements - before == 1


async def test_figures_are_found_by_body_year_and_words(make: Make) -> None:
    officer = await make.officer(PROVINCE)
    ward = await id_of(make, WARD)
    assert len([f async for f in all_figures(officer, authority_id=ward, limit=100)]) == len(SHIPPED)
    assert [f async for f in all_figures(officer, authority_id=await id_of(make, OTHER_WARD))] == []
    for year in (2019, 2022):
        expected = [f["key"] for f in SHIPPED if (f["period"]["from"] or 0) <= year <= (f["period"]["to"] or 9999)]
        assert [f["key"] async for f in all_figures(officer, year=year, limit=100)] == expected
    words = {f["label"] async for f in all_figures(officer, q="giấy khen", limit=100)}
    assert words == {f["label"] for f in SHIPPED if "giấy khen" in f["label"].lower()} != set()


async def test_figures_lie_in_the_reach_of_their_body(make: Make) -> None:
    figures = [f async for f in all_figures(await make.officer())]
    figure = figures[0]["id"]
    stranger = await make.officer(OTHER_WARD)
    assert [f async for f in all_figures(stranger)] == []
    answer = await stranger.get(f"/v1/statistics/historical-figures/{figure}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    admin = await make.caller((Role.AUTHORITY_ADMIN, WARD, Reach.TERRITORY))
    for path in ("/v1/statistics/historical-figures", f"/v1/statistics/historical-figures/{figure}"):
        answer = await admin.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "cursor",
    ["abc", "W10", "WyJ4IiwgInkiXQ", "WyI5OTk5OTk5OTk5OTk5IiwgIjAxOTFkNTAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJd"],
)
async def test_a_cursor_that_is_not_ours_is_refused(make: Make, cursor: str) -> None:
    caller = await make.officer()
    answer = await caller.get("/v1/statistics/historical-figures", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
