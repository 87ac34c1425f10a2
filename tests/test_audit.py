"""Searching the audit log: each auditor finds what was done in their reach, all of it, and nothing else."""

import itertools
import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.access import ROLE_PERMISSIONS, ReachArguments
from app.services import audit
from app.vocabularies import Permission, Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, candidate, ok, refused, step, submitted

URL = "/v1/audit-events"
NATION = "chinh-phu"
OTHER_PROVINCE = "ubnd-thanh-pho-hai-phong"
BODIES = (SCHOOL, WARD, OTHER_WARD, PROVINCE, OTHER_PROVINCE, WOMENS_UNION, PROVINCIAL_WOMENS_UNION, NATION, None)
REACHES = {
    "the ward": (WARD, Reach.TERRITORY),
    "the ward itself": (WARD, Reach.SELF),
    "the province": (PROVINCE, Reach.TERRITORY),
    "the line of the women's union": (PROVINCIAL_WOMENS_UNION, Reach.LINE),
    "the country": (NATION, Reach.TERRITORY),
}
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
_INSERT = """
insert into audit_event (at, actor_id, authority_id, request_id, address, action, entity, entity_id, after, purpose)
values ($1, $2, $3, $4, '10.0.0.7', $5, $6, $7, '{"state": "received"}', $8)
"""
_ALL = """
select e.*, o.territory_path, o.line_path from audit_event e left join authority o on o.id = e.authority_id
order by e.at desc, e.id desc
"""


async def auditor(make: Make, key: str = WARD, reach: Reach = Reach.TERRITORY) -> Caller:
    return await make.caller((Role.AUDITOR, key, reach), name="Đặng Thị Kiểm Tra")


async def everything(make: Make) -> list[Mapping[str, Any]]:
    rows = await make.connection.exec_driver_sql(_ALL)
    return [*rows.mappings()]


async def fill(make: Make, count: int) -> list[uuid.UUID]:
    """Events of many bodies by several people, some at the same moment; returns the people."""
    dice = random.Random(count)
    people = [(await make.officer()).user_id for _ in range(3)]
    owners = [None if key is None else (await make.authority(key)).id for key in BODIES]
    records = [uuid.uuid4() for _ in range(7)]
    rows = [
        (
            BEGIN + timedelta(hours=dice.randint(0, 400)),
            dice.choice([*people, None]),
            dice.choice(owners),
            f"yeu-cau-{dice.randint(1, 9)}",
            dice.choice(("created", "receive", "read")),
            dice.choice(("nomination", "candidate")),
            dice.choice(records),
            dice.choice((None, "inspection")),
        )
        for _ in range(count)
    ]
    for row in rows:
        await make.connection.exec_driver_sql(_INSERT, row)
    return people


def lies_in(row: Mapping[str, Any], key_path: tuple[uuid.UUID, str, str], reach: Reach) -> bool:
    """Whether a row lies in reach: as the grants say it, not as the statement does."""
    body, territory, line = key_path
    if row["authority_id"] is None:
        return territory.count("/") == 2 and reach == Reach.TERRITORY
    if row["authority_id"] == body:
        return True
    if reach == Reach.TERRITORY:
        return bool(row["territory_path"].startswith(territory))
    return reach == Reach.LINE and bool(row["line_path"].startswith(line))


async def pages(caller: Caller, **query: Any) -> list[int]:
    """The numbers of a whole search, page by page."""
    found: list[int] = []
    cursor: str | None = None
    for _ in range(100):
        page = ok(await caller.get(URL, params=query | {"limit": 7} | ({"cursor": cursor} if cursor else {})))
        found += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("no end")


