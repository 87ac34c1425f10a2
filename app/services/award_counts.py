"""The statement that counts awards of bodies and all below them, from roll-up rows.

Roll-up rows exist for the province (depth 2) and the commune (depth 3), each with its whole subtree, and for
every submitting body of another depth, with that body alone. So, without counting anything twice,

* depth 2 or 3: the rows of its own path are the subtree;
* deeper: the rows of its own path and of every path below it, each of them one body;
* depth 1 (the nation): the rows of its own path, that body alone, and those of depth 2 below it.

The text holds what one answer needs and nothing else, and is made once for every such shape. So PostgreSQL keeps one
plan of index ranges; a statement for all cases, with ranges it could not foresee, was planned anew each time or read
the whole table (measured at 2 million rows: 400 ms instead of 1).

`tests/test_rollups.py` holds the counts against a full count over random trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.models.statistics import GroupBy
from app.vocabularies import AuthorityLevel, CommendationCategory, RecipientKind, Route, Term

DIMENSIONS: tuple[GroupBy, ...] = ("year", "level", "category", "award_type", "recipient_kind")


@dataclass(frozen=True, slots=True)
class CountedBody:
    """A body by its path in the tree, and whether its awards belong to the total."""

    path: str
    added: bool


def counts_statement(
    tree: Route,
    bodies: Sequence[CountedBody],
    *,
    year_from: int | None,
    year_to: int | None,
    dimensions: Sequence[GroupBy],
    by_body: bool,
    by_year: bool,
) -> tuple[str, list[Any]]:
    """The statement and its arguments.

    Rows: `what` is "group" for the total by the dimensions asked for (null for the others), and where asked for
    "body" with `position` (from 1, as in `bodies`) and, unless the groups say it already, "year" with `year`; each
    with awards and bonus (đồng).
    """
    asked = tuple(name for name in DIMENSIONS if name in dimensions)
    by_year = by_year and "year" not in asked
    depths = tuple(min(body.path.count("/") - 1, 4) for body in bodies)
    text = _compose(depths, year_from is not None, year_to is not None, asked, by_body, by_year)
    years = [year for year in (year_from, year_to) if year is not None]
    return text, [tree, *years, *(value for body in bodies for value in (body.path, body.added))]


def _order(terms: Sequence[Term], column: str) -> str:
    listed = ",".join(term.value for term in terms)
    return f"array_position('{{{listed}}}'::text[], {column}::text)"


_COLUMNS: dict[str, str] = {name: "award_type_code" if name == "award_type" else name for name in DIMENSIONS}
_TYPES = {name: "integer" if name == "year" else "text" for name in DIMENSIONS}
_ORDERS = {
    "year": "year",
    "level": _order([*AuthorityLevel], "level"),
    "category": _order([*CommendationCategory], "category"),
    "award_type": 'award_type collate "C"',
    "recipient_kind": _order([*RecipientKind], "recipient_kind"),
}


def _rows(path: str, depth: int) -> list[str]:
    """Conditions on roll-up rows `r` that together are the subtree of a path."""
    if depth == 1:
        return [f"r.scope_path = {path}", f"r.depth = 2 and r.scope_path > {path} and r.scope_path < {path} || '~'"]
    if depth <= 3:
        return [f"r.scope_path = {path}"]
    return [f"r.scope_path >= {path} and r.scope_path < {path} || '~'"]


@cache
def _compose(
    depths: tuple[int, ...], since: bool, until: bool, asked: tuple[str, ...], by_body: bool, by_year: bool
) -> str:
    number = 1
    period = ""
    for given, comparison in ((since, ">="), (until, "<=")):
        if given:
            number += 1
            period += f" and r.year {comparison} ${number}::int"
    counted = []
    for position, depth in enumerate(depths, 1):
        path, added = f"${number + 1}::text", f"${number + 2}::bool"
        number += 2
        counted += [
            f"select {position} as position, {added} as added, r.* from award_rollup r"
            f" where r.tree = $1::text and {condition}{period}"
            for condition in _rows(path, depth)
        ]
    names = [_COLUMNS[name] for name in asked]
    sets = [f"({', '.join(['added', *names])})"]
    what = "'group'"
    if by_year:
        sets.append("(added, year)")
        what = "case when grouping(year) = 0 then 'year' else 'group' end"
    if by_body:
        sets.append("(position)")
        what = f"case when grouping(position) = 0 then 'body' else {what} end"
    columns = [
        f"{_COLUMNS[name]} as {name}"
        if name in asked or (by_year and name == "year")
        else f"null::{_TYPES[name]} as {name}"
        for name in DIMENSIONS
    ]
    body = "position" if by_body else "null::integer"
    grouped = f"""select {what} as what, {body} as position, {", ".join(columns)},
           sum(awards)::bigint as awards, sum(bonus)::bigint as bonus
    from ({" union all ".join(counted)}) as c
    group by grouping sets ({", ".join(sets)})
    having sum(awards) <> 0{" and (added or grouping(added) = 1)" if by_body else " and added"}"""
    if "award_type" not in asked:
        order = [_ORDERS[name] for name in asked]
        ordered = f" order by {', '.join(order)}" if order else ""
        return f"select g.*, null::text as award_type_name from ({grouped}) as g{ordered}"
    return f"""
select g.*, t.name as award_type_name
from ({grouped}) as g left join (
    select distinct on (code) code, name from award_type order by code, valid_from desc
) as t on t.code = g.award_type
order by {", ".join(_ORDERS[name] for name in asked)}"""
