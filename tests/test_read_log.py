"""Who reads a personal record is in the log: who, whose, when, what for. Who is refused is not."""

import asyncio
from typing import Any

import pytest

from app.vocabularies import Purpose, Reach, Role
from tests.make import OTHER_WARD, WARD, Caller, Make
from tests.story import SCHOOL, candidate, ok, refused
from tests.test_audit import auditor


async def readings(make: Make, record: str) -> list[dict[str, Any]]:
    query = {"entity": "candidate", "entity_id": record, "action": "read"}
    items: list[dict[str, Any]] = ok(await (await auditor(make)).get("/v1/audit-events", params=query))["items"]
    return items


async def read(caller: Caller, record: str, **headers: str) -> Any:
    return await caller.get(f"/v1/candidates/{record}", headers=headers)


@pytest.mark.parametrize("purpose", [None, *Purpose])
async def test_a_reading_is_logged_with_its_purpose(make: Make, purpose: Purpose | None) -> None:
    made = (await candidate(make, await make.submitter(SCHOOL)))["id"]
    officer = await make.officer()
    answer = await read(officer, made, **({} if purpose is None else {"Access-Purpose": purpose}))
    assert ok(answer)["id"] == made
    [event] = await readings(make, made)
    assert event["actor"]["id"] == str(officer.user_id) and event["purpose"] == purpose
    assert event["authority"]["id"] == str((await make.authority(SCHOOL)).id)
    assert event["request"] == answer.headers["X-Request-ID"] and event["address"] and event["grant_id"]
    assert event["changes"] == []


async def test_a_reading_that_finds_nothing_new_is_logged_too(make: Make) -> None:
    made = (await candidate(make, await make.submitter(SCHOOL)))["id"]
    officer = await make.officer()
    etag = (await read(officer, made)).headers["ETag"]
    assert (await read(officer, made, **{"If-None-Match": etag})).status_code == 304
    assert len(await readings(make, made)) == 2


async def test_who_is_refused_has_not_read(make: Make) -> None:
    made = (await candidate(make, await make.submitter(SCHOOL)))["id"]
    refused(await read(await make.caller((Role.VIEWER, WARD, Reach.TERRITORY)), made), 403, "forbidden")
    refused(await read(await make.officer(OTHER_WARD), made), 404, "not_found")
    problem = refused(
        await read(await make.officer(), made, **{"Access-Purpose": "curiosity"}),
        422,
        "invalid_input",
    )
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("header:Access-Purpose", "unknown_value")]
    refused(await read(await make.officer(), made, **{"Access-Purpose": ""}), 422, "invalid_input")
    assert await readings(make, made) == []


async def test_nothing_is_shown_where_the_log_cannot_be_written(make: Make) -> None:
    made = (await candidate(make, await make.submitter(SCHOOL)))["id"]
    officer = await make.officer()
    await make.connection.exec_driver_sql(
        "alter table audit_event add constraint no_more check (action <> 'read') not valid"
    )
    answer = await read(officer, made)
    assert answer.status_code == 500 and "Hoa Ban" not in answer.text


async def test_a_reading_is_stored_when_the_answer_leaves(committed: Make) -> None:
    made = (await candidate(committed, await committed.submitter(SCHOOL)))["id"]
    officer = await committed.officer()
    await asyncio.gather(*(read(officer, made) for _ in range(20)))
    rows = await committed.app.state.database.reads.fetch(
        "select count(*) as readings from audit_event where action = 'read' and entity_id = $1", made
    )
    assert rows[0]["readings"] == 20
