"""historical_figures.json: every figure of the report 68/BC-UBND, unchanged."""

import re
from typing import Any

from app.data.build.common import AT_LEAST_SINCE, LEVELS, Row, doubt
from app.data.build.units import reference

SOURCE = (
    "Báo cáo 68/BC-UBND ngày 11/8/2025 của UBND phường Uông Bí (văn bản 003): 25 số liệu khen thưởng, 101 kết quả phong "
    "trào, 3 số liệu quỹ, 7 dòng về tổ chức. Giữ nguyên số, chữ và đơn vị của văn bản; số gộp không tách. Văn bản đọc từ "
    "bản nhận dạng chữ kém và mất một trang: nghi vấn ghi ở 'doubt' kèm chữ gốc. Số theo phong trào có thể đã nằm trong "
    "số tổng hợp: xem may_double_count_with, không cộng gộp. award_type chỉ ghi khi chắc chắn. covers: ba phường cũ toàn "
    "bộ và một phần phường Trưng Vương; các số tiền ngân sách, quỹ khen thưởng mà văn bản chỉ tính cho ba phường thì chỉ "
    "ghi ba phường. period có from/to (năm) khi văn bản nêu năm; không nêu kỳ riêng thì hiểu theo kỳ báo cáo "
    "(report_period)."
)

SCOPE = "ubnd-phuong-uong-bi"
THREE_WARDS = [
    {"unit": reference(code, AT_LEAST_SINCE), "extent": "whole"} for code in ("06817", "06811", "06826")
]  # Quang Trung, Thanh Sơn, Yên Thanh
ALL_WARDS = [*THREE_WARDS, {"unit": reference("06820", AT_LEAST_SINCE), "extent": "part"}]  # and Trưng Vương
ONLY_THREE_WARDS = ("003-R028", "003-R029", "003-R032", "003-F01")

RECIPIENTS = {
    "tap_the": "collective",
    "ca_nhan": "individual",
    "mo_hinh": "model",
    "tap_the_va_ca_nhan": "mixed",
    "không nêu ('trường hợp')": "unspecified",
}
# "ước" (estimated) and "trở lên" (at least) have no term of their own: the nearest one is used
QUALIFIERS = {
    "trên": "over",
    "gần": "nearly",
    "khoảng": "about",
    "hơn": "more_than",
    "ước": "about",
    "trở lên": "over",
    None: None,
}
NEAREST = ("ước", "trở lên")

AWARD_TYPES = {
    "003-W01": "bk_thu_tuong",
    "003-W02": "co_thi_dua_chinh_phu",
    "003-W03": "hc_lao_dong_2",
    "003-W04": "hc_lao_dong_3",
    "003-W05": "nha_giao_uu_tu",
    "003-W07": "tap_the_ldxs",
    "003-W08": "tap_the_ldtt",
    "003-W09": "cstd_co_so",
    "003-W12": "lao_dong_tien_tien",
    "003-W15": "ba_me_vn_anh_hung",
    "003-W16": "hcg_khang_chien",
    "003-W17": "hcg_khang_chien",
    "003-W22": "gk_huyen",
    "003-W23": "gk_huyen",
    "003-W24": "bk_tinh_uy",
    "003-W25": "bk_thu_tuong",
}
AWARD_TYPE_UNCERTAIN = {
    "003-W06": "Có lẽ là Bằng khen của Chủ tịch UBND tỉnh; văn bản chỉ ghi 'của tỉnh'.",
    "003-W13": "Có lẽ là Giấy khen của Chủ tịch UBND phường; văn bản chỉ ghi 'cấp phường'.",
    "003-W14": "Có lẽ là Giấy khen của Chủ tịch UBND phường; văn bản chỉ ghi 'cấp phường'.",
}

# notes that only say "as above", written out
AS_ABOVE = {"003-W11": "nhiều cấp ký gộp trong một số"}

# section of the report -> campaign
CAMPAIGNS = {
    "III.4.2": "vi-nguoi-ngheo-uong-bi",
    "III.4.4": "dan-van-kheo-uong-bi",
    "III.4.5": "hoc-va-lam-theo-bac-uong-bi",
    "III.4.7": "chuyen-doi-so-toan-dien-uong-bi",
    "III.4.8": "toan-dan-bao-ve-an-ninh-to-quoc-uong-bi",
    "III.4.9": "cai-cach-hanh-chinh-uong-bi",
    "III.4.10": "cong-nhan-tien-tien-tieu-bieu-uong-bi",
}
REGULAR = "thi-dua-thuong-xuyen-2020-2025-uong-bi"  # III.2 and III.3

