"""A write is acknowledged only when it is committed; a database that is away is a 503."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, text
from sqlmodel import select

from app.db import Database
from app.models.candidates import Candidate
from app.models.records import IdempotencyRecord
from app.services.nominations import drafting
from tests.make import WARD, Caller, Make
from tests.story import SCHOOL, candidate, decision_body, dossier, ok, refused, step, submitted

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


async def test_a_refused_request_leaves_its_key_free_where_it_is_written_with_a_session(committed: Make) -> None:
    officer, ward = await committed.officer(), await committed.authority(WARD)
    body = {"authority_id": str(ward.id), "title": "Phong trào", "method": "regular", "scope": "unit"}
    key = {"Idempotency-Key": "lan-dau-sai"}
    wrong = body | {"parent_id": "01890000-0000-7000-8000-000000000000"}
    refused(await officer.post("/v1/campaigns", wrong, headers=key), 422, "unknown_reference")
    ok(await officer.post("/v1/campaigns", body, headers=key), 201)


# ------------------------------------------------------------ how many statements


async def _papers_of(make: Make, school: Caller, people: int) -> Any:
    """A dossier with so many nominations."""
    papers = await dossier(make, school)
    for _ in range(people):
        await _nominate(make, school, papers)
    return ok(await school.get(f"/v1/dossiers/{papers['id']}"))


def _wanted(papers: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
    return {
        "dossier_id": papers["id"],
        "candidate_id": person["id"],
        "award_type_code": "gk_chu_tich_ubnd_xa",
        "achievement": "Hoàn thành xuất sắc nhiệm vụ.",
    }


async def _nominate(make: Make, school: Caller, papers: dict[str, Any]) -> Any:
    return ok(await school.post("/v1/nominations", _wanted(papers, await candidate(make, school))), 201)


async def test_one_nomination_costs_four_statements(make: Make, database: Database) -> None:
    writes: Any = database.writes
    school, officer = await make.submitter(SCHOOL), await make.officer()
    papers = await dossier(make, school)
    person = await candidate(make, school)
    await _nominate(make, school, papers)
    writes.statements = 0
    ok(await school.post("/v1/nominations", _wanted(papers, person)), 201)
    # the key, the dossier with whatever decides, the rows with the answer, the kept answer
    assert writes.statements == 4
    found = await submitted(make, school, name="Lê Thị Nhận")
    writes.statements = 0
    await step(officer, found, "receive")
    assert writes.statements == 4


@pytest.mark.parametrize("people", [1, 7])
async def test_many_nominations_cost_as_many_statements_as_one(make: Make, database: Database, people: int) -> None:
    writes: Any = database.writes
    school, officer, leader = await make.submitter(SCHOOL), await make.officer(), await make.leader()
    papers = await _papers_of(make, school, people)
    writes.statements = 0
    papers = ok(await school.post(f"/v1/dossiers/{papers['id']}/submit", etag=f'"{papers["version"]}"'))
    assert writes.statements == 8
    found = []
    for nomination in papers["nominations"]:
        received = await step(officer, nomination, "receive")
        found.append(await step(officer, received, "appraise", {"opinion": "eligible"}))
    body = await decision_body(make, *found)
    writes.statements = 0
    assert len(ok(await leader.post("/v1/decisions", body), 201)["awards"]) == people
    assert writes.statements == 16


# ------------------------------------------------------------ who waits for a lock sees what it waited for


async def _until_it_waits(make: Make) -> None:
    waiting = text(
        """select count(*) from pg_locks where not granted and pid in (
             select l.pid from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database())"""
    )
    async with asyncio.timeout(2):
        while not (await make.connection.execute(waiting)).scalar_one():
            await asyncio.sleep(0.005)


async def test_who_waits_for_a_nomination_sees_who_changed_it_meanwhile(committed: Make) -> None:
    """The officer's own change is not committed yet when they ask to appraise: it is their work all the same."""
    make = committed
    officer = await make.officer()
    found = await step(officer, await submitted(make, await make.submitter(SCHOOL)), "receive")
    other: Any = make.app.state.database
    async with other.writes.transaction() as tx:
        await tx.execute("update nomination set version = version + 1 where id = $1", found["id"])
        await tx.execute(
            """insert into nomination_event (id, nomination_id, action, to_state, actor_id, acting_for_id)
               select gen_random_uuid(), id, 'edit', state, $2, authority_id from nomination where id = $1""",
            found["id"],
            officer.user_id,
        )
        path, seen = f"/v1/nominations/{found['id']}/appraise", f'"{found["version"] + 1}"'
        asked = asyncio.create_task(officer.post(path, {"opinion": "eligible"}, etag=seen))
        await _until_it_waits(make)
    refused(await asked, 403, "own_work")


async def test_a_dossier_that_many_fill_at_once_is_not_filled_beyond_its_limit(
    committed: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = committed
    school = await make.submitter(SCHOOL)
    papers = await dossier(make, school)
    people = [await candidate(make, school, name=f"Vũ Thị Thứ {n}") for n in range(6)]
    monkeypatch.setattr(drafting, "MOST_NOMINATIONS", 2)
    answers = await asyncio.gather(*(school.post("/v1/nominations", _wanted(papers, person)) for person in people))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]


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
