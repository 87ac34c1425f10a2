"""/v1/awards: sổ vàng khen thưởng; /v1/public/awards: xác minh bằng mã."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.decisions import AwardOut, AwardPage, AwardVerification
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import awards
from app.shapes import Code, Id, Search, Year
from app.vocabularies import Permission

router = APIRouter(route_class=StrictRoute)


class AwardQuery(PageQuery):
    """Filters of the register."""

    year: Annotated[Year | None, Field(description="Năm khen thưởng")] = None
    award_type_code: Annotated[Code | None, Field(description="Loại khen thưởng")] = None
    authority_id: Annotated[Id | None, Field(description="Do đơn vị này đề nghị")] = None
    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None


@router.get(
    "/awards",
    response_model=AwardPage,
    summary="Sổ vàng khen thưởng",
    tags=["decisions"],
    openapi_extra=operation(Permission.AWARD_READ),
)
async def list_awards(query: Annotated[AwardQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Các khen thưởng trong phạm vi, mới nhất trước."""
    page = await awards.list_awards(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        year=query.year,
        award_type_code=query.award_type_code,
        authority_id=query.authority_id,
        q=query.q,
    )
    return json_answer(page, cache=PERSONAL)


@router.get(
    "/awards/{award_id}",
    response_model=AwardOut,
    summary="Một khen thưởng",
    tags=["decisions"],
    openapi_extra=operation(Permission.AWARD_READ, conditional=True),
)
async def read_award(award_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một mục của sổ vàng, với cách tính tiền thưởng."""
    award = await awards.read_award(reads, actor, award_id)
    return content_answer(request, award, version=award.version, cache=PERSONAL)


@router.get(
    "/public/awards/{verification_code}",
    response_model=AwardVerification,
    summary="Xác minh khen thưởng bằng mã",
    tags=["public"],
    openapi_extra=operation(None),
)
async def verify_award(
    verification_code: Annotated[str, Path(max_length=40, description="Mã xác minh ghi trên giấy chứng nhận")],
    reads: Read,
) -> Response:
    """Ai có mã trên giấy chứng nhận đều xác minh được; tên người được che bớt."""
    found = await awards.verify_award(reads, verification_code)
    return json_answer(found, cache="public, max-age=60", vary="Accept-Language")
