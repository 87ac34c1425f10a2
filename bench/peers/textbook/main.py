"""(f) The same endpoints as FastAPI's and SQLModel's tutorials teach to write them. No authorisation."""

import base64
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import rules
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from models import (
    AuditEvent,
    Authority,
    AwardType,
    Campaign,
    Candidate,
    Deployment,
    Dossier,
    Nomination,
    NominationEvent,
    OutboxEvent,
    WorkflowDefinition,
)
from schemas import (
    AwardStatistics,
    BotAnswer,
    CampaignOut,
    CampaignPage,
    NominationIn,
    NominationOut,
    NominationPage,
    Note,
    PublicCampaign,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import joinedload, selectinload
from sqlmodel import and_, col, or_, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession
from statistics_of_awards import count_awards

from app.clock import today
from app.ids import tidy_code

# host, user and database come from the PG… variables
engine = create_async_engine("postgresql+asyncpg://")
app = FastAPI(title="TĐKT, textbook")


async def get_session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


class Caller:
    """Whose reach a list has, as the headers say."""

    def __init__(
        self,
        x_authority_id: Annotated[uuid.UUID, Header()],
        x_territory_path: Annotated[str, Header()],
        x_line_path: Annotated[str, Header()] = "",
    ) -> None:
        self.authority_id = x_authority_id
        self.territory_path = x_territory_path
        self.territories_above = rules.ancestors(x_territory_path)
        self.lines_above = rules.ancestors(x_line_path)


Session = Annotated[AsyncSession, Depends(get_session)]
CurrentCaller = Annotated[Caller, Depends()]
UserId = Annotated[uuid.UUID, Header(alias="X-User-Id")]
Limit = Annotated[int, Query(ge=1, le=100)]
States = Annotated[list[str], Query(alias="state", default_factory=list)]

CAMPAIGN = (
    joinedload(Campaign.authority),
    joinedload(Campaign.parent).defer(Campaign.plan),
    joinedload(Campaign.launch_document),
)
NOMINATION_IN_LIST = (
    joinedload(Nomination.authority),
    joinedload(Nomination.holder),
    joinedload(Nomination.candidate),
    joinedload(Nomination.award_type),
)
HISTORY = selectinload(Nomination.history)
NOMINATION = (
    *NOMINATION_IN_LIST,
    joinedload(Nomination.dossier),
    joinedload(Nomination.campaign).defer(Campaign.plan),
    HISTORY.joinedload(NominationEvent.user),
    HISTORY.joinedload(NominationEvent.acting_for),
    HISTORY.joinedload(NominationEvent.sent_to),
)


def after(table: Any, cursor: str) -> Any:
    """Rows of the pages after the cursor."""
    moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return tuple_(table.created_at, table.id) < tuple_(datetime.fromisoformat(moment), uuid.UUID(key))


def page(rows: list[Any], limit: int) -> dict[str, Any]:
    """Of limit + 1 rows: the page and the cursor to the next one."""
    if len(rows) <= limit:
        return {"items": rows, "next_cursor": None}
    last = rows[limit - 1]
    text = json.dumps([last.created_at.isoformat(), str(last.id)])
    return {"items": rows[:limit], "next_cursor": base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")}


@app.get("/ping")
async def ping() -> dict[str, str]:
    """Whether it runs."""
    return {"status": "ok"}


@app.get("/v1/campaigns", response_model=CampaignPage)
async def list_campaigns(
    session: Session, caller: CurrentCaller, state: States, limit: Limit = 20, cursor: str | None = None
) -> Any:
    """Campaigns in reach, and launched ones of the bodies above and of the nation."""
    statement = (
        select(Campaign)
        .options(joinedload(Campaign.authority))
        .where(
            or_(
                col(Campaign.territory_path).startswith(caller.territory_path),
                and_(
                    col(Campaign.state).in_(rules.LAUNCHED),
                    or_(
                        Campaign.scope == "national",
                        col(Campaign.territory_path).in_(caller.territories_above),
                        col(Campaign.line_path).in_(caller.lines_above),
                    ),
                ),
            )
        )
        .order_by(col(Campaign.created_at).desc(), col(Campaign.id).desc())
        .limit(limit + 1)
    )
    if state:
        statement = statement.where(col(Campaign.state).in_(state))
    if cursor:
        statement = statement.where(after(Campaign, cursor))
    return page(list((await session.exec(statement)).all()), limit)


@app.get("/v1/campaigns/{campaign_id}", response_model=CampaignOut)
async def read_campaign(campaign_id: uuid.UUID, session: Session) -> Any:
    """A campaign with its plan."""
    campaign = await session.get(Campaign, campaign_id, options=CAMPAIGN)
    if campaign is None:
        raise HTTPException(404)
    return campaign


async def public_campaign(session: AsyncSession, code: str) -> tuple[Campaign, dict[str, Any]]:
    """A launched campaign by its code, with how many units take part."""
    found = await session.exec(
        select(Campaign)
        .options(*CAMPAIGN)
        .where(Campaign.code == tidy_code(code), col(Campaign.state).in_(rules.LAUNCHED))
    )
    campaign = found.one_or_none()
    if campaign is None:
        raise HTTPException(404)
    return campaign, rules.public_campaign(campaign, *await participation(session, campaign), today())


async def participation(session: AsyncSession, campaign: Campaign) -> tuple[int, int]:
    """How many units are in scope of a campaign, and how many of them carry it out."""
    root = rules.ancestors(campaign.territory_path)[0] if campaign.scope == "national" else campaign.territory_path
    base = (await session.exec(select(Authority).where(Authority.territory_path == root))).one()
    front = select(Authority.id).where(Authority.parent_id == base.id, Authority.kind == "front_committee")
    member = or_(
        Authority.parent_id == base.id,
        and_(col(Authority.parent_id).in_(front), Authority.line == "mass_organization"),
    )
    if base.line in rules.BY_LINE:
        member = or_(member, Authority.line_parent_id == base.id)
    day = today()
    units = await session.exec(
        select(Authority.id).where(
            member,
            col(Authority.kind).in_(rules.PARTICIPANTS),
            Authority.id != campaign.authority_id,
            or_(col(Authority.valid_from).is_(None), col(Authority.valid_from) <= day),
            or_(col(Authority.valid_to).is_(None), col(Authority.valid_to) >= day),
        )
    )
    in_scope = set(units.all())
    deployed = await session.exec(
        select(Deployment.authority_id).where(
            Deployment.campaign_id == campaign.id, col(Deployment.state).in_(("deployed", "reported"))
        )
    )
    taken_up = await session.exec(
        select(Campaign.authority_id).where(Campaign.parent_id == campaign.id, col(Campaign.state).in_(rules.LAUNCHED))
    )
    return len(in_scope), len(in_scope & {*deployed.all(), *taken_up.all()})


@app.get("/v1/public/campaigns/{code}", response_model=PublicCampaign)
async def read_public_campaign(code: str, session: Session) -> Any:
    """A launched campaign as anyone may see it."""
    _, found = await public_campaign(session, code)
    return found


@app.get("/v1/bot/campaigns/{code}", response_model=BotAnswer)
async def read_campaign_for_bot(code: str, session: Session) -> Any:
    """How a campaign stands, as a sentence."""
    campaign, found = await public_campaign(session, code)
    return rules.bot_answer(found, campaign.launch_document.type if campaign.launch_document else None)


@app.get("/v1/nominations", response_model=NominationPage)
async def list_nominations(
    session: Session,
    caller: CurrentCaller,
    state: States,
    holder_id: uuid.UUID | None = None,
    limit: Limit = 20,
    cursor: str | None = None,
) -> Any:
    """Nominations in reach or on the caller's desk."""
    statement = (
        select(Nomination)
        .options(*NOMINATION_IN_LIST)
        .where(
            or_(
                and_(col(Nomination.territory_path).startswith(caller.territory_path), Nomination.route == "territory"),
                Nomination.authority_id == caller.authority_id,
                Nomination.holder_id == caller.authority_id,
            )
        )
        .order_by(col(Nomination.created_at).desc(), col(Nomination.id).desc())
        .limit(limit + 1)
    )
    if state:
        statement = statement.where(col(Nomination.state).in_(state))
    if holder_id:
        statement = statement.where(Nomination.holder_id == holder_id)
    if cursor:
        statement = statement.where(after(Nomination, cursor))
    return page(list((await session.exec(statement)).all()), limit)


@app.get("/v1/nominations/{nomination_id}", response_model=NominationOut)
async def read_nomination(nomination_id: uuid.UUID, session: Session) -> Any:
    """A nomination with its history."""
    nomination = await session.get(Nomination, nomination_id, options=NOMINATION, populate_existing=True)
    if nomination is None:
        raise HTTPException(404)
    return nomination


@app.post("/v1/nominations", response_model=NominationOut, status_code=201)
async def create_nomination(body: NominationIn, session: Session, user_id: UserId) -> Any:
    """Add a nomination to a dossier that is being drafted."""
    dossier = await session.get(Dossier, body.dossier_id, with_for_update=True)
    candidate = await session.get(Candidate, body.candidate_id)
    if dossier is None or candidate is None:
        raise HTTPException(404)
    if dossier.submitted_at is not None:
        raise HTTPException(409)
    award_types = await session.exec(
        select(AwardType)
        .where(AwardType.code == body.award_type_code, AwardType.valid_from <= today())
        .order_by(col(AwardType.valid_from).desc())
        .limit(1)
    )
    award_type = award_types.one_or_none()
    if award_type is None:
        raise HTTPException(422)
    workflows = await session.exec(
        select(WorkflowDefinition)
        .where(
            WorkflowDefinition.code == "commendation",
            WorkflowDefinition.valid_from <= today(),
            or_(col(WorkflowDefinition.valid_to).is_(None), col(WorkflowDefinition.valid_to) >= today()),
        )
        .order_by(col(WorkflowDefinition.number).desc())
        .limit(1)
    )
    nomination = Nomination(
        **body.model_dump(),
        **dossier.model_dump(
            include={"authority_id", "territory_path", "line_path", "route", "category", "campaign_id", "year"}
        ),
        award_type_id=award_type.id,
        state="draft",
        holder_id=dossier.authority_id,
        workflow_id=workflows.one().id,
        created_by=user_id,
    )
    session.add(nomination)
    dossier.version += 1
    session.add(dossier)
    after_it = {"award_type_code": award_type.code, "state": "draft"}
    leave_traces(session, nomination, user_id, "create", "created", after_it, acting_for=dossier.authority_id)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409) from None
    return await read_nomination(nomination.id, session)


@app.post("/v1/nominations/{nomination_id}/receive", response_model=NominationOut)
async def receive_nomination(
    nomination_id: uuid.UUID,
    body: Note,
    session: Session,
    user_id: UserId,
    if_match: Annotated[str | None, Header()] = None,
) -> Any:
    """The body that holds a nomination receives it."""
    nomination = await session.get(Nomination, nomination_id, with_for_update=True)
    if nomination is None:
        raise HTTPException(404)
    if if_match and int(if_match.strip('"').partition(".")[0]) != nomination.version:
        raise HTTPException(412)
    if nomination.state not in ("submitted", "forwarded") or nomination.holder_id == nomination.authority_id:
        raise HTTPException(409)
    before = nomination.state
    nomination.state = "received"
    nomination.state_changed_at = datetime.now(UTC)
    nomination.version += 1
    session.add(nomination)
    after_it = {"state": "received", "holder_id": str(nomination.holder_id)}
    leave_traces(
        session,
        nomination,
        user_id,
        "receive",
        "receive",
        after_it,
        acting_for=nomination.holder_id,
        before=before,
        reason=body.note,
    )
    await session.commit()
    return await read_nomination(nomination.id, session)


def leave_traces(
    session: AsyncSession,
    nomination: Nomination,
    user_id: uuid.UUID,
    step: str,
    action: str,
    after_it: dict[str, Any],
    *,
    acting_for: uuid.UUID,
    before: str | None = None,
    reason: str | None = None,
) -> None:
    """History, audit and outbox of a change."""
    session.add(
        NominationEvent(
            nomination_id=nomination.id,
            action=step,
            from_state=before,
            to_state=nomination.state,
            actor_id=user_id,
            acting_for_id=acting_for,
            reason=reason,
        )
    )
    session.add(
        AuditEvent(
            actor_id=user_id,
            authority_id=acting_for,
            action=action,
            entity="nomination",
            entity_id=nomination.id,
            before={"state": before} if before else None,
            after=after_it,
            reason=reason,
        )
    )
    session.add(
        OutboxEvent(
            type=f"vn.gov.tdkt.nomination.{action}.v1",
            subject=f"nomination/{nomination.id}",
            authority_id=acting_for,
            data={"id": str(nomination.id), "state": nomination.state},
        )
    )


@app.get("/v1/statistics/awards", response_model=AwardStatistics)
async def read_award_statistics(
    session: Session,
    authority_id: uuid.UUID,
    group_by: Annotated[list[str], Query(default_factory=list)],
    year_from: int | None = None,
    year_to: int | None = None,
) -> Any:
    """Counts of the register over a body and all below it."""
    body = await session.get(Authority, authority_id)
    if body is None:
        raise HTTPException(404)
    return await count_awards(session, body, (year_from, year_to), group_by)
