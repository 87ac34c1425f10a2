"""authorities.json: bodies in their two trees."""

from app.data.build_common import AS_OF, AT_LEAST_SINCE, LAST_DISTRICT_DAY, TWO_TIERS, Row, slug
from app.data.build_units import reference

ROOT = "chinh-phu"
PROVINCE = "ubnd-tinh-quang-ninh"
WARD = "ubnd-phuong-uong-bi"
CAM_PHA = "ubnd-thanh-pho-cam-pha"
OLD_UONG_BI = "ubnd-thanh-pho-uong-bi"
WARDS_WITH_ORGANISATIONS = ["Phường Uông Bí", "Phường Vàng Danh", "Phường Yên Tử", "Phường Cẩm Phả"]

VN = reference("VN", AT_LEAST_SINCE)
QUANG_NINH = reference("22", AT_LEAST_SINCE)
UONG_BI = reference("06811", TWO_TIERS)
CITY_CAM_PHA = reference("195", AT_LEAST_SINCE)
CITY_UONG_BI = reference("196", AT_LEAST_SINCE)

SOURCE = (
    "Cơ quan, tổ chức có tên trong các văn bản 000, 002, 003, 004 (named_in); thêm UBND 34 tỉnh, thành phố và 54 xã, "
    "phường, đặc khu của Quảng Ninh theo danh mục đơn vị hành chính; thêm các cơ quan cần để cây theo hệ thống khép kín "
    "(ghi chú 'không có tên trong văn bản'). parent = nơi tập hợp số liệu, hồ sơ trong địa bàn, KHÔNG phải quan hệ lãnh "
    "đạo, phụ thuộc; line_parent = cơ quan trên trong hệ thống của mình. CHƯA KIỂM CHỨNG: ngày bắt đầu của cơ quan cũ "
    "(null = không biết), tổ chức Công đoàn cấp xã sau sắp xếp năm 2025, mã định danh H49 (trí nhớ và nguồn thứ cấp), tên "
    "đầy đủ của một số cơ quan suy từ tên viết gọn. 'demonstration' là đơn vị hư cấu để chạy thử, không có thật. "
    "'skipped' là các mục trong văn bản không phải cơ quan (chức danh, nhóm, đơn vị hành chính)."
)

INFERRED = "Tên suy theo mẫu chung của hệ thống; không có tên trong văn bản."

# front and mass organisations: key, kind, name at the centre, pattern of the name below
ORGANISATIONS = [
    ("hoi-lhpn", "womens_union", "Trung ương Hội Liên hiệp Phụ nữ Việt Nam", "Hội Liên hiệp Phụ nữ {}"),
    ("hoi-nong-dan", "farmers_union", "Trung ương Hội Nông dân Việt Nam", "Hội Nông dân {}"),
    (
        "doan-thanh-nien",
        "youth_union",
        "Trung ương Đoàn Thanh niên Cộng sản Hồ Chí Minh",
        "Đoàn Thanh niên Cộng sản Hồ Chí Minh {}",
    ),
    ("hoi-ccb", "veterans_association", "Trung ương Hội Cựu chiến binh Việt Nam", "Hội Cựu chiến binh {}"),
    ("cong-doan", "trade_union", "Tổng Liên đoàn Lao động Việt Nam", "Công đoàn {}"),
]

