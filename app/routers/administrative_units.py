"""/v1/administrative-units: đơn vị hành chính và quan hệ kế thừa."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from app.answers import content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.administrative_units import UnitLineage, UnitOut, UnitPage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import administrative_units
from app.services.administrative_units import UnitFilters
from app.shapes import Day, Id, Search
from app.vocabularies import Permission, Tier

router = APIRouter(prefix="/administrative-units", tags=["reference"], route_class=StrictRoute)


class UnitQuery(PageQuery):
    """Filters of the list."""

    tier: Annotated[Tier | None, Field(description="Cấp hành chính")] = None
    province_code: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\d{2}$", max_length=2)] | None,
        Field(description="Mã tỉnh: mọi đơn vị thuộc tỉnh, kể cả tỉnh đó"),
    ] = None
    parent_id: Annotated[Id | None, Field(description="Đơn vị trực tiếp phía trên")] = None
    as_of: Annotated[
        Day | None, Field(description="Chỉ đơn vị có hiệu lực ngày này; bỏ trống: đơn vị của mọi thời kỳ")
    ] = None
    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None

    def filters(self) -> UnitFilters:
        """Without the page."""
        return UnitFilters(self.tier, self.parent_id, self.province_code, self.as_of, self.q)


@router.get(
    "",
    response_model=UnitPage,
    summary="Danh sách đơn vị hành chính",
    openapi_extra=operation(Permission.REFERENCE_READ),
)
async def list_administrative_units(query: Annotated[UnitQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Đơn vị hành chính theo thứ tự chữ cái tiếng Việt. Một mã có thể thuộc hai đơn vị ở hai thời kỳ."""
    page = await administrative_units.list_units(reads, actor, query.filters(), limit=query.limit, cursor=query.cursor)
    return json_answer(page)


@router.get(
    "/{unit_id}",
    response_model=UnitOut,
    summary="Một đơn vị hành chính",
    openapi_extra=operation(Permission.REFERENCE_READ, conditional=True),
)
async def read_administrative_unit(unit_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một đơn vị hành chính trong thời kỳ hiệu lực của nó."""
    return content_answer(request, await administrative_units.read_unit(reads, actor, unit_id))


@router.get(
    "/{unit_id}/lineage",
    response_model=UnitLineage,
    summary="Đơn vị tiền thân và đơn vị kế thừa",
    openapi_extra=operation(Permission.REFERENCE_READ, conditional=True),
)
async def read_administrative_unit_lineage(unit_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Đơn vị này hình thành từ đâu và trở thành đơn vị nào: toàn bộ, một phần hay phần còn lại."""
    return content_answer(request, await administrative_units.read_lineage(reads, actor, unit_id))
