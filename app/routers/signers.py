"""/v1/signers: ai được ký văn bản của cơ quan, theo hình thức nào, đến khi nào."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.answers import PERSONAL, content_answer, json_answer
from app.contract import operation
from app.db import Read
from app.identity import CurrentActor
from app.models.nominations import Reason
from app.models.signers import SignerIn, SignerOut, SignerPage
from app.models.users import Ending
from app.pages import PageQuery
from app.routing import StrictRoute
from app.services import signers
from app.shapes import Day, Id
from app.vocabularies import Permission
from app.writes import Act, Create

router = APIRouter(prefix="/signers", tags=["signers"], route_class=StrictRoute)


class SignerQuery(PageQuery):
    """Filters of the list."""

    authority_id: Annotated[Id | None, Field(description="Chỉ người ký của cơ quan này")] = None
    user_id: Annotated[Id | None, Field(description="Chỉ việc giao ký cho người này")] = None
    on: Annotated[Day | None, Field(description="Chỉ người được ký vào ngày này")] = None


@router.get(
    "",
    response_model=SignerPage,
    summary="Ai được ký văn bản",
    openapi_extra=operation(Permission.SIGNER_READ),
)
async def list_signers(query: Annotated[SignerQuery, Query()], actor: CurrentActor, reads: Read) -> Response:
    """Người được ký văn bản của các cơ quan trong phạm vi, mới nhất trước. Với `on`: ai được ký vào ngày đó."""
    page = await signers.list_signers(
        reads,
        actor,
        limit=query.limit,
        cursor=query.cursor,
        authority_id=query.authority_id,
        user_id=query.user_id,
        on=query.on,
    )
    return json_answer(page, cache=PERSONAL)


@router.post(
    "",
    status_code=201,
    response_model=SignerOut,
    summary="Ghi việc giao ký",
    openapi_extra=operation(Permission.SIGNER_WRITE),
)
async def create_signer(body: SignerIn, write: Create) -> Response:
    """Ghi người được ký văn bản của cơ quan theo một hình thức (Nghị định 30/2020/NĐ-CP, Điều 13).

    Thay mặt (TM.), ký thay (KT.), thừa lệnh (TL.), thừa ủy quyền (TUQ.). Thừa ủy quyền phải có văn bản và thời hạn.
    Không ai tự giao ký cho mình. Quyết định khen thưởng chưa bị đối chiếu với danh sách này.
    """
    return await write.create("/v1/signers", signers.create_signer, body)


@router.get(
    "/{signer_id}",
    response_model=SignerOut,
    summary="Một việc giao ký",
    openapi_extra=operation(Permission.SIGNER_READ, conditional=True),
)
async def read_signer(signer_id: Id, request: Request, actor: CurrentActor, reads: Read) -> Response:
    """Việc giao ký của cơ quan trong phạm vi."""
    signer = await signers.read_signer(reads, actor, signer_id)
    return content_answer(request, signer, version=signer.version, cache=PERSONAL)


@router.post(
    "/{signer_id}/suspend",
    response_model=SignerOut,
    summary="Tạm đình chỉ việc giao ký",
    openapi_extra=operation(Permission.SIGNER_WRITE),
)
async def suspend_signer(signer_id: Id, body: Reason, write: Act) -> Response:
    """Dừng việc giao ký cho đến khi cho hiệu lực trở lại."""
    return await write.act(signers.suspend_signer, signer_id, body)


@router.post(
    "/{signer_id}/resume",
    response_model=SignerOut,
    summary="Cho việc giao ký hiệu lực trở lại",
    openapi_extra=operation(Permission.SIGNER_WRITE),
)
async def resume_signer(signer_id: Id, body: Reason, write: Act) -> Response:
    """Việc giao ký đang tạm đình chỉ có hiệu lực trở lại, trong thời hạn của nó."""
    return await write.act(signers.resume_signer, signer_id, body)


@router.post(
    "/{signer_id}/end",
    response_model=SignerOut,
    summary="Kết thúc việc giao ký",
    openapi_extra=operation(Permission.SIGNER_WRITE),
)
async def end_signer(signer_id: Id, body: Ending, write: Act) -> Response:
    """Ghi ngày cuối cùng được ký. Việc giao ký không bị xóa, vì văn bản đã ký theo nó."""
    return await write.act(signers.end_signer, signer_id, body)
