"""The rules of the domain that an answer needs, for the peers that live in environments of their own.

Plain functions over plain values: status of a campaign, the bot's sentence, the words around figures. They say what
the product's services say (the harness compares the answers), and take from `app` only its vocabularies, identifiers
and clock, which need nothing installed.
"""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from app.vocabularies import (
    AuthorityKind,
    AuthorityLevel,
    CommendationCategory,
    DocumentType,
    Line,
    PublicStatus,
    RecipientKind,
    ReviewKind,
)

LAUNCHED = ("launched", "suspended", "concluded", "archived")
MOST_LINES = 10
DIMENSIONS = ("year", "level", "category", "award_type", "recipient_kind")
PARTICIPANTS = tuple(
    kind.value
    for kind in AuthorityKind
    if kind.value
    in [
        "people_committee",
        "ministry",
        "department",
        "division",
        "service_unit",
        "school",
        "hospital",
        "enterprise",
        "front_committee",
        "womens_union",
        "farmers_union",
        "youth_union",
        "veterans_association",
        "trade_union",
        "residential_area",
        "police",
        "military",
    ]
)
BY_LINE = (Line.FRONT.value, Line.MASS_ORGANIZATION.value)
ONE_IN_A_UNIT = [
    "people_committee",
    "people_council",
    "front_committee",
    "womens_union",
    "farmers_union",
    "youth_union",
    "veterans_association",
]

Json = dict[str, Any]


# ------------------------------------------------------------ dates and status


def partial_date(day: date | None, precision: str | None) -> Json | None:
    """A day and how exactly it is known, as the contract writes it."""
    if day is None or precision is None:
        return None
    return {"value": day.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]], "precision": precision}


