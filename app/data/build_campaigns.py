"""campaigns.json: the campaigns of the papers, put together into lineages."""

from typing import NamedTuple

from app.data.build_common import AS_OF, LEVELS, Row, doubt, join, partial_date
from app.data.build_documents import PAPERS

SOURCE = (
    "Phong trào thi đua nêu trong các văn bản 000, 002, 003, 004, gộp trùng giữa các văn bản thành từng dòng (toàn quốc - "
    "tỉnh - xã). Nội dung đầy đủ: kế hoạch 53/KH-UBND của phường Uông Bí và 345/KH-UBND của thành phố Cẩm Phả; các phong "
    "trào khác chỉ có tên, cấp, kỳ. Nội dung là dữ kiện tóm lược, không phải nguyên văn. SUY LUẬN, CHƯA KIỂM CHỨNG: quan "
    "hệ cha - con có ghi chú 'suy luận theo tên'; loại phong trào trừ khi văn bản nói rõ; trạng thái (đã kết thúc khi kỳ "
    "kết thúc trước năm 2026, còn lại coi là đã phát động). launcher null: văn bản không nêu một cơ quan phát động; level "
    "là cấp mà văn bản xếp. 'sources' chỉ nơi ghi trong từng văn bản."
)

METHODS = {"chuyen_de": "thematic", "thuong_xuyen": "regular", "dac_biet": "special", "theo_dot": "round"}
OCCASIONS = {"hang_nam": "annual", "so_ket": "interim_review", "tong_ket": "final_review", None: "not_stated"}
REVIEWS = {"so_ket": "interim", "tong_ket": "final"}
RECIPIENTS = {"tập thể": "collective", "cá nhân": "individual"}
LAUNCHERS = {
    "Thủ tướng Chính phủ": "thu-tuong-chinh-phu",
    "Ủy ban nhân dân tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Chủ tịch UBND tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Ủy ban nhân dân thành phố Cẩm Phả": "ubnd-thanh-pho-cam-pha",
    "Ủy ban nhân dân phường Uông Bí": "ubnd-phuong-uong-bi",
}
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
UNIT_SCOPE = ("uong-bi-dot-thi-dua-dac-biet-2025",)
NATION_WIDE = ("Cả nước", "Toàn dân")

# titles of the same campaign at another tier that differ in their words (N16)
SYNONYMS = {
    "vi-nguoi-ngheo": ["Vì người nghèo - Không ai bị bỏ lại phía sau"],
    "vi-nguoi-ngheo-quang-ninh": ["Vì người nghèo - Không ai bị bỏ lại phía sau"],
    "vi-nguoi-ngheo-uong-bi": ["Vì người nghèo - Không để ai bị bỏ lại phía sau"],
}
CONGRESS = "Đại hội đại biểu toàn quốc lần thứ XIV của Đảng; Đại hội Thi đua yêu nước toàn quốc lần thứ XI"
END_EVENTS = {
    "thi-dua-chao-mung-dai-hoi-xiv": CONGRESS,
    "quang-ninh-thi-dua-chao-mung-dai-hoi-dang": CONGRESS,
}
END_EVENT_NOTE = "Văn bản không nêu ngày kết thúc; sự kiện ghi theo tên phong trào (suy luận)."
# notes that only say "as above", written out
AS_ABOVE = {mention: "văn bản ghi Công đoàn tổ chức đẩy mạnh" for mention in ("003-C18", "003-C19")}

KEY_OF = {mention: campaign.key for campaign in CAMPAIGNS for mention in campaign.mentions}


def scope(campaign: Lineage, first: Row) -> str:
    if campaign.key in UNIT_SCOPE:
        return "unit"
    if first["tier"] == "trung_uong":
        return "national"
    return "national" if first["tier"] is None and first["scope"] in NATION_WIDE else "sector_local"


def launcher(mentions: list[Row]) -> tuple[str | None, str | None]:
    """The body that launched it, if the papers name one, and their words."""
    named = [row["launched_by"] for row in mentions if row["launched_by"]]
    remarks = [row["launcher_note"] for row in mentions if row.get("launcher_note")]
    key = next((LAUNCHERS[name] for name in named if name in LAUNCHERS), None)
    return key, "; ".join(dict.fromkeys([*named, *remarks])) or None


