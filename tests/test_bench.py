"""The benchmark: its data are what the product would have written, and its arithmetic is right. Nothing is timed."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.db import Database, asyncpg_arguments
from app.main import create_app
from app.settings import Settings
from bench.__main__ import _parser
from bench.calls import KINDS, Kind, product_request
from bench.dataset import Size, make_data_set
from bench.equality import difference, normalised
from bench.flood import Effect
from bench.flood import as_markdown as flood_as_markdown
from bench.growth import exponent
from bench.harness import Measured
from bench.load import LoadError, Slice, parse_wrk, require_wrk
from bench.report import ratio, summary
from bench.writes import Writes
from tests.conftest import own_database

TINY = Size(nominations=600, communes=60, campaigns=500)
DRAWN = 8


@pytest.fixture(scope="module")
async def data_set(server_dsn: str) -> AsyncIterator[str]:
    """A small data set."""
    async with own_database(server_dsn, f"tdkt_bench_{uuid.uuid4().hex[:12]}") as dsn:
        await make_data_set(dsn, TINY)
        yield dsn


@pytest.fixture
async def rows(data_set: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it."""
    connection = await asyncpg.connect(**asyncpg_arguments(data_set))
    yield connection
    await connection.close()


async def digest(connection: asyncpg.Connection) -> str:
    """What the seed alone decides; the shipped rows that it builds on have other ids in every installation."""
    text: str = await connection.fetchval(
        """
        select md5(string_agg(concat_ws('|', n.id, n.dossier_id, n.candidate_id, n.state, n.award_type_code, n.achievement,
            n.created_at, c.name, e.id, e.action, e.actor_id, w.id, w.verification_code, d.id, d.number), e'\n' order by n.id, e.id))
        from nomination n join candidate c on c.id = n.candidate_id join nomination_event e on e.nomination_id = n.id
        left join award w on w.nomination_id = n.id left join decision d on d.id = w.decision_id"""
    )
    return text


async def structure(connection: asyncpg.Connection) -> set[str]:
    """Indexes, constraints and triggers; of the condition of a partial index, which is printed in several ways, only that
    there is one."""
    found = await connection.fetch("""
        select split_part(pg_get_indexdef(indexrelid), ' WHERE ', 1) || (indpred is null) || indisvalid from pg_index join pg_class c on c.oid = indrelid
        where relnamespace = 'public'::regnamespace
        union all select conrelid::regclass || conname || pg_get_constraintdef(oid) || convalidated from pg_constraint
        where connamespace = 'public'::regnamespace
        union all select tgrelid::regclass || pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal""")
    return {row[0] for row in found}


async def test_half_of_the_nominations_stand_in_the_register_and_every_state_occurs(rows: asyncpg.Connection) -> None:
    """The proportions of the issue, also at a small scale."""
    found = await rows.fetch("select state, count(*) from nomination group by state")
    states = {row["state"]: row["count"] for row in found}
    assert sum(states.values()) == TINY.nominations
    assert states["decided"] == await rows.fetchval("select count(*) from award") == TINY.nominations // 2
    workflow = json.loads(await rows.fetchval("select definition from workflow_definition"))
    assert set(states) == {step["to"] for step in workflow["transitions"]} | {workflow["initial"]}


async def test_every_history_is_a_walk_through_the_workflow_that_ends_where_the_nomination_is(
    rows: asyncpg.Connection,
) -> None:
    """Each step is one of the table, begins where the last one ended, and is taken by somebody who may."""
    workflow = json.loads(await rows.fetchval("select definition from workflow_definition"))
    steps = {(step["action"], start, step["to"]) for step in workflow["transitions"] for start in step["from"]}
    events = await rows.fetch("""
        select n.state, n.version, e.action, e.from_state, e.to_state, count(*) over n as steps,
               lag(e.to_state) over s as before, lag(e.at) over s <= e.at as in_order, lead(e.id) over s is null as is_last
        from nomination n join nomination_event e on e.nomination_id = n.id
        window n as (partition by n.id), s as (partition by n.id order by e.id)""")
    for event in events:
        assert event["from_state"] == event["before"]
        assert event["in_order"] is not False
        assert event["action"] == "create" or (event["action"], event["from_state"], event["to_state"]) in steps
        assert not event["is_last"] or event["to_state"] == event["state"]
        assert event["version"] == event["steps"]
    own_work = await rows.fetchval("""
        select count(*) from nomination_event e join nomination_event other using (nomination_id)
        where e.action in ('decide', 'forward', 'reject') and other.action in ('create', 'submit', 'appraise')
          and e.actor_id = other.actor_id""")
    assert own_work == 0


async def test_every_decision_is_by_a_competent_body_and_numbers_have_no_gaps(rows: asyncpg.Connection) -> None:
    """What the guards of the product would have refused is not in the data."""
    incompetent = await rows.fetchval("""
        select count(*) from award w join authority a on a.id = w.deciding_authority_id
        where not exists (select from award_competence k where k.award_type_code = w.award_type_code
            and k.authority_kind = a.kind and k.authority_level = a.level and k.valid_from <= w.decided_on)""")
    gaps = await rows.fetch("""
        select deciding_authority_id from award group by deciding_authority_id, year
        having max(register_number) <> count(*)
        union all select authority_id from decision group by authority_id, year having max(number) <> count(*)""")
    assert (incompetent, gaps) == (0, [])


async def test_the_structure_is_that_of_the_migrations(
    rows: asyncpg.Connection, server_dsn: str, template: str
) -> None:
    """Indexes and keys were off while it was filled, and are all back."""
    async with own_database(server_dsn, f"tdkt_plain_{uuid.uuid4().hex[:12]}", template) as dsn:
        plain = await asyncpg.connect(**asyncpg_arguments(dsn))
        expected = await structure(plain)
        await plain.close()
    assert await structure(rows) == expected


