"""award_types.json: the catalogue of awards and who may decide them."""

from decimal import Decimal

from app.data.build.common import AS_OF, LAST_DISTRICT_DAY, TWO_TIERS, Row, join

VERIFICATION = {"verified": "verified", "partial": "partial", "memory": "unverified"}
RECIPIENTS = {"individual": ["individual"], "collective": ["collective"], "household": ["household"]}
PARENTS = {"bk_chu_tich_ubnd_tinh": "bk_bo_tinh", "bk_bo_nganh": "bk_bo_tinh"}

LAW = "2024-01-01"  # Luật 06/2022/QH15 in force

SOURCE = (
    "Danh mục do dự án lập từ Luật Thi đua, khen thưởng 06/2022/QH15 và Nghị định 152/2025/NĐ-CP (61 điều đã đọc), Nghị "
    "định 129/2025/NĐ-CP Đ59, và quy định cấp tỉnh nhắc lại luật. CHƯA KIỂM CHỨNG: Luật 06/2026/QH16 (hiệu lực "
    "01/10/2026) chưa đọc được toàn văn, nên tiêu chuẩn sau ngày đó có thể khác; nghị định thi hành luật sửa đổi chưa "
    "biết. Mọi dòng có valid_from 2024-01-01 (ngày Luật 06/2022/QH15 có hiệu lực) dù quy tắc của Nghị định 152 chỉ bắt "
    "đầu từ 01/7/2025: danh mục chưa tách hiệu lực theo từng quy tắc. Ngưỡng phiếu của CSTĐ cơ sở (80), CSTĐ bộ/tỉnh "
    "(90), Cờ bộ/tỉnh (80) là mặc định do tỉnh đặt, căn cứ trung ương đã hết từ 31/12/2025. 'verification' xếp cả dòng; "
    "dòng 'unverified' là ghi theo trí nhớ. prerequisite_paths rỗng hoặc đường không có điều kiện nghĩa là 'không có quy "
    "tắc máy', không phải 'đủ điều kiện'. competences suy từ hai cột cơ quan quyết định: loại cơ quan và cấp nào được "
    "quyết định; không thay cho việc đọc luật."
)

BALLOT_BASE = (
    "Cách tính phiếu: NĐ 152 Đ33.5 tính trên tổng số thành viên nhưng không còn nói thành viên vắng mặt biểu quyết bằng "
    "văn bản (chỉ Đ45.4b, Hội đồng Trung ương, có nói)"
)

# doubts of the catalogue that its own notes do not tell
NOTES = {
    "gk_doanh_nghiep_htx": "Hệ số 0,3/0,6/0,45 rất có thể không áp dụng ở đây (Luật Đ75.1 điểm d chưa đọc)",
    "gk_hdqt_hdtv": "Hệ số 0,3/0,6/0,45 rất có thể không áp dụng ở đây (Luật Đ75.1 điểm d chưa đọc)",
    "hc_dung_cam": "Ghi cá nhân nhưng có hệ số tập thể 9: Luật Đ52 chưa đọc (Luật 2003 chỉ tặng cá nhân)",
    "bk_quan_khu_dhqg": "Hệ số hộ gia đình nghi vấn (Luật Đ74)",
    "bk_thu_tuong": (
        "Có hệ số hộ gia đình nhưng chưa có đường xét cho hộ; tiêu chuẩn cho công nhân, nông dân: NĐ 152 Đ27 (phạm vi "
        "ảnh hưởng cấp xã; nông dân 02 năm ổn định)"
    ),
    "hc_lao_dong_1": (
        "Thiếu đường quá trình cống hiến (NĐ 152 Đ19.1): Bộ trưởng không tính năm; Thứ trưởng từ 5 năm; Tổng cục trưởng từ "
        "8; Phó Tổng cục trưởng từ 10; Vụ trưởng từ 15; chức danh tương đương Đ10; huy chương thể thao, văn hóa Đ19.2"
    ),
    "hc_lao_dong_2": (
        "Thiếu đường quá trình cống hiến (NĐ 152 Đ20.1): Thứ trưởng từ 3 đến dưới 5 năm; Tổng cục trưởng từ 5; Phó Tổng "
        "cục trưởng từ 8 đến dưới 10; Vụ trưởng từ 10 đến dưới 15; Phó Vụ trưởng từ 15; chức danh tương đương Đ10; huy "
        "chương thể thao, văn hóa Đ20.2; cột chức vụ cần đối chiếu bản gốc"
    ),
}
# rows whose verification is lowered by those doubts
LOWERED = {"gk_doanh_nghiep_htx": "unverified", "gk_hdqt_hdtv": "unverified"}

# ---------------------------------------------------------------- competences

CENTRAL_ORGANISATIONS = [
    ("front_committee", "central"),
    ("womens_union", "central"),
    ("farmers_union", "central"),
    ("youth_union", "central"),
    ("veterans_association", "central"),
    ("trade_union", "central"),
]
MINISTRY = [("ministry", "central")]
PROVINCE = [("people_committee", "province")]
GRASSROOTS = [("department", "province"), ("service_unit", "central"), ("enterprise", "unit")]

