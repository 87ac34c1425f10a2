"""Award catalogue (danh hiệu, hình thức khen thưởng), competence to decide, base salary, working days: all data."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field as F
from sqlalchemy import Column, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.base import folded, json, term
from app.shapes import Dong, Id, Output, OutText
from app.vocabularies import AuthorityKind, AuthorityLevel, AwardKind, RecipientKind, Verification


class AwardType(SQLModel, table=True):
    """An entry of the catalogue in the period of its validity; never deleted, only ended."""

    __tablename__ = "award_type"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        Index("ix_award_type_search", text("to_tsvector('simple', name_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    code: str
    name: str
    name_folded: str | None = Field(default=None, sa_column=folded("name"))
    kind: AwardKind = Field(sa_column=term(AwardKind, "kind"))
    family: str
    catalogue_level: str
    rank: int
    recipients: list[str] = Field(sa_column=json("recipients"))
    parent_code: str | None = None
    prerequisite: str | None = None
    prerequisite_paths: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("prerequisite_paths"))
    quota_rule: str | None = None
    ballot_threshold_percent: int | None = None
    coefficient_individual: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3)))
    coefficient_collective: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3)))
    coefficient_household: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 3)))
    coefficient_is_ceiling: bool = False
    cycle: str | None = None
    report_template: str | None = None
    posthumous: bool | None = None
    deciding_authority_before: str | None = None
    deciding_authority: str | None = None
    legal_basis: str
    verification: Verification = Field(sa_column=term(Verification, "verification"))
    note: str | None = None
    valid_from: date
    valid_to: date | None = None


class AwardCompetence(SQLModel, table=True):
    """Which kind of body, at which level, may decide which award type, and by which rule."""

    __tablename__ = "award_competence"
    __table_args__ = (
        UniqueConstraint(
            "award_type_code", "authority_kind", "authority_level", "valid_from", name="uq_award_competence_rule"
        ),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    award_type_code: str
    authority_kind: AuthorityKind = Field(sa_column=term(AuthorityKind, "authority_kind"))
    authority_level: AuthorityLevel = Field(sa_column=term(AuthorityLevel, "authority_level"))
    valid_from: date
    valid_to: date | None = None
    legal_basis: str
    verification: Verification = Field(sa_column=term(Verification, "verification"))
    note: str | None = None


class BaseSalary(SQLModel, table=True):
    """Lương cơ sở from a date on, in đồng a month."""

    __tablename__ = "base_salary"

    valid_from: date = Field(primary_key=True)
    amount: int
    legal_basis: str
    verification: Verification = Field(sa_column=term(Verification, "verification"))


class CalendarDay(SQLModel, table=True):
    """A day that is not what its weekday says: a holiday, or a Saturday worked in return."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    is_working: bool
    name: str
    legal_basis: str | None = None
    verification: Verification = Field(sa_column=term(Verification, "verification"))


class Coefficients(Output):
    """Coefficient of the base salary by recipient, as decimal text; null: the rule gives none."""

    individual: Annotated[str, F(max_length=12)] | None
    collective: Annotated[str, F(max_length=12)] | None
    household: Annotated[str, F(max_length=12)] | None
    is_ceiling: bool


class CompetenceOut(Output):
    """Who may decide it, and by which rule."""

    authority_kind: AuthorityKind
    authority_level: AuthorityLevel
    valid_from: date
    valid_to: date | None
    legal_basis: OutText
    verification: Verification
    note: OutText | None


class AwardTypeReference(Output):
    """An award type as it is named inside other answers."""

    code: Annotated[str, F(max_length=80)]
    name: OutText


class AwardTypeOut(Output):
    """An award type of the catalogue. An empty `prerequisite_paths` means no machine rule, never eligible."""

    id: Id
    code: Annotated[str, F(max_length=80)]
    name: OutText
    kind: AwardKind
    family: OutText
    catalogue_level: OutText
    rank: Annotated[int, F(ge=0, le=100)]
    recipients: Annotated[list[RecipientKind], F(max_length=3)]
    parent_code: OutText | None
    prerequisite: OutText | None
    prerequisite_paths: Annotated[list[dict[str, Any]], F(max_length=50)]
    quota_rule: OutText | None
    ballot_threshold_percent: Annotated[int, F(ge=0, le=100)] | None
    coefficients: Coefficients
    cycle: OutText | None
    report_template: OutText | None
    posthumous: bool | None
    competences: Annotated[list[CompetenceOut], F(max_length=20)]
    legal_basis: OutText
    verification: Verification
    note: OutText | None
    valid_from: date
    valid_to: date | None


class AwardTypePage(Output):
    """A page of award types."""

    items: Annotated[list[AwardTypeOut], F(max_length=100)]
    next_cursor: OutText | None


class Bonus(Output):
    """How a bonus was computed (NĐ 152/2025/NĐ-CP, Điều 49): base salary × coefficient, rounded up."""

    base_salary: Dong
    coefficient: Annotated[str, F(max_length=12)]
    rounding: Dong
    amount: Dong
    legal_basis: OutText
    verification: Verification
