"""administrative_units.json: the units and what became of them in 2025."""

from app.data.build.common import AS_OF, AT_LEAST_SINCE, LAST_DISTRICT_DAY, TWO_TIERS, Row, capital, slug

RESOLUTION = "Nghị quyết 1679/NQ-UBTVQH15 ngày 16/6/2025"

KINDS = {
    "tỉnh": "province",
    "thành phố trung ương": "central_city",
    "thành phố": "provincial_city",
    "thị xã": "town",
    "huyện": "rural_district",
    "phường": "ward",
    "xã": "commune",
    "thị trấn": "township",
    "đặc khu": "special_zone",
}

# national codes of the districts, compared with public code lists, not with the gazette
DISTRICTS = {
    "Thành phố Hạ Long": "193",
    "Thành phố Móng Cái": "194",
    "Thành phố Cẩm Phả": "195",
    "Thành phố Uông Bí": "196",
    "Huyện Bình Liêu": "198",
    "Huyện Tiên Yên": "199",
    "Huyện Đầm Hà": "200",
    "Huyện Hải Hà": "201",
    "Huyện Ba Chẽ": "202",
    "Huyện Vân Đồn": "203",
    "Thành phố Đông Triều": "205",
    "Thị xã Quảng Yên": "206",
    "Huyện Cô Tô": "207",
}

# residential quarters that the papers name; the first three came from the old Trưng Vương ward
MOVED_QUARTERS = ["Khu Đền Công 1", "Khu Đền Công 2", "Khu Đền Công 3"]
OTHER_QUARTERS = ["Khu Lạc Thanh", "Khu Núi Gạc", "Khu Phú Thanh"]

SOURCE = (
    "Phường, xã, đặc khu mới của Quảng Ninh và quan hệ cũ - mới: Nghị quyết 1679/NQ-UBTVQH15 (toàn văn đã đọc); mã số: "
    "hai bộ mã nguồn mở đối chiếu nhau (khớp 53/54, trừ xã Ba Chẽ). Tên, mã 34 tỉnh, thành phố: gói vietnam-provinces "
    "2025.10.1. Khu phố: các văn bản 003, 004. CHƯA KIỂM CHỨNG: ngày bắt đầu hiệu lực của đơn vị cũ ('2020-01-01' "
    "nghĩa là 'có hiệu lực ít nhất từ ngày này'; tên, cấp hành chính có thể đã đổi trong thời gian đó); mã cấp huyện mới "
    "đối chiếu với danh mục mã công bố rộng rãi; Nghị quyết 202/2025/QH15 và ngày đổi tên Đồng Nai ghi theo nguồn thứ "
    "cấp. Tỉnh khác ngoài Quảng Ninh chỉ có từ 01/7/2025, không có lịch sử trước đó. Khóa = (code, valid_from), vì mã "
    "được dùng lại; khu phố không có mã nên có khóa riêng (key)."
)


def reference(code: str, valid_from: str) -> Row:
    return {"code": code, "valid_from": valid_from}


def unit(
    code: str | None,
    name: str,
    kind: str,
    tier: str,
    parent: Row | None,
    valid_from: str,
    valid_to: str | None = None,
    legal_basis: str | None = None,
    verification: str = "partial",
    note: str | None = None,
    key: str | None = None,
) -> Row:
    return {
        "key": key or f"{code}@{valid_from}",
        "code": code,
        "name": name,
        "kind": kind,
        "tier": tier,
        "parent": parent,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "legal_basis": legal_basis,
        "verification": verification,
        "note": note,
    }


def kind_of(name: str) -> str:
    return next(kind for word, kind in KINDS.items() if name.lower().startswith(word + " "))


def provinces(divisions: list[Row]) -> list[Row]:
    """The 34 provinces; Quảng Ninh, not merged, from earlier; Đồng Nai in its two periods."""
    nation = reference("VN", AT_LEAST_SINCE)
    basis = "Nghị quyết 202/2025/QH15"
    rows = []
    for division in divisions:
        code = f"{division['code']:02d}"
        city = division["division_type"] == "thành phố trung ương"
        name = division["name"] if city else f"Tỉnh {division['name']}"
        kind = "central_city" if city else "province"
        if division["name"] == "Quảng Ninh":
            note = "Không sáp nhập năm 2025: một dòng cho cả trước và sau 01/7/2025."
            rows.append(unit(code, name, kind, "province", nation, AT_LEAST_SINCE, note=note))
        elif division["name"] == "Đồng Nai":
            note = "Trở thành thành phố trực thuộc trung ương từ 30/4/2026."
            rows.append(unit(code, name, kind, "province", nation, TWO_TIERS, "2026-04-29", basis, note=note))
            renamed = "Nghị quyết 30/2026/QH16"
            note = "Đổi loại đơn vị hành chính, giữ mã; theo nguồn thứ cấp, chưa đọc nghị quyết."
            name = "Thành phố Đồng Nai"
            rows.append(
                unit(code, name, "central_city", "province", nation, "2026-04-30", None, renamed, "partial", note)
            )
        else:
            rows.append(unit(code, name, kind, "province", nation, TWO_TIERS, None, basis))
    return rows


