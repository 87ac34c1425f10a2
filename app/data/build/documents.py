"""legal_documents.json: the papers, what they cite, and the law the product rests on."""

import re

from app.data.build.common import AS_OF, Row, doubt, partial_date
from app.data.build.laws import LAW_CITATIONS, LAWS

SOURCE = (
    "Bốn văn bản 000, 002, 003, 004 (trường 'paper') và mọi văn bản chúng viện dẫn, gộp trùng giữa các văn bản; thêm các "
    "luật, nghị định, thông tư mà quy tắc của hệ thống dựa vào. Dữ kiện của 000, 002, 003 đọc từ bản nhận dạng chữ kém: "
    "nghi vấn ghi ở 'doubts', kèm chữ gốc. CHƯA KIỂM CHỨNG: hiệu lực của văn bản được viện dẫn ('unknown'), trừ luật và "
    "văn bản trung ương có ghi; ngày ban hành không ghi khi không có nguồn (chỉ ghi năm theo số hiệu). expires_on = ngày "
    "hết hiệu lực. number_symbol null: văn bản chỉ được nhắc bằng tên. Khóa nghiệp vụ = cơ quan ban hành + số, ký hiệu + "
    "ngày: 169/KH-UBND có hai văn bản khác năm."
)

TYPES = {
    "Luật": "law",
    "Nghị quyết": "resolution",
    "Nghị định": "decree",
    "Chỉ thị": "directive",
    "Quyết định": "decision",
    "Kế hoạch": "plan",
    "Hướng dẫn": "guidance",
    "Báo cáo": "report",
    "Chương trình hành động": "action_programme",
    "Chương trình": "programme",
    "Đề án": "scheme",
    "Quy hoạch": "master_plan",
    "Quy chế": "regulation",
}

RELATIONS = {"căn cứ": "basis", "thực hiện": "implements", "viện dẫn": "refers"}

PURPOSES = {
    "b/c": "report",
    "c/đ": "direct",
    "t/h": "implement",
    "p/h": "coordinate",
    "lưu": "archive",
    None: "not_stated",
}

ISSUERS = {
    "Bộ Chính trị": "bo-chinh-tri",
    "Bộ Nội vụ": "bo-noi-vu",
    "Chính phủ": "chinh-phu",
    "Thủ tướng Chính phủ": "thu-tuong-chinh-phu",
    "Quốc hội": "quoc-hoi",
    "Ủy ban Thường vụ Quốc hội": "uy-ban-thuong-vu-quoc-hoi",
    "Hội đồng Thi đua - Khen thưởng Trung ương": "hoi-dong-tdkt-trung-uong",
    "Ban Chỉ đạo Trung ương": "ban-chi-dao-trung-uong",
    "Ban Chỉ đạo tỉnh": "ban-chi-dao-tinh-quang-ninh",
    "Tỉnh ủy Quảng Ninh": "tinh-uy-quang-ninh",
    "Ban Chấp hành Đảng bộ tỉnh Quảng Ninh": "ban-chap-hanh-dang-bo-tinh-quang-ninh",
    "Ban Thường vụ Tỉnh ủy Quảng Ninh": "ban-thuong-vu-tinh-uy-quang-ninh",
    "Ủy ban nhân dân tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Chủ tịch UBND tỉnh Quảng Ninh": "ubnd-tinh-quang-ninh",
    "Ủy ban nhân dân thành phố Cẩm Phả": "ubnd-thanh-pho-cam-pha",
    "Ban Chấp hành Đảng bộ Thành phố (Cẩm Phả)": "ban-chap-hanh-dang-bo-thanh-pho-cam-pha",
    "Ủy ban nhân dân phường Uông Bí": "ubnd-phuong-uong-bi",
    "Đại hội đại biểu Đảng bộ tỉnh Quảng Ninh lần thứ XV": "dai-hoi-dang-bo-tinh-quang-ninh-xv",
    "Đại hội đại biểu Đảng bộ thành phố Cẩm Phả lần thứ XXIII": "dai-hoi-dang-bo-thanh-pho-cam-pha-xxiii",
    "Đại hội đại biểu toàn quốc lần thứ XIII của Đảng": "dai-hoi-dang-toan-quoc-xiii",
    "Đại hội Đảng bộ thành phố Uông Bí (cũ) lần thứ XX": "dai-hoi-dang-bo-thanh-pho-uong-bi-xx",
    "Đại hội đại biểu Đảng bộ phường lần thứ I": "dai-hoi-dang-bo-phuong-uong-bi-i",
    # several bodies or none: only the name is kept
    "Đại hội Đảng bộ các phường nhiệm kỳ 2020-2025": None,
    "3 phường (cũ)": None,
}

