"""Authorities: the bodies in reach, those above the caller, and the body a caller acts for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Grant, Place, place_of
from app.db import Reads, Row
from app.models.administrative_units import UnitReference
from app.models.authorities import (
    Authority,
    AuthorityLineage,
    AuthorityOut,
    AuthorityPage,
    AuthorityReference,
    AuthoritySuccession,
)
from app.pages import cut, name_cursor, search_query
from app.problems import Problem
from app.vocabularies import AuthorityKind, AuthorityLevel, Line, Permission, Route, Verification

_ACTING = """
select id as authority_id, name, kind, level, territory_path, line_path, valid_from, valid_to from authority where id = $1
"""
_COLUMNS = """
select a.id, a.code, a.name, a.name_sort, a.short_name, a.line, a.kind, a.level, a.head_title, a.identification_code,
       a.valid_from, a.valid_to, a.verification, a.note,
       u.id as unit_id, u.code as unit_code, u.name as unit_name,
       u.valid_from as unit_valid_from, u.valid_to as unit_valid_to,
       p.id as parent_id, p.name as parent_name, l.id as line_parent_id, l.name as line_parent_name,
       s.id as standing_body_id, s.name as standing_body_name
"""
_JOINS = """
left join administrative_unit u on u.id = a.unit_id
left join authority p on p.id = a.parent_id
left join authority l on l.id = a.line_parent_id
left join authority s on s.id = a.standing_body_id
"""


def known_sql(alias: str) -> str:
    """$1 to $5: what the grants reach, and the chains above the bodies of the grants."""
    return (
        f"({alias}.id = any($1::uuid[])"
        f" or {alias}.territory_path ^@ any($2::text[]) or {alias}.line_path ^@ any($3::text[])"
        f" or {alias}.territory_path = any($4::text[]) or {alias}.line_path = any($5::text[])"
        # everybody knows the bodies of the State and of the organisations at the centre, and cites their papers
        f" or {alias}.level = 'central')"
    )


# $6 to $10
_PAGE = """
  and ($6::text is null or to_tsvector('simple', a.search_folded) @@ to_tsquery('simple', vi_fold($6)))
  and ($7::date is null or ((a.valid_from is null or a.valid_from <= $7) and (a.valid_to is null or a.valid_to >= $7)))
  and ($8::text is null or (a.name_sort, a.id) > ($8, $9::uuid))
order by a.name_sort, a.id limit $10
"""
_ONE = f"{_COLUMNS} from authority a {_JOINS} where {known_sql('a')} and a.id = $6"
_NARROWED = """
  and ($11::text is null or a.line = $11)
  and ($12::text is null or a.kind = $12)
  and ($13::text is null or a.level = $13)
  and ($14::uuid is null or a.parent_id = $14)
"""
# Two plans for one list, measured with 200,000 bodies. Gathering first costs what the reach holds: 1 ms for a
# ward, 40 ms for a province. Walking along the names stops at the end of the page: 4 ms for the nation, which
# would take 900 ms to gather, and 170 ms for a ward.
_GATHER = f"""
with visible as materialized (
    select id from authority where id = any($1::uuid[])
    union
    -- ':' is the byte after '9', so this is the prefix, as a range of the index
    select below.id from unnest($2::text[]) as scope cross join lateral (
        select id from authority where territory_path >= scope and territory_path < scope || ':' offset 0) as below
    union
    select below.id from unnest($3::text[]) as scope cross join lateral (
        select id from authority where line_path >= scope and line_path < scope || ':' offset 0) as below
    union
    select id from authority where territory_path = any($4::text[])
    union
    select id from authority where line_path = any($5::text[])
    union
    select id from authority where level = 'central'
), page as materialized (
    select a.id from visible join authority a on a.id = visible.id where true {_NARROWED} {_PAGE}
)
{_COLUMNS} from page join authority a on a.id = page.id {_JOINS} order by a.name_sort, a.id
"""
_WALK = f"{_COLUMNS} from authority a {_JOINS} where {known_sql('a')} {_NARROWED} {_PAGE}"
# one row without a child where the body has none, no row where the caller may not know of the body
_CHILDREN = {
    route: f"""
