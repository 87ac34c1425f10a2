"""The caller of a request: access token → session → grants in force, remembered for at most 5 seconds."""

import time
import uuid
from collections.abc import Iterable
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
select u.display_name,
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
group by u.id
"""


class Callers:
    """Verified tokens and their actors, in this process."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._claims: dict[str, Claims] = {}
        self._actors: dict[uuid.UUID, tuple[float, Actor]] = {}

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
        if remembered is not None and time.monotonic() - remembered[0] < REMEMBERED_SECONDS:
            return remembered[1]
        actor = await _load(reads, claims)
        if len(self._actors) >= _MOST_REMEMBERED:
            self._actors.clear()
        self._actors[claims.session_id] = (time.monotonic(), actor)
        return actor

    async def asking(self, reads: Reads, token: str, scope: Scope) -> Actor:
        """The actor of a token with what the trace of a change says of the request."""
        actor = await self.actor(reads, token)
        client = scope.get("client")
        return actor.asking(scope["state"]["request_id"], client[0] if client else "")

    def forget(self) -> None:
        """Look everything up again: for this process's own changes, and for tests."""
        self._actors.clear()


async def _load(reads: Reads, claims: Claims) -> Actor:
    row = await reads.fetchrow(_LOAD, claims.session_id, claims.user_id, today())
    if row is None:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    grants: list[dict[str, Any]] = row["grants"]
    return Actor(
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
    if credentials is None:
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    callers: Callers = request.app.state.callers
    return await callers.asking(reads, credentials.credentials, request.scope)


CurrentActor = Annotated[Actor, Depends(current_actor)]
