"""Deployments (triển khai): a unit acknowledges a campaign, deploys it with its commitments, reports the result.

What is promised and what came out of it are separate writes: `deploy` knows no result, `report` no target.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Grant, Place, place_of, reach_arguments, reach_sql, readable
from app.answers import actor_part, check_version, etag_of
from app.db import Reads, Row, reads_of
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.campaigns import Campaign, CampaignReference
from app.models.deployments import (
    Deployment,
    DeploymentAction,
    DeploymentDeploy,
    DeploymentIn,
    DeploymentOut,
    DeploymentPage,
    DeploymentReport,
)
from app.pages import cut, time_cursor
from app.problems import Problem
from app.records import record
from app.services.authorities import authority_to_act_for
from app.services.campaigns.reads import document_reference, may_see, visible_arguments, visible_sql
from app.services.campaigns.writes import (
    document_to_refer_to,
    not_in_the_future,
    place_of_authority,
    stands_below,
    visible_campaign,
)
from app.vocabularies import CampaignScope, CampaignState, DeploymentState, Permission

_COLUMNS = """
d.id, d.authority_id, d.territory_path, d.line_path, d.state, d.acknowledged_on, d.launch_document_received_on,
d.targets, d.commitments, d.result, d.created_at, d.version, a.name as authority_name,
l.id as document_id, l.number_symbol as document_number, l.title as document_title,
l.issued_on as document_issued_on, l.issued_precision as document_issued_precision
"""
_CAMPAIGN = "c.id as campaign_id, c.code as campaign_code, c.title as campaign_title, c.state as campaign_state"
_JOINS = "join authority a on a.id = d.authority_id left join legal_document l on l.id = d.launch_document_id"
_ONE = f"""
select {_CAMPAIGN}, {_COLUMNS} from deployment d join campaign c on c.id = d.campaign_id {_JOINS}
where d.id = $1 and {reach_sql("d", 2)}
"""
# one row without a deployment says that the campaign is visible and the page empty; no row, that it is not
_LIST = f"""
select {_CAMPAIGN}, c.authority_id as launcher_id, c.territory_path as launcher_territory_path,
       c.line_path as launcher_line_path, c.scope as campaign_scope, d.*
