"""What a ward of today has beside its people's committee: standing body, council, Front, organisations."""

from app.data.build.bodies.body import INFERRED, ORGANISATIONS, body, organisation
from app.data.build.common import TWO_TIERS, Row, slug
from app.data.build.units import reference

WARDS_WITH_ORGANISATIONS = ["Phường Uông Bí", "Phường Vàng Danh", "Phường Yên Tử", "Phường Cẩm Phả"]


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
