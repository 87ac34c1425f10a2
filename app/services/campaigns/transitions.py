"""What may be done with a campaign: one table of transitions that refuses and that fills `allowed_actions`. No I/O."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.access import Actor, Grant, Place
from app.models.campaigns import CampaignAction
from app.problems import Problem
from app.vocabularies import CampaignState, Permission


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a campaign its next step depends on. `taken_up`: a unit deployed it or a campaign carries it out."""

    state: CampaignState
    owner: Place
    created_by: uuid.UUID | None
    has_launch_document: bool
    parent_state: CampaignState | None
    taken_up: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold besides state and permission, and the refusal where it does not."""

    holds: Callable[[Standing], bool]
    refusal: Callable[[Standing], Problem]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step. `acting` says whether the permission must be held at the launching body itself: what is done in its
    name; or may reach down to it: drafting, which the standing body of the level above may do for a body without
    an account."""

    action: CampaignAction
    label: str
    sources: frozenset[CampaignState]
    target: CampaignState | None
    permission: Permission
    acting: Literal["at_the_body", "in_reach"]
    not_by_maker: bool = False
    conditions: tuple[Condition, ...] = ()


def _parent_refusal(standing: Standing) -> Problem:
    assert standing.parent_state is not None
    return Problem("parent_not_launched", state=standing.parent_state.vi)


_HAS_LAUNCH_DOCUMENT = Condition(lambda s: s.has_launch_document, lambda _: Problem("launch_document_required"))
_PARENT_IS_LAUNCHED = Condition(lambda s: s.parent_state in (None, CampaignState.LAUNCHED), _parent_refusal)
_NOBODY_TOOK_IT_UP = Condition(lambda s: not s.taken_up, lambda _: Problem("campaign_taken_up"))

_S, _P = CampaignState, Permission

TRANSITIONS: tuple[Transition, ...] = (
    Transition("edit", "sửa", frozenset({_S.DRAFT}), None, _P.CAMPAIGN_WRITE, "in_reach"),
    Transition(
        "launch",
        "phát động",
        frozenset({_S.DRAFT, _S.IN_REVIEW}),
        _S.LAUNCHED,
        _P.CAMPAIGN_LAUNCH,
        "at_the_body",
        not_by_maker=True,
        conditions=(_HAS_LAUNCH_DOCUMENT, _PARENT_IS_LAUNCHED),
    ),
    Transition(
        "conclude",
        "kết thúc",
        frozenset({_S.LAUNCHED, _S.SUSPENDED}),
        _S.CONCLUDED,
        _P.CAMPAIGN_LAUNCH,
        "at_the_body",
    ),
    Transition("cancel", "hủy", frozenset({_S.DRAFT, _S.IN_REVIEW}), _S.CANCELLED, _P.CAMPAIGN_WRITE, "in_reach"),
    # a launched campaign that somebody carries out is concluded early, not made undone
    Transition(
        "cancel",
        "hủy",
        frozenset({_S.LAUNCHED, _S.SUSPENDED}),
        _S.CANCELLED,
        _P.CAMPAIGN_LAUNCH,
        "at_the_body",
        conditions=(_NOBODY_TOOK_IT_UP,),
    ),
)


def steps_of(action: CampaignAction) -> list[Transition]:
    """The rows of the table for an action: it may differ by the state it starts from."""
    return [step for step in TRANSITIONS if step.action == action]


def acting_grant(step: Transition, owner: Place, actor: Actor) -> Grant | None:
    """The grant under which the caller would take the step."""
    if step.acting == "at_the_body":
        return actor.grant_at(step.permission, owner.authority_id)
    return actor.grant_for(step.permission, owner)


def is_own_work(step: Transition, standing: Standing, actor: Actor) -> bool:
    """Whether the caller drafted what the step would approve."""
    return step.not_by_maker and actor.user_id == standing.created_by


def allowed_actions(standing: Standing, actor: Actor) -> list[CampaignAction]:
    """What the caller may do next."""
    return [
        step.action
        for step in TRANSITIONS
        if standing.state in step.sources
        and acting_grant(step, standing.owner, actor) is not None
        and not is_own_work(step, standing, actor)
        and all(condition.holds(standing) for condition in step.conditions)
    ]


def require_permission(action: CampaignAction, standing: Standing, actor: Actor) -> None:
    """403 where the caller may not take the step, whatever state the campaign is in.

    Asked before the version and the state, so that who may not act learns nothing of them.
    """
    steps = steps_of(action)
    here = [step for step in steps if standing.state in step.sources] or steps
    if all(acting_grant(step, standing.owner, actor) is None for step in here):
        raise Problem("forbidden", permission=here[0].permission)


def require_step(action: CampaignAction, standing: Standing, actor: Actor) -> tuple[Transition, Grant]:
    """The step and the grant that permits it; 409 where the state or a condition forbids it, 403 for one's own work."""
    step = next((step for step in steps_of(action) if standing.state in step.sources), None)
    if step is None:
        extensions = {"allowed_actions": allowed_actions(standing, actor)}
        if action == "edit":
            raise Problem("not_editable", extensions=extensions, state=standing.state.vi)
        label = steps_of(action)[0].label
        raise Problem("transition_refused", extensions=extensions, state=standing.state.vi, action=label)
    grant = acting_grant(step, standing.owner, actor)
    if grant is None:
        raise Problem("forbidden", permission=step.permission)
    if is_own_work(step, standing, actor):
        raise Problem("own_work")
    for condition in step.conditions:
        if not condition.holds(standing):
            raise condition.refusal(standing)
    return step, grant
