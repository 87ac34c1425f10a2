"""Sessions: log in, renew, log out, who am I; and what slows down the guessing of passwords.

Log-in and renewal open their own short transactions: a refusal must leave its trace (a failed attempt, an
ended session) where the transaction of a request would be rolled back, and no connection may wait for a hash.
"""

import asyncio
import hashlib
import ipaddress
import logging
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, TextClause, func, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import ROLE_PERMISSIONS, Actor
from app.clock import now, today
from app.db import Database, Reads, transaction
from app.models.authorities import AuthorityReference
from app.models.records import AuditEvent
from app.models.users import (
    GrantOut,
    LoginAttempt,
    LoginIn,
    Me,
    RefreshIn,
    RefreshToken,
    Tokens,
    UserAccount,
    UserSession,
)
from app.passwords import hash_password, needs_rehash, verify_password
from app.problems import Problem
from app.tokens import KeyRing

logger = logging.getLogger("tdkt")

SESSION_LIFE = timedelta(hours=12)  # one working day; nothing prolongs it
REFRESH_LIFE = timedelta(hours=4)  # idle that long, and the next use asks for the password

# failures within 15 minutes; only their own address is ever refused, so nobody can lock out another
MOST_AT_ACCOUNT_FROM_ADDRESS = 5
MOST_FROM_ADDRESS = 30
MANY_AT_ACCOUNT = 100
SLOWED_SECONDS = 2.0

_FAILURES = text(f"""
select ceil(extract(epoch from greatest(
         (select at from login_attempt
          where username = :username and address = :address and at > now() - interval '15 minutes'
          order by at desc offset {MOST_AT_ACCOUNT_FROM_ADDRESS - 1} limit 1),
         (select at from login_attempt where address = :address and at > now() - interval '15 minutes'
          order by at desc offset {MOST_FROM_ADDRESS - 1} limit 1)) + interval '15 minutes' - now())) as seconds_to_wait,
       (select count(*) from (
          select from login_attempt where username = :username and at > now() - interval '15 minutes'
          limit {MANY_AT_ACCOUNT}) found) as at_account
""")
# decides between two at once: the second waits for the row of the first and then finds it used
_USE = text("""
update refresh_token t set used_at = now()
from user_session s join user_account u on u.id = s.user_id
where t.token_hash = :token_hash and t.used_at is null and t.expires_at > now()
  and s.id = t.session_id and s.ended_at is null and s.expires_at > now() and u.disabled_at is null
returning s.id as session_id, s.user_id, s.expires_at
""")
_USED_BEFORE = text("""
select s.id as session_id, s.user_id, t.used_at > now() - interval '10 seconds' as just_now
from refresh_token t join user_session s on s.id = t.session_id and s.ended_at is null
where t.token_hash = :token_hash and t.used_at is not null
""")
_ME = """
select u.id, u.username, u.display_name, own.id as authority_id, own.name as authority_name,
       coalesce(jsonb_agg(jsonb_build_object(
           'id', g.id, 'role', g.role, 'reach', g.reach, 'valid_from', g.valid_from, 'valid_to', g.valid_to,
           'authority', jsonb_build_object('id', a.id, 'name', a.name)) order by g.valid_from, g.id)
         filter (where a.id is not null), '[]') as grants
from user_account u
left join authority own on own.id = u.authority_id
left join role_grant g on g.user_id = u.id and g.suspended_at is null
     and g.valid_from <= $2 and (g.valid_to is null or g.valid_to >= $2)
left join authority a on a.id = g.authority_id
where u.id = $1
group by u.id, own.id
"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request without a token comes from."""

    address: str
    request_id: str


def canonical_username(typed: str) -> str:
    """The form in which user names are stored and compared: trimmed, NFC, without case."""
    return unicodedata.normalize("NFC", typed.strip().casefold())


