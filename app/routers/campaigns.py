"""/v1/campaigns: phong trào thi đua."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app import clock
from app.answers import if_none_match, json_answer, names, not_modified
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.kept_answers import KeptAnswers
from app.models.campaigns import CampaignIn, CampaignLaunch, CampaignOut, CampaignPage, CampaignPatch
from app.models.nominations import Reason
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import campaigns
from app.shapes import Id, Search, Year
from app.vocabularies import CampaignMethod, CampaignScope, CampaignState, Permission
from app.writes import SessionAct, SessionCreate, SessionPatch

router = APIRouter(prefix="/campaigns", tags=["campaigns"], route_class=StrictRoute)


class CampaignQuery(PageQuery):
    """Filters of the list."""

    state: Annotated[
        list[CampaignState],
        Field(default_factory=list, max_length=10, description="Một hoặc nhiều trạng thái"),
    ]
    method: Annotated[CampaignMethod | None, Field(description="Hình thức tổ chức thi đua")] = None
    scope: Annotated[CampaignScope | None, Field(description="Phạm vi thi đua")] = None
    parent_id: Annotated[Id | None, Field(description="Thực hiện phong trào cấp trên này")] = None
    launcher_id: Annotated[Id | None, Field(description="Do cơ quan này phát động")] = None
    year: Annotated[Year | None, Field(description="Năm phong trào diễn ra")] = None
    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None


@router.get(
    "",
    response_model=CampaignPage,
    summary="Danh sách phong trào thi đua",
    openapi_extra=operation(Permission.CAMPAIGN_READ),
)
async def list_campaigns(query: Annotated[CampaignQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Phong trào trong phạm vi; phong trào đã phát động của cấp trên và phạm vi toàn quốc. Mới nhất trước."""
    page = await campaigns.list_campaigns(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        states=query.state,
        method=query.method,
        scope=query.scope,
        parent_id=query.parent_id,
        launcher_id=query.launcher_id,
        year=query.year,
        q=query.q,
    )
    return json_answer(page)


@router.post(
    "",
    status_code=201,
    response_model=CampaignOut,
    summary="Soạn phong trào",
    openapi_extra=operation(Permission.CAMPAIGN_WRITE),
)
async def create_campaign(body: CampaignIn, write: SessionCreate) -> Response:
    """Soạn dự thảo phong trào; không gửi plan thì nhận nội dung và tiêu chí của phong trào cấp trên."""
    return await write.create("/v1/campaigns", campaigns.create_campaign, body)


@router.get(
    "/{campaign_id}",
    response_model=CampaignOut,
    summary="Một phong trào",
    openapi_extra=operation(Permission.CAMPAIGN_READ, conditional=True),
)
async def read_campaign(campaign_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Kế hoạch, phong trào cấp trên, văn bản phát động, trạng thái công khai và việc người gọi làm được."""
    condition = if_none_match(request)
    if condition is None:
        found = await campaigns.find_campaign(reads, actor, campaign_id)
        return json_answer(found.answer(), etag=found.etag)
    # who asks whether it has changed asks again: its ETag is kept, and the database asked only what has changed
    kept_answers: KeptAnswers = request.app.state.kept_answers
    key = ("campaign", campaign_id.int, actor.fingerprint(), clock.today())
    etag: str | None = await kept_answers.find(reads, key)
    if etag is not None and names(condition, etag):
        return not_modified(etag)
    reading = kept_answers.reading("campaign", "authority", "deployment", "legal_document")
    found = await campaigns.find_campaign(reads, actor, campaign_id)
    if not names(condition, found.etag):
        return json_answer(found.answer(), etag=found.etag)
    kept_answers.keep(key, reading, found.etag, 0)
    return not_modified(found.etag)


@router.patch(
    "/{campaign_id}",
    response_model=CampaignOut,
    summary="Sửa dự thảo phong trào",
    openapi_extra=operation(Permission.CAMPAIGN_WRITE),
)
async def update_campaign(campaign_id: Id, body: CampaignPatch, write: SessionPatch) -> Response:
    """Sửa theo merge patch: trường không gửi giữ nguyên, null là xóa. Chỉ sửa được dự thảo."""
    return await write.patch(campaigns.update_campaign, campaign_id, body)


@router.post(
    "/{campaign_id}/launch",
    response_model=CampaignOut,
    summary="Phát động",
    openapi_extra=operation(Permission.CAMPAIGN_LAUNCH),
)
async def launch_campaign(campaign_id: Id, write: SessionAct, body: CampaignLaunch | None = None) -> Response:
    """Lãnh đạo cơ quan phát động; cần văn bản phát động, người soạn không tự phát động."""
    return await write.act(campaigns.launch_campaign, campaign_id, body)


@router.post(
    "/{campaign_id}/conclude",
    response_model=CampaignOut,
    summary="Kết thúc phong trào",
    openapi_extra=operation(Permission.CAMPAIGN_LAUNCH),
)
async def conclude_campaign(campaign_id: Id, body: Reason, write: SessionAct) -> Response:
    """Kết thúc đúng hạn hoặc sớm, có lý do."""
    return await write.act(campaigns.conclude_campaign, campaign_id, body)


@router.post(
    "/{campaign_id}/cancel",
    response_model=CampaignOut,
    summary="Hủy phong trào",
    openapi_extra=operation(Permission.CAMPAIGN_LAUNCH),
)
async def cancel_campaign(campaign_id: Id, body: Reason, write: SessionAct) -> Response:
    """Hủy phong trào đã phát động mà chưa đơn vị nào triển khai; có lý do. Dự thảo do người có quyền soạn hủy."""
    return await write.act(campaigns.cancel_campaign, campaign_id, body)
