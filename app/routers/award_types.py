"""/v1/award-types: danh hiệu thi đua, hình thức khen thưởng và thẩm quyền."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from app.answers import content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.award_types import AwardTypeOut, AwardTypePage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import award_types
from app.services.award_types import AwardTypeFilters
from app.shapes import Day, Search
from app.shapes import Query as QueryShape
from app.vocabularies import AwardKind, CandidateKind, Permission

router = APIRouter(prefix="/award-types", tags=["reference"], route_class=StrictRoute)


class AwardTypeQuery(PageQuery):
    """Filters of the list."""

    kind: Annotated[AwardKind | None, Field(description="Danh hiệu thi đua hay hình thức khen thưởng")] = None
    recipient: Annotated[CandidateKind | None, Field(description="Dành cho đối tượng này")] = None
    as_of: Annotated[
        Day | None, Field(description="Chỉ loại và thẩm quyền có hiệu lực ngày này; bỏ trống: của mọi thời kỳ")
    ] = None
    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None

    def filters(self) -> AwardTypeFilters:
        """Without the page."""
        return AwardTypeFilters(self.kind, self.recipient, self.as_of, self.q)


class AwardTypeDay(QueryShape):
    """On which day."""

    as_of: Annotated[
        Day | None, Field(description="Quy định có hiệu lực ngày này; bỏ trống: bản mới nhất, mọi thẩm quyền")
    ] = None


@router.get(
    "",
    response_model=AwardTypePage,
    summary="Danh mục danh hiệu, hình thức khen thưởng",
    openapi_extra=operation(Permission.REFERENCE_READ),
)
async def list_award_types(query: Annotated[AwardTypeQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Danh mục theo thứ tự mã, kèm mức độ kiểm chứng của từng loại."""
    page = await award_types.list_award_types(reads, actor, query.filters(), limit=query.limit, cursor=query.cursor)
    return json_answer(page)


@router.get(
    "/{code}",
    response_model=AwardTypeOut,
    summary="Một danh hiệu, hình thức khen thưởng",
    openapi_extra=operation(Permission.REFERENCE_READ, conditional=True),
)
async def read_award_type(
    code: Annotated[str, Path(pattern=r"^[a-z0-9_]+$", max_length=80, description="Mã loại khen thưởng")],
    query: Annotated[AwardTypeDay, Query()],
    request: Request,
    actor: CurrentActor,
    reads: Read,
) -> Response:
    """Tiêu chuẩn, hệ số, ngưỡng phiếu và cơ quan có thẩm quyền quyết định, kèm căn cứ pháp lý."""
    return content_answer(request, await award_types.read_award_type(reads, actor, code, as_of=query.as_of))
