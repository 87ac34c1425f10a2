"""Counts of awards over a subtree, from roll-up rows: the cost does not grow with the number of awards."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.access import Actor, Place, place_of, reach_arguments, reach_sql
from app.answers import TaggedBody
from app.clock import today
from app.db import Reads, Row
from app.kept_answers import KeptAnswers
from app.models.statistics import GROUPS_MOST, GroupBy
from app.problems import Problem, field_problem
from app.services.award_counts import CountedBody, counts_statement
from app.services.historical_figures import FIGURE_JSON, concerns, unit_json
from app.shapes import raw_json
from app.vocabularies import (
    AuthorityKind,
    Permission,
    Route,
    StatisticsBasis,
    SuccessionExtent,
    Term,
)

# kinds of which a unit has one at its own level, so that the body of the old unit is the predecessor of the new
# one; a school of the old ward is not the predecessor of any school of the new ward
_ONE_IN_A_UNIT = (
    AuthorityKind.PEOPLE_COMMITTEE,
    AuthorityKind.PEOPLE_COUNCIL,
    AuthorityKind.FRONT_COMMITTEE,
    AuthorityKind.WOMENS_UNION,
    AuthorityKind.FARMERS_UNION,
    AuthorityKind.YOUTH_UNION,
    AuthorityKind.VETERANS_ASSOCIATION,
)


def _array(terms: Sequence[Term]) -> str:
    return "'{" + ",".join(term.value for term in terms) + "}'::text[]"


def _all_below_in_reach(path: str) -> str:
    return f"""not exists (
            select from (select id as authority_id, territory_path, line_path from authority) as x
            where x.{path} >= asked.path and x.{path} < asked.path || '~' and not {reach_sql("x", 5)})"""


# $1 authority, $2–$4 reach of any grant, $5–$7 reach of the grants that permit, $8 tree, $9 today, $10 with
# predecessors, $11 and $12 years. A subtree may reach further than the caller (a body of the ward whose own line
# spreads over the province): then not every body that would be counted is theirs to see.
_SCOPE = f"""
with recursive asked as (
    select a.*, case $8::text when 'line' then a.line_path else a.territory_path end as path
    from (select id as authority_id, name, kind, line, unit_id, territory_path, line_path from authority
          where id = $1) as a
    where {reach_sql("a", 2)}
), lineage (unit_id, extent) as (
    select s.from_unit_id, s.extent::text from asked join unit_succession s on s.to_unit_id = asked.unit_id
    where $10::bool and asked.kind = any({_array(_ONE_IN_A_UNIT)}) and s.effective_date <= $9::date
    union
    select s.from_unit_id, case l.extent when 'whole' then s.extent else l.extent end
    from lineage l join unit_succession s on s.to_unit_id = l.unit_id and s.effective_date <= $9
), old_unit as (
    -- by several ways, one of them in part: then in part
    select distinct on (l.unit_id) l.unit_id, l.extent from lineage l, asked where l.unit_id <> asked.unit_id
    order by l.unit_id, array_position({_array([*SuccessionExtent][::-1])}, l.extent)
), old_body as (
    select o.unit_id, o.extent, b.id, b.name, b.path
    from old_unit o cross join asked left join lateral (
        select b.id, b.name, case $8 when 'line' then b.line_path else b.territory_path end as path
        from authority b where b.unit_id = o.unit_id and b.kind = asked.kind and b.line = asked.line
        order by length(b.territory_path), b.number limit 1
    ) as b on true
)
select asked.authority_id, asked.name, asked.path, asked.territory_path, asked.line_path,
    case
        when $8 = 'territory' and asked.path ^@ any($6::text[]) or $8 = 'line' and asked.path ^@ any($7::text[]) then true
        when $8 = 'territory' then {_all_below_in_reach("territory_path")}
        else {_all_below_in_reach("line_path")}
    end as all_in_reach,
    (select coalesce(json_agg(json_build_object('unit', {unit_json("u")}, 'extent', b.extent, 'body', b.name,
        'path', b.path) order by u.name_sort, u.valid_from, u.id), '[]')
     from old_body b join administrative_unit u on u.id = b.unit_id)::text as predecessors,
    (select coalesce(json_agg({FIGURE_JSON} order by f.position, f.id), '[]')
     from historical_figure f
     where f.kind = 'award' and {concerns("f", 11, 12)}
       and f.authority_id in (select asked.authority_id union select b.id from old_body b where b.extent = 'whole')
    )::text as figures
