"""Award types and who may decide them. No database."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

import pytest

from app import vocabularies as v
from tests.shipped.data import (
    AWARD,
    AWARDS,
    SALARIES,
    codes,
    known,
)


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
