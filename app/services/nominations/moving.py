"""The one guarded function that moves a nomination.

Every step runs in one transaction with its history, audit and outbox rows. The acting person comes from
the token alone; what the step demands comes from the workflow definition the nomination began with.
Many nominations take a step with as many statements as one.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from app import clock
from app.access import Actor, Grant, place_of, reach_arguments, reach_sql
from app.answers import check_version
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.nominations import Appraisal, Forwarding, NominationOut
from app.problems import Problem
from app.records import trace, trace_sql
from app.services.nominations.reading import (
    COMPETENT,
    MAKING,
    require_read,
    shape_nomination,
    workflow_of,
    written_sql,
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
from app.shapes import json_text
from app.vocabularies import AppraisalOpinion, AuthorityKind, NominationState, Permission, Route

# the nearest body above by territory that the definition names
_NEXT_BY_TERRITORY = """
with recursive above as (
    select 0 as steps, id, name, kind, valid_to, parent_id from authority where id = $1
    union all
    select b.steps + 1, a.id, a.name, a.kind, a.valid_to, a.parent_id
    from above b join authority a on a.id = b.parent_id
)
select id, name from above
where steps > 0 and kind = any($2::text[]) and (valid_to is null or valid_to >= $3)
order by steps limit 1
"""
_NEXT_BY_LINE = """
select above.id, above.name from authority own join authority above on above.id = own.line_parent_id
where own.id = $1 and (above.valid_to is null or above.valid_to >= $2)
"""
_SENDER = """
select acting_for_id from nomination_event
where nomination_id = $1 and sent_to_id = $2 and action in ('submit', 'forward') order by id desc limit 1
"""
# in the order of their keys for everyone, so that two transactions cannot wait for each other
_LOCKED = """
with locked as materialized (
    select * from nomination n where {which} order by n.id for update
)
select n.id, n.dossier_id, n.authority_id, n.territory_path, n.line_path, n.route, n.candidate_id, n.award_type_id,
       n.award_type_code, n.category, n.campaign_id, n.year, n.state, n.holder_id, n.workflow_id, n.appraisal,
       n.created_by, n.version, seen.version as seen_version, h.name as holder_name,
       d.created_by as dossier_created_by, d.submission_date,
       {competent} as holder_competent, people.makers, people.appraisers
from locked n
join nomination seen on seen.id = n.id
join authority h on h.id = n.holder_id
join dossier d on d.id = n.dossier_id
cross join lateral (
    select coalesce(array_agg(distinct e.actor_id) filter (where e.action in ({making})), '{{}}') as makers,
           coalesce(array_agg(distinct e.actor_id) filter (where e.action = 'appraise'), '{{}}') as appraisers
    from nomination_event e where e.nomination_id = n.id) as people
