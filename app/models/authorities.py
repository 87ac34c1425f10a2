"""Authorities (cơ quan, tổ chức, đơn vị): two trees, by territory and by line."""

import uuid
from datetime import date
from typing import Annotated

from pydantic import Field as F
from sqlalchemy import Column, Computed, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.administrative_units import UnitReference
from app.models.base import path, sort_key, term
from app.shapes import Output, OutText
from app.vocabularies import AuthorityKind, AuthorityLevel, Line, SuccessionExtent, Verification


class Authority(SQLModel, table=True):
    """A body. A database trigger keeps both paths from the two parents and refuses cycles.

    `parent_id` is the body that gathers this one in its territory. It says where figures and
    dossiers of the territory come together and how far a grant reaches, not who is subordinate
    to whom. `line_parent_id` is the body above in its own line.
    """

    __tablename__ = "authority"
    __table_args__ = (
        UniqueConstraint("id", "territory_path", "line_path"),
        Index("ix_authority_territory_path", "territory_path"),
        Index("ix_authority_line_path", "line_path"),
        Index("ix_authority_name", "name_sort", "id"),
        Index("ix_authority_central", "id", postgresql_where=text("level = 'central'")),
        Index("ix_authority_search", text("to_tsvector('simple', search_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    number: int | None = Field(
        default=None, sa_column=Column("number", Integer, Identity(), unique=True, nullable=False)
    )
    key: str = Field(unique=True)
    code: str = Field(unique=True)
    name: str
    name_sort: str | None = Field(default=None, sa_column=sort_key("name"))
    short_name: str | None = None
    # people type "UBND" as well as "Ủy ban nhân dân"
    search_folded: str | None = Field(
        default=None,
        sa_column=Column(
            "search_folded", Text, Computed("vi_fold(name || ' ' || coalesce(short_name, ''))", persisted=True)
        ),
    )
    line: Line = Field(sa_column=term(Line, "line"))
    kind: AuthorityKind = Field(sa_column=term(AuthorityKind, "kind"))
    level: AuthorityLevel = Field(sa_column=term(AuthorityLevel, "level"))
    unit_id: uuid.UUID | None = Field(default=None, foreign_key="administrative_unit.id", index=True)
    parent_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id", index=True)
    line_parent_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id", index=True)
    territory_path: str = Field(default="", sa_column=path("territory_path"))
    line_path: str = Field(default="", sa_column=path("line_path"))
    standing_body_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    head_title: str | None = None
    identification_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    verification: Verification = Field(sa_column=term(Verification, "verification"))
    note: str | None = None


class AuthorityReference(Output):
    """A body as it is named inside other answers."""

    id: uuid.UUID
    name: OutText


class AuthorityOut(Output):
    """A body with its place in both trees."""

    id: uuid.UUID
    code: Annotated[str, F(max_length=40)]
    name: OutText
    short_name: OutText | None
    line: Line
    kind: AuthorityKind
    level: AuthorityLevel
    administrative_unit: UnitReference | None
    parent: AuthorityReference | None
    line_parent: AuthorityReference | None
    standing_body: AuthorityReference | None
    head_title: OutText | None
    identification_code: Annotated[str, F(max_length=35)] | None
    valid_from: date | None
    valid_to: date | None
    verification: Verification
    note: OutText | None


class AuthoritySuccession(Output):
    """A body that another one took over from, because its administrative unit became part of the other's."""

    authority: AuthorityReference
    unit: UnitReference
    extent: SuccessionExtent
    effective_date: date
    legal_basis: OutText | None
    verification: Verification


class AuthorityLineage(Output):
    """From which bodies one took over and which took over from it, one step each way."""

    authority: AuthorityReference
    predecessors: Annotated[list[AuthoritySuccession], F(max_length=100)]
    successors: Annotated[list[AuthoritySuccession], F(max_length=100)]


class AuthorityPage(Output):
    """A page of bodies."""

    items: Annotated[list[AuthorityOut], F(max_length=100)]
    next_cursor: OutText | None
