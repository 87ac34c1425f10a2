"""Decisions (quyết định khen thưởng) and the award register (sổ vàng)."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field as F
from sqlalchemy import BigInteger, Column, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference, Bonus
from app.models.base import folded, json, moment, owner_key, path, term
from app.shapes import Count, Day, Dong, Id, Input, Line, Moment, Output, OutText, Paragraph, Version, Year
from app.vocabularies import (
    AuthorityLevel,
    AwardState,
    CommendationCategory,
    RecipientClass,
    RecipientKind,
    Sex,
    SigningForm,
)


class NumberSeries(SQLModel, table=True):
    """Last number of a series of an authority in a year. The row lock until commit makes it gapless."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("authority_id", "kind", "year"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    authority_id: uuid.UUID = Field(foreign_key="authority.id")
    kind: str
    year: int
    last_number: int


class Decision(SQLModel, table=True):
    """A commendation decision of one authority; corrections and revocations add rows."""

    __tablename__ = "decision"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("authority_id", "year", "number"),
        Index("ix_decision_owner", "authority_id", text("created_at desc"), text("id desc")),
        Index("ix_decision_all", text("created_at desc"), text("id desc")),
        Index("ix_decision_line", "line_path", text("created_at desc"), text("id desc")),
        Index("ix_decision_province", text("path_at(territory_path, 2)"), text("created_at desc"), text("id desc")),
        Index("ix_decision_commune", text("path_at(territory_path, 3)"), text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    year: int
    number: int
    number_symbol: str
    title: str
    decided_on: date
    signer_name: str
    signer_position: str
    signing_form: SigningForm = Field(sa_column=term(SigningForm, "signing_form"))
    created_by: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class Award(SQLModel, table=True):
    """One entry of the register: one recipient, one award. Owned by the body that submitted it."""

    __tablename__ = "award"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("deciding_authority_id", "year", "register_number"),
        UniqueConstraint("nomination_id"),
        Index("ix_award_decision", "decision_id"),
        Index("ix_award_owner", "authority_id", text("created_at desc"), text("id desc")),
        Index("ix_award_all", text("created_at desc"), text("id desc")),
        Index("ix_award_line", "line_path", text("created_at desc"), text("id desc")),
        Index("ix_award_province", text("path_at(territory_path, 2)"), text("created_at desc"), text("id desc")),
        Index("ix_award_commune", text("path_at(territory_path, 3)"), text("created_at desc"), text("id desc")),
        Index("ix_award_search", text("to_tsvector('simple', recipient_name_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    decision_id: uuid.UUID = Field(foreign_key="decision.id")
    nomination_id: uuid.UUID | None = Field(default=None, foreign_key="nomination.id")
    candidate_id: uuid.UUID | None = Field(default=None, foreign_key="candidate.id", index=True)
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    deciding_authority_id: uuid.UUID = Field(foreign_key="authority.id")
    level: AuthorityLevel = Field(sa_column=term(AuthorityLevel, "level"))
    award_type_id: uuid.UUID = Field(foreign_key="award_type.id")
    award_type_code: str
    category: CommendationCategory = Field(sa_column=term(CommendationCategory, "category"))
    campaign_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    recipient_kind: RecipientKind = Field(sa_column=term(RecipientKind, "recipient_kind"))
    recipient_name: str
    recipient_name_folded: str | None = Field(default=None, sa_column=folded("recipient_name"))
    recipient_class: RecipientClass | None = Field(
        default=None, sa_column=term(RecipientClass, "recipient_class", nullable=True)
    )
    sex: Sex | None = Field(default=None, sa_column=term(Sex, "sex", nullable=True))
    ethnicity: str | None = None
    posthumous: bool = False
    decided_on: date
    year: int
    register_number: int
    verification_code: str = Field(unique=True)
    bonus_amount: int = Field(sa_column=Column("bonus_amount", BigInteger, nullable=False))
    bonus_coefficient: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3)))
    bonus: dict[str, Any] | None = Field(default=None, sa_column=json("bonus", nullable=True))
    state: AwardState = Field(sa_column=term(AwardState, "state"))
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class DecisionIn(Input):
    """A decision on appraised nominations that are with the deciding authority. All or none."""

    authority_id: Id
    nomination_ids: Annotated[list[Id], F(min_length=1, max_length=500)]
    title: Paragraph
    decided_on: Day
    signer_name: Line
    signer_position: Line
    signing_form: SigningForm


class AwardSummary(Output):
    """An entry of the register in a list."""

    id: Id
    recipient_kind: RecipientKind
    recipient_name: OutText
    authority: AuthorityReference
    award_type: AwardTypeReference
    level: AuthorityLevel
    deciding_authority: AuthorityReference
    decision_number: OutText
    decided_on: date
    year: Year
    register_number: Count
    verification_code: Annotated[str, F(max_length=40)]
    bonus_amount: Dong
    state: AwardState


class AwardOut(AwardSummary):
    """An entry of the register."""

    decision_id: Id
    nomination_id: Id | None
    candidate_id: Id | None
    category: CommendationCategory
    campaign_id: Id | None
    recipient_class: RecipientClass | None
    posthumous: bool
    bonus: Bonus | None
    version: Version


class AwardPage(Output):
    """A page of the register."""

    items: Annotated[list[AwardSummary], F(max_length=100)]
    next_cursor: OutText | None


class DecisionSummary(Output):
    """A decision in a list."""

    id: Id
    authority: AuthorityReference
    number_symbol: OutText
    title: OutText
    decided_on: date
    signer_name: OutText
    signer_position: OutText
    signing_form: SigningForm
    created_at: Moment


class DecisionOut(DecisionSummary):
    """A decision with its awards."""

    awards: Annotated[list[AwardSummary], F(max_length=500)]
    bonus_total: Dong
    version: Version


class DecisionPage(Output):
    """A page of decisions."""

    items: Annotated[list[DecisionSummary], F(max_length=100)]
    next_cursor: OutText | None


class AwardVerification(Output):
    """What anyone may know of an award who holds its code: the name is masked."""

    valid: bool
    state: AwardState
    recipient_kind: RecipientKind
    recipient_name_masked: OutText
    award_type: OutText
    deciding_authority: OutText
    decision_number: OutText
    decided_on: date