# what the papers list as an authority -> our body
NAMED = {
    "000-A01": "bo-chinh-tri",
    "000-A02": "uy-ban-thuong-vu-quoc-hoi",
    "000-A03": "thu-tuong-chinh-phu",
    "000-A04": "hoi-dong-tdkt-trung-uong",
    "000-A05": "bo-noi-vu",
    "000-A06": "tinh-uy-quang-ninh",
    "000-A07": "ban-chap-hanh-dang-bo-tinh-quang-ninh",
    "000-A08": "ban-thuong-vu-tinh-uy-quang-ninh",
    "000-A09": PROVINCE,
    "000-A11": "so-noi-vu-quang-ninh",
    "000-A12": "thanh-uy-cam-pha",
    "000-A13": "ban-chap-hanh-dang-bo-thanh-pho-cam-pha",
    "000-A14": "ban-tuyen-giao-thanh-uy-cam-pha",
    "000-A15": "hdnd-thanh-pho-cam-pha",
    "000-A16": CAM_PHA,
    "000-A18": "mttq-thanh-pho-cam-pha",
    "000-A20": "phong-van-hoa-va-thong-tin-cam-pha",
    "000-A21": "trung-tam-truyen-thong-va-van-hoa-cam-pha",
    "000-A22": "phong-noi-vu-cam-pha",
    "000-A23": "hoi-dong-tdkt-thanh-pho-cam-pha",
    "002-A01": "thu-tuong-chinh-phu",
    "002-A02": "bo-chinh-tri",
    "002-A03": "ban-chi-dao-trung-uong",
    "002-A04": PROVINCE,
    "002-A06": "ban-thuong-vu-tinh-uy-quang-ninh",
    "002-A07": "ban-chi-dao-tinh-quang-ninh",
    "002-A08": "so-khoa-hoc-va-cong-nghe-quang-ninh",
    "002-A09": "dang-uy-phuong-uong-bi",
    "002-A10": "hdnd-phuong-uong-bi",
    "002-A11": WARD,
    "002-A13": "phong-van-hoa-xa-hoi-phuong-uong-bi",
    "002-A14": "hoi-dong-tdkt-phuong-uong-bi",
    "002-A15": "mttq-phuong-uong-bi",
    "002-A17": "trung-tam-cung-ung-dich-vu-phuong-uong-bi",
    "003-A01": "uy-ban-thuong-vu-quoc-hoi",
    "003-A02": "bo-chinh-tri",
    "003-A03": ROOT,
    "003-A04": "thu-tuong-chinh-phu",
    "003-A05": "tinh-uy-quang-ninh",
    "003-A06": "ban-thuong-vu-tinh-uy-quang-ninh",
    "003-A07": PROVINCE,
    "003-A08": "so-noi-vu-quang-ninh",
    "003-A09": "so-thong-tin-va-truyen-thong-quang-ninh",
    "003-A10": "thanh-uy-uong-bi",
    "003-A11": OLD_UONG_BI,
    "003-A14": WARD,
    "003-A19": "dang-uy-phuong-uong-bi",
    "003-A20": "hdnd-phuong-uong-bi",
    "003-A21": "mttq-phuong-uong-bi",
    "003-A23": "hoi-nong-dan-phuong-uong-bi",
    "003-A25": "hoi-dong-tdkt-phuong-uong-bi",
    "003-A26": "hoi-dong-khoa-hoc-sang-kien-phuong-uong-bi",
    "003-A27": "phong-van-hoa-xa-hoi-phuong-uong-bi",
    "003-A29": "cong-an-phuong-uong-bi",
    "003-A34": "benh-vien-viet-nam-thuy-dien-uong-bi",
    "003-A35": "benh-vien-da-khoa-quoc-te-ha-noi-quang-ninh",
    "003-A36": "cong-ty-tnhh-gideon",
    "003-A37": "cong-ty-tnhh-dac-manh",
    "004-A01": "bo-chinh-tri",
    "004-A02": ROOT,
    "004-A03": "thu-tuong-chinh-phu",
    "004-A04": "ban-thuong-vu-tinh-uy-quang-ninh",
    "004-A05": PROVINCE,
    "004-A06": "so-noi-vu-quang-ninh",
    "004-A07": "dang-uy-phuong-uong-bi",
    "004-A08": "hdnd-phuong-uong-bi",
    "004-A09": WARD,
    "004-A11": "thuong-truc-hoi-dong-tdkt-phuong-uong-bi",
    "004-A12": "hoi-dong-tdkt-phuong-uong-bi",
    "004-A13": "phong-van-hoa-xa-hoi-phuong-uong-bi",
    "004-A14": "trung-tam-cung-ung-dich-vu-phuong-uong-bi",
    "004-A15": "phong-kinh-te-ha-tang-va-do-thi-phuong-uong-bi",
    "004-A16": "mttq-phuong-uong-bi",
}

