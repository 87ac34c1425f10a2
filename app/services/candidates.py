"""Candidates: one master record per person, collective or household, owned by the body it belongs to."""

import uuid

from app.access import Actor, Place, place_of, reach_arguments, reach_sql
from app.db import Reads, Row, Transaction
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.candidates import CandidateIn, CandidateOut, CandidatePage
from app.pages import search_query
from app.problems import Problem
from app.records import note, trace, trace_sql
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.services.authorities import body_to_act_for
from app.shapes import json_text
from app.vocabularies import Permission, Purpose

_COLUMNS = """
select c.id, c.kind, c.name, c.position, c.sex, c.ethnicity, c.recipient_class, c.created_at, c.version,
       c.authority_id, c.territory_path, c.line_path, a.name as authority_name
"""
_JOIN = "join authority a on a.id = c.authority_id"
_ONE = f"{_COLUMNS} from candidate c {_JOIN} where c.id = $1 and {reach_sql('c', 2)}"
_LIST = ScopedList(
    "candidate",
    "c",
    _COLUMNS,
    _JOIN,
    reach_sources("c"),
    {"q": Filter("to_tsvector('simple', c.name_folded) @@ to_tsquery('simple', vi_fold({}::text))")},
)
_CREATE = f"""
with c as (
    insert into candidate (id, authority_id, territory_path, line_path, kind, name, position, sex, ethnicity,
                           recipient_class, created_by, version)
    select $1::uuid, id, territory_path, line_path, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
           $9::uuid, 1
    from authority where id = $2
    returning *
), {trace_sql(10)}
{_COLUMNS} from c {_JOIN}
"""


def _shape(row: Row) -> CandidateOut:
    return CandidateOut(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        authority=AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        position=row["position"],
        sex=row["sex"],
        ethnicity=row["ethnicity"],
        recipient_class=row["recipient_class"],
        created_at=row["created_at"],
        version=row["version"],
    )


async def read_candidate(reads: Reads, actor: Actor, candidate_id: uuid.UUID, purpose: Purpose | None) -> CandidateOut:
    """One candidate in reach. Who read it, and what for where they say so, is in the log when this returns."""
    row = await reads.fetchrow(_ONE, candidate_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    grant = actor.require_for(Permission.CANDIDATE_READ, place_of(row))
    await note(
        reads,
        actor,
        action="read",
        entity="candidate",
        entity_id=candidate_id,
        authority_id=row["authority_id"],
        grant=grant,
        purpose=purpose,
    )
    return _shape(row)


async def list_candidates(
    reads: Reads, actor: Actor, *, limit: int, cursor: str | None, q: str | None
) -> CandidatePage:
    """Candidates in reach, newest first; `q` finds names without diacritics."""
    actor.require(Permission.CANDIDATE_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.CANDIDATE_READ),
        limit=limit,
        cursor=cursor,
        filters={"q": search_query(q)},
    )
    return CandidatePage(items=[_shape(row) for row in page], next_cursor=next_cursor)


async def create_candidate(tx: Transaction, actor: Actor, body: CandidateIn) -> CandidateOut:
    """Store a candidate of a body in reach."""
    _, grant = await body_to_act_for(tx, actor, body.authority_id, Permission.CANDIDATE_WRITE)
    key = new_id()
    created = trace(
        actor,
        action="created",
        entity="candidate",
        entity_id=key,
        authority_id=body.authority_id,
        grant=grant,
        after={"kind": body.kind},
    )
    row = await tx.fetchrow(
        _CREATE,
        key,
        body.authority_id,
        body.kind,
        body.name,
        body.position,
        body.sex,
        body.ethnicity,
        body.recipient_class,
        actor.user_id,
        json_text([created]),
    )
    assert row is not None
    return _shape(row)


def is_nominable(actor: Actor, owner: Place, candidate: Place) -> bool:
    """Whether the owner of a dossier may nominate a candidate the caller reads: its own, or of a body below it."""
    below = candidate.territory_path.startswith(owner.territory_path) or candidate.line_path.startswith(owner.line_path)
    return below and actor.grant_for(Permission.CANDIDATE_READ, candidate) is not None
