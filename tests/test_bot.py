"""/v1/bot/campaigns: ready Vietnamese answers within the limits of a chat message."""

import re
import unicodedata
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from app import clock
from app.models.public_campaigns import (
    Participation,
    PublicCampaign,
    PublicCampaignReference,
    PublicCampaignSummary,
    PublicDocument,
    PublicReview,
)
from app.services.bot import MOST_CHARACTERS, campaign_text, matches_text, period, shorten, when
from app.services.public_campaigns import FoundPublicCampaign
from app.shapes import PartialDate
from app.vocabularies import (
    CampaignMethod,
    CampaignScope,
    DatePrecision,
    DocumentType,
    PublicStatus,
    ReviewKind,
)
from tests.campaigns import deployed, launched, nothing_changes
from tests.make import Make
from tests.story import SCHOOL, ok, refused
from tests.test_campaign_reading import QUANG_NINH, UONG_BI, shipped

BOT = "/v1/bot/campaigns"
YEAR_2030 = PartialDate(value="2030", precision=DatePrecision.YEAR)
DAY = PartialDate(value="2025-08-14", precision=DatePrecision.DAY)
# words, words with letters that have no composed form, and one that never ends
TITLES = {
    "short": "Thi đua",
    "long": ("Phong trào thi đua đổi mới sáng tạo " * 200)[:4000].strip(),
    "endless": "ă" * 4000,
    "combining": unicodedata.normalize("NFC", ("x\u0323\u0301y\u0306z\u0302 " * 700)[:4000].strip()),
    "long words": ("Đ" * 399 + " ") * 10,
    "one long word after a short one": "Thi " + "ở" * 3996,
    "emoji": "Thi đua 👩‍🌾🏅 " * 300,
}  # fmt: skip


def found(title: str, *, short_title: str | None = None, wide: bool = False) -> FoundPublicCampaign:
    """A campaign whose every other part is empty, or as long as it may be."""
    return FoundPublicCampaign(
        PublicCampaign(
            code="UB-2025-01-Y" if not wide else "X" * 38 + "-Y",
            title=title,
            short_title=short_title,
            launcher=("Ủy ban nhân dân " * 200).strip() if wide else "UBND phường Uông Bí",
            public_status=PublicStatus.FINAL_REVIEW,
            public_status_label="Final review",
            starts=DAY if wide else None,
            ends=None,
            end_event="Đại hội Thi đua yêu nước " * 12 if wide else None,
            theme=None,
            method=CampaignMethod.THEMATIC,
            scope=CampaignScope.UNIT,
            launched_on=None,
            launch_document=PublicDocument(number_symbol="1" * 300, title="Kế hoạch", issued_on=DAY) if wide else None,
            parent=PublicCampaignReference(code="QN-2025-01-N", title="Phong trào") if wide else None,
            next_review=PublicReview(kind=ReviewKind.FINAL, on=DAY) if wide else None,
            progress=Participation(units_in_scope=99999, units_deployed=99998, participation_percent="99.9")
            if wide
            else Participation(units_in_scope=0, units_deployed=0, participation_percent="0.0"),
            purposes=[],
            contents=[],
        ),
        DocumentType.ACTION_PROGRAMME if wide else None,
    )


def is_cut_between_words(answer: str, whole: str) -> bool:
    """Whether every word of the answer, but for the ellipsis, is a whole word of the original, in its order."""
    words = unicodedata.normalize("NFC", whole).split()
    given_words = answer.removesuffix("…").split()
    return words[: len(given_words)] == given_words


# ------------------------------------------------------------ pure text


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_text_never_passes_600_characters_nor_cuts_a_word(title: str, wide: bool) -> None:
    campaign = found(title, wide=wide)
    answer = campaign_text(campaign)
    assert len(answer) <= MOST_CHARACTERS and unicodedata.is_normalized("NFC", answer)
    first = answer.split("\n")[0]
    assert is_cut_between_words(first, title) or first == f"Phong trào {campaign.campaign.code}"
    assert f"Mã: {campaign.campaign.code}" in answer and "Trạng thái: Đang tổng kết" in answer
    # what there is room for is used
    if title == TITLES["long"]:
        assert len(answer) > MOST_CHARACTERS - 15


def test_a_title_that_is_one_endless_word_gives_way_to_the_short_title_or_the_code() -> None:
    endless = TITLES["endless"]
    assert campaign_text(found(endless, short_title="Tên ngắn")).startswith("Tên ngắn\n")
    assert campaign_text(found(endless)).startswith("Phong trào UB-2025-01-Y\n")


