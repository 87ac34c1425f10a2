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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import SecretStr
from sqlalchemy import Row, TextClause, func, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import ROLE_PERMISSIONS, Actor
from app.clock import now, today
from app.db import Database, Reads, reads_of, transaction
from app.models.authorities import AuthorityReference
from app.models.records import AuditEvent
from app.models.users import (
    ConfirmIn,
    GrantOut,
    LoginAttempt,
    LoginIn,
    Me,
    PasswordIn,
    RefreshIn,
    RefreshToken,
    SessionOut,
    SessionPage,
    Tokens,
    UserAccount,
    UserSession,
)
from app.pages import cut, time_cursor
from app.passwords import admit_login, check_new_password, hash_password, needs_rehash, verify_password
from app.problems import Problem, field_problem
from app.sealing import Sealer
from app.services.second_factor import Outcome, check_code
from app.tokens import KeyRing

logger = logging.getLogger("tdkt")

Result = TypeVar("Result")

SESSION_LIFE = timedelta(hours=12)  # one working day; nothing prolongs it
REFRESH_LIFE = timedelta(hours=4)  # idle that long, and the next use asks for the password

# failures within 15 minutes; only their own address is ever refused, so nobody can lock out another
MOST_AT_ACCOUNT_FROM_ADDRESS = 5
MOST_FROM_ADDRESS = 30
MANY_AT_ACCOUNT = 100
SLOWED_SECONDS = 2.0
# from all addresses together: only who has the password can cause it, and a code has six digits
MOST_WRONG_CODES = 10
CONFIRMED_FOR = "5 minutes"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

