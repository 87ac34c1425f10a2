"""Accounts of people whose own body is in reach: opened, changed, locked and unlocked, invited to set a password."""

import secrets
import uuid
from datetime import timedelta
from hashlib import sha256
from typing import Any

from app import clock
from app.access import Actor, Grant, place_of, reach_arguments, reach_sql
from app.answers import check_version
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.invitations import InvitationOut, InvitedUser
from app.models.nominations import Reason
from app.models.users import NO_PASSWORD, UserAction, UserIn, UserOut, UserPage, UserPatch, UserSummary
from app.pages import cut, search_query, time_cursor
from app.problems import Problem
from app.records import record_in
from app.services.administration import (
    body_to_refer_to,
    givers_arguments,
    givers_sql,
    lock_users,
    may_administer,
    may_give,
    not_oneself,
)
from app.services.authorities import body_to_act_for
from app.services.sessions import canonical_username, require_confirmed
from app.vocabularies import AdministrationAction, Permission

INVITATION_LIFE = timedelta(hours=72)
_ENABLED: dict[str, Any] = {"state": "enabled"}
_DISABLED: dict[str, Any] = {"state": "disabled"}

_COLUMNS = f"""
select u.id, u.username, u.display_name, u.password_hash <> '{NO_PASSWORD}' as has_password, u.disabled_at,
       u.created_at, u.version, a.authority_id, a.territory_path, a.line_path, a.name as authority_name
"""
_FROM = """
from user_account u
join (select id as authority_id, name, territory_path, line_path from authority) as a on a.authority_id = u.authority_id
"""
_ONE = f"""
{_COLUMNS}, i.expires_at as invitation_expires_at, coalesce((
    select jsonb_agg(to_jsonb(held)) from (
        select g.role, {givers_sql("ga", "g.reach", 6)}
        from role_grant g join authority ga on ga.id = g.authority_id
        where g.user_id = u.id and (g.valid_to is null or g.valid_to >= $2)) as held), '[]') as held
{_FROM}
left join invitation i on i.user_id = u.id and i.used_at is null and i.voided_at is null and i.expires_at > now()
where u.id = $1 and {reach_sql("a", 3)}
"""
_LIST = f"""
{_COLUMNS} {_FROM}
where {reach_sql("a", 1)}
  and ($4::uuid is null or u.authority_id = $4)
  and ($5::boolean is null or (u.disabled_at is not null) = $5)
  and ($6::text is null or to_tsvector('simple', u.search_folded) @@ to_tsquery('simple', vi_fold($6)))
  and ($7::timestamptz is null or (u.created_at, u.id) < ($7, $8::uuid))
order by u.created_at desc, u.id desc limit $9
"""
_CREATE = """
insert into user_account (id, username, display_name, password_hash, authority_id, is_demonstration)
values ($1, $2, $3, $4, $5, false)
"""
_CHANGE = """
update user_account set display_name = coalesce($2, display_name), authority_id = coalesce($3, authority_id),
       version = version + 1
where id = $1
"""
_DISABLE = "update user_account set disabled_at = now(), version = version + 1 where id = $1"
_ENABLE = "update user_account set disabled_at = null, version = version + 1 where id = $1"
_FORGET_PASSWORD = "update user_account set password_hash = $2, version = version + 1 where id = $1"
_END_SESSIONS = "update user_session set ended_at = now(), end_reason = $2 where user_id = $1 and ended_at is null"
_VOID = "update invitation set voided_at = now() where user_id = $1 and used_at is null and voided_at is null"
_INVITE = """
insert into invitation (id, user_id, token_hash, created_by, expires_at) values ($1, $2, $3, $4, $5)
"""


