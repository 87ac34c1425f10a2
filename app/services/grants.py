"""Grants: who holds which role where, given and taken back by administrators; never deleted."""

import uuid

from app import clock
from app.access import Actor, Grant, Place, place_of, reach_arguments, reach_sql
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.nominations import Reason
from app.models.users import MOST_GRANTS, Ending, GrantIn, UserGrant, UserGrantPage, UserReference
from app.pages import cut, time_cursor
from app.problems import Problem
from app.records import record_in
from app.services.administration import (
    TimedAction,
    body_to_refer_to,
    check_timed_action,
    first_and_last_day,
    givers_arguments,
    givers_sql,
    grant_to_give,
    last_day,
    lock_users,
    may_give,
    not_oneself,
    take_timed_action,
    timed_actions,
    validity_state,
)
from app.services.sessions import require_confirmed
from app.vocabularies import Permission

_PLACE = "(select id, id as authority_id, name, territory_path, line_path from authority)"
_USER = f"""
select u.id as of_user, u.display_name, a.authority_id, a.territory_path, a.line_path
from user_account u join {_PLACE} as a on a.id = u.authority_id where u.id = $1 and {reach_sql("a", 2)}
"""
_COLUMNS = """
g.id, g.user_id, g.role, g.reach, g.valid_from, g.valid_to, g.suspended_at, g.created_at, g.version
"""
# a grant is seen from the body it lies at, and from the body its user belongs to
_ONE = f"""
select {_COLUMNS}, u.display_name, b.authority_id, b.name as authority_name, b.territory_path, b.line_path,
       h.authority_id as home_id, h.territory_path as home_territory_path, h.line_path as home_line_path,
       {givers_sql("b", "g.reach", 5)}
from role_grant g
join user_account u on u.id = g.user_id
join {_PLACE} as b on b.id = g.authority_id
left join {_PLACE} as h on h.id = u.authority_id
where g.id = $1 and ({reach_sql("b", 2)} or {reach_sql("h", 2)})
"""
# one row without a grant says that the user is in reach and has none; no row, that they are not
_LIST = f"""
select who.*, g.* from ({_USER}) as who left join lateral (
    select {_COLUMNS}, b.id as body_id, b.name as authority_name, b.territory_path as body_territory_path,
           b.line_path as body_line_path, {givers_sql("b", "g.reach", 5)}
    from role_grant g join authority b on b.id = g.authority_id
    where g.user_id = who.of_user and ($11::timestamptz is null or (g.created_at, g.id) < ($11, $12::uuid))
    order by g.created_at desc, g.id desc limit $13
) as g on true
order by g.created_at desc, g.id desc
"""
_GIVEN = f"select {givers_sql('b', '$2::text', 3)} from authority b where b.id = $1"
_HELD = """
select count(*) as held, coalesce(bool_or(role = $2 and authority_id = $3 and reach = $4
       and (valid_to is null or valid_to >= $5) and ($6::date is null or valid_from <= $6)), false) as same
from role_grant where user_id = $1 and (valid_to is null or valid_to >= $7)
"""
_CREATE = """
insert into role_grant (id, user_id, role, authority_id, reach, valid_from, valid_to, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def list_grants(
    reads: Reads, actor: Actor, user_id: uuid.UUID, *, limit: int, cursor: str | None
) -> UserGrantPage:
    """All grants of a user in reach, newest first, also those that have ended."""
    rows = await reads.fetch(
        _LIST, user_id, *reach_arguments(actor.reach()), *givers_arguments(actor), *time_cursor(cursor), limit + 1
    )
    if not rows:
        raise Problem("not_found")
    actor.require_for(Permission.USER_READ, place_of(rows[0]))
    page, next_cursor = cut([row for row in rows if row["id"] is not None], limit, "created_at", "id")
    bodies = [Place(row["body_id"], row["body_territory_path"], row["body_line_path"]) for row in page]
    return UserGrantPage(
        items=[_shape(row, body, actor) for row, body in zip(page, bodies, strict=True)], next_cursor=next_cursor
    )


async def read_grant(reads: Reads, actor: Actor, grant_id: uuid.UUID) -> UserGrant:
    """One grant at a body in reach, or of a user in reach."""
    row = await _find(reads, actor, grant_id)
    if actor.grant_for(Permission.USER_READ, place_of(row)) is None and not (
        row["home_id"] is not None
        and actor.grant_for(
            Permission.USER_READ, Place(row["home_id"], row["home_territory_path"], row["home_line_path"])
        )
    ):
        raise Problem("forbidden", permission=Permission.USER_READ)
    return _shape(row, place_of(row), actor)


async def create_grant(tx: Transaction, actor: Actor, user_id: uuid.UUID, body: GrantIn) -> UserGrant:
    """Give a role at a body in reach, no wider than the caller's own grants and no role above what they may give."""
    user = await tx.fetchrow(_USER, user_id, *reach_arguments(actor.reach()))
    if user is None:
        raise Problem("not_found")
    actor.require_for(Permission.GRANT_WRITE, place_of(user))
    not_oneself(actor, user_id)
    place = await body_to_refer_to(tx, actor, body.authority_id, Permission.GRANT_WRITE)
    await require_confirmed(tx, actor)
    giving = grant_to_give(actor, body.role, place)
    await lock_users(tx, actor, giving, user_id)
    found = await tx.fetchrow(_GIVEN, body.authority_id, body.reach, *givers_arguments(actor))
    assert found is not None
    if not may_give({"role": body.role} | dict(found)):
        raise Problem("beyond_your_grant")
    first, last = first_and_last_day(body.valid_from, body.valid_to)
    key = new_id()
    held = await tx.fetchrow(_HELD, user_id, body.role, body.authority_id, body.reach, first, last, clock.today())
    assert held is not None
    if held["same"]:
        raise Problem("grant_exists")
    if held["held"] >= MOST_GRANTS:
        raise Problem("too_many_grants", most=MOST_GRANTS)
    await tx.execute(_CREATE, key, user_id, body.role, body.authority_id, body.reach, first, last, actor.user_id)
    await record_in(
        tx,
        actor,
        action="given",
        entity="role_grant",
        entity_id=key,
        authority_id=body.authority_id,
        grant=giving,
        after={
            "user_id": str(user_id),
            "role": body.role,
            "reach": body.reach,
            "valid_from": first.isoformat(),
            "valid_to": None if last is None else last.isoformat(),
        },
    )
    return _reread(await _find(tx, actor, key), actor)


