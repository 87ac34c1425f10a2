"""Historical figures: what papers report as a number, given back unchanged, with source and doubt."""

import uuid

from app.access import Actor, place_of, reach_arguments, reach_sql
from app.db import Reads
from app.models.statistics import HistoricalFigureOut, HistoricalFigurePage
from app.pages import cut, name_cursor, search_query
from app.problems import Problem
from app.vocabularies import FigureKind, Permission


def unit_json(alias: str) -> str:
    """SQL of a UnitReference over an `administrative_unit`."""
    return (
        f"json_build_object('id', {alias}.id, 'code', {alias}.code, 'name', {alias}.name,"
        f" 'valid_from', {alias}.valid_from, 'valid_to', {alias}.valid_to)"
    )


def concerns(alias: str, year_from: int, year_to: int) -> str:
    """SQL condition that the period of a figure touches the years of two parameters, given by their numbers.

    A period that is open, or that the paper does not state, may be any year: such a figure is never hidden.
    """
    return (
        f"(${year_to}::int is null or coalesce({alias}.period_from, ${year_to}) <= ${year_to})"
        f" and (${year_from}::int is null or coalesce({alias}.period_to, ${year_from}) >= ${year_from})"
    )


# HistoricalFigureOut, built by the server. `value::text` keeps every digit of the paper: 49.81 stays "49.81".
FIGURE_JSON = f"""json_build_object(
    'id', f.id, 'key', f.key, 'kind', f.kind,
    'scope', (select json_build_object('id', a.id, 'name', a.name) from authority a where a.id = f.authority_id),
    'covers', (
        select coalesce(json_agg(
            json_build_object('unit', {unit_json("u")}, 'extent', part.value ->> 'extent') order by part.ordinality), '[]')
        from jsonb_array_elements(f.covers) with ordinality as part
        join administrative_unit u on u.id = (part.value ->> 'unit_id')::uuid),
    'level', f.level,
    'award_type', (
        select json_build_object('code', t.code, 'name', t.name) from award_type t
        where t.code = f.award_type_code order by t.valid_from desc limit 1),
    'label', f.label, 'recipient_kind', f.recipient_kind, 'value', f.value::text, 'text_value', f.text_value,
    'unit', f.unit, 'qualifier', f.qualifier,
    'period', json_build_object('year_from', f.period_from, 'year_to', f.period_to, 'text', f.period_text),
    'deciding_authority_text', f.deciding_authority_text, 'campaign_id', f.campaign_id, 'posthumous', f.posthumous,
    'breakdown', f.breakdown,
    'source', (
        select json_build_object('id', d.id, 'number_symbol', d.number_symbol, 'title', d.title, 'issued_on',
            case when d.issued_on is not null then json_build_object(
                'value', to_char(d.issued_on, case d.issued_precision
                    when 'year' then 'YYYY' when 'month' then 'YYYY-MM' else 'YYYY-MM-DD' end),
                'precision', coalesce(d.issued_precision, 'day')) end)
        from legal_document d where d.id = f.document_id),
    'section', f.section, 'group', f."group", 'doubt', f.doubt,
    'may_double_count_with', f.may_double_count_with, 'note', f.note)"""

_ONE = f"""
select {FIGURE_JSON}::text as figure, f.authority_id, f.territory_path, f.line_path
from historical_figure f where f.id = $1 and {reach_sql("f", 2)}
"""
_LIST = f"""
select {FIGURE_JSON}::text as figure, f.position, f.id
from historical_figure f
where {reach_sql("f", 1)}
  and ($4::int is null or (f.position, f.id) > ($4, $5::uuid))
  and ($6::uuid is null or f.authority_id = $6)
  and ($7::text is null or f.kind = $7)
  and {concerns("f", 8, 8)}
  and ($9::text is null or to_tsvector('simple', f.label_folded) @@ to_tsquery('simple', vi_fold($9)))
order by f.position, f.id limit $10
"""


async def read_historical_figure(reads: Reads, actor: Actor, figure_id: uuid.UUID) -> HistoricalFigureOut:
    """One figure of a body in reach."""
    row = await reads.fetchrow(_ONE, figure_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    actor.require_for(Permission.STATISTICS_READ, place_of(row))
    return HistoricalFigureOut.model_validate_json(row["figure"])


async def list_historical_figures(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    authority_id: uuid.UUID | None,
    kind: FigureKind | None,
    year: int | None,
    q: str | None,
) -> HistoricalFigurePage:
    """Figures of bodies in reach, in the order of their papers; `q` finds labels without diacritics."""
    actor.require(Permission.STATISTICS_READ)
    rows = await reads.fetch(
        _LIST,
        *reach_arguments(actor.reach(Permission.STATISTICS_READ)),
        *_after(cursor),
        authority_id,
        kind,
        year,
        search_query(q),
        limit + 1,
    )
    page, next_cursor = cut(rows, limit, "position", "id")
    items = [HistoricalFigureOut.model_validate_json(row["figure"]) for row in page]
    return HistoricalFigurePage(items=items, next_cursor=next_cursor)


def _after(cursor: str | None) -> tuple[int | None, uuid.UUID | None]:
    """(position, id) after which the page begins."""
    position, identifier = name_cursor(cursor)
    if position is None:
        return None, None
    # anything longer is not ours, and no integer of the database
    if not (position.isascii() and position.isdigit() and len(position) < 10):
        raise Problem("invalid_cursor")
    return int(position), identifier