async def test_the_same_seed_gives_the_same_rows(rows: asyncpg.Connection, server_dsn: str) -> None:
    """A figure of today can be held against one of next year."""
    async with own_database(server_dsn, f"tdkt_bench_{uuid.uuid4().hex[:12]}") as dsn:
        await make_data_set(dsn, TINY)
        again = await asyncpg.connect(**asyncpg_arguments(dsn))
        assert await digest(again) == await digest(rows)
        await again.close()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_the_product_answers_what_is_drawn_and_writes_are_taken_back(
    kind: Kind, data_set: str, rows: asyncpg.Connection, settings: Settings
) -> None:
    """Requests are those of somebody who may make them; afterwards the data are what they were."""
    app = create_app(settings.model_copy(update={"database_url": data_set}))
    before = await digest(rows)
    writes = await Writes.of(rows)
    calls = await kind.draw(rows, 20)
    assert calls
    async with Database.open(settings.model_copy(update={"database_url": data_set})) as database:
        app.state.database = database
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            for number, call in enumerate(calls[:: max(1, len(calls) // DRAWN)][:DRAWN]):
                token = (
                    app.state.keys.sign(uuid.UUID(call.caller.user_id), uuid.UUID(call.caller.session_id))[0]
                    if call.caller
                    else None
                )
                answer = await client.send(as_httpx(product_request(call, number, token)))
                wanted = 200 if kind.name == "not_modified" else kind.status  # its ETags are learnt later
                assert answer.status_code == wanted, answer.text
                assert answer.json() not in ({"items": [], "next_cursor": None}, {})
    left = await writes.left()
    assert bool(left["nomination_event"]) == bool(left["audit_event"]) == bool(left["outbox_event"]) == kind.writes
    await writes.take_back()
    assert not any((await writes.left()).values())
    assert await digest(rows) == before


def as_httpx(written: bytes) -> httpx.Request:
    """The request that wrk would send."""
    head, _, body = written.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    return httpx.Request(method, f"http://test{path}", headers=headers, content=body)


def a_slice(per_second: float) -> Slice:
    return Slice(100, per_second, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, (1, 2))


def test_ratios_are_taken_within_a_round_and_the_warm_up_does_not_count() -> None:
    """A machine that is slow for one round is slow for both servers."""
    rates = {"product": (1.0, 50.0, 100.0, 400.0), "bare": (1000.0, 100.0, 200.0, 1000.0)}
    measured = [
        Measured("ping", server, number, a_slice(rate))
        for server, found in rates.items()
        for number, rate in enumerate(found)
    ]
    assert ratio(measured, ("ping", "product"), ("ping", "bare")) == 0.5
    assert ratio(measured, ("ping", "product"), ("ping", "drf")) is None
    assert [row["per_second"] for row in summary(measured)] == [100.0, 200.0]


def test_a_slice_with_an_answer_that_is_an_error_is_no_measurement() -> None:
    """What wrk prints, with and without errors."""
    text = "Latency Distribution\n     50%  850.00us\n     99%    1.20s \n  500 requests in 2.00s, 1MB read\n"
    assert parse_wrk(f"{text}Requests/sec:    250.00\n") == (500, 250.0, 0.85, 1200.0)
    for error in ("  Non-2xx or 3xx responses: 3\n", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"):
        with pytest.raises(LoadError):
            parse_wrk(f"{text}{error}Requests/sec:    250.00\n")


@pytest.mark.parametrize("power", [0.0, 0.15, 1.0])
def test_the_exponent_of_a_power_is_that_power(power: float) -> None:
    """By least squares over the logarithms."""
    sizes = (1e4, 1e5, 1e6, 5e6)
    assert exponent(sizes, [0.3 * size**power for size in sizes]) == pytest.approx(power)


@pytest.mark.parametrize(
    ("found", "differs"),
    [
        ({"at": "2026-01-01T07:00:00+07:00", "items": [{"id": 1}]}, False),
        ({"at": "2026-01-01T00:00:01Z", "items": [{"id": 1}]}, True),
        ({"at": "2026-01-01T00:00:00Z", "items": [{"id": 1, "extra": None}]}, True),
        ({"at": "2026-01-01T00:00:00Z", "items": []}, True),
    ],
)
def test_answers_are_equal_by_content(found: Any, differs: bool) -> None:
    """Moments as instants, and without what only the product has."""
    expected = {"at": "2026-01-01T00:00:00Z", "items": [{"id": 1, "allowed_actions": ["submit"]}]}
    assert (difference(normalised(expected), normalised(found)) is not None) == differs


def test_a_flood_is_borne_below_twice_the_usual_p99_only() -> None:
    borne = Effect("campaign_by_id", usual=2.0, flooded=3.9, logins={"401": 3, "429": 7})
    not_borne = Effect("my_tasks", usual=2.0, flooded=4.0, logins={"429": 1})
    *_, first, second, _, answers = flood_as_markdown([borne, not_borne]).rstrip().split("\n")
    assert first.endswith("| 2.00 | 3.90 | 1.95 | < 2 | met |") and second.endswith("| 2.00 | < 2 | missed |")
    assert answers == "Answers to the logins: {'401': 3, '429': 8}."


def test_no_command_changes_the_defaults_of_another() -> None:
    given = {name: _parser().parse_args([name]).connections for name in ("run", "growth", "memory", "flood")}
    assert given == {"run": 32, "growth": 32, "memory": 32, "flood": 1}


def test_without_wrk_the_bench_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="sudo apt install wrk"):
        require_wrk()
