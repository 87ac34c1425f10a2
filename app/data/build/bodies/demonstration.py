"""Invented bodies for trying the product."""

from app.data.build.bodies.body import body
from app.data.build.common import TWO_TIERS, Row, slug
from app.data.build.units import reference


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
