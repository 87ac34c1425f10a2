"""Who may do what: permissions, roles, grants and their reach; the only door to rows.

A grant is (role, authority, reach). Reach is checked on the two paths that every owned row carries:
`self` is the authority, `territory` and `line` are prefixes. Reading goes through a statement that is
narrowed by `reach_sql` (prepared SQL) or `readable` (ORM): outside reach there is no row, hence 404;
inside reach without the permission it is 403.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Text, and_, any_, bindparam, false, or_
from sqlalchemy.dialects.postgresql import ARRAY

from app.problems import Problem
from app.vocabularies import Permission, Reach, Role, Route

Known = TypeVar("Known")

_P = Permission
_EVERYONE = {_P.SELF_READ, _P.SELF_WRITE, _P.REFERENCE_READ, _P.LEGAL_DOCUMENT_READ, _P.AUTHORITY_READ}
_READ_WORK = {
    _P.CAMPAIGN_READ,
    _P.DEPLOYMENT_READ,
    _P.CANDIDATE_READ,
    _P.NOMINATION_READ,
    _P.DECISION_READ,
    _P.AWARD_READ,
    _P.SIGNER_READ,
    _P.STATISTICS_READ,
}
_ADMINISTER = {_P.USER_READ, _P.USER_WRITE, _P.GRANT_WRITE}
_READ_WITHOUT_PERSONS = {_P.CAMPAIGN_READ, _P.DEPLOYMENT_READ, _P.STATISTICS_READ}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    role: frozenset(_EVERYONE | extra)
    for role, extra in {
        Role.SYSTEM_ADMIN: _ADMINISTER,
        Role.AUTHORITY_ADMIN: _ADMINISTER | {_P.SIGNER_READ, _P.SIGNER_WRITE},
        Role.OFFICER: _READ_WORK
        | {_P.CAMPAIGN_WRITE, _P.LEGAL_DOCUMENT_WRITE, _P.NOMINATION_PROCESS, _P.CANDIDATE_WRITE},
        Role.LEADER: _READ_WORK | {_P.CAMPAIGN_LAUNCH, _P.DECISION_WRITE, _P.NOMINATION_FORWARD},
        Role.SUBMITTER: _READ_WORK
        | {_P.DEPLOYMENT_WRITE, _P.NOMINATION_WRITE, _P.CANDIDATE_WRITE, _P.LEGAL_DOCUMENT_WRITE},
        Role.COUNCIL_SECRETARY: _READ_WORK,
        Role.COUNCIL_MEMBER: _READ_WORK,
        Role.FINANCE: {_P.DECISION_READ, _P.AWARD_READ, _P.STATISTICS_READ},
        # of those who read everything the only one: who gives grants, or works under one, does not watch over their use
        Role.AUDITOR: _READ_WORK | {_P.AUDIT_READ, _P.USER_READ},
        Role.VIEWER: _READ_WITHOUT_PERSONS,
    }.items()
}

# Who runs the system makes administrators, and nobody who sees or decides awards: so no one person holds accounts and
# content. Who administers a body knows who works there and gives every role of that work, also to a second
# administrator, but never the system's: nobody gives more than was given to them.
GIVEABLE_ROLES: dict[Role, frozenset[Role]] = {
    Role.SYSTEM_ADMIN: frozenset({Role.SYSTEM_ADMIN, Role.AUTHORITY_ADMIN}),
    Role.AUTHORITY_ADMIN: frozenset(Role) - {Role.SYSTEM_ADMIN},
}


class Owned(Protocol):
    """A row that belongs to an authority."""

    @property
    def authority_id(self) -> uuid.UUID:
        """The body that owns it."""

    @property
    def territory_path(self) -> str:
        """Its path by territory."""

    @property
    def line_path(self) -> str:
        """Its path by line."""


@dataclass(frozen=True, slots=True)
class Place:
    """An authority as a place in both trees."""

    authority_id: uuid.UUID
    territory_path: str
    line_path: str


def place_of(row: Any) -> Place:
    """The owner of a row of prepared SQL."""
    return Place(row["authority_id"], row["territory_path"], row["line_path"])


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that is in force."""

    id: uuid.UUID
    role: Role
    authority_id: uuid.UUID
    territory_path: str
    line_path: str
    reach: Reach

    @property
    def permissions(self) -> frozenset[Permission]:
        """What its role may do."""
        return ROLE_PERMISSIONS[self.role]

    def covers(self, row: Owned, route: Route | None = None) -> bool:
        """Whether the row lies in reach. A dossier is gathered along its route only."""
        if self.authority_id == row.authority_id:
            return True
        if self.reach == Reach.TERRITORY:
            return route != Route.LINE and row.territory_path.startswith(self.territory_path)
        if self.reach == Reach.LINE:
            return route != Route.TERRITORY and row.line_path.startswith(self.line_path)
        return False


