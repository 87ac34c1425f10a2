"""/v1/auth: đăng nhập, gia hạn, đăng xuất, nhận lời mời, mật khẩu, xác thực hai bước; /.well-known/jwks.json: khóa công khai."""

from fastapi import APIRouter, Request, Response

from app.answers import PERSONAL, json_answer
from app.contract import operation
from app.db import Read, Session, database, plain_transaction
from app.identity import CurrentActor
from app.models.invitations import InvitationAcceptance
from app.models.users import (
    CodeIn,
    ConfirmIn,
    LoginIn,
    PasswordIn,
    RecoveryCodes,
    RefreshIn,
    SecondFactorSecret,
    SecondFactorStatus,
    Tokens,
)
from app.routing import StrictRoute
from app.services import invitations, second_factor, sessions
from app.services.sessions import Visitor
from app.signing_keys import KeySet
from app.vocabularies import Permission

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)
well_known_router = APIRouter(prefix="/.well-known", tags=["auth"], route_class=StrictRoute)


def visitor_of(request: Request) -> Visitor:
    """Where the request comes from."""
    client = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Visitor(request.client.host if request.client else "", request.state.request_id, client[:200])


@router.post("/login", response_model=Tokens, summary="Đăng nhập", openapi_extra=operation(None, refusals=[401, 429]))
async def login(body: LoginIn, request: Request) -> Response:
    """Đổi tên đăng nhập và mật khẩu lấy mã truy cập (15 phút) và mã gia hạn (dùng một lần, phiên tối đa 12 giờ).

    Tài khoản có xác thực hai bước thì gửi kèm `code`. Sai quá 5 lần trong 15 phút từ cùng một địa chỉ mạng thì nhận 429
    và phải chờ theo Retry-After.
    """
    state = request.app.state
    tokens = await sessions.log_in(database(request), state.keys, state.sealer, body, visitor_of(request))
    return json_answer(tokens, cache=PERSONAL)


@router.post(
    "/refresh", response_model=Tokens, summary="Gia hạn phiên", openapi_extra=operation(None, refusals=[401, 409])
)
async def refresh(body: RefreshIn, request: Request) -> Response:
    """Đổi mã gia hạn lấy cặp mã mới. Mỗi mã gia hạn chỉ dùng được một lần; dùng lại thì cả phiên bị kết thúc.

    Gửi trùng trong vòng 10 giây thì nhận 409 và phiên vẫn còn: hãy dùng cặp mã của lần gửi trước.
    """
    tokens = await sessions.renew(database(request), request.app.state.keys, body, visitor_of(request))
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
    "/logout-others",
    status_code=204,
    response_class=Response,
    summary="Kết thúc các phiên khác của mình",
    openapi_extra=operation(Permission.SELF_WRITE),
)
async def log_out_others(request: Request, actor: CurrentActor, db: Session) -> Response:
    """Kết thúc mọi phiên khác của mình; mã của các phiên đó hết hiệu lực trong vòng 5 giây."""
    await sessions.end_other_sessions(db, actor, visitor_of(request))
    return Response(status_code=204)


@router.post(
    "/confirm",
    status_code=204,
    response_class=Response,
    summary="Xác nhận lại mật khẩu",
    openapi_extra=operation(Permission.SELF_WRITE, refusals=[429]),
)
async def confirm(body: ConfirmIn, request: Request, actor: CurrentActor) -> Response:
    """Trong 5 phút sau đó, phiên này được làm những việc cần xác nhận, như ban hành quyết định. Đăng nhập cũng là xác nhận.

    Sai mật khẩu thì nhận 422 và tính vào giới hạn như khi đăng nhập; phiên không bị kết thúc.
    """
    await sessions.confirm(database(request), request.app.state.sealer, actor, body, visitor_of(request))
    return Response(status_code=204)


@router.post(
    "/password",
    status_code=204,
    response_class=Response,
    summary="Đổi mật khẩu",
    openapi_extra=operation(Permission.SELF_WRITE, refusals=[429]),
)
async def change_password(body: PasswordIn, request: Request, actor: CurrentActor) -> Response:
    """Đổi mật khẩu của mình; mọi phiên khác kết thúc. Mật khẩu không phải đổi định kỳ, không bắt buộc ký tự đặc biệt."""
    await sessions.change_password(database(request), actor, body, visitor_of(request))
    return Response(status_code=204)


