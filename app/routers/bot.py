"""/v1/bot: câu trả lời soạn sẵn cho bot Zalo OA."""

import unicodedata
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BeforeValidator, Field, StringConstraints

from app.contract import operation
from app.db import Read
from app.models.public_campaigns import BotAnswer
from app.routers.public import TypedCode, public_answer
from app.routing import StrictRoute
from app.services import bot
from app.shapes import Query as QueryShape

router = APIRouter(prefix="/bot", tags=["bot"], route_class=StrictRoute)


def _readable(value: object) -> object:
    # a bot passes on what people type: decomposed letters from iPhones, characters that cannot be shown
    if not isinstance(value, str):
        return value
    return "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", value))


# a chat message has at most 2000 characters
TypedWords = Annotated[str, BeforeValidator(_readable), StringConstraints(strip_whitespace=True, max_length=2000)]


class BotQuery(QueryShape):
    """What the user wrote."""

    q: Annotated[TypedWords | None, Field(description="Từ trong tên phong trào, không cần dấu")] = None


@router.get(
    "/campaigns",
    response_model=BotAnswer,
    summary="Bot: tìm phong trào",
    openapi_extra=operation(None, conditional=True),
)
async def find_campaigns_for_bot(query: Annotated[BotQuery, Query()], request: Request, reads: Read) -> Response:
    """Tối đa năm phong trào có đánh số kèm nút bấm; không tìm thấy thì trả lời hướng dẫn, không phải lỗi."""
    return await public_answer(request, reads, "vi", lambda: bot.answer_search(reads, query.q))


@router.get(
    "/campaigns/{code}",
    response_model=BotAnswer,
    summary="Bot: phong trào đang đến đâu",
    openapi_extra=operation(None, conditional=True),
)
async def read_campaign_for_bot(code: TypedCode, request: Request, reads: Read) -> Response:
    """Câu trả lời tiếng Việt tối đa 600 ký tự và các nút bấm cho một phong trào."""
    return await public_answer(request, reads, "vi", lambda: bot.answer_about_campaign(reads, code))
