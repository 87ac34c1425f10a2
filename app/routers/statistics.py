"""/v1/statistics: số liệu từ sổ vàng, và số liệu trong các báo cáo trước đây."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.answers import content_answer, json_answer, tagged_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.statistics import AwardStatistics, GroupBy, HistoricalFigureOut, HistoricalFigurePage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import historical_figures, statistics
from app.shapes import Id, Search, Year
from app.shapes import Query as QueryShape
from app.vocabularies import FigureKind, Permission, Route, StatisticsBasis

router = APIRouter(prefix="/statistics", tags=["statistics"], route_class=StrictRoute)


class AwardStatisticsQuery(QueryShape):
    """What to count, and how finely."""

    authority_id: Annotated[Id, Field(description="Cơ quan, đơn vị mà số liệu tính từ đó trở xuống")]
    tree: Annotated[Route, Field(description="Tính theo địa bàn hay theo hệ thống")] = Route.TERRITORY
    basis: Annotated[StatisticsBasis, Field(description="Địa giới hiện nay (cộng đơn vị cũ) hay tại thời điểm")] = (
        StatisticsBasis.CURRENT
    )
    year_from: Annotated[Year | None, Field(description="Từ năm")] = None
    year_to: Annotated[Year | None, Field(description="Đến hết năm")] = None
    group_by: Annotated[
        list[GroupBy],
        Field(default_factory=list, max_length=5, description="Chia theo; lặp lại để chia nhiều chiều"),
    ]

    @field_validator("year_to")
    @classmethod
    def _after_start(cls, year_to: int | None, info: ValidationInfo) -> int | None:
        year_from = info.data.get("year_from")
        if year_to is not None and year_from is not None and year_to < year_from:
            raise PydanticCustomError("end_before_start", "year_to lies before year_from")
        return year_to


class HistoricalFigureQuery(PageQuery):
    """Filters of the list."""

    authority_id: Annotated[Id | None, Field(description="Đơn vị mà số liệu nói về")] = None
    kind: Annotated[FigureKind | None, Field(description="Loại số liệu")] = None
    year: Annotated[Year | None, Field(description="Năm nằm trong kỳ; số liệu không rõ kỳ luôn có mặt")] = None
    q: Annotated[Search, Field(description="Tìm theo tên số liệu, không cần dấu")] = None


@router.get(
    "/awards",
    response_model=AwardStatistics,
    summary="Số lượng khen thưởng của một đơn vị và cấp dưới",
    openapi_extra=operation(Permission.STATISTICS_READ, conditional=True),
)
async def read_award_statistics(
    request: Request, query: Annotated[AwardStatisticsQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Đếm sổ vàng của đơn vị và mọi cấp dưới theo địa bàn hoặc theo hệ thống.

    Với `basis=current`, số của đơn vị cũ đã nhập toàn bộ vào đơn vị này được cộng vào, kể cả khi cơ quan cũ nằm ngoài
    phạm vi của người gọi; đơn vị chỉ nhập một phần thì nêu tên mà không cộng. Số liệu trong các báo cáo trước đây đứng
    riêng ở `historical`, không cộng vào `total`.
    """
    counted = await statistics.count_awards(
        reads,
        request.app.state.kept_answers,
        actor,
        query.authority_id,
        tree=query.tree,
        basis=query.basis,
        year_from=query.year_from,
        year_to=query.year_to,
        group_by=query.group_by,
    )
    return tagged_answer(request, counted, vary="Authorization, Accept-Language")


@router.get(
    "/historical-figures",
    response_model=HistoricalFigurePage,
    summary="Danh sách số liệu trong báo cáo trước đây",
    openapi_extra=operation(Permission.STATISTICS_READ),
)
async def list_historical_figures(
    query: Annotated[HistoricalFigureQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Số liệu của các đơn vị trong phạm vi được giao, theo thứ tự trong văn bản, giữ nguyên số, chữ và nghi vấn."""
    page = await historical_figures.list_historical_figures(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        authority_id=query.authority_id,
        kind=query.kind,
        year=query.year,
        q=query.q,
    )
    return json_answer(page)


@router.get(
    "/historical-figures/{figure_id}",
    response_model=HistoricalFigureOut,
    summary="Một số liệu trong báo cáo trước đây",
    openapi_extra=operation(Permission.STATISTICS_READ, conditional=True),
)
async def read_historical_figure(figure_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một số liệu với nguồn, kỳ, đơn vị gộp và nghi vấn."""
    return content_answer(request, await historical_figures.read_historical_figure(reads, actor, figure_id))
