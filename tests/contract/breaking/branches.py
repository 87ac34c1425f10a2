"""A schema as a list of alternatives, each of one JSON type and free of anyOf, oneOf, if and dependencies.

Every value that the schema accepts is accepted by at least one of the alternatives, and the other way round;
what is to be proven of a schema is proven of each alternative.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.contract.breaking.findings import Schema

# "number" is two kinds, so that integer is a part of it; no JSON type is called fraction
KINDS = frozenset({"null", "boolean", "integer", "fraction", "string", "array", "object"})
NUMBERS = frozenset({"integer", "fraction"})
_MOST = 2_000

Part = dict[str, Any]
Union = list[list[Schema]]
Bound = tuple[Any, int] | None


class TooManyAlternatives(Exception):
    """Multiplied out, the schema has too many alternatives to look at."""


@dataclass(frozen=True)
class Branch:
    """One alternative: values of one kind that satisfy all parts. `values` is the complete list where it is finite."""

    kind: str
    parts: tuple[Part, ...]
    values: tuple[Any, ...] | None = None


def kind_of(value: Any) -> str:
    """The kind of a JSON value; 1.0 is an integer, as JSON Schema has it."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    kinds = {type(None): "null", bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def token(value: Any) -> Any:
    """Something hashable that is equal for equal JSON values: 1 is 1.0, but not true."""
    if isinstance(value, list):
        return ("array", tuple(token(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((key, token(child)) for key, child in value.items()))
    return ("number" if kind_of(value) in NUMBERS else kind_of(value), value)


def listed(part: Part) -> list[Any] | None:
    """The values that `enum` and `const` leave, None where there is neither."""
    values: list[Any] | None = part.get("enum")
    if "const" in part:
        values = [part["const"]] if values is None or token(part["const"]) in map(token, values) else []
    return values


def kinds(part: Part) -> frozenset[str]:
    """The kinds of value that a part accepts."""
    declared = part.get("type")
    accepted = KINDS
    if declared is not None:
        names = {declared} if isinstance(declared, str) else set(declared)
        accepted = frozenset(names - {"number"} | (NUMBERS if "number" in names else set()))
    values = listed(part)
    return accepted if values is None else accepted & {kind_of(value) for value in values}


def parts_of(schemas: Iterable[Schema]) -> tuple[Part, ...] | None:
    """The schemas that must all hold, with allOf opened. None where one of them accepts nothing."""
    parts: dict[int, Part] = {}
    pending = list(schemas)
    while pending:
        schema = pending.pop(0)
        if schema is False:
            return None
        if isinstance(schema, dict) and schema and id(schema) not in parts:
            parts[id(schema)] = schema
            pending.extend(schema.get("allOf", ()))
    return tuple(parts.values())


def extent(branch: Branch) -> tuple[Bound, Bound]:
    """Least and greatest size (number, length, count): (value, 0), or (value, ±1) where the value itself is out."""
    parts, kind = branch.parts, branch.kind
    if branch.values and kind in NUMBERS | {"string"}:
        sizes = [value if kind in NUMBERS else len(value) for value in branch.values]
        return (min(sizes), 0), (max(sizes), 0)
    if kind in NUMBERS:
        lows = [(p[k], s) for p in parts for k, s in (("minimum", 0), ("exclusiveMinimum", 1)) if k in p]
        highs = [(p[k], s) for p in parts for k, s in (("maximum", 0), ("exclusiveMaximum", -1)) if k in p]
        if kind == "integer":
            lows = [(math.floor(v) + 1 if strict else math.ceil(v), 0) for v, strict in lows]
            highs = [(math.ceil(v) - 1 if strict else math.floor(v), 0) for v, strict in highs]
        return max(lows, default=None), min(highs, default=None)
    noun = {"string": "Length", "array": "Items", "object": "Properties"}.get(kind)
    if noun is None:
        return None, None
    least = [p.get(f"min{noun}", 0) for p in parts]
    most = [p[f"max{noun}"] for p in parts if f"max{noun}" in p]
    if kind == "object":
        least.append(len({name for p in parts for name in p.get("required", ())}))
        most += [len(p.get("properties", ())) for p in parts if p.get("additionalProperties") is False
                 and not p.get("patternProperties")]  # fmt: skip
    if kind == "array":
        most += [len(p.get("prefixItems", ())) for p in parts if p.get("items") is False]
    return (max(least, default=0), 0), ((min(most), 0) if most else None)


def is_multiple(value: Any, factor: Any) -> bool:
    """Whether a number is a multiple, counted in decimals as it is written."""
    return Fraction(str(value)) % Fraction(str(factor)) == 0


def is_match(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None where Python cannot read a pattern made for JavaScript."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None


class Branches:
    """Opens schemas; remembers what it made of them, so that the same schema gives the same objects."""

    def __init__(self) -> None:
        self._unions: dict[int, tuple[Part, list[Union]]] = {}

    def of(self, schemas: Sequence[Schema], among: frozenset[str] = KINDS) -> list[Branch]:
        """The alternatives of what satisfies all of the schemas and is one of these kinds."""
        start = parts_of(schemas)
        waiting: list[tuple[tuple[Part, ...], frozenset[int]]] = [] if start is None else [(start, frozenset())]
        settled: list[Branch] = []
        while waiting:
            parts, opened = waiting.pop(0)
            allowed = among.intersection(*map(kinds, parts))
            if not allowed:
                continue
            union = next((u for part in parts for u in self.unions_of(part) if id(u) not in opened), None)
            if union is None:
                settled += _settled(parts, allowed)
            else:
                chosen = (parts_of([*parts, *alternative]) for alternative in union)
                waiting += [(more, opened | {id(union)}) for more in chosen if more is not None]
            if len(waiting) + len(settled) > _MOST:
                raise TooManyAlternatives
        return settled

    def unions_of(self, part: Part) -> list[Union]:
        """Each union of a part: alternatives of which one must hold, each a list of schemas that hold together."""
        if id(part) not in self._unions:
            # the part is kept with them: an id means something only as long as its object lives
            self._unions[id(part)] = (part, _unions(part))
        return self._unions[id(part)][1]


def _unions(part: Part) -> list[Union]:
    unions: list[Union] = []
    if "anyOf" in part:
        unions.append([[option] for option in part["anyOf"]])
    if "oneOf" in part:
        options = part["oneOf"]
        unions.append(
            [
                [option, *({"not": other} for place, other in enumerate(options) if place != chosen)]
                for chosen, option in enumerate(options)
            ]
        )
    if "if" in part:
        unions.append([[part["if"], part.get("then", True)], [{"not": part["if"]}, part.get("else", True)]])
    dependent = {name: {"required": names} for name, names in part.get("dependentRequired", {}).items()}
    for needs in (dependent, part.get("dependentSchemas", {})):
        unions += [[[{"not": {"type": "object", "required": [name]}}], [need]] for name, need in needs.items()]
    return unions


def _settled(parts: tuple[Part, ...], allowed: frozenset[str]) -> list[Branch]:
    lists = [values for part in parts if (values := listed(part)) is not None]
    finite: dict[str, list[Any]] = {"null": [None], "boolean": [False, True]} if not lists else {}
    for value in lists[0] if lists else ():
        if all(token(value) in map(token, others) for others in lists[1:]) and not any(
            _refuses(part, value) for part in parts
        ):
            finite.setdefault(kind_of(value), []).append(value)
    settled = []
    for kind in sorted(allowed):
        if kind not in finite:
            settled += [] if lists else [Branch(kind, parts)]
        elif kind in ("array", "object"):
            # what is said of the fields of such a value is said by a schema that only it satisfies
            settled += [Branch(kind, (*parts, literal(value)), (value,)) for value in finite[kind]]
        else:
            settled.append(Branch(kind, parts, tuple(finite[kind])))
    return settled


def _refuses(part: Part, value: Any) -> bool:
    """Whether it is certain that the bounds, pattern or multiple of this part exclude a number or text."""
    kind = kind_of(value)
    if kind not in NUMBERS | {"string"}:
        return False
    low, high = extent(Branch(kind, (part,)))
    size = len(value) if kind == "string" else value
    if (low is not None and (size, 0) < low) or (high is not None and (size, 0) > high):
        return True
    if kind == "string":
        return "pattern" in part and is_match(part["pattern"], value) is False
    return "multipleOf" in part and not is_multiple(value, part["multipleOf"])


def literal(value: list[Any] | dict[str, Any]) -> Part:
    """The schema that only this array or object satisfies, said with the keywords of its kind."""
    if isinstance(value, dict):
        fields = {name: {"const": child} for name, child in value.items()}
        return {"type": "object", "properties": fields, "required": list(value), "additionalProperties": False}
    size = len(value)
    items = [{"const": child} for child in value]
    return {"type": "array", "prefixItems": items, "items": False, "minItems": size, "maxItems": size}
