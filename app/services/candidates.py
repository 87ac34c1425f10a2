"""Candidates: one master record per person, collective or household, owned by the body it belongs to."""

import uuid

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor, Owned, place_of, reach_arguments, reach_sql, readable
from app.db import Reads, Row
from app.ids import new_id
from app.models.authorities import AuthorityReference
from app.models.candidates import Candidate, CandidateIn, CandidateOut, CandidatePage
from app.pages import search_query
from app.problems import Problem
from app.records import record
from app.scopes import Filter, ScopedList, reach_groups, reach_sources
from app.services.authorities import authority_to_act_for
from app.vocabularies import Permission

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


async def read_candidate(reads: Reads, actor: Actor, candidate_id: uuid.UUID) -> CandidateOut:
    """One candidate in reach."""
    row = await reads.fetchrow(_ONE, candidate_id, *reach_arguments(actor.reach()))
    if row is None:
        raise Problem("not_found")
    actor.require_for(Permission.CANDIDATE_READ, place_of(row))
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


async def create_candidate(db: AsyncSession, actor: Actor, body: CandidateIn) -> CandidateOut:
    """Store a candidate of a body in reach."""
    authority, grant = await authority_to_act_for(db, actor, body.authority_id, Permission.CANDIDATE_WRITE)
    candidate = Candidate(
        id=new_id(),
        territory_path=authority.territory_path,
        line_path=authority.line_path,
        created_by=actor.user_id,
        **body.model_dump(),
    )
    db.add(candidate)
    await db.flush()
    await db.refresh(candidate)
    record(
        db,
        actor,
        action="created",
        entity="candidate",
        entity_id=candidate.id,
        authority_id=authority.id,
        grant=grant,
        after={"kind": candidate.kind},
    )
    return CandidateOut(
        authority=AuthorityReference(id=authority.id, name=authority.name),
        **candidate.model_dump(include=set(CandidateOut.model_fields) - {"authority"}),
    )


async def candidate_to_nominate(db: AsyncSession, actor: Actor, owner: Owned, candidate_id: uuid.UUID) -> Candidate:
    """A candidate the caller may read and the owner of the dossier may nominate: its own, or of a body below it."""
    found = (
        await db.exec(select(Candidate).where(Candidate.id == candidate_id, readable(Candidate, actor)))
    ).one_or_none()
    if (
        found is None
        or actor.grant_for(Permission.CANDIDATE_READ, found) is None
        or not (found.territory_path.startswith(owner.territory_path) or found.line_path.startswith(owner.line_path))
    ):
        raise Problem("unknown_reference", field="/candidate_id", what="đối tượng")
    return found
