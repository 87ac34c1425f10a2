"""Nominations: reading them, and the one guarded function that moves them.

Every step runs in one transaction with its history, audit and outbox rows. The acting person comes from
the token alone; what the step demands comes from the workflow definition the nomination began with.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Grant, Permission, Place, place_of, reach_arguments, reach_sql, readable
from app.answers import check_version
from app.db import Reads, Row, reads_of
from app.ids import new_id
from app.models.authorities import Authority, AuthorityReference
from app.models.award_types import AwardTypeReference
from app.models.campaigns import CampaignReference
from app.models.candidates import CandidateReference
from app.models.nominations import (
    Appraisal,
    AppraisalOut,
    Dossier,
    DossierReference,
    Forwarding,
    Nomination,
    NominationEvent,
    NominationEventOut,
    NominationOut,
    NominationPage,
    NominationSummary,
    WorkflowDefinition,
)
from app.pages import cut, search_query, time_cursor
from app.problems import Problem
from app.records import record
from app.scopes import scope_arguments, scoped_page
from app.services.workflow import (
    Action,
    Desk,
    Transition,
    Workflow,
    acting_grant,
    allowed_actions,
    is_own_work,
    possible,
)
from app.vocabularies import AuthorityKind, NominationState, Route

_SUMMARY = """
select n.id, n.dossier_id, n.authority_id, n.territory_path, n.line_path, n.route, n.category, n.year, n.state,
       n.holder_id, n.created_at, n.state_changed_at, a.name as authority_name, h.name as holder_name,
       c.id as candidate_id, c.kind as candidate_kind, c.name as candidate_name,
       t.code as award_type_code, t.name as award_type_name
"""
_JOINS = """
join authority a on a.id = n.authority_id
join authority h on h.id = n.holder_id
join candidate c on c.id = n.candidate_id
join award_type t on t.id = n.award_type_id
"""
COMPETENT = """exists (
    select from award_competence k
    where k.award_type_code = n.award_type_code and k.authority_kind = h.kind and k.authority_level = h.level
      and k.valid_from <= {day} and (k.valid_to is null or k.valid_to >= {day}))"""
_ONE = f"""{_SUMMARY},
       n.achievement, n.appraisal, n.submitted_at, n.version, n.workflow_id, n.created_by,
       d.title as dossier_title, d.created_by as dossier_created_by,
       p.id as campaign_id, p.code as campaign_code, p.title as campaign_title,
       {COMPETENT.format(day="$5::date")} as holder_competent,
       (select jsonb_agg(jsonb_build_object(
            'at', e.at, 'action', e.action, 'from_state', e.from_state, 'to_state', e.to_state, 'reason', e.reason,
            'actor', u.display_name,
            'acting_for', jsonb_build_object('id', f.id, 'name', f.name),
            'sent_to', case when s.id is not null then jsonb_build_object('id', s.id, 'name', s.name) end)
            order by e.id)
        from nomination_event e
        join user_account u on u.id = e.actor_id
        join authority f on f.id = e.acting_for_id
        left join authority s on s.id = e.sent_to_id
        where e.nomination_id = n.id) as history
from nomination n {_JOINS}
join dossier d on d.id = n.dossier_id
left join campaign p on p.id = n.campaign_id
where n.id = $1 and ({reach_sql("n", 2, routed=True)} or n.holder_id = any($2::uuid[]))
"""
_FILTERS = """
    ($11::uuid is null or n.holder_id = $11) and ($12::uuid is null or n.authority_id = $12)
    and ($13::text is null or n.award_type_code = $13) and ($14::int is null or n.year = $14)
    and ($15::uuid is null or n.campaign_id = $15)
    and ($16::text is null or exists (select from candidate x where x.id = n.candidate_id
         and to_tsvector('simple', x.name_folded) @@ to_tsquery('simple', vi_fold($16))))
