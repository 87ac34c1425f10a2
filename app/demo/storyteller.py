"""How the story is told: every request is printed with who makes it and what came back."""

import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Answer = dict[str, Any]


class StoryBroken(Exception):
    """A step did not answer as the story says; the message tells which and how."""


@dataclass
class Storyteller:
    """Speaks HTTP for several people and remembers every write the server acknowledged."""

    client: httpx.AsyncClient
    say: Callable[[str], None]
    tokens: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    # address of everything that was acknowledged, with the version it had then
    acknowledged: dict[str, int] = field(default_factory=dict)
    _steps: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.say(f"\n━━ {title} ━━")

    async def log_in(self, who: str, username: str, password: str) -> None:
        """Log one person in."""
        answer = await self.client.post("/v1/auth/login", json={"username": username, "password": password})
        tokens = self._expect(answer, 200, f"{who} đăng nhập")
        self.tokens[who] = tokens["access_token"]
        me = await self.client.get("/v1/me", headers=self._headers(who))
        self.names[who] = self._expect(me, 200, f"{who} xem quyền của mình")["display_name"]

    async def get(self, who: str | None, path: str, tell: str, **parameters: str) -> Answer:
        """Read something; `who` None asks without a token."""
        answer = await self.client.get(path, params=parameters, headers=self._headers(who))
        return self._told(who, "GET", path, tell, answer, 200)

    async def post(
        self, who: str, path: str, body: Mapping[str, Any], tell: str, *, of: Answer | None = None, expect: int = 0
    ) -> Answer:
        """Create something, or move `of` one step by the version that was read."""
        headers = self._headers(who) | {"Idempotency-Key": str(uuid.uuid4())}
        if of is not None:
            headers["If-Match"] = f'"{of["version"]}"'
        answer = await self.client.post(path, json=dict(body), headers=headers)
        result = self._told(who, "POST", path, tell, answer, expect or (200 if of is not None else 201))
        if answer.is_success and "version" in result:
            self.acknowledged[self._address(path, answer)] = result["version"]
        return result

    async def patch(self, who: str, path: str, body: Mapping[str, Any], tell: str, *, of: Answer) -> Answer:
        """Change something by the version that was read."""
        headers = self._headers(who) | {"If-Match": f'"{of["version"]}"'}
        answer = await self.client.patch(path, json=dict(body), headers=headers)
        result = self._told(who, "PATCH", path, tell, answer, 200)
        self.acknowledged[path] = result["version"]
        return result

    @staticmethod
    def _address(path: str, answer: httpx.Response) -> str:
        """Where what was written is read again: the new resource, or the one the verb was called on."""
        location = answer.headers.get("Location")
        return location if location else path.rsplit("/", 1)[0]

    def _headers(self, who: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}

    def _told(self, who: str | None, method: str, path: str, tell: str, answer: httpx.Response, expect: int) -> Answer:
        name = f"{self.names.get(who, who)} · {who}" if who else "Bất kỳ ai (không đăng nhập)"
        self.say(f"\n{next(self._steps):>2}. {tell}\n    {name}\n    {method} {path} → {answer.status_code}")
        result = self._expect(answer, expect, tell)
        for line in _digest(result):
            self.say(f"      {line}")
        return result

    def _expect(self, answer: httpx.Response, status: int, tell: str) -> Answer:
        if answer.status_code != status:
            raise StoryBroken(f"“{tell}”: cần {status}, nhận {answer.status_code}: {answer.text[:600]}")
        result: Answer = answer.json()
        return result


_TOLD = (
    "code",
    "title",
    "state",
    "public_status",
    "number_symbol",
    "detail",
    "text",
    "participation_percent",
    "recipient_name_masked",
    "bonus_total",
    "total",
    "allowed_actions",
)


def _digest(answer: Answer) -> list[str]:
    """The few members of an answer that carry the story."""
    lines = []
    for name in _TOLD:
        value = answer.get(name)
        if value in (None, "", []):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        first, *rest = text.splitlines() or [""]
        lines += [f"{name}: {first}", *(f"{' ' * len(name)}  {line}" for line in rest)]
    if "items" in answer:
        lines.append(f"items: {len(answer['items'])}")
    return [line if len(line) <= 160 else f"{line[:157]}…" for line in lines]
