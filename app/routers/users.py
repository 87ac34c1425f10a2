"""/v1/users, /v1/grants: tài khoản, lời mời, phân quyền."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.invitations import InvitedUser
from app.models.nominations import Reason
from app.models.users import (
    Ending,
    GrantIn,
    PermissionAnswers,
    UserGrant,
    UserGrantPage,
    UserIn,
    UserOut,
    UserPage,
    UserPatch,
)
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import grants, permissions, users
from app.shapes import Id, Search
from app.shapes import Query as QueryShape
from app.vocabularies import Permission
from app.writes import Act, Create, Patch

router = APIRouter(tags=["users"], route_class=StrictRoute)


class UserQuery(PageQuery):
    """Filters of the list."""

    q: Annotated[Search, Field(description="Tìm theo tên hoặc tên đăng nhập, không cần dấu")] = None
    authority_id: Annotated[Id | None, Field(description="Chỉ người của đơn vị này")] = None
    disabled: Annotated[bool | None, Field(description="true: chỉ tài khoản bị khóa; false: chỉ tài khoản mở")] = None


class BodyQuery(QueryShape):
    """The body that is asked about."""

    authority_id: Annotated[Id, Field(description="Đơn vị được hỏi")]


@router.get(
    "/users",
    response_model=UserPage,
    summary="Tài khoản của các đơn vị trong phạm vi",
    openapi_extra=operation(Permission.USER_READ),
)
async def list_users(query: Annotated[UserQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Tài khoản của người thuộc các đơn vị trong phạm vi, mới nhất trước."""
    page = await users.list_users(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        q=query.q,
        authority_id=query.authority_id,
        disabled=query.disabled,
    )
    return json_answer(page, cache=PERSONAL)


@router.post(
    "/users",
    status_code=201,
    response_model=InvitedUser,
    summary="Mở tài khoản",
    openapi_extra=operation(Permission.USER_WRITE),
)
async def create_user(body: UserIn, write: Create) -> Response:
    """Mở tài khoản cho người của một đơn vị trong phạm vi, kèm lời mời dùng một lần để người đó tự đặt mật khẩu.

    Hệ thống không tự gửi gì: quản trị chuyển mã mời (`invitation.token`) tận tay người dùng, thường là trong một liên
    kết của cổng. Mã chỉ hiện trong câu trả lời đầu tiên, hết hạn sau 72 giờ; gửi lại yêu cầu thì mã là null.
    """
    return await write.create("/v1/users", users.create_user, body)