from campaign c left join lateral (
    select {_COLUMNS} from deployment d {_JOINS}
    where d.campaign_id = c.id and {reach_sql("d", 7)} and ($10::text[] is null or d.state = any($10))
      and ($11::timestamptz is null or (d.created_at, d.id) < ($11, $12::uuid))
    order by d.created_at desc, d.id desc limit $13
) as d on true
where c.id = $1 and {visible_sql("c", 2)}
order by d.created_at desc, d.id desc
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a deployment: from which states, in which states of its campaign."""

    label: str
    sources: frozenset[DeploymentState]
    target: DeploymentState
    while_campaign: frozenset[CampaignState]


_S, _C = DeploymentState, CampaignState
_STEPS: dict[DeploymentAction, _Step] = {
    "deploy": _Step("triển khai", frozenset({_S.PENDING, _S.ACKNOWLEDGED}), _S.DEPLOYED, frozenset({_C.LAUNCHED})),
    # final reports come when the campaign has ended (T07); a later report takes the place of an earlier one
    "report": _Step(
        "báo cáo kết quả",
        frozenset({_S.DEPLOYED, _S.REPORTED}),
        _S.REPORTED,
        frozenset({_C.LAUNCHED, _C.SUSPENDED, _C.CONCLUDED}),
    ),
}


def _allowed_actions(
    state: DeploymentState, campaign_state: CampaignState, owner: Place, actor: Actor
) -> list[DeploymentAction]:
    if actor.grant_for(Permission.DEPLOYMENT_WRITE, owner) is None:
        return []
    return [
        action for action, step in _STEPS.items() if state in step.sources and campaign_state in step.while_campaign
    ]


def _shape(row: Row, actor: Actor) -> DeploymentOut:
    return DeploymentOut(
        id=row["id"],
        campaign=CampaignReference(id=row["campaign_id"], code=row["campaign_code"], title=row["campaign_title"]),
        authority=AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        state=row["state"],
        acknowledged_on=row["acknowledged_on"],
        launch_document=document_reference(row),
        launch_document_received_on=row["launch_document_received_on"],
        targets=row["targets"],
        commitments=row["commitments"],
        result=row["result"],
        created_at=row["created_at"],
        version=row["version"],
        allowed_actions=_allowed_actions(
            DeploymentState(row["state"]), CampaignState(row["campaign_state"]), place_of(row), actor
        ),
    )


@dataclass(frozen=True, slots=True)
class FoundDeployment:
    """A deployment as it was found for a caller; its answer is built only where it is wanted."""

    row: Row
    actor: Actor

    @property
    def etag(self) -> str:
        """Version, caller, and what stands in other rows."""
        row = self.row
        return etag_of(
            row["version"],
            actor_part(self.actor),
            row["campaign_state"],
            row["campaign_title"],
            row["authority_name"],
            row["document_number"],
            row["document_title"],
        )

    def answer(self) -> DeploymentOut:
        """The shape of the contract."""
        return _shape(self.row, self.actor)


async def find_deployment(reads: Reads, actor: Actor, deployment_id: uuid.UUID) -> FoundDeployment:
    """One deployment of a unit in reach."""
    row = await reads.fetchrow(_ONE, deployment_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    actor.require_for(Permission.DEPLOYMENT_READ, place_of(row))
    return FoundDeployment(row, actor)


async def list_deployments(
    reads: Reads,
    actor: Actor,
    campaign_id: uuid.UUID,
    *,
    limit: int,
    cursor: str | None,
    states: Sequence[DeploymentState],
) -> DeploymentPage:
    """What the units in reach did with a campaign the caller may see, newest first."""
    rows = await reads.fetch(
        _LIST,
        campaign_id,
        *visible_arguments(actor),
        *reach_arguments(actor.reach(Permission.DEPLOYMENT_READ)),
        list(states) or None,
        *time_cursor(cursor),
        limit + 1,
    )
    if not rows:
        raise Problem("not_found")
    first = rows[0]
    launcher = Place(first["launcher_id"], first["launcher_territory_path"], first["launcher_line_path"])
    state, scope = CampaignState(first["campaign_state"]), CampaignScope(first["campaign_scope"])
    if not may_see(actor, launcher, state, scope, Permission.DEPLOYMENT_READ):
        raise Problem("forbidden", permission=Permission.DEPLOYMENT_READ)
    page, next_cursor = cut([row for row in rows if row["id"] is not None], limit, "created_at", "id")
    return DeploymentPage(items=[_shape(row, actor) for row in page], next_cursor=next_cursor)


async def _reread(db: AsyncSession, actor: Actor, deployment_id: uuid.UUID) -> DeploymentOut:
    row = await (await reads_of(db)).fetchrow(_ONE, deployment_id, *reach_arguments(actor.reach()))
    assert row is not None, "who may change a deployment sees it"
    return _shape(row, actor)


async def create_deployment(
    db: AsyncSession, actor: Actor, campaign_id: uuid.UUID, body: DeploymentIn
) -> DeploymentOut:
    """Acknowledge a launched campaign for a unit below its launcher; 409 where the unit did so before."""
    campaign = await visible_campaign(db, actor, campaign_id, write=False)
    if campaign is None:
        raise Problem("not_found")
    authority, grant = await authority_to_act_for(db, actor, body.authority_id, Permission.DEPLOYMENT_WRITE)
    if campaign.state != CampaignState.LAUNCHED:
        raise Problem("campaign_not_open", state=campaign.state.vi)
    if not stands_below(place_of_authority(authority), campaign, campaign.scope):
        raise Problem("outside_campaign_scope", authority=authority.name)
    existing = select(Deployment.id).where(
        Deployment.campaign_id == campaign_id, Deployment.authority_id == authority.id
    )
    if (await db.exec(existing)).first() is not None:
        raise Problem("deployment_exists")
    deployment = Deployment(
        id=new_id(),
        campaign_id=campaign_id,
        authority_id=authority.id,
        territory_path=authority.territory_path,
        line_path=authority.line_path,
        state=DeploymentState.ACKNOWLEDGED,
        acknowledged_on=clock.today(),
        created_by=actor.user_id,
        **body.model_dump(mode="json", include={"commitments", "targets"}),
    )
    db.add(deployment)
    _record(db, actor, grant, deployment, "acknowledged", None)
    return await _reread(db, actor, deployment.id)


def _record(
    db: AsyncSession,
    actor: Actor,
    grant: Grant,
    deployment: Deployment,
    action: str,
    before: DeploymentState | None,
) -> None:
    record(
        db,
        actor,
        action=action,
        entity="deployment",
        entity_id=deployment.id,
        authority_id=deployment.authority_id,
        grant=grant,
        before={"state": before} if before else None,
        after={"state": deployment.state, "campaign_id": str(deployment.campaign_id)},
    )


async def _locked_for(
    db: AsyncSession, actor: Actor, deployment_id: uuid.UUID, version: int, action: DeploymentAction
) -> tuple[Deployment, _Step, Grant]:
    """The deployment, locked and ready for a step; refuses in the order 404, 403, 412, 409."""
    statement = select(Deployment).where(Deployment.id == deployment_id, readable(Deployment, actor))
    deployment = (await db.exec(statement.with_for_update())).one_or_none()
    if deployment is None:
        raise Problem("not_found")
    grant = actor.require_for(Permission.DEPLOYMENT_WRITE, deployment)
    check_version(version, deployment.version)
    # locked, so that the campaign is not concluded or cancelled meanwhile
    above = select(Campaign.state).where(Campaign.id == deployment.campaign_id).with_for_update(read=True)
    campaign_state = CampaignState((await db.exec(above)).one())
    step = _STEPS[action]
    if campaign_state not in step.while_campaign:
        raise Problem("campaign_not_open", state=campaign_state.vi)
    if deployment.state not in step.sources:
        owner = Place(deployment.authority_id, deployment.territory_path, deployment.line_path)
        allowed = _allowed_actions(deployment.state, campaign_state, owner, actor)
        raise Problem(
            "transition_refused",
            extensions={"allowed_actions": allowed},
            state=deployment.state.vi,
            action=step.label,
        )
    return deployment, step, grant


async def deploy_deployment(
    db: AsyncSession, actor: Actor, version: int, deployment_id: uuid.UUID, body: DeploymentDeploy
) -> DeploymentOut:
    """The unit's own launch, with at least one model or project it commits to (R02)."""
    deployment, step, grant = await _locked_for(db, actor, deployment_id, version, "deploy")
    before = deployment.state
    received: date | None = None
    if body.launch_document_id is not None:
        await document_to_refer_to(db, body.launch_document_id)
    if body.launch_document_id is not None or body.received_on is not None:
        received = not_in_the_future("/received_on", body.received_on)
    deployment.launch_document_id = body.launch_document_id
    deployment.launch_document_received_on = received
    deployment.commitments = [commitment.model_dump(mode="json") for commitment in body.commitments]
    # targets named when the campaign was acknowledged stay unless others are sent
    if "targets" in body.model_fields_set:
        deployment.targets = [target.model_dump(mode="json") for target in body.targets]
    deployment.state = step.target
    deployment.version += 1
    _record(db, actor, grant, deployment, "deployed", before)
    return await _reread(db, actor, deployment.id)


async def report_deployment(
    db: AsyncSession, actor: Actor, version: int, deployment_id: uuid.UUID, body: DeploymentReport
) -> DeploymentOut:
    """The unit's result; targets and commitments stay as they were promised."""
    deployment, step, grant = await _locked_for(db, actor, deployment_id, version, "report")
    before = deployment.state
    deployment.result = body.result
    deployment.state = step.target
    deployment.version += 1
    _record(db, actor, grant, deployment, "reported", before)
    return await _reread(db, actor, deployment.id)