_FAILURES = text(f"""
select ceil(extract(epoch from greatest(
         (select at from login_attempt
          where username = :username and address = :address and at > now() - interval '15 minutes'
          order by at desc offset {MOST_AT_ACCOUNT_FROM_ADDRESS - 1} limit 1),
         (select at from login_attempt where address = :address and at > now() - interval '15 minutes'
          order by at desc offset {MOST_FROM_ADDRESS - 1} limit 1)) + interval '15 minutes' - now())) as seconds_to_wait,
       (select count(*) from (
          select from login_attempt where username = :username and at > now() - interval '15 minutes'
          limit {MANY_AT_ACCOUNT}) found) as at_account,
       ceil(extract(epoch from (
          select at from login_attempt
          where username = :username and of_code and at > now() - interval '15 minutes'
          order by at desc offset {MOST_WRONG_CODES - 1} limit 1) + interval '15 minutes' - now())) as seconds_for_codes
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
_CONFIRMED = f"""
select from user_session where id = $1 and ended_at is null and confirmed_at > now() - interval '{CONFIRMED_FOR}'
"""
_SESSIONS = """
select s.id, s.created_at, s.expires_at, s.address, s.client, s.id = $2 as current,
       coalesce((select max(t.issued_at) from refresh_token t where t.session_id = s.id), s.created_at) as last_renewed_at
from user_session s
where s.user_id = $1 and s.ended_at is null and s.expires_at > now()
  and ($3::timestamptz is null or (s.created_at, s.id) < ($3, $4::uuid))
order by s.created_at desc, s.id desc limit $5
"""
_END_ALL = text("""
with ended as (
    update user_session set ended_at = now(), end_reason = 'keys_revoked'
    where ended_at is null and expires_at > now() returning id
)
insert into audit_event (action, entity, entity_id) select 'keys_revoked', 'user_session', id from ended
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
    """Where a request comes from: network address, its number, and what software says it is (User-Agent)."""

    address: str
    request_id: str
    client: str = ""


def canonical_username(typed: str) -> str:
    """The form in which user names are stored and compared: trimmed, NFC, without case."""
    return unicodedata.normalize("NFC", typed.strip().casefold())


async def log_in(db: Database, keys: KeyRing, sealer: Sealer, body: LoginIn, visitor: Visitor) -> Tokens:
    """Open a session. 401 login_failed whatever is wrong, after the same work; 429 after too many failures.

    With a second factor: 401 second_factor_required where the password is right and no code was given.
    """
    admit_login()
    username = canonical_username(body.username)

    async def open_session(session: AsyncSession, user: UserAccount) -> Tokens:
        row = UserSession(
            user_id=user.id,
            expires_at=now() + SESSION_LIFE,
            address=visitor.address or None,
            client=visitor.client or None,
            confirmed_at=now(),
        )
        session.add(row)
        await session.flush()
        _audit(session, "logged_in", row.id, user.id, visitor, authority_id=user.authority_id)
        return _issue(session, keys, user.id, row.id, row.expires_at)

    return await _authenticated(db, sealer, username, body.password, body.code, visitor, open_session)


async def confirm(db: Database, sealer: Sealer, actor: Actor, body: ConfirmIn, visitor: Visitor) -> None:
    """The caller is still who logged in: for five minutes they may do what asks for it (`require_confirmed`).

    422 where password or code is wrong or missing: the session itself is good, so it is no 401.
    """

    async def mark(session: AsyncSession, user: UserAccount) -> None:
        mine = (col(UserSession.id) == actor.session_id, col(UserSession.ended_at).is_(None))
        await session.exec(update(UserSession).where(*mine).values(confirmed_at=func.now()))
        _audit(session, "confirmed", actor.session_id, user.id, visitor, authority_id=user.authority_id)

    username = await _username_of(db, actor)
    try:
        await _authenticated(db, sealer, username, body.password, body.code, visitor, mark)
    except Problem as refusal:
        raise _in_field(refusal, "/password") from None


async def change_password(db: Database, actor: Actor, body: PasswordIn, visitor: Visitor) -> None:
    """A new password; every other session of the caller ends. 422 where the present one is wrong."""
    username = await _username_of(db, actor)
    password = body.new_password.get_secret_value()
    await check_new_password("/new_password", password, username, actor.display_name)
    if password == body.current_password.get_secret_value():
        raise field_problem(
            "/new_password",
            "same_password",
            "Mật khẩu mới phải khác mật khẩu đang dùng.",
            "The new password must differ from the present one.",
        )
    password_hash = await hash_password(password)

    async def store(session: AsyncSession, user: UserAccount) -> None:
        await session.exec(
            update(UserAccount).where(col(UserAccount.id) == user.id).values(password_hash=password_hash)
        )
        await _end_sessions(session, user.id, "password_changed", visitor, but=actor.session_id)
        _audit(
            session,
            "password_changed",
            user.id,
            user.id,
            visitor,
            entity="user_account",
            authority_id=user.authority_id,
        )

    # who has the password alone may change it: the code was given when this session began
    try:
        await _authenticated(db, None, username, body.current_password, None, visitor, store)
    except Problem as refusal:
        raise _in_field(refusal, "/current_password") from None


async def _authenticated(
    db: Database,
    sealer: Sealer | None,
    username: str,
    given: SecretStr,
    code: SecretStr | None,
    visitor: Visitor,
    then: Callable[[AsyncSession, UserAccount], Awaitable[Result]],
) -> Result:
    """What `then` makes in a transaction of its own, once password and code are right; without a sealer no code."""
    password = given.get_secret_value()
    async with transaction(db) as session:
        user = await _find_user(session, username)
        attempt = _attempt(user, username, visitor)
        found = await _failures(session, attempt)
    if found.limit is not None:
        raise found.limit
    if found.at_account >= MANY_AT_ACCOUNT:
        await asyncio.sleep(SLOWED_SECONDS)
    fits = await verify_password(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        raise await _record_failure(db, attempt, Problem("login_failed", headers=_CHALLENGE))
    new_hash = await hash_password(password) if needs_rehash(user.password_hash) else None
    async with transaction(db) as session:
        # again: of many guesses sent at once, only the first few may learn that they are right
        found = await _failures(session, attempt)
        limit = found.limit or found.limit_of_codes
        outcome = Outcome.NOT_SET_UP
        # while the password was looked at it may have been changed or taken away, or the account locked: what fitted
        # then opens nothing now, and its hash does not come back
        same = await _is_unchanged(session, user)
        if same and limit is None and sealer is not None:
            typed = code.get_secret_value() if code is not None else None
            outcome = await check_code(await reads_of(session), sealer, user.id, typed)
        if same and limit is None and outcome in (Outcome.NOT_SET_UP, Outcome.PASSED):
            if new_hash is not None:
                await session.exec(
                    update(UserAccount).where(col(UserAccount.id) == user.id).values(password_hash=new_hash)
                )
            return await then(session, user)
    if limit is not None:
        raise limit
    if not same:
        raise await _record_failure(db, attempt, Problem("login_failed", headers=_CHALLENGE))
    if outcome == Outcome.MISSING:
        raise Problem("second_factor_required", headers=_CHALLENGE)
    attempt.of_code = True
    raise await _record_failure(db, attempt, Problem("second_factor_wrong", headers=_CHALLENGE))


async def _is_unchanged(session: AsyncSession, user: UserAccount) -> bool:
    """Whether the account may still log in with the same password; it stays so until the transaction ends."""
    statement = (
        select(UserAccount.id)
        .where(
            col(UserAccount.id) == user.id,
            col(UserAccount.password_hash) == user.password_hash,
            col(UserAccount.disabled_at).is_(None),
        )
        .with_for_update(key_share=True)
    )
    return (await session.exec(statement)).one_or_none() is not None


def _in_field(refusal: Problem, password: str) -> Problem:
    if refusal.code == "login_failed":
        return field_problem(
            password,
            "wrong_password",
            "Mật khẩu không đúng. Hãy nhập lại mật khẩu đang dùng.",
            "The password is wrong. Type the one you use now.",
        )
    if refusal.code == "second_factor_required":
        return field_problem(
            "/code",
            "code_required",
            "Hãy nhập sáu chữ số đang hiện trong ứng dụng xác thực, hoặc một mã dự phòng.",
            "Type the six digits that the app shows, or a recovery code.",
        )
    if refusal.code == "second_factor_wrong":
        return field_problem(
            "/code",
            "code_does_not_match",
            "Mã không đúng, đã hết hạn hoặc đã dùng. Hãy chờ mã mới, hoặc dùng một mã dự phòng.",
            "The code is wrong, too old or already used. Wait for the next one, or use a recovery code.",
        )
    return refusal


async def _username_of(db: Database, actor: Actor) -> str:
    row = await db.reads.fetchrow("select username from user_account where id = $1", actor.user_id)
    assert row is not None, "accounts are not deleted"
    username: str = row["username"]
    return username


async def require_confirmed(tx: Reads, actor: Actor) -> None:
    """403 confirmation_required where the caller has not given their password within the last five minutes."""
    if await tx.fetchrow(_CONFIRMED, actor.session_id) is None:
        raise Problem("confirmation_required")


async def list_sessions(reads: Reads, actor: Actor, *, limit: int, cursor: str | None) -> SessionPage:
    """The caller's own sessions that go on, newest first."""
    rows = await reads.fetch(_SESSIONS, actor.user_id, actor.session_id, *time_cursor(cursor), limit + 1)
    page, next_cursor = cut(rows, limit, "created_at", "id")
    return SessionPage(items=[SessionOut(**row) for row in page], next_cursor=next_cursor)


async def end_session(db: AsyncSession, actor: Actor, session_id: uuid.UUID, visitor: Visitor) -> None:
    """End one of the caller's own sessions; again is no error. 404 for anybody else's."""
    found = await _session_of(db, actor, session_id)
    if found.ended_at is None:
        await _end_session(db, session_id, actor.user_id, "ended_by_user", visitor)


async def _session_of(db: AsyncSession, actor: Actor, session_id: uuid.UUID) -> UserSession:
    """A session of the caller's own; 404 for anybody else's."""
    mine = (col(UserSession.id) == session_id, col(UserSession.user_id) == actor.user_id)
    found = (await db.exec(select(UserSession).where(*mine).with_for_update())).one_or_none()
    if found is None:
        raise Problem("not_found")
    return found


async def end_other_sessions(db: AsyncSession, actor: Actor, visitor: Visitor) -> None:
    """End every session of the caller's own but this one."""
    await _end_sessions(db, actor.user_id, "ended_by_user", visitor, but=actor.session_id)


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


async def end_all_sessions(db: AsyncSession) -> int:
    """Everybody logs in again: the signing key was in other hands. Returns how many sessions that ended."""
    connection = await db.connection()
    ended = await connection.execute(_END_ALL)
    return ended.rowcount


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


@dataclass(frozen=True, slots=True)
class _Failures:
    """The refusals where a limit is reached, and how many failures there were at the account (at most 100)."""

    limit: Problem | None
    limit_of_codes: Problem | None
    at_account: int


async def _failures(session: AsyncSession, attempt: LoginAttempt) -> _Failures:
    row = await _row(session, _FAILURES, username=attempt.username, address=attempt.address)
    assert row is not None
    return _Failures(_wait(row.seconds_to_wait), _wait(row.seconds_for_codes), row.at_account)


def _wait(seconds_to_wait: float | None) -> Problem | None:
    if seconds_to_wait is None:
        return None
    seconds = max(1, int(seconds_to_wait))
    return Problem("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds)


async def _record_failure(db: Database, attempt: LoginAttempt, refusal: Problem) -> Problem:
    """Store and log it, which the limits keep from filling the log; the answer says no more than that it failed."""
    logger.warning("login failed: account %s, address %s, %s", attempt.username, attempt.address, refusal.code)
    async with transaction(db) as session:
        found = await _failures(session, attempt)
        session.add(attempt)
    return found.limit or refusal


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


async def _end_sessions(
    session: AsyncSession, user_id: uuid.UUID, reason: str, visitor: Visitor, *, but: uuid.UUID
) -> None:
    others = (col(UserSession.user_id) == user_id, col(UserSession.id) != but, col(UserSession.ended_at).is_(None))
    for found in (await session.exec(select(UserSession.id).where(*others).order_by(col(UserSession.id)))).all():
        await _end_session(session, found, user_id, reason, visitor)


def _audit(
    session: AsyncSession,
    action: str,
    entity_id: uuid.UUID,
    user_id: uuid.UUID,
    visitor: Visitor,
    *,
    entity: str = "user_session",
    authority_id: uuid.UUID | None = None,
) -> None:
    session.add(
        AuditEvent(
            actor_id=user_id,
            authority_id=authority_id,
            request_id=visitor.request_id,
            address=visitor.address or None,
            action=action,
            entity=entity,
            entity_id=entity_id,
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
    return (await _failures(session, attempt)).limit
