"""Legal documents and the graph of their citations. Reading is the same for everybody who is logged in."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor, Grant, Place
from app.db import Reads, Row
from app.ids import new_id
from app.models.authorities import Authority, AuthorityReference
from app.models.legal_documents import (
    Citation,
    CitationGraph,
    CitationOut,
    DocumentReference,
    Doubt,
    LegalDocument,
    LegalDocumentIn,
    LegalDocumentOut,
    LegalDocumentPage,
    Recipient,
)
from app.pages import cut, search_query, time_cursor
from app.problems import Problem, field_problem
from app.records import record
from app.services.authorities import may_know
from app.shapes import PartialDate
from app.vocabularies import CitationRelation, DatePrecision, DocumentType, DocumentValidity, Permission, Verification

_COLUMNS = """
select d.id, d.issuer_id, a.name as issuer_body, d.issuer_name, d.number_symbol, d.type, d.issued_on,
       d.issued_precision, d.title, d.signer, d.signer_position, d.signing_form_text, d.place, d.recipients,
       d.validity, d.effective_on, d.expires_on, d.doubts, d.notes, d.verification, d.created_at, d.version
from legal_document d left join authority a on a.id = d.issuer_id
"""
_ONE = f"{_COLUMNS} where d.id = $1"
_LIST = f"""{_COLUMNS}
where ($1::text is null or to_tsvector('simple', d.search_folded) @@ to_tsquery('simple', vi_fold($1)))
  and ($2::text is null or d.type = $2)
  and ($3::uuid is null or d.issuer_id = $3)
  and ($4::date is null or (d.issued_on >= $4 and d.issued_on <= $5::date))
  and ($6::text is null or lower(d.number_symbol) = lower($6))
  and ($7::timestamptz is null or (d.created_at, d.id) < ($7, $8::uuid))
order by d.created_at desc, d.id desc limit $9
"""
_REFERENCE = "d.id, d.number_symbol, d.title, d.issued_on, d.issued_precision"
_MOST_EDGES = 1000
_GRAPH = f"""
select 'self' as side, {_REFERENCE}, null as relation, null as section, null as note
from legal_document d where d.id = $1
union all
(select 'cites', {_REFERENCE}, c.relation, c.section, c.note
 from citation c join legal_document d on d.id = c.to_id where c.from_id = $1 order by c.id limit {_MOST_EDGES})
union all
(select 'cited_by', {_REFERENCE}, c.relation, c.section, c.note
 from citation c join legal_document d on d.id = c.from_id where c.to_id = $1 order by c.id limit {_MOST_EDGES})
