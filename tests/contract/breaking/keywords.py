"""Keywords that look at one value alone: lists of values, bounds, patterns, formats, multiples.

Each function asks: does everything in the branch pass this keyword of the other schema? What cannot be proven
is a break that says so.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from tests.contract.breaking.branches import NUMBERS, Branch, Part, extent, is_match, is_multiple, listed, token
from tests.contract.breaking.findings import Finding, breaking, notice


class Mode(Enum):
    """Which way the schema travels. EXACT is set theory; the others know what clients can live with."""

    REQUEST = "request"
    ANSWER = "answer"
    EXACT = "exact"


UNDECIDED = "không xác định được có tương thích không nên coi là phá vỡ"

# a value of the first format is a value of the second
_WITHIN = {
    "int32": {"int64"},
    "float": {"double"},
    "email": {"idn-email"},
    "hostname": {"idn-hostname"},
    "uri": {"uri-reference", "iri", "iri-reference"},
    "uri-reference": {"iri-reference"},
    "iri": {"iri-reference"},
}
_NUMBER_FORMATS = frozenset({"int32", "int64", "float", "double"})
# say how to show a field, not what it holds
_HINTS = frozenset({"password"})


def show(value: Any) -> str:
    """A value in a message, marked as code so that a changelog line can be held against it."""
    return f"`{value}`" if isinstance(value, str) else f"`{str(value).lower()}`"


def scalar_findings(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    """What of the branch does not pass the keywords of this part that look at the value alone."""
    yield from _listed(branch, part, mode)
    yield from _bounds(branch, part, mode)
    if branch.kind == "string":
        yield from _pattern(branch, part, mode)
        for keyword in ("contentEncoding", "contentMediaType"):
            if keyword in part and all(own.get(keyword) != part[keyword] for own in branch.parts):
                yield breaking(f"`{keyword}` đổi thành {show(part[keyword])}")
    if branch.kind in NUMBERS:
        yield from _multiple(branch, part, mode)
    if branch.kind in NUMBERS | {"string"}:
        yield from _format(branch, part, mode)


def _listed(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    allowed = listed(part)
    if allowed is None:
        return
    tokens = set(map(token, allowed))
    if branch.values is None:
        yield breaking(
            "không còn giới hạn trong danh sách giá trị cũ"
            if mode is Mode.ANSWER
            else f"chỉ còn nhận {len(allowed)} giá trị"
        )
        return
    for value in branch.values:
        if token(value) not in tokens:
            if mode is Mode.ANSWER:
                yield notice(f"có thể trả về giá trị mới {show(value)}")
            else:
                yield breaking(f"không còn nhận giá trị {show(value)}")


def _bounds(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    names = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
    names |= {"object": ("minProperties", "maxProperties"), "integer": ("minimum", "maximum")}
    low_name, high_name = names.get(branch.kind, ("minimum", "maximum"))
    low, high = extent(branch)
    least, most = extent(Branch(branch.kind, (part,)))
    if branch.kind == "object":
        # the count that follows from the required fields is no promise of its own
        least, most = _counted(part, "minProperties"), _counted(part, "maxProperties")
    if least is not None and (low is None or low < least):
        yield breaking(_moved(low_name, low, least, mode))
    if most is not None and (high is None or high > most):
        moved = _moved(high_name, high, most, mode)
        # a ceiling that rises must be announced: some client keeps a column of that width. One that goes is a break
        yield notice(moved) if mode is Mode.ANSWER and high is not None else breaking(moved)


def _counted(part: Part, keyword: str) -> tuple[Any, int] | None:
    return (part[keyword], 0) if keyword in part else None


def _moved(name: str, ours: tuple[Any, int] | None, theirs: tuple[Any, int], mode: Mode) -> str:
    old, new = (theirs, ours) if mode is Mode.ANSWER else (ours, theirs)

    def text(bound: tuple[Any, int] | None) -> str:
        return "không giới hạn" if bound is None else f"{bound[0]}{' (không kể)' if bound[1] else ''}"

    return f"`{name}` {text(old)} → {text(new)}"


def _pattern(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    pattern = part.get("pattern")
    if pattern is None or any(own.get("pattern") == pattern for own in branch.parts):
        return
    if branch.values is not None:
        refused = [value for value in branch.values if not is_match(pattern, value)]
        if refused:
            yield breaking(f"giá trị {show(refused[0])} không khớp `pattern` {show(pattern)}")
        return
    before = next((own["pattern"] for own in branch.parts if "pattern" in own), None)
    old, new = (pattern, before) if mode is Mode.ANSWER else (before, pattern)
    # two patterns cannot be compared; one and none can
    doubt = f": {UNDECIDED}" if before is not None else ""
    yield breaking(f"`pattern` {show(old or 'không có')} → {show(new or 'không có')}{doubt}")


def _multiple(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    factor = part.get("multipleOf")
    if factor is None:
        return
    own = [other["multipleOf"] for other in branch.parts if "multipleOf" in other]
    own += [1] if branch.kind == "integer" else []
    if branch.values is not None:
        fits = all(is_multiple(value, factor) for value in branch.values)
    else:
        fits = any(is_multiple(step, factor) for step in own)
    if not fits:
        yield breaking(f"`multipleOf` {'nới khỏi' if mode is Mode.ANSWER else 'siết thành'} {factor}")


def _format(branch: Branch, part: Part, mode: Mode) -> Iterator[Finding]:
    wanted = part.get("format")
    if wanted is None or wanted in _HINTS or (wanted in _NUMBER_FORMATS) is (branch.kind == "string"):
        return
    own = [other["format"] for other in branch.parts if "format" in other]
    if any(given == wanted or wanted in _WITHIN.get(given, ()) for given in own):
        return
    before = ", ".join(own) or "không có"
    old, new = (wanted, before) if mode is Mode.ANSWER else (before, wanted)
    yield breaking(f"`format` {old} → {new}")
