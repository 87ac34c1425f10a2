"""/v1/audit-events: nhật ký, ai đã làm gì, lúc nào, theo phân quyền nào."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.answers import PERSONAL, content_answer, file_answer, json_answer
from app.clock import today
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor, asked_by
from app.models.audit import AuditEventOut, AuditEventPage, EventNumber
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import audit, audit_files
from app.shapes import Code, Id, MomentAsked
from app.shapes import Query as QueryShape
from app.vocabularies import Permission, Purpose

router = APIRouter(tags=["audit"], route_class=StrictRoute)

_FORMATS = {
    "csv": (audit_files.csv_lines, "text/csv; charset=utf-8"),
    "jsonl": (audit_files.json_lines, "application/jsonl"),
}
_FILE = {"type": "string", "maxLength": 2**31 - 1}
RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{8,100}$", max_length=100)]


class _AuditFilters(QueryShape):
    """What is sought, besides for whom it was done."""

    actor_id: Annotated[Id | None, Field(description="Do người này làm")] = None
    entity: Annotated[Code | None, Field(description="Loại bản ghi, như nomination, decision")] = None
    entity_id: Annotated[Id | None, Field(description="Mã định danh của bản ghi")] = None
    action: Annotated[Code | None, Field(description="Việc đã làm, như created, receive, decided")] = None
    request: Annotated[RequestId | None, Field(description="Mã yêu cầu, là X-Request-ID của câu trả lời")] = None
    since: Annotated[MomentAsked | None, Field(description="Từ thời điểm này, như 2026-11-01T00:00:00Z")] = None
    until: Annotated[MomentAsked | None, Field(description="Đến trước thời điểm này")] = None

    @field_validator("until")
    @classmethod
    def _after_start(cls, until: MomentAsked | None, info: ValidationInfo) -> MomentAsked | None:
        since = info.data.get("since")
        if until is not None and since is not None and until < since:
            raise PydanticCustomError("end_before_start", "until lies before since")
        return until


class AuditQuery(_AuditFilters, PageQuery):
    """Filters of the log."""

    authority_id: Annotated[Id | None, Field(description="Nhân danh cơ quan, đơn vị này")] = None
    purpose: Annotated[Purpose | None, Field(description="Xem hoặc xuất dữ liệu cho mục đích này")] = None


class AuditExportQuery(_AuditFilters):
    """What to export, how, and what for."""

    format: Annotated[Literal["csv", "jsonl"], Field(description="csv mở bằng Excel; jsonl mỗi dòng một sự kiện")]
    purpose: Annotated[Purpose, Field(description="Xuất để làm gì; được ghi vào nhật ký")]


@router.get(
    "/audit-events",
    response_model=AuditEventPage,
    summary="Nhật ký trong phạm vi",
    openapi_extra=operation(Permission.AUDIT_READ),
)
async def list_audit_events(query: Annotated[AuditQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Ai đã làm gì, lúc nào, nhân danh đơn vị nào trong phạm vi; mới nhất trước."""
    filters = audit.AuditFilters(**query.model_dump(exclude={"limit", "cursor"}))
    page = await audit.list_audit_events(reads, actor, filters, limit=query.limit, cursor=query.cursor)
    return json_answer(page, cache=PERSONAL)


@router.get(
    "/audit-events/{number}",
    response_model=AuditEventOut,
    summary="Một sự kiện của nhật ký",
    openapi_extra=operation(Permission.AUDIT_READ, conditional=True),
)
async def read_audit_event(number: EventNumber, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một sự kiện, với giá trị trước và sau của những gì đã đổi."""
    event = await audit.read_audit_event(reads, actor, number)
    return content_answer(request, event, cache=PERSONAL)


@router.get(
    "/authorities/{authority_id}/audit-log",
    response_class=Response,
    responses={
        200: {
            "description": "Tệp",
            "content": {media_type.partition(";")[0]: {"schema": _FILE} for _, media_type in _FORMATS.values()},
        }
    },
    summary="Xuất nhật ký của đơn vị và cấp dưới",
    openapi_extra=operation(Permission.AUDIT_READ),
)
async def export_audit_log(
    authority_id: Id,
    query: Annotated[AuditExportQuery, Query()],
    request: Request,
    actor: CurrentActor,
    reads: Read,
) -> Response:
    """Tệp CSV hoặc JSON Lines, tối đa 100.000 sự kiện, mới nhất trước. Việc xuất được ghi vào nhật ký."""
    filters = audit.AuditFilters(**query.model_dump(exclude={"format", "purpose"}))
    chunks = await audit.export_audit_log(
        reads, asked_by(actor, request), authority_id, filters, purpose=query.purpose, format_=query.format
    )
    write, media_type = _FORMATS[query.format]
    return file_answer(write(chunks), media_type=media_type, name=f"Nhật ký {today():%Y-%m-%d}.{query.format}")
