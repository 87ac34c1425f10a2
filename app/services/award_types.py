"""The award catalogue: what there is to give, to whom, and who may decide it on which day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.access import Actor
from app.db import Reads, Row
from app.models.award_types import AwardTypeOut, AwardTypePage, Coefficients, CompetenceOut
from app.pages import cut, name_cursor, search_query
from app.problems import Problem
from app.vocabularies import (
    AuthorityKind,
    AuthorityLevel,
    AwardKind,
    CandidateKind,
    Permission,
    RecipientKind,
    Verification,
)

# {day}: the parameter of the day that narrows the competences, or null for those of every time
_COLUMNS = """
select t.id, t.code, t.name, t.kind, t.family, t.catalogue_level, t.rank, t.recipients, t.parent_code, t.prerequisite,
       t.prerequisite_paths, t.quota_rule, t.ballot_threshold_percent, t.coefficient_individual,
       t.coefficient_collective, t.coefficient_household, t.coefficient_is_ceiling, t.cycle, t.report_template,
       t.posthumous, t.legal_basis, t.verification, t.note, t.valid_from, t.valid_to,
       (select coalesce(jsonb_agg(jsonb_build_object(
            'authority_kind', c.authority_kind, 'authority_level', c.authority_level, 'valid_from', c.valid_from,
            'valid_to', c.valid_to, 'legal_basis', c.legal_basis, 'verification', c.verification, 'note', c.note)
            order by c.valid_from, c.authority_level, c.authority_kind), '[]')
        from award_competence c
        where c.award_type_code = t.code
          and ({day}::date is null or (c.valid_from <= {day} and (c.valid_to is null or c.valid_to >= {day})))
       ) as competences
from award_type t
"""
_LIST = f"""{_COLUMNS.format(day="$3")}
where ($1::text is null or t.kind = $1)
  and ($2::text is null or t.recipients ? $2)
  and ($3::date is null or (t.valid_from <= $3 and (t.valid_to is null or t.valid_to >= $3)))
  and ($4::text is null or to_tsvector('simple', t.name_folded) @@ to_tsquery('simple', vi_fold($4)))
  and ($5::text is null or (t.code collate "C", t.id) > ($5, $6::uuid))
order by t.code collate "C", t.id limit $7
"""
_ONE = f"""{_COLUMNS.format(day="$2")}
where t.code = $1 and ($2::date is null or (t.valid_from <= $2 and (t.valid_to is null or t.valid_to >= $2)))
order by t.valid_from desc limit 1
"""


@dataclass(frozen=True, slots=True)
class AwardTypeFilters:
    """What the list is narrowed by; None does not narrow. Without `as_of` types of every time are listed."""

    kind: AwardKind | None = None
    recipient: CandidateKind | None = None
    as_of: date | None = None
    q: str | None = None


async def list_award_types(
    reads: Reads, actor: Actor, filters: AwardTypeFilters, *, limit: int, cursor: str | None
) -> AwardTypePage:
    """The catalogue in the order of its codes."""
    actor.require(Permission.REFERENCE_READ)
    rows = await reads.fetch(
        _LIST,
        filters.kind,
        filters.recipient,
        filters.as_of,
        search_query(filters.q),
        *name_cursor(cursor),
        limit + 1,
    )
    page, next_cursor = cut(rows, limit, "code", "id")
    return AwardTypePage(items=[_shape(row) for row in page], next_cursor=next_cursor)


async def read_award_type(reads: Reads, actor: Actor, code: str, *, as_of: date | None) -> AwardTypeOut:
    """The type as it was on `as_of`, with who could decide it then; without it the last version and every competence."""
    actor.require(Permission.REFERENCE_READ)
    row = await reads.fetchrow(_ONE, code, as_of)
    if row is None:
        raise Problem("not_found")
    return _shape(row)


def _shape(row: Row) -> AwardTypeOut:
    same = ("id", "code", "name", "family", "catalogue_level", "rank", "parent_code", "prerequisite", "quota_rule")
    more = ("ballot_threshold_percent", "cycle", "report_template", "posthumous", "legal_basis", "note")
    return AwardTypeOut(
        **{name: row[name] for name in (*same, *more, "valid_from", "valid_to")},
        kind=AwardKind(row["kind"]),
        recipients=[RecipientKind(recipient) for recipient in row["recipients"]],
        prerequisite_paths=row["prerequisite_paths"],
        coefficients=Coefficients(
            individual=_decimal(row["coefficient_individual"]),
            collective=_decimal(row["coefficient_collective"]),
            household=_decimal(row["coefficient_household"]),
            is_ceiling=row["coefficient_is_ceiling"],
        ),
        competences=[_competence(entry) for entry in row["competences"]],
        verification=Verification(row["verification"]),
    )


def _competence(entry: dict[str, Any]) -> CompetenceOut:
    return CompetenceOut(
        authority_kind=AuthorityKind(entry["authority_kind"]),
        authority_level=AuthorityLevel(entry["authority_level"]),
        valid_from=date.fromisoformat(entry["valid_from"]),
        valid_to=date.fromisoformat(entry["valid_to"]) if entry["valid_to"] else None,
        legal_basis=entry["legal_basis"],
        verification=Verification(entry["verification"]),
        note=entry["note"],
    )


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