@given(st.text(max_size=900), st.integers(min_value=1, max_value=700))
@example("một hai ba", 7)
@example("a\u0300 b", 2)
@example("từ \u0301abc", 4)
def test_shortening_keeps_to_the_limit_and_to_whole_words(whole: str, limit: int) -> None:
    answer = shorten(whole, limit)
    assert len(answer) <= limit
    tidy = " ".join(unicodedata.normalize("NFC", whole).split())
    assert answer == tidy if len(tidy) <= limit else answer.endswith("…") and is_cut_between_words(answer, whole)


@given(st.lists(st.text(min_size=1, max_size=1200), min_size=1, max_size=5), st.text(max_size=300), st.booleans())
def test_any_five_matches_fit_into_one_message(titles: list[str], words: str, more: bool) -> None:
    matches: list[PublicCampaignSummary] = [found(title, wide=True).campaign for title in titles]
    answer = matches_text(words, matches, more)
    assert len(answer) <= MOST_CHARACTERS
    assert len(re.findall(r"^\d\. ", answer, re.MULTILINE)) == len(titles)


@pytest.mark.parametrize(
    ("value", "said"),
    [("2025-08-14", "14/8/2025"), ("2025-08", "tháng 8/2025"), ("2025", "năm 2025"), ("2024-12-31", "31/12/2024")],
)
def test_dates_are_said_as_in_vietnamese_papers(value: str, said: str) -> None:
    precision = {4: DatePrecision.YEAR, 7: DatePrecision.MONTH, 10: DatePrecision.DAY}[len(value)]
    assert when(PartialDate(value=value, precision=precision)) == said


def test_a_period_says_what_is_known() -> None:
    def said(**fields: Any) -> str | None:
        return period(found("Thi đua").campaign.model_copy(update=fields))

    assert said() is None
    assert said(starts=DAY) == "từ 14/8/2025"
    assert said(ends=YEAR_2030) == "đến năm 2030"
    assert said(starts=DAY, ends=YEAR_2030) == "từ 14/8/2025 đến năm 2030"
    assert said(starts=DAY, end_event="Đại hội lần thứ X") == "từ 14/8/2025 đến Đại hội lần thứ X"


# ------------------------------------------------------------ through the API


async def test_the_bot_says_how_the_wards_campaign_stands(
    make: Make, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 21))
    ward, province = await shipped(make, UONG_BI), await shipped(make, QUANG_NINH)
    answer = ok(await client.get(f"{BOT}/{ward['code'].lower()}"))
    assert answer == {
        "text": "Quảng Ninh thi đua đổi mới sáng tạo và chuyển đổi số (trên địa bàn phường Uông Bí)\n"
        f"Mã: {ward['code']}\n"
        "Phát động: Ủy ban nhân dân phường Uông Bí, theo Kế hoạch 53/KH-UBND ngày 14/8/2025\n"
        "Trạng thái: Đang diễn ra\n"
        "Thời gian: từ năm 2025 đến năm 2030\n"
        "Triển khai: 0/21 đơn vị (0,0%)\n"
        "Sơ kết: năm 2027",
        "buttons": [
            {"title": "Cập nhật tiến độ", "payload": f"#TD {ward['code']}"},
            {"title": "Phong trào cấp trên", "payload": f"#TD {province['code']}"},
        ],
    }


async def test_the_bot_tells_of_progress(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make)
    await deployed(make, campaign, SCHOOL)
    assert "Triển khai: 1/21 đơn vị (4,8%)" in ok(await client.get(f"{BOT}/{campaign['code']}"))["text"]


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
async def test_titles_of_any_length_pass_through_the_api(make: Make, client: httpx.AsyncClient, title: str) -> None:
    campaign = await launched(make, title=title)
    for path in (f"{BOT}/{campaign['code']}", BOT):
        answer = ok(await client.get(path))
        assert 0 < len(answer["text"]) <= 600
        for button in answer["buttons"]:
            assert 0 < len(button["title"]) <= 100 and button["payload"].startswith("#")


