"""/v1/authorities: cơ quan, tổ chức, đơn vị theo địa bàn và theo hệ thống."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.authorities import AuthorityLineage, AuthorityOut, AuthorityPage
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import authorities
from app.services.authorities import AuthorityFilters
from app.shapes import Day, Id, Search
from app.vocabularies import AuthorityKind, AuthorityLevel, Line, Permission, Route

router = APIRouter(prefix="/authorities", tags=["authorities"], route_class=StrictRoute)

_AsOf = Annotated[Day | None, Field(description="Chỉ cơ quan có hiệu lực ngày này; bỏ trống: của mọi thời kỳ")]
_SearchName = Annotated[Search, Field(description="Tìm theo tên đầy đủ hoặc tên viết gọn, không cần dấu")]


class AuthorityQuery(PageQuery):
    """Filters of the list."""

    line: Annotated[Line | None, Field(description="Hệ thống")] = None
    kind: Annotated[AuthorityKind | None, Field(description="Loại cơ quan")] = None
    level: Annotated[AuthorityLevel | None, Field(description="Cấp")] = None
    parent_id: Annotated[Id | None, Field(description="Cơ quan trực tiếp phía trên, theo địa bàn")] = None
    as_of: _AsOf = None
    q: _SearchName = None

    def filters(self) -> AuthorityFilters:
        """Without the page."""
        return AuthorityFilters(self.line, self.kind, self.level, self.parent_id, self.as_of, self.q)


class ChildrenQuery(PageQuery):
    """Which children."""

    tree: Annotated[Route, Field(description="Theo địa bàn hay theo hệ thống")] = Route.TERRITORY
    as_of: _AsOf = None
    q: _SearchName = None


@router.get(
    "",
    response_model=AuthorityPage,
    summary="Danh sách cơ quan, tổ chức, đơn vị",
    openapi_extra=operation(Permission.AUTHORITY_READ),
)
async def list_authorities(query: Annotated[AuthorityQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Cơ quan trong phạm vi được giao và các cơ quan phía trên, theo thứ tự chữ cái tiếng Việt."""
    page = await authorities.list_authorities(reads, actor, query.filters(), limit=query.limit, cursor=query.cursor)
    return json_answer(page)


@router.get(
    "/{authority_id}",
    response_model=AuthorityOut,
    summary="Một cơ quan, tổ chức, đơn vị",
    openapi_extra=operation(Permission.AUTHORITY_READ, conditional=True),
)
async def read_authority(authority_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Một cơ quan trong phạm vi được giao hoặc ở phía trên."""
    return content_answer(request, await authorities.read_authority(reads, actor, authority_id))


@router.get(
    "/{authority_id}/lineage",
    response_model=AuthorityLineage,
    summary="Cơ quan tiền thân và kế thừa",
    openapi_extra=operation(Permission.AUTHORITY_READ, conditional=True),
)
async def read_authority_lineage(authority_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Cơ quan cùng loại (UBND, HĐND, MTTQ, đoàn thể) của đơn vị hành chính trước và sau khi sắp xếp."""
    return content_answer(request, await authorities.read_lineage(reads, actor, authority_id))


@router.get(
    "/{authority_id}/children",
    response_model=AuthorityPage,
    summary="Các đơn vị trực tiếp bên dưới",
    openapi_extra=operation(Permission.AUTHORITY_READ),
)
async def list_authority_children(
    authority_id: Id, query: Annotated[ChildrenQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Đơn vị trực tiếp bên dưới, theo địa bàn hoặc theo hệ thống; chỉ những đơn vị người gọi được biết."""
    page = await authorities.list_children(
        reads,
        actor,
        authority_id,
        tree=query.tree,
        as_of=query.as_of,
        q=query.q,
        limit=query.limit,
        cursor=query.cursor,
    )
    return json_answer(page)
