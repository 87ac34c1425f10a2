"""The one guarded function that moves a nomination.

Every step runs in one transaction with its history, audit and outbox rows. The acting person comes from
the token alone; what the step demands comes from the workflow definition the nomination began with.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Grant, Place, readable
from app.answers import check_version
from app.db import Reads, Row, reads_of
from app.ids import new_id
from app.models.authorities import Authority
from app.models.nominations import (
    Appraisal,
    Dossier,
    Forwarding,
    Nomination,
    NominationEvent,
    NominationOut,
    WorkflowDefinition,
)
from app.problems import Problem
from app.records import record
from app.services.nominations.reading import (
    COMPETENT,
    MAKING,
    find_nomination,
    require_read,
    shape_nomination,
    workflow_of,
)
from app.services.workflow import (
    Desk,
    Move,
    Transition,
    Workflow,
    acting_grant,
    allowed_actions,
    is_own_work,
    possible,
)
from app.vocabularies import AppraisalOpinion, AuthorityKind, NominationState, Permission, Route

# the nearest body above by territory that the definition names
_NEXT_BY_TERRITORY = """
select above.id, above.name from authority own
join authority above on own.territory_path ^@ above.territory_path and above.id <> own.id
where own.id = $1 and above.kind = any($2::text[]) and (above.valid_to is null or above.valid_to >= $3)
order by length(above.territory_path) desc limit 1
"""
_NEXT_BY_LINE = """
select above.id, above.name from authority own join authority above on above.id = own.line_parent_id
where own.id = $1 and (above.valid_to is null or above.valid_to >= $2)
"""


async def current_workflow(db: AsyncSession, code: str, day: date) -> WorkflowDefinition:
    """The newest definition in force on a day: what a nomination begins with."""
    found = await db.exec(
        select(WorkflowDefinition)
        .where(
            WorkflowDefinition.code == code,
            WorkflowDefinition.valid_from <= day,
            or_(col(WorkflowDefinition.valid_to).is_(None), col(WorkflowDefinition.valid_to) >= day),
        )
        .order_by(col(WorkflowDefinition.number).desc())
        .limit(1)
    )
    return found.one()


async def lock_nomination(db: AsyncSession, actor: Actor, nomination_id: uuid.UUID) -> Nomination:
    """The nomination, locked until the transaction ends; 404 outside reach."""
    found = (
        await db.exec(
            select(Nomination)
            .where(
                Nomination.id == nomination_id,
                or_(readable(Nomination, actor), col(Nomination.holder_id).in_(actor.reach().own)),
            )
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise Problem("not_found")
    return found


_PEOPLE = """
select coalesce(array_agg(distinct actor_id) filter (where action = any($2::text[])), '{}') as makers,
       coalesce(array_agg(distinct actor_id) filter (where action = 'appraise'), '{}') as appraisers