async def test_a_search_lists_five_numbered_campaigns_with_buttons(make: Make, client: httpx.AsyncClient) -> None:
    made = [await launched(make, title=f"Ngõ nhỏ phố nhỏ số {n}") for n in range(1, 8)]
    answer = ok(await client.get(BOT, params={"q": "ngo nho pho nho"}))
    newest = made[:1:-1]
    assert answer["text"].split("\n") == [
        "Các phong trào thi đua khớp với “ngo nho pho nho”:",
        *(f"{n}. {c['title']} – Đang diễn ra ({c['code']})" for n, c in enumerate(newest, 1)),
        "Còn phong trào khác, hãy thêm từ để tìm đúng hơn.",
    ]
    assert answer["buttons"] == [
        {"title": f"{n}. {c['title']}", "payload": f"#TD {c['code']}"} for n, c in enumerate(newest, 1)
    ]
    two = ok(await client.get(BOT, params={"q": "ngo nho pho nho so 7"}))
    assert len(two["buttons"]) == 1 and "Chọn một phong trào" in two["text"]


@pytest.mark.parametrize("q", ["khong co phong trao nay", "!!!", "", "   ", "\u0000\u202e", "x" * 2000, "qz " * 600])
async def test_nothing_found_is_a_friendly_answer(client: httpx.AsyncClient, q: str) -> None:
    answer = ok(await client.get(BOT, params={"q": q}))
    assert answer["text"].startswith("Chưa tìm thấy phong trào thi đua nào") and answer["buttons"] == []
    assert len(answer["text"]) <= 600 and answer["text"].isprintable()


async def test_decomposed_letters_of_a_telephone_are_understood(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make, title="Đường hoa thanh niên")
    typed = unicodedata.normalize("NFD", "đường hoa thanh niên")
    answer = ok(await client.get(BOT, params={"q": typed}))
    assert answer["buttons"][0]["payload"] == f"#TD {campaign['code']}"
    assert unicodedata.is_normalized("NFC", answer["text"])


async def test_without_words_the_newest_campaigns_are_listed(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make)
    answer = ok(await client.get(BOT))
    assert len(answer["buttons"]) == 5 and answer["buttons"][0]["payload"] == f"#TD {campaign['code']}"
    assert answer["text"].startswith("Các phong trào thi đua:\n1. ")


async def test_the_bot_stays_vietnamese_and_its_answers_may_be_kept(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make)
    for path in (f"{BOT}/{campaign['code']}", f"{BOT}?q=thi+dua"):
        first = await client.get(path)
        english = await client.get(path, headers={"Accept-Language": "en"})
        assert english.content == first.content and english.headers["Content-Language"] == "vi"
        assert first.headers["Cache-Control"] == "public, max-age=60"
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_what_is_not_public_the_bot_does_not_know(make: Make, client: httpx.AsyncClient) -> None:
    campaign = await launched(make, title="Phong trào đã hủy bỏ ngay")
    await make.connection.execute(
        text("update campaign set state = 'cancelled' where id = :id"), {"id": campaign["id"]}
    )
    async with nothing_changes(make):
        refused(await client.get(f"{BOT}/{campaign['code']}"), 404, "code_not_found")
        refused(await client.get(f"{BOT}/{campaign['code'][:-1]}?"), 404, "code_not_found")
        assert ok(await client.get(BOT, params={"q": "da huy bo ngay"}))["buttons"] == []
    problem = refused(await client.get(BOT, params={"search": "thi dua"}), 422, "invalid_input")
    assert problem["errors"][0]["code"] == "unknown_parameter"
    refused(await client.get(BOT, params={"q": "x" * 2001}), 422, "invalid_input")


async def test_every_answer_is_one_statement(make: Make, client: httpx.AsyncClient, app: FastAPI) -> None:
    campaign = await launched(make)
    reads = app.state.database.reads
    for path in (f"{BOT}/{campaign['code']}", BOT, f"{BOT}?q=thi+dua"):
        before = reads.statements
        ok(await client.get(path))
        assert reads.statements == before + 1


async def test_the_bot_understands_a_code_typed_as_a_search(client: httpx.AsyncClient) -> None:
    by_code = (await client.get(f"{BOT}/UB-2025-01-Y")).json()
    assert (await client.get(BOT, params={"q": "ub-2025-01-y"})).json() == by_code
    unknown = (await client.get(BOT, params={"q": "UB-1999-01-X"})).json()
    assert "Chưa tìm thấy" in unknown["text"]


async def test_what_no_paper_says_the_bot_does_not_say(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/public/campaigns", params={"q": "chien thang dai dich covid"})).json()["items"]
    campaign = next(item for item in found if "toàn dân đoàn kết" in item["title"].lower())
    assert campaign["launcher"] is None and campaign["public_status"] == "unknown"
    text = (await client.get(f"{BOT}/{campaign['code']}")).json()["text"]
    assert "không nêu rõ cơ quan phát động" in text and "Chưa rõ thời gian" in text and "đơn vị (" not in text