# figures that may count the same thing twice (S07): the award by campaign beside the total, the result beside both
OVERLAPS = [
    ("003-W25", "003-W01"),
    ("003-W18", "003-W10"),
    ("003-W18", "003-W11"),
    ("003-W19", "003-W06"),
    ("003-W20", "003-W06"),
    ("003-W20", "003-W10"),
    ("003-W20", "003-W13"),
    ("003-W20", "003-W22"),
    ("003-W20", "003-W24"),
    ("003-W21", "003-W06"),
    ("003-W21", "003-W11"),
    ("003-W21", "003-W14"),
    ("003-W21", "003-W23"),
    ("003-W22", "003-W10"),
    ("003-W23", "003-W11"),
    ("003-W24", "003-W06"),
    ("003-R080", "003-W18"),
    ("003-R081", "003-W19"),
    ("003-R083", "003-W20"),
    ("003-R084", "003-W21"),
    ("003-R085", "003-W22"),
    ("003-R086", "003-W23"),
    ("003-R087", "003-W24"),
    ("003-R098", "003-W25"),
    ("003-R098", "003-W01"),
    ("003-R006", "003-R042"),
    ("003-R044", "003-R076"),
    ("003-R060", "003-R070"),
    ("003-R071", "003-F03"),
]


def period(text: str | None) -> Row:
    """Years where the text names them; "2021 - nay" has no end; the words stay as they are."""
    years = [int(year) for year in re.findall(r"\b(?:20)\d\d\b", text or "")]
    start = years[0] if years else None
    end = years[-1] if years else None
    if text and text.startswith("đến "):
        start = None
    if text and text.endswith("nay") and years:
        end = None
    return {"from": start, "to": end, "text": text}


def campaign_of(section: str) -> str | None:
    if section.startswith(("III.2", "III.3")):
        return REGULAR
    return CAMPAIGNS.get(section)


def figure(key: str, kind: str, raw: Row, label: str, value: Any, doubts: dict[str, Row], **more: object) -> Row:
    overlaps = [b if a == key else a for a, b in OVERLAPS if key in (a, b)]
    qualifier = raw.get("qualifier")
    notes = [AS_ABOVE.get(key, raw.get("note")), AWARD_TYPE_UNCERTAIN.get(key)]
    if qualifier in NEAREST:
        notes.append(f"Văn bản ghi '{qualifier}'; từ gần nhất trong danh mục được dùng.")
    row: Row = {
        "key": key,
        "kind": kind,
        "scope": SCOPE,
        "covers": THREE_WARDS if key in ONLY_THREE_WARDS else ALL_WARDS,
        "level": None,
        "award_type": None,
        "label": label,
        "recipient_kind": None,
        "value": str(value) if isinstance(value, (int, float)) else None,
        "text_value": value if isinstance(value, str) else None,
        "unit": raw.get("unit"),
        "qualifier": QUALIFIERS[qualifier],
        "qualifier_text": qualifier,
        "period": period(raw.get("period")),
        "deciding_authority_text": None,
        "campaign": campaign_of(raw["section"]),
        "posthumous": raw.get("posthumous"),
        "breakdown": raw.get("breakdown"),
        "basis": raw.get("basis"),
        "raw": raw.get("raw"),
        "source": {"document": "003", "section": raw["section"]},
        "group": None,
        "doubt": doubt(doubts[raw["doubt"]]) if raw.get("doubt") else None,
        "may_double_count_with": sorted(overlaps),
        "note": " ".join(note for note in notes if note) or None,
    }
    return {**row, **more}


def build(paper: Row) -> Row:
    """Awards, results, funds, organisation, each in the order of the paper."""
    doubts = {row["id"]: row for row in paper["doubts"]}
    figures = [
        figure(
            raw["id"],
            "award",
            raw,
            raw["award"],
            raw["count"],
            doubts,
            level=LEVELS[raw["level"]] if raw["level"] else None,
            award_type=AWARD_TYPES.get(raw["id"]),
            recipient_kind=RECIPIENTS[raw["recipient_type"]],
            deciding_authority_text=raw["deciding_authority"],
            group=raw["source_group"],
        )
        for raw in paper["award_statistics"]
    ]
    figures += [figure(raw["id"], "result", raw, raw["indicator"], raw["value"], doubts) for raw in paper["results"]]
    figures += [figure(raw["id"], "fund", raw, raw["indicator"], raw["value"], doubts) for raw in paper["funds"]]
    figures += [
        figure(f"003-O{index:02d}", "organisation", raw, raw["item"], raw["value"], doubts)
        for index, raw in enumerate(paper["organisation"], 1)
    ]
    return {
        "source": SOURCE,
        "as_of": paper["document"]["date"],
        "report_period": {"from": 2020, "to": 2025},
        "notes": [paper["award_note"], paper["results_note"]],
        "consistency_checks": paper["consistency_checks"],
        "figures": figures,
    }
