"""Every shipped file: well-formed text, sources, known vocabularies. No database."""

import unicodedata
from datetime import date
from typing import Any

import pytest

from app import vocabularies as v
from tests.shipped.data import (
    FILES,
    known,
    load,
    strings,
)


@pytest.mark.parametrize("name", FILES)
def test_file_says_where_it_comes_from_and_is_nfc(name: str) -> None:
    content = load(name)
    assert content["source"]
    date.fromisoformat(content["as_of"])
    for text in strings(content):
        assert unicodedata.is_normalized("NFC", text), text
        assert "\ufffd" not in text


@pytest.mark.parametrize("name", FILES)
def test_verification_and_partial_dates_have_the_shape_of_the_contract(name: str) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            if "verification" in value:
                assert value["verification"] in known(v.Verification)
            if set(value) == {"value", "precision"}:
                length = {"year": 4, "month": 7, "day": 10}[value["precision"]]
                assert len(value["value"]) == length
                date.fromisoformat((value["value"] + "-01-01")[:10])
            for item in value.values():
                walk(item)

    walk(load(name))
