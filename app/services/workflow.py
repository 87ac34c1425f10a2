"""The workflow of a nomination as data: which step is possible, who may take it, where it goes. No I/O.

A definition is a versioned row (`app/data/workflows.json` ships the first). It is checked when it is read:
an unknown state, permission or field fails at once, not at the first nomination that meets it.
"""

import uuid
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.access import Actor, Grant, Owned
from app.vocabularies import Action, AppraisalOpinion, AuthorityKind, NominationState, Permission, Route

Move = Literal["submit", "withdraw", "receive", "return", "appraise", "reject", "forward", "decide"]


class Transition(BaseModel):
    """One step.

    `holder` says on whose desk it must lie, `competent` whether that body must be able to decide, `opinion` what
    the last appraisal must say, `not_by` who may not take it because they made or appraised the nomination.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Move
    label: str
    label_en: str
    sources: Annotated[frozenset[NominationState], Field(alias="from")]
    target: Annotated[NominationState, Field(alias="to")]
    permission: Permission
    acting_for: Literal["owner", "holder"]
    holder: Literal["owner", "not_owner", "any"]
    send: Literal["stay", "up", "back"]
    reason: bool
    competent: bool | None
    opinion: AppraisalOpinion | None
    not_by: frozenset[Literal["maker", "appraiser"]]


class Workflow(BaseModel):
    """A definition: the transitions, and which kinds of body are the next level on each route."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    initial: NominationState
    next_level: dict[Route, tuple[AuthorityKind, ...]]
    transitions: tuple[Transition, ...]

    @model_validator(mode="after")
    def _every_state_is_reached(self) -> "Workflow":
        actions = [step.action for step in self.transitions]
        if len(actions) != len(set(actions)):
            raise ValueError("an action occurs twice")
        reached = {self.initial} | {step.target for step in self.transitions}
        left = {state for step in self.transitions for state in step.sources}
        if not left <= reached:
            raise ValueError(f"states that no transition reaches: {sorted(left - reached)}")
        return self

    def transition(self, action: Move) -> Transition:
        """The step of that name."""
        return next(step for step in self.transitions if step.action == action)


@dataclass(frozen=True, slots=True)
class Desk:
    """What of a nomination its next step depends on."""

    state: NominationState
    owner: Owned
    route: Route
    holder_id: uuid.UUID
    holder_competent: bool
    opinion: AppraisalOpinion | None
    # everybody who wrote, changed or submitted it, and everybody who ever appraised it
    maker_ids: frozenset[uuid.UUID]
    appraiser_ids: frozenset[uuid.UUID]


def possible(step: Transition, desk: Desk) -> bool:
    """Whether state, desk and competence admit the step, whoever asks."""
    at_owner = desk.holder_id == desk.owner.authority_id
    return (
        desk.state in step.sources
        and (step.holder == "any" or (step.holder == "owner") == at_owner)
        and step.competent in (None, desk.holder_competent)
        and step.opinion in (None, desk.opinion)
    )


def acting_grant(step: Transition, desk: Desk, actor: Actor) -> Grant | None:
    """The grant under which the caller would act for the body whose step it is."""
    body = desk.owner.authority_id if step.acting_for == "owner" else desk.holder_id
    return actor.grant_at(step.permission, body)


def is_own_work(step: Transition, desk: Desk, actor: Actor) -> bool:
    """Whether the caller made or appraised what the step would approve."""
    return ("maker" in step.not_by and actor.user_id in desk.maker_ids) or (
        "appraiser" in step.not_by and actor.user_id in desk.appraiser_ids
    )


def allowed_actions(workflow: Workflow, desk: Desk, actor: Actor) -> list[Action]:
    """What the caller may do next: from the same table that refuses."""
    actions = [
        Action(step.action)
        for step in workflow.transitions
        if possible(step, desk) and acting_grant(step, desk, actor) and not is_own_work(step, desk, actor)
    ]
    if Action.SUBMIT in actions:
        actions.insert(0, Action.EDIT)
        if desk.state == workflow.initial:
            # the first time it goes with its dossier, which offers it
            actions.remove(Action.SUBMIT)
    return actions