def districts() -> list[Row]:
    quang_ninh = reference("22", AT_LEAST_SINCE)
    notes = {"Thành phố Đông Triều": "Là thị xã trước 01/11/2024 (theo trí nhớ); không tách thành dòng riêng."}
    ended = "Kết thúc cấp huyện: Luật 72/2025/QH15"
    return [
        unit(
            code,
            name,
            kind_of(name),
            "district",
            quang_ninh,
            AT_LEAST_SINCE,
            LAST_DISTRICT_DAY,
            ended,
            "partial",
            " ".join(
                filter(None, [notes.get(name), "Mã đối chiếu với danh mục mã công bố rộng rãi, chưa với bản gốc."])
            ),
        )
        for name, code in DISTRICTS.items()
    ]


def quarters() -> tuple[list[Row], list[Row]]:
    """Residential quarters named in the papers and the move of three of them."""
    ward = reference("06811", TWO_TIERS)
    rows, successions = [], []
    for name in MOVED_QUARTERS:
        old, new = f"{slug(name)}-trung-vuong", slug(name)
        note = "Phường Trưng Vương (cũ) theo văn bản 003 mục I."
        old_ward = reference("06820", AT_LEAST_SINCE)
        rows.append(
            unit(
                None,
                name,
                "quarter",
                "community",
                old_ward,
                AT_LEAST_SINCE,
                LAST_DISTRICT_DAY,
                None,
                "partial",
                note,
                old,
            )
        )
        note = "Chuyển từ phường Trưng Vương (cũ) về phường Uông Bí (003 mục I; 004 mục IV.3.1)."
        rows.append(unit(None, name, "quarter", "community", ward, TWO_TIERS, None, RESOLUTION, "partial", note, new))
        successions.append(
            succession({"key": old}, {"key": new}, "whole", TWO_TIERS, RESOLUTION + "; văn bản 003 mục I", "partial")
        )
    for name in OTHER_QUARTERS:
        note = "Tên suy dấu từ bản nhận dạng chữ (003-D22); văn bản không nói thuộc phường cũ nào."
        rows.append(unit(None, name, "quarter", "community", ward, TWO_TIERS, None, None, "partial", note, slug(name)))
    return rows, successions


def succession(old: Row, new: Row, extent: str, day: str, basis: str | None, verification: str) -> Row:
    return {
        "from": old,
        "to": new,
        "extent": extent,
        "effective_date": day,
        "legal_basis": basis,
        "verification": verification,
    }


def build(communes: Row, divisions: list[Row]) -> Row:
    """Units sorted by tier, code and beginning; successions by old code, then new code."""
    quang_ninh = reference("22", AT_LEAST_SINCE)
    old: dict[str, Row] = {}
    new: list[Row] = []
    successions: list[Row] = []
    for commune in communes["units"]:
        code, basis = commune["code"], f"{commune['clause']} ngày 16/6/2025"
        doubtful = code == "06970"
        note = None
        if doubtful:
            note = (
                "Nghi vấn mã: 06970 theo bảng chuyển đổi của cơ quan thống kê và hai bộ dữ liệu; một bộ dữ liệu (12/7/2026) "
                "ghi 06978. Kiểm tra danh mục của Cục Thống kê trước khi dùng."
            )
        verification = "partial" if doubtful else "verified"
        name = capital(commune["name"])
        new.append(unit(code, name, kind_of(name), "commune", quang_ninh, TWO_TIERS, None, basis, verification, note))
        for part in commune["formed_from"]:
            name = capital(part["name"])
            district = reference(DISTRICTS[part["district"]], AT_LEAST_SINCE)
            old[part["code"]] = unit(
                part["code"],
                name,
                kind_of(name),
                "commune",
                district,
                AT_LEAST_SINCE,
                LAST_DISTRICT_DAY,
                None,
                "partial",
                f"Kết thúc theo {RESOLUTION}.",
            )
            successions.append(
                succession(
                    reference(part["code"], AT_LEAST_SINCE),
                    reference(code, TWO_TIERS),
                    part["extent"],
                    TWO_TIERS,
                    basis,
                    "verified",
                )
            )
    successions.sort(key=lambda row: (row["from"]["code"], row["to"]["code"]))
    nation = unit(
        "VN",
        "Việt Nam",
        "nation",
        "central",
        None,
        AT_LEAST_SINCE,
        note="Mã 'VN' đặt để làm gốc cây, không phải mã của danh mục đơn vị hành chính.",
    )
    quarter_rows, quarter_moves = quarters()
    dong_nai = succession(
        reference("75", TWO_TIERS),
        reference("75", "2026-04-30"),
        "whole",
        "2026-04-30",
        "Nghị quyết 30/2026/QH16",
        "partial",
    )
    return {
        "source": SOURCE,
        "as_of": AS_OF,
        "units": [
            nation,
            *sorted(provinces(divisions), key=lambda row: (row["code"], row["valid_from"])),
            *districts(),
            *(old[code] for code in sorted(old)),
            *sorted(new, key=lambda row: str(row["code"])),
            *quarter_rows,
        ],
        "successions": [*successions, *quarter_moves, dong_nai],
    }
