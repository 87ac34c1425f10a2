"""Tables of the product that the endpoints need, as SQLModel classes with relationships."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Optional

import rules
from sqlalchemy import DateTime, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Relationship, SQLModel

from app import clock
from app.ids import new_id


def _now() -> datetime:
    return datetime.now(UTC)


Moment = DateTime(timezone=True)
Json = JSONB(none_as_null=True)


def _to_one(column: str) -> Any:
    return Relationship(sa_relationship_kwargs={"foreign_keys": column})


class Authority(SQLModel, table=True):
    """A body."""

    id: uuid.UUID = Field(primary_key=True)
    name: str
    number: int
    kind: str
    line: str
    unit_id: uuid.UUID | None
    parent_id: uuid.UUID | None = Field(foreign_key="authority.id")
    line_parent_id: uuid.UUID | None = Field(foreign_key="authority.id")
    territory_path: str
    line_path: str
    valid_from: date | None
    valid_to: date | None


class LegalDocument(SQLModel, table=True):
    """A legal document."""

    __tablename__ = "legal_document"

    id: uuid.UUID = Field(primary_key=True)
    type: str
    number_symbol: str | None
    title: str
    issued_on: date | None
    issued_precision: str | None

    @property
    def issued(self) -> dict[str, Any] | None:
        """The day it was issued, as exactly as it is known."""
        return rules.partial_date(self.issued_on, self.issued_precision)


class Campaign(SQLModel, table=True):
    """A campaign."""

    id: uuid.UUID = Field(primary_key=True)
    code: str
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    territory_path: str
    line_path: str
    parent_id: uuid.UUID | None = Field(foreign_key="campaign.id")
    launch_document_id: uuid.UUID | None = Field(foreign_key="legal_document.id")
    title: str
    short_title: str | None
    other_titles: list[str] = Field(sa_type=Json)
    theme: str | None
    method: str
    scope: str
    scope_text: str | None
    starts_on: date | None
    starts_precision: str | None
    ends_on: date | None
    ends_precision: str | None
    end_event: str | None
    plan: dict[str, Any] = Field(sa_type=Json)
    sources: list[dict[str, Any]] = Field(sa_type=Json)
    note: str | None
    state: str
    launched_on: date | None
    launcher_known: bool
    created_at: datetime = Field(sa_type=Moment)
    version: int

    authority: Authority = Relationship()
    launch_document: LegalDocument | None = Relationship()
    parent: Optional["Campaign"] = Relationship(sa_relationship_kwargs={"remote_side": "Campaign.id"})

    @property
    def launcher(self) -> Authority:
        """The body that launched it."""
        return self.authority

    @property
    def starts(self) -> dict[str, Any] | None:
        """When it starts."""
        return rules.partial_date(self.starts_on, self.starts_precision)

    @property
    def ends(self) -> dict[str, Any] | None:
        """When it ends."""
        return rules.partial_date(self.ends_on, self.ends_precision)

    @property
    def public_status(self) -> str | None:
        """What the public sees of it today."""
        return rules.public_status(self, clock.today())


class Deployment(SQLModel, table=True):
    """What a body has done with a campaign."""

    id: uuid.UUID = Field(primary_key=True)
    campaign_id: uuid.UUID = Field(foreign_key="campaign.id")
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    state: str


class Candidate(SQLModel, table=True):
    """A person, collective or household."""

    id: uuid.UUID = Field(primary_key=True)
    kind: str
    name: str


class AwardType(SQLModel, table=True):
    """An award type in a period of validity."""

    __tablename__ = "award_type"

    id: uuid.UUID = Field(primary_key=True)
    code: str
    name: str
    valid_from: date


class WorkflowDefinition(SQLModel, table=True):
    """A version of the workflow."""

    __tablename__ = "workflow_definition"

    id: uuid.UUID = Field(primary_key=True)
    code: str
    number: int
    valid_from: date
    valid_to: date | None


class UserAccount(SQLModel, table=True):
    """A user."""

    __tablename__ = "user_account"

    id: uuid.UUID = Field(primary_key=True)
    display_name: str


class Dossier(SQLModel, table=True):
    """A dossier of nominations."""

    id: uuid.UUID = Field(primary_key=True)
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    territory_path: str
    line_path: str
    route: str
    category: str
    campaign_id: uuid.UUID | None
    year: int
    title: str
    submitted_at: datetime | None = Field(sa_type=Moment)
    version: int


class NominationEvent(SQLModel, table=True):
    """A step of the history of a nomination."""

    __tablename__ = "nomination_event"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    nomination_id: uuid.UUID = Field(foreign_key="nomination.id")
    at: datetime = Field(default_factory=_now, sa_type=Moment)
    action: str
    from_state: str | None = None
    to_state: str
    actor_id: uuid.UUID = Field(foreign_key="user_account.id")
    acting_for_id: uuid.UUID = Field(foreign_key="authority.id")
    sent_to_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    reason: str | None = None

    user: UserAccount = Relationship()
    acting_for: Authority = _to_one("NominationEvent.acting_for_id")
    sent_to: Authority | None = _to_one("NominationEvent.sent_to_id")

    @property
    def actor(self) -> str:
        """Who took the step."""
        return self.user.display_name


class Nomination(SQLModel, table=True):
    """One candidate for one award type."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    dossier_id: uuid.UUID = Field(foreign_key="dossier.id")
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    territory_path: str
    line_path: str
    route: str
    candidate_id: uuid.UUID = Field(foreign_key="candidate.id")
    award_type_id: uuid.UUID = Field(foreign_key="award_type.id")
    award_type_code: str
    category: str
    campaign_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id")
    year: int
    achievement: str
    state: str
    holder_id: uuid.UUID = Field(foreign_key="authority.id")
    workflow_id: uuid.UUID
    appraisal: dict[str, Any] | None = Field(default=None, sa_type=Json)
    created_by: uuid.UUID
    created_at: datetime = Field(default_factory=_now, sa_type=Moment)
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    state_changed_at: datetime = Field(default_factory=_now, sa_type=Moment)
    version: int = 1

    authority: Authority = _to_one("Nomination.authority_id")
    holder: Authority = _to_one("Nomination.holder_id")
    dossier: Dossier = Relationship()
    candidate: Candidate = Relationship()
    award_type: AwardType = Relationship()
    campaign: Campaign | None = Relationship()
    history: list[NominationEvent] = Relationship(sa_relationship_kwargs={"order_by": "NominationEvent.id"})