@router.get(
    "/users/{user_id}",
    response_model=UserOut,
    summary="Một tài khoản",
    openapi_extra=operation(Permission.USER_READ, conditional=True),
)
async def read_user(user_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Tài khoản của người thuộc đơn vị trong phạm vi, với những việc người gọi được làm."""
    user = await users.read_user(reads, actor, user_id)
    return content_answer(request, user, version=user.version, cache=PERSONAL)


@router.patch(
    "/users/{user_id}",
    response_model=UserOut,
    summary="Sửa tên, đổi đơn vị",
    openapi_extra=operation(Permission.USER_WRITE),
)
async def update_user(user_id: Id, body: UserPatch, write: Patch) -> Response:
    """Sửa tên hiển thị hoặc chuyển sang đơn vị khác trong phạm vi. Phân quyền không đổi theo; hãy kết thúc riêng."""
    return await write.patch(users.update_user, user_id, body)


@router.post(
    "/users/{user_id}/disable",
    response_model=UserOut,
    summary="Khóa tài khoản",
    openapi_extra=operation(Permission.USER_WRITE),
)
async def disable_user(user_id: Id, body: Reason, write: Act) -> Response:
    """Khóa tài khoản: mọi phiên kết thúc trong vòng 5 giây, lời mời hết hiệu lực. Không ai tự khóa mình."""
    return await write.act(users.disable_user, user_id, body)


@router.post(
    "/users/{user_id}/enable",
    response_model=UserOut,
    summary="Mở khóa tài khoản",
    openapi_extra=operation(Permission.USER_WRITE),
)
async def enable_user(user_id: Id, body: Reason, write: Act) -> Response:
    """Mở khóa tài khoản; mật khẩu vẫn là mật khẩu cũ."""
    return await write.act(users.enable_user, user_id, body)


@router.post(
    "/users/{user_id}/invite",
    response_model=InvitedUser,
    summary="Mời đặt mật khẩu",
    openapi_extra=operation(Permission.USER_WRITE),
)
async def invite_user(user_id: Id, body: Reason, write: Act) -> Response:
    """Lời mời mới để người dùng tự đặt mật khẩu, kể cả khi quên: mật khẩu cũ, lời mời cũ và mọi phiên hết hiệu lực.

    Quản trị không chọn và không thấy mật khẩu. Hệ thống không tự gửi gì: quản trị chuyển mã mời tận tay người dùng.
    """
    return await write.act(users.invite_user, user_id, body)


@router.get(
    "/users/{user_id}/grants",
    response_model=UserGrantPage,
    summary="Phân quyền của một người",
    openapi_extra=operation(Permission.USER_READ),
)
async def list_grants(user_id: Id, query: Annotated[PageQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Mọi phân quyền của người dùng, kể cả đã hết hiệu lực, mới nhất trước."""
    page = await grants.list_grants(reads, actor, user_id, limit=query.limit, cursor=query.cursor)
    return json_answer(page, cache=PERSONAL)


@router.post(
    "/users/{user_id}/grants",
    status_code=201,
    response_model=UserGrant,
    summary="Phân quyền",
    openapi_extra=operation(Permission.GRANT_WRITE),
)
async def create_grant(user_id: Id, body: GrantIn, write: Create) -> Response:
    """Giao một vai trò tại một đơn vị, trong thời hạn.

    Không rộng hơn phạm vi của người giao. Quản trị đơn vị giao mọi vai trò trừ quản trị hệ thống; quản trị hệ thống chỉ
    giao hai vai trò quản trị, nên không ai một mình vừa giữ tài khoản vừa giữ nội dung khen thưởng.
    """
    return await write.create("/v1/grants", grants.create_grant, user_id, body)


@router.get(
    "/users/{user_id}/permissions",
    response_model=PermissionAnswers,
    summary="Người này được làm gì ở đây",
    openapi_extra=operation(Permission.USER_READ),
)
async def read_user_permissions(
    user_id: Id, query: Annotated[BodyQuery, Query()], actor: CurrentActor, reads: Read
) -> Response:
    """Từng quyền tại một đơn vị hôm nay: có hay không, nhờ phân quyền nào, nếu không thì vì sao."""
    answers = await permissions.read_user_permissions(reads, actor, user_id, query.authority_id)
    return json_answer(answers, cache=PERSONAL)


@router.get(
    "/grants/{grant_id}",
    response_model=UserGrant,
    summary="Một phân quyền",
    openapi_extra=operation(Permission.USER_READ, conditional=True),
)
async def read_grant(grant_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Phân quyền tại đơn vị trong phạm vi, hoặc của người trong phạm vi."""
    grant = await grants.read_grant(reads, actor, grant_id)
    return content_answer(request, grant, version=grant.version, cache=PERSONAL)


@router.post(
    "/grants/{grant_id}/suspend",
    response_model=UserGrant,
    summary="Tạm đình chỉ phân quyền",
    openapi_extra=operation(Permission.GRANT_WRITE),
)
async def suspend_grant(grant_id: Id, body: Reason, write: Act) -> Response:
    """Dừng ngay một phân quyền, có hiệu lực trong vòng 5 giây, cho đến khi cho hiệu lực trở lại."""
    return await write.act(grants.suspend_grant, grant_id, body)


@router.post(
    "/grants/{grant_id}/resume",
    response_model=UserGrant,
    summary="Cho phân quyền hiệu lực trở lại",
    openapi_extra=operation(Permission.GRANT_WRITE),
)
async def resume_grant(grant_id: Id, body: Reason, write: Act) -> Response:
    """Phân quyền đang tạm đình chỉ có hiệu lực trở lại, trong thời hạn của nó."""
    return await write.act(grants.resume_grant, grant_id, body)


@router.post(
    "/grants/{grant_id}/end",
    response_model=UserGrant,
    summary="Kết thúc phân quyền",
    openapi_extra=operation(Permission.GRANT_WRITE),
)
async def end_grant(grant_id: Id, body: Ending, write: Act) -> Response:
    """Ghi ngày cuối cùng còn hiệu lực. Phân quyền không bị xóa; muốn dừng ngay thì tạm đình chỉ."""
    return await write.act(grants.end_grant, grant_id, body)
