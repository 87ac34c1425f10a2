"""The JSON of the contract straight from rows: dicts and msgspec structs, no pydantic.

What a field means is asked of the product's own functions (status, next review, participation, bot sentence).
"""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import msgspec

from app import shapes
from app.services.bot import campaign_text, shorten
from app.services.campaigns.participation import percent
from app.services.campaigns.status import next_review, public_status
from app.vocabularies import CampaignState, DocumentType

_LENGTHS = {"year": 4, "month": 7, "day": 10}
_MOST_LINES = 10


class PartialDate(msgspec.Struct):
    """The product's value, without its validation."""

    value: str
    precision: str
    first_day = shapes.PartialDate.first_day
    last_day = shapes.PartialDate.last_day


class _Appraisal(msgspec.Struct):
    opinion: str
    note: str | None
    by: str
    at: datetime


class _Event(msgspec.Struct):
    at: datetime
    action: str
    from_state: str | None
    to_state: str
    actor: str
    acting_for: msgspec.Raw
    sent_to: msgspec.Raw
    reason: str | None


class _Content(msgspec.Struct):
    text: str


_reviews = msgspec.json.Decoder(list[dict[str, Any]]).decode
_appraisal = msgspec.json.Decoder(_Appraisal).decode
_history = msgspec.json.Decoder(list[_Event]).decode
_lines = msgspec.json.Decoder(list[str]).decode
_contents = msgspec.json.Decoder(list[_Content]).decode


def _partial(day: date | None, precision: str | None) -> PartialDate | None:
    return None if day is None or precision is None else PartialDate(day.isoformat()[: _LENGTHS[precision]], precision)


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text)


def _campaign_fields(row: Any, reviews: list[dict[str, Any]], today: date) -> dict[str, Any]:
    starts = _partial(row["starts_on"], row["starts_precision"])
    ends = _partial(row["ends_on"], row["ends_precision"])
    state, known = row["state"], row["launcher_known"]
    return {
        "id": row["id"],
        "code": row["code"],
        "title": row["title"],
        "short_title": row["short_title"],
        "launcher": {"id": row["authority_id"], "name": row["authority_name"]},
        "launcher_known": known,
        "parent_id": row["parent_id"],
        "method": row["method"],
        "scope": row["scope"],
        "starts": starts,
        "ends": ends,
        "state": state,
        "public_status": _status(state, starts, ends, reviews, today, known),
        "launched_on": row["launched_on"],
        "created_at": row["created_at"],
    }


def _status(
    state: str,
    starts: PartialDate | None,
    ends: PartialDate | None,
    reviews: list[dict[str, Any]],
    today: date,
    launcher_known: bool,
) -> Any:
    # the product's rules need of a date only its first and its last day
    dates: tuple[Any, Any] = (starts, ends)
    return public_status(CampaignState(state), *dates, reviews, today, launcher_known=launcher_known)


def campaign(row: Any, today: date) -> dict[str, Any]:
    """One campaign with its plan."""
    found = _campaign_fields(row, _reviews(row["reviews"]), today)
    found["parent"] = row["parent_id"] and {
        "id": row["parent_id"],
        "code": row["parent_code"],
        "title": row["parent_title"],
    }
    found["launch_document"] = row["document_id"] and {
        "id": row["document_id"],
        "number_symbol": row["document_number"],
        "title": row["document_title"],
        "issued_on": _partial(row["document_issued_on"], row["document_issued_precision"]),
    }
    for name in ("theme", "scope_text", "end_event", "note", "version"):
        found[name] = row[name]
    for name in ("other_titles", "sources"):
        found[name] = _raw(row[name])
    found["plan"] = _raw(row["plan"])
    return found


def campaign_in_list(row: Any, today: date) -> dict[str, Any]:
    """A campaign of a page."""
    return _campaign_fields(row, _reviews(row["reviews"]), today)


