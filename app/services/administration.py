"""Who may administer whom, and what is given for a time: nobody themselves, nobody beyond their own grants."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args

from app import clock
from app.access import GIVEABLE_ROLES, Actor, Grant, Place, place_of, reach_arguments
from app.answers import check_version
from app.db import Reads, Row, Transaction
from app.problems import Problem, field_problem
from app.records import record_in
from app.refusals import input_problem
from app.vocabularies import AdministrationAction, Permission, Role, ValidityState

# in one order, so that two administrators who lock each other wait and do not strangle each other; rows that only
# refer to the accounts (sessions, traces) may be written meanwhile
_LOCK = "select id from user_account where id = any($1::uuid[]) order by id for no key update"
_STILL = """
select u.disabled_at is null as enabled, g.id is not null as in_force
from user_account u left join role_grant g on g.id = $2 and g.user_id = u.id and g.suspended_at is null
     and g.valid_from <= $3 and (g.valid_to is null or g.valid_to >= $3)
where u.id = $1
"""
_BODY = "select id as authority_id, name, territory_path, line_path, valid_to from authority where id = $1"

TimedAction = Literal["suspend", "resume", "end"]
_S = ValidityState
_SOURCES: dict[TimedAction, frozenset[ValidityState]] = {
    "suspend": frozenset({_S.IN_FORCE, _S.NOT_YET_VALID}),
    "resume": frozenset({_S.SUSPENDED}),
    # what has not begun is suspended: its end would lie before its beginning
    "end": frozenset({_S.IN_FORCE, _S.SUSPENDED}),
}


# ------------------------------------------------------------ who may administer whom


def givers_sql(body: str, reach: str, first: int) -> str:
    """Two columns: whether a grant at `body` (an alias of authority) with a reach lies within what the caller's grants
    as system administrator (`by_system`), and as administrator of bodies (`by_authority`), reach.

    Exact for every reach: no body that the grant reaches today may lie outside, whichever trees are compared. Takes
    the six parameters of `givers_arguments` from number `first` on.
    """
    return f"{_within(body, reach, first)} as by_system, {_within(body, reach, first + 3)} as by_authority"


def _within(body: str, reach: str, first: int) -> str:
    # ':' is the byte after '9': the prefix as a range of the index
    def below(tree: str) -> str:
        path = f"{tree}_path"
        return (
            f"select id, territory_path, line_path from authority where {reach} = '{tree}'"
            f" and {path} >= {body}.{path} and {path} < {body}.{path} || ':'"
        )

    return (
        f"not exists (select from (select {body}.id, {body}.territory_path, {body}.line_path"
        f" union all {below('territory')} union all {below('line')}) as x"
        f" where not (x.id = any(${first}::uuid[]) or x.territory_path ^@ any(${first + 1}::text[])"
        f" or x.line_path ^@ any(${first + 2}::text[])))"
    )


def givers_arguments(actor: Actor) -> tuple[Any, ...]:
    """The six parameters of `givers_sql`."""
    return (
        *reach_arguments(actor.reach_as(Role.SYSTEM_ADMIN)),
        *reach_arguments(actor.reach_as(Role.AUTHORITY_ADMIN)),
    )


def may_give(found: Mapping[str, Any] | Row) -> bool:
    """Whether the caller may give, and take back, a grant: its `role`, and the columns of `givers_sql`."""
    role = Role(found["role"])
    by = {Role.SYSTEM_ADMIN: found["by_system"], Role.AUTHORITY_ADMIN: found["by_authority"]}
    return any(within and role in GIVEABLE_ROLES[giver] for giver, within in by.items())


def may_administer(found: Mapping[str, Any] | Row) -> bool:
    """Whether holding this grant leaves a user under the caller: whoever runs the system locks out anybody in reach."""
    return bool(found["by_system"]) or may_give(found)


def grant_to_give(actor: Actor, role: Role, body: Place) -> Grant:
    """The caller's grant under which a role is given at a body; 403 where none may."""
    for grant in actor.grants:
        if role in GIVEABLE_ROLES.get(grant.role, ()) and grant.covers(body):
            return grant
    raise Problem("beyond_your_grant")


def not_oneself(actor: Actor, user_id: uuid.UUID) -> None:
    """403 where the caller would administer themselves."""
    if user_id == actor.user_id:
        raise Problem("own_account")


async def lock_users(tx: Transaction, actor: Actor, grant: Grant, user_id: uuid.UUID) -> None:
    """Lock both accounts, and refuse a caller who has lost the grant meanwhile: of two administrators who lock out each
    other at the same time, one does.
    """
    await tx.fetch(_LOCK, [actor.user_id, user_id])
    still = await tx.fetchrow(_STILL, actor.user_id, grant.id, clock.today())
    if still is None or not still["enabled"]:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    if not still["in_force"]:
        raise Problem("beyond_your_grant")


