"""People's committees (UBND), made from the administrative units."""

from app.data.build.bodies.body import OLD_UONG_BI, PROVINCE, ROOT, body
from app.data.build.common import LAST_DISTRICT_DAY, TWO_TIERS, Row, slug
from app.data.build.units import reference


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
