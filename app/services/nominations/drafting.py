"""Nominations while they are with their body: adding them to a dossier, changing them."""

import uuid

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.access import Actor
from app.answers import check_version
from app.db import reads_of
from app.ids import new_id
from app.models.award_types import AwardType
from app.models.nominations import (
    Dossier,
    Nomination,
    NominationEvent,
    NominationIn,
    NominationOut,
    NominationPatch,
)
from app.problems import Problem, field_problem
from app.records import record
from app.services.candidates import candidate_to_nominate
from app.services.dossiers import is_at_home, lock_dossier
from app.services.nominations.moving import current_workflow, lock_nomination
from app.services.nominations.reading import find_nomination, shape_nomination
from app.vocabularies import NominationState, Permission, RecipientKind

MOST_NOMINATIONS = 500
"""In one dossier: what one decision decides at once."""

_HELD = """
select (select count(*) from nomination where dossier_id = $1) as nominations,
       exists (select from nomination n where n.candidate_id = $2 and n.award_type_code = $3 and n.year = $4
               and n.state = 'decided') as awarded
"""
# award types that some body above the owner on its route may decide on that day
_DECIDABLE = """
select exists (
    select from authority own
    join authority above on case when $4 = 'line' then own.line_path ^@ above.line_path
                                 else own.territory_path ^@ above.territory_path end
         and above.id <> own.id
    join award_competence k on k.authority_kind = above.kind and k.authority_level = above.level
    where own.id = $1 and k.award_type_code = $2 and k.valid_from <= $3 and (k.valid_to is null or k.valid_to >= $3)
) or exists (
    -- decided above the province: by the Prime Minister, the President, a ministry
    select from award_competence k where k.award_type_code = $2 and k.authority_level = 'central'
      and k.valid_from <= $3 and (k.valid_to is null or k.valid_to >= $3)
) as decidable
"""


async def add_nomination(db: AsyncSession, actor: Actor, body: NominationIn) -> NominationOut:
    """Add a candidate for an award type to a dossier that is with its body."""
    dossier = await lock_dossier(db, actor, body.dossier_id)
    if dossier.submitted_at is not None:
        raise Problem("not_editable", state=NominationState.SUBMITTED.vi)
    candidate = await candidate_to_nominate(db, actor, dossier, body.candidate_id)
    award_type = await _award_type(db, dossier, body.award_type_code)
    if candidate.kind.value not in award_type.recipients:
        raise Problem(
            "award_not_for_recipient",
            award_type=award_type.name,
            recipient=RecipientKind(candidate.kind.value).vi.lower(),
            rule=award_type.legal_basis,
        )
    await _refuse_repeated(db, dossier, candidate.id, award_type.code)
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
    # whoever submits the dossier must have read it with this nomination
    dossier.version += 1
    db.add(dossier)
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


async def _refuse_repeated(db: AsyncSession, dossier: Dossier, candidate_id: uuid.UUID, code: str) -> None:
    """A full dossier takes no more, and nobody is nominated for what they were awarded that year."""
    held = await (await reads_of(db)).fetchrow(_HELD, dossier.id, candidate_id, code, dossier.year)
    assert held is not None
    if held["nominations"] >= MOST_NOMINATIONS:
        raise Problem("dossier_full", most=MOST_NOMINATIONS)
    if held["awarded"]:
        raise Problem("already_awarded", year=dossier.year)


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
    if not is_at_home(nomination):
        raise Problem("not_editable", state=nomination.state.vi)
    if "achievement" in body.model_fields_set:
        if body.achievement is None:
            raise field_problem(
                "/achievement", "null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."
            )
        nomination.achievement = body.achievement
    nomination.version += 1
    db.add(nomination)
    # whoever changed it made it, and may not decide it
    db.add(
        NominationEvent(
            id=new_id(),
            nomination_id=nomination.id,
            action="edit",
            from_state=nomination.state,
            to_state=nomination.state,
            actor_id=actor.user_id,
            acting_for_id=nomination.authority_id,
        )
    )
    await db.flush()
    record(
        db,
        actor,
        action="updated",
        entity="nomination",
        entity_id=nomination.id,
        authority_id=nomination.authority_id,
        grant=grant,
        after={"changed": sorted(body.model_fields_set), "version": nomination.version},
    )
    reads = await reads_of(db)
    return await shape_nomination(reads, actor, await find_nomination(reads, actor, nomination.id))
