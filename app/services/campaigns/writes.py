"""Changing campaigns: drafting, editing, launching, concluding, cancelling."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Grant, Owned, Place
from app.answers import check_version
from app.ids import campaign_code, new_id
from app.models.authorities import Authority
from app.models.campaigns import (
    Campaign,
    CampaignAction,
    CampaignIn,
    CampaignLaunch,
    CampaignOut,
    CampaignPatch,
    CampaignPlan,
    CampaignSeries,
)
from app.models.deployments import Deployment
from app.models.legal_documents import LegalDocument
from app.models.nominations import Reason
from app.problems import Problem, field_problem
from app.records import record
from app.refusals import input_problem
from app.services.authorities import authority_to_act_for
from app.services.campaigns.reads import may_see, reread_campaign
from app.services.campaigns.status import partial_date
from app.services.campaigns.transitions import Standing, Transition, require_permission, require_step
from app.shapes import PartialDate
from app.vocabularies import AuthorityLevel, CampaignScope, CampaignState, Permission

# Luật Thi đua, khen thưởng 2022, Điều 16: nation-wide campaigns are launched by central bodies
_LEVELS_OF_SCOPE = {CampaignScope.NATIONAL: frozenset({AuthorityLevel.CENTRAL})}


def stands_below(body: Owned, launcher: Owned, scope: CampaignScope) -> bool:
    """Whether a body carries out the campaigns of a launcher: below it by territory or line, or nation-wide."""
    if body.authority_id == launcher.authority_id:
        return False
    return (
        scope == CampaignScope.NATIONAL
        or body.territory_path.startswith(launcher.territory_path)
        or body.line_path.startswith(launcher.line_path)
    )


def place_of_authority(authority: Authority) -> Place:
    """A body as a place in both trees."""
    return Place(authority.id, authority.territory_path, authority.line_path)


async def visible_campaign(db: AsyncSession, actor: Actor, campaign_id: uuid.UUID, *, write: bool) -> Campaign | None:
    """A campaign the caller may see, locked for writing, or against changes while something is hung below it."""
    statement = select(Campaign).where(Campaign.id == campaign_id).with_for_update(read=not write)
    campaign = (await db.exec(statement)).one_or_none()
    if campaign is None:
        return None
    place = Place(campaign.authority_id, campaign.territory_path, campaign.line_path)
    seen = may_see(actor, place, campaign.state, campaign.scope, Permission.CAMPAIGN_READ)
    # in reach of a role that reads no campaigns: that is 403, not 404, and the permission of the step says so
    return campaign if seen or any(grant.covers(place) for grant in actor.grants) else None


async def document_to_refer_to(db: AsyncSession, document_id: uuid.UUID) -> LegalDocument:
    """A stored document; 422 where there is none. Documents are open to every caller."""
    found = (await db.exec(select(LegalDocument).where(LegalDocument.id == document_id))).one_or_none()
    if found is None:
        raise Problem("unknown_reference", field="/launch_document_id", what="văn bản")
    return found


async def _next_code(db: AsyncSession, authority: Authority, year: int) -> str:
    """The next code of the body's series; the row lock of the upsert keeps two writers apart."""
    claim = (
        insert(CampaignSeries)
        .values(id=new_id(), authority_id=authority.id, year=year, last_number=1)
        .on_conflict_do_update(
            index_elements=["authority_id", "year"], set_={"last_number": CampaignSeries.last_number + 1}
        )
        .returning(col(CampaignSeries.last_number))
    )
    number: int = (await db.exec(claim)).scalar_one()
    return campaign_code(authority.code, year, number)


def _check_scope(authority: Authority, scope: CampaignScope) -> None:
    levels = _LEVELS_OF_SCOPE.get(scope)
    if levels is not None and authority.level not in levels:
        raise field_problem(
            "/scope",
            "scope_outside_competence",
            "Chỉ cơ quan cấp trung ương phát động phong trào phạm vi toàn quốc (Luật Thi đua, khen thưởng, Điều 16).",
            "Only central bodies launch nation-wide campaigns (Law on Emulation and Commendation, Article 16).",
        )


async def _parent_to_carry_out(db: AsyncSession, actor: Actor, authority: Authority, parent_id: uuid.UUID) -> Campaign:
    parent = await visible_campaign(db, actor, parent_id, write=False)
    if parent is None:
        raise Problem("unknown_reference", field="/parent_id", what="phong trào")
    if parent.state != CampaignState.LAUNCHED:
        raise Problem("parent_not_launched", state=parent.state.vi)
    if not stands_below(place_of_authority(authority), parent, parent.scope):
        raise Problem("not_below_parent")
    return parent


