"""What anyone may know of a campaign, and what a bot answers: shapes without tables, without personal data."""

from datetime import date
from typing import Annotated

from pydantic import Field as F

from app.shapes import Count, Output, OutText, PartialDate
from app.vocabularies import CampaignMethod, CampaignScope, PublicStatus, ReviewKind

PublicCode = Annotated[str, F(max_length=40)]


class PublicCampaignReference(Output):
    """A campaign named by its public code."""

    code: PublicCode
    title: OutText


class PublicDocument(Output):
    """The document by which a campaign was launched."""

    number_symbol: OutText | None
    title: OutText
    issued_on: PartialDate | None


class PublicReview(Output):
    """The review that comes next or is under way."""

    kind: ReviewKind
    on: PartialDate


class Participation(Output):
    """How many of the units in scope have deployed the campaign; percent with one decimal, such as "41.7"."""

    units_in_scope: Count
    units_deployed: Count
    participation_percent: Annotated[str, F(max_length=6)]


class PublicCampaignSummary(Output):
    """A launched campaign in a public list. `launcher` is null where the papers name none."""

    code: PublicCode
    title: OutText
    short_title: OutText | None
    launcher: OutText | None
    public_status: PublicStatus
    public_status_label: OutText
    starts: PartialDate | None
    ends: PartialDate | None
    end_event: OutText | None


class PublicCampaign(PublicCampaignSummary):
    """A launched campaign as anyone may see it: its first purposes and contents, and how far it is deployed."""

    theme: OutText | None
    method: CampaignMethod
    scope: CampaignScope
    launched_on: date | None
    launch_document: PublicDocument | None
    parent: PublicCampaignReference | None
    next_review: PublicReview | None
    progress: Participation | None
    purposes: Annotated[list[OutText], F(max_length=10)]
    contents: Annotated[list[OutText], F(max_length=10)]


class PublicCampaignPage(Output):
    """A page of launched campaigns."""

    items: Annotated[list[PublicCampaignSummary], F(max_length=100)]
    next_cursor: OutText | None


class BotButton(Output):
    """A button below a bot's answer. A bot sends the payload back as if the user had written it."""

    title: Annotated[str, F(min_length=1, max_length=100)]
    payload: Annotated[str, F(pattern=r"^#", max_length=1000)]


class BotAnswer(Output):
    """A ready answer in Vietnamese: at most 600 characters, never cut inside a word, and at most five buttons."""

    text: Annotated[str, F(min_length=1, max_length=600)]
    buttons: Annotated[list[BotButton], F(max_length=5)]
