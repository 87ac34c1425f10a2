"""/healthz, /readyz, /problems: is it alive, can it serve, what does a refusal mean."""

import asyncio
from functools import cache
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from app.answers import content_answer
from app.contract import operation
from app.db import Read
from app.problems import REGISTRY, Problem
from app.routing import StrictRoute
from app.shapes import Output, OutText

unversioned_router = APIRouter(tags=["operation"], route_class=StrictRoute)
CACHE = "public, max-age=300"


class Health(Output):
    """The process answers."""

    status: Literal["ok"]


class ProblemKind(Output):
    """What a problem code means."""

    code: Annotated[str, Field(max_length=60)]
    status: Annotated[int, Field(ge=400, le=599)]
    title: OutText
    detail: OutText
    title_en: OutText
    detail_en: OutText


class ProblemKinds(Output):
    """Every problem code."""

    items: Annotated[list[ProblemKind], Field(max_length=200)]


@unversioned_router.get(
    "/healthz", response_model=Health, summary="Tiến trình đang chạy", openapi_extra=operation(None)
)
async def read_health() -> Response:
    """200 khi tiến trình trả lời được; không hỏi cơ sở dữ liệu."""
    return JSONResponse({"status": "ok"})


@unversioned_router.get("/readyz", response_model=Health, summary="Sẵn sàng phục vụ", openapi_extra=operation(None))
async def read_readiness(reads: Read) -> Response:
    """200 khi cơ sở dữ liệu trả lời được, 503 khi chưa."""
    await asyncio.wait_for(reads.fetchrow("select 1"), timeout=3)
    return JSONResponse({"status": "ok"})


@unversioned_router.get(
    "/problems",
    response_model=ProblemKinds,
    summary="Danh mục mã lỗi",
    openapi_extra=operation(None, conditional=True),
)
async def list_problems(request: Request) -> Response:
    """Mọi mã lỗi của API với ý nghĩa và việc cần làm, để giao diện tra một lần."""
    return content_answer(request, _all_kinds(), cache=CACHE, vary="Accept-Encoding")


@unversioned_router.get(
    "/problems/{code}",
    response_model=ProblemKind,
    summary="Ý nghĩa một mã lỗi",
    openapi_extra=operation(None, conditional=True),
)
async def read_problem(
    code: Annotated[str, Path(max_length=60, description="Mã lỗi, là code của lời từ chối")], request: Request
) -> Response:
    """Mô tả một mã lỗi của API: nghĩa là gì và phải làm gì. Chỗ trong {} được điền khi lỗi xảy ra."""
    if code not in REGISTRY:
        raise Problem("not_found")
    return content_answer(request, _kind(code), cache=CACHE, vary="Accept-Encoding")


def _kind(code: str) -> ProblemKind:
    kind = REGISTRY[code]
    return ProblemKind(
        code=code,
        status=kind.status,
        title=kind.title,
        detail=kind.detail,
        title_en=kind.title_en,
        detail_en=kind.detail_en,
    )


@cache
def _all_kinds() -> bytes:
    return ProblemKinds(items=[_kind(code) for code in sorted(REGISTRY)]).model_dump_json().encode()