def _inherited_plan(parent: Campaign | None) -> CampaignPlan:
    """What a derived campaign begins with: contents and criteria of the one above, under the same keys."""
    if parent is None:
        return CampaignPlan()
    return CampaignPlan.model_validate({name: parent.plan[name] for name in ("contents", "criteria")})


def _stored_date(name: str, value: PartialDate | None) -> dict[str, Any]:
    """The two columns of a date: an end is stored by the last day it may mean, a start by the first."""
    if value is None:
        return {f"{name}_on": None, f"{name}_precision": None}
    day = value.last_day() if name == "ends" else value.first_day()
    return {f"{name}_on": day, f"{name}_precision": value.precision}


async def create_campaign(db: AsyncSession, actor: Actor, body: CampaignIn) -> CampaignOut:
    """Draft a campaign of a body in reach. Its public code is given now and never changes."""
    authority, grant = await authority_to_act_for(db, actor, body.authority_id, Permission.CAMPAIGN_WRITE)
    _check_scope(authority, body.scope)
    if body.launch_document_id is not None:
        await document_to_refer_to(db, body.launch_document_id)
    parent = await _parent_to_carry_out(db, actor, authority, body.parent_id) if body.parent_id else None
    plan = body.plan if body.plan is not None else _inherited_plan(parent)
    year = body.starts.first_day().year if body.starts else clock.today().year
    campaign = Campaign(
        id=new_id(),
        code=await _next_code(db, authority, year),
        territory_path=authority.territory_path,
        line_path=authority.line_path,
        state=CampaignState.DRAFT,
        created_by=actor.user_id,
        plan=plan.model_dump(mode="json"),
        **_stored_date("starts", body.starts),
        **_stored_date("ends", body.ends),
        **body.model_dump(exclude={"plan", "starts", "ends"}),
    )
    db.add(campaign)
    record(
        db,
        actor,
        action="created",
        entity="campaign",
        entity_id=campaign.id,
        authority_id=authority.id,
        grant=grant,
        after={"code": campaign.code, "state": campaign.state, "parent_id": str(parent.id) if parent else None},
    )
    return await reread_campaign(db, actor, campaign.id)


async def _taken_up(db: AsyncSession, campaign_id: uuid.UUID) -> bool:
    deployed = select(Deployment.id).where(Deployment.campaign_id == campaign_id).limit(1)
    derived = (
        select(Campaign.id).where(Campaign.parent_id == campaign_id, Campaign.state != CampaignState.CANCELLED).limit(1)
    )
    return (await db.exec(deployed)).first() is not None or (await db.exec(derived)).first() is not None


async def _locked_for(
    db: AsyncSession, actor: Actor, campaign_id: uuid.UUID, version: int, action: CampaignAction
) -> tuple[Campaign, Transition, Grant]:
    """The campaign, locked and ready for a step; refuses in the order 404, 403, 412, 409."""
    campaign = await visible_campaign(db, actor, campaign_id, write=True)
    if campaign is None:
        raise Problem("not_found")
    parent_state = None
    if campaign.parent_id is not None:
        # locked too, so that it cannot be concluded while this one is launched below it
        above = select(Campaign.state).where(Campaign.id == campaign.parent_id).with_for_update(read=True)
        parent_state = CampaignState((await db.exec(above)).one())
    standing = Standing(
        state=campaign.state,
        owner=Place(campaign.authority_id, campaign.territory_path, campaign.line_path),
        created_by=campaign.created_by,
        has_launch_document=campaign.launch_document_id is not None,
        parent_state=parent_state,
        taken_up=await _taken_up(db, campaign.id),
    )
    require_permission(action, standing, actor)
    check_version(version, campaign.version)
    step, grant = require_step(action, standing, actor)
    return campaign, step, grant