def target(metric: Row | None) -> Row | None:
    if metric is None:
        return None
    names = ("indicator", "operator", "value", "unit", "applies_to")
    return {name: None if metric[name] is None else str(metric[name]) for name in names}


def reward(raw: Row, doubts: dict[str, Row]) -> Row:
    doubted = doubts.get(raw.get("form_doubt", ""))
    return {
        "level": LEVELS[raw["level"]],
        "occasion": OCCASIONS[raw.get("occasion")],
        "decider": raw["authority"],
        "form": raw["form"],
        "recipients": [RECIPIENTS[who] for who in raw["who"] or []],
        "conditions": raw["conditions"],
        "quota": raw["quota"],
        "on": partial_date(raw.get("when")),
        "section": raw["section"],
        "doubt": f"{doubted['key']}: {doubted['why']}" if doubted else None,
    }


def plan(number: str, paper: Row) -> Row:
    """The content of the plan that a paper launches, with remarks on single items kept beside it."""
    raw = paper["launched_campaign"]
    doubts = {row["id"]: doubt(row) for row in paper["doubts"]}
    remarks: list[Row] = []
    links: list[Row] = []

    def remark(item: str, text: str | None) -> None:
        if text:
            remarks.append({"item": item, "text": text})

    requirements = []
    for index, row in enumerate(raw["requirements"], 1):
        key = f"{number}-yc{index:02d}"
        requirements.append(
            {"key": key, "text": row["text"], "section": row["section"], "target": target(row.get("metric"))}
        )
        remark(key, row.get("note"))
        if row.get("rule"):
            remark(key, "Là quy tắc xét khen thưởng.")
        if row.get("linked_campaigns"):
            links.append({"item": key, "campaigns": [KEY_OF[c] for c in row["linked_campaigns"]]})
    contents = []
    for row in raw["contents"]:
        key = f"{number}-nd{row['no']:02d}"
        contents.append({"key": key, "number": row["no"], "text": row["text"]})
        if row.get("indices"):
            remark(key, "Chỉ số nêu tên: " + ", ".join(row["indices"]) + ".")
    phases = []
    for row in raw["timeline"]["phases"]:
        milestone = row["milestone"]
        phases.append(
            {
                "number": row["no"],
                "starts": partial_date(row["from"]),
                "ends": partial_date(row["to"]),
                "tasks": row["tasks"],
                "review": {"kind": REVIEWS[milestone["type"]], "on": partial_date(milestone["when"])},
            }
        )
        remark(f"phase-{row['no']}", join(f"Mục {row['section']}", milestone.get("basis")))
    for row in raw["timeline"]["milestones"]:
        parts = (row.get("of"), row["when"], row.get("who"), row.get("section"))
        remark(f"milestone-{row['type']}", "; ".join(part for part in parts if part))
    remark("timeline", raw["timeline"].get("text"))
    remark("timeline", raw["timeline"].get("note"))
    remark("criteria", raw.get("criteria_note"))
    criteria = [
        {
            "key": f"{number}-tc{group_index}",
            "audience": group["group"],
            "section": group["section"],
            "items": [
                {"key": f"{number}-tc{group_index}.{index}", "text": text, "max_points": None}
                for index, text in enumerate(group["items"], 1)
            ],
        }
        for group_index, group in enumerate(raw["criteria"], 1)
    ]
    for index, row in enumerate(raw["rewards"], 1):
        if row.get("eligible_campaigns"):
            links.append({"item": f"reward-{index}", "campaigns": [KEY_OF[c] for c in row["eligible_campaigns"]]})
    return {
        "purposes": raw["purposes"],
        "requirements": requirements,
        "contents": contents,
        "audiences": raw["audiences"],
        "phases": phases,
        "criteria": criteria,
        "rewards": [reward(row, doubts) for row in raw["rewards"]],
        "duties": [
            {"body": row["body"], "items": row["duties"], "section": row["section"]}
            for row in raw["implementation_duties"]
        ],
        "reporting_duties": [
            {name: row.get(name) for name in ("what", "from", "to", "via", "when", "section")}
            for row in raw["reporting_duties"]
        ],
        "solutions": [row["text"] for row in raw.get("solutions", [])],
        "selection_process": raw.get("selection_process", []),
        "links": links,
        "remarks": remarks,
    }


