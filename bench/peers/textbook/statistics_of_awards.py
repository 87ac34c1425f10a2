"""Counts of the award register: a GROUP BY over it when somebody asks."""

from collections.abc import Sequence
from typing import Any

import rules
from models import AdministrativeUnit, Authority, Award, AwardType, HistoricalFigure, UnitSuccession
from sqlalchemy import func
from sqlalchemy.orm import joinedload
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.clock import today

COLUMNS: dict[str, Any] = {
    "year": Award.year,
    "level": Award.level,
    "category": Award.category,
    "award_type": Award.award_type_code,
    "recipient_kind": Award.recipient_kind,
}
Years = tuple[int | None, int | None]


async def count_awards(session: AsyncSession, body: Authority, years: Years, groups: Sequence[str]) -> dict[str, Any]:
    """The answer about a body and all below it."""
    predecessors = await find_predecessors(session, body)
    added = [p for p in predecessors if p["added"]]
    for predecessor in added:
        awards = await session.exec(select(func.count()).where(*within([predecessor["path"]], years)))
        predecessor["awards"] = awards.one()
    paths = [body.territory_path, *(p["path"] for p in added)]
    asked = {name: COLUMNS[name] for name in groups}
    counts = await session.exec(
        select(*asked.values(), func.count(), func.sum(Award.bonus_amount))
        .where(*within(paths, years))
        .group_by(*asked.values())
    )
    rows = [dict(zip((*asked, "awards", "bonus"), row, strict=True)) for row in counts.all()]
    names = await award_type_names(session)
    bodies = [body.id, *(p["body_id"] for p in predecessors if p["extent"] == "whole" and p["path"])]
    figures = await find_figures(session, bodies, years, names)
    counted_years: Sequence[int] = []
    if figures:
        counted_years = (await session.exec(select(Award.year).distinct().where(*within(paths, years)))).all()
    items = rules.register_items([row for row in rows if row["awards"]], names)
    return rules.statistics(body, years, groups, items, predecessors, figures, counted_years)


def within(paths: Sequence[str], years: Years) -> list[Any]:
    """Valid entries of the register below any of the paths, of these years."""
    conditions: list[Any] = [
        Award.state != "revoked",
        or_(*(col(Award.territory_path).startswith(path) for path in paths)),
    ]
    if years[0] is not None:
        conditions.append(col(Award.year) >= years[0])
    if years[1] is not None:
        conditions.append(col(Award.year) <= years[1])
    return conditions


async def award_type_names(session: AsyncSession) -> dict[str, str]:
    """The latest name of every award type."""
    types = await session.exec(select(AwardType).order_by(col(AwardType.valid_from)))
    return {award_type.code: award_type.name for award_type in types.all()}


async def find_predecessors(session: AsyncSession, body: Authority) -> list[dict[str, Any]]:
    """The old units that became part of the body's unit, with the body of the same kind of each."""
    if body.unit_id is None or body.kind not in rules.ONE_IN_A_UNIT:
        return []
    lineage = {body.unit_id: "whole"}
    ahead = {body.unit_id}
    while ahead:
        successions = await session.exec(
            select(UnitSuccession).where(
                col(UnitSuccession.to_unit_id).in_(ahead), UnitSuccession.effective_date <= today()
            )
        )
        ahead = rules.merge_lineage(lineage, [(s.from_unit_id, s.to_unit_id, s.extent) for s in successions.all()])
    del lineage[body.unit_id]
    if not lineage:
        return []
    units = await session.exec(
        select(AdministrativeUnit)
        .where(col(AdministrativeUnit.id).in_(lineage))
        .order_by(AdministrativeUnit.name_sort, col(AdministrativeUnit.valid_from), col(AdministrativeUnit.id))
    )
    bodies = await session.exec(
        select(Authority)
        .where(col(Authority.unit_id).in_(lineage), Authority.kind == body.kind, Authority.line == body.line)
        .order_by(func.length(Authority.territory_path).desc(), col(Authority.number).desc())
    )
    body_of = {old.unit_id: old for old in bodies.all()}
    found = [old_unit(unit, lineage[unit.id], body_of.get(unit.id)) for unit in units.all()]
    rules.explain_predecessors(body.name, body.territory_path, found)
    return found


def old_unit(unit: AdministrativeUnit, extent: str, body: Authority | None) -> dict[str, Any]:
    """A predecessor with what is known of it."""
    return {
        "unit": unit_reference(unit),
        "extent": extent,
        "body": body and body.name,
        "body_id": body and body.id,
        "path": body and body.territory_path,
        "awards": 0,
    }


def unit_reference(unit: AdministrativeUnit) -> dict[str, Any]:
    """A unit as it is named inside other answers."""
    return unit.model_dump(include={"id", "code", "name", "valid_from", "valid_to"})


async def find_figures(
    session: AsyncSession, bodies: Sequence[Any], years: Years, names: dict[str, str]
) -> list[dict[str, Any]]:
    """Figures of papers about the bodies, whose period touches the years."""
    statement = (
        select(HistoricalFigure)
        .options(joinedload(HistoricalFigure.authority), joinedload(HistoricalFigure.document))
        .where(HistoricalFigure.kind == "award", col(HistoricalFigure.authority_id).in_(bodies))
        .order_by(col(HistoricalFigure.position), col(HistoricalFigure.id))
    )
    first, last = years
    if last is not None:
        statement = statement.where(func.coalesce(HistoricalFigure.period_from, last) <= last)
    if first is not None:
        statement = statement.where(func.coalesce(HistoricalFigure.period_to, first) >= first)
    figures = (await session.exec(statement)).all()
    covered = {part["unit_id"] for figure in figures for part in figure.covers}
    units = (
        await session.exec(select(AdministrativeUnit).where(col(AdministrativeUnit.id).in_(covered))) if covered else []
    )
    unit_of = {str(unit.id): unit_reference(unit) for unit in units}
    return [shape_figure(figure, unit_of, names) for figure in figures]


def shape_figure(figure: HistoricalFigure, unit_of: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A figure as the contract writes it."""
    document, code = figure.document, figure.award_type_code
    left_out = {"position", "authority_id", "document_id", "award_type_code", "period_from", "period_to", "period_text"}
    return figure.model_dump(exclude=left_out) | {
        "scope": {"id": figure.authority.id, "name": figure.authority.name},
        "covers": [{"unit": unit_of[part["unit_id"]], "extent": part["extent"]} for part in figure.covers],
        "award_type": {"code": code, "name": names[code]} if code in names else None,
        "value": None if figure.value is None else str(figure.value),
        "period": {"year_from": figure.period_from, "year_to": figure.period_to, "text": figure.period_text},
        "source": {
            "id": document.id,
            "number_symbol": document.number_symbol,
            "title": document.title,
            "issued_on": document.issued,
        },
    }
