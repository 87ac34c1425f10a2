"""Deployments (triển khai): what each unit in scope did with a campaign."""

import uuid
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field as F
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.base import json, moment, owner_key, path, term
from app.models.campaigns import CampaignReference, Target
from app.models.legal_documents import DocumentReference
from app.shapes import Count, Day, Id, Input, Line, Moment, Output, OutText, Paragraph, PartialDate, Version
from app.vocabularies import CommitmentKind, DeploymentState


class Deployment(SQLModel, table=True):
    """One unit's deployment of one campaign, owned by the unit."""

    __tablename__ = "deployment"
    __table_args__ = (
        owner_key(),
        UniqueConstraint("campaign_id", "authority_id"),
        Index("ix_deployment_campaign_path", "campaign_id", "territory_path"),
        Index("ix_deployment_owner", "authority_id", text("created_at desc"), text("id desc")),
    )

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    campaign_id: uuid.UUID = Field(foreign_key="campaign.id")
    authority_id: uuid.UUID
    territory_path: str = Field(sa_column=path("territory_path"))
    line_path: str = Field(sa_column=path("line_path"))
    state: DeploymentState = Field(sa_column=term(DeploymentState, "state"))
    acknowledged_on: date | None = None
    launch_document_id: uuid.UUID | None = Field(default=None, foreign_key="legal_document.id")
    launch_document_received_on: date | None = None
    targets: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("targets"))
    commitments: list[dict[str, Any]] = Field(default_factory=list, sa_column=json("commitments"))
    result: str | None = None
    created_by: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    created_at: Moment = Field(default=None, sa_column=moment("created_at", now=True))
    version: int = 1


class Commitment(Input):
    """A promised model or project (R02); a plaque is given only when it is finished (R03)."""

    kind: CommitmentKind
    name: Line
    due: PartialDate | None = None
    finished_on: Day | None = None


class DeploymentIn(Input):
    """A unit takes up a campaign."""

    authority_id: Id
    commitments: Annotated[list[Commitment], F(max_length=50)] = []
    targets: Annotated[list[Target], F(max_length=100)] = []


class DeploymentDeploy(Input):
    """The unit's own launch document, as it was received."""

    launch_document_id: Id | None = None
    received_on: Day | None = None
    commitments: Annotated[list[Commitment], F(min_length=1, max_length=50)]
    targets: Annotated[list[Target], F(max_length=100)] = []


class DeploymentReport(Input):
    """The unit's result of the campaign."""

    result: Paragraph


DeploymentAction = Literal["deploy", "report"]


class DeploymentOut(Output):
    """A deployment and what the caller may do next."""

    id: Id
    campaign: CampaignReference
    authority: AuthorityReference
    state: DeploymentState
    acknowledged_on: date | None
    launch_document: DocumentReference | None
    launch_document_received_on: date | None
    targets: Annotated[list[Target], F(max_length=100)]
    commitments: Annotated[list[Commitment], F(max_length=50)]
    result: OutText | None
    created_at: Moment
    version: Version
    allowed_actions: Annotated[list[DeploymentAction], F(max_length=10)]


class DeploymentPage(Output):
    """A page of deployments."""

    items: Annotated[list[DeploymentOut], F(max_length=100)]
    next_cursor: OutText | None


class CascadeNode(Output):
    """A campaign of the cascade: who launched it, when, how many days after the one above (negative: before it)."""

    campaign: CampaignReference
    launcher: AuthorityReference
    launched_on: date | None
    lag_days: Annotated[int, F(ge=-36_600, le=36_600)] | None
    parent_id: Id | None


class SilentUnit(Output):
    """A unit in scope that has not deployed."""

    authority: AuthorityReference
    acknowledged: bool


class Cascade(Output):
    """The lineage of a campaign, and which units below the launcher are still silent: what of them the caller may see.

    A unit has deployed the campaign by its own deployment or by a launched campaign that carries it out.
    `participation_percent` has one decimal ("41.7"), "0.0" where no unit is in scope. At most 1000 silent units are
    named, in the order of the Vietnamese alphabet.
    """

    campaigns: Annotated[list[CascadeNode], F(max_length=1000)]
    units_in_scope: Count
    units_deployed: Count
    participation_percent: OutText
    units_with_commitment: Count
    silent_units: Annotated[list[SilentUnit], F(max_length=1000)]
