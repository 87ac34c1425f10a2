"""/v1/public/campaigns: what anyone may know of launched campaigns, without a login."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import clock
from tests.campaigns import URL, acknowledged, deployed, draft, etag, launched
from tests.make import Make
from tests.story import SCHOOL, WOMENS_UNION, ok, refused
from tests.test_campaign_reading import CA_NUOC, QUANG_NINH, UONG_BI, shipped

PUBLIC = "/v1/public/campaigns"
PERSONAL = ("created_by", "allowed_actions", "audit", "user", "note", "sources")


async def public(client: httpx.AsyncClient, code: str, **headers: str) -> dict[str, Any]:
    return ok(await client.get(f"{PUBLIC}/{code}", headers=headers))


async def test_the_wards_plan_stands_as_the_paper_says(make: Make, client: httpx.AsyncClient) -> None:
    """53/KH-UBND of phường Uông Bí, 14/8/2025, carries out 153/KH-UBND of the province."""
    found = await public(client, (await shipped(make, UONG_BI))["code"])
    assert found["launcher"] == "Ủy ban nhân dân phường Uông Bí"
    assert found["launch_document"] == {
        "number_symbol": "53/KH-UBND",
        "title": "Phát động và tổ chức triển khai thực hiện Phong trào thi đua “Quảng Ninh thi đua đổi mới sáng tạo "
        "và chuyển đổi số” trên địa bàn phường Uông Bí",
        "issued_on": {"value": "2025-08-14", "precision": "day"},
    }
    province = await shipped(make, QUANG_NINH)
    assert found["parent"] == {
        "code": province["code"],
        "title": "Quảng Ninh thi đua đổi mới sáng tạo và chuyển đổi số",
    }
    assert (found["starts"], found["ends"]) == (
        {"value": "2025", "precision": "year"},
        {"value": "2030", "precision": "year"},
    )
    assert found["progress"] == {"units_in_scope": 21, "units_deployed": 0, "participation_percent": "0.0"}
    assert (len(found["purposes"]), len(found["contents"])) == (4, 9)
    above = await public(client, province["code"])
    assert above["launch_document"]["number_symbol"] == "153/KH-UBND"
    assert above["parent"]["code"] == (await shipped(make, CA_NUOC))["code"]
    # the ward carries it out, so it is not silent
    assert above["progress"]["units_deployed"] == 1


@pytest.mark.parametrize(
    ("day", "status", "label", "english", "review"),
    [
        ("2026-11-21", "running", "Đang diễn ra", "Running", ("interim", "2027")),
        ("2027-01-01", "interim_review", "Đang sơ kết", "Interim review", ("interim", "2027")),
        ("2028-01-01", "running", "Đang diễn ra", "Running", ("final", "2030")),
        ("2030-07-01", "final_review", "Đang tổng kết", "Final review", ("final", "2030")),
        ("2031-01-01", "ended", "Đã kết thúc", "Ended", None),
    ],
)
async def test_status_and_label_follow_the_day_and_the_language(
    make: Make,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    day: str,
    status: str,
    label: str,
    english: str,
    review: tuple[str, str] | None,
) -> None:
    on = clock.today().fromisoformat(day)
    monkeypatch.setattr(clock, "today", lambda: on)
    code = (await shipped(make, UONG_BI))["code"]
    found = await public(client, code)
    assert (found["public_status"], found["public_status_label"]) == (status, label)
    upcoming = found["next_review"]
    assert (upcoming and (upcoming["kind"], upcoming["on"]["value"])) == review
    assert (await public(client, code, **{"Accept-Language": "en-GB,en;q=0.9"}))["public_status_label"] == english


@pytest.mark.parametrize("typed", [str.lower, lambda code: f" {code[:5]} {code[5:]} ", str.upper])
async def test_codes_are_taken_as_people_type_them(make: Make, client: httpx.AsyncClient, typed: Any) -> None:
    code = (await launched(make))["code"]
    assert (await public(client, typed(code)))["code"] == code


async def test_a_wrong_code_finds_nothing(make: Make, client: httpx.AsyncClient, app: FastAPI) -> None:
    code = (await launched(make))["code"]
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    missing = code.replace("UB-", "UBX-")
    for typed in (wrong, missing, "x", "'; drop table campaign", code[:-2], "Ư" * 80):
        refused(await client.get(f"{PUBLIC}/{typed}"), 404, "code_not_found")
    before = app.state.database.reads.statements
    refused(await client.get(f"{PUBLIC}/{wrong}"), 404, "code_not_found")
    # the check character is found wrong without asking the database
    assert app.state.database.reads.statements == before
    assert (await client.get(f"{PUBLIC}/{'A' * 81}")).status_code == 422


@pytest.mark.parametrize(
    ("state", "status"),
    [("draft", 404), ("in_review", 404), ("cancelled", 404), ("launched", 200), ("suspended", 200), ("concluded", 200),
     ("archived", 200)],
)  # fmt: skip
async def test_only_launched_campaigns_are_public(
    make: Make, client: httpx.AsyncClient, state: str, status: int
) -> None:
    found = await launched(make, title="Phong trào Ngõ xanh phố đẹp")
    await make.connection.execute(
        text("update campaign set state = :state where id = :id"), {"state": state, "id": found["id"]}
    )
    assert (await client.get(f"{PUBLIC}/{found['code']}")).status_code == status
    page = ok(await client.get(PUBLIC, params={"q": "ngo xanh pho dep"}))
    assert [item["code"] for item in page["items"]] == ([found["code"]] if status == 200 else [])
    newest = ok(await client.get(PUBLIC, params={"limit": 1}))
    assert (newest["items"][0]["code"] == found["code"]) == (status == 200)


async def test_progress_counts_units_and_names_nobody(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make)
    before = await client.get(f"{PUBLIC}/{campaign['code']}")
    await deployed(make, campaign, SCHOOL)
    await deployed(make, campaign, WOMENS_UNION)
    await acknowledged(make, await make.submitter("khu-lac-thanh"), campaign, "khu-lac-thanh")
    after = await client.get(f"{PUBLIC}/{campaign['code']}")
    assert before.json()["progress"] == {"units_in_scope": 21, "units_deployed": 0, "participation_percent": "0.0"}
    assert after.json()["progress"] == {"units_in_scope": 21, "units_deployed": 2, "participation_percent": "9.5"}
    assert before.headers["ETag"] != after.headers["ETag"]
    assert not [name for name in PERSONAL if name in after.text] and campaign["id"] not in after.text


async def test_the_first_purposes_and_contents_are_shown(make: Make, client: httpx.AsyncClient) -> None:
    plan: dict[str, Any] = {
        "purposes": [f"Mục đích {n}" for n in range(12)],
        "contents": [{"key": f"nd-{n}", "text": f"Nội dung {n}"} for n in range(12)],
    }
    found = await public(client, (await launched(make, plan=plan))["code"])
    assert found["purposes"] == plan["purposes"][:10]
    assert found["contents"] == [f"Nội dung {n}" for n in range(10)]


async def test_answers_may_be_kept_for_a_minute_and_are_304_while_unchanged(
    make: Make, client: httpx.AsyncClient
) -> None:
    code = (await launched(make))["code"]
    for path in (f"{PUBLIC}/{code}", PUBLIC, f"{PUBLIC}?q=thi+dua"):
        first = await client.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert (first.headers["Vary"], first.headers["Content-Language"]) == ("Accept-Language", "vi")
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == "public, max-age=60"
        english = await client.get(path, headers={"Accept-Language": "en", "If-None-Match": first.headers["ETag"]})
        assert english.status_code == 200 and english.headers["Content-Language"] == "en"


async def test_a_token_changes_nothing(make: Make, client: httpx.AsyncClient) -> None:
    code = (await launched(make))["code"]
    plain = await client.get(f"{PUBLIC}/{code}")
    officer = await make.officer()
    assert (await officer.get(f"{PUBLIC}/{code}")).content == plain.content
    assert (await client.get(f"{PUBLIC}/{code}", headers={"Authorization": "Bearer x"})).content == plain.content


async def test_names_are_found_without_diacritics_and_by_the_beginning_of_words(
    make: Make, client: httpx.AsyncClient
) -> None:
    found = await launched(make, title="Đường phố sáng – xanh – sạch – đẹp")

    async def codes(q: str) -> list[str]:
        return [item["code"] for item in ok(await client.get(PUBLIC, params={"q": q}))["items"]]

    for q in ("duong pho sang", "ĐƯỜNG PHỐ", "đường sạch", "duon san xan", "sach & xanh | dep:*"):
        assert await codes(q) == [found["code"]], q
    for q in ("duong pho toi", "!!!", "&", "()'"):
        assert await codes(q) == []


async def test_pages_hold_every_launched_campaign_once(make: Make, client: httpx.AsyncClient) -> None:
    await draft(make, await make.officer())
    codes: list[str] = []
    parameters: dict[str, Any] = {"limit": 7}
    while True:
        page = ok(await client.get(PUBLIC, params=parameters))
        codes += [item["code"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    query = "select count(*) from campaign where state not in ('draft', 'in_review', 'cancelled')"
    assert len(codes) == len(set(codes)) == (await make.connection.execute(text(query))).scalar_one()


async def test_bad_parameters_are_named(client: httpx.AsyncClient) -> None:
    for parameters, pointer, code in (
        ({"q": "a" * 101}, "?q", "too_long"),
        ({"q": "Phong tra\u0300o"}, "?q", "text_not_nfc"),
        ({"state": "draft"}, "?state", "unknown_parameter"),
        ({"limit": "101"}, "?limit", "too_large"),
    ):
        problem = refused(await client.get(PUBLIC, params=parameters), 422, "invalid_input")
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
    refused(await client.get(PUBLIC, params={"cursor": "x"}), 422, "invalid_cursor")


async def test_every_public_read_is_one_statement(make: Make, client: httpx.AsyncClient, app: FastAPI) -> None:
    code = (await launched(make))["code"]
    reads = app.state.database.reads
    for path in (f"{PUBLIC}/{code}", PUBLIC, f"{PUBLIC}?q=thi+dua"):
        before = reads.statements
        assert (await client.get(path)).status_code == 200
        assert reads.statements == before + 1


async def test_a_campaign_above_that_is_not_public_any_more_is_not_named(make: Make, client: httpx.AsyncClient) -> None:
    above = await launched(make, "ubnd-tinh-quang-ninh", title="Phong trào cấp tỉnh")
    below = await launched(make, parent_id=above["id"])
    assert (await public(client, below["code"]))["parent"] == {"code": above["code"], "title": "Phong trào cấp tỉnh"}
    await make.connection.execute(text("update campaign set state = 'cancelled' where id = :id"), {"id": above["id"]})
    assert (await public(client, below["code"]))["parent"] is None


async def test_an_end_bound_to_an_event_is_named(make: Make, client: httpx.AsyncClient) -> None:
    """The plan of huyện An Lão runs "until the congress": no end date (T02)."""
    fields: dict[str, Any] = {
        "starts": {"value": "2024-10-11", "precision": "day"},
        "end_event": "Đại hội Thi đua yêu nước lần thứ X",
    }
    found = await public(client, (await launched(make, **fields))["code"])
    assert (found["ends"], found["end_event"], found["public_status"]) == (None, fields["end_event"], "running")
    chair = await make.leader()
    campaign = (await chair.get(URL, params={"q": "tuyen duong xanh"})).json()["items"][0]
    full = ok(await chair.get(f"{URL}/{campaign['id']}"))
    ok(await chair.post(f"{URL}/{full['id']}/conclude", {"reason": "Đại hội đã diễn ra"}, etag=etag(full)))
    assert (await public(client, full["code"]))["public_status"] == "ended"
