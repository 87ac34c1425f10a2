"""A retiring operation says so in the contract and in every answer, whatever the answer is."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Path

from app.contract import operation
from app.db import Database
from app.deprecation import retiring
from app.main import create_app
from app.problems import Problem
from app.settings import Settings
from app.shapes import Input

GUIDE = "https://tdkt.local/huong-dan/thay-the"
SINCE, SUNSET = date(2027, 1, 1), date(2027, 7, 1)
router = APIRouter(prefix="/v1/old-things")


class Thing(Input):
    """Something to send."""

    size: int


@router.post(
    "/{size}",
    summary="Thao tác sắp ngừng",
    openapi_extra=retiring(operation(None), since=SINCE, sunset=SUNSET, guide=GUIDE),
)
async def make_old_thing(size: Annotated[int, Path(le=9)], thing: Thing) -> dict[str, int]:
    """Trả lại số đã gửi; số 8 không có, số 9 là lỗi."""
    if size == 8:
        raise Problem("not_found")
    if size == 9:
        raise RuntimeError("a defect")
    return {"size": thing.size}


@router.get("/{size}", summary="Thao tác còn dùng", openapi_extra=operation(None))
async def read_thing(size: int) -> dict[str, int]:
    """Trả lại số đã gửi."""
    return {"size": size}


@pytest.fixture
def retiring_app(database: Database, settings: Settings) -> FastAPI:
    """The application with an operation that is on its way out, and one that is not, at the same path."""
    app = create_app(settings.model_copy(update={"cors_origins": ("https://portal.example.vn",)}))
    app.include_router(router)
    app.state.database = database
    return app


@pytest.fixture
async def caller(retiring_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Someone on a portal of another origin."""
    transport = httpx.ASGITransport(retiring_app, raise_app_exceptions=False)
    headers = {"Origin": "https://portal.example.vn"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


ANSWERS = [
    (200, "/v1/old-things/1", b'{"size": 1}'),
    (400, "/v1/old-things/1", b'{"size": '),
    (404, "/v1/old-things/8", b'{"size": 1}'),
    (422, "/v1/old-things/1", b'{"size": "much"}'),
    (422, "/v1/old-things/99", b'{"size": 1}'),
    (500, "/v1/old-things/9", b'{"size": 1}'),
]


@pytest.mark.parametrize(("status", "path", "body"), ANSWERS)
async def test_every_answer_of_a_retiring_operation_says_since_when_until_when_and_what_instead(
    caller: httpx.AsyncClient, status: int, path: str, body: bytes
) -> None:
    answer = await caller.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    deprecation = answer.headers["Deprecation"]
    assert deprecation.startswith("@")
    since = datetime.fromtimestamp(int(deprecation[1:]), UTC)
    sunset = parsedate_to_datetime(answer.headers["Sunset"])
    # days of Vietnam, seven hours before the days of UTC
    assert since == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert sunset == datetime(2027, 7, 1, 16, 59, 59, tzinfo=UTC)
    assert answer.headers["Sunset"].endswith("GMT")
    assert answer.links["deprecation"]["url"] == answer.links["sunset"]["url"] == GUIDE


async def test_a_portal_in_a_browser_may_read_it(caller: httpx.AsyncClient) -> None:
    answer = await caller.post("/v1/old-things/1", json={"size": 1})
    readable = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"Deprecation", "Sunset", "Link"} <= readable


async def test_other_operations_say_nothing_of_the_kind(caller: httpx.AsyncClient) -> None:
    answers = [await caller.get(path) for path in ("/v1/old-things/1", "/healthz", "/v1/nowhere")]
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    for answer in answers:
        assert not {"deprecation", "sunset", "link"} & set(answer.headers)


def test_the_contract_says_it_too(retiring_app: FastAPI) -> None:
    operations = retiring_app.openapi()["paths"]["/v1/old-things/{size}"]
    assert operations["post"]["deprecated"] is True
    assert operations["post"]["x-sunset"] == "2027-07-01"
    assert not {"deprecated", "x-sunset"} & operations["get"].keys()


def test_nothing_goes_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="2027"):
        retiring(operation(None), since=SUNSET, sunset=SINCE, guide=GUIDE)
