"""Reading nominations: one in reach with its history, pages newest first, what the caller may do next."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from app import clock
from app.access import Actor, Place, place_of, reach_arguments, reach_sql
from app.answers import actor_part, etag_of
from app.db import Reads, Row
from app.models.authorities import AuthorityReference
from app.models.award_types import AwardTypeReference
from app.models.campaigns import CampaignReference
from app.models.candidates import CandidateReference
from app.models.nominations import (
    AppraisalOut,
    DossierReference,
    NominationEventOut,
    NominationOut,
    NominationPage,
    NominationSummary,
)
from app.pages import search_query
from app.problems import Problem
from app.scopes import Filter, ScopedList, Source, reach_groups, reach_sources
from app.services.workflow import Desk, Workflow, allowed_actions
from app.shapes import lean
from app.vocabularies import AppraisalOpinion, NominationState, Permission, Route

_AuthorityReference, _CandidateReference = lean(AuthorityReference), lean(CandidateReference)
_AwardTypeReference, _CampaignReference = lean(AwardTypeReference), lean(CampaignReference)
_DossierReference, _AppraisalOut, _NominationEventOut = (
    lean(DossierReference),
    lean(AppraisalOut),
    lean(NominationEventOut),
)
_NominationOut, _NominationSummary = lean(NominationOut), lean(NominationSummary)
_NominationPage = lean(NominationPage)

MOST_EVENTS = 1000
"""So many steps of the history are answered, the last ones."""
MAKING = frozenset({"create", "edit", "submit"})

_SUMMARY = """
select n.id, n.dossier_id, n.authority_id, n.territory_path, n.line_path, n.route, n.category, n.year, n.state,
       n.holder_id, n.created_at, n.state_changed_at, a.name as authority_name, h.name as holder_name,
       c.id as candidate_id, c.kind as candidate_kind, c.name as candidate_name,
       t.code as award_type_code, t.name as award_type_name
"""
_JOINS = """
join authority a on a.id = n.authority_id
join authority h on h.id = n.holder_id
join candidate c on c.id = n.candidate_id
join award_type t on t.id = n.award_type_id
"""
COMPETENT = """exists (
    select from award_competence k
    where k.award_type_code = n.award_type_code and k.authority_kind = h.kind and k.authority_level = h.level
      and k.valid_from <= {day} and (k.valid_to is null or k.valid_to >= {day}))"""
# one nomination as it is answered: of a table or of what a statement has just written, with those events
_DETAIL = f"""{_SUMMARY},
       n.achievement, n.appraisal, n.submitted_at, n.version, n.workflow_id, n.created_by,
       d.title as dossier_title, d.created_by as dossier_created_by,
       p.id as campaign_id, p.code as campaign_code, p.title as campaign_title,
       {COMPETENT.format(day="{day}::date")} as holder_competent,
       (select jsonb_agg(jsonb_build_object(
            'at', e.at, 'action', e.action, 'from_state', e.from_state, 'to_state', e.to_state, 'reason', e.reason,
            'actor', u.display_name, 'actor_id', e.actor_id,
            'acting_for', jsonb_build_object('id', f.id, 'name', f.name),
            'sent_to', case when s.id is not null then jsonb_build_object('id', s.id, 'name', s.name) end)
            order by e.id)
        from ({{events}} order by id desc limit {MOST_EVENTS}) e
        join user_account u on u.id = e.actor_id
        join authority f on f.id = e.acting_for_id
        left join authority s on s.id = e.sent_to_id) as history
from {{nomination}} n {_JOINS}
join dossier d on d.id = n.dossier_id
left join campaign p on p.id = n.campaign_id
"""
_EVENTS = "select * from nomination_event where nomination_id = n.id"
_ONE = f"""{_DETAIL.format(day="$5", events=_EVENTS, nomination="nomination")}
where n.id = $1 and ({reach_sql("n", 2, routed=True)} or n.holder_id = any($2::uuid[])
    or exists (select from nomination_event e where e.nomination_id = n.id and e.acting_for_id = any($2::uuid[])))