async def suspend_grant(tx: Transaction, actor: Actor, version: int, grant_id: uuid.UUID, body: Reason) -> UserGrant:
    """A grant stops at once, until it is resumed."""
    return await _act(tx, actor, version, grant_id, "suspend", body.reason)


async def resume_grant(tx: Transaction, actor: Actor, version: int, grant_id: uuid.UUID, body: Reason) -> UserGrant:
    """A suspended grant counts again, within its days."""
    await require_confirmed(tx, actor)
    return await _act(tx, actor, version, grant_id, "resume", body.reason)


async def end_grant(tx: Transaction, actor: Actor, version: int, grant_id: uuid.UUID, body: Ending) -> UserGrant:
    """A grant ends on a day, that day included; it cannot be begun again, another one can be given."""
    row, giving = await _locked(tx, actor, version, grant_id, "end")
    last = last_day(row, body.valid_to)
    await take_timed_action(tx, actor, "role_grant", row, giving, "end", reason=body.reason, last=last)
    return _reread(await _find(tx, actor, grant_id), actor)


async def _act(
    tx: Transaction, actor: Actor, version: int, grant_id: uuid.UUID, action: TimedAction, reason: str
) -> UserGrant:
    row, giving = await _locked(tx, actor, version, grant_id, action)
    await take_timed_action(tx, actor, "role_grant", row, giving, action, reason=reason)
    return _reread(await _find(tx, actor, grant_id), actor)


async def _find(reads: Reads, actor: Actor, grant_id: uuid.UUID) -> Row:
    row = await reads.fetchrow(_ONE, grant_id, *reach_arguments(actor.reach()), *givers_arguments(actor))
    if row is None:
        raise Problem("not_found")
    return row


async def _locked(
    tx: Transaction, actor: Actor, version: int, grant_id: uuid.UUID, action: TimedAction
) -> tuple[Row, Grant]:
    """The grant, its user locked, ready for an action; refuses in the order 404, 403, 412, 409."""
    row = await _find(tx, actor, grant_id)
    if actor.grant_for(Permission.GRANT_WRITE, place_of(row)) is None:
        raise Problem("forbidden", permission=Permission.GRANT_WRITE)
    not_oneself(actor, row["user_id"])
    giving = grant_to_give(actor, row["role"], place_of(row))
    await lock_users(tx, actor, giving, row["user_id"])
    row = await _find(tx, actor, grant_id)
    if not may_give(row):
        raise Problem("beyond_your_grant")
    check_timed_action(row, version, action)
    return row, giving


def _reread(row: Row, actor: Actor) -> UserGrant:
    return _shape(row, place_of(row), actor)


def _shape(row: Row, body: Place, actor: Actor) -> UserGrant:
    state = validity_state(row)
    mine = row["user_id"] != actor.user_id and may_give(row)
    return UserGrant(
        id=row["id"],
        user=UserReference(id=row["user_id"], display_name=row["display_name"]),
        role=row["role"],
        authority=AuthorityReference(id=body.authority_id, name=row["authority_name"]),
        reach=row["reach"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        suspended_at=row["suspended_at"],
        state=state,
        created_at=row["created_at"],
        version=row["version"],
        allowed_actions=timed_actions(state) if mine else [],
    )
