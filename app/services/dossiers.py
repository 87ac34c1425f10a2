"""Dossiers (hồ sơ kèm tờ trình): drafting, adding nominations, submitting all of them at once."""

import uuid
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, Permission, place_of, reach_arguments, reach_sql, readable
from app.answers import check_version
from app.db import Reads, Row, reads_of
from app.ids import new_id
from app.models.authorities import Authority, AuthorityReference
from app.models.award_types import AwardType, AwardTypeReference
from app.models.campaigns import Campaign, CampaignReference
from app.models.candidates import CandidateReference
from app.models.nominations import (
    Dossier,
    DossierIn,
    DossierNomination,
    DossierOut,
    DossierPage,
    DossierPatch,
    DossierSummary,
    Nomination,
    NominationEvent,
    NominationIn,
    NominationOut,
    NominationPatch,
)
from app.pages import cut, time_cursor
from app.problems import Problem, field_problem
from app.records import record
from app.scopes import scope_arguments, scoped_page
from app.services.authorities import authority_to_act_for
from app.services.candidates import candidate_to_nominate
from app.services.nominations import (
    current_workflow,
    find_nomination,
    lock_nomination,
    move,
    next_level,
    shape_nomination,
    workflow_of,
)
from app.vocabularies import CampaignState, NominationState, RecipientKind, Route

_COLUMNS = """
select d.id, d.authority_id, d.territory_path, d.line_path, d.route, d.recipient_id, d.category, d.year, d.title,
       d.submission_number, d.submission_date, d.created_at, d.submitted_at, d.version,
       a.name as authority_name, r.name as recipient_name
"""
_JOINS = "join authority a on a.id = d.authority_id join authority r on r.id = d.recipient_id"
_ONE = f"""{_COLUMNS}, p.id as campaign_id, p.code as campaign_code, p.title as campaign_title,
    (select jsonb_agg(jsonb_build_object(
        'id', n.id, 'state', n.state, 'version', n.version, 'holder_id', n.holder_id,
        'candidate', jsonb_build_object('id', c.id, 'kind', c.kind, 'name', c.name),
        'award_type', jsonb_build_object('code', t.code, 'name', t.name)) order by n.created_at, n.id)
     from nomination n join candidate c on c.id = n.candidate_id join award_type t on t.id = n.award_type_id
     where n.dossier_id = d.id) as nominations
from dossier d {_JOINS} left join campaign p on p.id = d.campaign_id
where d.id = $1 and ({reach_sql("d", 2, routed=True)} or (d.recipient_id = any($2::uuid[]) and d.submitted_at is not null))
"""
# who receives a dossier sees it once it is submitted
_DESK = "d.recipient_id = scope.id and d.submitted_at is not null"
_FILTERS = "($10::uuid is null or d.authority_id = $10) and ($11::int is null or d.year = $11)"
_LIST = f"""{_COLUMNS} from (
{scoped_page("dossier", "d", filters=_FILTERS, routed=True, desk=_DESK)}
) as d {_JOINS} order by d.created_at desc, d.id desc
"""
# award types that some body above the owner on its route may decide on that day
_DECIDABLE = """
select exists (
    select from authority own
    join authority above on case when $4 = 'line' then own.line_path ^@ above.line_path
                                 else own.territory_path ^@ above.territory_path end
    join award_competence k on k.authority_kind = above.kind and k.authority_level = above.level
    where own.id = $1 and k.award_type_code = $2 and k.valid_from <= $3 and (k.valid_to is null or k.valid_to >= $3)
) or exists (
    -- decided above the province: by the Prime Minister, the President, a ministry
    select from award_competence k where k.award_type_code = $2 and k.authority_level = 'central'
      and k.valid_from <= $3 and (k.valid_to is null or k.valid_to >= $3)
) as decidable
"""

_WITH_THE_BODY = (NominationState.DRAFT, NominationState.RETURNED)


def _summary(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "authority": AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        "recipient": AuthorityReference(id=row["recipient_id"], name=row["recipient_name"]),
        "route": row["route"],
        "category": row["category"],
        "year": row["year"],
        "title": row["title"],
        "submission_number": row["submission_number"],
        "submission_date": row["submission_date"],
        "created_at": row["created_at"],
        "submitted_at": row["submitted_at"],
    }


