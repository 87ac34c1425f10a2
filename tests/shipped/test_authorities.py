"""Bodies in both trees. No database."""

from collections import Counter

import pytest

from app import vocabularies as v
from tests.shipped.data import (
    AUTHORITIES,
    BODIES,
    BODY,
    UNIT,
    codes,
    known,
    unit_key,
)


def test_body_terms_are_in_the_vocabularies() -> None:
    assert codes(BODIES, "line") <= known(v.Line)
    assert codes(BODIES, "kind") <= known(v.AuthorityKind)
    assert codes(BODIES, "level") <= known(v.AuthorityLevel)


def test_body_references_resolve() -> None:
    assert len(BODY) == len(BODIES)
    for row in BODIES:
        for field in ("parent", "line_parent", "standing_body_of"):
            assert row[field] is None or row[field] in BODY, (row["key"], field)
        assert unit_key(row["unit"]) in UNIT, row["key"]


@pytest.mark.parametrize("field", ["parent", "line_parent"])
def test_both_trees_have_no_cycle(field: str) -> None:
    for row in BODIES:
        seen: list[str] = []
        key: str | None = row["key"]
        while key is not None:
            assert key not in seen, seen
            seen.append(key)
            key = BODY[key][field]
        if field == "parent":
            assert seen[-1] == "chinh-phu"


def test_line_of_the_ward_womens_union_goes_to_the_centre() -> None:
    ward = BODY["hoi-lhpn-phuong-uong-bi"]
    assert ward["parent"] == "mttq-phuong-uong-bi"
    assert BODY["mttq-phuong-uong-bi"]["parent"] == "ubnd-phuong-uong-bi"
    province = BODY[ward["line_parent"]]
    assert province["level"] == "province"
    assert BODY[province["line_parent"]]["name"] == "Trung ương Hội Liên hiệp Phụ nữ Việt Nam"


def test_every_province_and_commune_has_its_committee() -> None:
    committees = [row for row in BODIES if row["kind"] == "people_committee" and row["valid_to"] is None]
    assert Counter(row["level"] for row in committees) == {"province": 34, "commune": 54}
    assert len({unit_key(row["unit"]) for row in committees}) == 88


def test_standing_bodies_and_what_ended() -> None:
    standing = {row["standing_body_of"]: row["key"] for row in BODIES if row["standing_body_of"]}
    assert standing["hoi-dong-tdkt-phuong-uong-bi"] == "phong-van-hoa-xa-hoi-phuong-uong-bi"
    assert standing["hoi-dong-tdkt-tinh-quang-ninh"] == "so-noi-vu-quang-ninh"
    assert standing["hoi-dong-tdkt-thanh-pho-cam-pha"] == "phong-noi-vu-cam-pha"
    for row in BODIES:
        if row["level"] == "district":
            assert row["valid_to"] == "2025-06-30", row["key"]


def test_only_one_identification_code_is_shipped() -> None:
    assert {row["key"]: row["identification_code"] for row in BODIES if row["identification_code"]} == {
        "ubnd-tinh-quang-ninh": "H49"
    }


def test_demonstration_bodies_say_that_they_are_invented() -> None:
    assert all("HƯ CẤU" in row["note"] for row in AUTHORITIES["demonstration"])
    assert not {row["key"] for row in AUTHORITIES["demonstration"]} & {row["key"] for row in AUTHORITIES["authorities"]}