async def list_users(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    q: str | None,
    authority_id: uuid.UUID | None,
    disabled: bool | None,
) -> UserPage:
    """Accounts whose own body is in reach, newest first; `q` finds names and user names without diacritics."""
    actor.require(Permission.USER_READ)
    rows = await reads.fetch(
        _LIST,
        *reach_arguments(actor.reach(Permission.USER_READ)),
        authority_id,
        disabled,
        search_query(q),
        *time_cursor(cursor),
        limit + 1,
    )
    page, next_cursor = cut(rows, limit, "created_at", "id")
    return UserPage(items=[_summary(row) for row in page], next_cursor=next_cursor)


async def read_user(reads: Reads, actor: Actor, user_id: uuid.UUID) -> UserOut:
    """One account whose own body is in reach."""
    row = await _find(reads, actor, user_id)
    actor.require_for(Permission.USER_READ, place_of(row))
    return _shape(row, actor)


async def create_user(tx: Transaction, actor: Actor, body: UserIn) -> InvitedUser:
    """Open an account without a password at a body in reach, with the invitation to set one; 409 username_taken."""
    _, grant = await body_to_act_for(tx, actor, body.authority_id, Permission.USER_WRITE)
    await lock_users(tx, actor, grant, actor.user_id)
    key, username = new_id(), canonical_username(body.username)
    await tx.execute(_CREATE, key, username, body.display_name, NO_PASSWORD, body.authority_id)
    invitation = await _invite(tx, actor, key)
    await record_in(
        tx,
        actor,
        action="created",
        entity="user_account",
        entity_id=key,
        authority_id=body.authority_id,
        grant=grant,
    )
    return await _invited(tx, actor, key, invitation)


async def update_user(tx: Transaction, actor: Actor, version: int, user_id: uuid.UUID, body: UserPatch) -> UserOut:
    """Another name, or another body in reach: where somebody moved to. Grants stay as they are."""
    row, grant = await _locked(tx, actor, version, user_id)
    if body.authority_id is not None:
        await body_to_refer_to(tx, actor, body.authority_id, Permission.USER_WRITE)
    await tx.execute(_CHANGE, user_id, body.display_name, body.authority_id)
    moved = body.authority_id is not None and body.authority_id != row["authority_id"]
    await record_in(
        tx,
        actor,
        action="updated",
        entity="user_account",
        entity_id=user_id,
        authority_id=row["authority_id"],
        grant=grant,
        before={"authority_id": str(row["authority_id"])} if moved else None,
        after={"fields": sorted(body.model_fields_set)} | ({"authority_id": str(body.authority_id)} if moved else {}),
    )
    return _shape(await _find(tx, actor, user_id), actor)


async def disable_user(tx: Transaction, actor: Actor, version: int, user_id: uuid.UUID, body: Reason) -> UserOut:
    """Lock an account: its sessions end, its invitation is void, and it stays with everything it has done."""
    row, grant = await _locked(tx, actor, version, user_id, "disable")
    await tx.execute(_DISABLE, user_id)
    await tx.execute(_END_SESSIONS, user_id, "account_disabled")
    await tx.execute(_VOID, user_id)
    await record_in(
        tx,
        actor,
        action="disabled",
        entity="user_account",
        entity_id=user_id,
        authority_id=row["authority_id"],
        grant=grant,
        after=_DISABLED,
        reason=body.reason,
    )
    return _shape(await _find(tx, actor, user_id), actor)


async def enable_user(tx: Transaction, actor: Actor, version: int, user_id: uuid.UUID, body: Reason) -> UserOut:
    """Unlock an account; its password is the one it had."""
    row, grant = await _locked(tx, actor, version, user_id, "enable")
    await tx.execute(_ENABLE, user_id)
    await record_in(
        tx,
        actor,
        action="enabled",
        entity="user_account",
        entity_id=user_id,
        authority_id=row["authority_id"],
        grant=grant,
        after=_ENABLED,
        reason=body.reason,
    )
    return _shape(await _find(tx, actor, user_id), actor)


