"""Lists of campaigns, newest first: those in reach, and launched ones of the bodies above and of the nation."""

import uuid
from collections.abc import Sequence

from app import clock
from app.access import Actor
from app.db import Reads
from app.models.campaigns import CampaignPage, CampaignSummary
from app.pages import search_query
from app.scopes import Filter, Groups, ScopedList, Source, reach_groups, reach_sources
from app.services.campaigns.reads import LAUNCHED_SQL, summary_fields
from app.shapes import lean
from app.vocabularies import CampaignMethod, CampaignScope, CampaignState, Permission

_CampaignSummary, _CampaignPage = lean(CampaignSummary), lean(CampaignPage)
_ALL_STATES = [state.value for state in CampaignState]

_LAUNCHED = f"c.state in {LAUNCHED_SQL}"
_COLUMNS = """
select c.id, c.code, c.title, c.short_title, c.parent_id, c.method, c.scope, c.state, c.starts_on, c.starts_precision,
       c.ends_on, c.ends_precision, c.reviews, c.launched_on, c.launcher_known, c.created_at,
       c.authority_id, a.name as authority_name
"""
_LIST = ScopedList(
    "campaign",
    "c",
    _COLUMNS,
    "join authority a on a.id = c.authority_id",
    (
        *reach_sources("c"),
        Source("above", "text", f"c.territory_path = scope.value and {_LAUNCHED}"),
        Source("above_by_line", "text", f"c.line_path = scope.value and {_LAUNCHED}"),
        Source("everybody", "bool", f"c.scope = 'national' and {_LAUNCHED}"),
    ),
    {
        "parent_id": Filter("c.parent_id = {}::uuid", walk="whole"),
        "q": Filter("to_tsvector('simple', c.title_folded) @@ to_tsquery('simple', vi_fold({}::text))", walk="whole"),
        "launcher_id": Filter("c.authority_id = {}::uuid", walk="whole"),
        "method": Filter("c.method = {}::text"),
        "scope": Filter("c.scope = {}::text"),
        # a campaign counts for the years it is known to run in; an unknown start is the launch, or the year of the end
        "year": Filter(
            "{0}::int between extract(year from coalesce(c.starts_on, c.launched_on, c.ends_on))"
            " and coalesce(extract(year from c.ends_on), {0})"
        ),
    },
    stateful=True,
)


def _groups(actor: Actor) -> Groups:
    above, above_by_line = actor.ancestors(Permission.CAMPAIGN_READ)
    return {
        **reach_groups(actor, Permission.CAMPAIGN_READ),
        "above": above,
        "above_by_line": above_by_line,
        "everybody": [True],
    }


async def list_campaigns(
    reads: Reads,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
    states: Sequence[CampaignState],
    method: CampaignMethod | None,
    scope: CampaignScope | None,
    parent_id: uuid.UUID | None,
    launcher_id: uuid.UUID | None,
    year: int | None,
    q: str | None,
) -> CampaignPage:
    """Campaigns in reach, and launched ones of the bodies above and of the nation, newest first.

    `year`: those known to run in it. `q` finds titles without diacritics; a text without a word finds nothing.
    """
    actor.require(Permission.CAMPAIGN_READ)
    words = search_query(q)
    if q is not None and words is None:
        return _CampaignPage(items=[], next_cursor=None)
    page, next_cursor = await _LIST.page(
        reads,
        actor.once("groups of campaigns", lambda: _groups(actor)),
        limit=limit,
        cursor=cursor,
        states=[state.value for state in states] or _ALL_STATES,
        filters={
            "parent_id": parent_id,
            "q": words,
            "launcher_id": launcher_id,
            "method": method,
            "scope": scope,
            "year": year,
        },
    )
    today = clock.today()
    items = [_CampaignSummary(**summary_fields(row, today)) for row in page]
    return _CampaignPage(items=items, next_cursor=next_cursor)
