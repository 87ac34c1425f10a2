"""Accepting an invitation: whoever holds its token sets the password of its user, once."""

import logging

from sqlalchemy import text, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Database, transaction
from app.models.invitations import InvitationAcceptance
from app.models.records import AuditEvent
from app.models.users import UserAccount
from app.passwords import check_new_password, hash_password
from app.problems import Problem
from app.services.sessions import Visitor, guess_of, limit_of_guesses
from app.services.users import token_digest

logger = logging.getLogger("tdkt")

# the account first, as who invites again locks it first; so of two at once the second finds the token used or void
_OPEN = """
select u.id, u.username, u.display_name, u.authority_id, u.version
from user_account u join invitation i on i.user_id = u.id
where i.token_hash = :token_hash and i.used_at is null and i.voided_at is null and i.expires_at > now()
  and u.disabled_at is null
"""
_FIND, _LOCK = text(_OPEN), text(f"{_OPEN} for no key update of u")
_USE = text("""
update invitation set used_at = now()
where token_hash = :token_hash and used_at is null and voided_at is null and expires_at > now()
returning id
""")


async def accept_invitation(db: Database, body: InvitationAcceptance, visitor: Visitor) -> None:
    """Set the password, and nothing else: no session is opened.

    401 invitation_refused whatever is wrong with the token, after the same work; 429 after as many failures from the
    address as at logging in; 422 for a weak password.
    """
    token_hash = token_digest(body.token.get_secret_value())
    password = body.password.get_secret_value()
    attempt = guess_of(token_hash, visitor)
    async with transaction(db) as session:
        limit = await limit_of_guesses(session, attempt)
        user = (await (await session.connection()).execute(_FIND, {"token_hash": token_hash})).one_or_none()
    if limit is not None:
        raise limit
    await check_new_password("/password", password, *((user.username, user.display_name) if user else ()))
    password_hash = await hash_password(password)
    async with transaction(db) as session:
        # again: of many guesses sent at once, only the first few may learn that they are right
        limit = await limit_of_guesses(session, attempt)
        if limit is None and await _set_password(session, token_hash, password_hash, visitor):
            return
        if limit is None:
            session.add(attempt)
            logger.warning("invitation refused: address %s", attempt.address)
    raise limit or Problem("invitation_refused", headers={"WWW-Authenticate": "Bearer"})


async def _set_password(session: AsyncSession, token_hash: bytes, password_hash: str, visitor: Visitor) -> bool:
    """Whether the token was good. The row lock decides between two at once."""
    connection = await session.connection()
    user = (await connection.execute(_LOCK, {"token_hash": token_hash})).one_or_none()
    if user is None or (await connection.execute(_USE, {"token_hash": token_hash})).one_or_none() is None:
        return False
    await session.exec(
        update(UserAccount)
        .where(col(UserAccount.id) == user.id)
        .values(password_hash=password_hash, version=user.version + 1)
    )
    session.add(
        AuditEvent(
            actor_id=user.id,
            authority_id=user.authority_id,
            request_id=visitor.request_id,
            address=visitor.address or None,
            action="password_set",
            entity="user_account",
            entity_id=user.id,
        )
    )
    return True
