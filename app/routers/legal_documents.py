"""/v1/legal-documents: văn bản và quan hệ viện dẫn."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import content_answer, etag_of, json_answer, not_modified, unchanged
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.legal_documents import CitationGraph, LegalDocumentIn, LegalDocumentOut, LegalDocumentPage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import legal_documents
from app.services.legal_documents import DocumentFilters
from app.shapes import Id, Line, Search, Year
from app.vocabularies import DocumentType, Permission
from app.writes import SessionCreate

router = APIRouter(prefix="/legal-documents", tags=["legal-documents"], route_class=StrictRoute)


class LegalDocumentQuery(PageQuery):
    """Filters of the list."""

    q: Annotated[Search, Field(description="Tìm theo trích yếu, không cần dấu")] = None
    type: Annotated[DocumentType | None, Field(description="Loại văn bản")] = None
    issuer_id: Annotated[Id | None, Field(description="Cơ quan ban hành")] = None
    year: Annotated[Year | None, Field(description="Năm ban hành")] = None
    number_symbol: Annotated[Line | None, Field(max_length=60, description="Số, ký hiệu đầy đủ: 169/KH-UBND")] = None

    def filters(self) -> DocumentFilters:
        """Without the page."""
        return DocumentFilters(self.q, self.type, self.issuer_id, self.year, self.number_symbol)


@router.get(
    "",
    response_model=LegalDocumentPage,
    summary="Danh sách văn bản",
    openapi_extra=operation(Permission.LEGAL_DOCUMENT_READ),
)
async def list_legal_documents(
    query: Annotated[LegalDocumentQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Văn bản, mới lưu trước. Một số, ký hiệu có thể thuộc nhiều văn bản khác ngày hoặc khác cơ quan."""
    page = await legal_documents.list_legal_documents(
        reads, actor, query.filters(), limit=query.limit, cursor=query.cursor
    )
    return json_answer(page)


@router.post(
    "",
    status_code=201,
    response_model=LegalDocumentOut,
    summary="Lưu văn bản",
    openapi_extra=operation(Permission.LEGAL_DOCUMENT_WRITE),
)
async def create_legal_document(body: LegalDocumentIn, write: SessionCreate) -> Response:
    """Lưu một văn bản do cơ quan trong phạm vi hoặc cơ quan phía trên ban hành, kèm các văn bản nó viện dẫn."""
    return await write.create("/v1/legal-documents", legal_documents.create_legal_document, body)


@router.get(
    "/{document_id}",
    response_model=LegalDocumentOut,
    summary="Một văn bản",
    openapi_extra=operation(Permission.LEGAL_DOCUMENT_READ, conditional=True),
)
async def read_legal_document(document_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một văn bản, kèm nghi vấn và chữ gốc nếu có."""
    document = await legal_documents.read_legal_document(reads, actor, document_id)
    etag = etag_of(document.version)
    return not_modified(etag) if unchanged(request, etag) else json_answer(document, etag=etag)


@router.get(
    "/{document_id}/citations",
    response_model=CitationGraph,
    summary="Quan hệ viện dẫn của văn bản",
    openapi_extra=operation(Permission.LEGAL_DOCUMENT_READ, conditional=True),
)
async def read_legal_document_citations(
    document_id: Id, request: Request, actor: CurrentActor, reads: Read
) -> Response:
    """Văn bản này viện dẫn văn bản nào, và văn bản nào viện dẫn nó."""
    return content_answer(request, await legal_documents.read_citations(reads, actor, document_id))
