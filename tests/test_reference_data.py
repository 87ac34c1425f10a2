"""The reference data that the product ships: complete, consistent, and true to the papers. No database."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app import vocabularies as v

DATA = Path(__file__).parent.parent / "app" / "data"
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


# ---------------------------------------------------------------- every file


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


# ---------------------------------------------------------------- units


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


# ---------------------------------------------------------------- authorities


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


# ---------------------------------------------------------------- awards


def test_award_types_are_complete() -> None:
    awards = AWARDS["award_types"]
    assert len(AWARD) == len(awards) == 82
    assert codes(awards, "kind") == known(v.AwardKind)
    assert {kind for row in awards for kind in row["recipients"]} <= known(v.CandidateKind)
    assert {row["parent"] for row in awards} == {None, "bk_bo_tinh"}
    assert sum(row["coefficient"]["household"] is not None for row in awards) == 12
    for row in awards:
        for kind in v.CandidateKind:
            if row["coefficient"][kind] is not None and (row["code"], kind) != ("hc_dung_cam", "collective"):
                assert kind in row["recipients"], row["code"]
        assert row["coefficient_is_ceiling"] == row["code"].startswith("knc_")


def test_every_award_can_be_decided_by_somebody_or_says_why_not() -> None:
    rows = AWARDS["competences"]
    assert codes(rows, "authority_kind") <= known(v.AuthorityKind)
    assert codes(rows, "authority_level") <= known(v.AuthorityLevel)
    without = {row["award_type"] for row in AWARDS["without_competence"]}
    assert {row["award_type"] for row in rows} | without == set(AWARD)
    keys = [(r["award_type"], r["authority_kind"], r["authority_level"], r["valid_from"]) for r in rows]
    assert len(keys) == len(set(keys))


def deciders(award_type: str, day: str) -> set[tuple[str, str]]:
    return {
        (row["authority_kind"], row["authority_level"])
        for row in AWARDS["competences"]
        if row["award_type"] == award_type and row["valid_from"] <= day <= (row["valid_to"] or "9999")
    }


@pytest.mark.parametrize("award_type", ["cstd_co_so", "tap_the_ldtt", "thon_tdp_van_hoa"])
def test_commune_took_over_from_the_district(award_type: str) -> None:
    district, commune = ("people_committee", "district"), ("people_committee", "commune")
    before, after = deciders(award_type, "2025-06-30"), deciders(award_type, "2025-07-01")
    assert district in before and commune not in before
    assert commune in after and district not in after


def test_who_decides() -> None:
    assert deciders("gk_chu_tich_ubnd_xa", "2026-11-20") == {("people_committee", "commune")}
    assert deciders("gk_huyen", "2026-11-20") == set()
    assert deciders("bk_chu_tich_ubnd_tinh", "2026-11-20") == {("people_committee", "province")}
    assert deciders("hc_lao_dong_3", "2026-11-20") == {("president", "central")}
    assert deciders("bk_thu_tuong", "2026-11-20") == {("prime_minister", "central")}


# Bonus in đồng (individual, collective, household) at a base salary of 2.340.000 and of 2.530.000.
# Copied from the table of coefficients, not computed. The table's collective amount of Huân chương Đại đoàn
# kết dân tộc is left out: Nghị định 152/2025/NĐ-CP Đ25 gives that order to individuals only.
Amounts = tuple[int | None, int | None, int | None]
BONUSES: list[tuple[str, Amounts, Amounts]] = [
    ("lao_dong_tien_tien", (710_000, None, None), (760_000, None, None)),
    ("chien_si_tien_tien", (710_000, None, None), (760_000, None, None)),
    ("cstd_co_so", (2_340_000, None, None), (2_530_000, None, None)),
    ("cstd_bo_tinh", (7_020_000, None, None), (7_590_000, None, None)),
    ("cstd_toan_quoc", (10_530_000, None, None), (11_390_000, None, None)),
    ("tap_the_ldtt", (None, 1_880_000, None), (None, 2_030_000, None)),
    ("don_vi_tien_tien", (None, 1_880_000, None), (None, 2_030_000, None)),
    ("tap_the_ldxs", (None, 3_510_000, None), (None, 3_800_000, None)),
    ("don_vi_quyet_thang", (None, 3_510_000, None), (None, 3_800_000, None)),
    ("co_thi_dua_bo_tinh", (None, 18_720_000, None), (None, 20_240_000, None)),
    ("co_thi_dua_quan_khu_dhqg", (None, 14_040_000, None), (None, 15_180_000, None)),
    ("co_thi_dua_chinh_phu", (None, 28_080_000, None), (None, 30_360_000, None)),
    ("xa_phuong_dac_khu_tieu_bieu", (None, 4_680_000, None), (None, 5_060_000, None)),
    ("thon_tdp_van_hoa", (None, 3_510_000, None), (None, 3_800_000, None)),
    ("hc_sao_vang", (107_640_000, 215_280_000, None), (116_380_000, 232_760_000, None)),
    ("hc_ho_chi_minh", (71_370_000, 142_740_000, None), (77_170_000, 154_330_000, None)),
    ("hc_doc_lap_1", (35_100_000, 70_200_000, None), (37_950_000, 75_900_000, None)),
    ("hc_doc_lap_2", (29_250_000, 58_500_000, None), (31_630_000, 63_250_000, None)),
    ("hc_doc_lap_3", (24_570_000, 49_140_000, None), (26_570_000, 53_130_000, None)),
    ("hc_quan_cong_1", (35_100_000, 70_200_000, None), (37_950_000, 75_900_000, None)),
    ("hc_quan_cong_2", (29_250_000, 58_500_000, None), (31_630_000, 63_250_000, None)),
    ("hc_quan_cong_3", (24_570_000, 49_140_000, None), (26_570_000, 53_130_000, None)),
    ("hc_lao_dong_1", (21_060_000, 42_120_000, None), (22_770_000, 45_540_000, None)),
    ("hc_lao_dong_2", (17_550_000, 35_100_000, None), (18_980_000, 37_950_000, None)),
    ("hc_lao_dong_3", (10_530_000, 21_060_000, None), (11_390_000, 22_770_000, None)),
    ("hc_bao_ve_tq_1", (21_060_000, 42_120_000, None), (22_770_000, 45_540_000, None)),
    ("hc_bao_ve_tq_2", (17_550_000, 35_100_000, None), (18_980_000, 37_950_000, None)),
    ("hc_bao_ve_tq_3", (10_530_000, 21_060_000, None), (11_390_000, 22_770_000, None)),
    ("hc_chien_cong_1", (21_060_000, 42_120_000, None), (22_770_000, 45_540_000, None)),
    ("hc_chien_cong_2", (17_550_000, 35_100_000, None), (18_980_000, 37_950_000, None)),
    ("hc_chien_cong_3", (10_530_000, 21_060_000, None), (11_390_000, 22_770_000, None)),
    ("hc_dai_doan_ket", (17_550_000, None, None), (18_980_000, None, None)),
    ("hc_dung_cam", (10_530_000, 21_060_000, None), (11_390_000, 22_770_000, None)),
    ("hcg_quan_ky_quyet_thang", (3_510_000, None, None), (3_800_000, None, None)),
    ("hcg_vi_an_ninh_tq", (3_510_000, None, None), (3_800_000, None, None)),
    ("hcg_chien_si_ve_vang_1", (3_510_000, None, None), (3_800_000, None, None)),
    ("hcg_chien_si_ve_vang_2", (3_510_000, None, None), (3_800_000, None, None)),
    ("hcg_chien_si_ve_vang_3", (3_510_000, None, None), (3_800_000, None, None)),
    ("ba_me_vn_anh_hung", (36_270_000, None, None), (39_220_000, None, None)),
    ("ah_llvtnd", (36_270_000, 72_540_000, None), (39_220_000, 78_430_000, None)),
    ("ah_lao_dong", (36_270_000, 72_540_000, None), (39_220_000, 78_430_000, None)),
    ("nha_giao_nhan_dan", (29_250_000, None, None), (31_630_000, None, None)),
    ("nha_giao_uu_tu", (21_060_000, None, None), (22_770_000, None, None)),
    ("thay_thuoc_nhan_dan", (29_250_000, None, None), (31_630_000, None, None)),
    ("thay_thuoc_uu_tu", (21_060_000, None, None), (22_770_000, None, None)),
    ("nghe_si_nhan_dan", (29_250_000, None, None), (31_630_000, None, None)),
    ("nghe_si_uu_tu", (21_060_000, None, None), (22_770_000, None, None)),
    ("nghe_nhan_nhan_dan", (29_250_000, None, None), (31_630_000, None, None)),
    ("nghe_nhan_uu_tu", (21_060_000, None, None), (22_770_000, None, None)),
    ("gt_ho_chi_minh", (631_800_000, 631_800_000, None), (683_100_000, 683_100_000, None)),
    ("gt_nha_nuoc", (397_800_000, 397_800_000, None), (430_100_000, 430_100_000, None)),
    ("knc_ubtvqh", (1_880_000, None, None), (2_030_000, None, None)),
    ("knc_bo_nganh_doan_the", (1_410_000, None, None), (1_520_000, None, None)),
    ("knc_tinh", (1_410_000, None, None), (1_520_000, None, None)),
    ("bk_thu_tuong", (8_190_000, 16_380_000, 12_290_000), (8_860_000, 17_710_000, 13_290_000)),
    ("bk_bo_tinh", (3_510_000, 7_020_000, 5_270_000), (3_800_000, 7_590_000, 5_700_000)),
    ("bk_chu_tich_ubnd_tinh", (3_510_000, 7_020_000, 5_270_000), (3_800_000, 7_590_000, 5_700_000)),
    ("bk_bo_nganh", (3_510_000, 7_020_000, 5_270_000), (3_800_000, 7_590_000, 5_700_000)),
    ("bk_quan_khu_dhqg", (2_340_000, 4_680_000, 3_510_000), (2_530_000, 5_060_000, 3_800_000)),
    ("gk_chu_tich_ubnd_xa", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_so", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_don_vi_thuoc_bo", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_doanh_nghiep_htx", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_hdqt_hdtv", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_don_vi_su_nghiep", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
    ("gk_huyen", (710_000, 1_410_000, 1_060_000), (760_000, 1_520_000, 1_140_000)),
]


def bonus(base: int, coefficient: str | None) -> int | None:
    if coefficient is None:
        return None
    tens = (base * Decimal(coefficient) / 10_000).to_integral_value(ROUND_CEILING)
    return int(tens) * 10_000


@pytest.mark.parametrize(("code", "at_2340", "at_2530"), BONUSES)
def test_bonus_is_base_salary_times_coefficient_rounded_up(code: str, at_2340: Amounts, at_2530: Amounts) -> None:
    for base, expected in ((2_340_000, at_2340), (2_530_000, at_2530)):
        computed = tuple(
            bonus(base, AWARD[code]["coefficient"][kind]) for kind in ("individual", "collective", "household")
        )
        assert computed == expected


def test_no_award_with_money_is_missing_from_the_bonus_table() -> None:
    paid = {code for code, row in AWARD.items() if any(row["coefficient"].values())}
    assert paid - {code for code, _, _ in BONUSES} == {"hcg_huu_nghi"}  # its 1.5 was found after the table


def test_base_salaries_follow_one_another() -> None:
    rows = SALARIES["base_salaries"]
    for row, following in pairwise(rows):
        next_day = date.fromisoformat(row["valid_to"]) + timedelta(days=1)
        assert next_day.isoformat() == following["valid_from"]
    assert {row["valid_from"]: row["amount"] for row in rows} == {
        "2017-07-01": 1_300_000,
        "2018-07-01": 1_390_000,
        "2019-07-01": 1_490_000,
        "2023-07-01": 1_800_000,
        "2024-07-01": 2_340_000,
        "2026-07-01": 2_530_000,
    }
    assert rows[-1]["valid_to"] is None


# ---------------------------------------------------------------- calendar


def test_calendar_years() -> None:
    years = {row["year"]: row for row in CALENDAR["years"]}
    assert set(years) == {2024, 2025, 2026, 2027}
    assert not years[2027]["official"] and years[2027]["verification"] == "unverified"
    for year, row in years.items():
        holidays = [holiday["date"] for holiday in row["holidays"]]
        assert holidays == sorted(set(holidays))
        for day in holidays + row["working_saturdays"]:
            assert date.fromisoformat(day).year == year
        assert all(date.fromisoformat(day).weekday() == 5 for day in row["working_saturdays"])
        assert not set(holidays) & set(row["working_saturdays"])
        names = {f"{year}-01-01", f"{year}-04-30", f"{year}-05-01", f"{year}-09-02"}
        assert names <= set(holidays)
    assert years[2026]["working_saturdays"] == ["2026-01-10", "2026-08-22"]
    assert "2026-11-24" in {holiday["date"] for holiday in years[2026]["holidays"]}


# ---------------------------------------------------------------- documents


def test_documents_and_citations_resolve() -> None:
    rows = DOCUMENTS["documents"]
    assert len(DOCUMENT) == len(rows)
    assert codes(rows, "type") <= known(v.DocumentType)
    assert codes(rows, "validity") <= known(v.DocumentValidity)
    assert {r["purpose"] for row in rows for r in row["recipients"]} <= known(v.RecipientPurpose)
    assert {d["level"] for row in rows for d in row["doubts"]} <= known(v.DoubtLevel)
    for row in rows:
        assert row["issuer"] is None or row["issuer"] in BODY
        assert row["issuer_name"] and row["title"]
        if row["number_symbol"]:
            assert row["number_symbol"].startswith(row["number"]) and row["number_symbol"].endswith(row["symbol"])
        else:
            assert row["number"] is None and row["symbol"] is None
    edges = [(c["from"], c["to"], c["relation"], c["section"]) for c in DOCUMENTS["citations"]]
    assert len(edges) == len(set(edges))
    assert {relation for _, _, relation, _ in edges} <= known(v.CitationRelation)
    assert all(a in DOCUMENT and b in DOCUMENT and a != b for a, b, _, _ in edges)


def test_the_four_papers_cite_what_they_cite() -> None:
    papers = {row["paper"]: row["key"] for row in DOCUMENTS["documents"] if row["paper"]}
    assert set(papers) == {"000", "002", "003", "004"}
    cited = Counter(c["from"] for c in DOCUMENTS["citations"] if c["source_id"])
    assert {paper: cited[key] for paper, key in papers.items()} == {"000": 21, "002": 10, "003": 19, "004": 11}
    doubts = {paper: len(DOCUMENT[key]["doubts"]) for paper, key in papers.items()}
    assert doubts == {"000": 9, "002": 8, "003": 23, "004": 9}


def test_business_key_tells_the_two_169_apart() -> None:
    keys = [
        (row["issuer_name"], row["number_symbol"], json.dumps(row["issued_on"]))
        for row in DOCUMENTS["documents"]
        if row["number_symbol"]
    ]
    assert len(keys) == len(set(keys))
    days = sorted(r["issued_on"]["value"] for r in DOCUMENTS["documents"] if r["number_symbol"] == "169/KH-UBND")
    assert days == ["2024-07-11", "2025-06-26"]
    (directive,) = (row for row in DOCUMENTS["documents"] if row["number_symbol"] == "34-CT/TW")
    assert directive["issued_on"] == {"value": "2014-04-07", "precision": "day"}
    assert sum(c["to"] == directive["key"] for c in DOCUMENTS["citations"]) == 2


# ---------------------------------------------------------------- campaigns


def test_campaign_references_and_terms() -> None:
    rows = CAMPAIGNS["campaigns"]
    assert len(CAMPAIGN) == len(rows)
    assert codes(rows, "method") <= known(v.CampaignMethod)
    assert codes(rows, "scope") <= known(v.CampaignScope)
    assert codes(rows, "level") <= known(v.AuthorityLevel)
    assert codes(rows, "state") <= {"launched", "concluded"}
    for row in rows:
        assert row["launcher"] is None or row["launcher"] in BODY
        assert row["launch_document"] is None or row["launch_document"] in DOCUMENT
        assert row["parent"] is None or row["parent"] in CAMPAIGN
        assert row["sources"]
        for reward in row["rewards"]:
            assert reward["level"] in known(v.AuthorityLevel)
            assert reward["occasion"] in known(v.RewardOccasion)
            assert set(reward["recipients"]) <= known(v.RecipientKind)
        for phase in row["phases"]:
            assert phase["review"]["kind"] in known(v.ReviewKind)
        for link in row["links"]:
            assert set(link["campaigns"]) <= set(CAMPAIGN)
        seen: list[str] = []
        key: str | None = row["key"]
        while key is not None:
            assert key not in seen
            seen.append(key)
            key = CAMPAIGN[key]["parent"]


def test_every_mention_of_a_campaign_is_placed_once() -> None:
    mentions = Counter(source["id"] for row in CAMPAIGNS["campaigns"] for source in row["sources"])
    assert set(mentions.values()) == {1}
    assert Counter(mention[:3] for mention in mentions) == {"000": 18, "002": 6, "003": 24, "004": 21}


def test_plan_53_stands_under_the_province_and_the_nation() -> None:
    ward = CAMPAIGN["uong-bi-doi-moi-sang-tao-chuyen-doi-so"]
    province = CAMPAIGN[ward["parent"]]
    nation = CAMPAIGN[province["parent"]]
    assert DOCUMENT[ward["launch_document"]]["number_symbol"] == "53/KH-UBND"
    assert DOCUMENT[province["launch_document"]]["number_symbol"] == "153/KH-UBND"
    assert nation["title"] == "Cả nước thi đua đổi mới sáng tạo và chuyển đổi số"
    assert nation["launcher"] == "thu-tuong-chinh-phu"
    assert [len(ward[part]) for part in ("purposes", "requirements", "contents", "criteria", "rewards")] == [
        4,
        6,
        9,
        5,
        4,
    ]
    first, second = ward["phases"]
    assert first["ends"] == second["starts"] == {"value": "2027", "precision": "year"}
    doubted = [reward for reward in ward["rewards"] if reward["doubt"]]
    assert [(reward["level"], reward["form"]) for reward in doubted] == [("province", "Giấy khen")]


def test_plan_345_stands_under_281_and_39() -> None:
    city = CAMPAIGN["cam-pha-thi-dua-chao-mung-dai-hoi-dang"]
    province = CAMPAIGN[city["parent"]]
    chain = [city, province, CAMPAIGN[province["parent"]]]
    symbols = [DOCUMENT[row["launch_document"]]["number_symbol"] for row in chain]
    assert symbols == ["345/KH-UBND", "281/KH-UBND", "39/CT-TTg"]
    targets = [row["target"] for row in city["requirements"] if row["target"]]
    assert [(t["operator"], t["value"]) for t in targets][:2] == [("=", "100"), (">=", "1")]


# ---------------------------------------------------------------- historical figures


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