NO_ISSUER = "Không nêu trong văn bản"

PAPERS = {
    "000": "345-kh-ubnd-cam-pha-2024",
    "002": "53-kh-ubnd-phuong-uong-bi-2025",
    "003": "68-bc-ubnd-phuong-uong-bi-2025",
    "004": "34-kh-ubnd-phuong-uong-bi-2025",
}

# our key -> citations of the papers that mean this document; the first one gives the facts
CITED = {
    "35-ct-tw-2024": ["000-V01"],
    "39-ct-ttg-2024": ["000-V02"],
    "01-kh-hdtdkt-2024": ["000-V03"],
    "2823-hd-bnv-2024": ["000-V04"],
    "439-kh-tu-quang-ninh-2024": ["000-V05"],
    "169-kh-ubnd-quang-ninh-2024": ["000-V06", "004-V01"],
    "281-kh-ubnd-quang-ninh-2024": ["000-V07"],
    "222-kh-ubnd-cam-pha-2024": ["000-V08"],
    "156-qd-ubnd-quang-ninh-2023": ["000-V09"],
    "17-nq-tu-quang-ninh-2023": ["000-V10", "003-V09"],
    "383-kh-tu-quang-ninh-2024": ["000-V11"],
    "869-ctr-ubnd-quang-ninh-2024": ["000-V12"],
    "348-kh-tu-cam-pha-2024": ["000-V13"],
    "400-kh-tu-cam-pha-2024": ["000-V14"],
    "166-kh-ubnd-cam-pha-2024": ["000-V15"],
    "nq-dai-hoi-dang-bo-tinh-quang-ninh-xv": ["000-V16", "004-V09"],
    "nq-dai-hoi-dang-bo-thanh-pho-cam-pha-xxiii": ["000-V17"],
    "nq-dai-hoi-dang-toan-quoc-xiii": ["000-V18"],
    "nq-ubtvqh-sap-xep-cap-xa-2023-2025": ["000-V19"],
    "06-2022-qh15": ["000-V20", "003-V12", "004-V05"],
    "chuong-trinh-tong-the-vung-dan-toc-2021-2025": ["000-V21", "004-V11"],
    "153-kh-ubnd-quang-ninh-2025": ["002-V01"],
    "169-kh-ubnd-quang-ninh-2025": ["002-V02"],
    "57-nq-tw-2024": ["003-V08", "002-V03"],
    "71-nq-cp": ["002-V04"],
    "538-kh-tu-quang-ninh": ["002-V05"],
    "138-kh-ubnd-quang-ninh": ["002-V06"],
    "01-kh-bcd-quang-ninh": ["002-V07"],
    "01-kh-bcdtw": ["002-V08"],
    "2025-qd-ubnd-quang-ninh-2022": ["002-V09"],
    "quy-hoach-tinh-quang-ninh-2021-2030": ["002-V10"],
    "1679-nq-ubtvqh15": ["003-V01"],
    "34-ct-tw-2014": ["004-V04", "003-V02"],
    "27-ct-tu-quang-ninh-2014": ["004-V07", "003-V03"],
    "nq-dai-hoi-dang-bo-thanh-pho-uong-bi-xx": ["003-V04"],
    "nq-dai-hoi-dang-bo-cac-phuong-2020-2025": ["003-V05"],
    "01-nq-tu-quang-ninh-2020": ["003-V06"],
    "13-nq-tu-quang-ninh-2023": ["003-V07"],
    "de-an-06": ["003-V10"],
    "luat-luc-luong-bao-ve-an-ninh-trat-tu-o-co-so": ["003-V11"],
    "28-2024-nd-cp": ["003-V13"],
    "nghi-dinh-91": ["003-V14"],
    "nghi-dinh-98": ["003-V15"],
    "de-an-benh-vien-viet-nam-thuy-dien-uong-bi": ["003-V16"],
    "de-an-nha-o-nguoi-co-cong": ["003-V17"],
    "nq-dai-hoi-dang-bo-phuong-uong-bi-i": ["003-V18", "004-V10"],
    "quy-che-tdkt-3-phuong-cu": ["003-V19"],
    "19-ct-ttg-2021": ["004-V02"],
    "160-kh-ubnd-quang-ninh-2021": ["004-V03"],
    "152-2025-nd-cp": ["004-V06"],
    "37-ct-tu-quang-ninh-2023": ["004-V08"],
}

