"""Administrative units and their successions. No database."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from app import vocabularies as v
from tests.shipped.data import (
    UNIT,
    UNITS,
    Row,
    codes,
    known,
    unit_key,
)


def test_units_are_complete() -> None:
    units = UNITS["units"]
    assert len(UNIT) == len(units)
    assert Counter(row["tier"] for row in units if row["valid_to"] is None) == {
        "central": 1,
        "province": 34,
        "commune": 54,
        "community": 6,
    }
    ended = Counter(row["tier"] for row in units if row["valid_to"] == "2025-06-30")
    assert ended == {"district": 13, "commune": 171, "community": 3}
    new = Counter(row["kind"] for row in units if row["tier"] == "commune" and row["valid_to"] is None)
    assert new == {"commune": 22, "ward": 30, "special_zone": 2}


def test_unit_terms_are_in_the_vocabularies() -> None:
    assert codes(UNITS["units"], "tier") <= known(v.Tier)
    assert codes(UNITS["units"], "kind") <= known(v.UnitKind)
    assert codes(UNITS["successions"], "extent") <= known(v.SuccessionExtent)


def test_code_and_beginning_are_the_key_of_a_unit() -> None:
    pairs = [(row["code"], row["valid_from"]) for row in UNITS["units"] if row["code"]]
    assert len(pairs) == len(set(pairs))
    thanh_son, uong_bi = (row for row in UNITS["units"] if row["code"] == "06811")
    assert (thanh_son["name"], thanh_son["valid_to"]) == ("Phường Thanh Sơn", "2025-06-30")
    assert (uong_bi["name"], uong_bi["valid_from"], uong_bi["valid_to"]) == ("Phường Uông Bí", "2025-07-01", None)


def test_parent_of_a_unit_exists_through_its_whole_validity() -> None:
    for row in UNITS["units"]:
        if row["parent"] is None:
            assert row["tier"] == "central"
            continue
        parent = UNIT[unit_key(row["parent"])]
        assert parent["valid_from"] <= row["valid_from"]
        if parent["valid_to"] is not None:
            assert row["valid_to"] is not None and row["valid_to"] <= parent["valid_to"]


def test_no_word_of_kind_is_doubled_in_a_name() -> None:
    for row in UNITS["units"]:
        words = row["name"].lower().split()
        assert all(a != b for a, b in pairwise(words)), row["name"]


def test_every_old_commune_went_somewhere() -> None:
    edges: dict[str, list[Row]] = {}
    for edge in UNITS["successions"]:
        assert UNIT[unit_key(edge["to"])]["valid_from"] == edge["effective_date"]
        ended = UNIT[unit_key(edge["from"])]["valid_to"]
        assert date.fromisoformat(ended) + timedelta(days=1) == date.fromisoformat(edge["effective_date"])
        edges.setdefault(unit_key(edge["from"]), []).append(edge)
    old = [row for row in UNITS["units"] if row["tier"] == "commune" and row["valid_to"]]
    assert sum(len(edges[row["key"]]) for row in old) == 184
    split = 0
    for row in old:
        extents = sorted(edge["extent"] for edge in edges[row["key"]])
        if extents == ["whole"]:
            continue
        split += 1
        assert "remainder" in extents and set(extents) == {"part", "remainder"}
    assert split == 12
    assert not [row for row in UNITS["units"] if row["tier"] == "district" and row["key"] in edges]


def test_ward_uong_bi_was_made_of_three_wards_and_the_rest_of_a_fourth() -> None:
    made_of = {
        UNIT[unit_key(edge["from"])]["name"]: edge["extent"]
        for edge in UNITS["successions"]
        if unit_key(edge["to"]) == "06811@2025-07-01"
    }
    assert made_of == {
        "Phường Quang Trung": "whole",
        "Phường Thanh Sơn": "whole",
        "Phường Yên Thanh": "whole",
        "Phường Trưng Vương": "remainder",
    }