select c.* from (select x.id from authority x where x.id = $11 and {known_sql("x")}) as above
left join lateral (
    {_COLUMNS} from authority a {_JOINS} where a.{column} = above.id and {known_sql("a")} {_PAGE}
) as c on true
order by c.name_sort, c.id
"""
    for route, column in {Route.TERRITORY: "parent_id", Route.LINE: "line_parent_id"}.items()
}


@dataclass(frozen=True, slots=True)
class AuthorityFilters:
    """What a list of bodies is narrowed by; None does not narrow. Without `as_of` bodies of every time are listed."""

    line: Line | None = None
    kind: AuthorityKind | None = None
    level: AuthorityLevel | None = None
    parent_id: uuid.UUID | None = None
    as_of: date | None = None
    q: str | None = None


async def list_authorities(
    reads: Reads, actor: Actor, filters: AuthorityFilters, *, limit: int, cursor: str | None
) -> AuthorityPage:
    """Bodies in reach, the chains above the caller's own, and the centre, in the order of the Vietnamese alphabet."""
    actor.require(Permission.AUTHORITY_READ)
    visible = known_arguments(actor)
    whole_tree = any(path.count("/") == 2 for path in visible[1] + visible[2])
    rows = await reads.fetch(
        _WALK if whole_tree and filters.q is None else _GATHER,
        *visible,
        search_query(filters.q),
        filters.as_of,
        *name_cursor(cursor),
        limit + 1,
        filters.line,
        filters.kind,
        filters.level,
        filters.parent_id,
    )
    return _page(rows, limit)


async def read_authority(reads: Reads, actor: Actor, authority_id: uuid.UUID) -> AuthorityOut:
    """One body in reach or above the caller."""
    actor.require(Permission.AUTHORITY_READ)
    row = await reads.fetchrow(_ONE, *known_arguments(actor), authority_id)
    if row is None:
        raise Problem("not_found")
    return _shape(row)


_LINEAGE = """
select case when s.to_unit_id = a.unit_id then 'predecessor' else 'successor' end as side,
       o.id, o.name, u.id as unit_id, u.code as unit_code, u.name as unit_name,
       u.valid_from as unit_valid_from, u.valid_to as unit_valid_to,
       s.extent, s.effective_date, s.legal_basis, s.verification
from authority a
join unit_succession s on a.unit_id in (s.to_unit_id, s.from_unit_id)
join administrative_unit u on u.id = case when s.to_unit_id = a.unit_id then s.from_unit_id else s.to_unit_id end
-- each unit has one of these; of schools or enterprises the units do not say which took over from which
join authority o on o.unit_id = u.id and o.kind = a.kind and o.level = a.level
where a.id = $1 and a.kind in ('people_committee', 'people_council', 'front_committee', 'womens_union',
    'farmers_union', 'youth_union', 'veterans_association', 'trade_union')
order by s.effective_date, u.name_sort, o.id
"""


async def read_lineage(reads: Reads, actor: Actor, authority_id: uuid.UUID) -> AuthorityLineage:
    """From whom a body took over and who took over from it: as its unit was made of others and became others.

    Empty for bodies that no unit has exactly one of.
    """
    authority = await read_authority(reads, actor, authority_id)
    rows = await reads.fetch(_LINEAGE, authority_id)

    def side(name: str) -> list[AuthoritySuccession]:
        return [
            AuthoritySuccession(
                authority=AuthorityReference(id=row["id"], name=row["name"]),
                unit=_unit(row),
                **{key: row[key] for key in ("extent", "effective_date", "legal_basis", "verification")},
            )
            for row in rows
            if row["side"] == name
        ]

    return AuthorityLineage(
        authority=AuthorityReference(id=authority.id, name=authority.name),
        predecessors=side("predecessor"),
        successors=side("successor"),
    )


