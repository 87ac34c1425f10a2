"""The chain over the audit log: nothing is left out or linked twice, and whatever was done to the past is found."""

import asyncio
import json
import random
import time
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.__main__ import _audit_verify
from app.changes import stop
from app.db import Database, asyncpg_arguments
from app.services import audit_chain
from app.services.audit_anchors import Anchor, AnchorFile, UnreadableAnchor
from app.services.audit_chain import CANONICAL_COLUMNS, START, anchor_head, link_all, link_hash
from app.settings import Settings
from tests.audit_log import Owner, dsn_of, events, owner
from tests.make import Make

COUNT = 240
SIZES = (1, 3, 1, 30, 5, 100, 2, 98)
_LINKED = """
select l.position, e.id, e.transaction from audit_link l join audit_event e on e.id = l.audit_event_id order by l.position
"""
# what changes a column, where a plain text would not do
_OTHERWISE = {
    "at": "at + interval '1 microsecond'",
    "before": """'{"state": "draft"}'""",
    "after": """'{"state": "draft"}'""",
    "purpose": "case when purpose is null then 'other' end",
    "transaction": "transaction + 1",
} | {name: "gen_random_uuid()" for name in ("actor_id", "grant_id", "authority_id", "entity_id")}


async def link(database: Database, count: int) -> int:
    """Link so many events, or more if there are: at once, unless others begin to write on this server just now."""
    linked = await link_all(database)
    for _ in range(300):
        if linked >= count:
            break
        await asyncio.sleep(0.01)
        linked += await link_all(database)
    return linked


async def linked(make: Make) -> Database:
    """A chain over a few hundred events."""
    await events(make, *SIZES)
    database: Database = make.app.state.database
    assert await link(database, COUNT) == COUNT
    return database


async def head_of(database: Database, tmp_path: Path) -> dict[int, bytes]:
    """The head as an anchor."""
    file = AnchorFile(tmp_path)
    assert await anchor_head(database.reads, file) is not None
    return dict(file.read())


# ------------------------------------------------------------ linking


async def test_every_event_is_linked_once_in_the_order_of_their_transactions(committed: Make) -> None:
    database = await linked(committed)
    rows = await database.reads.fetch(_LINKED)
    assert [row["position"] for row in rows] == list(range(1, COUNT + 1))
    order = [(row["transaction"], row["id"]) for row in rows]
    assert order == sorted(order) and len({number for _, number in order}) == COUNT
    assert await link_all(database) == 0, "nothing is linked twice"
    await events(committed, 2)
    assert await link(database, 2) == 2