@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES.keys())
async def test_a_search_finds_what_lies_in_reach_and_fits_and_nothing_else(
    make: Make, reach: tuple[str, Reach]
) -> None:
    people = await fill(make, 150)
    body = await make.authority(reach[0])
    caller = await auditor(make, *reach)
    rows = await everything(make)
    mine = [row for row in rows if lies_in(row, (body.id, body.territory_path, body.line_path), reach[1])]
    assert mine and (len(mine) < len(rows) or reach[0] == NATION)
    assert await pages(caller) == [row["id"] for row in mine]
    ward = (await make.authority(WARD)).id
    moment = BEGIN + timedelta(hours=200)
    filters: dict[str, tuple[Any, Any]] = {
        "actor_id": (str(people[0]), lambda row: row["actor_id"] == people[0]),
        "authority_id": (str(ward), lambda row: row["authority_id"] == ward),
        "entity": ("candidate", lambda row: row["entity"] == "candidate"),
        "entity_id": (str(mine[0]["entity_id"]), lambda row: row["entity_id"] == mine[0]["entity_id"]),
        "action": ("receive", lambda row: row["action"] == "receive"),
        "purpose": ("inspection", lambda row: row["purpose"] == "inspection"),
        "request": (mine[0]["request_id"], lambda row: row["request_id"] == mine[0]["request_id"]),
        "since": (moment.isoformat(), lambda row: row["at"] >= moment),
        "until": (moment.isoformat(), lambda row: row["at"] < moment),
    }
    for count in (1, 2):
        for names in itertools.combinations(filters, count):
            query = {name: filters[name][0] for name in names}
            expected = [row["id"] for row in mine if all(filters[name][1](row) for name in names)]
            assert await pages(caller, **query) == expected, names


async def test_two_grants_that_overlap_show_each_event_once(make: Make) -> None:
    await fill(make, 60)
    caller = await make.caller(
        (Role.AUDITOR, WARD, Reach.TERRITORY),
        (Role.AUDITOR, SCHOOL, Reach.SELF),
        (Role.AUDITOR, PROVINCIAL_WOMENS_UNION, Reach.LINE),
    )
    found = await pages(caller)
    assert len(found) == len(set(found)) > 10


async def test_only_the_grant_of_an_auditor_opens_the_log(make: Make) -> None:
    await fill(make, 60)
    # an officer of the province who is auditor of the ward reads the log of the ward only
    caller = await make.caller((Role.OFFICER, PROVINCE, Reach.TERRITORY), (Role.AUDITOR, WARD, Reach.TERRITORY))
    assert await pages(caller) == await pages(await auditor(make))
    [row] = [row for row in await everything(make) if row["authority_id"] == (await make.authority(OTHER_WARD)).id][:1]
    refused(await caller.get(f"{URL}/{row['id']}"), 403, "forbidden")
    refused(await (await auditor(make)).get(f"{URL}/{row['id']}"), 404, "not_found")
    for role in Role:
        if role != Role.AUDITOR:
            other = await make.caller((role, WARD, Reach.TERRITORY))
            refused(await other.get(URL), 403, "forbidden")


async def test_what_belongs_to_no_body_is_read_by_whoever_reaches_the_country(make: Make) -> None:
    await fill(make, 60)
    [row] = [row for row in await everything(make) if row["authority_id"] is None][:1]
    path = f"{URL}/{row['id']}"
    assert ok(await (await auditor(make, NATION)).get(path))["authority"] is None
    refused(await (await auditor(make, PROVINCE)).get(path), 404, "not_found")
    refused(await (await auditor(make, NATION, Reach.LINE)).get(path), 404, "not_found")
    refused(await (await make.officer(NATION)).get(path), 403, "forbidden")


async def test_a_step_of_a_nomination_shows_who_did_it_for_whom_and_what_changed(make: Make) -> None:
    school, officer = await make.submitter(SCHOOL), await make.officer()
    found = await submitted(make, school, name="Đỗ Thị Không Lộ Tên")
    found = await step(officer, found, "receive")
    found = await step(officer, found, "return", {"reason": "Thiếu bản khai thành tích"})
    page = ok(await (await auditor(make)).get(URL, params={"entity_id": found["id"], "action": "return"}))
    [event] = page["items"]
    assert event["actor"] == {"id": str(officer.user_id), "name": "Trần Thị Cán Bộ"}
    assert event["authority"]["name"] == (await make.authority(WARD)).name
    assert {"field": "state", "before": "received", "after": "returned"} in event["changes"]
    assert event["reason"] == "Thiếu bản khai thành tích" and event["purpose"] is None
    assert event["grant_id"] and event["request"] and event["address"]
    whole = ok(await (await auditor(make)).get(URL, params={"limit": 100}))
    assert "Không Lộ Tên" not in str(whole), "the log names no candidate"
    one = await (await auditor(make)).get(f"{URL}/{event['number']}")
    assert ok(one) == event and one.headers["Cache-Control"] == "no-store"