order by n.id
"""
_TAKE = f"""
with step as (
    select * from {{steps}}($1::text::jsonb) as s (
        id uuid, version int, state text, holder_id uuid, at timestamptz, submitted_at timestamptz, appraisal jsonb,
        event_id uuid, action text, from_state text, actor_id uuid, acting_for_id uuid, sent_to_id uuid, reason text)
), written as (
    update nomination n
    set state = s.state, holder_id = s.holder_id, state_changed_at = s.at, version = n.version + 1,
        submitted_at = coalesce(s.submitted_at, n.submitted_at), appraisal = s.appraisal
    from step s where n.id = s.id and n.version = s.version
    returning n.*
), event as (
    insert into nomination_event (id, nomination_id, action, from_state, to_state, actor_id, acting_for_id,
                                  sent_to_id, reason)
    select event_id, id, action, from_state, state, actor_id, acting_for_id, sent_to_id, reason from step
    returning *
), {trace_sql(2)}
"""
_TAKE_MANY = f"{_TAKE.format(steps='jsonb_to_recordset')} select count(*) as taken from written"
# a plan for one row, not for the hundred that a set is taken to have
_TAKE_ONE = f"{_TAKE.format(steps='jsonb_to_record')} {written_sql(3)}"


def locking_sql(which: str) -> str:
    """A statement for `lock_nominations`. Parameter 1 is the day on which competence counts."""
    making = ", ".join(f"'{action}'" for action in sorted(MAKING))
    return _LOCKED.format(which=which, competent=COMPETENT.format(day="$1::date"), making=making)


_LOCK_ONE = locking_sql(f"n.id = $2 and ({reach_sql('n', 3, routed=True)} or n.holder_id = any($3::uuid[]))")


async def lock_nominations(tx: Transaction, sql: str, *arguments: Any) -> Sequence[Row]:
    """Nominations with all their guards ask for, locked until the transaction ends; `sql` is of `locking_sql`."""
    rows = await tx.fetch(sql, *arguments)
    while any(row["version"] != row["seen_version"] for row in rows):
        # the lock was waited for, and the statement saw the history as it was before: now nobody adds to it
        rows = await tx.fetch(sql, *arguments)
    return rows


async def lock_nomination(tx: Transaction, actor: Actor, nomination_id: uuid.UUID) -> Row:
    """One nomination, locked; 404 outside reach."""
    arguments = reach_arguments(actor.reach())
    rows = await lock_nominations(tx, _LOCK_ONE, clock.today(), nomination_id, *arguments)
    if not rows:
        raise Problem("not_found")
    return rows[0]


def desk_of(row: Row) -> Desk:
    """What the next step of a locked nomination depends on."""
    appraisal = row["appraisal"]
    return Desk(
        state=NominationState(row["state"]),
        owner=place_of(row),
        route=Route(row["route"]),
        holder_id=row["holder_id"],
        holder_competent=row["holder_competent"],
        opinion=AppraisalOpinion(appraisal["opinion"]) if appraisal else None,
        maker_ids=frozenset({row["created_by"], row["dossier_created_by"], *row["makers"]}),
        appraiser_ids=frozenset(row["appraisers"]),
    )


def require_step(workflow: Workflow, step: Transition, row: Row, actor: Actor) -> Grant:
    """The grant under which the step is taken, or the refusal with its reason."""
    desk = desk_of(row)
    held_here = actor.grant_at(step.permission, desk.holder_id)
    if held_here is None:
        actor.require_for(step.permission, desk.owner, desk.route)
    grant = acting_grant(step, desk, actor)
    if grant is not None and possible(step, desk) and not is_own_work(step, desk, actor):
        return grant
    actions = {"allowed_actions": allowed_actions(workflow, desk, actor)}
    if grant is None:
        if step.acting_for == "holder":
            raise Problem("not_at_your_desk", holder=row["holder_name"], action=step.label, extensions=actions)
        raise Problem("forbidden", permission=step.permission)
    if step.opinion is not None and desk.opinion not in (None, step.opinion):
        assert desk.opinion is not None
        raise Problem("appraisal_not_in_favour", opinion=desk.opinion.vi, action=step.label, extensions=actions)
    if not possible(step, desk):
        at_state = desk.state.vi
        raise Problem("transition_refused", state=at_state, action=step.label, extensions=actions)
    raise Problem("own_work", extensions=actions)


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


async def _destination(tx: Transaction, workflow: Workflow, step: Transition, row: Row) -> uuid.UUID | None:
    """To whom it goes: the next level, the body that sent it here, or nobody else."""
    if step.send == "stay":
        return None
    if step.send == "up":
        above = await next_level(tx, workflow, Route(row["route"]), row["holder_id"], row["holder_name"])
        found: uuid.UUID = above["id"]
        return found
    sender = await tx.fetchrow(_SENDER, row["id"], row["holder_id"])
    assert sender is not None, "what is not with its owner was sent"
    found = sender["acting_for_id"]
    return found


class Steps:
    """Permitted steps of locked nominations, written together: state, desk, version, history, audit, outbox."""

    def __init__(self, tx: Transaction, actor: Actor) -> None:
        self._tx = tx
        self._actor = actor
        self._now = clock.now()
        self._steps: list[dict[str, Any]] = []
        self._traces: list[dict[str, Any]] = []

    def add(
        self,
        row: Row,
        step: Transition,
        grant: Grant,
        *,
        sent_to: uuid.UUID | None = None,
        reason: str | None = None,
        appraisal: Appraisal | None = None,
    ) -> None:
        """Note a step."""
        acting_for = row["authority_id"] if step.acting_for == "owner" else row["holder_id"]
        holder_id = sent_to or row["holder_id"]
        self._steps.append(
            {
                "id": row["id"],
                "version": row["version"],
                "state": step.target,
                "holder_id": holder_id,
                "at": self._now,
                "submitted_at": self._now if step.target == NominationState.SUBMITTED else None,
                "appraisal": self._appraisal(row, step, appraisal),
                "event_id": new_id(),
                "action": step.action,
                "from_state": row["state"],
                "actor_id": self._actor.user_id,
                "acting_for_id": acting_for,
                "sent_to_id": sent_to,
                "reason": reason,
            }
        )
        self._traces.append(
            trace(
                self._actor,
                action=step.action,
                entity="nomination",
                entity_id=row["id"],
                authority_id=acting_for,
                grant=grant,
                before={"state": row["state"]},
                after={"state": step.target, "holder_id": str(holder_id)},
                reason=reason,
            )
        )

    def _appraisal(self, row: Row, step: Transition, given: Appraisal | None) -> Any:
        if given is not None:
            by = {"by": self._actor.display_name, "by_id": str(self._actor.user_id), "at": self._now.isoformat()}
            return given.model_dump(mode="json") | by
        # the next level appraises anew
        return None if step.target == NominationState.FORWARDED else row["appraisal"]

    async def write(self) -> None:
        """Write all of them, in one statement."""
        written = await self._tx.fetchrow(_TAKE_MANY, json_text(self._steps), json_text(self._traces))
        assert written is not None and written["taken"] == len(self._steps), "they are locked"

    async def write_one(self) -> NominationOut:
        """Write the only one, and answer its nomination: it may have left the caller's desk and reach."""
        row = await self._tx.fetchrow(_TAKE_ONE, json_text(self._steps[0]), json_text(self._traces), clock.today())
        assert row is not None, "it is locked"
        return await shape_nomination(self._tx, self._actor, row)


