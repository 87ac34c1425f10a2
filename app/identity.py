"""The caller of a request: access token → session → grants in force, remembered while nothing of it changes."""

import math
import time
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Scope

from app.access import Actor, Grant
from app.clock import today
from app.db import Read, Reads
from app.problems import Problem
from app.tokens import Claims, KeyRing, TokenRefused
from app.vocabularies import Reach, Role

# revoked sessions, disabled users and changed grants take effect within this time on every worker
REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 20_000

_LOAD = """
select u.display_name, s.expires_at,
       coalesce(jsonb_agg(jsonb_build_object(
           'id', g.id, 'role', g.role, 'reach', g.reach, 'authority_id', a.id,
           'territory_path', a.territory_path, 'line_path', a.line_path) order by g.id)
         filter (where a.id is not null), '[]') as grants
from user_session s
join user_account u on u.id = s.user_id and u.disabled_at is null
left join role_grant g on g.user_id = u.id and g.suspended_at is null
     and g.valid_from <= $3 and (g.valid_to is null or g.valid_to >= $3)
left join authority a on a.id = g.authority_id
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
group by u.id, s.expires_at
"""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A caller, when they were looked up (monotonic), on which day, and until when their session lasts (epoch)."""

    actor: Actor
    looked_up: float
    day: date
    session_ends: float


class Callers:
    """Verified tokens and their actors, in this process."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._claims: dict[str, Claims] = {}
        self._actors: dict[uuid.UUID, _Remembered] = {}
        # changes committed before this moment are known (monotonic); `app/changes.py` moves it on
        self._followed = -math.inf
        self._forgotten = 0

    async def actor(self, reads: Reads, token: str) -> Actor:
        """The actor of a token; 401 where token, session or account is not good."""
        claims = self._claims.get(token)
        if claims is None or claims.expires_at <= time.time():
            try:
                claims = self._keys.verify(token)
            except TokenRefused:
                self._claims.pop(token, None)
                raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"}) from None
            if len(self._claims) >= _MOST_REMEMBERED:
                self._claims.clear()
            self._claims[token] = claims
        remembered = self._actors.get(claims.session_id)
        if remembered is not None and self._still_true(remembered):
            return remembered.actor
        looked_up, forgotten = time.monotonic(), self._forgotten
        found = await _load(reads, claims, looked_up)
        if len(self._actors) >= _MOST_REMEMBERED:
            self._actors.clear()
        # what somebody changed while we looked is not remembered: it may have been seen or not
        if forgotten == self._forgotten:
            self._actors[claims.session_id] = found
        return found.actor

    def _still_true(self, remembered: _Remembered) -> bool:
        """Looked up just now, or nothing has changed since that we would not know of."""
        known = max(remembered.looked_up, self._followed)
        return (
            time.monotonic() - known < REMEMBERED_SECONDS
            and remembered.day == today()
            and remembered.session_ends > time.time()
        )

    async def asking(self, reads: Reads, token: str, scope: Scope) -> Actor:
        """The actor of a token with what the trace of a change says of the request."""
        actor = await self.actor(reads, token)
        client = scope.get("client")
        return actor.asking(scope["state"]["request_id"], client[0] if client else "")

    def forget_tokens(self) -> None:
        """Verify every token again: a key may be gone."""
        self._claims.clear()

    def follow(self, since: float) -> None:
        """Everything committed before this moment (monotonic clock) is known."""
        self._followed = since

    def forget(self, users: Collection[uuid.UUID] | None = None) -> None:
        """Look these up again; all where none are named."""
        self._forgotten += 1
        if users is None:
            self._actors.clear()
            return
        gone = set(users)
        self._actors = {key: r for key, r in self._actors.items() if r.actor.user_id not in gone}


async def _load(reads: Reads, claims: Claims, looked_up: float) -> _Remembered:
    day = today()
    row = await reads.fetchrow(_LOAD, claims.session_id, claims.user_id, day)
    if row is None:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    grants: list[dict[str, Any]] = row["grants"]
    actor = Actor(
        user_id=claims.user_id,
        session_id=claims.session_id,
        display_name=row["display_name"],
        grants=tuple(
            Grant(
                id=uuid.UUID(g["id"]),
                role=Role(g["role"]),
                authority_id=uuid.UUID(g["authority_id"]),
                territory_path=g["territory_path"],
                line_path=g["line_path"],
                reach=Reach(g["reach"]),
            )
            for g in grants
        ),
    )
    return _Remembered(actor, looked_up, day, row["expires_at"].timestamp())


def asked_by(actor: Actor, request: Request) -> Actor:
    """The caller with this request of theirs, for a read that leaves a trace."""
    return actor.asking(request.state.request_id, request.client.host if request.client else "")


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of one plain `Authorization: Bearer …` header; None for anything else."""
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or not given[0].startswith(b"Bearer "):
        return None
    return given[0][7:].decode("latin-1")


_bearer = HTTPBearer(bearerFormat="JWT", auto_error=False, description="Mã truy cập lấy từ POST /v1/auth/login.")


async def current_actor(
    request: Request, reads: Read, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """The caller, or 401."""
    # the scheme is for the document only: it would take the first of two headers, and spaces around a token
    del credentials
    token = bearer_token(request.scope["headers"])
    if token is None:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    callers: Callers = request.app.state.callers
    return await callers.asking(reads, token, request.scope)


CurrentActor = Annotated[Actor, Depends(current_actor)]
