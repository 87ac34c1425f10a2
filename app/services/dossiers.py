"""Dossiers (hồ sơ kèm tờ trình): drafting, adding nominations, submitting all of them at once."""

import uuid
from typing import Any

from app import clock
from app.access import Actor, Grant, Place, place_of, reach_arguments, reach_sql
from app.answers import check_version
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference
from app.models.campaigns import CampaignReference
from app.models.candidates import CandidateReference
from app.models.nominations import DossierIn, DossierNomination, DossierOut, DossierPage, DossierPatch, DossierSummary
from app.problems import Problem, field_problem
from app.records import trace, trace_sql
from app.scopes import Filter, ScopedList, Source, reach_groups, reach_sources
from app.services.authorities import body_to_act_for
from app.services.campaigns.status import NOT_PUBLIC
from app.services.nominations.moving import lock_nominations, locking_sql, next_level, submit_all
from app.services.nominations.reading import CURRENT_WORKFLOW, require_read, workflow_of
from app.shapes import json_text
from app.vocabularies import Action, CampaignScope, CampaignState, NominationState, Permission, Route

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
_CAMPAIGN = "select state, scope, territory_path, line_path from campaign where id = $1"
_CURRENT_WORKFLOW = CURRENT_WORKFLOW.format(day="$1")
_CREATE = f"""
with d as (
    insert into dossier (id, authority_id, territory_path, line_path, route, recipient_id, category, campaign_id, year,
                         title, submission_number, submission_date, created_by, version)
    select $1::uuid, id, territory_path, line_path, $3::text, $4::uuid, $5::text, $6::uuid, $7::int,
           $8::text, $9::text, $10::date, $11::uuid, 1
    from authority where id = $2
), {trace_sql(12)}
select
"""
_LOCK = f"""
select d.authority_id, d.title, d.submission_number, d.submission_date, d.version
from dossier d where d.id = $1 and {reach_sql("d", 2, routed=True)} for update
"""
_LOCK_NOMINATIONS = locking_sql("n.dossier_id = $2")
_CHANGE = f"""
with d as (
    update dossier set title = $2, submission_number = $3, submission_date = $4, version = version + 1 where id = $1
), {trace_sql(5)}
select
"""
_SUBMIT = f"""
with d as (
    update dossier set recipient_id = $2, submitted_at = coalesce(submitted_at, $3), version = version + 1 where id = $1
), {trace_sql(4)}
select
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
    nominations = row["nominations"] or []
    # before it is submitted it is on nobody's desk: who reaches it by one grant is not permitted by another
    desks = {row["recipient_id"], *(uuid.UUID(n["holder_id"]) for n in nominations)} if row["submitted_at"] else set()
    require_read(actor, place_of(row), Route(row["route"]), desks)
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


async def create_dossier(tx: Transaction, actor: Actor, body: DossierIn) -> DossierOut:
    """Draft a dossier. Who receives it follows from the body and the route, never from the request."""
    authority, grant = await body_to_act_for(tx, actor, body.authority_id, Permission.NOMINATION_WRITE, itself=True)
    if body.campaign_id is not None:
        await _require_launched(tx, body.campaign_id, place_of(authority))
    current = await tx.fetchrow(_CURRENT_WORKFLOW, clock.today())
    assert current is not None, "a definition is in force on every day"
    workflow = await workflow_of(tx, current["id"])
    recipient = await next_level(tx, workflow, body.route, body.authority_id, authority["name"])
    key = new_id()
    created = trace(
        actor,
        action="created",
        entity="dossier",
        entity_id=key,
        authority_id=body.authority_id,
        grant=grant,
        after={"category": body.category, "year": body.year, "route": body.route},
    )
    await tx.execute(
        _CREATE,
        key,
        body.authority_id,
        body.route,
        recipient["id"],
        body.category,
        body.campaign_id,
        body.year,
        body.title,
        body.submission_number,
        body.submission_date,
        actor.user_id,
        json_text([created]),
    )
    return await read_dossier(tx, actor, key)


async def _require_launched(tx: Transaction, campaign_id: uuid.UUID, authority: Place) -> None:
    """A campaign the body takes part in: launched, by itself or by a body above it, or nation-wide."""
    campaign = await tx.fetchrow(_CAMPAIGN, campaign_id)
    takes_part = campaign is not None and (
        authority.territory_path.startswith(campaign["territory_path"])
        or authority.line_path.startswith(campaign["line_path"])
        or campaign["scope"] == CampaignScope.NATIONAL
    )
    state = CampaignState(campaign["state"]) if campaign is not None else None
    if state is None or not takes_part or state in NOT_PUBLIC:
        raise Problem("unknown_reference", field="/campaign_id", what="phong trào")
    if state not in (CampaignState.LAUNCHED, CampaignState.CONCLUDED):
        raise Problem("campaign_not_open", state=state.vi)


def require_maker(actor: Actor, authority_id: uuid.UUID) -> Grant:
    """403 where the caller does not make dossiers for the body."""
    grant = actor.grant_at(Permission.NOMINATION_WRITE, authority_id)
    if grant is None:
        raise Problem("forbidden", permission=Permission.NOMINATION_WRITE)
    return grant


async def _lock_dossier(tx: Transaction, actor: Actor, dossier_id: uuid.UUID, version: int) -> tuple[Row, Grant]:
    """The dossier in the version the caller read, locked; 404 outside reach, 403 where they do not make it."""
    row = await tx.fetchrow(_LOCK, dossier_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    grant = require_maker(actor, row["authority_id"])
    check_version(version, row["version"])
    return row, grant


def is_at_home(nomination: Row) -> bool:
    """Whether its body still works on it."""
    return nomination["state"] in _WITH_THE_BODY and nomination["holder_id"] == nomination["authority_id"]


async def update_dossier(
    tx: Transaction, actor: Actor, version: int, dossier_id: uuid.UUID, body: DossierPatch
) -> DossierOut:
    """Change a dossier while something of it is with its body."""
    row, grant = await _lock_dossier(tx, actor, dossier_id, version)
    nominations = await lock_nominations(tx, _LOCK_NOMINATIONS, clock.today(), dossier_id)
    if nominations and not any(is_at_home(n) for n in nominations):
        raise Problem("not_editable", state=NominationState(nominations[0]["state"]).vi)
    changes = body.model_dump(exclude_unset=True)
    if "title" in changes and changes["title"] is None:
        raise field_problem(
            "/title", "null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."
        )
    updated = trace(
        actor,
        action="updated",
        entity="dossier",
        entity_id=dossier_id,
        authority_id=row["authority_id"],
        grant=grant,
        before={name: str(row[name]) for name in changes},
        after={name: str(value) for name, value in changes.items()},
    )
    values = (changes.get(name, row[name]) for name in ("title", "submission_number", "submission_date"))
    await tx.execute(_CHANGE, dossier_id, *values, json_text([updated]))
    return await read_dossier(tx, actor, dossier_id)


async def submit_dossier(tx: Transaction, actor: Actor, version: int, dossier_id: uuid.UUID) -> DossierOut:
    """Submit every nomination of the dossier that is with its body: all, or none."""
    row, grant = await _lock_dossier(tx, actor, dossier_id, version)
    nominations = await lock_nominations(tx, _LOCK_NOMINATIONS, clock.today(), dossier_id)
    if not nominations:
        raise Problem("dossier_empty")
    ready = [nomination for nomination in nominations if is_at_home(nomination)]
    if not ready:
        raise Problem("nothing_to_submit")
    missing = [
        label
        for name, label in (
            ("submission_number", "số tờ trình (submission_number)"),
            ("submission_date", "ngày tờ trình (submission_date)"),
        )
        if row[name] is None
    ]
    if missing:
        raise Problem("dossier_incomplete", missing=", ".join(missing))
    # the body may have moved in its tree since the dossier was drafted
    recipient_id = await submit_all(tx, actor, ready)
    submitted = trace(
        actor,
        action="submitted",
        entity="dossier",
        entity_id=dossier_id,
        authority_id=row["authority_id"],
        grant=grant,
        after={"nominations": len(ready)},
    )
    await tx.execute(_SUBMIT, dossier_id, recipient_id, clock.now(), json_text([submitted]))
    return await read_dossier(tx, actor, dossier_id)
