"""/v1/auth: đăng nhập, gia hạn, đăng xuất, nhận lời mời; /.well-known/jwks.json: khóa công khai."""

from fastapi import APIRouter, Request, Response

from app.answers import PERSONAL, json_answer
from app.contract import operation
from app.db import Session, database
from app.identity import CurrentActor
from app.models.invitations import InvitationAcceptance
from app.models.users import LoginIn, RefreshIn, Tokens
from app.routing import StrictRoute
from app.services import invitations, sessions
from app.services.sessions import Visitor
from app.signing_keys import KeySet
from app.vocabularies import Permission

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)
well_known_router = APIRouter(prefix="/.well-known", tags=["auth"], route_class=StrictRoute)


def _visitor(request: Request) -> Visitor:
    return Visitor(request.client.host if request.client else "", request.state.request_id)


@router.post("/login", response_model=Tokens, summary="Đăng nhập", openapi_extra=operation(None, refusals=[401, 429]))
async def login(body: LoginIn, request: Request) -> Response:
    """Đổi tên đăng nhập và mật khẩu lấy mã truy cập (15 phút) và mã gia hạn (dùng một lần, phiên tối đa 12 giờ).

    Sai quá 5 lần trong 15 phút từ cùng một địa chỉ mạng thì nhận 429 và phải chờ theo Retry-After.
    """
    tokens = await sessions.log_in(database(request), request.app.state.keys, body, _visitor(request))
    return json_answer(tokens, cache=PERSONAL)


@router.post(
    "/refresh", response_model=Tokens, summary="Gia hạn phiên", openapi_extra=operation(None, refusals=[401, 409])
)
async def refresh(body: RefreshIn, request: Request) -> Response:
    """Đổi mã gia hạn lấy cặp mã mới. Mỗi mã gia hạn chỉ dùng được một lần; dùng lại thì cả phiên bị kết thúc.

    Gửi trùng trong vòng 10 giây thì nhận 409 và phiên vẫn còn: hãy dùng cặp mã của lần gửi trước.
    """
    tokens = await sessions.renew(database(request), request.app.state.keys, body, _visitor(request))
    return json_answer(tokens, cache=PERSONAL)


@router.post(
    "/logout",
    status_code=204,
    response_class=Response,
    summary="Đăng xuất",
    openapi_extra=operation(Permission.SELF_READ),
)
async def logout(actor: CurrentActor, db: Session) -> Response:
    """Kết thúc phiên hiện tại; mã truy cập và mã gia hạn của phiên hết hiệu lực trong vòng 5 giây."""
    await sessions.log_out(db, actor)
    return Response(status_code=204)


@router.post(
    "/accept-invitation",
    status_code=204,
    response_class=Response,
    summary="Nhận lời mời, đặt mật khẩu",
    openapi_extra=operation(None, refusals=[401, 409, 429]),
)
async def accept_invitation(body: InvitationAcceptance, request: Request) -> Response:
    """Người được mời tự đặt mật khẩu bằng mã mời dùng một lần, rồi đăng nhập như thường.

    Sai quá nhiều lần từ cùng một địa chỉ mạng thì nhận 429, như khi đăng nhập.
    """
    await invitations.accept_invitation(database(request), body, _visitor(request))
    return Response(status_code=204)


@well_known_router.get(
    "/jwks.json", response_model=KeySet, summary="Khóa công khai (JWKS)", openapi_extra=operation(None)
)
async def read_public_keys(request: Request) -> Response:
    """Các khóa công khai để kiểm tra chữ ký của mã truy cập (RFC 7517); khóa mới xuất hiện trước khi được dùng."""
    keys = KeySet.model_validate(request.app.state.keys.jwks())
    return json_answer(keys, cache="public, max-age=300", vary="Accept-Encoding")
