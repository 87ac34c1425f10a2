"""/v1/public/campaigns: phong trào đã phát động, ai cũng xem được."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from app import clock
from app.answers import TaggedBody, tagged_answer
from app.contract import operation
from app.db import Read, Reads
from app.kept_answers import KeptAnswers
from app.models.public_campaigns import PublicCampaign, PublicCampaignPage
from app.pages import PageQuery
from app.problems import preferred_language
from app.routing import StrictRoute
from app.services import public_campaigns
from app.shapes import Search

router = APIRouter(prefix="/public/campaigns", tags=["public"], route_class=StrictRoute)

# a minute behind is near enough for the public, and spares the database what many ask at once
CACHE = "public, max-age=60"
VARY = "Accept-Language"
TypedCode = Annotated[str, Path(max_length=80, description="Mã phong trào; nhận chữ thường và dấu cách")]


async def public_answer(
    request: Request, reads: Reads, language: str, make: Callable[[], Awaitable[BaseModel]]
) -> Response:
    """An answer that any cache may keep, with a strong ETag over its bytes; 304 where the caller has it.

    What many ask is read once and kept until something it was read from changes.
    """
    kept_answers: KeptAnswers = request.app.state.kept_answers
    key = (request.scope["path"], request.scope["query_string"], language, clock.today())
    kept: TaggedBody | None = await kept_answers.find(reads, key)
    if kept is None:
        reading = kept_answers.reading("campaign", "authority", "deployment", "legal_document")
        kept = TaggedBody.of(await make())
        kept_answers.keep(key, reading, kept, len(kept.body))
    return tagged_answer(request, kept, cache=CACHE, vary=VARY, language=language)


class PublicCampaignQuery(PageQuery):
    """Search of launched campaigns."""

    q: Annotated[Search, Field(description="Tìm theo tên, không cần dấu")] = None


@router.get(
    "",
    response_model=PublicCampaignPage,
    summary="Tìm phong trào đã phát động",
    openapi_extra=operation(None, conditional=True),
)
async def list_public_campaigns(
    query: Annotated[PublicCampaignQuery, Query()], request: Request, reads: Read
) -> Response:
    """Phong trào đã phát động, mới nhất trước; không cần đăng nhập."""
    language = preferred_language(request.headers.get("accept-language"))

    async def page() -> PublicCampaignPage:
        return await public_campaigns.list_public_campaigns(
            reads, limit=query.limit, cursor=query.cursor, q=query.q, language=language
        )

    return await public_answer(request, reads, language, page)


@router.get(
    "/{code}",
    response_model=PublicCampaign,
    summary="Một phong trào theo mã công khai",
    openapi_extra=operation(None, conditional=True),
)
async def read_public_campaign(code: TypedCode, request: Request, reads: Read) -> Response:
    """Trạng thái, thời gian, văn bản phát động và tiến độ triển khai; không có dữ liệu cá nhân."""
    language = preferred_language(request.headers.get("accept-language"))

    async def campaign() -> PublicCampaign:
        return (await public_campaigns.read_public_campaign(reads, code, language)).campaign

    return await public_answer(request, reads, language, campaign)
