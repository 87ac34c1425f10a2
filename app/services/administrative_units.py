"""Administrative units: who was what on which day, and what became of whom."""

import uuid
from dataclasses import dataclass
from datetime import date

from app.access import Actor
from app.db import Reads, Row
from app.models.administrative_units import SuccessionOut, UnitLineage, UnitOut, UnitPage, UnitReference
from app.pages import cut, name_cursor, search_query
from app.problems import Problem
from app.vocabularies import Permission, SuccessionExtent, Tier, UnitKind, Verification

_COLUMNS = """
select u.id, u.code, u.name, u.name_sort, u.kind, u.tier, u.valid_from, u.valid_to, u.legal_basis, u.verification,
       u.note, p.id as parent_id, p.code as parent_code, p.name as parent_name,
       p.valid_from as parent_valid_from, p.valid_to as parent_valid_to
from administrative_unit u left join administrative_unit p on p.id = u.parent_id
"""
_ONE = f"{_COLUMNS} where u.id = $1"
_LIST = f"""{_COLUMNS}
where ($1::text is null or u.tier = $1)
  and ($2::uuid is null or u.parent_id = $2)
  and ($3::text is null or u.id in (
        with recursive within as (
            select id from administrative_unit where code = $3 and tier = 'province'
            union all
            select c.id from administrative_unit c join within on c.parent_id = within.id)
        select id from within))
  and ($4::date is null or (u.valid_from <= $4 and (u.valid_to is null or u.valid_to >= $4)))
  and ($5::text is null or to_tsvector('simple', u.name_folded) @@ to_tsquery('simple', vi_fold($5))
       or u.code = split_part($5, ':', 1))
  and ($6::text is null or (u.name_sort, u.id) > ($6, $7::uuid))
order by u.name_sort, u.id limit $8
"""
_LINEAGE = """
select 'self' as side, u.id, u.code, u.name, u.name_sort, u.valid_from, u.valid_to,
       null as extent, null::date as effective_date, null as legal_basis, null as verification
from administrative_unit u where u.id = $1
union all
select 'predecessor', u.id, u.code, u.name, u.name_sort, u.valid_from, u.valid_to,
       s.extent, s.effective_date, s.legal_basis, s.verification
from unit_succession s join administrative_unit u on u.id = s.from_unit_id where s.to_unit_id = $1
union all
select 'successor', u.id, u.code, u.name, u.name_sort, u.valid_from, u.valid_to,
       s.extent, s.effective_date, s.legal_basis, s.verification
from unit_succession s join administrative_unit u on u.id = s.to_unit_id where s.from_unit_id = $1
order by effective_date, name_sort, id
"""


@dataclass(frozen=True, slots=True)
class UnitFilters:
    """What a list of units is narrowed by; None does not narrow. Without `as_of` units of every time are listed."""

    tier: Tier | None = None
    parent_id: uuid.UUID | None = None
    province_code: str | None = None
    as_of: date | None = None
    q: str | None = None


async def list_units(reads: Reads, actor: Actor, filters: UnitFilters, *, limit: int, cursor: str | None) -> UnitPage:
    """Units in the order of the Vietnamese alphabet."""
    actor.require(Permission.REFERENCE_READ)
    after, after_id = name_cursor(cursor)
    rows = await reads.fetch(
        _LIST,
        filters.tier,
        filters.parent_id,
        filters.province_code,
        filters.as_of,
        search_query(filters.q),
        after,
        after_id,
        limit + 1,
    )
    page, next_cursor = cut(rows, limit, "name_sort", "id")
    return UnitPage(items=[_shape(row) for row in page], next_cursor=next_cursor)


async def read_unit(reads: Reads, actor: Actor, unit_id: uuid.UUID) -> UnitOut:
    """One unit in the period of its validity."""
    actor.require(Permission.REFERENCE_READ)
    row = await reads.fetchrow(_ONE, unit_id)
    if row is None:
        raise Problem("not_found")
    return _shape(row)


async def read_lineage(reads: Reads, actor: Actor, unit_id: uuid.UUID) -> UnitLineage:
    """What the unit was made of and what became of it, one step each way, with the extent."""
    actor.require(Permission.REFERENCE_READ)
    rows = await reads.fetch(_LINEAGE, unit_id)
    unit = next((row for row in rows if row["side"] == "self"), None)
    if unit is None:
        raise Problem("not_found")
    return UnitLineage(
        unit=_reference(unit),
        predecessors=[_succession(row) for row in rows if row["side"] == "predecessor"],
        successors=[_succession(row) for row in rows if row["side"] == "successor"],
    )


def _shape(row: Row) -> UnitOut:
    return UnitOut(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        kind=UnitKind(row["kind"]),
        tier=Tier(row["tier"]),
        parent=None
        if row["parent_id"] is None
        else UnitReference(
            id=row["parent_id"],
            code=row["parent_code"],
            name=row["parent_name"],
            valid_from=row["parent_valid_from"],
            valid_to=row["parent_valid_to"],
        ),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        legal_basis=row["legal_basis"],
        verification=Verification(row["verification"]),
        note=row["note"],
    )


def _reference(row: Row) -> UnitReference:
    return UnitReference(
        id=row["id"], code=row["code"], name=row["name"], valid_from=row["valid_from"], valid_to=row["valid_to"]
    )


def _succession(row: Row) -> SuccessionOut:
    return SuccessionOut(
        unit=_reference(row),
        extent=SuccessionExtent(row["extent"]),
        effective_date=row["effective_date"],
        legal_basis=row["legal_basis"],
        verification=Verification(row["verification"]),
    )
