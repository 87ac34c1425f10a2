"""Counts of the award register: aggregated by the ORM when somebody asks."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import rules
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Length

from app.clock import today
from tdkt.models import AdministrativeUnit, Authority, Award, AwardType, HistoricalFigure, UnitSuccession

COLUMNS = {name: "award_type_code" if name == "award_type" else name for name in rules.DIMENSIONS}
Years = tuple[int | None, int | None]


def count_awards(body: Authority, years: Years, groups: Sequence[str]) -> rules.Json:
    """The answer about a body and all below it."""
    predecessors = find_predecessors(body)
    added = [p for p in predecessors if p["added"]]
    for predecessor in added:
        predecessor["awards"] = within([predecessor["path"]], years).count()
    register = within([body.territory_path, *(p["path"] for p in added)], years)
    counting = {"awards": Count("*"), "bonus": Sum("bonus_amount")}
    counts = (
        list(register.values(*(COLUMNS[name] for name in groups)).annotate(**counting))
        if groups
        else [register.aggregate(**counting)]
    )
    for count in counts:
        count["award_type"] = count.get("award_type_code")
    names = dict(AwardType.objects.order_by("valid_from").values_list("code", "name"))
    items = rules.register_items([count for count in counts if count["awards"]], names)
    bodies = [body.id, *(p["body_id"] for p in predecessors if p["extent"] == "whole" and p["path"])]
    figures = find_figures(bodies, years, names)
    counted_years = register.values_list("year", flat=True).distinct() if figures else []
    return rules.statistics(body, years, groups, items, predecessors, figures, counted_years)


def within(paths: Sequence[str], years: Years) -> QuerySet[Award]:
    """Valid entries of the register below any of the paths, of these years."""
    below = reduce(or_, (Q(territory_path__startswith=path) for path in paths))
    register = Award.objects.filter(below).exclude(state="revoked")
    if years[0] is not None:
        register = register.filter(year__gte=years[0])
    return register if years[1] is None else register.filter(year__lte=years[1])


def find_predecessors(body: Authority) -> list[rules.Json]:
    """The old units that became part of the body's unit, with the body of the same kind of each."""
    if body.unit_id is None or body.kind not in rules.ONE_IN_A_UNIT:
        return []
    lineage = {body.unit_id: "whole"}
    ahead = {body.unit_id}
    while ahead:
        steps = UnitSuccession.objects.filter(to_unit__in=ahead, effective_date__lte=today())
        ahead = rules.merge_lineage(lineage, steps.values_list("from_unit_id", "to_unit_id", "extent"))
    del lineage[body.unit_id]
    if not lineage:
        return []
    bodies = Authority.objects.filter(unit__in=lineage, kind=body.kind, line=body.line)
    body_of = {old.unit_id: old for old in bodies.order_by(Length("territory_path").desc(), "-number")}
    units = AdministrativeUnit.objects.filter(id__in=lineage).order_by("name_sort", "valid_from", "id")
    found = [old_unit(unit, lineage[unit.id], body_of.get(unit.id)) for unit in units]
    rules.explain_predecessors(body.name, body.territory_path, found)
    return found


def old_unit(unit: AdministrativeUnit, extent: str, body: Authority | None) -> rules.Json:
    """A predecessor with what is known of it."""
    return {
        "unit": unit_reference(unit),
        "extent": extent,
        "body": body and body.name,
        "body_id": body and body.id,
        "path": body and body.territory_path,
        "awards": 0,
    }


def unit_reference(unit: AdministrativeUnit) -> rules.Json:
    """A unit as it is named inside other answers."""
    return {name: getattr(unit, name) for name in ("id", "code", "name", "valid_from", "valid_to")}


def find_figures(bodies: Sequence[Any], years: Years, names: dict[str, str]) -> list[rules.Json]:
    """Figures of papers about the bodies, whose period touches the years."""
    found = HistoricalFigure.objects.select_related("authority", "document").filter(
        kind="award", authority_id__in=bodies
    )
    if years[1] is not None:
        found = found.filter(Q(period_from=None) | Q(period_from__lte=years[1]))
    if years[0] is not None:
        found = found.filter(Q(period_to=None) | Q(period_to__gte=years[0]))
    figures = list(found.order_by("position", "id"))
    covered = {part["unit_id"] for figure in figures for part in figure.covers}
    units = AdministrativeUnit.objects.filter(id__in=covered) if covered else []
    unit_of = {str(unit.id): unit_reference(unit) for unit in units}
    return [shape_figure(figure, unit_of, names) for figure in figures]


FIGURE_FIELDS = [
    "id",
    "key",
    "kind",
    "level",
    "label",
    "recipient_kind",
    "text_value",
    "unit",
    "qualifier",
    "deciding_authority_text",
    "campaign_id",
    "posthumous",
    "breakdown",
    "section",
    "group",
    "doubt",
    "may_double_count_with",
    "note",
]


def shape_figure(figure: HistoricalFigure, unit_of: rules.Json, names: dict[str, str]) -> rules.Json:
    """A figure as the contract writes it."""
    document, code = figure.document, figure.award_type_code
    return {name: getattr(figure, name) for name in FIGURE_FIELDS} | {
        "scope": {"id": figure.authority.id, "name": figure.authority.name},
        "covers": [{"unit": unit_of[part["unit_id"]], "extent": part["extent"]} for part in figure.covers],
        "award_type": {"code": code, "name": names[code]} if code in names else None,
        "value": None if figure.value is None else str(figure.value),
        "period": {"year_from": figure.period_from, "year_to": figure.period_to, "text": figure.period_text},
        "source": {
            "id": document.id,
            "number_symbol": document.number_symbol,
            "title": document.title,
            "issued_on": rules.partial_date(document.issued_on, document.issued_precision),
        },
    }
