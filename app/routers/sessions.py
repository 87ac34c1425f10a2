"""/v1/sessions: các phiên đăng nhập của người gọi."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.answers import PERSONAL, json_answer
from app.contract import operation
from app.db import Read, Session
from app.identity import CurrentActor
from app.models.users import SessionPage
from app.pages import PageQuery
from app.routers.auth import visitor_of
from app.routing import StrictRoute
from app.services import sessions
from app.shapes import Id
from app.vocabularies import Permission

router = APIRouter(prefix="/sessions", tags=["auth"], route_class=StrictRoute)


@router.get(
    "",
    response_model=SessionPage,
    summary="Các phiên đang mở của mình",
    openapi_extra=operation(Permission.SELF_READ),
)
async def list_sessions(query: Annotated[PageQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Những nơi mình đang đăng nhập, mới nhất trước; phiên lạ thì kết thúc và đổi mật khẩu."""
    page = await sessions.list_sessions(reads, actor, limit=query.limit, cursor=query.cursor)
    return json_answer(page, cache=PERSONAL)


@router.post(
    "/{session_id}/end",
    status_code=204,
    response_class=Response,
    summary="Kết thúc một phiên của mình",
    openapi_extra=operation(Permission.SELF_WRITE),
)
async def end_session(session_id: Id, request: Request, actor: CurrentActor, db: Session) -> Response:
    """Mã truy cập và mã gia hạn của phiên hết hiệu lực trong vòng 5 giây. Gửi lại không sao."""
    await sessions.end_session(db, actor, session_id, visitor_of(request))
    return Response(status_code=204)
