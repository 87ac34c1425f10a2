"""A write is acknowledged only when it is committed; a database that is away is a 503."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, text
from sqlmodel import select

from app.models.candidates import Candidate
from app.models.records import IdempotencyRecord
from tests.make import Make
from tests.story import SCHOOL, ok, refused

_REFUSE_AT_COMMIT = (
    "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$",
    """create constraint trigger late after insert on candidate deferrable initially deferred
       for each row execute function refuse()""",
)


async def _body(make: Make) -> dict[str, Any]:
    school = await make.authority(SCHOOL)
    return {"kind": "individual", "name": "Cao Thị Nguyệt", "authority_id": str(school.id)}


async def test_what_fails_at_commit_is_not_acknowledged(committed: Make) -> None:
    make = committed
    school, body = await make.submitter(SCHOOL), await _body(make)
    for statement in _REFUSE_AT_COMMIT:
        await make.connection.execute(text(statement))
    await make.connection.commit()
    key = {"Idempotency-Key": "cam-ket-that-bai"}
    refused(await school.post("/v1/candidates", body, headers=key), 500, "internal_error")
    assert (await make.db.exec(select(func.count()).select_from(Candidate))).one() == 0
    assert (await make.db.exec(select(func.count()).select_from(IdempotencyRecord))).one() == 0
    await make.db.rollback()
    await make.connection.execute(text("drop trigger late on candidate"))
    await make.connection.commit()
    again = await school.post("/v1/candidates", body, headers=key)
    assert ok(again, 201)["name"] == "Cao Thị Nguyệt" and "Idempotency-Replayed" not in again.headers


async def test_a_refused_request_leaves_its_key_free(make: Make) -> None:
    school, body = await make.submitter(SCHOOL), await _body(make)
    key = {"Idempotency-Key": "lan-dau-sai"}
    wrong = body | {"authority_id": "01890000-0000-7000-8000-000000000000"}
    refused(await school.post("/v1/candidates", wrong, headers=key), 404, "not_found")
    ok(await school.post("/v1/candidates", body, headers=key), 201)


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.InterfaceError("pool is closed"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.QueryCanceledError("statement timeout"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_database_that_is_away_is_a_503(
    make: Make, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    officer = await make.officer()
    ok(await officer.get("/v1/candidates"))

    async def away(*_: object) -> None:
        raise failure

    monkeypatch.setattr(type(make.app.state.database.reads), "fetch", away)
    answer = await officer.get("/v1/candidates")
    refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