async def body_to_refer_to(reads: Reads, actor: Actor, authority_id: uuid.UUID, permission: Permission) -> Place:
    """A body in reach of the permission, named at /authority_id; 422 for any other, 409 where it has ended."""
    row = await reads.fetchrow(_BODY, authority_id)
    if row is None or actor.grant_for(permission, place_of(row)) is None:
        raise Problem("unknown_reference", field="/authority_id", what="cơ quan, đơn vị")
    if row["valid_to"] is not None and row["valid_to"] < clock.today():
        raise Problem("body_ended", authority=row["name"], ended=f"{row['valid_to']:%d/%m/%Y}")
    return place_of(row)


# ------------------------------------------------------------ what is given for a time


def validity_state(row: Mapping[str, Any] | Row) -> ValidityState:
    """Whether it is in force today: of what has `valid_from`, `valid_to` and `suspended_at`."""
    today = clock.today()
    if row["valid_to"] is not None and row["valid_to"] < today:
        return _S.EXPIRED
    if row["suspended_at"] is not None:
        return _S.SUSPENDED
    return _S.NOT_YET_VALID if row["valid_from"] > today else _S.IN_FORCE


def timed_actions(state: ValidityState) -> list[TimedAction]:
    """What can be done in a state."""
    return [action for action in get_args(TimedAction) if state in _SOURCES[action]]


def check_timed_action(row: Row, version: int, action: TimedAction) -> None:
    """412 where the caller read another version, 409 where the state does not take the action."""
    check_version(version, row["version"])
    state = validity_state(row)
    if state not in _SOURCES[action]:
        raise Problem(
            "transition_refused",
            extensions={"allowed_actions": timed_actions(state)},
            state=state.vi,
            action=AdministrationAction(action).vi,
        )


def first_and_last_day(valid_from: date | None, valid_to: date | None) -> tuple[date, date | None]:
    """The days of something new; 422 where it would have been in force before it was given."""
    first = valid_from or clock.today()
    _not_in_the_past("/valid_from", first)
    if valid_to is not None and valid_to < first:
        raise input_problem([{"type": "end_before_start", "loc": ("body", "valid_to")}])
    return first, valid_to


def last_day(row: Row, valid_to: date | None) -> date:
    """The last day of something that is ended: not before today, not later than it was to end."""
    last = valid_to or clock.today()
    _not_in_the_past("/valid_to", last)
    if last < row["valid_from"]:
        raise input_problem([{"type": "end_before_start", "loc": ("body", "valid_to")}])
    if row["valid_to"] is not None and last > row["valid_to"]:
        raise field_problem(
            "/valid_to",
            "later_than_its_end",
            f"Đã có ngày kết thúc {row['valid_to']:%d/%m/%Y}; kết thúc không thể kéo dài. Hãy chọn ngày sớm hơn.",
            f"It ends on {row['valid_to']} already; ending cannot prolong it. Choose an earlier day.",
        )
    return last


async def take_timed_action(
    tx: Transaction,
    actor: Actor,
    table: Literal["role_grant", "signer"],
    row: Row,
    grant: Grant,
    action: TimedAction,
    *,
    reason: str,
    last: date | None = None,
) -> None:
    """Suspend, resume or end (on `last`) a row that is locked and checked, and leave the trace of it."""
    changes: dict[TimedAction, tuple[str, str, dict[str, Any]]] = {
        "suspend": ("suspended", "suspended_at = now()", {"suspended_at": clock.now()}),
        "resume": ("resumed", "suspended_at = null", {"suspended_at": None}),
        "end": ("ended", "valid_to = $2", {"valid_to": last}),
    }
    done, change, new = changes[action]
    days = () if last is None else (last,)
    await tx.execute(f"update {table} set {change}, version = version + 1 where id = $1", row["id"], *days)
    after = {"state": validity_state({**row, **new})} if last is None else {"valid_to": last.isoformat()}
    await record_in(
        tx,
        actor,
        action=done,
        entity=table,
        entity_id=row["id"],
        authority_id=row["authority_id"],
        grant=grant,
        before={"state": validity_state(row)} if last is None else None,
        after=after,
        reason=reason,
    )


def _not_in_the_past(pointer: str, day: date) -> None:
    if day < clock.today():
        raise field_problem(
            pointer,
            "in_the_past",
            "Ngày này đã qua; hãy chọn từ hôm nay trở đi.",
            "This day is past; choose today or later.",
        )