PERSON = "Chức danh, không phải cơ quan: ghi ở head_title của UBND."
GROUP = "Nhóm nhiều cơ quan, tổ chức, không phải một cơ quan."
AREA = "Đơn vị hành chính: có trong administrative_units.json."
SKIPPED = {
    "000-A10": PERSON,
    "000-A17": PERSON,
    "002-A05": PERSON,
    "002-A12": PERSON,
    "003-A12": PERSON,
    "004-A10": PERSON,
    "003-A28": "Chức danh công chức, không phải tổ chức.",
    "003-A24": "Văn bản ghi 'hệ thống Công đoàn', không nêu cấp: không gắn được vào một tổ chức.",
    "003-A13": AREA,
    "003-A15": AREA + " UBND phường có trong danh sách này.",
    "003-A16": AREA + " UBND phường có trong danh sách này.",
    "003-A17": AREA + " UBND phường có trong danh sách này.",
    "003-A18": AREA + " UBND phường Trưng Vương và các khu Đền Công có trong danh sách này.",
    "003-A40": AREA,
    "003-A41": AREA,
    "004-A24": AREA,
    "004-A20": AREA + " UBND phường có trong danh sách này.",
    "004-A21": AREA + " UBND phường có trong danh sách này.",
    "004-A22": AREA + " UBND phường có trong danh sách này.",
    "004-A23": AREA + " Các khu Đền Công 1, 2, 3 có trong danh sách này.",
    "003-A32": GROUP + " Sáu khu có tên được ghi riêng.",
}


def body(
    key: str,
    name: str,
    line: str,
    kind: str,
    level: str,
    unit: Row | None,
    parent: str | None,
    line_parent: str | None = None,
    *,
    short_name: str | None = None,
    standing_body_of: str | None = None,
    head_title: str | None = None,
    identification_code: str | None = None,
    valid_from: str | None = None,
    valid_to: str | None = None,
    verification: str = "verified",
    note: str | None = None,
) -> Row:
    return {
        "key": key,
        "name": name,
        "short_name": short_name,
        "line": line,
        "kind": kind,
        "level": level,
        "unit": unit,
        "parent": parent,
        "line_parent": line_parent,
        "standing_body_of": standing_body_of,
        "head_title": head_title,
        "identification_code": identification_code,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "is_group": False,
        "named_in": [],
        "verification": verification,
        "note": note,
    }


def people_committee(unit: Row, level: str, parent: str, **more: str | None) -> Row:
    """The people's committee of a unit of administrative_units.json."""
    where = unit["name"][:1].lower() + unit["name"][1:]
    return body(
        f"ubnd-{slug(where)}",
        f"Ủy ban nhân dân {where}",
        "government",
        "people_committee",
        level,
        reference(unit["code"], unit["valid_from"]),
        parent,
        parent,
        short_name=f"UBND {where}",
        head_title=f"Chủ tịch UBND {where}",
        valid_from=more.get("valid_from"),
        valid_to=more.get("valid_to"),
        verification=more.get("verification") or "verified",
        note=more.get("note"),
        identification_code=more.get("identification_code"),
    )


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


def organisation(key: str, kind: str, pattern: str, where: str, place: str) -> tuple[str, str]:
    """Key and name of a mass organisation below the centre; trade unions and Youth Union have their own names."""
    if place == "province" and kind == "trade_union":
        return f"lien-doan-lao-dong-{slug(where)}", f"Liên đoàn Lao động {where}"
    if place == "province" and kind == "youth_union":
        return "tinh-doan-quang-ninh", f"Đoàn Thanh niên Cộng sản Hồ Chí Minh {where}"
    return f"{key}-{slug(where)}", pattern.format(where)


