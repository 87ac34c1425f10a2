"""Keywords of objects and arrays: what stands inside, and what may be missing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from tests.contract.breaking.branches import Branch, Part, extent, is_match, kinds, parts_of
from tests.contract.breaking.findings import Finding, Schema, breaking
from tests.contract.breaking.keywords import UNDECIDED, Mode


class Comparison(Protocol):
    """What the structures need of the comparison they are part of."""

    mode: Mode

    @property
    def exact(self) -> "Comparison":
        """The same without what clients can live with."""
        ...

    def within(self, narrow: Sequence[Schema], wide: Schema) -> list[Finding]:
        """Where a value of all of `narrow` need not be one of `wide`."""
        ...


def at_name(parts: Iterable[Part], name: str) -> list[Schema]:
    """The schemas that the field of this name must satisfy."""
    found: list[Schema] = []
    for part in parts:
        own = [part["properties"][name]] if name in part.get("properties", {}) else []
        own += [schema for pattern, schema in part.get("patternProperties", {}).items() if is_match(pattern, name)]
        if not own and "additionalProperties" in part:
            own = [part["additionalProperties"]]
        found += own
    return found


def at_index(parts: Iterable[Part], place: int) -> list[Schema]:
    """The schemas that the item at this place must satisfy."""
    found: list[Schema] = []
    for part in parts:
        fixed = part.get("prefixItems", [])
        if place < len(fixed):
            found.append(fixed[place])
        elif "items" in part:
            found.append(part["items"])
    return found


def _named(parts: Iterable[Part]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part.get("properties", {})))


def _patterns(parts: Iterable[Part]) -> dict[str, list[Schema]]:
    found: dict[str, list[Schema]] = {}
    for part in parts:
        for pattern, schema in part.get("patternProperties", {}).items():
            found.setdefault(pattern, []).append(schema)
    return found


def _unnamed(parts: Iterable[Part]) -> list[Schema]:
    return [part["additionalProperties"] for part in parts if "additionalProperties" in part]


def object_findings(comparison: Comparison, branch: Branch, part: Part) -> Iterator[Finding]:
    """What an object of the branch can have or miss that this part does not allow."""
    yield from _required(comparison, branch, part)
    yield from _properties(comparison, branch, part)
    for pattern, schema in part.get("patternProperties", {}).items():
        yield from _pattern_properties(comparison, branch, part, pattern, schema)
    yield from _additional(comparison, branch, part)
    if "propertyNames" in part:
        yield from _property_names(comparison, branch, part["propertyNames"])


def _required(comparison: Comparison, branch: Branch, part: Part) -> Iterator[Finding]:
    sure = {name for own in branch.parts for name in own.get("required", ())}
    for name in part.get("required", ()):
        if name in sure:
            continue
        if comparison.mode is not Mode.ANSWER:
            yield breaking("trở thành bắt buộc", name)
        elif not _is_gone(branch, name):
            yield breaking("không còn luôn có mặt", name)
        elif name not in part.get("properties", {}):
            yield breaking("không còn trong câu trả lời", name)


def _is_gone(branch: Branch, name: str) -> bool:
    """Whether an answer no longer speaks of a field that it may have by accident only."""
    schemas = at_name(branch.parts, name)
    return False in schemas or (name not in _named(branch.parts) and all(schema is True for schema in schemas))


def _properties(comparison: Comparison, branch: Branch, part: Part) -> Iterator[Finding]:
    named = _named(branch.parts)
    always = set(part.get("required", ())) | {name for own in branch.parts for name in own.get("required", ())}
    for name, schema in part.get("properties", {}).items():
        ours = at_name(branch.parts, name)
        if comparison.mode is Mode.ANSWER and schema is not False and _is_gone(branch, name):
            yield breaking("không còn trong câu trả lời", name)
            continue
        if comparison.mode is Mode.ANSWER and schema is False:
            # what clients were never shown is a new field for them
            continue
        if comparison.mode is Mode.REQUEST and name not in named and not ours:
            # a new optional field, where nothing was said of unknown ones
            continue
        yield from (finding.below(name) for finding in _inside(comparison, ours, schema))
        if comparison.mode is not Mode.EXACT and name in named and name not in always:
            yield from (finding.below(name) for finding in default_findings(ours, [schema], comparison.mode))


def _inside(comparison: Comparison, ours: Sequence[Schema], wide: Schema) -> list[Finding]:
    found = [] if False in ours else comparison.within(ours, wide)
    refused = wide is False and comparison.mode is Mode.REQUEST
    return [breaking("không còn được nhận")] if refused and found else found


def default_findings(ours: Sequence[Schema], wide: Sequence[Schema], mode: Mode) -> Iterator[Finding]:
    """What is left out means its default: another default is another meaning. No default and null are the same."""
    here, there = (
        next((part["default"] for part in parts_of(schemas) or () if "default" in part), None)
        for schemas in (ours, wide)
    )
    if (here, type(here)) != (there, type(there)):
        old, new = (there, here) if mode is Mode.ANSWER else (here, there)
        yield breaking(f"`default` {old} → {new}")


def _pattern_properties(
    comparison: Comparison, branch: Branch, part: Part, pattern: str, schema: Schema
) -> Iterator[Finding]:
    patterns = _patterns(branch.parts)
    if pattern in patterns:
        yield from (f.below(f"/{pattern}/") for f in _inside(comparison, patterns[pattern], schema))
        return
    for name in _named(branch.parts):
        if is_match(pattern, name) and name not in part.get("properties", {}):
            yield from (f.below(name) for f in _inside(comparison, at_name(branch.parts, name), schema))
    for other, ours in patterns.items():
        # a name may match both
        yield from (f.below(f"/{other}/") for f in _inside(comparison, ours, schema))
    yield from (f.below(f"/{pattern}/") for f in _inside(comparison, _unnamed(branch.parts), schema))


def _additional(comparison: Comparison, branch: Branch, part: Part) -> Iterator[Finding]:
    schema: Schema = part.get("additionalProperties", True)
    if schema is True or (schema is False and comparison.mode is Mode.ANSWER):
        return
    own_patterns = part.get("patternProperties", {})
    for name in _named(branch.parts):
        if name not in part.get("properties", {}) and not any(is_match(pattern, name) for pattern in own_patterns):
            yield from (f.below(name) for f in _inside(comparison, at_name(branch.parts, name), schema))
    for pattern, ours in _patterns(branch.parts).items():
        if pattern not in own_patterns:
            yield from (f.below(f"/{pattern}/") for f in _inside(comparison, ours, schema))
    yield from (f.below("*") for f in _inside(comparison, _unnamed(branch.parts), schema))


def _property_names(comparison: Comparison, branch: Branch, schema: Schema) -> Iterator[Finding]:
    own = [part["propertyNames"] for part in branch.parts if "propertyNames" in part]
    spoken_of: list[Schema] = [{"const": name} for name in _named(branch.parts)]
    spoken_of += [{"pattern": pattern} for pattern in _patterns(branch.parts)]
    if False not in _unnamed(branch.parts):
        spoken_of.append(True)
    for names in spoken_of:
        yield from (f.below("propertyNames") for f in comparison.within([{"type": "string"}, names, *own], schema))


def lost_fields(branch: Branch, wide: Sequence[Part]) -> Iterator[Finding]:
    """Fields of a request that the new schema, though open, no longer speaks of: sent, they are ignored."""
    if branch.values is not None or any("object" not in kinds(part) for part in wide):
        return
    everywhere = _everywhere(wide)
    named = set(_named(everywhere))
    if any("additionalProperties" in part for part in everywhere):
        # closed: found there. Open by name: it takes them
        return
    for own in branch.parts:
        for name, schema in own.get("properties", {}).items():
            taken = name in named or any(is_match(pattern, name) for pattern in _patterns(everywhere))
            if not taken and schema is not False:
                steps = (f"@{own['x-component']}", name) if "x-component" in own else (name,)
                yield breaking("không còn được nhận", *steps)


def _everywhere(parts: Iterable[Part]) -> list[Part]:
    """The parts, and all that their unions could add."""
    found: dict[int, Part] = {}
    pending: list[Any] = list(parts)
    while pending:
        part = pending.pop(0)
        if isinstance(part, dict) and id(part) not in found:
            found[id(part)] = part
            for word in ("allOf", "anyOf", "oneOf"):
                pending.extend(part.get(word, ()))
            pending.extend(part[word] for word in ("if", "then", "else") if word in part)
            pending.extend(part.get("dependentSchemas", {}).values())
    return list(found.values())


def array_findings(comparison: Comparison, branch: Branch, part: Part) -> Iterator[Finding]:
    """What an array of the branch can hold that this part does not allow."""
    _, high = extent(branch)
    fixed = max(len(own.get("prefixItems", ())) for own in (part, *branch.parts))
    for place in range(fixed if high is None else min(fixed, high[0])):
        ours = at_index(branch.parts, place)
        for schema in at_index([part], place):
            yield from (f.below(f"[{place}]") for f in _inside(comparison, ours, schema))
    rest = [own["items"] for own in branch.parts if "items" in own]
    if "items" in part and (high is None or high[0] > fixed):
        yield from (f.below("[]") for f in _inside(comparison, rest, part["items"]))
    alone = high is not None and high[0] <= 1
    if part.get("uniqueItems") and not alone and not any(own.get("uniqueItems") for own in branch.parts):
        yield breaking("các mục có thể trùng nhau" if comparison.mode is Mode.ANSWER else "các mục không được trùng")
    if "contains" in part and not any(_contains(comparison, own, part) for own in branch.parts):
        yield breaking(f"`contains` đổi: {UNDECIDED}")


def _contains(comparison: Comparison, own: Part, part: Part) -> bool:
    if "contains" not in own or own.get("minContains", 1) < part.get("minContains", 1):
        return False
    if own.get("maxContains", float("inf")) > part.get("maxContains", float("inf")):
        return False
    there = comparison.exact.within([own["contains"]], part["contains"])
    back = comparison.exact.within([part["contains"]], own["contains"])
    return not there and not back