ORGANISATIONS_NOTE = "Cơ quan trung ương của MTTQ và tổ chức chính trị - xã hội được tính là 'bộ, ban, ngành'"
MINISTRY_UNIT_NOTE = (
    "'Thủ trưởng đơn vị có tư cách pháp nhân thuộc bộ': danh mục loại cơ quan không có loại riêng, xếp tạm service_unit ở "
    "trung ương"
)
STATUTE_NOTE = "Theo điều lệ, quy chế của tổ chức; chưa đọc"

BY_PRESIDENT = ("huan_chuong", "huan_chuong_lich_su", "huy_chuong", "danh_hieu_vinh_du", "giai_thuong")
BY_PRIME_MINISTER = ("cstd_toan_quoc", "co_thi_dua_chinh_phu", "bk_thu_tuong")
BY_MINISTRY_AND_PROVINCE = ("cstd_bo_tinh", "tap_the_ldxs", "co_thi_dua_bo_tinh", "bk_bo_tinh")
BY_PROVINCE = ("xa_phuong_dac_khu_tieu_bieu", "knc_tinh", "danh_hieu_dia_phuong", "bk_chu_tich_ubnd_tinh")
MASS_ORGANISATIONS = ("womens_union", "farmers_union", "youth_union", "veterans_association", "trade_union")

# why an award type has no competence row
NO_COMPETENCE = {
    "danh_hieu_khac_d32": (
        "Do điều lệ, quy chế của từng tổ chức và pháp luật giáo dục quy định; không nêu cơ quan, cấp nào quyết định."
    )
}


def coefficient(value: float | None) -> str | None:
    """A coefficient as a decimal string: 46 -> "46", 4.50 -> "4.5"."""
    return None if value is None else format(Decimal(str(value)).normalize(), "f")


def award_type(raw: Row) -> Row:
    code = raw["code"]
    household = coefficient(raw["bonus_coefficient_household"])
    recipients = RECIPIENTS.get(raw["recipient"], ["individual", "collective"])
    if household is not None and "household" not in recipients:
        recipients = [*recipients, "household"]
    threshold = raw["council_threshold_percent"]
    return {
        "code": code,
        "name": raw["name_vi"],
        "kind": raw["kind"],
        "recipients": recipients,
        "catalogue_level": raw["level"],
        "family": raw["family"],
        "rank": raw["rank"],
        "parent": PARENTS.get(code),
        "deciding_authority_before": raw["deciding_authority_before"],
        "deciding_authority_from_2025_07": raw["deciding_authority_from_2025_07"],
        "prerequisite": raw["prerequisite"],
        "prerequisite_paths": raw["prerequisite_paths"],
        "quota_rule": raw["quota_rule"],
        "ballot_threshold_percent": threshold,
        "coefficient": {
            "individual": coefficient(raw["bonus_coefficient_individual"]),
            "collective": coefficient(raw["bonus_coefficient_collective"]),
            "household": household,
        },
        "coefficient_is_ceiling": code.startswith("knc_"),
        "cycle": raw["cycle"],
        "legal_basis": raw["legal_reference"],
        "report_template": raw["report_template"],
        "posthumous": raw["conferred_posthumously"],
        "verification": LOWERED.get(code, VERIFICATION[raw["confidence"]]),
        "note": join(raw["confidence_notes"], NOTES.get(code), BALLOT_BASE if threshold else None),
        "valid_from": raw["valid_from"],
        "valid_to": raw["valid_to"],
    }


