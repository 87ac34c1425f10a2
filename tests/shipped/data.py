"""The reference data that the product ships, read from its files, and what their tests share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import vocabularies as v

DATA = Path(__file__).parent.parent.parent / "app" / "data"
FILES = (
    "administrative_units",
    "authorities",
    "award_types",
    "base_salaries",
    "campaigns",
    "historical_figures",
    "legal_documents",
    "working_calendar",
)
Row = dict[str, Any]


def load(name: str) -> Row:
    content: Row = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


UNITS = load("administrative_units")
AUTHORITIES = load("authorities")
AWARDS = load("award_types")
SALARIES = load("base_salaries")
CAMPAIGNS = load("campaigns")
FIGURES = load("historical_figures")
DOCUMENTS = load("legal_documents")
CALENDAR = load("working_calendar")

BODIES: list[Row] = AUTHORITIES["authorities"] + AUTHORITIES["demonstration"]
BODY = {row["key"]: row for row in BODIES}
AWARD = {row["code"]: row for row in AWARDS["award_types"]}
CAMPAIGN = {row["key"]: row for row in CAMPAIGNS["campaigns"]}
DOCUMENT = {row["key"]: row for row in DOCUMENTS["documents"]}
FIGURE = {row["key"]: row for row in FIGURES["figures"]}


def unit_key(reference: Row) -> str:
    return str(reference.get("key") or f"{reference['code']}@{reference['valid_from']}")


UNIT = {row["key"]: row for row in UNITS["units"]}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def codes(rows: list[Row], field: str) -> set[str]:
    return {row[field] for row in rows if row[field] is not None}


def known(vocabulary: type[v.Term]) -> set[str]:
    return {str(member) for member in vocabulary}
