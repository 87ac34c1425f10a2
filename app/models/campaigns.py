"""Campaigns (phong trào thi đua): the plan of a campaign is one versioned document with keyed items."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field as F
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from sqlalchemy import Column, Computed, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import folded, json, moment, owner_key, path, term
from app.models.legal_documents import DocumentReference
from app.shapes import Code, Day, Id, Input, Line, Moment, Output, OutText, Paragraph, PartialDate, Version
from app.vocabularies import (
    AuthorityLevel,
    CampaignMethod,
    CampaignScope,
    CampaignState,
    DatePrecision,
    PublicStatus,
    ReviewKind,
    RewardOccasion,
)


class Campaign(SQLModel, table=True):
    """A campaign, owned by its launcher; `plan` is validated as `CampaignPlan` before it is stored."""

    __tablename__ = "campaign"
    __table_args__ = (
        owner_key(),
        # one index per depth a caller can stand at: the page of a subtree is read in its order
        Index("ix_campaign_all", "state", text("created_at desc"), text("id desc")),
        Index("ix_campaign_path", "territory_path", "state", text("created_at desc"), text("id desc")),
        Index("ix_campaign_line_path", "line_path", "state", text("created_at desc"), text("id desc")),
        Index(
            "ix_campaign_province",
            text("path_at(territory_path, 2)"),
            "state",
            text("created_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_campaign_commune",
            text("path_at(territory_path, 3)"),
            "state",
            text("created_at desc"),
            text("id desc"),
        ),
        # nation-wide campaigns are few and everybody sees them
        Index(
            "ix_campaign_national",
            "state",
            text("created_at desc"),
            text("id desc"),
            postgresql_where=text("scope = 'national'"),
        ),
        Index("ix_campaign_search", text("to_tsvector('simple', title_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    key: str | None = Field(default=None, unique=True)
    code: str = Field(unique=True)
    authority_id: uuid.UUID = Field(index=True)
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    parent_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    launch_document_id: uuid.UUID | None = Field(default=None, foreign_key="legal_document.id", index=True)
    title: str
    title_folded: str | None = Field(default=None, sa_column=folded("title"))
    short_title: str | None = None
    other_titles: list[str] = Field(default_factory=list, sa_column=json("other_titles"))
    theme: str | None = None
    method: CampaignMethod = Field(sa_column=term(CampaignMethod, "method"))
    scope: CampaignScope = Field(sa_column=term(CampaignScope, "scope"))
    scope_text: str | None = None
    starts_on: date | None = None
    starts_precision: DatePrecision | None = Field(
        default=None, sa_column=term(DatePrecision, "starts_precision", nullable=True)
    )
    ends_on: date | None = None
    ends_precision: DatePrecision | None = Field(
        default=None, sa_column=term(DatePrecision, "ends_precision", nullable=True)
    )
    end_event: str | None = None
    plan: dict[str, Any] = Field(sa_column=json("plan"))
    # the dated reviews of its phases, kept by the database: the public status needs nothing else of the plan
    reviews: list[dict[str, Any]] | None = Field(
        default=None,
        sa_column=Column(
            "reviews",
            JSONB(none_as_null=True),
            Computed("jsonb_path_query_array(plan, '$.phases[*].review ? (@.on != null)')", persisted=True),
        ),
    )
    sources: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("sources"))
    note: str | None = None
    state: CampaignState = Field(sa_column=term(CampaignState, "state"))
    launched_on: date | None = None
    # false: the papers name no launcher, and the owner only keeps the campaign
    launcher_known: bool = True
    created_by: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class CampaignSeries(SQLModel, table=True):
    """Last number given to a campaign of a launcher in a year; the row lock makes the codes unique."""

    __tablename__ = "campaign_series"
    __table_args__ = (UniqueConstraint("authority_id", "year"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    year: int
    last_number: int


# ------------------------------------------------------------ the plan


def unique_keys(keys: Iterable[object]) -> None:
    """Refuse a key that occurs twice: items are named by it when a later change is offered below."""
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise PydanticCustomError("duplicate_key", "key {key} occurs twice", {"key": str(key)})
        seen.add(key)


def not_before_start(ends: PartialDate | None, info: ValidationInfo) -> PartialDate | None:
    """Refuse an end that lies before the start, however exactly the two are known."""
    starts: PartialDate | None = info.data.get("starts")
    if starts is not None and ends is not None and ends.last_day() < starts.first_day():
        raise PydanticCustomError("end_before_start", "the end must not be before the start")
    return ends


class Target(Input):
    """A measurable requirement (E09): indicator, operator, value, unit."""

    indicator: Line
    operator: Annotated[Line, F(max_length=20)]
    value: Annotated[Line, F(max_length=40)]
    unit: Annotated[Line, F(max_length=60)] | None = None
    applies_to: Line | None = None


class Requirement(Input):
    """A requirement of the plan; with a target when it can be measured."""

    key: Code
    text: Paragraph
    section: Line | None = None
    target: Target | None = None


class ContentItem(Input):
    """A numbered content item."""

    key: Code
    number: Annotated[int, F(ge=1, le=999)] | None = None
    text: Paragraph


class Audiences(Input):
    """Who takes part."""

    collective: Annotated[list[Line], F(max_length=50)] = []
    individual: Annotated[list[Line], F(max_length=50)] = []


class PhaseReview(Input):
    """The review that closes a phase."""

    kind: ReviewKind
    on: PartialDate | None = None


class Phase(Input):
    """A phase. Two phases may share a year (R29)."""

    number: Annotated[int, F(ge=1, le=99)]
    starts: PartialDate | None = None
    ends: PartialDate | None = None
    tasks: Annotated[list[Paragraph], F(max_length=50)] = []
    review: PhaseReview | None = None

    _ends_not_before_start = field_validator("ends")(not_before_start)


class Criterion(Input):
    """One criterion; points only where the plan gives them."""

    key: Code
    text: Paragraph
    max_points: Annotated[int, F(ge=0, le=100_000)] | None = None


class CriteriaGroup(Input):
    """Criteria of one audience group (R13)."""

    key: Code
    audience: Line
    section: Line | None = None
    items: Annotated[list[Criterion], F(max_length=100)]


class Reward(Input):
    """A line of the reward plan (R09, R14): level, occasion, form, quota."""

    level: AuthorityLevel
    occasion: RewardOccasion
    decider: Line | None = None
    form: Line | None = None
    recipients: Annotated[list[Line], F(max_length=20)] = []
    conditions: Annotated[list[Paragraph], F(max_length=50)] = []
    quota: Line | None = None
    on: PartialDate | None = None
    section: Line | None = None
    doubt: Paragraph | None = None


class Duty(Input):
    """What a body has to do."""

    body: Line
    items: Annotated[list[Paragraph], F(max_length=50)]
    section: Line | None = None


class ReportingDuty(Input):
    """What has to be reported, by whom, to whom, through whom, when."""

    what: Paragraph
    sender: Line | None = None
    recipient: Line | None = None
    via: Line | None = None
    when: Line | None = None
    section: Line | None = None


class CampaignPlan(Input):
    """The content of a plan, in the order of the papers."""

    purposes: Annotated[list[Paragraph], F(max_length=100)] = []
    requirements: Annotated[list[Requirement], F(max_length=200)] = []
    contents: Annotated[list[ContentItem], F(max_length=200)] = []
    audiences: Audiences = Audiences()
    phases: Annotated[list[Phase], F(max_length=50)] = []
    criteria: Annotated[list[CriteriaGroup], F(max_length=50)] = []
    rewards: Annotated[list[Reward], F(max_length=50)] = []
    duties: Annotated[list[Duty], F(max_length=100)] = []
    reporting_duties: Annotated[list[ReportingDuty], F(max_length=100)] = []
    solutions: Annotated[list[Paragraph], F(max_length=100)] = []

    @field_validator("requirements", "contents")
    @classmethod
    def _keys_once(cls, value: list[Any]) -> list[Any]:
        unique_keys(item.key for item in value)
        return value

    @field_validator("phases")
    @classmethod
    def _numbers_once(cls, value: list[Phase]) -> list[Phase]:
        unique_keys(phase.number for phase in value)
        return value

    @field_validator("criteria")
    @classmethod
    def _criteria_keys_once(cls, value: list[CriteriaGroup]) -> list[CriteriaGroup]:
        unique_keys(key for group in value for key in (group.key, *(item.key for item in group.items)))
        return value


class _AsStored:
    """A plan as the database holds it: it was validated before it was stored.

    Validating it again would cost a Python loop over every character of the paper.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.dict_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(CampaignPlan.__pydantic_core_schema__)


