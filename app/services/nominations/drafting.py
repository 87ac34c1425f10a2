"""Nominations while they are with their body: adding them to a dossier, changing them."""

import uuid
from datetime import date

from app import clock
from app.access import Actor, Place, place_of, reach_arguments, reach_sql
from app.answers import check_version
from app.db import Row, Transaction
from app.ids import new_id
from app.models.nominations import NominationIn, NominationOut, NominationPatch
from app.problems import Problem, field_problem
from app.records import trace, trace_sql
from app.services.candidates import is_nominable
from app.services.dossiers import is_at_home, require_maker
from app.services.nominations.moving import lock_nomination
from app.services.nominations.reading import CURRENT_WORKFLOW, shape_nomination, written_sql
from app.shapes import json_text
from app.vocabularies import NominationState, RecipientKind, Route

MOST_NOMINATIONS = 500
"""In one dossier: what one decision decides at once."""

# award types that some body above the owner on its route may decide on that day
_DECIDABLE = """exists (
    with recursive above as (
        select id, kind, level, case d.route when 'line' then line_parent_id else parent_id end as next_id
        from authority where id = d.authority_id
        union all
        select a.id, a.kind, a.level, case d.route when 'line' then a.line_parent_id else a.parent_id end
        from above join authority a on a.id = above.next_id
    )
    select from above join award_competence k on k.authority_kind = above.kind and k.authority_level = above.level
    where above.id <> d.authority_id and k.award_type_code = $6
      and k.valid_from <= $7 and (k.valid_to is null or k.valid_to >= $7)
) or exists (
    -- decided above the province: by the Prime Minister, the President, a ministry
    select from award_competence k where k.award_type_code = $6 and k.authority_level = 'central'
      and k.valid_from <= $7 and (k.valid_to is null or k.valid_to >= $7)
)"""
# the dossier, locked, and whatever decides whether the nomination may be added to it
_DOSSIER = f"""
with d as materialized (
    select * from dossier o where o.id = $1 and {reach_sql("o", 2, routed=True)} for update
)
select d.authority_id, d.territory_path, d.line_path, d.route, d.year, d.submitted_at,
       d.version, (select version from dossier where id = $1) as seen_version,
       c.kind as candidate_kind, c.authority_id as candidate_authority_id,
       c.territory_path as candidate_territory_path, c.line_path as candidate_line_path,
       t.id as award_type_id, t.name as award_type_name, t.valid_to as award_type_valid_to, t.recipients, t.legal_basis,
       {_DECIDABLE} as decidable,
       (select count(*) from nomination where dossier_id = d.id) as nominations,
       exists (select from award w join nomination n on n.id = w.nomination_id
               where w.candidate_id = $5 and n.award_type_code = $6 and n.year = d.year) as awarded,
       ({CURRENT_WORKFLOW.format(day="$7")}) as workflow_id
from d
left join candidate c on c.id = $5 and {reach_sql("c", 2)}
left join lateral (
    -- the version of the award type in force that day
    select * from award_type where code = $6 and valid_from <= $7::date order by valid_from desc limit 1
) as t on true
"""
# whoever submits the dossier must have read it with this nomination: its version moves as well
_ADD = f"""
with d as (
    update dossier set version = version + 1 where id = $1 returning *
), written as (
    insert into nomination (id, dossier_id, authority_id, territory_path, line_path, route, candidate_id, award_type_id,
        award_type_code, category, campaign_id, year, achievement, state, holder_id, workflow_id, created_by, version)
    select $2::uuid, id, authority_id, territory_path, line_path, route, $3::uuid, $4::uuid,
        $5::text, category, campaign_id, year, $6::text, 'draft', authority_id, $7::uuid, $8::uuid, 1
    from d
    returning *
), event as (
    insert into nomination_event (id, nomination_id, action, to_state, actor_id, acting_for_id)
    select $9::uuid, $2, 'create', 'draft', $8, authority_id from d
    returning *
), {trace_sql(10)} {written_sql(11)}
"""
_CHANGE = f"""
with written as (
    update nomination set achievement = coalesce($2, achievement), version = version + 1 where id = $1 returning *
), event as (
    -- whoever changed it made it, and may not decide it
    insert into nomination_event (id, nomination_id, action, from_state, to_state, actor_id, acting_for_id)
    select $3::uuid, id, 'edit', state, state, $4::uuid, authority_id from written
    returning *
), {trace_sql(5)} {written_sql(6)}
"""


