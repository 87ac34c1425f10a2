"""Bodies that only the papers of the ward Uông Bí name."""

from app.data.build.bodies.body import PROVINCE, WARD, body
from app.data.build.common import TWO_TIERS, Row, slug
from app.data.build.units import reference

UONG_BI = reference("06811", TWO_TIERS)


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
