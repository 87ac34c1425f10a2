"""What travels between client and server: fields beside the body (parameters, headers), and the body.

A message to the server may only widen, a message to the client only narrow. In an operation the request goes to
the server and the response to the client; in a webhook or callback it is the other way round.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from tests.contract.breaking.findings import Finding, Schema, breaking
from tests.contract.breaking.keywords import Mode
from tests.contract.breaking.schemas import Subsumption
from tests.contract.breaking.structures import default_findings

Fields = dict[str, dict[str, Any]]
# part of the operation, finding in it
Found = Iterator[tuple[str, Finding]]

_DEFAULT_STYLE = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_SIMPLE = frozenset({"string", "integer", "number", "boolean", "null"})


class Messages:
    """Compares messages of one document with those of another."""

    def __init__(self) -> None:
        self._to_server = Subsumption(Mode.REQUEST)
        self._to_client = Subsumption(Mode.ANSWER)

    def accepted_fields(self, old: Fields, new: Fields, part: Callable[[str], str]) -> Found:
        """Parameters that the server reads."""
        for name, field in old.items():
            if name not in new:
                yield part(name), breaking("không còn được nhận")
                continue
            yield from ((part(name), finding) for finding in self._field(field, new[name], self._to_server))
            if new[name].get("required") and not field.get("required"):
                yield part(name), breaking("trở thành bắt buộc")
            elif not new[name].get("required") and not field.get("required"):
                ours, theirs = _schema(field), _schema(new[name])
                for finding in default_findings([ours], [theirs], Mode.REQUEST):
                    yield part(name), finding
            for flag in ("allowReserved", "allowEmptyValue"):
                if field.get(flag) and not new[name].get(flag):
                    yield part(name), breaking(f"không còn `{flag}`")
        for name, field in new.items():
            if name not in old and field.get("required"):
                yield part(name), breaking("mới và bắt buộc")

    def delivered_fields(self, old: Fields, new: Fields, part: Callable[[str], str]) -> Found:
        """Headers that the client reads."""
        for name, field in old.items():
            if name not in new:
                yield part(name), breaking("không còn được gửi")
                continue
            yield from ((part(name), finding) for finding in self._field(field, new[name], self._to_client))
            if field.get("required") and not new[name].get("required"):
                yield part(name), breaking("không còn luôn có mặt")

    def accepted_content(self, old: dict[str, Any], new: dict[str, Any], part: str) -> Found:
        """Bodies that the server reads, by media type; a range of the new document takes what falls under it."""
        for media_type, ours in _content(old).items():
            fitting = [name for name in _content(new) if fnmatchcase(media_type, name)]
            if not fitting:
                yield part, breaking(f"không còn nhận `{media_type}`")
                continue
            theirs = _content(new)[max(fitting, key=len)]
            yield from self._media(ours, theirs, self._to_server, f"{part} {media_type}")

    def delivered_content(self, old: dict[str, Any], new: dict[str, Any], part: str, *, chosen: bool) -> Found:
        """Bodies that the client reads. `chosen`: it names the media type it wants, so another one is harmless."""
        for media_type, theirs in _content(old).items():
            ours = _content(new).get(media_type)
            if ours is None:
                yield part, breaking(f"không còn trả về `{media_type}`")
            else:
                yield from self._media(ours, theirs, self._to_client, f"{part} {media_type}")
        for media_type in _content(new).keys() - _content(old).keys():
            if not chosen:
                yield part, breaking(f"có thể gửi `{media_type}`")

    def _media(self, narrow: Any, wide: Any, direction: Subsumption, part: str) -> Found:
        for finding in direction.within([narrow.get("schema", True)], wide.get("schema", True)):
            yield part, finding
        if narrow.get("encoding", {}) != wide.get("encoding", {}):
            yield part, breaking("`encoding` đổi")

    def _field(self, old: dict[str, Any], new: dict[str, Any], direction: Subsumption) -> Iterator[Finding]:
        if ("content" in old) is not ("content" in new) or _content(old).keys() != _content(new).keys():
            yield breaking("đổi cách mã hóa (`content`)")
            return
        narrow, wide = (old, new) if direction is self._to_server else (new, old)
        yield from direction.within([_schema(narrow)], _schema(wide))
        if _style(old) != _style(new):
            yield breaking(f"`style` {_style(old)} → {_style(new)}")
        elif _explode(old) is not _explode(new) and not (_is_simple(_schema(old)) and _is_simple(_schema(new))):
            yield breaking(f"`explode` {_explode(old)} → {_explode(new)}".lower())


def _content(message: dict[str, Any]) -> dict[str, Any]:
    return {name.lower().replace(" ", ""): media for name, media in message.get("content", {}).items()}


def _schema(field: dict[str, Any]) -> Schema:
    if "content" in field:
        media: dict[str, Any] = next(iter(field["content"].values()))
        field = media
    schema: Schema = field.get("schema", True)
    return schema


def _style(field: dict[str, Any]) -> str:
    style: str = field.get("style") or _DEFAULT_STYLE[field.get("in", "header")]
    return style


def _explode(field: dict[str, Any]) -> bool:
    explode: bool = field.get("explode", _style(field) == "form")
    return explode


def _is_simple(schema: Schema) -> bool:
    """Whether it is certain that no array or object is written into the address or header."""
    if not isinstance(schema, dict):
        return False
    if "type" in schema:
        return {schema["type"]} <= _SIMPLE if isinstance(schema["type"], str) else set(schema["type"]) <= _SIMPLE
    return any(schema.get(word) and all(map(_is_simple, schema[word])) for word in ("anyOf", "oneOf", "allOf"))
