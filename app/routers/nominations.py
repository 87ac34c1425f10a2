"""/v1/nominations: đề nghị khen thưởng và các bước xử lý."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, json_answer, not_modified, unchanged
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.nominations import (
    Appraisal,
    Forwarding,
    NominationIn,
    NominationOut,
    NominationPage,
    NominationPatch,
    Note,
    Reason,
)
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services.nominations import drafting, moving, reading
from app.shapes import Code, Id, Search, Year
from app.vocabularies import NominationState, Permission
from app.writes import Act, Create, Patch

router = APIRouter(prefix="/nominations", tags=["nominations"], route_class=StrictRoute)


class NominationQuery(PageQuery):
    """Filters of the list."""

    state: Annotated[
        list[NominationState],
        Field(default_factory=list, max_length=20, description="Một hoặc nhiều trạng thái"),
    ]
    holder_id: Annotated[Id | None, Field(description="Đang do cơ quan này xử lý (việc của tôi)")] = None
    authority_id: Annotated[Id | None, Field(description="Do đơn vị này đề nghị")] = None
    award_type_code: Annotated[Code | None, Field(description="Loại khen thưởng")] = None
    year: Annotated[Year | None, Field(description="Năm xét khen thưởng")] = None
    campaign_id: Annotated[Id | None, Field(description="Thuộc phong trào này")] = None
    q: Annotated[Search, Field(description="Tìm theo tên đối tượng, không cần dấu")] = None


@router.get(
    "",
    response_model=NominationPage,
    summary="Danh sách đề nghị khen thưởng",
    openapi_extra=operation(Permission.NOMINATION_READ),
)
async def list_nominations(query: Annotated[NominationQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Đề nghị trong phạm vi hoặc đang ở bàn của người gọi, mới nhất trước."""
    page = await reading.list_nominations(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        states=query.state,
        holder_id=query.holder_id,
        authority_id=query.authority_id,
        award_type_code=query.award_type_code,
        year=query.year,
        campaign_id=query.campaign_id,
        q=query.q,
    )
    return json_answer(page, cache=PERSONAL)


@router.post(
    "",
    status_code=201,
    response_model=NominationOut,
    summary="Thêm đề nghị vào hồ sơ",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def create_nomination(body: NominationIn, write: Create) -> Response:
    """Đề nghị một đối tượng cho một loại khen thưởng, trong hồ sơ đang soạn."""
    return await write.create("/v1/nominations", drafting.add_nomination, body)


@router.get(
    "/{nomination_id}",
    response_model=NominationOut,
    summary="Một đề nghị khen thưởng",
    openapi_extra=operation(Permission.NOMINATION_READ, conditional=True),
)
async def read_nomination(nomination_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Đề nghị với quá trình xử lý và những việc người gọi được làm tiếp theo."""
    row = await reading.find_nomination(reads, actor, nomination_id)
    etag = reading.nomination_etag(row, actor)
    if unchanged(request, etag):
        return not_modified(etag, cache=PERSONAL)
    return json_answer(await reading.shape_nomination(reads, actor, row), etag=etag, cache=PERSONAL)


@router.patch(
    "/{nomination_id}",
    response_model=NominationOut,
    summary="Sửa đề nghị",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def update_nomination(nomination_id: Id, body: NominationPatch, write: Patch) -> Response:
    """Sửa đề nghị khi đang soạn hoặc bị trả lại cho đơn vị."""
    return await write.patch(drafting.update_nomination, nomination_id, body)


@router.post(
    "/{nomination_id}/submit",
    response_model=NominationOut,
    summary="Nộp lại một đề nghị",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def submit_nomination(nomination_id: Id, body: Note, write: Act) -> Response:
    """Nộp lại một đề nghị bị trả lại. Đề nghị chưa nộp lần nào thì nộp cùng hồ sơ."""
    return await write.act(moving.take_step, nomination_id, "submit", body)


@router.post(
    "/{nomination_id}/withdraw",
    response_model=NominationOut,
    summary="Rút đề nghị",
    openapi_extra=operation(Permission.NOMINATION_WRITE),
)
async def withdraw_nomination(nomination_id: Id, body: Reason, write: Act) -> Response:
    """Đơn vị rút đề nghị trước khi được tiếp nhận."""
    return await write.act(moving.take_step, nomination_id, "withdraw", body)


@router.post(
    "/{nomination_id}/receive",
    response_model=NominationOut,
    summary="Tiếp nhận",
    openapi_extra=operation(Permission.NOMINATION_PROCESS),
)
async def receive_nomination(nomination_id: Id, body: Note, write: Act) -> Response:
    """Cơ quan thường trực tiếp nhận đề nghị."""
    return await write.act(moving.take_step, nomination_id, "receive", body)


@router.post(
    "/{nomination_id}/return",
    response_model=NominationOut,
    summary="Trả lại để bổ sung",
    openapi_extra=operation(Permission.NOMINATION_PROCESS),
)
async def return_nomination(nomination_id: Id, body: Reason, write: Act) -> Response:
    """Trả lại nơi đã gửi, kèm lý do."""
    return await write.act(moving.take_step, nomination_id, "return", body)


@router.post(
    "/{nomination_id}/appraise",
    response_model=NominationOut,
    summary="Thẩm định",
    openapi_extra=operation(Permission.NOMINATION_PROCESS),
)
async def appraise_nomination(nomination_id: Id, body: Appraisal, write: Act) -> Response:
    """Ghi ý kiến thẩm định của cơ quan thường trực."""
    return await write.act(moving.take_step, nomination_id, "appraise", body)


@router.post(
    "/{nomination_id}/reject",
    response_model=NominationOut,
    summary="Từ chối",
    openapi_extra=operation(Permission.NOMINATION_FORWARD),
)
async def reject_nomination(nomination_id: Id, body: Reason, write: Act) -> Response:
    """Lãnh đạo từ chối đề nghị đã thẩm định, kèm lý do."""
    return await write.act(moving.take_step, nomination_id, "reject", body)


@router.post(
    "/{nomination_id}/forward",
    response_model=NominationOut,
    summary="Trình cấp trên",
    openapi_extra=operation(Permission.NOMINATION_FORWARD),
)
async def forward_nomination(nomination_id: Id, body: Forwarding, write: Act) -> Response:
    """Lãnh đạo trình đề nghị lên cấp trên bằng tờ trình."""
    return await write.act(moving.take_step, nomination_id, "forward", body)
