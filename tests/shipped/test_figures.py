"""Historical figures as the papers report them. No database."""

from collections import Counter
from decimal import Decimal

from app import vocabularies as v
from tests.shipped.data import (
    AWARD,
    BODY,
    CAMPAIGN,
    FIGURE,
    FIGURES,
    UNIT,
    codes,
    known,
    unit_key,
)


def test_figures_are_complete() -> None:
    rows = FIGURES["figures"]
    assert len(FIGURE) == len(rows)
    assert Counter(row["kind"] for row in rows) == {"award": 25, "result": 101, "fund": 3, "organisation": 7}
    assert codes(rows, "kind") <= known(v.FigureKind)
    assert codes(rows, "level") <= known(v.AuthorityLevel)
    assert codes(rows, "recipient_kind") <= known(v.RecipientKind)
    assert codes(rows, "qualifier") <= known(v.FigureQualifier)
    for row in rows:
        assert row["scope"] in BODY
        assert row["award_type"] is None or row["award_type"] in AWARD
        assert row["campaign"] is None or row["campaign"] in CAMPAIGN
        assert {cover["extent"] for cover in row["covers"]} <= {"whole", "part"}
        assert all(unit_key(cover["unit"]) in UNIT for cover in row["covers"])
        for other in row["may_double_count_with"]:
            assert row["key"] in FIGURE[other]["may_double_count_with"]


def test_award_counts_are_those_of_the_report() -> None:
    counts = [int(row["value"]) for row in FIGURES["figures"] if row["kind"] == "award"]
    assert counts == [
        *(23, 1, 1, 5, 2, 223, 130, 226, 314, 108, 343, 341, 318, 945),
        *(1, 1, 1, 47, 5, 26, 35, 12, 14, 1, 1),
    ]
    assert (FIGURE["003-W06"]["recipient_kind"], FIGURE["003-W06"]["award_type"]) == ("mixed", None)
    assert FIGURE["003-W01"]["recipient_kind"] == "unspecified"
    assert "003-W25" in FIGURE["003-W01"]["may_double_count_with"]


def test_sums_that_the_report_gives() -> None:
    enterprises = FIGURE["003-R042"]
    assert sum(enterprises["breakdown"].values()) == 409 == 66 + 75 + 80 + 89 + 65 + 34
    assert enterprises["value"] == "409"
    income, spending = FIGURE["003-R028"], FIGURE["003-R029"]
    total = sum(Decimal(str(value)) for value in income["breakdown"].values())
    assert income["value"] == "1467.96" and total == Decimal("1467.96")
    assert FIGURE["003-R001"]["value"] == "49.81"
    jobs = FIGURE["003-R043"]
    assert sum(value for year, value in jobs["breakdown"].items() if year != "2020") == 6654 == int(jobs["value"])
    # a contradiction of the report stays as reported, with its doubt
    assert sum(Decimal(str(value)) for value in spending["breakdown"].values()) == Decimal("346.22")
    assert spending["value"] == "346.21" and spending["doubt"]["key"] == "003-D03"
    assert FIGURE["003-F01"]["doubt"]["key"] == FIGURE["003-F02"]["doubt"]["key"] == "003-D14"


def test_part_of_trung_vuong_is_only_partly_covered() -> None:
    extents = {UNIT[unit_key(c["unit"])]["name"]: c["extent"] for c in FIGURE["003-W01"]["covers"]}
    assert extents == {
        "Phường Quang Trung": "whole",
        "Phường Thanh Sơn": "whole",
        "Phường Yên Thanh": "whole",
        "Phường Trưng Vương": "part",
    }
