"""What a user may do at a body: every permission with the grant that gives it, or why not."""

import uuid
from dataclasses import dataclass
from typing import Any

from app import clock
from app.access import Actor, Grant, Place, place_of, reach_arguments, reach_sql
from app.db import Reads, Row
from app.models.authorities import AuthorityReference
from app.models.users import PermissionAnswer, PermissionAnswers, UserReference
from app.problems import Problem
from app.services.authorities import known_arguments, known_sql
from app.vocabularies import AuthorityLevel, DenialReason, Permission, Reach, Role

# the state of each grant on the day, as the caller of a request would find it (`app/identity.py`)
_ANSWERS = f"""
select u.id as user_id, u.display_name, u.disabled_at, t.id as authority_id, t.name, t.level, t.territory_path,
       t.line_path, h.territory_path as home_territory_path, h.line_path as home_line_path, h.id as home_id,
       coalesce((select jsonb_agg(jsonb_build_object(
           'id', g.id, 'role', g.role, 'reach', g.reach, 'authority_id', a.id,
           'territory_path', a.territory_path, 'line_path', a.line_path,
           'why_not', case when g.valid_to < $8 then 'expired' when g.suspended_at is not null then 'suspended'
                           when g.valid_from > $8 then 'not_yet_valid' end) order by g.id)
         from role_grant g join authority a on a.id = g.authority_id where g.user_id = u.id), '[]') as grants
from user_account u
join authority t on t.id = $7 and {known_sql("t")}
left join authority h on h.id = u.authority_id
where u.id = $6
"""
_OF_OTHERS = f"""
{_ANSWERS} and exists (
    select from (select id as authority_id, territory_path, line_path from authority where id = u.authority_id) as r
    where {reach_sql("r", 9)})
"""
# they say nothing of anybody's work: any grant gives them, at every body
_EVERYWHERE = frozenset(
    {Permission.SELF_READ, Permission.SELF_WRITE, Permission.REFERENCE_READ, Permission.LEGAL_DOCUMENT_READ}
)
# the nearest first: what has least to change
_NEAREST = (DenialReason.SUSPENDED, DenialReason.NOT_YET_VALID, DenialReason.EXPIRED)


@dataclass(frozen=True, slots=True)
class _Held:
    """A grant, and what keeps it from being in force."""

    grant: Grant
    why_not: DenialReason | None


async def read_own_permissions(reads: Reads, actor: Actor, authority_id: uuid.UUID) -> PermissionAnswers:
    """What the caller may do at a body they may know of."""
    row = await reads.fetchrow(_ANSWERS, *known_arguments(actor), actor.user_id, authority_id, clock.today())
    if row is None:
        raise Problem("not_found")
    return _answers(row)


async def read_user_permissions(
    reads: Reads, actor: Actor, user_id: uuid.UUID, authority_id: uuid.UUID
) -> PermissionAnswers:
    """What a user whose own body is in reach may do at a body the caller may know of."""
    row = await reads.fetchrow(
        _OF_OTHERS,
        *known_arguments(actor),
        user_id,
        authority_id,
        clock.today(),
        *reach_arguments(actor.reach()),
    )
    if row is None:
        raise Problem("not_found")
    actor.require_for(Permission.USER_READ, Place(row["home_id"], row["home_territory_path"], row["home_line_path"]))
    return _answers(row)


def _answers(row: Row) -> PermissionAnswers:
    held = [_held(grant) for grant in row["grants"]]
    return PermissionAnswers(
        user=UserReference(id=row["user_id"], display_name=row["display_name"]),
        authority=AuthorityReference(id=row["authority_id"], name=row["name"]),
        on=clock.today(),
        items=[_answer(permission, row, held) for permission in Permission],
    )


def _held(found: dict[str, Any]) -> _Held:
    grant = Grant(
        id=uuid.UUID(found["id"]),
        role=Role(found["role"]),
        authority_id=uuid.UUID(found["authority_id"]),
        territory_path=found["territory_path"],
        line_path=found["line_path"],
        reach=Reach(found["reach"]),
    )
    return _Held(grant, DenialReason(found["why_not"]) if found["why_not"] else None)


def _answer(permission: Permission, row: Row, held: list[_Held]) -> PermissionAnswer:
    giving = [one for one in held if permission in one.grant.permissions]
    here = [one for one in giving if _covers(permission, one.grant, row)]
    in_force = next((one for one in here if one.why_not is None), None)
    grant: _Held | None
    reason: DenialReason | None
    if row["disabled_at"] is not None:
        grant, reason = in_force, DenialReason.ACCOUNT_DISABLED
    elif in_force is not None:
        grant, reason = in_force, None
    elif permission in (Permission.SELF_READ, Permission.SELF_WRITE):
        # who is logged in reads who they are, with or without a grant
        grant, reason = None, None
    else:
        nearest = [one for why_not in _NEAREST for one in here if one.why_not == why_not]
        elsewhere = any(one.why_not is None for one in giving)
        grant = nearest[0] if nearest else None
        reason = grant.why_not if grant else DenialReason.NOT_IN_REACH if elsewhere else DenialReason.NO_GRANT
    return PermissionAnswer(
        permission=permission, allowed=reason is None, grant_id=grant.grant.id if grant else None, reason=reason
    )


def _covers(permission: Permission, grant: Grant, row: Row) -> bool:
    if permission in _EVERYWHERE or grant.covers(place_of(row)):
        return True
    # bodies above one's own, and those at the centre, are known to everybody (`app/services/authorities.py`)
    return permission == Permission.AUTHORITY_READ and (
        row["level"] == AuthorityLevel.CENTRAL
        or grant.territory_path.startswith(row["territory_path"])
        or grant.line_path.startswith(row["line_path"])
    )
