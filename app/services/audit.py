"""Searching the audit log, newest first: who did what, when, to what, for whom.

An event is read by whoever reaches the body it was done for, where that body stands today: events carry no paths of
their own, which would have to be changed when bodies move, and nothing of the past is changed. So the bodies in reach
are gathered first, and the newest events of each are taken from one index; whoever reaches the whole country walks
along the time instead. Events of no body, such as logins, are read by those only. What belongs to one record, one
request or (for the whole country) one person is found by an index of its own, and then tested for reach.
"""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

from app.access import Actor, Place, ReachArguments, place_of, reach_arguments
from app.db import Reads, Row
from app.models.audit import AuditActor, AuditChange, AuditEventOut, AuditEventPage
from app.models.authorities import AuthorityReference
from app.pages import cut, event_cursor
from app.problems import Problem
from app.records import note
from app.services.sessions import require_confirmed
from app.vocabularies import Permission, Purpose, Reach

_COLUMNS = """
select e.id, e.at, e.actor_id, u.display_name as actor_name, e.grant_id, e.authority_id, a.name as authority_name,
       a.territory_path, a.line_path, e.request_id, e.address, e.action, e.entity, e.entity_id, e.before, e.after,
       e.reason, e.purpose
"""
_JOINS = "left join user_account u on u.id = e.actor_id left join authority a on a.id = e.authority_id"
_NEWEST_FIRST = "order by e.at desc, e.id desc"
_PAGE = f"{_JOINS} {_NEWEST_FIRST}"
# parameters 1 to 3 are the reach. ':' is the byte after '9', so this is the prefix, as a range of the index
_BODIES = """
    select unnest($1::uuid[]) as id
    union
    select below.id from unnest($2::text[]) as scope cross join lateral (
        select id from authority where territory_path >= scope and territory_path < scope || ':' offset 0) as below
    union
    select below.id from unnest($3::text[]) as scope cross join lateral (
        select id from authority where line_path >= scope and line_path < scope || ':' offset 0) as below
"""
_IN_REACH = """
exists (select from authority o where o.id = e.authority_id and (
    o.id = any($1::uuid[]) or o.territory_path ^@ any($2::text[]) or o.line_path ^@ any($3::text[])))
"""
_ONE = f"{_COLUMNS} from audit_event e {_JOINS} where e.id = $4 and ({{everywhere}} or {_IN_REACH})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What a search is narrowed by; None does not narrow. `since` is part of the time, `until` is its end."""

    actor_id: uuid.UUID | None = None
    authority_id: uuid.UUID | None = None
    entity: str | None = None
    entity_id: uuid.UUID | None = None
    action: str | None = None
    purpose: Purpose | None = None
    request: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_CONDITIONS = {
    "actor_id": "e.actor_id = {}::uuid",
    "authority_id": "e.authority_id = {}::uuid",
    "entity": "e.entity = {}::text",
    "entity_id": "e.entity_id = {}::uuid",
    "action": "e.action = {}::text",
    "purpose": "e.purpose = {}::text",
    "request": "e.request_id = {}::text",
    "since": "e.at >= {}::timestamptz",
    "until": "e.at < {}::timestamptz",
}
# of each there are few, or (of a person) as many as one person does
_SELECTIVE = ("entity_id", "request", "actor_id")


def _is_everywhere(reach: ReachArguments) -> bool:
    """Whether the reach is the whole country: the territory of the body at the top."""
    return any(path.count("/") == 2 for path in reach.territories)


def _search(reach: ReachArguments, filters: Mapping[str, Any], *, after: bool, columns: str, joins: str) -> str:
    """The statement of a page. Parameters: the reach, the number of rows, the filters, and where the page begins."""
    everywhere = _is_everywhere(reach)
    names = {name: f"${number}" for number, name in enumerate(filters, 5)}
    conditions = [_CONDITIONS[name].format(parameter) for name, parameter in names.items()]
    if after:
        first = 5 + len(filters)
        conditions.append(f"(e.at, e.id) < (${first}::timestamptz, ${first + 1}::bigint)")
    tests = " and ".join(conditions or ["true"])
    selective = next((name for name in _SELECTIVE if name in filters), None)
    # the parameters of the reach are always there, so they must be named
    named = "cardinality($1::uuid[]) + cardinality($2::text[]) + cardinality($3::text[]) >= 0"
    if selective in ("entity_id", "request") or (selective and everywhere):
        # materialised, else the planner may walk along the time in the hope of meeting them soon
        reached = named if everywhere else _IN_REACH
        found = f"""
with found as materialized (select * from audit_event e where {tests})
select e.* from found e where {reached} {_NEWEST_FIRST} limit $4"""
    elif everywhere:
        found = f"select e.* from audit_event e where {named} and {tests} {_NEWEST_FIRST} limit $4"
    else:
        only = f"where body.id = {names['authority_id']}::uuid" if "authority_id" in names else ""
        found = f"""
with bodies as materialized (select body.id from ({_BODIES}) as body {only})
select e.* from bodies cross join lateral (
    select * from audit_event e where e.authority_id = bodies.id and {tests} {_NEWEST_FIRST} limit $4) as e
{_NEWEST_FIRST} limit $4"""
    return f"{columns} from ({found}) as e {joins}"