async def take_step(
    tx: Transaction, actor: Actor, version: int, nomination_id: uuid.UUID, action: Move, body: Any = None
) -> NominationOut:
    """One transition of one nomination, by the version the caller read."""
    row = await lock_nomination(tx, actor, nomination_id)
    require_read(actor, place_of(row), Route(row["route"]), [row["holder_id"]])
    check_version(version, row["version"])
    makes = actor.grant_at(Permission.NOMINATION_WRITE, row["authority_id"]) is not None
    if makes and action == "submit" and row["state"] == NominationState.DRAFT:
        raise Problem("submit_with_dossier")
    workflow = await workflow_of(tx, row["workflow_id"])
    step = workflow.transition(action)
    grant = require_step(workflow, step, row, actor)
    steps = Steps(tx, actor)
    steps.add(
        row,
        step,
        grant,
        sent_to=await _destination(tx, workflow, step, row),
        reason=_reason(body),
        appraisal=body if isinstance(body, Appraisal) else None,
    )
    return await steps.write_one()


async def submit_all(tx: Transaction, actor: Actor, rows: Sequence[Row]) -> uuid.UUID:
    """Submit nominations of one dossier that are with their body, locked; returns to whom they went."""
    steps = Steps(tx, actor)
    above: dict[uuid.UUID, uuid.UUID | None] = {}
    for row in rows:
        workflow = await workflow_of(tx, row["workflow_id"])
        step = workflow.transition("submit")
        grant = require_step(workflow, step, row, actor)
        # they have one owner and one route, so only the definition can make a difference
        if row["workflow_id"] not in above:
            above[row["workflow_id"]] = await _destination(tx, workflow, step, row)
        steps.add(row, step, grant, sent_to=above[row["workflow_id"]])
    await steps.write()
    return above[rows[0]["workflow_id"]] or rows[0]["holder_id"]


def _reason(body: Any) -> str | None:
    if isinstance(body, Forwarding):
        submission = f"Tờ trình {body.submission_number} ngày {body.submission_date:%d/%m/%Y}"
        return f"{submission}. {body.note}" if body.note else submission
    reason: str | None = getattr(body, "reason", None) or getattr(body, "note", None)
    return reason