"""
_LIST = f"""{_SUMMARY} from (
{scoped_page("nomination", "n", filters=_FILTERS, stateful=True, routed=True, desk="n.holder_id = scope.id")}
) as n {_JOINS} order by n.created_at desc, n.id desc
"""
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
_WORKFLOW = "select definition from workflow_definition where id = $1"

_ALL_STATES = [state.value for state in NominationState]
# definitions are immutable versions, so a parsed one stays true for the life of the process
_parsed: dict[uuid.UUID, Workflow] = {}


async def workflow_of(reads: Reads, workflow_id: uuid.UUID) -> Workflow:
    """The definition a nomination began with."""
    found = _parsed.get(workflow_id)
    if found is None:
        row = await reads.fetchrow(_WORKFLOW, workflow_id)
        assert row is not None, "a nomination refers to its definition by a foreign key"
        found = _parsed[workflow_id] = Workflow.model_validate(row["definition"])
    return found


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


# ------------------------------------------------------------ reading


def _summary(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "dossier_id": row["dossier_id"],
        "authority": AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        "candidate": CandidateReference(id=row["candidate_id"], kind=row["candidate_kind"], name=row["candidate_name"]),
        "award_type": AwardTypeReference(code=row["award_type_code"], name=row["award_type_name"]),
        "category": row["category"],
        "year": row["year"],
        "state": row["state"],
        "holder": AuthorityReference(id=row["holder_id"], name=row["holder_name"]),
        "created_at": row["created_at"],
        "state_changed_at": row["state_changed_at"],
    }


def _desk(row: Row, appraisal: Mapping[str, Any] | None) -> Desk:
    return Desk(
        state=NominationState(row["state"]),
        owner=place_of(row),
        route=Route(row["route"]),
        holder_id=row["holder_id"],
        holder_competent=row["holder_competent"],
        maker_ids=frozenset({row["created_by"], row["dossier_created_by"]}),
        appraiser_id=uuid.UUID(appraisal["by_id"]) if appraisal else None,
    )


def require_read(actor: Actor, owner: Place, route: Route, holder_id: uuid.UUID) -> None:
    """403 where no grant that reaches the nomination, or works on it, may read nominations."""
    if actor.grant_at(Permission.NOMINATION_READ, holder_id) is None:
        actor.require_for(Permission.NOMINATION_READ, owner, route)


async def find_nomination(reads: Reads, actor: Actor, nomination_id: uuid.UUID) -> Row:
    """The row of one nomination in reach; 404 outside, 403 without the permission."""
    arguments = reach_arguments(actor.reach())
    row = await reads.fetchrow(_ONE, nomination_id, *arguments, clock.today())
    if row is None:
        raise Problem("not_found")
    require_read(actor, place_of(row), Route(row["route"]), row["holder_id"])
    return row


async def shape_nomination(reads: Reads, actor: Actor, row: Row) -> NominationOut:
    """The answer for one nomination, with what the caller may do next."""
    appraisal = row["appraisal"]
    campaign_id = row["campaign_id"]
    return NominationOut(
        **_summary(row),
        dossier=DossierReference(id=row["dossier_id"], title=row["dossier_title"]),
        campaign=CampaignReference(id=campaign_id, code=row["campaign_code"], title=row["campaign_title"])
        if campaign_id
        else None,
        route=row["route"],
        achievement=row["achievement"],
        appraisal=AppraisalOut(**{name: appraisal[name] for name in AppraisalOut.model_fields}) if appraisal else None,
        submitted_at=row["submitted_at"],
        history=[NominationEventOut(**event) for event in row["history"] or []],
        version=row["version"],
        allowed_actions=allowed_actions(await workflow_of(reads, row["workflow_id"]), _desk(row, appraisal), actor),
    )


async def list_nominations(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    states: list[NominationState],
    holder_id: uuid.UUID | None,
    authority_id: uuid.UUID | None,
    award_type_code: str | None,
    year: int | None,
    campaign_id: uuid.UUID | None,
    q: str | None,
) -> NominationPage:
    """Nominations in reach or on the caller's desk, newest first."""
    actor.require(Permission.NOMINATION_READ)
    rows = await reads.fetch(
        _LIST,
        *scope_arguments(actor.reach(Permission.NOMINATION_READ)),
        *time_cursor(cursor),
        limit + 1,
        [state.value for state in states] or _ALL_STATES,
        holder_id,
        authority_id,
        award_type_code,
        year,
        campaign_id,
        search_query(q),
    )
    page, next_cursor = cut(rows, limit, "created_at", "id")
    return NominationPage(items=[NominationSummary(**_summary(row)) for row in page], next_cursor=next_cursor)


# ------------------------------------------------------------ moving


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
    appraisal = nomination.appraisal
    desk = Desk(
        state=nomination.state,
        owner=nomination,
        route=nomination.route,
        holder_id=nomination.holder_id,
        holder_competent=row["competent"],
        maker_ids=frozenset({nomination.created_by, dossier.created_by}),
        appraiser_id=uuid.UUID(appraisal["by_id"]) if appraisal else None,
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
    action: Action,
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
    action: Action,
    body: Any = None,
) -> NominationOut:
    """One transition of one nomination, by the version the caller read."""
    nomination = await lock_nomination(db, actor, nomination_id)
    require_read(actor, _place(nomination), nomination.route, nomination.holder_id)
    check_version(version, nomination.version)
    await move(
        db,
        actor,
        nomination,
        action,
        reason=_reason(body),
        appraisal=body if isinstance(body, Appraisal) else None,
    )
    reads = await reads_of(db)
    return await shape_nomination(reads, actor, await find_nomination(reads, actor, nomination.id))


def _place(row: Nomination | Dossier) -> Place:
    return Place(row.authority_id, row.territory_path, row.line_path)


def _reason(body: Any) -> str | None:
    if isinstance(body, Forwarding):
        submission = f"Tờ trình {body.submission_number} ngày {body.submission_date:%d/%m/%Y}"
        return f"{submission}. {body.note}" if body.note else submission
    reason: str | None = getattr(body, "reason", None) or getattr(body, "note", None)
    return reason