class AuditEvent(SQLModel, table=True):
    """Who did what."""

    __tablename__ = "audit_event"

    id: int | None = Field(default=None, primary_key=True)
    actor_id: uuid.UUID
    authority_id: uuid.UUID
    action: str
    entity: str
    entity_id: uuid.UUID
    before: dict[str, Any] | None = Field(default=None, sa_type=Json)
    after: dict[str, Any] | None = Field(default=None, sa_type=Json)
    reason: str | None = None


class OutboxEvent(SQLModel, table=True):
    """An event for the outside."""

    __tablename__ = "outbox_event"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    type: str
    subject: str
    authority_id: uuid.UUID
    data: dict[str, Any] = Field(sa_type=Json)


class Award(SQLModel, table=True):
    """An entry of the register."""

    id: uuid.UUID = Field(primary_key=True)
    territory_path: str
    level: str
    award_type_code: str
    category: str
    recipient_kind: str
    year: int
    bonus_amount: int
    state: str


class AdministrativeUnit(SQLModel, table=True):
    """A province, a ward."""

    __tablename__ = "administrative_unit"

    id: uuid.UUID = Field(primary_key=True)
    code: str | None
    name: str
    name_sort: str
    valid_from: date
    valid_to: date | None


class UnitSuccession(SQLModel, table=True):
    """Which unit became part of which."""

    __tablename__ = "unit_succession"

    id: uuid.UUID = Field(primary_key=True)
    from_unit_id: uuid.UUID
    to_unit_id: uuid.UUID
    extent: str
    effective_date: date


class HistoricalFigure(SQLModel, table=True):
    """A figure as a paper reports it."""

    __tablename__ = "historical_figure"

    id: uuid.UUID = Field(primary_key=True)
    key: str
    position: int
    kind: str
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    covers: list[dict[str, Any]] = Field(sa_type=Json)
    level: str | None
    award_type_code: str | None
    label: str
    recipient_kind: str | None
    value: Decimal | None = Field(sa_type=Numeric)
    text_value: str | None
    unit: str | None
    qualifier: str | None
    period_from: int | None
    period_to: int | None
    period_text: str | None
    deciding_authority_text: str | None
    campaign_id: uuid.UUID | None
    posthumous: bool | None
    breakdown: Any = Field(sa_type=Json)
    document_id: uuid.UUID = Field(foreign_key="legal_document.id")
    section: str | None
    group: str | None
    doubt: dict[str, Any] | None = Field(sa_type=Json)
    may_double_count_with: list[str] = Field(sa_type=Json)
    note: str | None

    authority: Authority = Relationship()
    document: LegalDocument = Relationship()