_BODY = "select id as authority_id, territory_path, line_path from authority where id = $1"
_NUMBERS = "select coalesce(array_agg(e.id order by e.at desc, e.id desc), '{}') as numbers"
_THESE = f"{_COLUMNS} from audit_event e {_JOINS} where e.id = any($1::bigint[]) {_NEWEST_FIRST}"
MOST_EXPORTED = 100_000
_CHUNK = 500


def _given(filters: AuditFilters) -> dict[str, Any]:
    return {name: value for name, value in asdict(filters).items() if value is not None}


async def list_audit_events(
    reads: Reads, actor: Actor, filters: AuditFilters, *, limit: int, cursor: str | None
) -> AuditEventPage:
    """Events of bodies in reach, newest first."""
    actor.require(Permission.AUDIT_READ)
    reach, given = actor.reach(Permission.AUDIT_READ), _given(filters)
    after = () if cursor is None else event_cursor(cursor)
    statement = _search(reach, given, after=bool(after), columns=_COLUMNS, joins=_PAGE)
    rows = await reads.fetch(statement, *reach_arguments(reach), limit + 1, *given.values(), *after)
    page, next_cursor = cut(rows, limit, "at", "id")
    return AuditEventPage(items=[_shape(row) for row in page], next_cursor=next_cursor)


async def read_audit_event(reads: Reads, actor: Actor, number: int) -> AuditEventOut:
    """One event in reach."""
    reach = actor.reach()
    everywhere = _is_everywhere(reach)
    row = await reads.fetchrow(_ONE.format(everywhere=str(everywhere).lower()), *reach_arguments(reach), number)
    if row is None:
        raise Problem("not_found")
    if row["authority_id"] is not None:
        actor.require_for(Permission.AUDIT_READ, Place(row["authority_id"], row["territory_path"], row["line_path"]))
    elif not _is_everywhere(actor.reach(Permission.AUDIT_READ)):
        raise Problem("forbidden", permission=Permission.AUDIT_READ)
    return _shape(row)


async def export_audit_log(
    reads: Reads, actor: Actor, authority_id: uuid.UUID, filters: AuditFilters, *, purpose: Purpose, format_: str
) -> AsyncIterator[Sequence[AuditEventOut]]:
    """Events of a body and of those below it that the caller may read, newest first, in chunks.

    404 and 403 as for the body itself, 422 where there are more than `MOST_EXPORTED`. That somebody exported them, and
    what for, is in the log when this returns. Their numbers are fixed by then too, so that a slow reader holds no
    connection and gets what was asked for: a chunk is one statement by keys.
    """
    body = await reads.fetchrow(_BODY, authority_id)
    if body is None:
        raise Problem("not_found")
    grant = actor.require_for(Permission.AUDIT_READ, place_of(body))
    await require_confirmed(reads, actor)
    reach, given = _below(actor, body), _given(filters)
    statement = _search(reach, given, after=False, columns=_NUMBERS, joins="")
    row = await reads.fetchrow(statement, *reach_arguments(reach), MOST_EXPORTED + 1, *given.values())
    assert row is not None, "an aggregate has a row"
    numbers: list[int] = row["numbers"]
    if len(numbers) > MOST_EXPORTED:
        raise Problem("export_too_large", most=f"{MOST_EXPORTED:,}".replace(",", "."))
    await note(
        reads,
        actor,
        action="exported",
        entity="audit_log",
        entity_id=authority_id,
        authority_id=authority_id,
        grant=grant,
        purpose=purpose,
        after={"format": format_, "events": len(numbers), "filters": {n: str(value) for n, value in given.items()}},
    )

    async def chunks() -> AsyncIterator[Sequence[AuditEventOut]]:
        for first in range(0, len(numbers), _CHUNK):
            yield [_shape(row) for row in await reads.fetch(_THESE, numbers[first : first + _CHUNK])]

    return chunks()


def _below(actor: Actor, body: Row) -> ReachArguments:
    """What the grants that open the log reach of a body and of those below it."""
    place = place_of(body)
    reaches = {g.reach for g in actor.grants if Permission.AUDIT_READ in g.permissions and g.covers(place)}
    return ReachArguments(
        own=(place.authority_id,),
        territories=(place.territory_path,) if Reach.TERRITORY in reaches else (),
        lines=(place.line_path,) if Reach.LINE in reaches else (),
    )


def _shape(row: Row) -> AuditEventOut:
    return AuditEventOut(
        number=row["id"],
        at=row["at"],
        actor=None if row["actor_id"] is None else AuditActor(id=row["actor_id"], name=row["actor_name"]),
        authority=None
        if row["authority_id"] is None
        else AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        grant_id=row["grant_id"],
        action=row["action"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        changes=_changes(row["before"] or {}, row["after"] or {}),
        reason=row["reason"],
        purpose=row["purpose"],
        request=row["request_id"],
        address=row["address"],
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[AuditChange]:
    """By field, in the order in which they were stored."""
    fields: Sequence[str] = [*dict.fromkeys([*before, *after])]
    return [AuditChange(field=name, before=_text(before.get(name)), after=_text(after.get(name))) for name in fields]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()