"""


@dataclass(frozen=True, slots=True)
class DocumentFilters:
    """What the list is narrowed by; None does not narrow."""

    q: str | None = None
    type: DocumentType | None = None
    issuer_id: uuid.UUID | None = None
    year: int | None = None
    number_symbol: str | None = None


async def list_legal_documents(
    reads: Reads, actor: Actor, filters: DocumentFilters, *, limit: int, cursor: str | None
) -> LegalDocumentPage:
    """Documents, last stored first. `number_symbol` is the whole of it: 169/KH-UBND finds both that there are."""
    actor.require(Permission.LEGAL_DOCUMENT_READ)
    rows = await reads.fetch(
        _LIST,
        search_query(filters.q),
        filters.type,
        filters.issuer_id,
        *((date(filters.year, 1, 1), date(filters.year, 12, 31)) if filters.year else (None, None)),
        filters.number_symbol,
        *time_cursor(cursor),
        limit + 1,
    )
    page, next_cursor = cut(rows, limit, "created_at", "id")
    return LegalDocumentPage(items=[_shape(row) for row in page], next_cursor=next_cursor)


async def read_legal_document(reads: Reads, actor: Actor, document_id: uuid.UUID) -> LegalDocumentOut:
    """One document."""
    actor.require(Permission.LEGAL_DOCUMENT_READ)
    row = await reads.fetchrow(_ONE, document_id)
    if row is None:
        raise Problem("not_found")
    return _shape(row)


async def read_citations(reads: Reads, actor: Actor, document_id: uuid.UUID) -> CitationGraph:
    """What a document refers to and what refers to it."""
    actor.require(Permission.LEGAL_DOCUMENT_READ)
    rows = await reads.fetch(_GRAPH, document_id)
    document = next((row for row in rows if row["side"] == "self"), None)
    if document is None:
        raise Problem("not_found")
    return CitationGraph(
        document=document_reference(document),
        cites=[_citation(row) for row in rows if row["side"] == "cites"],
        cited_by=[_citation(row) for row in rows if row["side"] == "cited_by"],
    )


async def create_legal_document(db: AsyncSession, actor: Actor, body: LegalDocumentIn) -> LegalDocumentOut:
    """Store a document that a body in reach, or one above the caller, issued. It begins as not verified."""
    actor.require(Permission.LEGAL_DOCUMENT_WRITE)
    issuer = (await db.exec(select(Authority).where(Authority.id == body.issuer_id))).one_or_none()
    if issuer is None or not may_know(actor, issuer):
        raise Problem("unknown_reference", field="/issuer_id", what="cơ quan ban hành")
    await _require_cited(db, body)
    document = LegalDocument(
        id=new_id(),
        issuer_name=issuer.name,
        issued_on=body.issued_on.first_day() if body.issued_on else None,
        issued_precision=body.issued_on.precision if body.issued_on else None,
        recipients=[recipient.model_dump(mode="json") for recipient in body.recipients],
        verification=Verification.UNVERIFIED,
        created_by=actor.user_id,
        **body.model_dump(exclude={"issued_on", "recipients", "citations"}),
    )
    db.add(document)
    await db.flush()
    db.add_all(
        Citation(from_id=document.id, to_id=cited.document_id, relation=cited.relation, section=cited.section)
        for cited in body.citations
    )
    grant = _grant(actor, issuer)
    record(
        db,
        actor,
        action="created",
        entity="legal_document",
        entity_id=document.id,
        authority_id=grant.authority_id,
        grant=grant,
        after={"number_symbol": document.number_symbol, "type": document.type, "issuer_id": str(issuer.id)},
    )
    return LegalDocumentOut(
        issuer=AuthorityReference(id=issuer.id, name=issuer.name),
        issued_on=body.issued_on,
        recipients=body.recipients,
        doubts=[],
        **document.model_dump(
            include=set(LegalDocumentOut.model_fields) - {"issuer", "issued_on", "recipients", "doubts"}
        ),
    )


async def _require_cited(db: AsyncSession, body: LegalDocumentIn) -> None:
    cited = [(entry.document_id, entry.relation, entry.section) for entry in body.citations]
    for position, edge in enumerate(cited):
        if edge in cited[:position]:
            raise field_problem(
                f"/citations/{position}", "duplicate_key", "Viện dẫn này bị lặp.", "This citation occurs twice."
            )
    ids = {entry.document_id for entry in body.citations}
    if not ids:
        return
    found = set((await db.exec(select(LegalDocument.id).where(col(LegalDocument.id).in_(ids)))).all())
    for position, entry in enumerate(body.citations):
        if entry.document_id not in found:
            raise Problem("unknown_reference", field=f"/citations/{position}/document_id", what="văn bản")


def _grant(actor: Actor, issuer: Authority) -> Grant:
    """The grant it is stored under: one that reaches the issuer, else the one that may write at all."""
    place = Place(issuer.id, issuer.territory_path, issuer.line_path)
    grant = actor.grant_for(Permission.LEGAL_DOCUMENT_WRITE, place)
    return grant or next(g for g in actor.grants if Permission.LEGAL_DOCUMENT_WRITE in g.permissions)


def issued_on(row: Row) -> PartialDate | None:
    """The date of issue with its precision, of a row with both columns."""
    day, precision = row["issued_on"], row["issued_precision"]
    if day is None:
        return None
    length = {DatePrecision.YEAR: 4, DatePrecision.MONTH: 7, DatePrecision.DAY: 10}[DatePrecision(precision)]
    return PartialDate(value=day.isoformat()[:length], precision=DatePrecision(precision))


def document_reference(row: Row) -> DocumentReference:
    """A document inside another answer, of a row with its id, number_symbol, title and date."""
    return DocumentReference(
        id=row["id"], number_symbol=row["number_symbol"], title=row["title"], issued_on=issued_on(row)
    )


def _citation(row: Row) -> CitationOut:
    return CitationOut(
        document=document_reference(row),
        relation=CitationRelation(row["relation"]),
        section=row["section"],
        note=row["note"],
    )


def _shape(row: Row) -> LegalDocumentOut:
    same = ("id", "issuer_name", "number_symbol", "title", "signer", "signer_position", "signing_form_text", "place")
    return LegalDocumentOut(
        **{name: row[name] for name in (*same, "effective_on", "expires_on", "version")},
        issuer=None if row["issuer_id"] is None else AuthorityReference(id=row["issuer_id"], name=row["issuer_body"]),
        type=DocumentType(row["type"]),
        issued_on=issued_on(row),
        recipients=[Recipient.model_validate(entry) for entry in row["recipients"]],
        validity=DocumentValidity(row["validity"]),
        doubts=[Doubt.model_validate(entry) for entry in row["doubts"]],
        notes=row["notes"],
        verification=Verification(row["verification"]),
    )