async def add_nomination(tx: Transaction, actor: Actor, body: NominationIn) -> NominationOut:
    """Add a candidate for an award type to a dossier that is with its body."""
    day = clock.today()
    row = await _lock_dossier(tx, actor, body, day)
    grant = require_maker(actor, row["authority_id"])
    if row["submitted_at"] is not None:
        raise Problem("not_editable", state=NominationState.SUBMITTED.vi)
    _check_candidate(actor, row)
    _check_award_type(row, day)
    if row["nominations"] >= MOST_NOMINATIONS:
        raise Problem("dossier_full", most=MOST_NOMINATIONS)
    if row["awarded"]:
        raise Problem("already_awarded", year=row["year"])
    key = new_id()
    created = trace(
        actor,
        action="created",
        entity="nomination",
        entity_id=key,
        authority_id=row["authority_id"],
        grant=grant,
        after={"award_type_code": body.award_type_code, "state": NominationState.DRAFT},
    )
    # a second open nomination of the candidate is refused here, by the index
    written = await tx.fetchrow(
        _ADD,
        body.dossier_id,
        key,
        body.candidate_id,
        row["award_type_id"],
        body.award_type_code,
        body.achievement,
        row["workflow_id"],
        actor.user_id,
        new_id(),
        json_text([created]),
        day,
    )
    assert written is not None, "the dossier is locked"
    return await shape_nomination(tx, actor, written)


async def _lock_dossier(tx: Transaction, actor: Actor, body: NominationIn, day: date) -> Row:
    """The dossier and what is asked of it; 404 outside reach."""
    arguments = (
        body.dossier_id,
        *reach_arguments(actor.reach()),
        body.candidate_id,
        body.award_type_code,
        day,
    )
    row = await tx.fetchrow(_DOSSIER, *arguments)
    if row is not None and row["version"] != row["seen_version"]:
        # the lock was waited for, and the rest was seen as it was before
        row = await tx.fetchrow(_DOSSIER, *arguments)
    if row is None:
        raise Problem("not_found")
    return row


def _check_candidate(actor: Actor, row: Row) -> None:
    """A candidate the caller reads and the owner of the dossier may nominate."""
    if row["candidate_kind"] is not None:
        names = ("candidate_authority_id", "candidate_territory_path", "candidate_line_path")
        if is_nominable(actor, place_of(row), Place(*(row[name] for name in names))):
            return
    raise Problem("unknown_reference", field="/candidate_id", what="đối tượng")


def _check_award_type(row: Row, day: date) -> None:
    """In force today, decided by somebody on the route, and meant for such a candidate."""
    if row["award_type_id"] is None:
        raise Problem("unknown_reference", field="/award_type_code", what="loại khen thưởng")
    ended = row["award_type_valid_to"] is not None and row["award_type_valid_to"] < day
    if ended or not row["decidable"]:
        raise Problem(
            "award_outside_competence",
            field="/award_type_code",
            authority=f"Không cơ quan nào phía trên ({Route(row['route']).vi.lower()})",
            award_type=row["award_type_name"],
            on=f"{day:%d/%m/%Y}",
            rule=row["legal_basis"],
        )
    if row["candidate_kind"] not in row["recipients"]:
        raise Problem(
            "award_not_for_recipient",
            award_type=row["award_type_name"],
            recipient=RecipientKind(row["candidate_kind"]).vi.lower(),
            rule=row["legal_basis"],
        )


async def update_nomination(
    tx: Transaction, actor: Actor, version: int, nomination_id: uuid.UUID, body: NominationPatch
) -> NominationOut:
    """Change a nomination while it is with its body."""
    row = await lock_nomination(tx, actor, nomination_id)
    grant = require_maker(actor, row["authority_id"])
    check_version(version, row["version"])
    if not is_at_home(row):
        raise Problem("not_editable", state=NominationState(row["state"]).vi)
    if "achievement" in body.model_fields_set and body.achievement is None:
        raise field_problem(
            "/achievement", "null_not_allowed", "Giá trị này không thể để trống.", "This value cannot be cleared."
        )
    changed = trace(
        actor,
        action="updated",
        entity="nomination",
        entity_id=nomination_id,
        authority_id=row["authority_id"],
        grant=grant,
        after={"changed": sorted(body.model_fields_set), "version": row["version"] + 1},
    )
    written = await tx.fetchrow(
        _CHANGE, nomination_id, body.achievement, new_id(), actor.user_id, json_text([changed]), clock.today()
    )
    assert written is not None, "it is locked"
    return await shape_nomination(tx, actor, written)
