"""Request and response models."""

import uuid
from datetime import date, datetime
from typing import Any

from pydantic import Field as PydanticField
from sqlmodel import Field, SQLModel


class NominationIn(SQLModel):
    """A nomination to add to a dossier."""

    dossier_id: uuid.UUID
    candidate_id: uuid.UUID
    award_type_code: str
    achievement: str = Field(min_length=1, max_length=4000)


class Note(SQLModel):
    """A note with a step."""

    note: str | None = None


class AuthorityRef(SQLModel):
    """A body."""

    id: uuid.UUID
    name: str


class CampaignRef(SQLModel):
    """A campaign."""

    id: uuid.UUID
    code: str
    title: str


class CandidateRef(SQLModel):
    """A candidate."""

    id: uuid.UUID
    kind: str
    name: str


class AwardTypeRef(SQLModel):
    """An award type."""

    code: str
    name: str


class DossierRef(SQLModel):
    """A dossier."""

    id: uuid.UUID
    title: str


class PartialDate(SQLModel):
    """A date known to the day, the month or the year."""

    value: str
    precision: str


class DocumentRef(SQLModel):
    """A legal document."""

    id: uuid.UUID
    number_symbol: str | None
    title: str
    issued_on: PartialDate | None = PydanticField(validation_alias="issued")


class CampaignSummary(SQLModel):
    """A campaign in a list."""

    id: uuid.UUID
    code: str
    title: str
    short_title: str | None
    launcher: AuthorityRef
    launcher_known: bool
    parent_id: uuid.UUID | None
    method: str
    scope: str
    starts: PartialDate | None
    ends: PartialDate | None
    state: str
    public_status: str | None
    launched_on: date | None
    created_at: datetime


class CampaignPage(SQLModel):
    """A page of campaigns."""

    items: list[CampaignSummary]
    next_cursor: str | None


class CampaignOut(CampaignSummary):
    """A campaign with its plan."""

    parent: CampaignRef | None
    launch_document: DocumentRef | None
    other_titles: list[str]
    theme: str | None
    scope_text: str | None
    end_event: str | None
    plan: dict[str, Any]
    sources: list[dict[str, Any]]
    note: str | None
    version: int


class PublicDocument(SQLModel):
    """The document by which a campaign was launched."""

    number_symbol: str | None
    title: str
    issued_on: PartialDate | None


class PublicParent(SQLModel):
    """The campaign above."""

    code: str
    title: str


class Review(SQLModel):
    """A review."""

    kind: str
    on: PartialDate


class Progress(SQLModel):
    """How many units take part."""

    units_in_scope: int
    units_deployed: int
    participation_percent: str


class PublicCampaign(SQLModel):
    """A campaign as anyone may see it."""

    code: str
    title: str
    short_title: str | None
    launcher: str | None
    public_status: str
    public_status_label: str
    starts: PartialDate | None
    ends: PartialDate | None
    end_event: str | None
    theme: str | None
    method: str
    scope: str
    launched_on: date | None
    launch_document: PublicDocument | None
    parent: PublicParent | None
    next_review: Review | None
    progress: Progress | None
    purposes: list[str]
    contents: list[str]


class BotButton(SQLModel):
    """A button."""

    title: str
    payload: str


class BotAnswer(SQLModel):
    """A sentence with buttons."""

    text: str
    buttons: list[BotButton]


class NominationSummary(SQLModel):
    """A nomination in a list."""

    id: uuid.UUID
    dossier_id: uuid.UUID
    authority: AuthorityRef
    candidate: CandidateRef
    award_type: AwardTypeRef
    category: str
    year: int
    state: str
    holder: AuthorityRef
    created_at: datetime
    state_changed_at: datetime


class NominationPage(SQLModel):
    """A page of nominations."""

    items: list[NominationSummary]
    next_cursor: str | None


class Appraisal(SQLModel):
    """The opinion of the standing body."""

    opinion: str
    note: str | None
    by: str
    at: datetime


class EventOut(SQLModel):
    """A step of the history."""

    at: datetime
    action: str
    from_state: str | None
    to_state: str
    actor: str
    acting_for: AuthorityRef
    sent_to: AuthorityRef | None
    reason: str | None


class NominationOut(NominationSummary):
    """A nomination with its history."""

    dossier: DossierRef
    campaign: CampaignRef | None
    route: str
    achievement: str
    appraisal: Appraisal | None
    submitted_at: datetime | None
    history: list[EventOut]
    version: int


class RegisterCount(SQLModel):
    """A count of the register."""

    level: str | None
    award_type: AwardTypeRef | None
    category: str | None
    recipient_kind: str | None
    year: int | None
    awards: int
    bonus: int


class RegisterFigures(SQLModel):
    """Counts of the register."""

    items: list[RegisterCount]
    awards: int
    bonus: int


class AwardStatistics(SQLModel):
    """Counts of awards over a subtree."""

    definition: str
    scope: AuthorityRef
    basis: str
    tree: str
    year_from: int | None
    year_to: int | None
    group_by: list[str]
    award_register: RegisterFigures
    historical: list[dict[str, Any]]
    predecessors: list[dict[str, Any]]
    total: int
    total_uses: str
    possible_double_counts: list[str]
