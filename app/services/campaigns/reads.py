"""Reading campaigns: what a caller may see, one campaign, and what a write answers with."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Place, place_of, reach_arguments, reach_sql
from app.answers import actor_part, etag_of
from app.db import Reads, Row, reads_of
from app.models.authorities import AuthorityReference
from app.models.campaigns import CampaignOut, CampaignReference
from app.models.legal_documents import DocumentReference
from app.problems import Problem
from app.services.campaigns.status import NOT_PUBLIC, partial_date, public_status
from app.services.campaigns.transitions import Standing, allowed_actions
from app.shapes import lean, raw_json
from app.vocabularies import CampaignScope, CampaignState, Permission

_AuthorityReference, _CampaignReference = lean(AuthorityReference), lean(CampaignReference)
_DocumentReference, _CampaignOut = lean(DocumentReference), lean(CampaignOut)

LAUNCHED = tuple(state.value for state in CampaignState if state not in NOT_PUBLIC)
"""States in which everybody below the launcher may know of the campaign."""
LAUNCHED_SQL = f"""({", ".join(f"'{state}'" for state in LAUNCHED)})"""


def visible_sql(alias: str, first: int) -> str:
    """Condition that the caller may see a campaign: in reach, or launched by a body above or for the whole nation.

    Takes five parameters from number `first` on (`visible_arguments`).
    """
    return (
        f"({reach_sql(alias, first)} or ({alias}.state in {LAUNCHED_SQL} and ({alias}.scope = 'national'"
        f" or {alias}.territory_path = any(${first + 3}::text[]) or {alias}.line_path = any(${first + 4}::text[]))))"
    )


def visible_arguments(actor: Actor, permission: Permission | None = None) -> tuple[Any, ...]:
    """The five parameters of `visible_sql`; with `permission`, only what grants that hold it see."""

    def make() -> tuple[Any, ...]:
        territories, lines = actor.ancestors(permission)
        return *reach_arguments(actor.reach(permission)), list(territories), list(lines)

    return actor.once(("visible campaigns", permission), make)


_ONE = f"""
select c.id, c.code, c.title, c.short_title, c.other_titles, c.theme, c.method, c.scope, c.scope_text, c.state,
       c.starts_on, c.starts_precision, c.ends_on, c.ends_precision, c.end_event, c.plan::text, c.sources::text, c.reviews, c.note,
       c.launched_on, c.launcher_known, c.created_by, c.created_at, c.version, c.authority_id, c.territory_path, c.line_path,
       a.name as authority_name,
       p.id as parent_id, p.code as parent_code, p.title as parent_title, p.state as parent_state,
       d.id as document_id, d.number_symbol as document_number, d.title as document_title,
       d.issued_on as document_issued_on, d.issued_precision as document_issued_precision,
       exists (select from deployment x where x.campaign_id = c.id)
           or exists (select from campaign x where x.parent_id = c.id and x.state <> 'cancelled') as taken_up
from campaign c
join authority a on a.id = c.authority_id
left join campaign p on p.id = c.parent_id
left join legal_document d on d.id = c.launch_document_id
where c.id = $1 and {visible_sql("c", 2)}
"""


def summary_fields(row: Row, today: date) -> dict[str, Any]:
    """The fields of a campaign in a list."""
    starts = partial_date(row["starts_on"], row["starts_precision"])
    ends = partial_date(row["ends_on"], row["ends_precision"])
    return {
        "launcher": _AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        "starts": starts,
        "ends": ends,
        "public_status": public_status(
            CampaignState(row["state"]), starts, ends, row["reviews"], today, launcher_known=row["launcher_known"]
        ),
        **{
            name: row[name]
            for name in (
                "id",
                "code",
                "title",
                "short_title",
                "parent_id",
                "method",
                "scope",
                "state",
                "launched_on",
                "launcher_known",
                "created_at",
            )
        },
    }


def document_reference(row: Row) -> DocumentReference | None:
    """The document that a row names by its columns `document_…`."""
    if row["document_id"] is None:
        return None
    return _DocumentReference(
        id=row["document_id"],
        number_symbol=row["document_number"],
        title=row["document_title"],
        issued_on=partial_date(row["document_issued_on"], row["document_issued_precision"]),
    )


def _standing(row: Row) -> Standing:
    return Standing(
        state=CampaignState(row["state"]),
        owner=place_of(row),
        created_by=row["created_by"],
        has_launch_document=row["document_id"] is not None,
        parent_state=CampaignState(row["parent_state"]) if row["parent_state"] else None,
        taken_up=row["taken_up"],
    )


def may_see(actor: Actor, place: Place, state: CampaignState, scope: CampaignScope, permission: Permission) -> bool:
    """The condition of `visible_sql` for a campaign at hand, by grants that hold the permission."""
    if actor.grant_for(permission, place) is not None:
        return True
    territories, lines = actor.ancestors(permission)
    above = place.territory_path in territories or place.line_path in lines
    nationwide = scope == CampaignScope.NATIONAL and actor.holds(permission)
    return state not in NOT_PUBLIC and (above or nationwide)


@dataclass(frozen=True, slots=True)
class FoundCampaign:
    """A campaign as it was found for a caller; its answer is built only where it is wanted."""

    row: Row
    actor: Actor
    today: date

    @property
    def etag(self) -> str:
        """Version, caller, day, and what stands in other rows."""
        row = self.row
        return etag_of(
            row["version"],
            actor_part(self.actor),
            self.today,
            row["authority_name"],
            row["parent_title"],
            row["parent_state"],
            row["document_number"],
            row["document_title"],
            row["taken_up"],
        )

    def answer(self) -> CampaignOut:
        """The shape of the contract."""
        row = self.row
        parent = (
            _CampaignReference(id=row["parent_id"], code=row["parent_code"], title=row["parent_title"])
            if row["parent_id"]
            else None
        )
        return _CampaignOut(
            **summary_fields(row, self.today),
            parent=parent,
            launch_document=document_reference(row),
            other_titles=row["other_titles"],
            theme=row["theme"],
            scope_text=row["scope_text"],
            end_event=row["end_event"],
            plan=raw_json(row["plan"]),
            sources=raw_json(row["sources"]),
            note=row["note"],
            version=row["version"],
            allowed_actions=allowed_actions(_standing(row), self.actor),
        )


async def find_campaign(reads: Reads, actor: Actor, campaign_id: uuid.UUID) -> FoundCampaign:
    """One campaign the caller may see; 404 outside, 403 where they see it by a role that does not read campaigns."""
    row = await reads.fetchrow(_ONE, campaign_id, *visible_arguments(actor))
    if row is None:
        raise Problem("not_found")
    state, scope = CampaignState(row["state"]), CampaignScope(row["scope"])
    if not may_see(actor, place_of(row), state, scope, Permission.CAMPAIGN_READ):
        raise Problem("forbidden", permission=Permission.CAMPAIGN_READ)
    return FoundCampaign(row, actor, clock.today())


async def reread_campaign(db: AsyncSession, actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    """The campaign as the write of this transaction left it."""
    row = await (await reads_of(db)).fetchrow(_ONE, campaign_id, *visible_arguments(actor))
    assert row is not None, "who may change a campaign sees it"
    return FoundCampaign(row, actor, clock.today()).answer()