from nomination_event where nomination_id = $1
"""


async def desk_of(db: AsyncSession, nomination: Nomination, day: date) -> tuple[Desk, Authority]:
    """What the next step depends on, and the body that holds the nomination."""
    holder = (await db.exec(select(Authority).where(Authority.id == nomination.holder_id))).one()
    dossier = (await db.exec(select(Dossier).where(Dossier.id == nomination.dossier_id))).one()
    reads = await reads_of(db)
    row = await reads.fetchrow(
        f"select {COMPETENT.format(day='$2::date')} as competent from nomination n "
        "join authority h on h.id = n.holder_id where n.id = $1",
        nomination.id,
        day,
    )
    assert row is not None
    people = await reads.fetchrow(_PEOPLE, nomination.id, sorted(MAKING))
    assert people is not None
    appraisal = nomination.appraisal
    desk = Desk(
        state=nomination.state,
        owner=nomination,
        route=nomination.route,
        holder_id=nomination.holder_id,
        holder_competent=row["competent"],
        opinion=AppraisalOpinion(appraisal["opinion"]) if appraisal else None,
        maker_ids=frozenset({nomination.created_by, dossier.created_by, *people["makers"]}),
        appraiser_ids=frozenset(people["appraisers"]),
    )
    return desk, holder


def require_step(workflow: Workflow, step: Transition, desk: Desk, actor: Actor, holder: Authority) -> Grant:
    """The grant under which the step is taken, or the refusal with its reason."""
    held_here = actor.grant_at(step.permission, desk.holder_id)
    if held_here is None:
        actor.require_for(step.permission, desk.owner, desk.route)
    grant = acting_grant(step, desk, actor)
    actions = {"allowed_actions": allowed_actions(workflow, desk, actor)}
    if grant is None:
        if step.acting_for == "holder":
            raise Problem("not_at_your_desk", holder=holder.name, action=step.label, extensions=actions)
        raise Problem("forbidden", permission=step.permission)
    if step.opinion is not None and desk.opinion not in (None, step.opinion):
        assert desk.opinion is not None
        raise Problem("appraisal_not_in_favour", opinion=desk.opinion.vi, action=step.label, extensions=actions)
    if not possible(step, desk):
        at_state = desk.state.vi
        raise Problem("transition_refused", state=at_state, action=step.label, extensions=actions)
    if is_own_work(step, desk, actor):
        raise Problem("own_work", extensions=actions)
    return grant


async def next_level(reads: Reads, workflow: Workflow, route: Route, holder_id: uuid.UUID, holder_name: str) -> Row:
    """The body above that takes it from here: id and name."""
    day = clock.today()
    if route == Route.LINE:
        row = await reads.fetchrow(_NEXT_BY_LINE, holder_id, day)
    else:
        kinds: tuple[AuthorityKind, ...] = workflow.next_level[route]
        row = await reads.fetchrow(_NEXT_BY_TERRITORY, holder_id, [kind.value for kind in kinds], day)
    if row is None:
        raise Problem("no_next_level", authority=holder_name)
    return row


async def _sent_down(db: AsyncSession, nomination: Nomination) -> uuid.UUID:
    """To whom a return goes: the body that sent it here."""
    sender = await db.exec(
        select(NominationEvent.acting_for_id)
        .where(
            NominationEvent.nomination_id == nomination.id,
            NominationEvent.sent_to_id == nomination.holder_id,
            col(NominationEvent.action).in_(("submit", "forward")),
        )
        .order_by(col(NominationEvent.id).desc())
        .limit(1)
    )
    return sender.one()


async def move(
    db: AsyncSession,
    actor: Actor,
    nomination: Nomination,
    action: Move,
    *,
    reason: str | None = None,
    appraisal: Appraisal | None = None,
) -> None:
    """Take one step with a locked nomination; everything it leaves behind is in the same transaction."""
    reads = await reads_of(db)
    workflow = await workflow_of(reads, nomination.workflow_id)
    step = workflow.transition(action)
    desk, holder = await desk_of(db, nomination, clock.today())
    grant = require_step(workflow, step, desk, actor, holder)
    sent_to: uuid.UUID | None = None
    if step.send == "up":
        sent_to = (await next_level(reads, workflow, nomination.route, holder.id, holder.name))["id"]
    elif step.send == "back":
        sent_to = await _sent_down(db, nomination)
    apply_step(db, actor, nomination, step, grant=grant, now=clock.now(), sent_to=sent_to, reason=reason)
    if appraisal is not None:
        nomination.appraisal = {
            **appraisal.model_dump(mode="json"),
            "by": actor.display_name,
            "by_id": str(actor.user_id),
            "at": clock.now().isoformat(),
        }
    elif step.target in (NominationState.FORWARDED, NominationState.RETURNED):
        nomination.appraisal = None if step.send == "up" else nomination.appraisal
    await db.flush()


def apply_step(
    db: AsyncSession,
    actor: Actor,
    nomination: Nomination,
    step: Transition,
    *,
    grant: Grant,
    now: datetime,
    sent_to: uuid.UUID | None = None,
    reason: str | None = None,
) -> None:
    """Write a permitted step: state, desk, version, history, audit, outbox."""
    before = nomination.state
    acting_for = nomination.authority_id if step.acting_for == "owner" else nomination.holder_id
    nomination.state = step.target
    nomination.holder_id = sent_to or nomination.holder_id
    nomination.state_changed_at = now
    nomination.version += 1
    if step.target == NominationState.SUBMITTED:
        nomination.submitted_at = now
    db.add(nomination)
    db.add(
        NominationEvent(
            id=new_id(),
            nomination_id=nomination.id,
            action=step.action,
            from_state=before,
            to_state=step.target,
            actor_id=actor.user_id,
            acting_for_id=acting_for,
            sent_to_id=sent_to,
            reason=reason,
        )
    )
    record(
        db,
        actor,
        action=step.action,
        entity="nomination",
        entity_id=nomination.id,
        authority_id=acting_for,
        grant=grant,
        before={"state": before},
        after={"state": step.target, "holder_id": str(nomination.holder_id)},
        reason=reason,
    )


async def take_step(
    db: AsyncSession,
    actor: Actor,
    version: int,
    nomination_id: uuid.UUID,
    action: Move,
    body: Any = None,
) -> NominationOut:
    """One transition of one nomination, by the version the caller read."""
    nomination = await lock_nomination(db, actor, nomination_id)
    require_read(actor, _place(nomination), nomination.route, [nomination.holder_id])
    check_version(version, nomination.version)
    makes = actor.grant_at(Permission.NOMINATION_WRITE, nomination.authority_id) is not None
    if makes and action == "submit" and nomination.state == NominationState.DRAFT:
        raise Problem("submit_with_dossier")
    await move(
        db,
        actor,
        nomination,
        action,
        reason=_reason(body),
        appraisal=body if isinstance(body, Appraisal) else None,
    )
    reads = await reads_of(db)
    return await shape_nomination(reads, actor, await find_nomination(reads, actor, nomination.id, permitted=True))


def _place(row: Nomination | Dossier) -> Place:
    return Place(row.authority_id, row.territory_path, row.line_path)


def _reason(body: Any) -> str | None:
    if isinstance(body, Forwarding):
        submission = f"Tờ trình {body.submission_number} ngày {body.submission_date:%d/%m/%Y}"
        return f"{submission}. {body.note}" if body.note else submission
    reason: str | None = getattr(body, "reason", None) or getattr(body, "note", None)
    return reason
