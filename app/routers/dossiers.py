"""/v1/dossiers: hồ sơ đề nghị khen thưởng kèm tờ trình."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, actor_part, etag_of, json_answer, not_modified, unchanged
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.nominations import DossierIn, DossierOut, DossierPage, DossierPatch
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import dossiers
from app.shapes import Id, Year
from app.vocabularies import Permission
from app.writes import Act, Create, Patch

router = APIRouter(prefix="/dossiers", tags=["nominations"], route_class=StrictRoute)


class DossierQuery(PageQuery):
    """Filters of the list."""

    authority_id: Annotated[Id | None, Field(description="Hồ sơ của đơn vị này")] = None
    year: Annotated[Year | None, Field(description="Năm xét khen thưởng")] = None


@router.get(
    "", response_model=DossierPage, summary="Danh sách hồ sơ", openapi_extra=operation(Permission.NOMINATION_READ)
)
async def list_dossiers(query: Annotated[DossierQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Hồ sơ trong phạm vi và hồ sơ gửi đến đơn vị của người gọi, mới nhất trước."""
    page = await dossiers.list_dossiers(
        reads, actor, limit=query.limit, cursor=query.cursor, authority_id=query.authority_id, year=query.year
    )
    return json_answer(page, cache=PERSONAL)


@router.post(
    "",
    status_code=201,
    response_model=DossierOut,
    summary="Lập hồ sơ",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def create_dossier(body: DossierIn, write: Create) -> Response:
    """Lập hồ sơ cho một đơn vị. Nơi nhận do địa bàn hoặc hệ thống của đơn vị quyết định."""
    return await write.create("/v1/dossiers", dossiers.create_dossier, body)


@router.get(
    "/{dossier_id}",
    response_model=DossierOut,
    summary="Một hồ sơ",
    openapi_extra=operation(Permission.NOMINATION_READ, conditional=True),
)
async def read_dossier(dossier_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Hồ sơ với các đề nghị và những việc người gọi được làm tiếp theo."""
    dossier = await dossiers.read_dossier(reads, actor, dossier_id)
    nominations = tuple((str(n.id), n.version) for n in dossier.nominations)
    etag = etag_of(dossier.version, actor_part(actor), nominations)
    if unchanged(request, etag):
        return not_modified(etag, cache=PERSONAL)
    return json_answer(dossier, etag=etag, cache=PERSONAL)


@router.patch(
    "/{dossier_id}",
    response_model=DossierOut,
    summary="Sửa hồ sơ",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def update_dossier(dossier_id: Id, body: DossierPatch, write: Patch) -> Response:
    """Sửa hồ sơ khi còn đề nghị đang ở đơn vị. Trường không gửi thì giữ nguyên, null thì xóa."""
    return await write.patch(dossiers.update_dossier, dossier_id, body)


@router.post(
    "/{dossier_id}/submit",
    response_model=DossierOut,
    summary="Nộp hồ sơ",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def submit_dossier(dossier_id: Id, write: Act) -> Response:
    """Nộp mọi đề nghị đang ở đơn vị: tất cả, hoặc không đề nghị nào."""
    return await write.act(dossiers.submit_dossier, dossier_id)
