"""campaigns.json: the campaigns of the papers, put together into lineages."""

from app.data.build.common import AS_OF, LEVELS, Row, join, partial_date
from app.data.build.lineages import CAMPAIGNS, KEY_OF, Lineage
from app.data.build.plans import EMPTY_PLAN, plan

SOURCE = (
    "Phong trào thi đua nêu trong các văn bản 000, 002, 003, 004, gộp trùng giữa các văn bản thành từng dòng (toàn quốc - "
    "tỉnh - xã). Nội dung đầy đủ: kế hoạch 53/KH-UBND của phường Uông Bí và 345/KH-UBND của thành phố Cẩm Phả; các phong "
    "trào khác chỉ có tên, cấp, kỳ. Nội dung là dữ kiện tóm lược, không phải nguyên văn. SUY LUẬN, CHƯA KIỂM CHỨNG: quan "
    "hệ cha - con có ghi chú 'suy luận theo tên'; loại phong trào trừ khi văn bản nói rõ; trạng thái (đã kết thúc khi kỳ "
    "kết thúc trước năm 2026, còn lại coi là đã phát động). launcher null: văn bản không nêu một cơ quan phát động; level "
    "là cấp mà văn bản xếp. 'sources' chỉ nơi ghi trong từng văn bản."
)

METHODS = {"chuyen_de": "thematic", "thuong_xuyen": "regular", "dac_biet": "special", "theo_dot": "round"}

LAUNCHERS = {
    "Thủ tướng Chính phủ": "thu-tuong-chinh-phu",
    "Ủy ban nhân dân tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Chủ tịch UBND tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Ủy ban nhân dân thành phố Cẩm Phả": "ubnd-thanh-pho-cam-pha",
    "Ủy ban nhân dân phường Uông Bí": "ubnd-phuong-uong-bi",
}

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
