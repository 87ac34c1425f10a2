"""Candidates (cá nhân, tập thể, hộ gia đình được đề nghị): one master record each."""

import uuid
from typing import Annotated, Self

from pydantic import Field as F
from pydantic import model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import folded, moment, owner_key, path, sort_key, term
from app.shapes import Id, Input, Line, Moment, Output, OutText, Version
from app.vocabularies import CandidateKind, RecipientClass, Sex


class Candidate(SQLModel, table=True):
    """A person, collective or household, owned by the body it belongs to."""

    __tablename__ = "candidate"
    __table_args__ = (
        owner_key(),
        Index("ix_candidate_owner", "authority_id", text("created_at desc"), text("id desc")),
        Index("ix_candidate_all", text("created_at desc"), text("id desc")),
        Index("ix_candidate_province", text("path_at(territory_path, 2)"), text("created_at desc"), text("id desc")),
        Index("ix_candidate_commune", text("path_at(territory_path, 3)"), text("created_at desc"), text("id desc")),
        Index("ix_candidate_line", "line_path", text("created_at desc"), text("id desc")),
        Index("ix_candidate_search", text("to_tsvector('simple', name_folded)"), postgresql_using="gin"),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    kind: CandidateKind = Field(sa_column=term(CandidateKind, "kind"))
    name: str
    name_folded: str | None = Field(default=None, sa_column=folded("name"))
    name_sort: str | None = Field(default=None, sa_column=sort_key("name"))
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    position: str | None = None
    sex: Sex | None = Field(default=None, sa_column=term(Sex, "sex", nullable=True))
    ethnicity: str | None = None
    recipient_class: RecipientClass | None = Field(
        default=None, sa_column=term(RecipientClass, "recipient_class", nullable=True)
    )
    created_by: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class CandidateIn(Input):
    """A candidate to store. Sex, ethnicity and recipient class belong to individuals only."""

    kind: CandidateKind
    name: Line
    authority_id: Id
    position: Line | None = None
    sex: Sex | None = None
    ethnicity: Annotated[Line, F(max_length=60)] | None = None
    recipient_class: RecipientClass | None = None

    @model_validator(mode="after")
    def _only_persons_have_it(self) -> Self:
        if self.kind != CandidateKind.INDIVIDUAL and any((self.sex, self.ethnicity, self.recipient_class)):
            raise PydanticCustomError("not_a_person", "belongs to individuals only")
        return self


class CandidateReference(Output):
    """A candidate as it is named inside other answers."""

    id: Id
    kind: CandidateKind
    name: OutText


class CandidateOut(Output):
    """A candidate."""

    id: Id
    kind: CandidateKind
    name: OutText
    authority: AuthorityReference
    position: OutText | None
    sex: Sex | None
    ethnicity: OutText | None
    recipient_class: RecipientClass | None
    created_at: Moment
    version: Version


class CandidatePage(Output):
    """A page of candidates."""

    items: Annotated[list[CandidateOut], F(max_length=100)]
    next_cursor: OutText | None
