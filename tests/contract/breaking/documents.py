"""Two OpenAPI documents: which operations are still there, and what each takes and gives."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.contract.breaking.findings import Difference, Finding, breaking, located, notice
from tests.contract.breaking.linking import linked
from tests.contract.breaking.messages import Fields, Found, Messages
from tests.contract.breaking.security import security_findings

Document = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# OpenAPI says these are described elsewhere, and a document that lists them here means nothing by it
_NOT_HEADERS = frozenset({"accept", "content-type", "authorization"})


def compare(old: Document, new: Document, *, today: date) -> list[Difference]:
    """Everything in `new` that a client of `old` must not meet, or must be told of, each once an operation."""
    comparison = _Comparison(old, new, today)
    return list(dict.fromkeys(comparison.differences()))


class _Side:
    """One operation with what it inherits from its path and its document."""

    def __init__(self, views: tuple[Document, Document], path: str, item: tuple[Document, Document], method: str):
        # the document as requests are read (nothing readOnly) and as answers are read (nothing writeOnly)
        self.requests, self.answers = item[0][method], item[1][method]
        self.path = path
        self.servers = self._inherited("servers", item[0], views[0]) or [{"url": "/"}]
        self.security = self.requests.get("security", views[0].get("security", []))
        self.schemes = views[0].get("components", {}).get("securitySchemes", {})
        self._items = item

    def _inherited(self, word: str, item: Document, document: Document) -> Any:
        return self.requests.get(word) or item.get(word) or document.get(word)

    def parameters(self, *, incoming: bool) -> Fields:
        """All parameters, those of the operation over those of the path. In the path the place counts, not the name."""
        view = 0 if incoming else 1
        operation = (self.requests, self.answers)[view]
        places = re.findall(r"\{([^}]*)\}", self.path)
        found: Fields = {}
        for parameter in [*self._items[view].get("parameters", ()), *operation.get("parameters", ())]:
            where, name = parameter["in"], parameter["name"]
            if where == "header":
                if name.lower() in _NOT_HEADERS:
                    continue
                name = name.lower()
            if where == "path" and name in places:
                name = f"thứ {places.index(name) + 1}"
            found[f"{where} {name}"] = parameter
        return found


class _Comparison:
    def __init__(self, old: Document, new: Document, today: date) -> None:
        self._old = (linked(old, "readOnly"), linked(old, "writeOnly"))
        self._new = (linked(new, "readOnly"), linked(new, "writeOnly"))
        self._today = today
        self._messages = Messages()

    def differences(self) -> Iterator[Difference]:
        """All of them."""
        for word, flipped in (("paths", False), ("webhooks", True)):
            old, new = ([_declared(view.get(word, {})) for view in views] for views in (self._old, self._new))
            yield from self._items(old, new, flipped=flipped)

    def _items(self, old: list[Document], new: list[Document], *, flipped: bool) -> Iterator[Difference]:
        names = {_erased(path): path for path in new[0]}
        for path in old[0]:
            there = names.get(_erased(path))
            item = (old[0][path], old[1][path])
            other = (new[0][there], new[1][there]) if there is not None else ({}, {})
            for method in _METHODS:
                if method not in item[0]:
                    continue
                name = item[0][method].get("operationId") or f"{method.upper()} {path}"
                if method not in other[0]:
                    yield located(self._gone(item[0][method]), name, "thao tác")
                    continue
                before = _Side(self._old, path, item, method)
                after = _Side(self._new, there or path, other, method)
                for part, finding in self._operation(before, after, flipped=flipped):
                    yield located(finding, name, part)

    def _gone(self, operation: Document) -> Finding:
        """An operation may go on the day after its sunset, if clients were told while it was there."""
        sunset = operation.get("x-sunset")
        if operation.get("deprecated") and sunset and date.fromisoformat(sunset) < self._today:
            return notice(f"không còn, sau ngày ngừng {sunset} đã báo")
        return breaking("không còn")

    def _operation(self, old: _Side, new: _Side, *, flipped: bool) -> Found:
        yield from self._identity(old, new)
        if flipped:
            yield from self._delivery(old, new)
            return
        yield from (("đăng nhập", f) for f in security_findings(old.security, new.security, old.schemes, new.schemes))
        yield from _servers(old.servers, new.servers)
        parameters = old.parameters(incoming=True), new.parameters(incoming=True)
        yield from self._messages.accepted_fields(*parameters, lambda name: f"tham số {name}")
        yield from self._accepted_body(old.requests.get("requestBody"), new.requests.get("requestBody"), "thân yêu cầu")
        yield from self._responses(old.answers.get("responses", {}), new.answers.get("responses", {}))
        for name, callback in old.requests.get("callbacks", {}).items():
            others = [view.get("callbacks", {}).get(name, {}) for view in (new.requests, new.answers)]
            mine = [callback, old.answers["callbacks"][name]]
            for difference in self._items(mine, others, flipped=True):
                path = f"callback {name} {difference.place}"
                yield path, Finding(difference.severity, difference.what)

    def _identity(self, old: _Side, new: _Side) -> Found:
        before, after = old.requests, new.requests
        if before.get("operationId") != after.get("operationId"):
            yield "thao tác", breaking(f"operationId đổi thành `{after.get('operationId')}`")
        if after.get("deprecated") and not before.get("deprecated"):
            yield "thao tác", notice(f"sắp ngừng (`deprecated`), đến {after.get('x-sunset', 'chưa định ngày')}")
        sunset = before.get("x-sunset")
        if sunset and after.get("deprecated") and after.get("x-sunset", sunset) < sunset:
            yield "thao tác", breaking(f"ngày ngừng bị đẩy sớm lên: {sunset} → {after['x-sunset']}")

    def _accepted_body(self, old: Document | None, new: Document | None, part: str) -> Found:
        if old is None:
            if new is not None and new.get("required"):
                yield part, breaking("mới và bắt buộc")
        elif new is None:
            yield part, breaking("không còn được nhận")
        else:
            if new.get("required") and not old.get("required"):
                yield part, breaking("trở thành bắt buộc")
            yield from self._messages.accepted_content(old, new, part)

    def _responses(self, old: Document, new: Document) -> Found:
        old, new = _declared(old), _declared(new)
        for status in old:
            if _covering(status, new) is None and (
                status == "default" or not any(_covering(n, {status: 0}) for n in new)
            ):
                # whoever handled a refusal handles one that never comes; the type of a generated client is gone
                severity = notice if status == "default" or status[0] in "45" else breaking
                yield f"trả lời {status}", severity(f"trạng thái `{status}` không còn được trả về")
        for status, after in new.items():
            covering = _covering(status, old)
            if covering is not None:
                yield from self._response(old[covering], after, f"trả lời {status}")
            elif status[0] in "123" and status != "304":
                # 304 comes only to those who asked for it, refusals are handled by default
                yield f"trả lời {status}", breaking("trạng thái mới")

    def _response(self, old: Document, new: Document, part: str) -> Found:
        headers = _headers(old), _headers(new)
        yield from self._messages.delivered_fields(*headers, lambda name: f"{part} header {name}")
        yield from self._messages.delivered_content(old, new, part, chosen=True)
        for name, link in old.get("links", {}).items():
            if new.get("links", {}).get(name) != link:
                yield f"{part} link {name}", breaking("đổi hoặc không còn")

    def _delivery(self, old: _Side, new: _Side) -> Found:
        """A webhook or callback: here the server calls, and the client answers."""
        yield from (("đăng nhập", f) for f in security_findings(new.security, old.security, new.schemes, old.schemes))
        parameters = old.parameters(incoming=False), new.parameters(incoming=False)
        yield from self._messages.delivered_fields(*parameters, lambda name: f"tham số {name}")
        bodies = old.answers.get("requestBody", {}), new.answers.get("requestBody", {})
        yield from self._messages.delivered_content(*bodies, "thân", chosen=False)
        if bodies[0].get("required") and not bodies[1].get("required"):
            yield "thân", breaking("không còn luôn có mặt")
        answers = [_declared(side.requests.get("responses", {})) for side in (old, new)]
        for status, response in answers[0].items():
            covering = _covering(status, answers[1])
            part = f"trả lời {status}"
            if covering is None:
                yield part, breaking("không còn được chấp nhận")
                continue
            yield from self._taken_answer(response, answers[1][covering], part)

    def _taken_answer(self, old: Document, new: Document, part: str) -> Found:
        headers = _headers(old), _headers(new)
        yield from self._messages.accepted_fields(*headers, lambda name: f"{part} header {name}")
        yield from self._messages.accepted_content(old, new, part)


def _declared(named: Document) -> Document:
    """Without the extensions that may stand among paths and statuses."""
    return {name: child for name, child in named.items() if not name.startswith("x-")}


def _erased(path: str) -> str:
    """The path without the names of its parameters, which no client sends."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _headers(response: Document) -> Fields:
    named = {name.lower(): header for name, header in response.get("headers", {}).items()}
    return {name: header for name, header in named.items() if name != "content-type"}


def _covering(status: str, declared: Document) -> str | None:
    """The entry that speaks of this status: itself, its range, or `default`."""
    names = {name.upper(): name for name in declared}
    return next((names[name] for name in (status.upper(), f"{status[0]}XX", "DEFAULT") if name in names), None)


def _servers(old: list[Document], new: list[Document]) -> Found:
    """Each address that clients were given must still be one."""
    for server in old:
        same = [other for other in new if other["url"].rstrip("/") == server["url"].rstrip("/")]
        if not same:
            yield "máy chủ", breaking(f"địa chỉ `{server['url']}` không còn")
            continue
        for name, variable in server.get("variables", {}).items():
            other = same[0].get("variables", {}).get(name, {})
            lost = set(variable.get("enum", ())) - set(other.get("enum", variable.get("enum", ())))
            if variable.get("default") != other.get("default") or lost:
                yield "máy chủ", breaking(f"biến `{name}` của địa chỉ đổi")
