"""What becomes of recorded requests and answers before they are examples: chosen, cut, and given fixed values."""

import base64
import json
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from app.db import Reads
from app.ids import check_character
from app.pages import encode_cursor
from app.problems import PROBLEM_MEDIA_TYPE

DAY = date(2026, 11, 20)
_MORNING = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 8 o'clock in Vietnam
_LOADED = datetime(2026, 11, 2, 1, tzinfo=UTC)
_MOST_ITEMS = 3
_LONG_TEXT = 80

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERIFICATION_CODE = re.compile(r"\b([2-9A-HJKMNP-Z]{4}-){3}[0-9A-Z]\b")
# the story numbers its papers by the clock: first comes that of the province, then that of the ward
_STORY_NUMBER = re.compile(r"\b\d{12}/KH-UBND")
_NUMBERS = ("160/KH-UBND", "61/KH-UBND")
_SECRETS = {
    "password": "Mật khẩu ví dụ {}, không dùng thật",
    "access_token": "eyJ2aS1kdSI6dHJ1ZX0.ma-truy-cap-vi-du-{}.khong-phai-chu-ky",
    "refresh_token": "ma-gia-han-vi-du-{}-khong-dung-that",
    "current_password": "Mật khẩu ví dụ {}, không dùng thật",
    "new_password": "Mật khẩu ví dụ mới {}, không dùng thật",
    "secret": "VIDUKHONGDUNGTHATVIDUKHONGDUNGTH",
    "uri": "otpauth://totp/T%C4%90KT:vi.du?secret=VIDUKHONGDUNGTHATVIDUKHONGDUNGTH"
    "&algorithm=SHA1&digits=6&issuer=T%C4%90KT&period=30",
    "codes": "VIDU-KHON-GDUN-{:04}",
    "client": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "token": "ma-moi-vi-du-{}-khong-dung-that",
}
_FACTOR_CODE = re.compile(r"\d{6}")


@dataclass
class Recorder:
    """Hooks of a client: remember the first success of every operation, and the first refusal of every code."""

    document: dict[str, Any]
    reads: Reads
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: dict[str, dict[str, Any]] = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    _last: tuple[str, dict[str, Any]] | None = None

    def now(self) -> datetime:
        """The beginning of the last request."""
        return self.moments[-1] if self.moments else datetime.now(UTC)

    async def begin(self, _: httpx.Request) -> None:
        """Before a request: its moment, by the clock that also stamps the rows."""
        rows = await self.reads.fetch("select clock_timestamp() as moment")
        self.moments.append(rows[0]["moment"])

    async def end(self, response: httpx.Response) -> None:
        """After a request: keep what was sent and what came back."""
        await response.aread()
        self._last = None
        media_type = response.headers.get("content-type", "").split(";")[0]
        if response.status_code != 204 and not media_type.endswith("json"):
            return
        answer: Any = None if response.status_code == 204 else response.json()
        for text in _texts(answer):
            if _STORY_NUMBER.fullmatch(text) and text not in self.numbers:
                self.numbers[text] = _NUMBERS[len(self.numbers)]
        if media_type == PROBLEM_MEDIA_TYPE:
            self.problems.setdefault(answer["code"], answer)
            return
        operation = self._operation_of(response.request)
        if operation is None:
            return
        if answer is None and "requestBody" not in operation:
            return
        sent = response.request.content if "requestBody" in operation else b""
        exchange = {"request": json.loads(sent) if sent else None, "response": answer}
        self._last = operation["operationId"], exchange
        self.chosen.setdefault(*self._last)

    def pick(self) -> None:
        """The last exchange is the example of its operation."""
        assert self._last is not None
        operation, exchange = self._last
        self.chosen[operation] = exchange

    def _operation_of(self, request: httpx.Request) -> dict[str, Any] | None:
        # a fixed path wins over one with a parameter, as in the router
        for template in sorted(self.document["paths"], key=lambda template: template.count("{")):
            pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, request.url.path):
                found: dict[str, Any] | None = self.document["paths"][template].get(request.method.lower())
                return found
        return None

    def content(self, usernames: dict[str, str]) -> dict[str, Any]:
        """Examples in the order of the contract and problems by code, with fixed values."""
        names = [o["operationId"] for operations in self.document["paths"].values() for o in operations.values()]
        examples = {name: cut(self.chosen[name]) for name in names if name in self.chosen}
        stamps = [datetime.fromisoformat(text) for text in _texts(examples) if _MOMENT.fullmatch(text)]
        # only the requests that left a trace count, so that one request more does not move all that follow
        visible = sorted({bisect_right(self.moments, stamp) for stamp in stamps} - {0})
        fixed = _Fixed([self.moments[number - 1] for number in visible], self.numbers | usernames)
        return {
            "examples": {name: fixed.value(example) for name, example in examples.items()},
            "problems": {code: fixed.value(self.problems[code]) for code in sorted(self.problems)},
        }


