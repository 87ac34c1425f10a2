"""Figures: roll-up rows of the register, historical figures of the papers, and the answers built of them."""

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field as F
from sqlalchemy import BigInteger, Column, Index, Numeric, PrimaryKeyConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.administrative_units import UnitReference
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference
from app.models.base import folded, json, owner_key, path, term
from app.models.legal_documents import DocumentReference, Doubt
from app.shapes import Count, Dong, Id, Output, OutText, Year
from app.vocabularies import (
    AuthorityLevel,
    CommendationCategory,
    FigureKind,
    FigureQualifier,
    RecipientKind,
    Route,
    StatisticsBasis,
    SuccessionExtent,
)


class AwardRollup(SQLModel, table=True):
    """Counts of valid awards, kept by statement triggers on `award` inside the writing statement.

    A scope is a path in one of the two trees: the province (depth 2), the commune (depth 3) and the
    submitting body itself. So a row of depth 2 or 3 counts its whole subtree, and a row of any other
    depth counts that body alone; `app/services/statistics.py` reads a subtree by this rule. The nation
    is the sum of the provinces at read: a central row would be written by everyone (measured: 12 % of
    the write rate).
    """

    __tablename__ = "award_rollup"
    __table_args__ = (
        PrimaryKeyConstraint("tree", "scope_path", "year", "level", "award_type_code", "category", "recipient_kind"),
        Index("ix_award_rollup_province", "tree", "scope_path", postgresql_where=text("depth = 2")),
    )

    tree: Route = Field(sa_column=term(Route, "tree"))
    scope_path: str = Field(sa_column=path("scope_path"))
    depth: int
    year: int
    level: AuthorityLevel = Field(sa_column=term(AuthorityLevel, "level"))
    award_type_code: str
    category: CommendationCategory = Field(sa_column=term(CommendationCategory, "category"))
    recipient_kind: RecipientKind = Field(sa_column=term(RecipientKind, "recipient_kind"))
    awards: int = Field(sa_column=Column("awards", BigInteger, nullable=False))
    bonus: int = Field(sa_column=Column("bonus", BigInteger, nullable=False))


class HistoricalFigure(SQLModel, table=True):
    """A figure as a paper reports it. Never split, never corrected: an aggregate stays an aggregate."""

    __tablename__ = "historical_figure"
    __table_args__ = (
        owner_key(),
        Index("ix_historical_figure_scope", "authority_id", "kind", "position"),
        Index("ix_historical_figure_search", text("to_tsvector('simple', label_folded)"), postgresql_using="gin"),
        Index(
            "ix_historical_figure_covers",
            "covers",
            postgresql_using="gin",
            postgresql_ops={"covers": "jsonb_path_ops"},
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    key: str = Field(unique=True)
    position: int
    kind: FigureKind = Field(sa_column=term(FigureKind, "kind"))
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    covers: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("covers"))
    level: AuthorityLevel | None = Field(default=None, sa_column=term(AuthorityLevel, "level", nullable=True))
    award_type_code: str | None = None
    label: str
    label_folded: str | None = Field(default=None, sa_column=folded("label"))
    recipient_kind: RecipientKind | None = Field(
        default=None, sa_column=term(RecipientKind, "recipient_kind", nullable=True)
    )
    value: Decimal | None = Field(default=None, sa_column=Column(Numeric))
    text_value: str | None = None
    unit: str | None = None
    qualifier: FigureQualifier | None = Field(default=None, sa_column=term(FigureQualifier, "qualifier", nullable=True))
    period_from: int | None = None
    period_to: int | None = None
    period_text: str | None = None
    deciding_authority_text: str | None = None
    campaign_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    posthumous: bool | None = None
    breakdown: Any = Field(default=None, sa_column=json("breakdown", nullable=True))
    document_id: uuid.UUID = Field(foreign_key="legal_document.id", index=True)
    section: str | None = None
    group: str | None = None
    doubt: dict[str, Any] | None = Field(default=None, sa_column=json("doubt", nullable=True))
    may_double_count_with: list[str] = Field(default_factory=list, sa_column=json("may_double_count_with"))
    note: str | None = None


# ------------------------------------------------------------ shapes of the contract

GROUPS_MOST = 10_000
GroupBy = Literal["level", "award_type", "category", "recipient_kind", "year"]


class CoveredUnit(Output):
    """A unit whose results a figure includes, wholly or in part."""

    unit: UnitReference
    extent: SuccessionExtent


class FigurePeriod(Output):
    """The period of a figure: years where known, and the paper's own words."""

    year_from: Year | None
    year_to: Year | None
    text: OutText | None


class HistoricalFigureOut(Output):
    """A figure as reported, with its source and the doubts about it. `value` is decimal text, unchanged."""

    id: Id
    key: OutText
    kind: FigureKind
    scope: AuthorityReference
    covers: Annotated[list[CoveredUnit], F(max_length=50)]
    level: AuthorityLevel | None
    award_type: AwardTypeReference | None
    label: OutText
    recipient_kind: RecipientKind | None
    value: Annotated[str, F(max_length=40)] | None
    text_value: OutText | None
    unit: OutText | None
    qualifier: FigureQualifier | None
    period: FigurePeriod
    deciding_authority_text: OutText | None
    campaign_id: Id | None
    posthumous: bool | None
    breakdown: Any
    source: DocumentReference
    section: OutText | None
    group: OutText | None
    doubt: Doubt | None
    may_double_count_with: Annotated[list[OutText], F(max_length=50)]
    note: OutText | None


class HistoricalFigurePage(Output):
    """A page of historical figures."""

    items: Annotated[list[HistoricalFigureOut], F(max_length=100)]
    next_cursor: OutText | None


class RegisterCount(Output):
    """A count of valid register entries; a dimension that was not asked for is null."""

    level: AuthorityLevel | None
    award_type: AwardTypeReference | None
    category: CommendationCategory | None
    recipient_kind: RecipientKind | None
    year: Year | None
    awards: Count
    bonus: Dong


class RegisterFigures(Output):
    """Counts of the award register."""

    items: Annotated[list[RegisterCount], F(max_length=GROUPS_MOST)]
    awards: Count
    bonus: Dong


class Predecessor(Output):
    """An old unit of the scope, and whether its figures are added."""

    unit: UnitReference
    extent: SuccessionExtent
    added: bool
    awards: Count
    reason: OutText


class AwardStatistics(Output):
    """Counts of awards over a subtree.

    Register and historical figures are never added together: `total_uses` says which of them
    `total` is, and `possible_double_counts` names historical figures of the same scope and years.
    """

    definition: OutText
    scope: AuthorityReference
    basis: StatisticsBasis
    tree: Route
    year_from: Year | None
    year_to: Year | None
    group_by: Annotated[list[GroupBy], F(max_length=5)]
    award_register: RegisterFigures
    historical: Annotated[list[HistoricalFigureOut], F(max_length=1000)]
    predecessors: Annotated[list[Predecessor], F(max_length=1000)]
    total: Count
    total_uses: Literal["award_register"]
    possible_double_counts: Annotated[list[OutText], F(max_length=1000)]
