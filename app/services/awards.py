"""The award register (sổ vàng): reading it, and verifying one entry by its code."""

import uuid
from typing import Any

from app.access import Actor, place_of, reach_arguments, reach_sql
from app.db import Reads, Row
from app.ids import tidy_code
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference, Bonus
from app.models.decisions import AwardOut, AwardPage, AwardSummary, AwardVerification
from app.pages import search_query
from app.problems import Problem
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.vocabularies import AwardState, Permission, RecipientKind

AWARD_COLUMNS = """
select w.id, w.recipient_kind, w.recipient_name, w.authority_id, w.territory_path, w.line_path, w.level,
       w.deciding_authority_id, w.decided_on, w.year, w.register_number, w.verification_code, w.bonus_amount, w.state,
       w.decision_id, w.nomination_id, w.candidate_id, w.category, w.campaign_id, w.recipient_class, w.posthumous,
       w.bonus, w.version, w.created_at,
       a.name as authority_name, g.name as deciding_authority_name, t.code as award_type_code,
       t.name as award_type_name, x.number_symbol as decision_number
"""
AWARD_JOINS = """
join authority a on a.id = w.authority_id
join authority g on g.id = w.deciding_authority_id
join award_type t on t.id = w.award_type_id
join decision x on x.id = w.decision_id
"""
_ONE = f"{AWARD_COLUMNS} from award w {AWARD_JOINS} where w.id = $1 and ({reach_sql('w', 2)} or w.deciding_authority_id = any($2::uuid[]))"
_LIST = ScopedList(
    "award",
    "w",
    AWARD_COLUMNS,
    AWARD_JOINS,
    reach_sources("w"),
    {
        "year": Filter("w.year = {}::int"),
        "award_type_code": Filter("w.award_type_code = {}::text"),
        "authority_id": Filter("w.authority_id = {}::uuid"),
        "q": Filter("to_tsvector('simple', w.recipient_name_folded) @@ to_tsquery('simple', vi_fold({}::text))"),
    },
)
_VERIFY = f"{AWARD_COLUMNS} from award w {AWARD_JOINS} where w.verification_code = $1"


def shape_award_summary(row: Row) -> AwardSummary:
    """An entry as it stands in lists."""
    return AwardSummary(**_summary(row))


def _summary(row: Row) -> dict[str, Any]:
    return {
        "authority": AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        "award_type": AwardTypeReference(code=row["award_type_code"], name=row["award_type_name"]),
        "deciding_authority": AuthorityReference(id=row["deciding_authority_id"], name=row["deciding_authority_name"]),
        **{
            name: row[name]
            for name in (
                "id",
                "recipient_kind",
                "recipient_name",
                "level",
                "decision_number",
                "decided_on",
                "year",
                "register_number",
                "verification_code",
                "bonus_amount",
                "state",
            )
        },
    }


async def read_award(reads: Reads, actor: Actor, award_id: uuid.UUID) -> AwardOut:
    """One entry in reach."""
    row = await reads.fetchrow(_ONE, award_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    decides = actor.grant_at(Permission.AWARD_READ, row["deciding_authority_id"])
    if decides is None and actor.grant_for(Permission.AWARD_READ, place_of(row)) is None:
        raise Problem("forbidden", permission=Permission.AWARD_READ)
    return AwardOut(
        **_summary(row),
        decision_id=row["decision_id"],
        nomination_id=row["nomination_id"],
        candidate_id=row["candidate_id"],
        category=row["category"],
        campaign_id=row["campaign_id"],
        recipient_class=row["recipient_class"],
        posthumous=row["posthumous"],
        bonus=Bonus(**row["bonus"]) if row["bonus"] else None,
        version=row["version"],
    )


async def list_awards(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    year: int | None,
    award_type_code: str | None,
    authority_id: uuid.UUID | None,
    q: str | None,
) -> AwardPage:
    """Entries of the register in reach, newest first; `q` finds names without diacritics."""
    actor.require(Permission.AWARD_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.AWARD_READ),
        limit=limit,
        cursor=cursor,
        filters={
            "year": year,
            "award_type_code": award_type_code,
            "authority_id": authority_id,
            "q": search_query(q),
        },
    )
    return AwardPage(items=[shape_award_summary(row) for row in page], next_cursor=next_cursor)


def masked_name(kind: RecipientKind, name: str) -> str:
    """A person's name as the public may see it: `Nguyễn Thị Lan` → `N. T. Lan`. Collectives stay as they are."""
    if kind == RecipientKind.COLLECTIVE:
        return name
    *before, last = name.split()
    return " ".join([*(f"{word[0]}." for word in before), last])


async def verify_award(reads: Reads, code: str) -> AwardVerification:
    """What anyone may know who holds the verification code; 404 for a wrong one."""
    tidy = tidy_code(code)
    row = await reads.fetchrow(_VERIFY, tidy) if tidy else None
    if row is None:
        raise Problem("code_not_found")
    kind = RecipientKind(row["recipient_kind"])
    return AwardVerification(
        valid=row["state"] != AwardState.REVOKED,
        state=row["state"],
        recipient_kind=kind,
        recipient_name_masked=masked_name(kind, row["recipient_name"]),
        award_type=row["award_type_name"],
        deciding_authority=row["deciding_authority_name"],
        decision_number=row["decision_number"],
        decided_on=row["decided_on"],
    )
