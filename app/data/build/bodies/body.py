"""One body, the keys that several modules use, and the names of mass organisations."""

from app.data.build.common import AT_LEAST_SINCE, Row, slug
from app.data.build.units import reference

ROOT = "chinh-phu"
PROVINCE = "ubnd-tinh-quang-ninh"
WARD = "ubnd-phuong-uong-bi"
CAM_PHA = "ubnd-thanh-pho-cam-pha"
OLD_UONG_BI = "ubnd-thanh-pho-uong-bi"

VN = reference("VN", AT_LEAST_SINCE)
QUANG_NINH = reference("22", AT_LEAST_SINCE)

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


def organisation(key: str, kind: str, pattern: str, where: str, place: str) -> tuple[str, str]:
    """Key and name of a mass organisation below the centre; trade unions and Youth Union have their own names."""
    if place == "province" and kind == "trade_union":
        return f"lien-doan-lao-dong-{slug(where)}", f"Liên đoàn Lao động {where}"
    if place == "province" and kind == "youth_union":
        return "tinh-doan-quang-ninh", f"Đoàn Thanh niên Cộng sản Hồ Chí Minh {where}"
    return f"{key}-{slug(where)}", pattern.format(where)