from asked
"""


_TABLES = (
    "authority",
    "award_rollup",
    "award_type",
    "administrative_unit",
    "unit_succession",
    "historical_figure",
    "legal_document",
)
"""What the statements read."""


class _Period(msgspec.Struct):
    year_from: int | None
    year_to: int | None


class _Figure(msgspec.Struct):
    """What of a historical figure the answer depends on; the rest is passed on unread."""

    key: str
    period: _Period
    may_double_count_with: list[Any]


_figures = msgspec.json.Decoder(list[_Figure])


@dataclass(frozen=True, slots=True)
class _Counted:
    """An answer, and which body it is about."""

    place: Place
    answer: TaggedBody


def _surely_in_reach(actor: Actor, place: Place, tree: Route) -> bool:
    """A grant covers the body and all below it. Where none does, the statement says how far the subtree reaches."""
    return any(
        Permission.STATISTICS_READ in grant.permissions and grant.reach.value == tree.value and grant.covers(place)
        for grant in actor.grants
    )


async def count_awards(
    reads: Reads,
    kept_answers: KeptAnswers,
    actor: Actor,
    authority_id: uuid.UUID,
    *,
    tree: Route,
    basis: StatisticsBasis,
    year_from: int | None,
    year_to: int | None,
    group_by: Sequence[GroupBy],
) -> TaggedBody:
    """AwardStatistics of a body and all below it, as JSON with its strong ETag.

    Two round trips; kept until one of the tables changes, and then one that asks whether one has.

    404 for a body outside reach; 403 where the caller may not see every body that would be counted. With
    `basis` current the old units that went wholly into the body's unit are added, whoever's reach they lie in:
    their history counts for their successor (law.md 7.2).
    """
    # the same for everybody who may see it
    key = ("awards", authority_id.int, tree, basis, year_from, year_to, tuple(group_by), today())
    kept: _Counted | None = await kept_answers.find(reads, key)
    if kept is not None and _surely_in_reach(actor, kept.place, tree):
        return kept.answer
    reading = kept_answers.reading(*_TABLES)
    scope = await _scope(reads, actor, authority_id, tree, basis, year_from, year_to)
    predecessors = _predecessors(scope)
    located = [p for p in predecessors if p["path"] is not None]
    figures = _figures.decode(scope["figures"])
    statement, arguments = counts_statement(
        tree,
        [CountedBody(scope["path"], added=True), *(CountedBody(p["path"], p["added"]) for p in located)],
        year_from=year_from,
        year_to=year_to,
        dimensions=group_by,
        by_body=bool(located),
        by_year=bool(figures),
    )
    rows = await reads.fetch(statement, *arguments)
    by_body = {row["position"]: row["awards"] for row in rows if row["what"] == "body"}
    counts = {p["unit"]["id"]: by_body.get(position, 0) for position, p in enumerate(located, 2)}
    years = {row["year"] for row in rows if row["year"] is not None}
    items = [_register_count(row) for row in rows if row["what"] == "group"]
    if len(items) > GROUPS_MOST:
        raise field_problem(
            "?group_by",
            "too_many_groups",
            f"Kết quả có hơn {GROUPS_MOST} dòng; hãy bớt chiều hoặc rút ngắn kỳ.",
            f"More than {GROUPS_MOST} rows; ask for fewer dimensions or fewer years.",
        )
    total = sum(item["awards"] for item in items)
    answer = {
        "definition": _definition(scope["name"], tree, basis, year_from, year_to),
        "scope": {"id": scope["authority_id"], "name": scope["name"]},
        "basis": basis,
        "tree": tree,
        "year_from": year_from,
        "year_to": year_to,
        "group_by": list(dict.fromkeys(group_by)),
        "award_register": {"items": items, "awards": total, "bonus": sum(item["bonus"] for item in items)},
        "historical": raw_json(scope["figures"]),
        "predecessors": [
            {
                "unit": p["unit"],
                "extent": p["extent"],
                "added": p["added"],
                "awards": counts.get(p["unit"]["id"], 0),
                "reason": p["reason"],
            }
            for p in predecessors
        ],
        "total": total,
        "total_uses": "award_register",
        "possible_double_counts": [f.key for f in figures if _may_be_counted_twice(f, years)],
    }
    tagged = TaggedBody.of(answer)
    kept_answers.keep(key, reading, _Counted(place_of(scope), tagged), len(tagged.body))
    return tagged


async def _scope(
    reads: Reads,
    actor: Actor,
    authority_id: uuid.UUID,
    tree: Route,
    basis: StatisticsBasis,
    year_from: int | None,
    year_to: int | None,
) -> Row:
    row = await reads.fetchrow(
        _SCOPE,
        authority_id,
        *reach_arguments(actor.reach()),
        *reach_arguments(actor.reach(Permission.STATISTICS_READ)),
        tree,
        today(),
        basis == StatisticsBasis.CURRENT,
        year_from,
        year_to,
    )
    if row is None:
        raise Problem("not_found")
    # the body itself is one of those counted, so this is its permission too
    if not row["all_in_reach"]:
        raise Problem("forbidden", permission=Permission.STATISTICS_READ)
    return row


def _predecessors(scope: Row) -> list[dict[str, Any]]:
    """Every old unit with `added` and `reason`; of bodies that lie in each other only the outer one is added."""
    old: list[dict[str, Any]] = json.loads(scope["predecessors"])
    whole = [p for p in old if p["extent"] == SuccessionExtent.WHOLE and p["path"] is not None]
    for p in old:
        path, name = p["path"], scope["name"]
        outer = next((o["body"] for o in whole if o is not p and path is not None and path.startswith(o["path"])), None)
        if p["extent"] == SuccessionExtent.PART:
            p["reason"] = f"Chỉ một phần địa bàn nhập vào địa bàn của {name}; số liệu không tách được nên không cộng."
        elif p["extent"] == SuccessionExtent.REMAINDER:
            p["reason"] = f"Chỉ phần còn lại nhập vào địa bàn của {name}; số liệu không tách được nên không cộng."
        elif path is None:
            p["reason"] = "Hệ thống chưa có cơ quan tương ứng của đơn vị cũ nên không có số liệu để cộng."
        elif path.startswith(scope["path"]):
            p["reason"] = f"{p['body']} đã nằm trong phạm vi của {name}, không cộng lần nữa."
        elif outer is not None:
            p["reason"] = f"{p['body']} đã tính cùng {outer}, không cộng lần nữa."
        else:
            p["reason"] = f"Toàn bộ địa bàn nhập vào địa bàn của {name}: cộng số của {p['body']} và cấp dưới."
            p["added"] = True
        p.setdefault("added", False)
    return old


def _register_count(row: Row) -> dict[str, Any]:
    code = row["award_type"]
    return {
        "level": row["level"],
        # a code that the catalogue no longer knows stands for itself
        "award_type": None if code is None else {"code": code, "name": row["award_type_name"] or code},
        "category": row["category"],
        "recipient_kind": row["recipient_kind"],
        "year": row["year"],
        "awards": row["awards"],
        "bonus": row["bonus"],
    }


def _may_be_counted_twice(figure: _Figure, years: set[int]) -> bool:
    """S07: another figure may hold the same awards, or the register has entries of its period."""
    first, last = figure.period.year_from or 0, figure.period.year_to or 9999
    return bool(figure.may_double_count_with) or any(first <= year <= last for year in years)


def _definition(name: str, tree: Route, basis: StatisticsBasis, year_from: int | None, year_to: int | None) -> str:
    period = "mọi năm"
    if year_from is not None or year_to is not None:
        period = " ".join(
            word
            for word in (
                f"từ năm {year_from}" if year_from is not None else "",
                f"đến hết năm {year_to}" if year_to is not None else "",
            )
            if word
        )
    old = (
        "cộng số của các đơn vị cũ đã nhập toàn bộ vào địa bàn này, không cộng đơn vị chỉ nhập một phần"
        if basis == StatisticsBasis.CURRENT
        else "không cộng số của đơn vị cũ"
    )
    return (
        f"Số mục khen thưởng trong sổ vàng chưa bị thu hồi ({period}, theo năm của quyết định), do {name} và các cơ quan, "
        f"đơn vị cấp dưới {tree.vi.lower()} đề nghị, mỗi mục tính một lần; {old}. Số liệu trong các báo cáo trước đây "
        "nêu riêng, không cộng vào tổng."
    )
