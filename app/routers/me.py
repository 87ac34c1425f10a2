"""/v1/me: người gọi là ai, được làm gì, ở đâu."""

from fastapi import APIRouter, Response

from app.answers import PERSONAL, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.users import Me
from app.routing import StrictRoute
from app.services import sessions
from app.vocabularies import Permission

router = APIRouter(prefix="/me", tags=["me"], route_class=StrictRoute)


@router.get("", response_model=Me, summary="Thông tin người gọi", openapi_extra=operation(Permission.SELF_READ))
async def read_me(actor: CurrentActor, reads: Read) -> Response:
    """Người đang đăng nhập, các phân quyền còn hiệu lực hôm nay và việc được làm theo từng phân quyền."""
    return json_answer(await sessions.read_me(reads, actor), cache=PERSONAL)