async def list_children(
    reads: Reads,
    actor: Actor,
    authority_id: uuid.UUID,
    *,
    tree: Route,
    as_of: date | None,
    q: str | None,
    limit: int,
    cursor: str | None,
) -> AuthorityPage:
    """Bodies directly below one, in one of the two trees: of those the caller may know."""
    actor.require(Permission.AUTHORITY_READ)
    rows = await reads.fetch(
        _CHILDREN[tree],
        *known_arguments(actor),
        search_query(q),
        as_of,
        *name_cursor(cursor),
        limit + 1,
        authority_id,
    )
    if not rows:
        raise Problem("not_found")
    return _page([row for row in rows if row["id"] is not None], limit)


async def authority_to_act_for(
    db: AsyncSession, actor: Actor, authority_id: uuid.UUID, permission: Permission
) -> tuple[Authority, Grant]:
    """The body the caller acts for, with the grant that permits it; 404 outside reach, 403 without the permission."""
    found = (await db.exec(select(Authority).where(Authority.id == authority_id))).one_or_none()
    if found is None:
        raise Problem("not_found")
    place = Place(found.id, found.territory_path, found.line_path)
    return found, _grant_to_act(actor, place, permission, name=found.name, valid_to=found.valid_to, itself=False)


async def body_to_act_for(
    reads: Reads, actor: Actor, authority_id: uuid.UUID, permission: Permission, *, itself: bool = False
) -> tuple[Row, Grant]:
    """The same without a session: the columns of `_ACTING`.

    `itself` wants a grant at that very body: what only its own people do.
    """
    row = await reads.fetchrow(_ACTING, authority_id)
    if row is None:
        raise Problem("not_found")
    grant = _grant_to_act(actor, place_of(row), permission, name=row["name"], valid_to=row["valid_to"], itself=itself)
    return row, grant


def _grant_to_act(
    actor: Actor, body: Place, permission: Permission, *, name: str, valid_to: date | None, itself: bool
) -> Grant:
    grant = actor.grant_at(permission, body.authority_id)
    if grant is None:
        grant = actor.require_for(permission, body)
        if itself:
            raise Problem("forbidden", permission=permission)
    if valid_to is not None and valid_to < clock.today():
        raise Problem("body_ended", authority=name, ended=f"{valid_to:%d/%m/%Y}")
    return grant


def may_know(actor: Actor, authority: Authority) -> bool:
    """Whether a body is in reach, above the caller, or central: the same as the prepared reads say."""
    own, territories, lines, above_by_territory, above_by_line = known_arguments(actor)
    return (
        authority.id in own
        or authority.territory_path.startswith(tuple(territories))
        or authority.line_path.startswith(tuple(lines))
        or authority.territory_path in above_by_territory
        or authority.line_path in above_by_line
        or authority.level == AuthorityLevel.CENTRAL
    )


def known_arguments(actor: Actor) -> tuple[list[uuid.UUID], list[str], list[str], list[str], list[str]]:
    reach = actor.reach(Permission.AUTHORITY_READ)
    by_territory, by_line = actor.ancestors()
    return list(reach.own), list(reach.territories), list(reach.lines), list(by_territory), list(by_line)


def _page(rows: Sequence[Row], limit: int) -> AuthorityPage:
    page, next_cursor = cut(rows, limit, "name_sort", "id")
    return AuthorityPage(items=[_shape(row) for row in page], next_cursor=next_cursor)


def _shape(row: Row) -> AuthorityOut:
    return AuthorityOut(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        short_name=row["short_name"],
        line=Line(row["line"]),
        kind=AuthorityKind(row["kind"]),
        level=AuthorityLevel(row["level"]),
        administrative_unit=None if row["unit_id"] is None else _unit(row),
        parent=_reference(row, "parent"),
        line_parent=_reference(row, "line_parent"),
        standing_body=_reference(row, "standing_body"),
        head_title=row["head_title"],
        identification_code=row["identification_code"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        verification=Verification(row["verification"]),
        note=row["note"],
    )


def _unit(row: Row) -> UnitReference:
    return UnitReference(
        id=row["unit_id"],
        code=row["unit_code"],
        name=row["unit_name"],
        valid_from=row["unit_valid_from"],
        valid_to=row["unit_valid_to"],
    )


def _reference(row: Row, name: str) -> AuthorityReference | None:
    identifier = row[f"{name}_id"]
    return None if identifier is None else AuthorityReference(id=identifier, name=row[f"{name}_name"])