def province() -> list[Row]:
    """Bodies of the province beside its people's committee."""
    where = "tỉnh Quảng Ninh"

    def row(
        key: str,
        name: str,
        line: str,
        kind: str,
        line_parent: str | None,
        parent: str = PROVINCE,
        standing_body_of: str | None = None,
        valid_to: str | None = None,
        verification: str = "verified",
        short_name: str | None = None,
        note: str | None = None,
        head_title: str | None = None,
    ) -> Row:
        return body(
            key,
            name,
            line,
            kind,
            "province",
            QUANG_NINH,
            parent,
            line_parent,
            standing_body_of=standing_body_of,
            valid_to=valid_to,
            verification=verification,
            short_name=short_name,
            note=note,
            head_title=head_title,
        )

    department = ("government", "department", PROVINCE)
    party = ("party", "party_committee")
    merged = "Nhập vào Sở Khoa học và Công nghệ trước 01/7/2025; ngày chính xác theo trí nhớ (28/02/2025)."
    steering = "Ban chỉ đạo của tỉnh theo 01-KH/BCĐ (002-D04): không rõ của tỉnh hay Trung ương ở I.1."
    rows = [
        row(
            "so-noi-vu-quang-ninh",
            "Sở Nội vụ tỉnh Quảng Ninh",
            *department,
            standing_body_of="hoi-dong-tdkt-tinh-quang-ninh",
            head_title="Giám đốc Sở Nội vụ tỉnh Quảng Ninh",
        ),
        row(
            "so-khoa-hoc-va-cong-nghe-quang-ninh",
            "Sở Khoa học và Công nghệ tỉnh Quảng Ninh",
            *department,
            short_name="Sở KH&CN",
        ),
        row(
            "so-thong-tin-va-truyen-thong-quang-ninh",
            "Sở Thông tin và Truyền thông tỉnh Quảng Ninh",
            *department,
            valid_to="2025-02-28",
            verification="unverified",
            note=merged,
        ),
        row("tinh-uy-quang-ninh", "Tỉnh ủy Quảng Ninh", *party, "ban-chap-hanh-trung-uong-dang"),
        row(
            "ban-chap-hanh-dang-bo-tinh-quang-ninh",
            "Ban Chấp hành Đảng bộ tỉnh Quảng Ninh",
            *party,
            "tinh-uy-quang-ninh",
            "tinh-uy-quang-ninh",
        ),
        row(
            "ban-thuong-vu-tinh-uy-quang-ninh",
            "Ban Thường vụ Tỉnh ủy Quảng Ninh",
            *party,
            "tinh-uy-quang-ninh",
            "tinh-uy-quang-ninh",
        ),
        row(
            "dai-hoi-dang-bo-tinh-quang-ninh-xv",
            "Đại hội đại biểu Đảng bộ tỉnh Quảng Ninh lần thứ XV",
            "party",
            "party_congress",
            "tinh-uy-quang-ninh",
            note="Nơi ban hành nghị quyết được 000, 004 viện dẫn.",
        ),
        row(
            "hdnd-tinh-quang-ninh", "Hội đồng nhân dân tỉnh Quảng Ninh", "people_council", "people_council", "quoc-hoi"
        ),
        row(
            "hoi-dong-tdkt-tinh-quang-ninh",
            "Hội đồng Thi đua - Khen thưởng tỉnh Quảng Ninh",
            "council",
            "emulation_council",
            "hoi-dong-tdkt-trung-uong",
            note=INFERRED,
        ),
        row(
            "ban-chi-dao-tinh-quang-ninh",
            "Ban Chỉ đạo tỉnh",
            "council",
            "steering_committee",
            "ban-chi-dao-trung-uong",
            verification="partial",
            note=steering,
        ),
        row(
            "cong-an-tinh-quang-ninh", "Công an tỉnh Quảng Ninh", "armed_forces", "police", "bo-cong-an", note=INFERRED
        ),
        row(
            "mttq-tinh-quang-ninh",
            "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh Quảng Ninh",
            "front",
            "front_committee",
            "mttq-trung-uong",
            short_name="Ủy ban MTTQ tỉnh",
            note=INFERRED,
        ),
    ]
    for key, kind, _, pattern in ORGANISATIONS:
        own_key, name = organisation(key, kind, pattern, where, "province")
        top = "tong-lien-doan-lao-dong-viet-nam" if kind == "trade_union" else f"trung-uong-{key}"
        short = "Tỉnh đoàn Quảng Ninh" if kind == "youth_union" else None
        rows.append(
            row(own_key, name, "mass_organization", kind, top, "mttq-tinh-quang-ninh", note=INFERRED, short_name=short)
        )
    return rows