@dataclass(frozen=True, slots=True)
class ReachArguments:
    """The three arrays that narrow a statement: own authorities, territory prefixes, line prefixes."""

    own: tuple[uuid.UUID, ...]
    territories: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller, as the access token and the grants in force say. Never from body or query."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    display_name: str
    grants: tuple[Grant, ...]
    request_id: str = ""
    address: str = ""
    _follows: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def asking(self, request_id: str, address: str) -> "Actor":
        """The same caller with one request of theirs."""
        return Actor(self.user_id, self.session_id, self.display_name, self.grants, request_id, address, self._follows)

    def reach(self, permission: Permission | None = None) -> ReachArguments:
        """How far the grants reach; with `permission`, only those that hold it."""
        return self.once(("reach", permission), lambda: _reach_of(self._holding(permission)))

    def reach_as(self, role: Role) -> ReachArguments:
        """How far the grants of one role reach."""
        return self.once(("reach as", role), lambda: _reach_of([g for g in self.grants if g.role == role]))

    def _holding(self, permission: Permission | None) -> list[Grant]:
        return [g for g in self.grants if permission is None or permission in g.permissions]

    def once(self, key: object, make: Callable[[], Known]) -> Known:
        """What follows from the grants alone: made once, remembered as long as the caller is (`app/identity.py`)."""
        if key not in self._follows:
            self._follows[key] = make()
        found: Known = self._follows[key]
        return found

    def fingerprint(self) -> str:
        """Who asks, with everything that follows from the grants: what is kept under it is for nobody else."""
        return self.once("fingerprint", lambda: f"{self.user_id} {self.grants!r}")

    def holds(self, permission: Permission) -> bool:
        """Whether any grant holds the permission, anywhere."""
        return any(permission in grant.permissions for grant in self.grants)

    def require(self, permission: Permission) -> None:
        """403 where no grant holds the permission anywhere."""
        if not self.holds(permission):
            raise Problem("forbidden", permission=permission)

    def grant_for(self, permission: Permission, row: Owned, route: Route | None = None) -> Grant | None:
        """A grant that holds the permission and covers the row."""
        for grant in self.grants:
            if permission in grant.permissions and grant.covers(row, route):
                return grant
        return None

    def require_for(self, permission: Permission, row: Owned, route: Route | None = None) -> Grant:
        """The grant that permits it; 404 outside reach, 403 inside reach without the permission."""
        grant = self.grant_for(permission, row, route)
        if grant is not None:
            return grant
        if any(grant.covers(row, route) for grant in self.grants):
            raise Problem("forbidden", permission=permission)
        raise Problem("not_found")

    def grant_at(self, permission: Permission, authority_id: uuid.UUID) -> Grant | None:
        """A grant that holds the permission at exactly this authority (acting for it), or None."""
        for grant in self.grants:
            if grant.authority_id == authority_id and permission in grant.permissions:
                return grant
        return None

    def ancestors(self, permission: Permission | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Paths of all bodies above the grants' authorities (themselves included), by territory and by line.

        With `permission`, only those of grants that hold it.
        """
        return self.once(("ancestors", permission), lambda: self._ancestors(permission))

    def _ancestors(self, permission: Permission | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        grants = self._holding(permission)
        return (
            tuple({step for g in grants for step in _steps(g.territory_path)}),
            tuple({step for g in grants for step in _steps(g.line_path)}),
        )


def _reach_of(grants: list[Grant]) -> ReachArguments:
    return ReachArguments(
        own=tuple({g.authority_id for g in grants}),
        territories=_shortest(g.territory_path for g in grants if g.reach == Reach.TERRITORY),
        lines=_shortest(g.line_path for g in grants if g.reach == Reach.LINE),
    )


def _shortest(paths: Iterable[str]) -> tuple[str, ...]:
    """Prefixes without those that lie below another: no row is found twice."""
    kept: list[str] = []
    for candidate in sorted(set(paths)):
        if not any(candidate.startswith(prefix) for prefix in kept):
            kept.append(candidate)
    return tuple(kept)


def _steps(path: str) -> Iterable[str]:
    """`/1/22/345/` → `/1/`, `/1/22/`, `/1/22/345/`."""
    steps = path.strip("/").split("/")
    return ("/" + "/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))


def reach_sql(alias: str, first: int, *, routed: bool = False) -> str:
    """Condition for prepared SQL that a row of `alias` lies in reach.

    Takes three parameters from number `first` on: uuid[] own, text[] territories, text[] lines
    (`reach_arguments`). `routed` is for rows that travel along one route.
    """
    territory, line = ("and {a}.route = 'territory'", "and {a}.route = 'line'") if routed else ("", "")
    return (
        f"({alias}.authority_id = any(${first}::uuid[])"
        f" or ({alias}.territory_path ^@ any(${first + 1}::text[]) {territory.format(a=alias)})"
        f" or ({alias}.line_path ^@ any(${first + 2}::text[]) {line.format(a=alias)}))"
    )


def reach_arguments(reach: ReachArguments) -> tuple[list[uuid.UUID], list[str], list[str]]:
    """The three parameters of `reach_sql`."""
    return list(reach.own), list(reach.territories), list(reach.lines)


def readable(table: Any, actor: Actor) -> ColumnElement[bool]:
    """The same condition for the ORM: `select(Campaign).where(readable(Campaign, actor))`."""
    reach = actor.reach()
    routed = hasattr(table, "route")
    conditions: list[ColumnElement[bool]] = [table.authority_id.in_(reach.own) if reach.own else false()]
    if reach.territories:
        within = table.territory_path.op("^@")(any_(bindparam(None, list(reach.territories), ARRAY(Text))))
        conditions.append(and_(within, table.route == Route.TERRITORY) if routed else within)
    if reach.lines:
        within = table.line_path.op("^@")(any_(bindparam(None, list(reach.lines), ARRAY(Text))))
        conditions.append(and_(within, table.route == Route.LINE) if routed else within)
    return or_(*conditions)
