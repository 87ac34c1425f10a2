"""authorities.json: bodies in their two trees."""

from app.data.build.bodies.central import central
from app.data.build.bodies.committees import committees
from app.data.build.bodies.demonstration import demonstration
from app.data.build.bodies.ended import ended
from app.data.build.bodies.named import GROUP, NAMED, SKIPPED
from app.data.build.bodies.province import province
from app.data.build.bodies.uong_bi import uong_bi
from app.data.build.bodies.wards import WARDS_WITH_ORGANISATIONS, ward_organisations
from app.data.build.common import AS_OF, TWO_TIERS, Row

SOURCE = (
    "Cơ quan, tổ chức có tên trong các văn bản 000, 002, 003, 004 (named_in); thêm UBND 34 tỉnh, thành phố và 54 xã, "
    "phường, đặc khu của Quảng Ninh theo danh mục đơn vị hành chính; thêm các cơ quan cần để cây theo hệ thống khép kín "
    "(ghi chú 'không có tên trong văn bản'). parent = nơi tập hợp số liệu, hồ sơ trong địa bàn, KHÔNG phải quan hệ lãnh "
    "đạo, phụ thuộc; line_parent = cơ quan trên trong hệ thống của mình. CHƯA KIỂM CHỨNG: ngày bắt đầu của cơ quan cũ "
    "(null = không biết), tổ chức Công đoàn cấp xã sau sắp xếp năm 2025, mã định danh H49 (trí nhớ và nguồn thứ cấp), tên "
    "đầy đủ của một số cơ quan suy từ tên viết gọn. 'demonstration' là đơn vị hư cấu để chạy thử, không có thật. "
    "'skipped' là các mục trong văn bản không phải cơ quan (chức danh, nhóm, đơn vị hành chính)."
)


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
