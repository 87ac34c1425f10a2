"""The cascade (P01): from the top campaign down to every derived one, and the units that are still silent."""

import uuid

from app import clock
from app.access import Actor, Place, reach_arguments, reach_sql
from app.db import Reads
from app.models.authorities import AuthorityReference
from app.models.campaigns import CampaignReference
from app.models.deployments import Cascade, CascadeNode, SilentUnit
from app.problems import Problem
from app.services.campaigns.participation import percent, units_sql
from app.services.campaigns.reads import LAUNCHED_SQL, may_see, visible_arguments, visible_sql
from app.vocabularies import CampaignScope, CampaignState, Permission

# parents are never changed, so there are no circles; the bound is for a fault in the data
_DEEPEST = 20
_CASCADE = f"""
with recursive asked as (
    select * from campaign c where c.id = $1 and {visible_sql("c", 2)}
), up as (
    select id, parent_id, 0 as depth from asked
    union all select p.id, p.parent_id, up.depth + 1 from up join campaign p on p.id = up.parent_id
    where up.depth < {_DEEPEST}
), down as (
    (select id, 0 as depth from up order by up.depth desc limit 1)
    union all select k.id, down.depth + 1 from down join campaign k on k.parent_id = down.id
    where down.depth < {_DEEPEST}
), nodes as (
    select down.depth, c.id, c.code, c.title, c.authority_id, a.name as authority_name, c.launched_on, c.parent_id,
           c.launched_on - p.launched_on as lag_days
    from down join campaign c on c.id = down.id
    join authority a on a.id = c.authority_id
    left join campaign p on p.id = c.parent_id
    where c.id = $1 or (c.state in {LAUNCHED_SQL} and {visible_sql("c", 2)})
    order by down.depth, c.launched_on, c.id limit 1000
), units as materialized (
    select u.* from asked c cross join lateral ({units_sql("$7::date")}) as u where {reach_sql("u", 8)}
), silent as (
    select * from units where not deployed order by name_sort, authority_id limit 1000
)
select c.authority_id, c.territory_path, c.line_path, c.state, c.scope,
       (select jsonb_agg(to_jsonb(n) order by n.depth, n.launched_on, n.id) from nodes n) as campaigns,
       (select count(*) from units) as units_in_scope,
       (select count(*) from units where deployed) as units_deployed,
       (select count(*) from units where committed) as units_with_commitment,
       (select jsonb_agg(jsonb_build_array(s.authority_id, s.name, s.acknowledged) order by s.name_sort, s.authority_id)
        from silent s) as silent_units
from asked c
"""


async def read_cascade(reads: Reads, actor: Actor, campaign_id: uuid.UUID) -> Cascade:
    """The whole lineage of a campaign, and the participation of the units below its launcher that lie in reach."""
    row = await reads.fetchrow(
        _CASCADE,
        campaign_id,
        *visible_arguments(actor),
        clock.today(),
        *reach_arguments(actor.reach(Permission.DEPLOYMENT_READ)),
    )
    if row is None:
        raise Problem("not_found")
    place = Place(row["authority_id"], row["territory_path"], row["line_path"])
    state, scope = CampaignState(row["state"]), CampaignScope(row["scope"])
    if not may_see(actor, place, state, scope, Permission.DEPLOYMENT_READ):
        raise Problem("forbidden", permission=Permission.DEPLOYMENT_READ)
    return Cascade(
        campaigns=[
            CascadeNode(
                campaign=CampaignReference(id=node["id"], code=node["code"], title=node["title"]),
                launcher=AuthorityReference(id=node["authority_id"], name=node["authority_name"]),
                launched_on=node["launched_on"],
                lag_days=node["lag_days"],
                parent_id=node["parent_id"],
            )
            for node in row["campaigns"]
        ],
        units_in_scope=row["units_in_scope"],
        units_deployed=row["units_deployed"],
        participation_percent=percent(row["units_deployed"], row["units_in_scope"]),
        units_with_commitment=row["units_with_commitment"],
        silent_units=[
            SilentUnit(authority=AuthorityReference(id=identifier, name=name), acknowledged=acknowledged)
            for identifier, name, acknowledged in row["silent_units"] or []
        ],
    )
