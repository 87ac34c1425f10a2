"""/v1/vocabularies: mọi danh sách đóng của API kèm nhãn."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.answers import content_answer
from app.contract import operation
from app.routing import StrictRoute
from app.shapes import Output, OutText
from app.vocabularies import VOCABULARIES

router = APIRouter(prefix="/vocabularies", tags=["reference"], route_class=StrictRoute)


class TermOut(Output):
    """A code with its labels: Vietnamese to be shown, English beside it."""

    code: Annotated[str, Field(max_length=60)]
    label: OutText
    label_en: OutText


class Vocabulary(Output):
    """A closed list of the contract, in its order."""

    name: Annotated[str, Field(max_length=60)]
    terms: Annotated[list[TermOut], Field(max_length=100)]


class Vocabularies(Output):
    """All closed lists of the contract."""

    items: Annotated[list[Vocabulary], Field(max_length=100)]


@router.get(
    "", response_model=Vocabularies, summary="Từ vựng: mã và nhãn", openapi_extra=operation(None, conditional=True)
)
async def list_vocabularies(request: Request) -> Response:
    """Mọi danh sách đóng với nhãn tiếng Việt và tiếng Anh, để giao diện không phải tự đặt chữ."""
    return content_answer(request, _content(), cache="public, max-age=300", vary="Accept-Encoding")


@cache
def _content() -> bytes:
    lists = [
        Vocabulary(name=name, terms=[TermOut(code=term, label=term.vi, label_en=term.en) for term in vocabulary])
        for name, vocabulary in VOCABULARIES.items()
    ]
    return Vocabularies(items=lists).model_dump_json().encode()
