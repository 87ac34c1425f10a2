"""What every part of the converter shares: reading, writing, keys and dates."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

Row = dict[str, Any]

DATA = Path(__file__).resolve().parent.parent  # app/data
AS_OF = "2026-11-20"

TWO_TIERS = "2025-07-01"  # the two-tier local government begins
LAST_DISTRICT_DAY = "2025-06-30"
AT_LEAST_SINCE = "2020-01-01"  # stands for "in force at least since": the true beginning is not known here

LEVELS = {
    "trung_uong": "central",
    "nha_nuoc": "central",
    "tinh": "province",
    "huyen": "district",
    "xa": "commune",
    "khu_pho": "community",
    "co_so": "unit",
}
DOUBT_LEVELS = {"cao": "high", "vừa": "medium", "thấp": "low"}


def read(path: Path) -> Any:
    """A JSON file with its text brought to NFC."""
    return json.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))


def write(name: str, content: Row) -> None:
    """Write one file of the reference data; the order of keys and rows is the order given."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (DATA / name).write_text(unicodedata.normalize("NFC", text) + "\n", encoding="utf-8")


def slug(text: str) -> str:
    """Readable ASCII key of a Vietnamese name: "Phường Uông Bí" -> "phuong-uong-bi"."""
    text = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(c for c in text if not unicodedata.combining(c))).strip("-")


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def partial_date(value: str | None) -> Row | None:
    """A date known to the day, the month or the year; None when it is not known."""
    if value is None:
        return None
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", value):
        raise ValueError(f"not a date: {value}")
    return {"value": value, "precision": {4: "year", 7: "month", 10: "day"}[len(value)]}


def join(*notes: str | None) -> str | None:
    """Notes put behind one another, without empty and repeated ones."""
    kept = list(dict.fromkeys(note.strip() for note in notes if note and note.strip()))
    return " ".join(note if note[-1] in ".!?" else note + "." for note in kept) or None


def doubt(raw: Row) -> Row:
    """A doubt about one reading of a paper."""
    return {
        "key": raw["id"],
        "section": raw["section"],
        "raw": raw["raw"],
        "read_as": raw["read_as"],
        "why": raw["why"],
        "level": DOUBT_LEVELS[raw["level"]],
    }