def ward_organisations(unit: Row) -> list[Row]:
    """Standing body, council, Front and mass organisations of a ward."""
    where = unit["name"][:1].lower() + unit["name"][1:]
    key = slug(where)
    committee, front, council = f"ubnd-{key}", f"mttq-{key}", f"hoi-dong-tdkt-{key}"
    named = where == "phường Uông Bí"
    note = None if named else INFERRED
    area = reference(unit["code"], unit["valid_from"])
    since = {"valid_from": TWO_TIERS}
    rows = [
        body(
            f"phong-van-hoa-xa-hoi-{key}",
            f"Phòng Văn hóa - Xã hội {where}",
            "government",
            "division",
            "commune",
            area,
            committee,
            committee,
            short_name="Phòng VH-XH",
            standing_body_of=council,
            valid_from=TWO_TIERS,
            note=note,
        ),
        body(
            council,
            f"Hội đồng Thi đua - Khen thưởng {where}",
            "council",
            "emulation_council",
            "commune",
            area,
            committee,
            "hoi-dong-tdkt-tinh-quang-ninh",
            short_name=f"Hội đồng TĐKT {where}",
            valid_from=TWO_TIERS,
            note=note,
        ),
        body(
            front,
            f"Ủy ban Mặt trận Tổ quốc Việt Nam {where}",
            "front",
            "front_committee",
            "commune",
            area,
            committee,
            "mttq-tinh-quang-ninh",
            short_name=f"Ủy ban MTTQ {where}",
            valid_from=since["valid_from"],
            note=note,
        ),
    ]
    for own, kind, _, pattern in ORGANISATIONS:
        own_key, name = organisation(own, kind, pattern, where, "ward")
        line_parent = organisation(own, kind, pattern, "tỉnh Quảng Ninh", "province")[0]
        union = kind == "trade_union"
        rows.append(
            body(
                own_key,
                name,
                "mass_organization",
                kind,
                "commune",
                area,
                front,
                line_parent,
                valid_from=TWO_TIERS,
                verification="unverified" if union else "partial",
                note="Tổ chức Công đoàn cấp xã sau sắp xếp năm 2025: chưa kiểm chứng." if union else INFERRED,
            )
        )
    return rows