def _texts(value: Any, name: str = "") -> list[str]:
    if isinstance(value, str):
        return _cursor(value) if name == "next_cursor" else [value]
    if isinstance(value, list):
        return [text for child in value for text in _texts(child, name)]
    children = value.items() if isinstance(value, dict) else ()
    return [text for member, child in children for text in _texts(child, member)]


def _cursor(value: str) -> list[str]:
    """What a cursor of `app.pages` holds: the sort values of the last item."""
    parts: list[str] = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    return parts


def cut(value: Any) -> Any:
    """Lists of objects and of long texts keep their first items; a history stays whole."""
    if isinstance(value, dict):
        return {name: child if name == "history" else cut(child) for name, child in value.items()}
    if isinstance(value, list):
        whole = all(isinstance(child, str) and len(child) <= _LONG_TEXT for child in value)
        return [cut(child) for child in (value if whole else value[:_MOST_ITEMS])]
    return value


class _Fixed:
    """Replaces what differs between runs; the same value becomes the same everywhere."""

    def __init__(self, moments: list[datetime], words: dict[str, str]) -> None:
        self._moments = moments
        self._words = words
        self._seen: dict[str, dict[str, int]] = {}

    def value(self, value: Any, name: str = "") -> Any:
        """A JSON value; `name` is the member that holds it."""
        if isinstance(value, dict):
            return {member: self.value(child, member) for member, child in value.items()}
        if isinstance(value, list):
            return [self.value(child, name) for child in value]
        if not isinstance(value, str):
            return value
        if name in _SECRETS:
            return _SECRETS[name].format(self._number(name, value))
        if name == "code" and _FACTOR_CODE.fullmatch(value):
            return "287082"
        if name == "next_cursor":
            return encode_cursor(*map(self._text, _cursor(value)))
        return self._text(value)

    def _text(self, text: str) -> str:
        if _MOMENT.fullmatch(text):
            return self._moment(datetime.fromisoformat(text))
        if text in self._words:
            return self._words[text]
        text = _ID.sub(lambda found: self._id(found[0]), text)
        text = _VERIFICATION_CODE.sub(lambda found: self._verification_code(found[0]), text)
        text = _STORY_NUMBER.sub(lambda found: self._words[found[0]], text)
        return re.sub(r"sau \d+ giây", "sau 900 giây", text)

    def _moment(self, value: datetime) -> str:
        """Five minutes for every request; what was there before them is some weeks old."""
        number = bisect_right(self._moments, value)
        moment = _MORNING + timedelta(minutes=5 * number) if number else _LOADED
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _number(self, kind: str, value: str) -> int:
        seen = self._seen.setdefault(kind, {})
        return seen.setdefault(value, len(seen) + 1)

    def _id(self, value: str) -> str:
        """UUIDv7 of that morning, numbered as they come."""
        milliseconds = f"{int(_MORNING.timestamp() * 1000):012x}"
        return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-{self._number('id', value):012d}"

    def _verification_code(self, value: str) -> str:
        body = f"MAUV-DUMA-UV{self._number('code', value) + 21}"
        return f"{body}-{check_character(body)}"


def dotted(name: str) -> str:
    """`Phạm Thu Hằng` → `pham.thu.hang`."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(c for c in letters if not unicodedata.combining(c)).replace(" ", ".")