@router.get(
    "/second-factor",
    response_model=SecondFactorStatus,
    summary="Xác thực hai bước của mình",
    openapi_extra=operation(Permission.SELF_READ),
)
async def read_second_factor(actor: CurrentActor, reads: Read) -> Response:
    """Đã bật chưa, từ khi nào, còn mấy mã dự phòng."""
    return json_answer(await second_factor.read_status(reads, actor), cache=PERSONAL)


@router.post(
    "/second-factor",
    response_model=SecondFactorSecret,
    summary="Bắt đầu bật xác thực hai bước",
    openapi_extra=operation(Permission.SELF_WRITE, refusals=[409]),
)
async def begin_second_factor(request: Request, actor: CurrentActor) -> Response:
    """Cấp khóa bí mật để đưa vào ứng dụng xác thực (TOTP); chỉ hiện một lần, chưa có hiệu lực tới khi nhập mã đầu tiên.

    Cần xác nhận mật khẩu trong 5 phút gần đây.
    """
    async with plain_transaction(database(request)) as tx:
        await sessions.require_confirmed(tx, actor)
        found = await second_factor.begin(tx, request.app.state.sealer, actor)
    return json_answer(found, cache=PERSONAL)


@router.post(
    "/activate-second-factor",
    response_model=RecoveryCodes,
    summary="Bật xác thực hai bước",
    openapi_extra=operation(Permission.SELF_WRITE, refusals=[409]),
)
async def activate_second_factor(body: CodeIn, request: Request, actor: CurrentActor) -> Response:
    """Nhập mã đầu tiên của ứng dụng; từ đây đăng nhập cần mã. Trả về 10 mã dự phòng, mỗi mã dùng một lần, chỉ hiện lần này.

    Cần xác nhận mật khẩu trong 5 phút gần đây.
    """
    async with plain_transaction(database(request)) as tx:
        await sessions.require_confirmed(tx, actor)
        codes = await second_factor.activate(tx, request.app.state.sealer, actor, body)
    return json_answer(codes, cache=PERSONAL)


@router.post(
    "/remove-second-factor",
    status_code=204,
    response_class=Response,
    summary="Tắt xác thực hai bước",
    openapi_extra=operation(Permission.SELF_WRITE),
)
async def remove_second_factor(request: Request, actor: CurrentActor) -> Response:
    """Tắt và hủy mọi mã dự phòng. Cần xác nhận mật khẩu (và mã) trong 5 phút gần đây."""
    async with plain_transaction(database(request)) as tx:
        await sessions.require_confirmed(tx, actor)
        await second_factor.remove(tx, actor)
    return Response(status_code=204)


@router.post(
    "/recovery-codes",
    response_model=RecoveryCodes,
    summary="Cấp lại mã dự phòng",
    openapi_extra=operation(Permission.SELF_WRITE, refusals=[409]),
)
async def renew_recovery_codes(request: Request, actor: CurrentActor) -> Response:
    """Cấp 10 mã dự phòng mới; các mã cũ mất hiệu lực. Cần xác nhận mật khẩu trong 5 phút gần đây."""
    async with plain_transaction(database(request)) as tx:
        await sessions.require_confirmed(tx, actor)
        codes = await second_factor.renew_recovery_codes(tx, actor)
    return json_answer(codes, cache=PERSONAL)


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
    await invitations.accept_invitation(database(request), body, visitor_of(request))
    return Response(status_code=204)


@well_known_router.get(
    "/jwks.json", response_model=KeySet, summary="Khóa công khai (JWKS)", openapi_extra=operation(None)
)
async def read_public_keys(request: Request) -> Response:
    """Các khóa công khai để kiểm tra chữ ký của mã truy cập (RFC 7517); khóa mới xuất hiện trước khi được dùng."""
    keys = KeySet.model_validate(request.app.state.keys.jwks())
    return json_answer(keys, cache="public, max-age=300", vary="Accept-Encoding")