EMPTY_PLAN: Row = {
    "purposes": [],
    "requirements": [],
    "contents": [],
    "audiences": {"collective": [], "individual": []},
    "phases": [],
    "criteria": [],
    "rewards": [],
    "duties": [],
    "reporting_duties": [],
    "solutions": [],
    "selection_process": [],
    "links": [],
    "remarks": [],
}


def own_end(campaign: Lineage, by_id: dict[str, Row]) -> str | None:
    return next((end for end in (by_id[mention]["period_end"] for mention in campaign.mentions) if end), None)


def end_of(campaign: Lineage, by_id: dict[str, Row]) -> str | None:
    """The end of a campaign, or of the nearest campaign above that has one."""
    end = own_end(campaign, by_id)
    if end is not None or campaign.parent is None:
        return end
    return end_of(next(other for other in CAMPAIGNS if other.key == campaign.parent), by_id)


def campaign_row(campaign: Lineage, by_id: dict[str, Row], content: Row, results: Row | None) -> Row:
    mentions = [by_id[mention] for mention in campaign.mentions]
    first = mentions[0]
    launched_by, launcher_text = launcher(mentions)
    starts = next((row["period_start"] for row in mentions if row["period_start"]), None)
    ends, last = own_end(campaign, by_id), end_of(campaign, by_id)
    concluded = last is not None and last < "2026"
    titles = [row["title"] for row in mentions] + [title for row in mentions for title in row.get("other_titles", [])]
    titles += SYNONYMS.get(campaign.key, [])
    notes = [note for row in mentions for note in (AS_ABOVE.get(row["id"], row.get("note")), row.get("tier_note"))]
    if ends is None and concluded:
        notes.append("Coi là đã kết thúc theo kỳ của phong trào cấp trên (suy luận).")
    if campaign.key in END_EVENTS:
        notes.append(END_EVENT_NOTE)
    reported = [f"Kỳ báo cáo {row['reported_period']}" for row in mentions if row.get("reported_period")]
    return {
        "key": campaign.key,
        "title": first["title"],
        "short_title": first.get("short_title"),
        "other_titles": [title for title in dict.fromkeys(titles) if title != first["title"]],
        "theme": next((row["theme"] for row in mentions if row["theme"]), None),
        "method": METHODS[first["kind"]],
        "method_basis": first["kind_basis"],
        "scope": scope(campaign, first),
        "scope_text": first["scope"],
        "level": LEVELS[first["tier"]] if first["tier"] else None,
        "launcher": launched_by,
        "launcher_text": launcher_text,
        "launch_document": campaign.document,
        "parent": campaign.parent,
        "starts": partial_date(starts),
        "ends": partial_date(ends),
        "end_event": END_EVENTS.get(campaign.key),
        "state": "concluded" if concluded else "launched",
        **content,
        "results": results,
        "sources": [{"document": row["id"][:3], "section": row["section"], "id": row["id"]} for row in mentions],
        "note": join(campaign.note, *notes, *reported),
    }


def build(papers: dict[str, Row]) -> Row:
    """Campaigns lineage by lineage, the higher one first."""
    by_id = {raw["id"]: raw for paper in papers.values() for raw in paper["campaigns"]}
    if set(KEY_OF) != set(by_id):
        raise ValueError(f"campaigns not placed, or unknown: {set(KEY_OF) ^ set(by_id)}")
    plans = {
        paper["launched_campaign"]["campaign_id"]: plan(number, paper)
        for number, paper in papers.items()
        if "launched_campaign" in paper
    }
    results = {
        raw["campaign_id"]: {**raw["results"], "section": raw["section"]} for raw in papers["003"]["thematic_campaigns"]
    }
    return {
        "source": SOURCE,
        "as_of": AS_OF,
        "campaigns": [
            campaign_row(
                campaign,
                by_id,
                next((plans[mention] for mention in campaign.mentions if mention in plans), EMPTY_PLAN),
                next((results[mention] for mention in campaign.mentions if mention in results), None),
            )
            for campaign in CAMPAIGNS
        ],
    }
