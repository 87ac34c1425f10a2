"""Dossiers (hồ sơ kèm tờ trình): drafting, adding nominations, submitting all of them at once."""

import uuid
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor, place_of, reach_arguments, reach_sql, readable
from app.answers import check_version
from app.db import Reads, Row, reads_of
from app.ids import new_id
from app.models.authorities import Authority, AuthorityReference
from app.models.award_types import AwardTypeReference
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
)
from app.problems import Problem, field_problem
from app.records import record
from app.scopes import Filter, ScopedList, Source, reach_groups, reach_sources
from app.services.authorities import authority_to_act_for
from app.services.campaigns.status import NOT_PUBLIC
from app.services.nominations.moving import current_workflow, move, next_level
from app.services.nominations.reading import workflow_of
from app.vocabularies import Action, CampaignState, NominationState, Permission, Route

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
where d.id = $1 and ({reach_sql("d", 2, routed=True)} or (d.submitted_at is not null and (
    d.recipient_id = any($2::uuid[])
    or exists (select from nomination n where n.dossier_id = d.id and n.holder_id = any($2::uuid[])))))
"""
# who receives a dossier sees it once it is submitted
_DESK = Source("own", "uuid", "d.recipient_id = scope.value and d.submitted_at is not null")
_LIST = ScopedList(
    "dossier",
    "d",
    _COLUMNS,
    _JOINS,
    (*reach_sources("d", routed=True), _DESK),
    {"authority_id": Filter("d.authority_id = {}::uuid"), "year": Filter("d.year = {}::int")},
)
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
    nominations = row["nominations"] or []
    desks = {row["recipient_id"], *(uuid.UUID(n["holder_id"]) for n in nominations)}
    if all(actor.grant_at(Permission.NOMINATION_READ, desk) is None for desk in desks):
        actor.require_for(Permission.NOMINATION_READ, place_of(row), Route(row["route"]))
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
        allowed_actions=([Action.EDIT] if editable else []) + ([Action.SUBMIT] if makes and at_home else []),
    )


async def list_dossiers(
    reads: Reads, actor: Actor, *, limit: int, cursor: str | None, authority_id: uuid.UUID | None, year: int | None
) -> DossierPage:
    """Dossiers in reach, and those sent to the caller's bodies, newest first."""
    actor.require(Permission.NOMINATION_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.NOMINATION_READ),
        limit=limit,
        cursor=cursor,
        filters={"authority_id": authority_id, "year": year},
    )
    return DossierPage(items=[DossierSummary(**_summary(row)) for row in page], next_cursor=next_cursor)


async def create_dossier(db: AsyncSession, actor: Actor, body: DossierIn) -> DossierOut:
    """Draft a dossier. Who receives it follows from the body and the route, never from the request."""
    authority, grant = await authority_to_act_for(
        db, actor, body.authority_id, Permission.NOMINATION_WRITE, itself=True
    )
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
    if campaign is None or not takes_part or campaign.state in NOT_PUBLIC:
        raise Problem("unknown_reference", field="/campaign_id", what="phong trào")
    if campaign.state not in (CampaignState.LAUNCHED, CampaignState.CONCLUDED):
        raise Problem("campaign_not_open", state=campaign.state.vi)


async def lock_dossier(db: AsyncSession, actor: Actor, dossier_id: uuid.UUID) -> Dossier:
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


def is_at_home(nomination: Nomination) -> bool:
    return nomination.state in _WITH_THE_BODY and nomination.holder_id == nomination.authority_id


async def update_dossier(
    db: AsyncSession, actor: Actor, version: int, dossier_id: uuid.UUID, body: DossierPatch
) -> DossierOut:
    """Change a dossier while something of it is with its body."""
    dossier = await lock_dossier(db, actor, dossier_id)
    check_version(version, dossier.version)
    nominations = await _nominations(db, dossier)
    if nominations and not any(is_at_home(n) for n in nominations):
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
    dossier = await lock_dossier(db, actor, dossier_id)
    check_version(version, dossier.version)
    nominations = await _nominations(db, dossier)
    if not nominations:
        raise Problem("dossier_empty")
    ready = [nomination for nomination in nominations if is_at_home(nomination)]
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
    # the body may have moved in its tree since the dossier was drafted
    dossier.recipient_id = ready[0].holder_id
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