EXTERNALLY_CHECKED = ("1679-nq-ubtvqh15", "2025-qd-ubnd-quang-ninh-2022")

NOTES = {
    "06-2022-qh15": [
        "Các văn bản 000, 003, 004 chỉ ghi tên 'Luật Thi đua, khen thưởng (năm 2022)', không ghi số hiệu.",
        "96 điều; được sửa đổi, bổ sung bởi Luật 06/2026/QH16 từ 01/10/2026.",
    ],
    "nghi-dinh-91": ["Có lẽ là Nghị định 91/2017/NĐ-CP; văn bản không ghi năm nên để riêng."],
    "nghi-dinh-98": ["Có lẽ là Nghị định 98/2023/NĐ-CP; văn bản không ghi năm nên không gộp."],
    "28-2024-nd-cp": [
        "Quan hệ với Nghị định 152/2025/NĐ-CP chưa rõ: một nguồn nói được thay thế, một nguồn nói không được gộp."
    ],
}


def split_number(number_symbol: str | None) -> tuple[str | None, str | None]:
    """ "169/KH-UBND" -> ("169", "KH-UBND"); "35-CT/TW" -> ("35", "CT/TW")."""
    if number_symbol is None:
        return None, None
    number, symbol = re.split(r"[/-]", number_symbol, maxsplit=1)
    return number, symbol


def document(key: str, number_symbol: str | None, issuer_name: str | None, **more: object) -> Row:
    number, symbol = split_number(number_symbol)
    row: Row = {
        "key": key,
        "issuer": ISSUERS.get(issuer_name or ""),
        "issuer_name": issuer_name or NO_ISSUER,
        "number": number,
        "symbol": symbol,
        "number_symbol": number_symbol,
        "type": None,
        "issued_on": None,
        "title": None,
        "signer": None,
        "signer_position": None,
        "signing_form_text": None,
        "place": None,
        "recipients": [],
        "validity": "unknown",
        "effective_on": None,
        "expires_on": None,
        "paper": None,
        "sections": [],
        "notes": [],
        "doubts": [],
        "verification": "partial",
    }
    return {**row, **more}


def paper_document(number: str, paper: Row) -> Row:
    raw = paper["document"]
    return document(
        PAPERS[number],
        raw["number_symbol"],
        raw["issuing_body"],
        number=raw["number"],
        symbol=raw["symbol"],
        type=TYPES[raw["type_name"]],
        issued_on=partial_date(raw["date"]),
        title=raw["title"],
        signer=raw["signer"],
        signer_position=raw["signer_position"],
        signing_form_text=raw["signing_form"],
        place=raw["place"],
        recipients=[{"name": row["name"], "purpose": PURPOSES[row["purpose"]]} for row in raw["recipients"]],
        paper=number,
        sections=raw["sections"],
        notes=raw["notes"],
        doubts=[doubt(row) for row in paper["doubts"]],
        verification="verified" if number == "004" else "partial",
    )