def competences(award: Row) -> list[Row]:
    """Kinds and levels of bodies that may decide an award, with the time in which they may."""
    code, family = award["code"], award["family"]
    rows: list[Row] = []

    def add(
        pairs: list[tuple[str, str]],
        verification: str = "verified",
        note: str | None = None,
        valid_from: str = LAW,
        valid_to: str | None = None,
        legal_basis: str | None = None,
    ) -> None:
        rows.extend(
            {
                "award_type": code,
                "authority_kind": kind,
                "authority_level": level,
                "valid_from": valid_from,
                "valid_to": valid_to,
                "legal_basis": legal_basis or award["legal_basis"],
                "verification": verification,
                "note": note,
            }
            for kind, level in pairs
        )

    def add_district_then_commune() -> None:
        basis = "Luật TĐKT 06/2022/QH15 Đ80"
        add([("people_committee", "district")], valid_to=LAST_DISTRICT_DAY, legal_basis=basis)
        add([("people_committee", "commune")], valid_from=TWO_TIERS, legal_basis=f"{basis}; NĐ 129/2025/NĐ-CP Đ59")

    def add_grassroots() -> None:
        add([pair for pair in GRASSROOTS if pair[0] != "service_unit"])
        add([("service_unit", "central")], "partial", MINISTRY_UNIT_NOTE)

    if family in BY_PRESIDENT:
        note = "Thủ tướng Chính phủ trình; Bộ Nội vụ thẩm định"
        add([("president", "central")], award["verification"], note)
    elif code in BY_PRIME_MINISTER:
        add([("prime_minister", "central")], note="Bộ Nội vụ thẩm định")
    elif code in BY_MINISTRY_AND_PROVINCE:
        add([*MINISTRY, *PROVINCE])
        add(CENTRAL_ORGANISATIONS, note=ORGANISATIONS_NOTE)
    elif code in BY_PROVINCE:
        verification = "partial" if code in ("knc_tinh", "danh_hieu_dia_phuong") else "verified"
        add(PROVINCE, verification)
    elif code in ("bk_bo_nganh", "knc_bo_nganh_doan_the"):
        add(MINISTRY)
        add(CENTRAL_ORGANISATIONS, note=ORGANISATIONS_NOTE)
    elif code == "knc_ubtvqh":
        add([("national_assembly", "central")])
    elif code == "lao_dong_tien_tien":
        basis = "Luật TĐKT 06/2022/QH15 Đ80"
        add([("people_committee", "district")], valid_to=LAST_DISTRICT_DAY, legal_basis=basis)
        add([("people_committee", "commune")], legal_basis=f"{basis}; NĐ 129/2025/NĐ-CP Đ59")
        add_grassroots()
    elif code in ("cstd_co_so", "tap_the_ldtt"):
        add_district_then_commune()
        add_grassroots()
    elif code == "thon_tdp_van_hoa":
        add_district_then_commune()
    elif code in ("gia_dinh_van_hoa", "gk_chu_tich_ubnd_xa"):
        add([("people_committee", "commune")])
    elif code == "gk_huyen":
        add([("people_committee", "district")], valid_to=LAST_DISTRICT_DAY, note=award["note"])
    elif code in ("chien_si_tien_tien", "don_vi_tien_tien"):
        note = "Theo quy định của Bộ Quốc phòng, Bộ Công an; cấp được phân cấp chưa đọc"
        add([*MINISTRY, ("military", "province"), ("police", "province")], "unverified", note)
    elif code == "don_vi_quyet_thang":
        add(MINISTRY, "partial", "Bộ trưởng Bộ Quốc phòng, Bộ trưởng Bộ Công an hoặc người được ủy quyền")
        add(PROVINCE, "unverified", "Cho dân quân, theo trí nhớ")
    elif code in ("co_thi_dua_quan_khu_dhqg", "bk_quan_khu_dhqg"):
        note = "Quân khu, quân đoàn, quân chủng, binh chủng và tương đương: xếp tạm military ở trung ương"
        add([("military", "central")], "partial", note)
        add([("school", "central")], "partial", "Đại học Quốc gia: xếp tạm school ở trung ương")
    elif code == "gk_so":
        add([("department", "province")])
    elif code == "gk_don_vi_thuoc_bo":
        add([("service_unit", "central")], "partial", MINISTRY_UNIT_NOTE)
    elif code in ("gk_doanh_nghiep_htx", "gk_hdqt_hdtv"):
        add([("enterprise", "unit")])
    elif code == "gk_don_vi_su_nghiep":
        note = "Phạm vi 'đơn vị có tư cách pháp nhân' phải kiểm tra Luật Đ75, Đ80; trường công lập cấp xã: kiểm tra"
        pairs = [("service_unit", "unit"), ("service_unit", "commune"), ("school", "unit")]
        add([*pairs, ("hospital", "unit"), ("hospital", "province")], "unverified", note)
    elif code == "bk_mttq_tinh":
        add([("front_committee", "province")], "unverified", STATUTE_NOTE)
    elif code == "gk_mttq_xa":
        add([("front_committee", "commune")], "unverified", STATUTE_NOTE)
    elif code in ("bk_ct_xh_tinh", "gk_ct_xh_xa"):
        level = "province" if code == "bk_ct_xh_tinh" else "commune"
        add([(kind, level) for kind in MASS_ORGANISATIONS], "unverified", STATUTE_NOTE)
    elif code == "bk_tinh_uy":
        add([("party_committee", "province"), ("party_committee", "commune")], "unverified", STATUTE_NOTE)
        add([("party_committee", "district")], "unverified", STATUTE_NOTE, valid_to=LAST_DISTRICT_DAY)
    elif code == "huy_hieu_dang":
        add([("party_committee", "province")], "unverified", STATUTE_NOTE)
    elif code not in NO_COMPETENCE:
        raise ValueError(f"no competence known for {code}")
    return rows


def build(catalogue: list[Row]) -> Row:
    """Award types in the order of the catalogue, competences in the same order."""
    awards = [award_type(raw) for raw in catalogue]
    return {
        "source": SOURCE,
        "as_of": AS_OF,
        "award_types": awards,
        "competences": [row for award in awards for row in competences(award)],
        "without_competence": [{"award_type": code, "why": why} for code, why in NO_COMPETENCE.items()],
    }
