"""/v1/me: người gọi là ai, được làm gì, ở đâu."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.answers import PERSONAL, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.users import Me, PermissionAnswers
from app.routers.users import BodyQuery
from app.routing import StrictRoute
from app.services import permissions, sessions
from app.vocabularies import Permission

router = APIRouter(prefix="/me", tags=["me"], route_class=StrictRoute)


@router.get("", response_model=Me, summary="Thông tin người gọi", openapi_extra=operation(Permission.SELF_READ))
async def read_me(actor: CurrentActor, reads: Read) -> Response:
    """Người đang đăng nhập, các phân quyền còn hiệu lực hôm nay và việc được làm theo từng phân quyền."""
    return json_answer(await sessions.read_me(reads, actor), cache=PERSONAL)


@router.get(
    "/permissions",
    response_model=PermissionAnswers,
    summary="Tôi được làm gì ở đây",
    openapi_extra=operation(Permission.SELF_READ),
)
async def read_my_permissions(query: Annotated[BodyQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Từng quyền của người gọi tại một đơn vị hôm nay: có hay không, nhờ phân quyền nào, nếu không thì vì sao.

    Hỏi được về đơn vị mà người gọi xem được ở /v1/authorities.
    """
    answers = await permissions.read_own_permissions(reads, actor, query.authority_id)
    return json_answer(answers, cache=PERSONAL)
