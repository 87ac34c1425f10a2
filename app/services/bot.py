"""Answers for Zalo OA bots: ready Vietnamese sentences within the limits of a chat message, and buttons.

600 characters are what reads well in a chat; five buttons with titles of 100 characters are what Zalo takes. Every
payload starts with "#", because an OA may be set to forward only such messages.
"""

import unicodedata
from collections.abc import Sequence

from app.db import Reads
from app.ids import tidy_code
from app.models.public_campaigns import BotAnswer, BotButton, PublicCampaign, PublicCampaignSummary
from app.problems import Problem
from app.services.public_campaigns import FoundPublicCampaign, list_public_campaigns, read_public_campaign
from app.shapes import PartialDate, lean
from app.vocabularies import DatePrecision

_BotAnswer, _BotButton = lean(BotAnswer), lean(BotButton)

MOST_CHARACTERS = 600
MOST_BUTTONS = 5
MOST_TITLE_CHARACTERS = 100
_ELLIPSIS = "…"
# parts beside the title never grow so long that no room is left for it
_MOST_LAUNCHER, _MOST_NUMBER, _MOST_EVENT, _MOST_WORDS = 120, 60, 100, 80


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters in form NFC, cut only between words: `Phong trào thi đua…`.

    Where not even the first word fits, an ellipsis alone.
    """
    words = unicodedata.normalize("NFC", text).split()
    whole = " ".join(words)
    if len(whole) <= limit:
        return whole
    kept = ""
    for word in words:
        longer = f"{kept} {word}" if kept else word
        if len(longer) + len(_ELLIPSIS) > limit:
            break
        kept = longer
    return kept + _ELLIPSIS


def when(date: PartialDate) -> str:
    """A date as it is said: `14/8/2025`, `tháng 8/2025`, `năm 2025`."""
    first = date.first_day()
    if date.precision == DatePrecision.YEAR:
        return f"năm {first.year}"
    if date.precision == DatePrecision.MONTH:
        return f"tháng {first.month}/{first.year}"
    return f"{first.day}/{first.month}/{first.year}"


def period(campaign: PublicCampaignSummary) -> str | None:
    """`từ năm 2025 đến năm 2030`; an end bound to an event names it; None where nothing is known."""
    parts = [f"từ {when(campaign.starts)}"] if campaign.starts else []
    if campaign.ends:
        parts.append(f"đến {when(campaign.ends)}")
    elif campaign.end_event:
        parts.append(f"đến {shorten(campaign.end_event, _MOST_EVENT)}")
    return " ".join(parts) or None


def _launched_by(found: FoundPublicCampaign) -> str:
    campaign, document = found.campaign, found.campaign.launch_document
    if campaign.launcher is None:
        return "các văn bản đã có không nêu rõ cơ quan phát động"
    text = shorten(campaign.launcher, _MOST_LAUNCHER)
    if document is None or document.number_symbol is None or found.document_type is None:
        return text
    text += f", theo {found.document_type.vi} {shorten(document.number_symbol, _MOST_NUMBER)}"
    if document.issued_on is not None:
        day = "ngày " if document.issued_on.precision == DatePrecision.DAY else ""
        text += f" {day}{when(document.issued_on)}"
    return text


def _title(campaign: PublicCampaignSummary, limit: int) -> str:
    for title in (campaign.title, campaign.short_title):
        if title is not None and (text := shorten(title, limit)) != _ELLIPSIS:
            return text
    # a title that is one endless word cannot be cut: the code says which campaign it is
    return f"Phong trào {campaign.code}"


def campaign_text(found: FoundPublicCampaign) -> str:
    """Name, who launched it by which document, status, dates, deployment, next review."""
    campaign = found.campaign
    lines = [f"Mã: {campaign.code}", f"Phát động: {_launched_by(found)}", f"Trạng thái: {campaign.public_status.vi}"]
    if (dates := period(campaign)) is not None:
        lines.append(f"Thời gian: {dates}")
    progress = campaign.progress
    if progress is None:
        lines.append("Triển khai: chưa có số liệu")
    elif progress.units_in_scope:
        share = progress.participation_percent.replace(".", ",")
        lines.append(f"Triển khai: {progress.units_deployed}/{progress.units_in_scope} đơn vị ({share}%)")
    else:
        lines.append("Triển khai: chưa có đơn vị trong phạm vi theo dõi")
    if campaign.next_review is not None:
        lines.append(f"{campaign.next_review.kind.vi}: {when(campaign.next_review.on)}")
    rest = "\n".join(lines)
    return f"{_title(campaign, MOST_CHARACTERS - len(rest) - 1)}\n{rest}"


def _button(title: str, campaign_code: str) -> BotButton:
    return _BotButton(title=shorten(title, MOST_TITLE_CHARACTERS), payload=f"#TD {campaign_code}")


def _campaign_buttons(campaign: PublicCampaign) -> list[BotButton]:
    buttons = [_button("Cập nhật tiến độ", campaign.code)]
    if campaign.parent is not None:
        buttons.append(_button("Phong trào cấp trên", campaign.parent.code))
    return buttons


async def answer_about_campaign(reads: Reads, code: str) -> BotAnswer:
    """How a campaign stands; 404 where there is no launched campaign of that code."""
    found = await read_public_campaign(reads, code, "vi")
    return _BotAnswer(text=campaign_text(found), buttons=_campaign_buttons(found.campaign))


def matches_text(words: str | None, matches: Sequence[PublicCampaignSummary], more: bool) -> str:
    """Up to five numbered campaigns, each on a line with its status and code."""
    about = f" khớp với “{shorten(words, _MOST_WORDS)}”" if words else ""
    if not matches:
        return (
            f"Chưa tìm thấy phong trào thi đua nào{about}. Hãy thử vài từ trong tên phong trào, không cần gõ dấu, "
            "hoặc gửi mã phong trào ghi trên văn bản, thông báo."
        )
    head = f"Các phong trào thi đua{about}:"
    foot = "Còn phong trào khác, hãy thêm từ để tìm đúng hơn." if more else "Chọn một phong trào để xem tiến độ."
    # every line gets the same share of what is left, less its line break
    share = (MOST_CHARACTERS - len(head) - len(foot) - 1) // len(matches) - 1
    lines = [head]
    for number, campaign in enumerate(matches, 1):
        start, end = f"{number}. ", f" – {campaign.public_status.vi} ({campaign.code})"
        lines.append(start + _title(campaign, share - len(start) - len(end)) + end)
    return "\n".join([*lines, foot])


async def answer_search(reads: Reads, words: str | None) -> BotAnswer:
    """The newest campaigns whose title holds the words; all where none are given. Nothing found is no error."""
    if words is not None and tidy_code(words) is not None:
        try:
            return await answer_about_campaign(reads, words)
        except Problem:
            # a code of no launched campaign: say so as for words that find nothing
            return _BotAnswer(text=matches_text(words, [], more=False), buttons=[])
    page = await list_public_campaigns(reads, limit=MOST_BUTTONS, cursor=None, q=words, language="vi")
    text = matches_text(words, page.items, page.next_cursor is not None)
    buttons = [
        _button(f"{number}. {_title(campaign, MOST_TITLE_CHARACTERS - 3)}", campaign.code)
        for number, campaign in enumerate(page.items, 1)
    ]
    return _BotAnswer(text=text, buttons=buttons)
