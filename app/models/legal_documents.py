"""Legal documents (văn bản) and the graph of their citations."""

import uuid
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field as F
from pydantic import model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Column, Computed, Index, Text, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import json, moment, term
from app.shapes import Day, Id, Input, Line, Moment, Output, OutText, Paragraph, PartialDate, Version
from app.vocabularies import (
    CitationRelation,
    DatePrecision,
    DocumentType,
    DocumentValidity,
    DoubtLevel,
    RecipientPurpose,
    Verification,
)


class LegalDocument(SQLModel, table=True):
    """Key: issuer + number and symbol + date, because 169/KH-UBND exists twice (N15).

    The issuer is a stored body, or only a name where the paper names nothing more. `issuer_name` is how
    the paper writes it ("Chủ tịch UBND tỉnh"), so it is no part of the key where the body is known.
    """

    __tablename__ = "legal_document"
    __table_args__ = (
        Index(
            "uq_legal_document_issuer_number_date",
            text("coalesce(issuer_id::text, issuer_name)"),
            "number_symbol",
            "issued_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("number_symbol is not null"),
        ),
        Index("ix_legal_document_number", text("lower(number_symbol)")),
        Index("ix_legal_document_search", text("to_tsvector('simple', search_folded)"), postgresql_using="gin"),
        Index("ix_legal_document_created", text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    key: str | None = Field(default=None, unique=True)
    issuer_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id", index=True)
    issuer_name: str
    number_symbol: str | None = None
    type: DocumentType = Field(sa_column=term(DocumentType, "type"))
    issued_on: date | None = None
    issued_precision: DatePrecision | None = Field(
        default=None, sa_column=term(DatePrecision, "issued_precision", nullable=True)
    )
    title: str
    # "53/KH-UBND" is found by its parts, beside the words of the title
    search_folded: str | None = Field(
        default=None,
        sa_column=Column(
            "search_folded",
            Text,
            Computed(
                "vi_fold(coalesce(regexp_replace(number_symbol, '[^[:alnum:]]+', ' ', 'g') || ' ', '') || title)",
                persisted=True,
            ),
        ),
    )
    signer: str | None = None
    signer_position: str | None = None
    signing_form_text: str | None = None
    place: str | None = None
    recipients: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("recipients"))
    validity: DocumentValidity = Field(sa_column=term(DocumentValidity, "validity"))
    effective_on: date | None = None
    expires_on: date | None = None
    doubts: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("doubts"))
    notes: list[str] = Field(default_factory=list, sa_column=json("notes"))
    verification: Verification = Field(sa_column=term(Verification, "verification"))
    created_by: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class Citation(SQLModel, table=True):
    """One document refers to another (căn cứ, thực hiện, viện dẫn, sửa đổi, thay thế, bãi bỏ)."""

    __tablename__ = "citation"
    __table_args__ = (
        Index("uq_citation_edge", "from_id", "to_id", "relation", text("coalesce(section, '')"), unique=True),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    from_id: uuid.UUID = Field(foreign_key="legal_document.id")
    to_id: uuid.UUID = Field(foreign_key="legal_document.id", index=True)
    relation: CitationRelation = Field(sa_column=term(CitationRelation, "relation"))
    section: str | None = None
    note: str | None = None


class Recipient(Input):
    """A line of "Nơi nhận"."""

    name: Line
    purpose: RecipientPurpose


class Doubt(Output):
    """A reviewer's doubt about a value, beside it, with the raw text (N10)."""

    key: OutText
    section: OutText | None
    raw: OutText | None
    read_as: OutText | None
    why: OutText | None
    level: DoubtLevel | None


class CitationIn(Input):
    """A document this one refers to."""

    document_id: Id
    relation: CitationRelation
    section: Line | None = None


class LegalDocumentIn(Input):
    """A legal document to store."""

    issuer_id: Id
    number_symbol: Annotated[Line, F(max_length=60)] | None = None
    type: DocumentType
    issued_on: PartialDate | None = None
    title: Paragraph
    signer: Line | None = None
    signer_position: Line | None = None
    signing_form_text: Line | None = None
    place: Line | None = None
    recipients: Annotated[list[Recipient], F(max_length=100)] = []
    validity: DocumentValidity = DocumentValidity.UNKNOWN
    effective_on: Day | None = None
    expires_on: Day | None = None
    citations: Annotated[list[CitationIn], F(max_length=200)] = []

    @model_validator(mode="after")
    def _force_ends_after_it_begins(self) -> Self:
        if self.effective_on is not None and self.expires_on is not None and self.expires_on < self.effective_on:
            raise PydanticCustomError("end_before_start", "it expires before it is in force")
        return self


class DocumentReference(Output):
    """A legal document as it is named inside other answers."""

    id: Id
    number_symbol: OutText | None
    title: OutText
    issued_on: PartialDate | None


class LegalDocumentOut(Output):
    """A legal document."""

    id: Id
    issuer: AuthorityReference | None
    issuer_name: OutText
    number_symbol: OutText | None
    type: DocumentType
    issued_on: PartialDate | None
    title: OutText
    signer: OutText | None
    signer_position: OutText | None
    signing_form_text: OutText | None
    place: OutText | None
    recipients: Annotated[list[Recipient], F(max_length=100)]
    validity: DocumentValidity
    effective_on: Day | None
    expires_on: Day | None
    doubts: Annotated[list[Doubt], F(max_length=200)]
    notes: Annotated[list[OutText], F(max_length=100)]
    verification: Verification
    version: Version


class LegalDocumentPage(Output):
    """A page of legal documents."""

    items: Annotated[list[LegalDocumentOut], F(max_length=100)]
    next_cursor: OutText | None


class CitationOut(Output):
    """One edge of the citation graph, seen from one of its ends."""

    document: DocumentReference
    relation: CitationRelation
    section: OutText | None
    note: OutText | None


class CitationGraph(Output):
    """What a document refers to, and what refers to it."""

    document: DocumentReference
    cites: Annotated[list[CitationOut], F(max_length=1000)]
    cited_by: Annotated[list[CitationOut], F(max_length=1000)]