async def read_dossier(reads: Reads, actor: Actor, dossier_id: uuid.UUID) -> DossierOut:
    """One dossier in reach, with its nominations."""
    row = await reads.fetchrow(_ONE, dossier_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    if actor.grant_at(Permission.NOMINATION_READ, row["recipient_id"]) is None:
        actor.require_for(Permission.NOMINATION_READ, place_of(row), Route(row["route"]))
    nominations = row["nominations"] or []
    at_home = [n for n in nominations if n["state"] in _WITH_THE_BODY and n["holder_id"] == str(row["authority_id"])]
    makes = actor.grant_at(Permission.NOMINATION_WRITE, row["authority_id"]) is not None
    editable = makes and (not nominations or bool(at_home))
    campaign_id = row["campaign_id"]
    return DossierOut(
        **_summary(row),
        campaign=CampaignReference(id=campaign_id, code=row["campaign_code"], title=row["campaign_title"])
        if campaign_id
        else None,
        nominations=[
            DossierNomination(
                id=n["id"],
                candidate=CandidateReference(**n["candidate"]),
                award_type=AwardTypeReference(**n["award_type"]),
                state=n["state"],
                version=n["version"],
            )
            for n in nominations
        ],
        version=row["version"],
        allowed_actions=(["edit"] if editable else []) + (["submit"] if makes and at_home else []),
    )


async def list_dossiers(
    reads: Reads, actor: Actor, *, limit: int, cursor: str | None, authority_id: uuid.UUID | None, year: int | None
) -> DossierPage:
    """Dossiers in reach, and those sent to the caller's bodies, newest first."""
    actor.require(Permission.NOMINATION_READ)
    rows = await reads.fetch(
        _LIST,
        *scope_arguments(actor.reach(Permission.NOMINATION_READ)),
        *time_cursor(cursor),
        limit + 1,
        authority_id,
        year,
    )
    page, next_cursor = cut(rows, limit, "created_at", "id")
    return DossierPage(items=[DossierSummary(**_summary(row)) for row in page], next_cursor=next_cursor)


async def create_dossier(db: AsyncSession, actor: Actor, body: DossierIn) -> DossierOut:
    """Draft a dossier. Who receives it follows from the body and the route, never from the request."""
    authority, grant = await authority_to_act_for(db, actor, body.authority_id, Permission.NOMINATION_WRITE)
    if body.campaign_id is not None:
        await _require_launched(db, body.campaign_id, authority)
    reads = await reads_of(db)
    definition = await current_workflow(db, "commendation", clock.today())
    workflow = await workflow_of(reads, definition.id)
    recipient = await next_level(reads, workflow, body.route, authority.id, authority.name)
    dossier = Dossier(
        id=new_id(),
        territory_path=authority.territory_path,
        line_path=authority.line_path,
        recipient_id=recipient["id"],
        created_by=actor.user_id,
        **body.model_dump(),
    )
    db.add(dossier)
    record(
        db,
        actor,
        action="created",
        entity="dossier",
        entity_id=dossier.id,
        authority_id=authority.id,
        grant=grant,
        after={"category": body.category, "year": body.year, "route": body.route},
    )
    return await read_dossier(await reads_of(db), actor, dossier.id)


async def _require_launched(db: AsyncSession, campaign_id: uuid.UUID, authority: Authority) -> None:
    """A campaign the body takes part in: launched, by itself or by a body above it, or nation-wide."""
    campaign = (await db.exec(select(Campaign).where(Campaign.id == campaign_id))).one_or_none()
    takes_part = campaign is not None and (
        authority.territory_path.startswith(campaign.territory_path)
        or authority.line_path.startswith(campaign.line_path)
        or campaign.scope == "national"
    )
    if campaign is None or not takes_part:
        raise Problem("unknown_reference", field="/campaign_id", what="phong trào")
    if campaign.state not in (CampaignState.LAUNCHED, CampaignState.CONCLUDED):
        raise Problem("campaign_not_open", state=campaign.state.vi)


async def _lock_dossier(db: AsyncSession, actor: Actor, dossier_id: uuid.UUID) -> Dossier:
    """The dossier, locked; 404 outside reach, 403 where the caller does not make dossiers for its body."""
    dossier = (
        await db.exec(select(Dossier).where(Dossier.id == dossier_id, readable(Dossier, actor)).with_for_update())
    ).one_or_none()
    if dossier is None:
        raise Problem("not_found")
    if actor.grant_at(Permission.NOMINATION_WRITE, dossier.authority_id) is None:
        raise Problem("forbidden", permission=Permission.NOMINATION_WRITE)
    return dossier


async def _nominations(db: AsyncSession, dossier: Dossier) -> list[Nomination]:
    found = await db.exec(
        select(Nomination).where(Nomination.dossier_id == dossier.id).order_by(col(Nomination.id)).with_for_update()
    )
    return list(found.all())


def _is_at_home(nomination: Nomination) -> bool:
    return nomination.state in _WITH_THE_BODY and nomination.holder_id == nomination.authority_id


async def update_dossier(
    db: AsyncSession, actor: Actor, version: int, dossier_id: uuid.UUID, body: DossierPatch
) -> DossierOut:
    """Change a dossier while something of it is with its body."""
    dossier = await _lock_dossier(db, actor, dossier_id)
    check_version(version, dossier.version)
    nominations = await _nominations(db, dossier)
    if nominations and not any(_is_at_home(n) for n in nominations):
        raise Problem("not_editable", state=nominations[0].state.vi)
    changes = body.model_dump(exclude_unset=True)
    if "title" in changes and changes["title"] is None:
        raise field_problem(
            "/title", "null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."
        )
    before = {name: str(getattr(dossier, name)) for name in changes}
    for name, value in changes.items():
        setattr(dossier, name, value)
    dossier.version += 1
    db.add(dossier)
    record(
        db,
        actor,
        action="updated",
        entity="dossier",
        entity_id=dossier.id,
        authority_id=dossier.authority_id,
        grant=actor.grant_at(Permission.NOMINATION_WRITE, dossier.authority_id),
        before=before,
        after={name: str(value) for name, value in changes.items()},
    )
    return await read_dossier(await reads_of(db), actor, dossier.id)


async def submit_dossier(db: AsyncSession, actor: Actor, version: int, dossier_id: uuid.UUID) -> DossierOut:
    """Submit every nomination of the dossier that is with its body: all, or none."""
    dossier = await _lock_dossier(db, actor, dossier_id)
    check_version(version, dossier.version)
    nominations = await _nominations(db, dossier)
    if not nominations:
        raise Problem("dossier_empty")
    ready = [nomination for nomination in nominations if _is_at_home(nomination)]
    if not ready:
        raise Problem("nothing_to_submit")
    missing = [
        label
        for value, label in (
            (dossier.submission_number, "số tờ trình (submission_number)"),
            (dossier.submission_date, "ngày tờ trình (submission_date)"),
        )
        if value is None
    ]
    if missing:
        raise Problem("dossier_incomplete", missing=", ".join(missing))
    for nomination in ready:
        await move(db, actor, nomination, "submit")
    dossier.submitted_at = dossier.submitted_at or clock.now()
    dossier.version += 1
    db.add(dossier)
    record(
        db,
        actor,
        action="submitted",
        entity="dossier",
        entity_id=dossier.id,
        authority_id=dossier.authority_id,
        grant=actor.grant_at(Permission.NOMINATION_WRITE, dossier.authority_id),
        after={"nominations": len(ready)},
    )
    return await read_dossier(await reads_of(db), actor, dossier.id)


# ------------------------------------------------------------ nominations of a dossier


async def add_nomination(db: AsyncSession, actor: Actor, body: NominationIn) -> NominationOut:
    """Add a candidate for an award type to a dossier that is with its body."""
    dossier = await _lock_dossier(db, actor, body.dossier_id)
    if dossier.submitted_at is not None:
        raise Problem("not_editable", state=NominationState.SUBMITTED.vi)
    candidate = await candidate_to_nominate(db, actor, body.candidate_id)
    award_type = await _award_type(db, dossier, body.award_type_code)
    if candidate.kind.value not in award_type.recipients:
        raise Problem(
            "award_not_for_recipient",
            award_type=award_type.name,
            recipient=RecipientKind(candidate.kind.value).vi.lower(),
            rule=award_type.legal_basis,
        )
    definition = await current_workflow(db, "commendation", clock.today())
    nomination = Nomination(
        id=new_id(),
        dossier_id=dossier.id,
        authority_id=dossier.authority_id,
        territory_path=dossier.territory_path,
        line_path=dossier.line_path,
        route=dossier.route,
        candidate_id=candidate.id,
        award_type_id=award_type.id,
        award_type_code=award_type.code,
        category=dossier.category,
        campaign_id=dossier.campaign_id,
        year=dossier.year,
        achievement=body.achievement,
        state=NominationState.DRAFT,
        holder_id=dossier.authority_id,
        workflow_id=definition.id,
        created_by=actor.user_id,
    )
    db.add(nomination)
    # the row first: a second open nomination of the candidate is refused here, by the index
    await db.flush()
    db.add(
        NominationEvent(
            id=new_id(),
            nomination_id=nomination.id,
            action="create",
            to_state=NominationState.DRAFT,
            actor_id=actor.user_id,
            acting_for_id=dossier.authority_id,
        )
    )
    record(
        db,
        actor,
        action="created",
        entity="nomination",
        entity_id=nomination.id,
        authority_id=dossier.authority_id,
        grant=actor.grant_at(Permission.NOMINATION_WRITE, dossier.authority_id),
        after={"award_type_code": award_type.code, "state": NominationState.DRAFT},
    )
    reads = await reads_of(db)
    return await shape_nomination(reads, actor, await find_nomination(reads, actor, nomination.id))


async def _award_type(db: AsyncSession, dossier: Dossier, code: str) -> AwardType:
    """The version of the award type in force today; refused where nobody on the route may decide it."""
    day = clock.today()
    found = await db.exec(
        select(AwardType)
        .where(AwardType.code == code, AwardType.valid_from <= day)
        .order_by(col(AwardType.valid_from).desc())
        .limit(1)
    )
    award_type = found.one_or_none()
    if award_type is None:
        raise Problem("unknown_reference", field="/award_type_code", what="loại khen thưởng")
    ended = award_type.valid_to is not None and award_type.valid_to < day
    row = await (await reads_of(db)).fetchrow(_DECIDABLE, dossier.authority_id, code, day, dossier.route.value)
    if ended or row is None or not row["decidable"]:
        raise Problem(
            "award_outside_competence",
            field="/award_type_code",
            authority=f"Không cơ quan nào phía trên ({dossier.route.vi.lower()})",
            award_type=award_type.name,
            on=f"{day:%d/%m/%Y}",
            rule=award_type.legal_basis,
        )
    return award_type


async def update_nomination(
    db: AsyncSession, actor: Actor, version: int, nomination_id: uuid.UUID, body: NominationPatch
) -> NominationOut:
    """Change a nomination while it is with its body."""
    nomination = await lock_nomination(db, actor, nomination_id)
    grant = actor.grant_at(Permission.NOMINATION_WRITE, nomination.authority_id)
    if grant is None:
        raise Problem("forbidden", permission=Permission.NOMINATION_WRITE)
    check_version(version, nomination.version)
    if not _is_at_home(nomination):
        raise Problem("not_editable", state=nomination.state.vi)
    if "achievement" in body.model_fields_set:
        if body.achievement is None:
            raise field_problem(
                "/achievement", "null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."
            )
        nomination.achievement = body.achievement
    nomination.version += 1
    db.add(nomination)
    record(
        db,
        actor,
        action="updated",
        entity="nomination",
        entity_id=nomination.id,
        authority_id=nomination.authority_id,
        grant=grant,
        after={"version": nomination.version},
    )
    reads = await reads_of(db)
    return await shape_nomination(reads, actor, await find_nomination(reads, actor, nomination.id))