async def update_campaign(
    db: AsyncSession, actor: Actor, version: int, campaign_id: uuid.UUID, patch: CampaignPatch
) -> CampaignOut:
    """Change a draft by merge patch (RFC 7396): lists are replaced, the parts of the plan that are absent stay."""
    campaign, _, grant = await _locked_for(db, actor, campaign_id, version, "edit")
    changes = await _changes(db, campaign, patch)
    changed = {name: value for name, value in changes.items() if getattr(campaign, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(campaign, name, value)
        campaign.version += 1
        record(
            db,
            actor,
            action="updated",
            entity="campaign",
            entity_id=campaign.id,
            authority_id=campaign.authority_id,
            grant=grant,
            after={"fields": sorted(changed)},
        )
    return await reread_campaign(db, actor, campaign.id)


async def _changes(db: AsyncSession, campaign: Campaign, patch: CampaignPatch) -> dict[str, Any]:
    """The columns the patch sets, checked against what stays."""
    given = patch.model_fields_set
    changes = patch.model_dump(include=given - {"plan", "starts", "ends"})
    if "other_titles" in given:
        changes["other_titles"] = patch.other_titles or []
    if patch.launch_document_id is not None:
        await document_to_refer_to(db, patch.launch_document_id)
    if patch.scope is not None:
        authority = (await db.exec(select(Authority).where(Authority.id == campaign.authority_id))).one()
        _check_scope(authority, patch.scope)
    for name in ("starts", "ends"):
        if name in given:
            changes |= _stored_date(name, getattr(patch, name))
    if given & {"starts", "ends"}:
        _check_period(campaign, changes)
    if "plan" in given:
        if patch.plan is None:
            changes["plan"] = CampaignPlan().model_dump(mode="json")
        else:
            set_here = patch.plan.model_dump(mode="json", exclude_unset=True)
            audiences = campaign.plan["audiences"] | set_here.get("audiences", {})
            whole = CampaignPlan.model_validate(campaign.plan | set_here | {"audiences": audiences})
            changes["plan"] = whole.model_dump(mode="json")
    return changes


def _check_period(campaign: Campaign, changes: dict[str, Any]) -> None:
    """The end must not lie before the start, also where only one of them is sent."""
    values = {name: changes.get(f"{name}_on", getattr(campaign, f"{name}_on")) for name in ("starts", "ends")}
    precisions = {
        name: changes.get(f"{name}_precision", getattr(campaign, f"{name}_precision")) for name in ("starts", "ends")
    }
    starts, ends = (partial_date(values[name], precisions[name]) for name in ("starts", "ends"))
    if starts is not None and ends is not None and ends.last_day() < starts.first_day():
        field = "ends" if "ends_on" in changes else "starts"
        raise input_problem([{"type": "end_before_start", "loc": ("body", field)}])


def not_in_the_future(pointer: str, day: date | None) -> date:
    """The day, today where none is given; 422 where it has not come yet."""
    today = clock.today()
    if day is not None and day > today:
        raise field_problem(
            pointer, "in_the_future", "Ngày này chưa tới; hãy ghi khi việc đã diễn ra.", "This day has not come yet."
        )
    return day or today


async def _move(
    db: AsyncSession,
    actor: Actor,
    campaign: Campaign,
    step: Transition,
    grant: Grant,
    *,
    action: str,
    reason: str | None = None,
    **further: Any,
) -> CampaignOut:
    assert step.target is not None
    before = campaign.state
    campaign.state = step.target
    campaign.version += 1
    record(
        db,
        actor,
        action=action,
        entity="campaign",
        entity_id=campaign.id,
        authority_id=campaign.authority_id,
        grant=grant,
        before={"state": before},
        after={"state": step.target, **further},
        reason=reason,
    )
    return await reread_campaign(db, actor, campaign.id)


async def launch_campaign(
    db: AsyncSession, actor: Actor, version: int, campaign_id: uuid.UUID, body: CampaignLaunch | None
) -> CampaignOut:
    """Launch: by the body's own leader, with its launch document, not by who drafted it, below a launched parent."""
    campaign, step, grant = await _locked_for(db, actor, campaign_id, version, "launch")
    day = not_in_the_future("/launched_on", body.launched_on if body else None)
    campaign.launched_on = day
    return await _move(db, actor, campaign, step, grant, action="launched", launched_on=day.isoformat())


async def conclude_campaign(
    db: AsyncSession, actor: Actor, version: int, campaign_id: uuid.UUID, body: Reason
) -> CampaignOut:
    """Conclude, in time or early; the reason stays in the audit trail."""
    campaign, step, grant = await _locked_for(db, actor, campaign_id, version, "conclude")
    return await _move(db, actor, campaign, step, grant, action="concluded", reason=body.reason)


async def cancel_campaign(
    db: AsyncSession, actor: Actor, version: int, campaign_id: uuid.UUID, body: Reason
) -> CampaignOut:
    """Cancel a draft, or a launched campaign that nobody carries out yet."""
    campaign, step, grant = await _locked_for(db, actor, campaign_id, version, "cancel")
    return await _move(db, actor, campaign, step, grant, action="cancelled", reason=body.reason)