def uong_bi() -> list[Row]:
    """Other bodies that the papers of the ward name."""

    def row(
        key: str,
        name: str,
        line: str,
        kind: str,
        line_parent: str | None,
        level: str = "commune",
        parent: str = WARD,
        valid_from: str | None = TWO_TIERS,
        verification: str = "verified",
        note: str | None = None,
        unit: Row = UONG_BI,
        short_name: str | None = None,
    ) -> Row:
        return body(
            key,
            name,
            line,
            kind,
            level,
            unit,
            parent,
            line_parent,
            valid_from=valid_from,
            verification=verification,
            note=note,
            short_name=short_name,
        )

    council = "hoi-dong-tdkt-phuong-uong-bi"
    company = "Có tên trong 003; pháp nhân cấp trên không nêu."
    rows = [
        row(
            "phong-kinh-te-ha-tang-va-do-thi-phuong-uong-bi",
            "Phòng Kinh tế, Hạ tầng và Đô thị phường Uông Bí",
            "government",
            "division",
            WARD,
        ),
        row(
            "trung-tam-cung-ung-dich-vu-phuong-uong-bi",
            "Trung tâm Cung ứng dịch vụ phường Uông Bí",
            "public_service",
            "service_unit",
            WARD,
        ),
        row("dang-uy-phuong-uong-bi", "Đảng ủy phường Uông Bí", "party", "party_committee", "tinh-uy-quang-ninh"),
        row(
            "dai-hoi-dang-bo-phuong-uong-bi-i",
            "Đại hội đại biểu Đảng bộ phường Uông Bí lần thứ I",
            "party",
            "party_congress",
            "dang-uy-phuong-uong-bi",
            verification="partial",
            note="Nơi ban hành nghị quyết được 003, 004 viện dẫn; chưa rõ đại hội đã diễn ra khi 004 ban hành (004-D07).",
        ),
        row(
            "hdnd-phuong-uong-bi",
            "Hội đồng nhân dân phường Uông Bí",
            "people_council",
            "people_council",
            "hdnd-tinh-quang-ninh",
            short_name="HĐND phường Uông Bí",
        ),
        row(
            "thuong-truc-hoi-dong-tdkt-phuong-uong-bi",
            "Thường trực Hội đồng Thi đua - Khen thưởng phường Uông Bí",
            "council",
            "emulation_council",
            council,
            parent=council,
        ),
        row(
            "hoi-dong-khoa-hoc-sang-kien-phuong-uong-bi",
            "Hội đồng Khoa học, sáng kiến phường Uông Bí",
            "council",
            "initiative_council",
            None,
        ),
        row("cong-an-phuong-uong-bi", "Công an phường Uông Bí", "armed_forces", "police", "cong-an-tinh-quang-ninh"),
        row(
            "benh-vien-viet-nam-thuy-dien-uong-bi",
            "Bệnh viện Việt Nam - Thụy Điển Uông Bí",
            "public_service",
            "hospital",
            PROVINCE,
            "province",
            valid_from=None,
            verification="partial",
            note="Cấp suy luận: UBND tỉnh phê duyệt đề án phát triển bệnh viện (003).",
        ),
        row(
            "benh-vien-da-khoa-quoc-te-ha-noi-quang-ninh",
            "Bệnh viện Đa khoa Quốc tế chất lượng cao Hà Nội - Quảng Ninh",
            "enterprise",
            "hospital",
            None,
            "unit",
            valid_from=None,
            note="Bệnh viện tư nhân.",
        ),
        row(
            "cong-ty-tnhh-gideon",
            "Công ty TNHH Gideon",
            "enterprise",
            "enterprise",
            None,
            "unit",
            valid_from=None,
            note=company,
        ),
        row(
            "cong-ty-tnhh-dac-manh",
            "Công ty TNHH Đắc Mạnh",
            "enterprise",
            "enterprise",
            None,
            "unit",
            valid_from=None,
            verification="partial",
            note="Tên suy dấu, có thể là Đạc Mạnh (003-D17).",
        ),
    ]
    for name in ("Đền Công 1", "Đền Công 2", "Đền Công 3", "Lạc Thanh", "Núi Gạc", "Phú Thanh"):
        key = f"khu-{slug(name)}"
        inferred = None if name.startswith("Đền") else "Tên suy dấu (003-D22)."
        rows.append(
            row(
                key,
                f"Khu {name}",
                "community",
                "residential_area",
                None,
                "community",
                verification="verified" if inferred is None else "partial",
                note=inferred,
                unit={"key": key},
            )
        )
    return rows