async def test_the_hash_of_a_link_is_sha256_of_the_one_before_and_the_columns_as_a_json_array(committed: Make) -> None:
    database = await linked(committed)
    row = await database.reads.fetchrow(
        "select e.*, l.hash from audit_link l join audit_event e on e.id = audit_event_id where position = 1"
    )
    assert row is not None
    values = [row[name] for name in CANONICAL_COLUMNS]
    written = [v if v is None or isinstance(v, int | dict) else str(v) for v in values]
    written[CANONICAL_COLUMNS.index("at")] = row["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    # PostgreSQL sorts the keys of an object by length, then by their bytes; here there is one, or they are sorted so
    assert row["hash"] == link_hash(START, json.dumps(written, ensure_ascii=False))


async def test_every_column_is_part_of_the_canonical_form(committed: Make) -> None:
    rows = await committed.app.state.database.reads.fetch(
        "select column_name as name from information_schema.columns where table_name = 'audit_event'"
    )
    assert {row["name"] for row in rows} == set(CANONICAL_COLUMNS)


async def test_a_transaction_that_commits_late_is_not_left_out(committed: Make) -> None:
    database: Database = committed.app.state.database
    await events(committed, 1)
    slow = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    transaction = slow.transaction()
    await transaction.start()
    [first] = await slow.fetch(
        "insert into audit_event (action, entity, entity_id) values ('created', 'x', gen_random_uuid()) returning id"
    )
    await events(committed, 3)
    assert await link(database, 1) == 1, "who comes after one that is still writing waits"
    waits = [finding async for finding in audit_chain.verify_chain(database.reads, {}, lambda *_: None)]
    assert waits == [], "and what waits is no finding"
    await transaction.commit()
    await slow.close()
    assert await link(database, 4) == 4
    assert [row["id"] for row in await database.reads.fetch(_LINKED)][1] == first["id"]


async def test_who_writes_in_another_database_of_the_server_holds_nothing_up(committed: Make, server_dsn: str) -> None:
    elsewhere = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    transaction = elsewhere.transaction()
    await transaction.start()
    await elsewhere.fetchval("select pg_current_xact_id()")
    await linked(committed)
    await transaction.rollback()
    await elsewhere.close()


async def test_one_process_links_at_a_time(committed: Make) -> None:
    database: Database = committed.app.state.database
    other = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    await other.execute("select pg_advisory_lock($1)", audit_chain._CHAIN_LOCK)
    await events(committed, 3)
    tried = None
    for _ in range(300):
        tried = await audit_chain._link_some(database)
        if tried is not None:
            break
        await asyncio.sleep(0.01)
    assert tried == 0 and await database.reads.fetch("select 1 from audit_link") == []
    await other.close()
    assert await link(database, 3) == 3


async def test_many_writers_while_workers_link_lose_nothing_and_keep_the_order_of_commits(
    committed: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_chain, "PERIOD_SECONDS", 0.003)
    database: Database = committed.app.state.database
    workers = [asyncio.create_task(audit_chain.run(database, AnchorFile(tmp_path))) for _ in range(2)]
    dice = random.Random(7)
    # (began, acknowledged, number of the event)
    told: list[tuple[float, float, int]] = []

    async def write() -> None:
        connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
        for _ in range(25):
            transaction = connection.transaction()
            began = time.monotonic()
            await transaction.start()
            numbers = [
                await connection.fetchval(
                    "insert into audit_event (action, entity, entity_id) values ('x', 'x', gen_random_uuid()) returning id"
                )
                for _ in range(dice.randint(1, 3))
            ]
            await asyncio.sleep(dice.choice((0, 0, 0.002, 0.02)))
            if dice.random() < 0.2:
                await transaction.rollback()
            else:
                await transaction.commit()
                told.extend((began, time.monotonic(), number) for number in numbers)
        await connection.close()

    await asyncio.gather(*(write() for _ in range(6)))
    for worker in workers:
        await stop(worker)
    await link(database, len(told) - len(await database.reads.fetch("select 1 from audit_link")))
    rows = await database.reads.fetch(_LINKED)
    position = {row["id"]: row["position"] for row in rows}
    assert sorted(position) == sorted(number for _, _, number in told) and len(rows) == len(told) > 200
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    late = [
        (a, b) for _, a_ended, a in told for b_began, _, b in told if a_ended < b_began and position[a] > position[b]
    ]
    assert late == [], "what was acknowledged before another began to write stands before it"
    async with owner(committed) as it:
        assert await it.found() == []


async def test_the_worker_goes_on_after_its_connections_were_lost(
    committed: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(audit_chain, "PERIOD_SECONDS", 0.005)
    monkeypatch.setattr(audit_chain, "ANCHOR_EVERY_SECONDS", 0.0)
    database: Database = committed.app.state.database
    worker = asyncio.create_task(audit_chain.run(database, AnchorFile(tmp_path)))
    await events(committed, 2)
    async with owner(committed) as it:
        await it.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and application_name = 'tdkt-api'"
        )
    await asyncio.sleep(0.1)
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    await connection.execute("insert into audit_event (action, entity, entity_id) values ('x', 'x', gen_random_uuid())")
    for _ in range(400):
        if len(AnchorFile(tmp_path).read()) and max(AnchorFile(tmp_path).read()) == 3:
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("the third event was not linked and anchored")
    await connection.close()
    await stop(worker)
    assert worker.cancelled()


async def test_a_log_restored_from_a_dump_goes_on_where_it_stood(
    committed: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server counts transactions from the beginning: the numbers in the rows lie in its future."""
    monkeypatch.setattr(audit_chain, "_SPAN", 50)
    database = await linked(committed)
    await events(committed, 5)
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    await connection.execute("alter table audit_event disable trigger user")
    later = 10**15
    # the five that waited when the dump was made, and the mark of the server it was made on
    await connection.execute(
        "update audit_event set transaction = $1 where id not in (select audit_event_id from audit_link)", later + 1
    )
    await connection.execute("update audit_chain set transaction = $1, event_id = 0", later)
    await connection.execute("alter table audit_event enable always trigger append_only")
    await connection.execute("alter table audit_event enable always trigger append_only_all")
    await connection.close()
    await events(committed, 3)
    assert await link(database, 8) == 8
    async with owner(committed) as it:
        assert await it.found() == []
    await events(committed, 4)
    assert await link(database, 4) == 4


@pytest.mark.parametrize("table", ["audit_event", "audit_link"])
@pytest.mark.parametrize("statement", ["update {} set hash = hash", "delete from {}", "truncate {}"])
async def test_the_database_refuses_changes_of_the_past_also_to_replication(
    committed: Make, table: str, statement: str
) -> None:
    await linked(committed)
    sql = statement.format(table).replace("hash = hash", "action = action" if table == "audit_event" else "hash = hash")
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    for role in ("origin", "replica"):
        await connection.execute(f"set session_replication_role = {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(sql)
    await connection.close()


async def test_what_the_worker_asks_reads_no_whole_table(committed: Make) -> None:
    await events(committed, 20_000)
    database: Database = committed.app.state.database
    assert await link(database, 20_000) == 20_000
    await events(committed, 3)
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    await connection.execute("analyze audit_event, audit_link")
    await connection.execute("set plan_cache_mode = force_generic_plan")
    for sql, arguments in ((audit_chain._LOOK, "()"), (audit_chain._NEXT, "(1, 1, 9)"), (audit_chain._LINKS, "(1, 9)")):
        types = {"()": "", "(1, 1, 9)": "(bigint, bigint, bigint)", "(1, 9)": "(bigint, bigint)"}[arguments]
        await connection.execute(f"prepare asked{types} as {sql}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute asked{arguments if types else ''}"))
        assert "Seq Scan on audit_event" not in plan and "Seq Scan on audit_link" not in plan, plan
        await connection.execute("deallocate asked")
    await connection.close()


# ------------------------------------------------------------ verifying


async def test_an_untouched_log_is_clean(committed: Make, tmp_path: Path) -> None:
    database = await linked(committed)
    anchors = await head_of(database, tmp_path)
    async with owner(committed) as it:
        assert await it.found(anchors) == []


@pytest.mark.parametrize("column", [name for name in CANONICAL_COLUMNS if name != "id"])
async def test_a_change_of_any_column_of_any_row_is_found(committed: Make, column: str) -> None:
    await linked(committed)
    for position in (1, 120, COUNT):
        async with owner(committed) as it:
            row = await it.fetchrow("select audit_event_id from audit_link where position = $1", position)
            assert row is not None
            value = _OTHERWISE.get(column, f"coalesce({column}, '') || 'x'")
            await it.execute(f"update audit_event set {column} = {value} where id = $1", row[0])
            [finding] = await it.found()
            assert (finding.kind, finding.position, finding.event_id) == ("changed_event", position, row[0])


@pytest.mark.parametrize("column", ["actor_id", "grant_id", "authority_id", "before", "reason"])
async def test_a_value_that_was_taken_away_is_found(committed: Make, column: str) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute(
            f"update audit_event set {column} = null where id = (select min(id) from audit_event where {column} is not null)"
        )
        assert [finding.kind for finding in await it.found()] == ["changed_event"]


async def test_another_number_is_found(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute("alter table audit_event alter id set generated by default")
        await it.execute(
            "update audit_event set id = 999999 where id = (select audit_event_id from audit_link where position = 7)"
        )
        assert {(f.kind, f.position) for f in await it.found()} == {("missing_event", 7), ("added_event", None)}


async def test_a_row_that_is_gone_is_found(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute(
            "delete from audit_event where id = (select audit_event_id from audit_link where position = 77)"
        )
        assert [(f.kind, f.position) for f in await it.found()] == [("missing_event", 77)]


@pytest.mark.parametrize("transaction", ["e.transaction", "0", "10 ^ 15"])
async def test_a_row_that_was_put_in_is_found(committed: Make, transaction: str) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute(
            f"insert into audit_event (at, action, entity, entity_id, transaction) "
            f"select at, 'decided', entity, entity_id, {transaction} from audit_event e "
            f"where id = (select audit_event_id from audit_link where position = 100)"
        )
        assert [f.kind for f in await it.found()] == ["added_event"]


async def test_two_rows_that_changed_places_are_found(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute("alter table audit_event alter id set generated by default")
        rows = await it.fetch("select audit_event_id from audit_link where position in (50, 60) order by position")
        one, other = (row[0] for row in rows)
        for old, new in ((one, -1), (other, one), (-1, other)):
            await it.execute("update audit_event set id = $2 where id = $1", old, new)
        assert {(f.kind, f.position) for f in await it.found()} == {("changed_event", 50), ("changed_event", 60)}


async def test_an_altered_link_is_told_from_an_altered_event(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute("update audit_link set hash = sha256('x') where position = 50")
        assert [(f.kind, f.position) for f in await it.found()] == [("broken_link", 50)]


async def test_a_link_that_is_gone_is_found(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute("delete from audit_link where position = 50")
        assert {(f.kind, f.position) for f in await it.found()} == {("missing_link", 50), ("added_event", None)}


async def test_links_and_events_renumbered_after_one_is_gone_are_found(committed: Make) -> None:
    await linked(committed)
    async with owner(committed) as it:
        await it.execute(
            "delete from audit_event where id = (select audit_event_id from audit_link where position = 50)"
        )
        await it.execute("delete from audit_link where position = 50")
        await it.execute("update audit_link set position = -position where position > 50")
        await it.execute("update audit_link set position = -position - 1 where position < 0")
        assert [(f.kind, f.position) for f in await it.found()] == [("changed_event", 50)]


async def test_a_tail_that_was_cut_off_is_found_by_the_anchor(committed: Make, tmp_path: Path) -> None:
    database = await linked(committed)
    anchors = await head_of(database, tmp_path)
    async with owner(committed) as it:
        await it.execute(
            "delete from audit_event where id in (select audit_event_id from audit_link where position > 230)"
        )
        await it.execute("delete from audit_link where position > 230")
        assert await it.found() == [], "without an anchor nobody can know"
        assert [(f.kind, f.position) for f in await it.found(anchors)] == [("anchor", 230)]


async def _compute_anew(it: Owner, position: int) -> None:
    before = START
    rows = await it.fetch(audit_chain._LINKS.replace(str(audit_chain._PAGE), "100000"), 0, COUNT)
    for row in rows:
        before = link_hash(before, row["canonical"])
        if row["position"] >= position:
            await it.execute("update audit_link set hash = $2 where position = $1", row["position"], before)


async def test_a_chain_that_was_computed_anew_is_found_by_the_anchor(committed: Make, tmp_path: Path) -> None:
    database = await linked(committed)
    anchors = await head_of(database, tmp_path)
    async with owner(committed) as it:
        await it.execute(
            "update audit_event set reason = 'Khác' where id = (select audit_event_id from audit_link where position = 200)"
        )
        await _compute_anew(it, 200)
        assert await it.found() == [], "without an anchor nobody can know"
        assert [(f.kind, f.position) for f in await it.found(anchors)] == [("anchor", COUNT)]


_POSITIONS = st.integers(1, COUNT)
TAMPERINGS = st.one_of(
    st.tuples(st.just("change"), _POSITIONS, st.sampled_from(sorted({*CANONICAL_COLUMNS} - {"id"}))),
    st.tuples(st.just("delete"), _POSITIONS, st.booleans()),
    st.tuples(st.just("insert"), _POSITIONS, st.booleans()),
    st.tuples(st.just("swap"), _POSITIONS, _POSITIONS),
    st.tuples(st.just("link"), _POSITIONS, st.binary(min_size=32, max_size=32)),
    st.tuples(st.just("cut"), _POSITIONS, st.booleans()),
    st.tuples(st.just("anew"), _POSITIONS, st.sampled_from(("action", "reason", "address"))),
)
_EVENT_AT = "(select audit_event_id from audit_link where position = $1)"


async def _tamper(it: Owner, kind: str, position: int, how: object) -> None:
    if kind in ("change", "anew"):
        value = _OTHERWISE.get(str(how), f"coalesce({how}, '') || 'x'")
        await it.execute(f"update audit_event set {how} = {value} where id = {_EVENT_AT}", position)
        if kind == "anew":
            await _compute_anew(it, position)
    elif kind == "delete":
        await it.execute(f"delete from audit_event where id = {_EVENT_AT}", position)
        if how:
            await it.execute("delete from audit_link where position = $1", position)
    elif kind == "insert":
        copied = "at, actor_id, action, entity, entity_id, after"
        await it.execute(
            f"insert into audit_event ({copied}, transaction) select {copied}, transaction from audit_event where id = {_EVENT_AT}",
            position,
        )
    elif kind == "swap":
        [one] = await it.fetch("select audit_event_id from audit_link where position = $1", position)
        [other] = await it.fetch("select audit_event_id from audit_link where position = $1", how)
        for place, number in ((position, -1), (how, one[0]), (position, other[0])):
            await it.execute("update audit_link set audit_event_id = $2 where position = $1", place, number)
    elif kind == "link":
        await it.execute("update audit_link set hash = $2 where position = $1", position, how)
    else:
        await it.execute(
            "delete from audit_event where id in (select audit_event_id from audit_link where position >= $1)", position
        )
        if how:
            await it.execute("delete from audit_link where position >= $1", position)


@given(tampering=TAMPERINGS)
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_is_done_to_the_past_is_found(
    committed: Make, tmp_path: Path, tampering: tuple[str, int, object]
) -> None:
    kind, position, how = tampering
    if kind == "swap" and position == how:
        return
    database: Database = committed.app.state.database
    # the same log for all examples
    rows = await database.reads.fetch("select 1 from audit_link")
    if not rows:
        await linked(committed)
    anchors = await head_of(database, tmp_path)
    async with owner(committed) as it:
        assert await it.found(anchors) == []
        await _tamper(it, kind, position, how)
        assert await it.found(anchors) != []


# ------------------------------------------------------------ anchors and the command


def test_an_anchor_is_written_once_and_read_again(tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "data")
    assert file.read() == {}
    one, two = Anchor(3, bytes(32)), Anchor(9, b"x" * 32)
    for anchor in (one, one, two, two, one):
        file.add(anchor)
    assert file.path.read_text().count("\n") == 3
    assert file.read() == {3: bytes(32), 9: b"x" * 32}
    file.add(Anchor(9, b"y" * 32))
    assert file.read()[9] == b"x" * 32, "the first one of a position counts"
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["{", "[]", '{"position": 0, "hash": ""}', '{"position": 1, "hash": "xyz"}', "\ufffd"])
def test_a_line_that_is_no_anchor_is_named(tmp_path: Path, line: str) -> None:
    file = AnchorFile(tmp_path)
    file.add(Anchor(1, bytes(32)))
    with file.path.open("a") as out:
        out.write(line)
    file.add(Anchor(2, bytes(32)))
    with pytest.raises(UnreadableAnchor, match="^2$"):
        file.read()
    assert file.path.read_text().splitlines()[2].startswith('{"position": 2'), "the next one stands for itself"


async def test_the_command_says_what_it_found(
    committed: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = Settings(database_url=dsn_of(committed), data_dir=tmp_path)
    assert await _audit_verify(configuration) == 0
    assert "chưa có sự kiện nào" in capsys.readouterr().err
    await events(committed, 5)
    assert await link(committed.app.state.database, 5) == 5
    assert await _audit_verify(configuration) == 0
    told = capsys.readouterr()
    assert "5 sự kiện" in told.err and told.out.split()[0] == "5" and len(told.out.split()[1]) == 64
    assert list(AnchorFile(tmp_path).read()) == [5], "it leaves an anchor"
    connection = await asyncpg.connect(**asyncpg_arguments(dsn_of(committed)))
    await connection.execute("alter table audit_event disable trigger user")
    await connection.execute("update audit_event set reason = 'Đã sửa' where id = (select max(id) from audit_event)")
    await connection.close()
    assert await _audit_verify(configuration) == 1
    told = capsys.readouterr()
    assert "(vị trí 5 của chuỗi) đã bị sửa" in told.out and "không còn nguyên vẹn: 1 chỗ sai" in told.err
    AnchorFile(tmp_path).path.write_text("{\n")
    assert await _audit_verify(configuration) == 1
    assert "dòng 1" in capsys.readouterr().err


async def test_a_running_server_links_by_itself(committed: Make, app: FastAPI, tmp_path: Path) -> None:
    from app.main import create_app

    database: Database = app.state.database
    await events(committed, 3)
    served = create_app(Settings(database_url=dsn_of(committed), data_dir=tmp_path))
    async with served.router.lifespan_context(served):
        for _ in range(300):
            if len(await database.reads.fetch("select 1 from audit_link")) == 3:
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("the server did not link them")
