"""/v1/decisions: quyết định khen thưởng."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.decisions import DecisionIn, DecisionOut, DecisionPage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import decisions
from app.shapes import Id, Year
from app.vocabularies import Permission
from app.writes import Create

router = APIRouter(prefix="/decisions", tags=["decisions"], route_class=StrictRoute)


class DecisionQuery(PageQuery):
    """Filters of the list."""

    year: Annotated[Year | None, Field(description="Năm của quyết định")] = None
    authority_id: Annotated[Id | None, Field(description="Do cơ quan này ban hành")] = None


@router.get(
    "", response_model=DecisionPage, summary="Danh sách quyết định", openapi_extra=operation(Permission.DECISION_READ)
)
async def list_decisions(query: Annotated[DecisionQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Quyết định của các cơ quan trong phạm vi, mới nhất trước."""
    page = await decisions.list_decisions(
        reads, actor, limit=query.limit, cursor=query.cursor, year=query.year, authority_id=query.authority_id
    )
    return json_answer(page, cache=PERSONAL)


@router.post(
    "",
    status_code=201,
    response_model=DecisionOut,
    summary="Ban hành quyết định khen thưởng",
    openapi_extra=operation(Permission.DECISION_WRITE),
)
async def create_decision(body: DecisionIn, write: Create) -> Response:
    """Quyết định khen thưởng các đề nghị đã thẩm định: cấp số, ghi sổ vàng, tính tiền thưởng trong một lần."""
    return await write.create("/v1/decisions", decisions.create_decision, body)


@router.get(
    "/{decision_id}",
    response_model=DecisionOut,
    summary="Một quyết định",
    openapi_extra=operation(Permission.DECISION_READ, conditional=True),
)
async def read_decision(decision_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Quyết định và những người, tập thể được khen mà người gọi được xem."""
    decision = await decisions.read_decision(reads, actor, decision_id)
    return content_answer(request, decision, version=decision.version, cache=PERSONAL)