def ended() -> list[Row]:
    """Bodies of the old cities Cẩm Phả and Uông Bí; they ended with the district tier."""

    def row(
        key: str,
        name: str,
        line: str,
        kind: str,
        unit: Row,
        parent: str,
        line_parent: str | None,
        standing_body_of: str | None = None,
        head_title: str | None = None,
        short_name: str | None = None,
        note: str | None = None,
    ) -> Row:
        return body(
            key,
            name,
            line,
            kind,
            "district",
            unit,
            parent,
            line_parent,
            standing_body_of=standing_body_of,
            head_title=head_title,
            short_name=short_name,
            valid_to=LAST_DISTRICT_DAY,
            note=note,
            verification="partial",
        )

    party = ("party", "party_committee")
    division = ("government", "division", CITY_CAM_PHA, CAM_PHA, CAM_PHA)
    council = "hoi-dong-tdkt-thanh-pho-cam-pha"
    thanh_uy = "thanh-uy-cam-pha"
    congress = "Nơi ban hành nghị quyết được văn bản viện dẫn."
    return [
        row(
            CAM_PHA,
            "Ủy ban nhân dân thành phố Cẩm Phả",
            "government",
            "people_committee",
            CITY_CAM_PHA,
            PROVINCE,
            PROVINCE,
            None,
            "Chủ tịch UBND thành phố Cẩm Phả",
            "UBND thành phố Cẩm Phả",
        ),
        row(thanh_uy, "Thành ủy Cẩm Phả", *party, CITY_CAM_PHA, CAM_PHA, "tinh-uy-quang-ninh"),
        row(
            "ban-chap-hanh-dang-bo-thanh-pho-cam-pha",
            "Ban Chấp hành Đảng bộ thành phố Cẩm Phả",
            *party,
            CITY_CAM_PHA,
            thanh_uy,
            thanh_uy,
        ),
        row(
            "ban-tuyen-giao-thanh-uy-cam-pha",
            "Ban Tuyên giáo Thành ủy Cẩm Phả",
            *party,
            CITY_CAM_PHA,
            thanh_uy,
            thanh_uy,
        ),
        row(
            "dai-hoi-dang-bo-thanh-pho-cam-pha-xxiii",
            "Đại hội đại biểu Đảng bộ thành phố Cẩm Phả lần thứ XXIII",
            "party",
            "party_congress",
            CITY_CAM_PHA,
            CAM_PHA,
            thanh_uy,
            note=congress + " Số thứ tự nghi vấn (000-D01).",
        ),
        row(
            "hdnd-thanh-pho-cam-pha",
            "Hội đồng nhân dân thành phố Cẩm Phả",
            "people_council",
            "people_council",
            CITY_CAM_PHA,
            CAM_PHA,
            "hdnd-tinh-quang-ninh",
        ),
        row(
            "mttq-thanh-pho-cam-pha",
            "Ủy ban Mặt trận Tổ quốc Việt Nam thành phố Cẩm Phả",
            "front",
            "front_committee",
            CITY_CAM_PHA,
            CAM_PHA,
            "mttq-tinh-quang-ninh",
        ),
        row("phong-noi-vu-cam-pha", "Phòng Nội vụ thành phố Cẩm Phả", *division, standing_body_of=council),
        row("phong-van-hoa-va-thong-tin-cam-pha", "Phòng Văn hóa và Thông tin thành phố Cẩm Phả", *division),
        row(
            "trung-tam-truyen-thong-va-van-hoa-cam-pha",
            "Trung tâm Truyền thông và Văn hóa thành phố Cẩm Phả",
            "public_service",
            "service_unit",
            CITY_CAM_PHA,
            CAM_PHA,
            CAM_PHA,
        ),
        row(
            council,
            "Hội đồng Thi đua - Khen thưởng thành phố Cẩm Phả",
            "council",
            "emulation_council",
            CITY_CAM_PHA,
            CAM_PHA,
            "hoi-dong-tdkt-tinh-quang-ninh",
        ),
        row(
            OLD_UONG_BI,
            "Ủy ban nhân dân thành phố Uông Bí (cũ)",
            "government",
            "people_committee",
            CITY_UONG_BI,
            PROVINCE,
            PROVINCE,
            None,
            "Chủ tịch UBND thành phố Uông Bí (cũ)",
            "UBND thành phố Uông Bí (cũ)",
        ),
        row("thanh-uy-uong-bi", "Thành ủy Uông Bí (cũ)", *party, CITY_UONG_BI, OLD_UONG_BI, "tinh-uy-quang-ninh"),
        row(
            "dai-hoi-dang-bo-thanh-pho-uong-bi-xx",
            "Đại hội Đảng bộ thành phố Uông Bí (cũ) lần thứ XX",
            "party",
            "party_congress",
            CITY_UONG_BI,
            OLD_UONG_BI,
            "thanh-uy-uong-bi",
            note=congress + " Số thứ tự đọc từ bản nhận dạng chữ (003-D23).",
        ),
    ]


