"""Bodies of the centre (trung ương)."""

from app.data.build.bodies.body import INFERRED, ORGANISATIONS, ROOT, VN, body
from app.data.build.common import Row


def central() -> list[Row]:
    steering = (
        "Tên theo ký hiệu '01-KH/BCĐTW' (002-D04): lĩnh vực khoa học, công nghệ, đổi mới sáng tạo, chuyển đổi số."
    )
    root_note = "Gốc của cây theo địa bàn."
    rows = [
        body(
            ROOT,
            "Chính phủ",
            "government",
            "government",
            "central",
            VN,
            None,
            head_title="Thủ tướng Chính phủ",
            note=root_note,
        ),
        body("thu-tuong-chinh-phu", "Thủ tướng Chính phủ", "government", "prime_minister", "central", VN, ROOT, ROOT),
        body("chu-tich-nuoc", "Chủ tịch nước", "government", "president", "central", VN, ROOT),
        body("quoc-hoi", "Quốc hội", "people_council", "national_assembly", "central", VN, ROOT),
        body(
            "uy-ban-thuong-vu-quoc-hoi",
            "Ủy ban Thường vụ Quốc hội",
            "people_council",
            "national_assembly",
            "central",
            VN,
            ROOT,
            "quoc-hoi",
            short_name="UBTVQH",
        ),
        body(
            "bo-noi-vu",
            "Bộ Nội vụ",
            "government",
            "ministry",
            "central",
            VN,
            ROOT,
            ROOT,
            standing_body_of="hoi-dong-tdkt-trung-uong",
            head_title="Bộ trưởng Bộ Nội vụ",
        ),
        body("bo-cong-an", "Bộ Công an", "armed_forces", "ministry", "central", VN, ROOT, note=INFERRED),
        body(
            "ban-chap-hanh-trung-uong-dang",
            "Ban Chấp hành Trung ương Đảng",
            "party",
            "party_committee",
            "central",
            VN,
            ROOT,
        ),
        body(
            "bo-chinh-tri",
            "Bộ Chính trị",
            "party",
            "party_committee",
            "central",
            VN,
            ROOT,
            "ban-chap-hanh-trung-uong-dang",
        ),
        body(
            "dai-hoi-dang-toan-quoc-xiii",
            "Đại hội đại biểu toàn quốc lần thứ XIII của Đảng",
            "party",
            "party_congress",
            "central",
            VN,
            ROOT,
            note="Nơi ban hành nghị quyết được 000 viện dẫn.",
        ),
        body(
            "hoi-dong-tdkt-trung-uong",
            "Hội đồng Thi đua - Khen thưởng Trung ương",
            "council",
            "emulation_council",
            "central",
            VN,
            ROOT,
            short_name="Hội đồng TĐKT Trung ương",
        ),
        body(
            "ban-chi-dao-trung-uong",
            "Ban Chỉ đạo Trung ương",
            "council",
            "steering_committee",
            "central",
            VN,
            ROOT,
            verification="partial",
            note=steering,
        ),
        body(
            "mttq-trung-uong",
            "Ủy ban Trung ương Mặt trận Tổ quốc Việt Nam",
            "front",
            "front_committee",
            "central",
            VN,
            ROOT,
            short_name="UBTW MTTQ Việt Nam",
        ),
    ]
    for key, kind, name, _ in ORGANISATIONS:
        top = "tong-lien-doan-lao-dong-viet-nam" if kind == "trade_union" else f"trung-uong-{key}"
        rows.append(body(top, name, "mass_organization", kind, "central", VN, "mttq-trung-uong"))
    return rows
