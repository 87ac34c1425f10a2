"""Dossiers (hồ sơ, tờ trình) and their nominations: one engine for every category of commendation."""

import uuid
from datetime import date
from typing import Annotated, Any

from pydantic import Field as F
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference
from app.models.base import json, moment, owner_key, path, term
from app.models.campaigns import CampaignReference
from app.models.candidates import CandidateReference
from app.shapes import Day, Id, Input, Line, Moment, Output, OutText, Paragraph, Version, Year
from app.vocabularies import (
    Action,
    AppraisalOpinion,
    CommendationCategory,
    NominationState,
    Route,
)


class WorkflowDefinition(SQLModel, table=True):
    """Transitions as data, versioned; a nomination keeps the version it began with."""

    __tablename__ = "workflow_definition"
    __table_args__ = (UniqueConstraint("code", "number"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    code: str
    number: int
    valid_from: date
    valid_to: date | None = None
    definition: dict[str, Any] = Field(sa_column=json("definition"))


class Dossier(SQLModel, table=True):
    """A submission from one body for one occasion; it holds nominations."""

    __tablename__ = "dossier"
    __table_args__ = (
        owner_key(),
        Index("ix_dossier_owner", "authority_id", text("created_at desc"), text("id desc")),
        Index("ix_dossier_all", text("created_at desc"), text("id desc")),
        Index("ix_dossier_line", "line_path", text("created_at desc"), text("id desc")),
        Index("ix_dossier_province", text("path_at(territory_path, 2)"), text("created_at desc"), text("id desc")),
        Index("ix_dossier_commune", text("path_at(territory_path, 3)"), text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    route: Route = Field(sa_column=term(Route, "route"))
    recipient_id: uuid.UUID = Field(foreign_key="authority.id", index=True)
    category: CommendationCategory = Field(sa_column=term(CommendationCategory, "category"))
    campaign_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    year: int
    title: str
    submission_number: str | None = None
    submission_date: date | None = None
    created_by: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    submitted_at: Moment | None = Field(default=None, sa_column=moment("submitted_at", nullable=True))
    version: int = 1


class Nomination(SQLModel, table=True):
    """One candidate for one award type. `holder_id` is the body that works on it now."""

    __tablename__ = "nomination"
    __table_args__ = (
        owner_key(),
        Index(
            "uq_nomination_open",
            "candidate_id",
            "award_type_code",
            "year",
            unique=True,
            postgresql_where=text("state not in ('decided', 'rejected', 'withdrawn')"),
        ),
        Index("ix_nomination_holder", "holder_id", "state", text("created_at desc"), text("id desc")),
        Index("ix_nomination_owner", "authority_id", "state", text("created_at desc"), text("id desc")),
        Index(
            "ix_nomination_province",
            text("path_at(territory_path, 2)"),
            "state",
            text("created_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_nomination_commune",
            text("path_at(territory_path, 3)"),
            "state",
            text("created_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_nomination_line",
            "line_path",
            "state",
            text("created_at desc"),
            text("id desc"),
            postgresql_where=text("route = 'line'"),
        ),
        Index("ix_nomination_all", "state", text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    dossier_id: uuid.UUID = Field(foreign_key="dossier.id", index=True)
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    route: Route = Field(sa_column=term(Route, "route"))
    candidate_id: uuid.UUID = Field(foreign_key="candidate.id")
    award_type_id: uuid.UUID = Field(foreign_key="award_type.id")
    award_type_code: str
    category: CommendationCategory = Field(sa_column=term(CommendationCategory, "category"))
    campaign_id: uuid.UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    year: int
    achievement: str
    state: NominationState = Field(sa_column=term(NominationState, "state"))
    holder_id: uuid.UUID = Field(foreign_key="authority.id")
    workflow_id: uuid.UUID = Field(foreign_key="workflow_definition.id")
    appraisal: dict[str, Any] | None = Field(default=None, sa_column=json("appraisal", nullable=True))
    created_by: uuid.UUID = Field(foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    submitted_at: Moment | None = Field(default=None, sa_column=moment("submitted_at", nullable=True))
    state_changed_at: Moment = Field(default=None, sa_column=moment("state_changed_at", now=True))
    version: int = 1


class NominationEvent(SQLModel, table=True):
    """One step of the history of a nomination; rows are only added."""

    __tablename__ = "nomination_event"
    __table_args__ = (Index("ix_nomination_event_nomination", "nomination_id", "id"),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    nomination_id: uuid.UUID = Field(foreign_key="nomination.id")
    at: Moment = Field(default=None, sa_column=moment("at", now=True))
    action: str
    from_state: NominationState | None = Field(
        default=None, sa_column=term(NominationState, "from_state", nullable=True)
    )
    to_state: NominationState = Field(sa_column=term(NominationState, "to_state"))
    actor_id: uuid.UUID = Field(foreign_key="user_account.id")
    acting_for_id: uuid.UUID = Field(foreign_key="authority.id")
    sent_to_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    reason: str | None = None


# ------------------------------------------------------------ shapes of the contract


class DossierIn(Input):
    """A dossier to draft. Who receives it follows from the body and the route."""

    authority_id: Id
    route: Route = Route.TERRITORY
    category: CommendationCategory
    campaign_id: Id | None = None
    year: Year
    title: Paragraph
    submission_number: Annotated[Line, F(max_length=60)] | None = None
    submission_date: Day | None = None


class DossierPatch(Input):
    """Merge patch of a dossier that is with its body: absent keeps, null clears."""

    title: Paragraph | None = None
    submission_number: Annotated[Line, F(max_length=60)] | None = None
    submission_date: Day | None = None


class NominationIn(Input):
    """A nomination to add to a dossier."""

    dossier_id: Id
    candidate_id: Id
    award_type_code: Annotated[str, F(pattern=r"^[a-z0-9_]+$", max_length=80)]
    achievement: Paragraph


class NominationPatch(Input):
    """Merge patch of a nomination that is with its body."""

    achievement: Paragraph | None = None


class Reason(Input):
    """The reason a transition demands."""

    reason: Paragraph


class Note(Input):
    """An optional note with a transition."""

    note: Paragraph | None = None


class Appraisal(Input):
    """The opinion of the standing body."""

    opinion: AppraisalOpinion
    note: Paragraph | None = None


class Forwarding(Input):
    """The submission (tờ trình) by which the chair sends a nomination to the next level (R30)."""

    submission_number: Annotated[Line, F(max_length=60)]
    submission_date: Day
    note: Paragraph | None = None


class DossierReference(Output):
    """A dossier as it is named inside other answers."""

    id: Id
    title: OutText


class AppraisalOut(Output):
    """An appraisal as recorded."""

    opinion: AppraisalOpinion
    note: OutText | None
    by: OutText
    at: Moment


class NominationSummary(Output):
    """A nomination in a list."""

    id: Id
    dossier_id: Id
    authority: AuthorityReference
    candidate: CandidateReference
    award_type: AwardTypeReference
    category: CommendationCategory
    year: Year
    state: NominationState
    holder: AuthorityReference
    created_at: Moment
    state_changed_at: Moment


class NominationEventOut(Output):
    """One step of the history."""

    at: Moment
    action: OutText
    from_state: NominationState | None
    to_state: NominationState
    actor: OutText
    acting_for: AuthorityReference
    sent_to: AuthorityReference | None
    reason: OutText | None


class NominationOut(NominationSummary):
    """A nomination with its history and what the caller may do next."""

    dossier: DossierReference
    campaign: CampaignReference | None
    route: Route
    achievement: OutText
    appraisal: AppraisalOut | None
    submitted_at: Moment | None
    history: Annotated[list[NominationEventOut], F(max_length=1000)]
    version: Version
    allowed_actions: Annotated[list[Action], F(max_length=20)]


class NominationPage(Output):
    """A page of nominations."""

    items: Annotated[list[NominationSummary], F(max_length=100)]
    next_cursor: OutText | None


class DossierSummary(Output):
    """A dossier in a list."""

    id: Id
    authority: AuthorityReference
    recipient: AuthorityReference
    route: Route
    category: CommendationCategory
    year: Year
    title: OutText
    submission_number: OutText | None
    submission_date: date | None
    created_at: Moment
    submitted_at: Moment | None


class DossierNomination(Output):
    """A nomination inside its dossier."""

    id: Id
    candidate: CandidateReference
    award_type: AwardTypeReference
    state: NominationState
    version: Version


class DossierOut(DossierSummary):
    """A dossier with its nominations and what the caller may do next."""

    campaign: CampaignReference | None
    nominations: Annotated[list[DossierNomination], F(max_length=1000)]
    version: Version
    allowed_actions: Annotated[list[Action], F(max_length=10)]


class DossierPage(Output):
    """A page of dossiers."""

    items: Annotated[list[DossierSummary], F(max_length=100)]
    next_cursor: OutText | None
