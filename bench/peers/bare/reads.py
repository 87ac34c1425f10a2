"""The product's own SQL and its parameters, and the reach of a caller as headers say it."""

import uuid
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from app.access import _steps
from app.scopes import Groups
from app.services import public_campaigns, statistics
from app.services.award_counts import CountedBody, counts_statement
from app.services.campaigns import listing
from app.services.campaigns import reads as campaigns
from app.services.nominations import reading as nominations
from app.shapes import raw_json
from app.vocabularies import CampaignState, NominationState, Route, StatisticsBasis

CAMPAIGN = campaigns._ONE
PUBLIC_CAMPAIGN = public_campaigns._ONE
NOMINATION = nominations._ONE
SCOPE = statistics._SCOPE

_CAMPAIGN_STATES = [state.value for state in CampaignState]
_NOMINATION_STATES = [state.value for state in NominationState]


class Reach(NamedTuple):
    """A caller of one grant with reach over its territory, as parameters of the statements."""

    narrow: tuple[Any, ...]
    ancestors: tuple[list[str], list[str]]
    groups: Groups


@lru_cache(maxsize=20_000)
def reach(authority_id: bytes, territory_path: bytes, line_path: bytes) -> Reach:
    """The parameters of a caller; the product remembers them for a few seconds as well."""
    own, territory, line = [uuid.UUID(authority_id.decode())], territory_path.decode(), line_path.decode()
    above, above_by_line = [*_steps(territory)], [*_steps(line)] if line else []
    depth = territory.count("/") - 1
    kind = {1: "nation", 2: "province", 3: "commune"}.get(depth, "deeper")
    return Reach(
        narrow=(own, [territory], []),
        ancestors=(above, above_by_line),
        groups={
            "own": own,
            kind: [True] if kind == "nation" else [territory],
            "above": above,
            "above_by_line": above_by_line,
            "everybody": [True],
        },
    )


def campaign(campaign_id: uuid.UUID, caller: Reach) -> tuple[Any, ...]:
    """Parameters of CAMPAIGN."""
    return campaign_id, *caller.narrow, *caller.ancestors


def campaigns_page(caller: Reach, cursor: str | None, states: list[str], limit: int) -> tuple[str | None, list[Any]]:
    """The product's statement of a page of campaigns, and its parameters."""
    states = states or _CAMPAIGN_STATES
    return listing._LIST.statement(caller.groups, limit=limit, cursor=cursor, states=states, filters={})


def nomination(nomination_id: uuid.UUID, caller: Reach, today: date) -> tuple[Any, ...]:
    """Parameters of NOMINATION."""
    return nomination_id, *caller.narrow, today


def nominations_page(
    caller: Reach, cursor: str | None, states: list[str], limit: int, holder_id: uuid.UUID | None
) -> tuple[str | None, list[Any]]:
    """The product's statement of a page of nominations, and its parameters."""
    states, filters = states or _NOMINATION_STATES, {"holder_id": holder_id}
    return nominations._LIST.statement(caller.groups, limit=limit, cursor=cursor, states=states, filters=filters)


def scope(caller: Reach, authority_id: uuid.UUID, today: date, years: Sequence[int | None]) -> tuple[Any, ...]:
    """Parameters of SCOPE: by territory, with predecessors."""
    return authority_id, *caller.narrow, *caller.narrow, Route.TERRITORY.value, today, True, *years


def counts(
    scope_path: str, located: list[dict[str, Any]], years: Sequence[int | None], groups: Any, with_figures: bool
) -> tuple[str, list[Any]]:
    """The product's statement of the counts of the body and its predecessors, and its parameters."""
    return counts_statement(
        Route.TERRITORY,
        [CountedBody(scope_path, added=True), *(CountedBody(p["path"], p["added"]) for p in located)],
        year_from=years[0],
        year_to=years[1],
        dimensions=groups,
        by_body=bool(located),
        by_year=with_figures,
    )


def statistics_answer(
    row: Any,
    rows: Sequence[Any],
    predecessors: list[dict[str, Any]],
    figures: list[Any],
    years: Sequence[int | None],
    groups: list[str],
) -> dict[str, Any]:
    """The answer of request 6, out of what the two statements found."""
    located = [p for p in predecessors if p["path"] is not None]
    by_body = {count["position"]: count["awards"] for count in rows if count["what"] == "body"}
    awards = {p["unit"]["id"]: by_body.get(position, 0) for position, p in enumerate(located, 2)}
    items = [statistics._register_count(count) for count in rows if count["what"] == "group"]
    total = sum(item["awards"] for item in items)
    counted = {count["year"] for count in rows if count["year"] is not None}
    return {
        "definition": statistics._definition(row["name"], Route.TERRITORY, StatisticsBasis.CURRENT, *years),
        "scope": {"id": row["authority_id"], "name": row["name"]},
        "basis": StatisticsBasis.CURRENT,
        "tree": Route.TERRITORY,
        "year_from": years[0],
        "year_to": years[1],
        "group_by": [*dict.fromkeys(groups)],
        "award_register": {"items": items, "awards": total, "bonus": sum(item["bonus"] for item in items)},
        "historical": raw_json(row["figures"]),
        "predecessors": [
            {name: p[name] for name in ("unit", "extent", "added", "reason")}
            | {"awards": awards.get(p["unit"]["id"], 0)}
            for p in predecessors
        ],
        "total": total,
        "total_uses": "award_register",
        "possible_double_counts": [f.key for f in figures if statistics._may_be_counted_twice(f, counted)],
    }


def figures_of(row: Any) -> list[Any]:
    """What of the historical figures the answer depends on."""
    return statistics._figures.decode(row["figures"])


def predecessors_of(row: Any) -> list[dict[str, Any]]:
    """Old units of the body, with what is added and why."""
    return statistics._predecessors(row)