async def log_in(db: Database, keys: KeyRing, body: LoginIn, visitor: Visitor) -> Tokens:
    """Open a session. 401 login_failed whatever is wrong, after the same work; 429 after too many failures."""
    username = canonical_username(body.username)
    password = body.password.get_secret_value()
    async with transaction(db) as session:
        user = await _find_user(session, username)
        attempt = _attempt(user, username, visitor)
        limit, at_account = await _failures(session, attempt)
    if limit is not None:
        raise limit
    if at_account >= MANY_AT_ACCOUNT:
        await asyncio.sleep(SLOWED_SECONDS)
    fits = await verify_password(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        raise await _record_failure(db, attempt)
    new_hash = await hash_password(password) if needs_rehash(user.password_hash) else None
    async with transaction(db) as session:
        # again: of many guesses sent at once, only the first few may learn that they are right
        limit, _ = await _failures(session, attempt)
        if limit is None:
            if new_hash is not None:
                await session.exec(
                    update(UserAccount).where(col(UserAccount.id) == user.id).values(password_hash=new_hash)
                )
            return await _open_session(session, keys, user.id, visitor)
    raise limit


async def renew(db: Database, keys: KeyRing, body: RefreshIn, visitor: Visitor) -> Tokens:
    """Exchange a refresh token for the next pair; each is good once.

    401 refresh_refused; a token used before ends its session too, as one of its two holders stole it. Within
    10 seconds it is 409 busy instead: a double click, or two tabs that wake up together.
    """
    token_hash = _digest(body.refresh_token.get_secret_value())
    async with transaction(db) as session:
        used = await _row(session, _USE, token_hash=token_hash)
        if used is not None:
            return _issue(session, keys, used.user_id, used.session_id, used.expires_at)
        refusal = await _refuse_renewal(session, token_hash, visitor)
    raise refusal


async def log_out(db: AsyncSession, actor: Actor) -> None:
    """End the caller's session; its tokens stop within 5 seconds."""
    await _end_session(db, actor.session_id, actor.user_id, "logged_out", Visitor(actor.address, actor.request_id))


async def read_me(reads: Reads, actor: Actor) -> Me:
    """The caller, with the grants in force today."""
    row = await reads.fetchrow(_ME, actor.user_id, today())
    if row is None:
        raise Problem("not_found")
    return Me(
        id=row["id"],
        username=row["username"],
        display_name=row["display_name"],
        authority=AuthorityReference(id=row["authority_id"], name=row["authority_name"])
        if row["authority_id"]
        else None,
        grants=[GrantOut(permissions=sorted(ROLE_PERMISSIONS[grant["role"]]), **grant) for grant in row["grants"]],
    )


async def _row(session: AsyncSession, statement: TextClause, **parameters: object) -> Row[Any] | None:
    connection = await session.connection()
    return (await connection.execute(statement, parameters)).one_or_none()


async def _find_user(session: AsyncSession, username: str) -> UserAccount | None:
    # PostgreSQL has no NUL in text; an unprintable name is nobody's, and costs a look-up as every other
    name = username if username.isprintable() else ""
    return (await session.exec(select(UserAccount).where(UserAccount.username == name))).one_or_none()


def _attempt(user: UserAccount | None, username: str, visitor: Visitor) -> LoginAttempt:
    """What is stored if it fails: never what was typed, as people type passwords into the wrong field."""
    account = user.username if user else "?" + hashlib.sha256(username.encode()).hexdigest()[:32]
    return LoginAttempt(username=account, address=_network(visitor.address))


def _network(address: str) -> str:
    """The address that failures are counted for; a customer of IPv6 has a whole /64 to change in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(parsed) >> 64 << 64)}/64"


async def _failures(session: AsyncSession, attempt: LoginAttempt) -> tuple[Problem | None, int]:
    """The refusal where a limit is reached, and how many failures there were at the account (at most 100)."""
    row = await _row(session, _FAILURES, username=attempt.username, address=attempt.address)
    assert row is not None
    if row.seconds_to_wait is None:
        return None, row.at_account
    seconds = max(1, int(row.seconds_to_wait))
    return Problem("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds), row.at_account


async def _record_failure(db: Database, attempt: LoginAttempt) -> Problem:
    """Store and log it, which the limits keep from filling the log; the answer says no more than that it failed."""
    logger.warning("login failed: account %s, address %s", attempt.username, attempt.address)
    async with transaction(db) as session:
        limit, _ = await _failures(session, attempt)
        session.add(attempt)
    return limit or Problem("login_failed", headers={"WWW-Authenticate": "Bearer"})


async def _open_session(session: AsyncSession, keys: KeyRing, user_id: uuid.UUID, visitor: Visitor) -> Tokens:
    row = UserSession(user_id=user_id, expires_at=now() + SESSION_LIFE)
    session.add(row)
    await session.flush()
    _audit(session, "logged_in", row.id, user_id, visitor)
    return _issue(session, keys, user_id, row.id, row.expires_at)


def _issue(
    session: AsyncSession, keys: KeyRing, user_id: uuid.UUID, session_id: uuid.UUID, session_expires_at: datetime
) -> Tokens:
    access_token, expires_in = keys.sign(user_id, session_id)
    refresh_token = secrets.token_urlsafe(32)
    expires_at = min(now() + REFRESH_LIFE, session_expires_at)
    session.add(RefreshToken(session_id=session_id, token_hash=_digest(refresh_token), expires_at=expires_at))
    return Tokens(access_token=access_token, token_type="Bearer", expires_in=expires_in, refresh_token=refresh_token)


async def _refuse_renewal(session: AsyncSession, token_hash: bytes, visitor: Visitor) -> Problem:
    before = await _row(session, _USED_BEFORE, token_hash=token_hash)
    if before is not None and before.just_now:
        return Problem("busy", headers={"Retry-After": "1"})
    if before is not None:
        await _end_session(session, before.session_id, before.user_id, "refresh_token_reused", visitor)
    return Problem("refresh_refused", headers={"WWW-Authenticate": "Bearer"})


async def _end_session(
    session: AsyncSession, session_id: uuid.UUID, user_id: uuid.UUID, reason: str, visitor: Visitor
) -> None:
    await session.exec(
        update(UserSession)
        .where(col(UserSession.id) == session_id, col(UserSession.ended_at).is_(None))
        .values(ended_at=func.now(), end_reason=reason)
    )
    _audit(session, reason, session_id, user_id, visitor)


def _audit(session: AsyncSession, action: str, session_id: uuid.UUID, user_id: uuid.UUID, visitor: Visitor) -> None:
    session.add(
        AuditEvent(
            actor_id=user_id,
            request_id=visitor.request_id,
            address=visitor.address or None,
            action=action,
            entity="user_session",
            entity_id=session_id,
        )
    )


def _digest(refresh_token: str) -> bytes:
    """256 random bits need no slow hash."""
    return hashlib.sha256(refresh_token.encode(errors="surrogatepass")).digest()


def guess_of(digest: bytes, visitor: Visitor) -> LoginAttempt:
    """What is stored if another one-time secret than a password is wrong; it counts as a failed login does."""
    return LoginAttempt(username="?" + digest.hex()[:32], address=_network(visitor.address))


async def limit_of_guesses(session: AsyncSession, attempt: LoginAttempt) -> Problem | None:
    """The refusal where a limit of failures is reached."""
    limit, _ = await _failures(session, attempt)
    return limit
