"""The shipped figures of the report, and what the API must say of each of them."""

from collections.abc import AsyncIterator
from typing import Any

from app.loading.common import shipped
from tests.make import Caller

SHIPPED: list[dict[str, Any]] = shipped("historical_figures")["figures"]


def assert_is_the_figure(found: dict[str, Any], figure: dict[str, Any]) -> None:
    """What the API says of a figure is what the shipped file says, field for field."""
    for name in (
        "key",
        "kind",
        "level",
        "label",
        "recipient_kind",
        "value",
        "text_value",
        "unit",
        "qualifier",
        "deciding_authority_text",
        "posthumous",
        "breakdown",
        "group",
        "doubt",
        "may_double_count_with",
    ):
        assert found[name] == figure[name], (figure["key"], name)
    assert found["section"] == figure["source"]["section"]
    assert found["source"]["number_symbol"] == "68/BC-UBND"
    assert found["source"]["issued_on"] == {"value": "2025-08-11", "precision": "day"}
    assert found["scope"]["name"] == "Ủy ban nhân dân phường Uông Bí"
    period = figure["period"]
    assert found["period"] == {"year_from": period["from"], "year_to": period["to"], "text": period["text"]}
    assert (found["award_type"] or {}).get("code") == figure["award_type"]
    assert (found["campaign_id"] is None) == (figure["campaign"] is None)
    assert [(c["unit"]["code"], str(c["unit"]["valid_from"]), c["extent"]) for c in found["covers"]] == [
        (c["unit"]["code"], c["unit"]["valid_from"], c["extent"]) for c in figure["covers"]
    ]
    for words in (figure["note"], figure["raw"], *(figure["basis"] or ())):
        assert words is None or words in found["note"]
    # a word of the paper that has no term of its own survives in the note
    if figure["qualifier_text"] in ("ước", "trở lên"):
        assert figure["qualifier_text"] in found["note"]


async def all_figures(caller: Caller, **query: Any) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = await caller.get(
            "/v1/statistics/historical-figures", params=query | ({"cursor": cursor} if cursor else {})
        )
        assert page.status_code == 200, page.text
        for item in page.json()["items"]:
            yield item
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return