def public_campaign(row: Any, today: date) -> dict[str, Any]:
    """A launched campaign as anyone may see it."""
    reviews = _reviews(row["reviews"])
    starts = _partial(row["starts_on"], row["starts_precision"])
    ends = _partial(row["ends_on"], row["ends_precision"])
    status = _status(row["state"], starts, ends, reviews, today, row["launcher_known"])
    review = next_review(reviews, today)
    in_scope, deployed = row["units_in_scope"], row["units_deployed"]
    return {
        "code": row["code"],
        "title": row["title"],
        "short_title": row["short_title"],
        "launcher": row["launcher"],
        "public_status": status,
        "public_status_label": status.vi,
        "starts": starts,
        "ends": ends,
        "end_event": row["end_event"],
        "theme": row["theme"],
        "method": row["method"],
        "scope": row["scope"],
        "launched_on": row["launched_on"],
        "launch_document": row["document_type"]
        and {
            "number_symbol": row["document_number"],
            "title": row["document_title"],
            "issued_on": _partial(row["document_issued_on"], row["document_issued_precision"]),
        },
        "parent": row["parent_code"] and {"code": row["parent_code"], "title": row["parent_title"]},
        "next_review": review
        and {"kind": review.kind, "on": {"value": review.on.value, "precision": review.on.precision}},
        "progress": {
            "units_in_scope": in_scope,
            "units_deployed": deployed,
            "participation_percent": percent(deployed, in_scope),
        }
        if row["launcher_known"]
        else None,
        "purposes": _lines(row["purposes"])[:_MOST_LINES],
        "contents": [item.text for item in _contents(row["contents"])[:_MOST_LINES]],
    }


def bot_answer(row: Any, today: date) -> dict[str, Any]:
    """The sentence of the product's bot and its buttons."""
    found: dict[str, Any] = public_campaign(row, today)
    document, review, progress = found["launch_document"], found["next_review"], found["progress"]
    said = SimpleNamespace(**found)
    said.launch_document = document and SimpleNamespace(**document)
    said.progress = progress and SimpleNamespace(**progress)
    said.next_review = review and SimpleNamespace(kind=review["kind"], on=PartialDate(**review["on"]))
    kind = row["document_type"] and DocumentType(row["document_type"])
    about: Any = SimpleNamespace(campaign=said, document_type=kind)
    buttons = [("Cập nhật tiến độ", found["code"])]
    if found["parent"]:
        buttons.append(("Phong trào cấp trên", found["parent"]["code"]))
    return {
        "text": campaign_text(about),
        "buttons": [{"title": shorten(title, 100), "payload": f"#TD {code}"} for title, code in buttons],
    }


def nomination_in_list(row: Any) -> dict[str, Any]:
    """A nomination of a page."""
    return {
        "id": row["id"],
        "dossier_id": row["dossier_id"],
        "authority": {"id": row["authority_id"], "name": row["authority_name"]},
        "candidate": {"id": row["candidate_id"], "kind": row["candidate_kind"], "name": row["candidate_name"]},
        "award_type": {"code": row["award_type_code"], "name": row["award_type_name"]},
        "category": row["category"],
        "year": row["year"],
        "state": row["state"],
        "holder": {"id": row["holder_id"], "name": row["holder_name"]},
        "created_at": row["created_at"],
        "state_changed_at": row["state_changed_at"],
    }


def nomination(row: Any) -> dict[str, Any]:
    """One nomination with its history."""
    found = nomination_in_list(row)
    campaign_id, appraisal, history = row["campaign_id"], row["appraisal"], row["history"]
    found["dossier"] = {"id": row["dossier_id"], "title": row["dossier_title"]}
    found["campaign"] = campaign_id and {
        "id": campaign_id,
        "code": row["campaign_code"],
        "title": row["campaign_title"],
    }
    found["appraisal"] = appraisal and _appraisal(appraisal)
    found["history"] = _history(history) if history else []
    for name in ("route", "achievement", "submitted_at", "version"):
        found[name] = row[name]
    return found