def span(partial: Json) -> tuple[date, date]:
    """The first and the last day a partial date may mean."""
    parts = [int(part) for part in partial["value"].split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        year, month = parts
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    year, month, day = parts
    return date(year, month, day), date(year, month, day)


def _reviews(phases: Iterable[Json]) -> list[Json]:
    return [phase["review"] for phase in phases if phase["review"] and phase["review"]["on"]]


def public_status(campaign: Any, today: date) -> str | None:
    """What the public sees of a campaign on a day; None where it is not public."""
    if campaign.state in ("draft", "in_review", "cancelled"):
        return None
    if campaign.state == "suspended":
        return "suspended"
    if campaign.state in ("concluded", "archived"):
        return "ended"
    starts = partial_date(campaign.starts_on, campaign.starts_precision)
    ends = partial_date(campaign.ends_on, campaign.ends_precision)
    if not campaign.launcher_known and starts is None and ends is None:
        return "unknown"
    if starts and today < span(starts)[0]:
        return "upcoming"
    reviews = _reviews(campaign.plan["phases"])
    if any(review["kind"] == "final" and _in_final_review(review["on"], ends, today) for review in reviews):
        return "final_review"
    if ends and today > span(ends)[1]:
        return "ended"
    for review in reviews:
        first, last = span(review["on"])
        if review["kind"] == "interim" and first <= today <= last:
            return "interim_review"
    return "running"


def _in_final_review(on: Json, ends: Json | None, today: date) -> bool:
    first, last = span(on)
    if ends is None:
        return today >= first
    ends_first, ends_last = span(ends)
    if last >= ends_first:
        first = max(first, ends_first)
    return min(first, ends_last + timedelta(days=1)) <= today <= max(last, ends_last)


def next_review(phases: Iterable[Json], today: date) -> Json | None:
    """The review that comes next or is under way."""
    ahead = [review for review in _reviews(phases) if span(review["on"])[1] >= today]
    return min(ahead, key=lambda review: span(review["on"])[::-1], default=None)


def percent(part: int, whole: int) -> str:
    """In percent with one decimal, half rounded up."""
    tenths = (part * 2000 + whole) // (2 * whole) if whole else 0
    return f"{tenths // 10}.{tenths % 10}"


def ancestors(path: str) -> list[str]:
    """`/1/22/345/` → `/1/`, `/1/22/`, `/1/22/345/`."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: depth + 1]) + "/" for depth in range(len(steps))] if path else []


def is_in_force(body: Any, today: date) -> bool:
    """Whether a body exists on a day."""
    return (body.valid_from is None or body.valid_from <= today) and (body.valid_to is None or body.valid_to >= today)


# ------------------------------------------------------------ the public and the bot


def public_campaign(campaign: Any, in_scope: int, deployed: int, today: date) -> Json:
    """A launched campaign as anyone may see it; `campaign` has its launcher, parent and document at hand."""
    status = public_status(campaign, today)
    assert status is not None
    document, parent, plan = campaign.launch_document, campaign.parent, campaign.plan
    return {
        "code": campaign.code,
        "title": campaign.title,
        "short_title": campaign.short_title,
        "launcher": campaign.authority.name if campaign.launcher_known else None,
        "public_status": status,
        "public_status_label": PublicStatus(status).vi,
        "starts": partial_date(campaign.starts_on, campaign.starts_precision),
        "ends": partial_date(campaign.ends_on, campaign.ends_precision),
        "end_event": campaign.end_event,
        "theme": campaign.theme,
        "method": campaign.method,
        "scope": campaign.scope,
        "launched_on": campaign.launched_on,
        "launch_document": {
            "number_symbol": document.number_symbol,
            "title": document.title,
            "issued_on": partial_date(document.issued_on, document.issued_precision),
        }
        if document
        else None,
        "parent": {"code": parent.code, "title": parent.title} if parent and parent.state in LAUNCHED else None,
        "next_review": next_review(plan["phases"], today),
        "progress": {
            "units_in_scope": in_scope,
            "units_deployed": deployed,
            "participation_percent": percent(deployed, in_scope),
        }
        if campaign.launcher_known
        else None,
        "purposes": plan["purposes"][:MOST_LINES],
        "contents": [item["text"] for item in plan["contents"][:MOST_LINES]],
    }


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut only between words."""
    words = text.split()
    if len(" ".join(words)) <= limit:
        return " ".join(words)
    kept: list[str] = []
    while words and len(" ".join([*kept, words[0]])) < limit:
        kept.append(words.pop(0))
    return " ".join(kept) + "…"


def _spoken(partial: Json) -> str:
    day = span(partial)[0]
    if partial["precision"] == "year":
        return f"năm {day.year}"
    return f"tháng {day.month}/{day.year}" if partial["precision"] == "month" else f"{day.day}/{day.month}/{day.year}"


def _launched_by(found: Json, document_type: str | None) -> str:
    if found["launcher"] is None:
        return "các văn bản đã có không nêu rõ cơ quan phát động"
    text, document = shorten(found["launcher"], 120), found["launch_document"]
    if not document or document["number_symbol"] is None or document_type is None:
        return text
    text += f", theo {DocumentType(document_type).vi} {shorten(document['number_symbol'], 60)}"
    issued = document["issued_on"]
    if issued:
        text += f" {'ngày ' if issued['precision'] == 'day' else ''}{_spoken(issued)}"
    return text


def _period(found: Json) -> list[str]:
    parts = [f"từ {_spoken(found['starts'])}"] if found["starts"] else []
    if found["ends"]:
        parts.append(f"đến {_spoken(found['ends'])}")
    elif found["end_event"]:
        parts.append(f"đến {shorten(found['end_event'], 100)}")
    return [f"Thời gian: {' '.join(parts)}"] if parts else []


def _deployed(progress: Json | None) -> str:
    if progress is None:
        return "Triển khai: chưa có số liệu"
    if not progress["units_in_scope"]:
        return "Triển khai: chưa có đơn vị trong phạm vi theo dõi"
    share = progress["participation_percent"].replace(".", ",")
    return f"Triển khai: {progress['units_deployed']}/{progress['units_in_scope']} đơn vị ({share}%)"


def bot_answer(found: Json, document_type: str | None) -> Json:
    """The sentence of the bot about a public campaign, and its buttons."""
    lines = [
        f"Mã: {found['code']}",
        f"Phát động: {_launched_by(found, document_type)}",
        f"Trạng thái: {found['public_status_label']}",
        *_period(found),
        _deployed(found["progress"]),
    ]
    review = found["next_review"]
    if review:
        lines.append(f"{ReviewKind(review['kind']).vi}: {_spoken(review['on'])}")
    rest = "\n".join(lines)
    titles = [shorten(title, 599 - len(rest)) for title in (found["title"], found["short_title"]) if title]
    title = next((title for title in titles if title != "…"), f"Phong trào {found['code']}")
    buttons = [{"title": "Cập nhật tiến độ", "payload": f"#TD {found['code']}"}]
    if found["parent"]:
        buttons.append({"title": "Phong trào cấp trên", "payload": f"#TD {found['parent']['code']}"})
    return {"text": f"{title}\n{rest}", "buttons": buttons}


# ------------------------------------------------------------ statistics


def merge_lineage(lineage: dict[Any, str], steps: Iterable[tuple[Any, Any, str]]) -> set[Any]:
    """Add successions (old unit, new unit, extent) to a lineage; returns the units to look at next."""
    following = set()
    for old, new, extent in steps:
        reached = extent if lineage[new] == "whole" else lineage[new]
        # by several ways, one of them in part: then in part
        if old not in lineage or (lineage[old] == "whole" and reached != "whole"):
            lineage[old] = reached
            following.add(old)
    return following


def explain_predecessors(scope_name: str, scope_path: str, old: Sequence[Json]) -> None:
    """Set `added` and `reason` of old units with `extent`, `path` and `body`."""
    whole = [p for p in old if p["extent"] == "whole" and p["path"]]
    for p in old:
        path = p["path"]
        outer = next((o["body"] for o in whole if o is not p and path and path.startswith(o["path"])), None)
        p["added"] = False
        if p["extent"] != "whole":
            some = "một phần địa bàn" if p["extent"] == "part" else "phần còn lại"
            p["reason"] = f"Chỉ {some} nhập vào địa bàn của {scope_name}; số liệu không tách được nên không cộng."
        elif not path:
            p["reason"] = "Hệ thống chưa có cơ quan tương ứng của đơn vị cũ nên không có số liệu để cộng."
        elif path.startswith(scope_path):
            p["reason"] = f"{p['body']} đã nằm trong phạm vi của {scope_name}, không cộng lần nữa."
        elif outer:
            p["reason"] = f"{p['body']} đã tính cùng {outer}, không cộng lần nữa."
        else:
            p["added"] = True
            p["reason"] = f"Toàn bộ địa bàn nhập vào địa bàn của {scope_name}: cộng số của {p['body']} và cấp dưới."


def _definition(name: str, year_from: int | None, year_to: int | None) -> str:
    words = [f"từ năm {year_from}" if year_from else "", f"đến hết năm {year_to}" if year_to else ""]
    period = " ".join(word for word in words if word) or "mọi năm"
    return (
        f"Số mục khen thưởng trong sổ vàng chưa bị thu hồi ({period}, theo năm của quyết định), do {name} và các cơ quan, "
        "đơn vị cấp dưới theo địa bàn đề nghị, mỗi mục tính một lần; cộng số của các đơn vị cũ đã nhập toàn bộ vào địa "
        "bàn này, không cộng đơn vị chỉ nhập một phần. Số liệu trong các báo cáo trước đây nêu riêng, không cộng vào "
        "tổng."
    )


def _position(vocabulary: type[Any], value: str | None) -> int:
    return -1 if value is None else [term.value for term in vocabulary].index(value)


def register_items(counts: Iterable[Json], names: dict[str, str]) -> list[Json]:
    """Counts with any of the dimensions, in the order of the contract; `names` are those of the award types."""
    items = [{name: count.get(name) for name in (*DIMENSIONS, "awards", "bonus")} for count in counts]
    items.sort(
        key=lambda item: (
            item["year"] or 0,
            _position(AuthorityLevel, item["level"]),
            _position(CommendationCategory, item["category"]),
            item["award_type"] or "",
            _position(RecipientKind, item["recipient_kind"]),
        )
    )
    for item in items:
        code = item["award_type"]
        item["award_type"] = code and {"code": code, "name": names.get(code, code)}
    return items


def statistics(
    scope: Any,
    years: tuple[int | None, int | None],
    groups: Sequence[str],
    items: list[Json],
    predecessors: Sequence[Json],
    figures: Sequence[Json],
    counted_years: Iterable[int],
) -> Json:
    """The answer about a body and all below it."""
    total = sum(item["awards"] for item in items)
    counted = set(counted_years)
    return {
        "definition": _definition(scope.name, *years),
        "scope": {"id": scope.id, "name": scope.name},
        "basis": "current",
        "tree": "territory",
        "year_from": years[0],
        "year_to": years[1],
        "group_by": list(dict.fromkeys(groups)),
        "award_register": {"items": items, "awards": total, "bonus": sum(item["bonus"] for item in items)},
        "historical": figures,
        "predecessors": [
            {name: p[name] for name in ("unit", "extent", "added", "awards", "reason")} for p in predecessors
        ],
        "total": total,
        "total_uses": "award_register",
        "possible_double_counts": [f["key"] for f in figures if _may_be_counted_twice(f, counted)],
    }


def _may_be_counted_twice(figure: Json, years: set[int]) -> bool:
    first, last = figure["period"]["year_from"] or 0, figure["period"]["year_to"] or 9999
    return bool(figure["may_double_count_with"]) or any(first <= year <= last for year in years)
