"""Lists of campaigns, newest first. Which statement runs depends on what narrows the list most.

Without a narrowing filter: one index walk per scope and state (`app/scopes.py`), with two more kinds of scope,
the bodies above the caller and the nation. With a parent, a launcher or a search: what the filter's own index
finds, sorted; the scopes would be walked to their end for a filter that few rows pass.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app import clock
from app.access import Actor
from app.db import Reads, Row
from app.models.campaigns import CampaignPage, CampaignSummary
from app.pages import cut, search_query, time_cursor
from app.scopes import scope_arguments, scoped_page
from app.services.campaigns.reads import LAUNCHED_SQL, summary_fields, visible_arguments, visible_sql
from app.shapes import lean
from app.vocabularies import CampaignMethod, CampaignScope, CampaignState, Permission

_CampaignSummary, _CampaignPage = lean(CampaignSummary), lean(CampaignPage)
_ALL_STATES = [state.value for state in CampaignState]

# a campaign counts for the years it is known to run in; an unknown start is the launch, or the year of the end
_YEAR = """(extract(year from coalesce(c.starts_on, c.launched_on, c.ends_on)) <= {n}
        and (c.ends_on is null or extract(year from c.ends_on) >= {n}))"""
_FILTERS = f"""
    ($11::text is null or c.method = $11) and ($12::text is null or c.scope = $12)
    and ($13::int is null or {_YEAR.format(n="$13")})
"""
_COLUMNS = """
select c.id, c.code, c.title, c.short_title, c.parent_id, c.method, c.scope, c.state, c.starts_on, c.starts_precision,
       c.ends_on, c.ends_precision, c.plan->'phases' as phases, c.launched_on, c.launcher_known, c.created_at,
       c.authority_id, a.name as authority_name
"""


def _launched_page(source: str, condition: str) -> str:
    """One page per launched state wanted and per row of `source`."""
    return f"""
select c.* from {source} cross join unnest($10::text[]) as wanted (state) cross join lateral (
    select * from campaign as c
    where {condition} and c.state = wanted.state and wanted.state in {LAUNCHED_SQL}
      and ($7::timestamptz is null or (c.created_at, c.id) < ($7, $8::uuid))
      and ({_FILTERS})
    order by c.created_at desc, c.id desc limit $9
) as c"""


_SCOPED = f"""{_COLUMNS} from (
select distinct on (c.created_at, c.id) c.* from (
select c.* from ({scoped_page("campaign", "c", filters=_FILTERS, stateful=True)}) as c
union all {_launched_page("unnest($14::text[]) as above (path)", "c.territory_path = above.path")}
union all {_launched_page("unnest($15::text[]) as above (path)", "c.line_path = above.path")}
union all {_launched_page("(select) as nation", "c.scope = 'national'")}
) as c order by c.created_at desc, c.id desc limit $9
) as c join authority a on a.id = c.authority_id order by c.created_at desc, c.id desc
"""

_NARROWING = {
    "parent_id": "c.parent_id = ${n}::uuid",
    "launcher_id": "c.authority_id = ${n}::uuid",
    "q": "to_tsvector('simple', c.title_folded) @@ to_tsquery('simple', vi_fold(${n}))",
}


@cache
def _narrowed(names: tuple[str, ...]) -> str:
    """The statement for these narrowing filters: seven at most. Plans are unpacked only for the rows of the page."""
    narrowing = " and ".join(_NARROWING[name].format(n=13 + position) for position, name in enumerate(names))
    return f"""{_COLUMNS} from (
    select c.id from campaign c
    where {narrowing} and {visible_sql("c", 1)} and c.state = any($6::text[])
      and (c.created_at, c.id) < ($7::timestamptz, $8::uuid)
      and ($9::text is null or c.method = $9) and ($10::text is null or c.scope = $10)
      and ($11::int is null or {_YEAR.format(n="$11")})
    order by c.created_at desc, c.id desc limit $12
) as found
join campaign c on c.id = found.id join authority a on a.id = c.authority_id
order by c.created_at desc, c.id desc
"""


_AFTER_ALL = (datetime(9999, 1, 1, tzinfo=UTC), uuid.UUID(int=2**128 - 1))


def _page(rows: Sequence[Row], limit: int) -> CampaignPage:
    page, next_cursor = cut(rows, limit, "created_at", "id")
    today = clock.today()
    items = [_CampaignSummary(**summary_fields(row, row["phases"], today)) for row in page]
    return _CampaignPage(items=items, next_cursor=next_cursor)


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
    after = time_cursor(cursor)
    wanted = list(states) or _ALL_STATES
    words = search_query(q)
    if q is not None and words is None:
        return _CampaignPage(items=[], next_cursor=None)
    narrowing: dict[str, Any] = {"parent_id": parent_id, "launcher_id": launcher_id, "q": words}
    narrowing = {name: value for name, value in narrowing.items() if value is not None}
    if narrowing:
        rows = await reads.fetch(
            _narrowed(tuple(narrowing)),
            *visible_arguments(actor, Permission.CAMPAIGN_READ),
            wanted,
            *(after if cursor is not None else _AFTER_ALL),
            method,
            scope,
            year,
            limit + 1,
            *narrowing.values(),
        )
    else:
        territories, lines = actor.ancestors(Permission.CAMPAIGN_READ)
        rows = await reads.fetch(
            _SCOPED,
            *scope_arguments(actor.reach(Permission.CAMPAIGN_READ)),
            *after,
            limit + 1,
            wanted,
            method,
            scope,
            year,
            list(territories),
            list(lines),
        )
    return _page(rows, limit)