StoredPlan = Annotated[dict[str, Any], _AsStored]


# ------------------------------------------------------------ shapes of the contract


class CampaignIn(Input):
    """A campaign to draft. With `parent_id` and no plan of its own it begins with the parent's contents and criteria."""

    authority_id: Id
    parent_id: Id | None = None
    launch_document_id: Id | None = None
    title: Paragraph
    short_title: Line | None = None
    other_titles: Annotated[list[Paragraph], F(max_length=20)] = []
    theme: Paragraph | None = None
    method: CampaignMethod
    scope: CampaignScope
    scope_text: Line | None = None
    starts: PartialDate | None = None
    ends: PartialDate | None = None
    end_event: Line | None = None
    plan: CampaignPlan | None = None

    _ends_not_before_start = field_validator("ends")(not_before_start)


class CampaignPatch(Input):
    """Merge patch (RFC 7396) of a draft: absent keeps, null clears."""

    launch_document_id: Id | None = None
    title: Paragraph | None = None
    short_title: Line | None = None
    other_titles: Annotated[list[Paragraph], F(max_length=20)] | None = None
    theme: Paragraph | None = None
    method: CampaignMethod | None = None
    scope: CampaignScope | None = None
    scope_text: Line | None = None
    starts: PartialDate | None = None
    ends: PartialDate | None = None
    end_event: Line | None = None
    plan: CampaignPlan | None = None

    @field_validator("title", "method", "scope")
    @classmethod
    def _not_cleared(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("null_not_allowed", "this value cannot be cleared")
        return value

    _ends_not_before_start = field_validator("ends")(not_before_start)


class CampaignLaunch(Input):
    """The day of launching; today where it is not given."""

    launched_on: Day | None = None


class CampaignReference(Output):
    """A campaign as it is named inside other answers."""

    id: Id
    code: Annotated[str, F(max_length=40)]
    title: OutText


CampaignAction = Literal["edit", "launch", "conclude", "cancel"]


class CampaignSummary(Output):
    """A campaign in a list."""

    id: Id
    code: Annotated[str, F(max_length=40)]
    title: OutText
    short_title: OutText | None
    launcher: AuthorityReference
    launcher_known: bool
    parent_id: Id | None
    method: CampaignMethod
    scope: CampaignScope
    starts: PartialDate | None
    ends: PartialDate | None
    state: CampaignState
    public_status: PublicStatus | None
    launched_on: date | None
    created_at: Moment


class CampaignSource(Output):
    """Where a fact about the campaign stands in the papers."""

    document: OutText
    section: OutText | None


class CampaignOut(CampaignSummary):
    """A campaign with its plan and what the caller may do next."""

    parent: CampaignReference | None
    launch_document: DocumentReference | None
    other_titles: Annotated[list[OutText], F(max_length=20)]
    theme: OutText | None
    scope_text: OutText | None
    end_event: OutText | None
    plan: StoredPlan
    sources: Annotated[list[CampaignSource], F(max_length=100)]
    note: OutText | None
    version: Version
    allowed_actions: Annotated[list[CampaignAction], F(max_length=10)]


class CampaignPage(Output):
    """A page of campaigns."""

    items: Annotated[list[CampaignSummary], F(max_length=100)]
    next_cursor: OutText | None
