"""Which mentions in the papers are one campaign, for campaigns.json."""

from typing import NamedTuple

from app.data.build.documents import PAPERS

BY_NAME = "Quan hệ cha - con suy luận theo tên."
BY_LOCAL_PLAN = "Quan hệ cha - con suy luận theo tên và cấp."


class Lineage(NamedTuple):
    """One campaign of ours and the mentions in the papers that mean it; the first mention gives the facts."""

    key: str
    mentions: list[str]
    parent: str | None = None
    document: str | None = None
    note: str | None = None


CAMPAIGNS = [
    # innovation and digital transformation
    Lineage("ca-nuoc-doi-moi-sang-tao-chuyen-doi-so", ["002-C03"]),
    Lineage(
        "quang-ninh-doi-moi-sang-tao-chuyen-doi-so",
        ["002-C02"],
        "ca-nuoc-doi-moi-sang-tao-chuyen-doi-so",
        "153-kh-ubnd-quang-ninh-2025",
    ),
    Lineage(
        "uong-bi-doi-moi-sang-tao-chuyen-doi-so",
        ["002-C01"],
        "quang-ninh-doi-moi-sang-tao-chuyen-doi-so",
        PAPERS["002"],
    ),
    Lineage("binh-dan-hoc-vu-so", ["002-C04"]),
    Lineage("binh-dan-hoc-vu-so-quang-ninh", ["002-C05"], "binh-dan-hoc-vu-so", "169-kh-ubnd-quang-ninh-2025"),
    Lineage("chuyen-doi-so-toan-dien-quang-ninh", ["002-C06", "000-C15"], None, "2025-qd-ubnd-quang-ninh-2022"),
    Lineage("chuyen-doi-so-toan-dien-uong-bi", ["003-C06"], "chuyen-doi-so-toan-dien-quang-ninh"),
    # party congresses
    Lineage("thi-dua-chao-mung-dai-hoi-xiv", ["000-C03"], None, "39-ct-ttg-2024"),
    Lineage(
        "quang-ninh-thi-dua-chao-mung-dai-hoi-dang",
        ["000-C02"],
        "thi-dua-chao-mung-dai-hoi-xiv",
        "281-kh-ubnd-quang-ninh-2024",
    ),
    Lineage(
        "cam-pha-thi-dua-chao-mung-dai-hoi-dang",
        ["000-C01"],
        "quang-ninh-thi-dua-chao-mung-dai-hoi-dang",
        PAPERS["000"],
    ),
    Lineage(
        "uong-bi-dot-thi-dua-dac-biet-2025",
        ["004-C01"],
        None,
        PAPERS["004"],
        "Do các cơ quan, đơn vị của phường phát động; 34/KH-UBND chỉ giao việc phát động.",
    ),
    # national campaigns and their local copies
    Lineage("ket-cau-ha-tang-tiet-kiem", ["004-C06", "000-C04"]),
    Lineage("chung-suc-xay-dung-nong-thon-moi", ["004-C05", "000-C05"]),
    Lineage("quang-ninh-chung-suc-xay-dung-nong-thon-moi", ["000-C10", "004-C11"], "chung-suc-xay-dung-nong-thon-moi"),
    Lineage("vi-nguoi-ngheo", ["004-C07", "000-C06"]),
    Lineage("vi-nguoi-ngheo-quang-ninh", ["000-C11"], "vi-nguoi-ngheo"),
    Lineage("vi-nguoi-ngheo-uong-bi", ["003-C02"], "vi-nguoi-ngheo-quang-ninh", None, BY_LOCAL_PLAN),
    Lineage("ca-nuoc-chung-tay-vi-nguoi-ngheo", ["003-C12"]),
    Lineage("xoa-nha-tam-nha-dot-nat", ["004-C10", "000-C07"]),
    Lineage("xoa-nha-tam-nha-dot-nat-quang-ninh", ["000-C13"], "xoa-nha-tam-nha-dot-nat"),
    Lineage("van-hoa-cong-so", ["004-C08", "000-C08"]),
    Lineage("van-hoa-cong-so-quang-ninh", ["000-C12"], "van-hoa-cong-so"),
    Lineage("van-hoa-cong-so-uong-bi", ["003-C01"], "van-hoa-cong-so-quang-ninh"),
    Lineage("xa-hoi-hoc-tap", ["004-C09", "000-C09"]),
    Lineage("phat-trien-kinh-te-xa-hoi-2021-2025", ["004-C04"], None, "19-ct-ttg-2021"),
    Lineage(
        "phat-trien-kinh-te-xa-hoi-2021-2025-quang-ninh",
        ["000-C14"],
        "phat-trien-kinh-te-xa-hoi-2021-2025",
        None,
        BY_NAME + " Có lẽ là phong trào theo 160/KH-UBND ngày 27/8/2021 (004-C04); 000 không nêu văn bản.",
    ),
    Lineage("thi-dua-quyet-thang", ["000-C16", "003-C23"]),
    Lineage("vi-an-ninh-to-quoc", ["000-C17", "003-C24"]),
    Lineage("toan-dan-bao-ve-an-ninh-to-quoc", ["000-C18"]),
    Lineage(
        "toan-dan-bao-ve-an-ninh-to-quoc-quang-ninh", ["004-C17"], "toan-dan-bao-ve-an-ninh-to-quoc", None, BY_NAME
    ),
    Lineage(
        "toan-dan-bao-ve-an-ninh-to-quoc-uong-bi",
        ["003-C07"],
        "toan-dan-bao-ve-an-ninh-to-quoc-quang-ninh",
        None,
        BY_LOCAL_PLAN,
    ),
    Lineage("toan-dan-doan-ket-xay-dung-doi-song-van-hoa", ["004-C15", "003-C15"]),
    Lineage("xa-phuong-thi-tran-van-minh-quang-ninh", ["004-C14"], "toan-dan-doan-ket-xay-dung-doi-song-van-hoa"),
    Lineage(
        "xay-dung-phuong-van-minh",
        ["003-C13"],
        note="Có thể là bản ở phường của 'Xã, phường, thị trấn văn minh' (004-C14); chưa gộp.",
    ),
    Lineage("co-quan-don-vi-van-hoa", ["003-C14"]),
    Lineage("ho-nong-dan-san-xuat-kinh-doanh-gioi-quang-ninh", ["004-C16"]),
    Lineage(
        "ho-nong-dan-san-xuat-kinh-doanh-gioi-uong-bi",
        ["003-C03"],
        "ho-nong-dan-san-xuat-kinh-doanh-gioi-quang-ninh",
        None,
        BY_LOCAL_PLAN,
    ),
    Lineage("dan-van-kheo-quang-ninh", ["004-C18"]),
    Lineage("dan-van-kheo-uong-bi", ["003-C04"], "dan-van-kheo-quang-ninh", None, BY_LOCAL_PLAN),
    Lineage("hoc-va-lam-theo-bac-uong-bi", ["003-C05"]),
    Lineage("cai-cach-hanh-chinh-uong-bi", ["003-C08"]),
    Lineage("cong-nhan-tien-tien-tieu-bieu-quang-ninh", ["004-C19"]),
    Lineage(
        "cong-nhan-tien-tien-tieu-bieu-uong-bi",
        ["003-C09"],
        "cong-nhan-tien-tien-tieu-bieu-quang-ninh",
        None,
        BY_LOCAL_PLAN,
    ),
    Lineage("doanh-nghiep-viet-nam-hoi-nhap-va-phat-trien", ["004-C13"]),
    Lineage("doanh-nghiep-gioi-quang-ninh", ["004-C12", "003-C17"], "doanh-nghiep-viet-nam-hoi-nhap-va-phat-trien"),
    Lineage("san-xuat-gioi-san-sang-chien-dau-cao-quang-ninh", ["004-C20"]),
    Lineage("bao-ve-chu-quyen-an-ninh-bien-gioi-quang-ninh", ["004-C21"]),
    Lineage("chien-thang-dai-dich-covid-19", ["003-C11"]),
    # trade union
    Lineage("lao-dong-gioi-lao-dong-sang-tao", ["003-C16"]),
    Lineage("doanh-nhan-tieu-bieu", ["003-C18"]),
    Lineage("khoi-nghiep", ["003-C19"]),
    Lineage("75000-sang-kien", ["003-C20"]),
    Lineage("01-trieu-sang-kien", ["003-C21"]),
    # the ward's own
    Lineage("thi-dua-thuong-xuyen-2020-2025-uong-bi", ["003-C10"]),
    Lineage("thi-dua-yeu-nuoc-5-nam-uong-bi", ["004-C03"]),
    Lineage(
        "thi-dua-yeu-nuoc-2025-2030-uong-bi",
        ["004-C02"],
        note="Văn bản nói sẽ phát động tại hội nghị tháng 8/2025; việc phát động chưa được xác nhận.",
    ),
    Lineage(
        "thi-dua-muc-tieu-2030-uong-bi",
        ["003-C22"],
        note="Nêu trong phương hướng 2025-2030; việc phát động chưa được xác nhận.",
    ),
]

KEY_OF = {mention: campaign.key for campaign in CAMPAIGNS for mention in campaign.mentions}