async def test_what_a_body_did_moves_with_it(make: Make) -> None:
    school = await make.submitter(SCHOOL)
    made = await candidate(make, school)
    other = await auditor(make, OTHER_WARD)
    query = {"entity_id": made["id"]}
    assert ok(await other.get(URL, params=query))["items"] == []
    await make.connection.exec_driver_sql(
        "update authority set parent_id = (select id from authority where key = $1) where key = $2",
        (OTHER_WARD, SCHOOL),
    )
    make.app.state.callers.forget()
    assert len(ok(await other.get(URL, params=query))["items"]) == 1
    assert ok(await (await auditor(make)).get(URL, params=query))["items"] == []


@pytest.mark.parametrize(
    ("query", "place", "code"),
    [
        ({"since": "2026-11-01"}, "?since", "wrong_format"),
        ({"since": "1772323200"}, "?since", "wrong_format"),
        ({"since": "2026-11-01T00:00:00"}, "?since", "wrong_format"),
        ({"since": "2026-13-01T00:00:00Z"}, "?since", "wrong_format"),
        ({"since": "2026-11-02T00:00:00Z", "until": "2026-11-01T00:00:00Z"}, "?until", "end_before_start"),
        ({"entity": "Đề nghị"}, "?entity", "wrong_format"),
        ({"request": "a\x00b45678"}, "?request", "wrong_format"),
        ({"purpose": "curiosity"}, "?purpose", "unknown_value"),
        ({"actor_id": "1"}, "?actor_id", "wrong_format"),
    ],
)
async def test_a_wrong_filter_is_refused(make: Make, query: dict[str, str], place: str, code: str) -> None:
    problem = refused(await (await auditor(make)).get(URL, params=query), 422, "invalid_input")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(place, code)]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_the_ends_of_the_calendar_are_times_like_others(make: Make, moment: str) -> None:
    caller = await auditor(make)
    for name in ("since", "until"):
        ok(await caller.get(URL, params={name: moment}))


@pytest.mark.parametrize("number", ["0", "-1", "9007199254740992", "x"])
async def test_a_number_that_cannot_be_is_refused(make: Make, number: str) -> None:
    refused(await (await auditor(make)).get(f"{URL}/{number}"), 422, "invalid_input")


_FILL = """
insert into audit_event (at, actor_id, authority_id, request_id, action, entity, entity_id)
select now() - n * interval '1 second', case when n % 100 = 77 then (select min(id::text)::uuid from user_account) end,
       (array(select id from authority order by id))[1 + n * 7919 % (select count(*) from authority)::int],
       'yeu-cau-' || n, 'created', 'nomination', gen_random_uuid()
from generate_series(1, 30000) as n
"""


async def _explain(make: Make, reach: ReachArguments, filters: dict[str, Any]) -> str:
    sql = audit._search(reach, filters, after=False, columns=audit._COLUMNS, joins=audit._PAGE)
    arguments: Sequence[Any] = (list(reach.own), list(reach.territories), list(reach.lines), 21, *filters.values())
    rows = await make.connection.exec_driver_sql(f"explain (analyze, timing off, summary off) {sql}", tuple(arguments))
    return "\n".join(rows.scalars())


async def test_no_filter_and_no_reach_reads_the_whole_log(make: Make) -> None:
    await fill(make, 3)
    await make.connection.exec_driver_sql(_FILL)
    await make.connection.exec_driver_sql("analyze audit_event, authority, user_account")
    [row] = (
        await make.connection.exec_driver_sql("select * from audit_event where request_id = 'yeu-cau-777'")
    ).mappings()
    given: dict[str, Any] = {
        "actor_id": row["actor_id"],
        "authority_id": row["authority_id"],
        "entity_id": row["entity_id"],
        "request": "yeu-cau-777",
        "since": datetime.now(UTC) - timedelta(minutes=5),
        "until": datetime.now(UTC) - timedelta(hours=5),
    }
    for key, reach in REACHES.values():
        body = await make.authority(key)
        actor = ReachArguments(
            own=(body.id,),
            territories=(body.territory_path,) if reach == Reach.TERRITORY else (),
            lines=(body.line_path,) if reach == Reach.LINE else (),
        )
        for filters in ({}, *({name: value} for name, value in given.items()), given):
            plan = await _explain(make, actor, filters)
            assert "Seq Scan on audit_event" not in plan, f"{key} {reach} {[*filters]}\n{plan}"


def test_who_holds_the_permission() -> None:
    """Who gives grants, or works under one, does not read over everybody's shoulder."""
    assert {role for role, held in ROLE_PERMISSIONS.items() if Permission.AUDIT_READ in held} == {Role.AUDITOR}