def committees(units: list[Row]) -> list[Row]:
    """People's committees of today's provinces and communes and of the four old wards."""
    rows = []
    for unit in units:
        if unit["tier"] == "province" and unit["valid_to"] is None:
            quang_ninh = unit["code"] == "22"
            note = None
            if quang_ninh:
                note = (
                    "Mã định danh cấp 1 H49: theo trí nhớ và nguồn thứ cấp (Quyết định 3739/QĐ-UBND ngày 03/11/2016); danh "
                    "mục sau sắp xếp năm 2025 chưa kiểm tra: mã này coi là CHƯA KIỂM CHỨNG."
                )
            elif unit["code"] == "75":
                note = "Trước 30/4/2026 là UBND tỉnh Đồng Nai."
            rows.append(
                people_committee(
                    unit,
                    "province",
                    ROOT,
                    valid_from=None if quang_ninh else TWO_TIERS,
                    identification_code="H49" if quang_ninh else None,
                    verification="partial" if unit["code"] == "75" else "verified",
                    note=note,
                )
            )
        elif unit["tier"] == "commune" and unit["valid_to"] is None:
            rows.append(people_committee(unit, "commune", PROVINCE, valid_from=TWO_TIERS))
        elif unit["code"] in ("06817", "06811", "06826", "06820") and unit["valid_to"] == LAST_DISTRICT_DAY:
            note = "Phường cũ; 003 chỉ nêu tên phường, cơ quan suy ra."
            rows.append(
                people_committee(
                    unit, "commune", OLD_UONG_BI, valid_to=LAST_DISTRICT_DAY, verification="partial", note=note
                )
            )
    return rows


def demonstration() -> list[Row]:
    note = "ĐƠN VỊ HƯ CẤU để chạy thử; không có thật."
    return [
        body(
            f"truong-tieu-hoc-minh-hoa-{slug(ward)}",
            f"Trường Tiểu học Minh Họa {ward}",
            "public_service",
            "school",
            "unit",
            reference(code, TWO_TIERS),
            f"ubnd-phuong-{slug(ward)}",
            f"ubnd-phuong-{slug(ward)}",
            head_title="Hiệu trưởng",
            valid_from=TWO_TIERS,
            verification="unverified",
            note=note,
        )
        for ward, code in (("Uông Bí", "06811"), ("Vàng Danh", "06820"))
    ]


def build(units: list[Row], papers: dict[str, Row]) -> Row:
    """Bodies by tier: centre, provinces, Quảng Ninh, communes, ward bodies, bodies that ended."""
    wards = {unit["name"]: unit for unit in units if unit["valid_from"] == TWO_TIERS and unit["tier"] == "commune"}
    rows = [
        *central(),
        *committees(units),
        *province(),
        *(row for name in WARDS_WITH_ORGANISATIONS for row in ward_organisations(wards[name])),
        *uong_bi(),
        *ended(),
    ]
    by_key = {row["key"]: row for row in rows}
    if len(by_key) != len(rows):
        raise ValueError("a key is used twice")
    skipped = []
    for number, paper in papers.items():
        for raw in paper["authorities"]:
            if raw["id"] in NAMED:
                by_key[NAMED[raw["id"]]]["named_in"].append(
                    {
                        "document": number,
                        "id": raw["id"],
                        "name": raw["name"],
                        "section": raw.get("section"),
                        "roles": raw["role_in_document"],
                    }
                )
            else:
                why = GROUP if raw.get("is_group") else SKIPPED[raw["id"]]
                skipped.append({"document": number, "id": raw["id"], "name": raw["name"], "why": why})
    return {
        "source": SOURCE,
        "as_of": AS_OF,
        "authorities": rows,
        "demonstration": demonstration(),
        "skipped": skipped,
    }
