"""A kept answer is what would be read now, is for nobody else, and costs one question to PostgreSQL that many share."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app import kept_answers
from app.changes import WATCHED, Changes
from app.db import Row, asyncpg_arguments
from app.kept_answers import KeptAnswers
from app.vocabularies import Reach, Role
from tests.campaigns import deployed, draft, launched
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.operations import OPERATIONS, World, prepare
from tests.story import SCHOOL, ok
from tests.test_query_counts import KEPT

_BY_ID = {operation.id: operation for operation in OPERATIONS}
# kept as well, where the caller says which one they have
KEEPING = {*KEPT, "readCampaign"}


class Nobody:
    """Remembers no callers."""

    def follow(self, since: float) -> None: ...

    def forget(self, users: object = None) -> None: ...


@pytest.mark.parametrize("table", sorted(WATCHED))
async def test_every_statement_that_writes_a_watched_table_is_known(make: Make, app: FastAPI, table: str) -> None:
    changes, reads = Changes(Nobody()), app.state.database.reads
    columns = await reads.fetch(
        "select quote_ident(attname) as attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and attgenerated = '' "
        "and not attisdropped order by attnum",
        table,
    )
    names = ", ".join(row["attname"] for row in columns)
    first = columns[0]["attname"]
    await changes.known(reads)
    for statement in (
        f"insert into {table} ({names}) select {names} from {table} where false",
        f"update {table} set {first} = {first} where false",
        f"delete from {table} where false",
    ):
        before = changes.moment((table,))
        await changes.known(reads)
        assert changes.moment((table,)) == before, "nothing happened"
        await reads.fetch(statement)
        await changes.known(reads)
        assert changes.moment((table,)) != before, statement
    # emptied as a whole, too; here other tables and their rules stand in the way of doing it
    row = await reads.fetchrow("select tgtype & 32 as on_truncate, tgenabled from pg_trigger "
                               "where tgname = 'note_change' and tgrelid = $1::text::regclass", table)  # fmt: skip
    assert (row["on_truncate"], row["tgenabled"]) == (32, b"O")


class Listening:
    """Reads that note their statements."""

    def __init__(self, reads: Any) -> None:
        self._reads = reads
        self.heard: list[str] = []
        self.statements = 0

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        self.heard.append(sql)
        found: Sequence[Row] = await self._reads.fetch(sql, *arguments)
        return found

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        self.heard.append(sql)
        found: Row | None = await self._reads.fetchrow(sql, *arguments)
        return found


@pytest.mark.parametrize("operation_id", sorted(KEEPING))
async def test_an_answer_is_kept_with_every_table_it_was_read_from(
    world: World, app: FastAPI, operation_id: str
) -> None:
    prepared = await prepare(world, _BY_ID[operation_id])
    caller = await world.make.officer()
    had = await prepared.send(caller)
    assert had.is_success
    tables = {row["relname"] for row in await app.state.database.reads.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")}  # fmt: skip
    app.state.kept_answers.forget()
    listening = app.state.database.reads = Listening(app.state.database.reads)
    prepared.headers["If-None-Match"] = had.headers["etag"]
    assert (await prepared.send(caller)).status_code == 304
    (kept,) = app.state.kept_answers._kept.values()
    read = {
        name
        for statement in listening.heard
        for name in re.findall(r"\b(?:from|join)\s+([a-z_]+)", statement)
        if name in tables
    }
    assert len(read) >= 2, "the statements were heard"
    assert read <= set(kept.reading.tables)


# ------------------------------------------------------------ what others commit


async def _elsewhere(make: Make) -> asyncpg.Connection:
    """A connection of another process."""
    dsn = make.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    return await asyncpg.connect(**asyncpg_arguments(dsn))


_RENAME = f"update authority set name = 'Ủy ban nhân dân phường Đổi Tên' where key = '{WARD}'"
_RETITLE = "update campaign set title = 'Một tên khác', version = version + 1 where code = $1"
_WITHDRAW = "update campaign set state = 'draft' where code = $1"


@pytest.mark.parametrize("change", [_RENAME, _RETITLE, _WITHDRAW], ids=["rename", "retitle", "withdraw"])
@pytest.mark.parametrize("url", ["/v1/public/campaigns/{}", "/v1/bot/campaigns/{}", "/v1/bot/campaigns?q={}"])
async def test_what_the_public_is_told_is_never_older_than_the_last_commit(
    committed: Make, app: FastAPI, url: str, change: str
) -> None:
    campaign = await launched(committed)
    other = await _elsewhere(committed)
    path = url.format(campaign["code"])
    await app.state.changes.known(app.state.database.reads)
    first = await committed.client.get(path)
    assert (await committed.client.get(path)).content == first.content
    assert (await committed.client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    await other.execute(change, *([campaign["code"]] if "$1" in change else []))
    again = await committed.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code in (200, 404)
    assert again.content != first.content
    app.state.kept_answers.forget()
    fresh = await committed.client.get(path)
    assert fresh.json() | {"instance": ""} == again.json() | {"instance": ""}
    await other.close()


async def test_a_unit_that_deploys_is_counted_at_once(committed: Make) -> None:
    campaign = await launched(committed)
    path = f"/v1/public/campaigns/{campaign['code']}"
    for _ in range(2):
        assert ok(await committed.client.get(path))["progress"]["units_deployed"] == 0
    await deployed(committed, campaign, SCHOOL)
    assert ok(await committed.client.get(path))["progress"]["units_deployed"] == 1


async def test_a_304_ends_with_the_commit_of_another_process(committed: Make) -> None:
    campaign = await draft(committed, officer := await committed.officer())
    path = f"/v1/campaigns/{campaign['id']}"
    etag = (await officer.get(path)).headers["etag"]
    for _ in range(3):
        assert (await officer.get(path, headers={"If-None-Match": etag})).status_code == 304
    other = await _elsewhere(committed)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(_RETITLE, campaign["code"])
    # takes its number, others come and go, and nothing counts yet
    await draft(committed, officer)
    assert (await officer.get(path, headers={"If-None-Match": etag})).status_code == 304
    await transaction.commit()
    await other.close()
    answer = await officer.get(path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["title"]) == (200, "Một tên khác")


async def test_statistics_follow_the_register(committed: Make, app: FastAPI) -> None:
    officer = await committed.officer()
    body = await committed.authority(WARD)
    await committed.db.commit()
    path, query = "/v1/statistics/awards", {"authority_id": str(body.id), "group_by": "year"}
    await app.state.changes.known(app.state.database.reads)
    first = ok(await officer.get(path, params=query))
    assert ok(await officer.get(path, params=query)) == first
    other = await _elsewhere(committed)
    await other.execute(
        "insert into award_rollup (tree, scope_path, depth, year, level, award_type_code, category, recipient_kind, "
        "awards, bonus) values ('territory', $1, 3, 2026, 'commune', 'gk-chu-tich-ubnd-xa', 'merit', 'individual', 5, 7)",
        body.territory_path,
    )
    second = ok(await officer.get(path, params=query))
    assert second["total"] == first["total"] + 5
    await other.execute("update award_rollup set awards = awards + 1 where scope_path = $1", body.territory_path)
    await other.close()
    assert ok(await officer.get(path, params=query))["total"] == first["total"] + 6


# ------------------------------------------------------------ for nobody else


async def test_statistics_that_one_caller_was_given_are_refused_to_others_as_before(make: Make, app: FastAPI) -> None:
    body = await make.authority(WARD)
    query = {"authority_id": str(body.id)}

    async def status(caller: Caller | httpx.AsyncClient) -> int:
        return (await caller.get("/v1/statistics/awards", params=query)).status_code

    callers: dict[str, Caller | httpx.AsyncClient] = {
        "officer": await make.officer(),
        "the province": await make.officer(PROVINCE),
        "another ward": await make.officer(OTHER_WARD),
        "a submitter of the ward itself": await make.submitter(WARD),
        "an administrator": await make.caller((Role.SYSTEM_ADMIN, WARD, Reach.TERRITORY)),
        "below": await make.submitter(SCHOOL),
        "nobody": make.client,
    }
    expected = {}
    for name, caller in callers.items():
        app.state.kept_answers.forget()
        expected[name] = await status(caller)
    assert set(expected.values()) == {200, 401, 403, 404}
    await app.state.changes.known(app.state.database.reads)
    app.state.kept_answers.forget()
    assert await status(callers["officer"]) == 200
    assert app.state.kept_answers._kept, "it is kept"
    assert {name: await status(caller) for name, caller in callers.items()} == expected


async def test_a_304_is_for_who_was_given_it(make: Make, app: FastAPI) -> None:
    campaign = await draft(make, officer := await make.officer())
    path = f"/v1/campaigns/{campaign['id']}"
    etag = (await officer.get(path)).headers["etag"]
    for _ in range(2):
        assert (await officer.get(path, headers={"If-None-Match": etag})).status_code == 304
    stranger = await make.officer(OTHER_WARD)
    assert (await stranger.get(path, headers={"If-None-Match": etag})).status_code == 404
    # the same officer, whose grant reaches less far now
    await app.state.database.reads.fetch(
        "update role_grant set reach = 'self', authority_id = (select id from authority where key = $2) where user_id = $1",
        officer.user_id,
        OTHER_WARD,
    )
    await app.state.changes.known(app.state.database.reads)
    assert (await officer.get(path, headers={"If-None-Match": etag})).status_code == 404


# ------------------------------------------------------------ one question for many


class Gate:
    """Reads whose looks wait until they are let through; each tells what was committed when it began."""

    def __init__(self) -> None:
        self.begun = 0
        self.open = asyncio.Event()
        self.failing: Exception | None = None

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        self.begun += 1
        await self.open.wait()
        if self.failing is not None:
            raise self.failing
        return [{"next": 1, "id": None, "topic": None, "user_id": None}]

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        raise AssertionError


async def _soon(*calls: Awaitable[None]) -> list["asyncio.Future[None]"]:
    tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(call) for call in calls]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_who_asks_while_a_look_is_on_its_way_waits_for_the_next_one() -> None:
    """What was committed after the look began is not in it."""
    changes, gate = Changes(Nobody()), Gate()
    early = await _soon(changes.known(gate))
    assert gate.begun == 1
    late = await _soon(*(changes.known(gate) for _ in range(100)))
    gate.open.set()
    await early[0]
    assert gate.begun in (1, 2)
    assert not any(task.done() for task in late) or gate.begun == 2
    await asyncio.gather(*late)
    assert gate.begun == 2, "one look for all hundred"


async def test_a_look_that_fails_fails_for_those_who_waited_and_for_nobody_later() -> None:
    changes, gate = Changes(Nobody()), Gate()
    gate.failing = OSError("connection lost")
    waiting = await _soon(*(changes.known(gate) for _ in range(3)))
    gate.open.set()
    assert [type(error) for error in await asyncio.gather(*waiting, return_exceptions=True)] == [OSError] * 3
    gate.failing = None
    await changes.known(gate)


async def test_who_goes_away_disturbs_nobody() -> None:
    changes, gate = Changes(Nobody()), Gate()
    gone, stays = await _soon(changes.known(gate), changes.known(gate))
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    gate.open.set()
    await asyncio.wait_for(stays, 5)
    await asyncio.wait_for(changes.known(gate), 5)


async def test_a_server_put_back_to_an_earlier_state_is_noticed(make: Make, app: FastAPI) -> None:
    changes, reads = Changes(Nobody()), app.state.database.reads
    await changes.known(reads)
    moments = [changes.moment(sorted(WATCHED))]
    await changes.known(reads)
    assert changes.moment(sorted(WATCHED)) == moments[0]
    # transactions were counted further in the state that is gone
    changes._next = 2**62
    await changes.known(reads)
    assert all(now > then for now, then in zip(changes.moment(sorted(WATCHED)), moments[0], strict=True))


# ------------------------------------------------------------ how much is kept


async def _quiet() -> tuple[KeptAnswers, Gate]:
    changes, gate = Changes(Nobody()), Gate()
    gate.open.set()
    await changes.known(gate)
    return KeptAnswers(changes), gate


async def test_the_oldest_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 10_000)
    answers, gate = await _quiet()
    for number in range(4):
        answers.keep(number, answers.reading("campaign"), f"answer {number}", 1_500)
    assert await answers.find(gate, 0) == "answer 0"
    answers.keep(4, answers.reading("campaign"), "answer 4", 1_500)
    # 0 was asked for in the meantime
    assert [await answers.find(gate, number) for number in range(5)] == [
        "answer 0",
        None,
        "answer 2",
        "answer 3",
        "answer 4",
    ]
    answers.keep(5, answers.reading("campaign"), "all of it", kept_answers.LARGEST_BYTES)
    assert await answers.find(gate, 5) is None
    assert answers._bytes == 4 * 2_500
    answers.forget()
    assert answers._bytes == 0


async def test_nobody_is_asked_about_what_is_not_kept() -> None:
    answers, gate = await _quiet()
    before = gate.begun
    assert await answers.find(gate, "unknown") is None
    assert gate.begun == before


def _write(answers: KeptAnswers) -> Callable[[], None]:
    return lambda: answers.keep("key", answers.reading("nomination"), "answer", 1)


async def test_an_answer_from_a_table_that_nobody_follows_cannot_be_kept() -> None:
    answers, _ = await _quiet()
    with pytest.raises(AssertionError, match="not followed"):
        _write(answers)()
