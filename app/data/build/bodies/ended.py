"""Bodies of the old cities, which ended with the district tier on 30/6/2025."""

from app.data.build.bodies.body import CAM_PHA, OLD_UONG_BI, PROVINCE, body
from app.data.build.common import AT_LEAST_SINCE, LAST_DISTRICT_DAY, Row
from app.data.build.units import reference

CITY_CAM_PHA = reference("195", AT_LEAST_SINCE)
CITY_UONG_BI = reference("196", AT_LEAST_SINCE)


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