async def invite_user(tx: Transaction, actor: Actor, version: int, user_id: uuid.UUID, body: Reason) -> InvitedUser:
    """A new invitation, also after a forgotten password: the old one and every session end with it.

    Whoever has the token acts as this user, so only who may give all that the user holds may have one made.
    """
    row, grant = await _locked(tx, actor, version, user_id, "invite")
    await require_confirmed(tx, actor)
    await tx.execute(_FORGET_PASSWORD, user_id, NO_PASSWORD)
    await tx.execute(_END_SESSIONS, user_id, "password_reset")
    invitation = await _invite(tx, actor, user_id)
    await record_in(
        tx,
        actor,
        action="invited",
        entity="user_account",
        entity_id=user_id,
        authority_id=row["authority_id"],
        grant=grant,
        reason=body.reason,
    )
    return await _invited(tx, actor, user_id, invitation)


async def _find(reads: Reads, actor: Actor, user_id: uuid.UUID) -> Row:
    row = await reads.fetchrow(_ONE, user_id, clock.today(), *reach_arguments(actor.reach()), *givers_arguments(actor))
    if row is None:
        raise Problem("not_found")
    return row


async def _locked(
    tx: Transaction, actor: Actor, version: int, user_id: uuid.UUID, action: UserAction = "edit"
) -> tuple[Row, Grant]:
    """The account, locked and ready for an action; refuses in the order 404, 403, 412, 409."""
    row = await _find(tx, actor, user_id)
    grant = actor.require_for(Permission.USER_WRITE, place_of(row))
    not_oneself(actor, user_id)
    await lock_users(tx, actor, grant, user_id)
    row = await _find(tx, actor, user_id)
    if not all(map(may_give if action == "invite" else may_administer, row["held"])):
        raise Problem("beyond_your_grant")
    check_version(version, row["version"])
    allowed = _allowed_actions(row, actor)
    if action not in allowed:
        raise Problem(
            "transition_refused",
            extensions={"allowed_actions": allowed},
            state="Đang bị khóa" if row["disabled_at"] else "Đang hoạt động",
            action=AdministrationAction(action).vi,
        )
    return row, grant


async def _invite(tx: Transaction, actor: Actor, user_id: uuid.UUID) -> InvitationOut:
    """A token of 256 bits in the place of any older one; only its digest stays."""
    token, expires_at = secrets.token_urlsafe(32), clock.now() + INVITATION_LIFE
    await tx.execute(_VOID, user_id)
    await tx.execute(_INVITE, new_id(), user_id, token_digest(token), actor.user_id, expires_at)
    return InvitationOut(token=token, expires_at=expires_at)


def token_digest(token: str) -> bytes:
    """256 random bits need no slow hash."""
    return sha256(token.encode(errors="surrogatepass")).digest()


async def _invited(tx: Transaction, actor: Actor, user_id: uuid.UUID, invitation: InvitationOut) -> InvitedUser:
    user = _shape(await _find(tx, actor, user_id), actor)
    return InvitedUser(**{name: getattr(user, name) for name in UserOut.model_fields}, invitation=invitation)


def _allowed_actions(row: Row, actor: Actor) -> list[UserAction]:
    """The same rules that refuse: not oneself, not beyond one's own grants."""
    if row["id"] == actor.user_id or actor.grant_for(Permission.USER_WRITE, place_of(row)) is None:
        return []
    if not all(map(may_administer, row["held"])):
        return []
    if row["disabled_at"] is not None:
        return ["edit", "enable"]
    return ["edit", "disable", "invite"] if all(map(may_give, row["held"])) else ["edit", "disable"]


def _summary(row: Row) -> UserSummary:
    return UserSummary(**_members(row))


def _shape(row: Row, actor: Actor) -> UserOut:
    return UserOut(
        **_members(row),
        invitation_expires_at=row["invitation_expires_at"],
        version=row["version"],
        allowed_actions=_allowed_actions(row, actor),
    )


def _members(row: Row) -> dict[str, Any]:
    return {
        "authority": AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        **{name: row[name] for name in ("id", "username", "display_name", "has_password", "disabled_at", "created_at")},
    }
