"""Bodies of the province Quảng Ninh beside its people's committee."""

from app.data.build.bodies.body import INFERRED, ORGANISATIONS, PROVINCE, QUANG_NINH, body, organisation
from app.data.build.common import Row


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