def title_of(raw: Row) -> tuple[str, list[str]]:
    """The title, and a note where the paper gives both a name and a subject, or neither."""
    name, subject = raw.get("name"), raw["subject"]
    if name and subject and name not in subject:
        return name, [f"Nội dung được nhắc: {subject}."]
    if subject or name:
        return str(subject or name), []
    return f"{raw['type']} {raw['number_symbol']}", ["Văn bản không nêu trích yếu."]


def cited_document(key: str, cited: list[Row]) -> Row:
    first, others = cited[0], cited[1:]
    title, notes = title_of(first)
    for other in others:
        same = (other["subject"] or other.get("name")) in (first["subject"], first.get("name"))
        if not same and other["subject"]:
            notes.append(f"{other['id']} ghi trích yếu: {other['subject']}.")
        if other["issuing_body"] and other["issuing_body"] != first["issuing_body"]:
            notes.append(f"{other['id']} ghi cơ quan: {other['issuing_body']}.")
        if other["date"] is None and first["date"] is not None:
            notes.append(f"{other['id']} không ghi ngày.")
    exact = first["number_symbol"] is not None and first["date"] is not None
    return document(
        key,
        first["number_symbol"],
        first["issuing_body"],
        type=TYPES[first["type"]],
        issued_on=partial_date(first["date"]),
        title=title,
        notes=[*notes, *(row["note"] for row in cited if row.get("note")), *NOTES.get(key, [])],
        verification="verified" if key in EXTERNALLY_CHECKED else "partial" if exact else "unverified",
    )


def law(key: str, cited: Row | None) -> Row:
    number_symbol, kind, issuer, issued, title, validity, effective, expires, verification, notes = LAWS[key]
    return document(
        key,
        number_symbol,
        issuer,
        type=kind,
        issued_on=partial_date(issued),
        title=title,
        validity=validity,
        effective_on=effective,
        expires_on=expires,
        notes=[*(cited["notes"] if cited else []), *notes],
        verification=verification,
    )


def build(papers: dict[str, Row]) -> Row:
    """The papers, then what they cite, then the law; citations in the order of the papers."""
    by_id = {raw["id"]: raw for paper in papers.values() for raw in paper["citations"]}
    key_of = {identifier: key for key, identifiers in CITED.items() for identifier in identifiers}
    if set(key_of) != set(by_id):
        raise ValueError(f"citations without document, or unknown: {set(key_of) ^ set(by_id)}")
    cited = {key: cited_document(key, [by_id[i] for i in identifiers]) for key, identifiers in CITED.items()}
    cited["1679-nq-ubtvqh15"]["validity"] = "in_force"
    cited["1679-nq-ubtvqh15"]["effective_on"] = "2025-07-01"
    citations = [
        {
            "from": PAPERS[number],
            "to": key_of[raw["id"]],
            "relation": RELATIONS[raw["relation"]],
            "section": raw["section"],
            "note": raw.get("note"),
            "source_id": raw["id"],
        }
        for number, paper in papers.items()
        for raw in paper["citations"]
    ]
    citations += [
        {"from": old, "to": new, "relation": relation, "section": None, "note": note, "source_id": None}
        for old, new, relation, note in LAW_CITATIONS
    ]
    return {
        "source": SOURCE,
        "as_of": AS_OF,
        "documents": [
            *(paper_document(number, paper) for number, paper in papers.items()),
            *(row for key, row in cited.items() if key not in LAWS),
            *(law(key, cited.get(key)) for key in LAWS),
        ],
        "citations": citations,
    }
