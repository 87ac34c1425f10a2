"""/v1/candidates: cá nhân, tập thể, hộ gia đình được đề nghị."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor, asked_by
from app.models.candidates import CandidateIn, CandidateOut, CandidatePage
from app.pages import PageQuery
from app.reading_purpose import reading_purpose
from app.routing import StrictRoute
from app.services import candidates
from app.shapes import Id, Search
from app.vocabularies import Permission
from app.writes import Create

router = APIRouter(prefix="/candidates", tags=["candidates"], route_class=StrictRoute)


class CandidateQuery(PageQuery):
    """Filters of the list."""

    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None


@router.get(
    "",
    response_model=CandidatePage,
    summary="Danh sách đối tượng trong phạm vi",
    openapi_extra=operation(Permission.CANDIDATE_READ),
)
async def list_candidates(query: Annotated[CandidateQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Đối tượng trong phạm vi được giao, mới nhất trước."""
    page = await candidates.list_candidates(reads, actor, limit=query.limit, cursor=query.cursor, q=query.q)
    return json_answer(page, cache=PERSONAL)


@router.post(
    "",
    status_code=201,
    response_model=CandidateOut,
    summary="Thêm đối tượng",
    openapi_extra=operation(Permission.CANDIDATE_WRITE),
)
async def create_candidate(body: CandidateIn, write: Create) -> Response:
    """Thêm cá nhân, tập thể hoặc hộ gia đình của một đơn vị trong phạm vi."""
    return await write.create("/v1/candidates", candidates.create_candidate, body)


@router.get(
    "/{candidate_id}",
    response_model=CandidateOut,
    summary="Một đối tượng",
    openapi_extra=operation(Permission.CANDIDATE_READ, conditional=True, personal=True),
)
async def read_candidate(candidate_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một đối tượng trong phạm vi được giao. Việc xem được ghi vào nhật ký."""
    purpose = reading_purpose(request)
    candidate = await candidates.read_candidate(reads, asked_by(actor, request), candidate_id, purpose)
    return content_answer(request, candidate, version=candidate.version, cache=PERSONAL)