"""
_LIST = ScopedList(
    "nomination",
    "n",
    _SUMMARY,
    _JOINS,
    # in reach, or on the desk of a body the caller works for
    (*reach_sources("n", routed=True), Source("own", "uuid", "n.holder_id = scope.value")),
    {
        "holder_id": Filter("n.holder_id = {}::uuid", walk="ordered"),
        "authority_id": Filter("n.authority_id = {}::uuid", walk="ordered"),
        "campaign_id": Filter("n.campaign_id = {}::uuid"),
        "award_type_code": Filter("n.award_type_code = {}::text"),
        "year": Filter("n.year = {}::int"),
        "q": Filter(
            "exists (select from candidate x where x.id = n.candidate_id"
            " and to_tsvector('simple', x.name_folded) @@ to_tsquery('simple', vi_fold({}::text)))"
        ),
    },
    stateful=True,
)
# the newest definition in force on a day: what a nomination begins with
CURRENT_WORKFLOW = """
select w.id from workflow_definition w
where w.code = 'commendation' and w.valid_from <= {day} and (w.valid_to is null or w.valid_to >= {day})
order by w.number desc limit 1
"""
_WORKFLOW = "select definition from workflow_definition where id = $1"


def written_sql(day: int) -> str:
    """The end of a `with` that wrote a nomination: its answer, from its steps `written` and `event`.

    A statement does not see what it writes but where it returns it. Parameter `day` is the day on which competence
    counts.
    """
    return _DETAIL.format(day=f"${day}", events=f"{_EVENTS} union all select * from event", nomination="written")


_ALL_STATES = [state.value for state in NominationState]
# definitions are immutable versions, so a parsed one stays true for the life of the process
_parsed: dict[uuid.UUID, Workflow] = {}


async def workflow_of(reads: Reads, workflow_id: uuid.UUID) -> Workflow:
    """The definition a nomination began with."""
    found = _parsed.get(workflow_id)
    if found is None:
        row = await reads.fetchrow(_WORKFLOW, workflow_id)
        assert row is not None, "a nomination refers to its definition by a foreign key"
        found = _parsed[workflow_id] = Workflow.model_validate(row["definition"])
    return found


def _summary(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "dossier_id": row["dossier_id"],
        "authority": _AuthorityReference(id=row["authority_id"], name=row["authority_name"]),
        "candidate": _CandidateReference(
            id=row["candidate_id"], kind=row["candidate_kind"], name=row["candidate_name"]
        ),
        "award_type": _AwardTypeReference(code=row["award_type_code"], name=row["award_type_name"]),
        "category": row["category"],
        "year": row["year"],
        "state": row["state"],
        "holder": _AuthorityReference(id=row["holder_id"], name=row["holder_name"]),
        "created_at": row["created_at"],
        "state_changed_at": row["state_changed_at"],
    }


def _desk(row: Row) -> Desk:
    appraisal, history = row["appraisal"], row["history"] or []

    def actors(actions: Collection[str]) -> frozenset[uuid.UUID]:
        return frozenset(uuid.UUID(event["actor_id"]) for event in history if event["action"] in actions)

    return Desk(
        state=NominationState(row["state"]),
        owner=place_of(row),
        route=Route(row["route"]),
        holder_id=row["holder_id"],
        holder_competent=row["holder_competent"],
        opinion=AppraisalOpinion(appraisal["opinion"]) if appraisal else None,
        maker_ids=actors(MAKING) | {row["created_by"], row["dossier_created_by"]},
        appraiser_ids=actors({"appraise"}),
    )


def require_read(actor: Actor, owner: Place, route: Route, bodies: Iterable[uuid.UUID]) -> None:
    """403 where no grant that reaches the nomination, or stands at a body that worked on it, may read nominations."""
    permission = Permission.NOMINATION_READ
    at_work = any(actor.grant_at(permission, body) is not None for body in bodies)
    if not at_work and actor.grant_for(permission, owner, route) is None:
        raise Problem("forbidden", permission=permission)


async def find_nomination(reads: Reads, actor: Actor, nomination_id: uuid.UUID) -> Row:
    """The row of one nomination in reach; 404 outside, 403 without the permission."""
    arguments = reach_arguments(actor.reach())
    row = await reads.fetchrow(_ONE, nomination_id, *arguments, clock.today())
    if row is None:
        raise Problem("not_found")
    worked_on = {uuid.UUID(event["acting_for"]["id"]) for event in row["history"] or []}
    require_read(actor, place_of(row), Route(row["route"]), worked_on | {row["holder_id"]})
    return row


def nomination_etag(row: Row, actor: Actor) -> str:
    """Changes with the nomination, with the caller's grants, and with what the answer takes from other rows."""
    names = ("authority_name", "holder_name", "candidate_name", "award_type_name", "dossier_title", "campaign_title")
    return etag_of(row["version"], actor_part(actor), row["holder_competent"], *(row[name] for name in names))


async def shape_nomination(reads: Reads, actor: Actor, row: Row) -> NominationOut:
    """The answer for one nomination, with what the caller may do next."""
    appraisal = row["appraisal"]
    campaign_id = row["campaign_id"]
    return _NominationOut(
        **_summary(row),
        dossier=_DossierReference(id=row["dossier_id"], title=row["dossier_title"]),
        campaign=_CampaignReference(id=campaign_id, code=row["campaign_code"], title=row["campaign_title"])
        if campaign_id
        else None,
        route=row["route"],
        achievement=row["achievement"],
        appraisal=_AppraisalOut(**{name: appraisal[name] for name in AppraisalOut.model_fields}) if appraisal else None,
        submitted_at=row["submitted_at"],
        history=[
            _NominationEventOut(
                at=_utc(event["at"]), **{name: event[name] for name in NominationEventOut.model_fields if name != "at"}
            )
            for event in row["history"] or []
        ],
        version=row["version"],
        allowed_actions=allowed_actions(await workflow_of(reads, row["workflow_id"]), _desk(row), actor),
    )


def _utc(moment: str) -> datetime:
    """A moment as PostgreSQL writes it into JSON, in the zone of our connections."""
    return datetime.fromisoformat(moment)


async def list_nominations(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    states: list[NominationState],
    holder_id: uuid.UUID | None,
    authority_id: uuid.UUID | None,
    award_type_code: str | None,
    year: int | None,
    campaign_id: uuid.UUID | None,
    q: str | None,
) -> NominationPage:
    """Nominations in reach or on the caller's desk, newest first."""
    actor.require(Permission.NOMINATION_READ)
    page, next_cursor = await _LIST.page(
        reads,
        reach_groups(actor, Permission.NOMINATION_READ),
        limit=limit,
        cursor=cursor,
        states=[state.value for state in states] or _ALL_STATES,
        filters={
            "holder_id": holder_id,
            "authority_id": authority_id,
            "campaign_id": campaign_id,
            "award_type_code": award_type_code,
            "year": year,
            "q": search_query(q),
        },
    )
    return _NominationPage(items=[_NominationSummary(**_summary(row)) for row in page], next_cursor=next_cursor)
