"""Administrative units (đơn vị hành chính) and their successions."""

import uuid
from datetime import date
from typing import Annotated

from pydantic import Field as F
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.base import folded, sort_key, term
from app.shapes import Output, OutText
from app.vocabularies import SuccessionExtent, Tier, UnitKind, Verification


class AdministrativeUnit(SQLModel, table=True):
    """Key (code, valid_from): codes were reused in 2025, so a code alone names nothing."""

    __tablename__ = "administrative_unit"
    __table_args__ = (UniqueConstraint("code", "valid_from"), Index("ix_administrative_unit_name", "name_sort", "id"))

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    key: str = Field(unique=True)
    code: str | None
    name: str
    name_folded: str | None = Field(default=None, sa_column=folded("name"))
    name_sort: str | None = Field(default=None, sa_column=sort_key("name"))
    kind: UnitKind = Field(sa_column=term(UnitKind, "kind"))
    tier: Tier = Field(sa_column=term(Tier, "tier"))
    parent_id: uuid.UUID | None = Field(default=None, foreign_key="administrative_unit.id", index=True)
    valid_from: date
    valid_to: date | None = None
    legal_basis: str | None = None
    verification: Verification = Field(sa_column=term(Verification, "verification"))
    note: str | None = None


class UnitSuccession(SQLModel, table=True):
    """What became of a unit: many to many, whole or in part (law.md 7.2.4)."""

    __tablename__ = "unit_succession"
    __table_args__ = (UniqueConstraint("from_unit_id", "to_unit_id", "effective_date"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    from_unit_id: uuid.UUID = Field(foreign_key="administrative_unit.id")
    to_unit_id: uuid.UUID = Field(foreign_key="administrative_unit.id", index=True)
    extent: SuccessionExtent = Field(sa_column=term(SuccessionExtent, "extent"))
    effective_date: date
    legal_basis: str | None = None
    verification: Verification = Field(sa_column=term(Verification, "verification"))


class UnitReference(Output):
    """A unit as it is named inside other answers."""

    id: uuid.UUID
    code: Annotated[str, F(max_length=20)] | None
    name: OutText
    valid_from: date
    valid_to: date | None


class UnitOut(Output):
    """An administrative unit in the period of its validity."""

    id: uuid.UUID
    code: Annotated[str, F(max_length=20)] | None
    name: OutText
    kind: UnitKind
    tier: Tier
    parent: UnitReference | None
    valid_from: date
    valid_to: date | None
    legal_basis: OutText | None
    verification: Verification
    note: OutText | None


class UnitPage(Output):
    """A page of administrative units."""

    items: Annotated[list[UnitOut], F(max_length=100)]
    next_cursor: OutText | None


class SuccessionOut(Output):
    """One edge of the succession of units."""

    unit: UnitReference
    extent: SuccessionExtent
    effective_date: date
    legal_basis: OutText | None
    verification: Verification


class UnitLineage(Output):
    """What a unit was made of and what became of it."""

    unit: UnitReference
    predecessors: Annotated[list[SuccessionOut], F(max_length=100)]
    successors: Annotated[list[SuccessionOut], F(max_length=100)]
