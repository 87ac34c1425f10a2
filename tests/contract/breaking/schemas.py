"""Is every value of one schema a value of another? With the way to each place where it is not.

Requests may only widen: every value the old schema accepted must be accepted by the new one. Answers may only
narrow: every value the new schema gives must be one the old schema promised. Both are the same question with the
sides exchanged: everything in `narrow` must be in `wide`. Where clients can live with more than set theory allows:

* an answer may gain fields, also where the old schema says additionalProperties false;
* an answer may gain enum values and may raise a ceiling, as a notice;
* a request may gain optional fields, also where the old schema said nothing of unknown fields;
* a field that disappears is a break, also where a validator would let it pass.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tests.contract.breaking.branches import (
    KINDS,
    Branch,
    Branches,
    Part,
    TooManyAlternatives,
    Union,
    extent,
    is_multiple,
    kinds,
    parts_of,
)
from tests.contract.breaking.findings import Finding, Schema, any_breaking, breaking
from tests.contract.breaking.keywords import UNDECIDED, Mode, scalar_findings
from tests.contract.breaking.linking import Digests
from tests.contract.breaking.structures import array_findings, at_index, at_name, lost_fields, object_findings

# proofs about `not` and oneOf inside one another; deeper ones are given up, which reports more, never less
_DEEPEST_PROOF = 4


class Subsumption:
    """The question for one mode, with what is already known of pairs of schemas."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self._branches = Branches()
        self._digests = Digests()
        self._known: dict[tuple[Any, ...], tuple[Any, list[Finding]]] = {}
        self._active: dict[tuple[Any, ...], int] = {}
        self._leans_on = 10**9
        self._proofs = 0
        self._strict = None if mode is Mode.EXACT else Subsumption(Mode.EXACT)

    @property
    def exact(self) -> "Subsumption":
        """The same question without what clients can live with."""
        return self._strict or self

    def within(self, narrow: Sequence[Schema], wide: Schema) -> list[Finding]:
        """Where a value that satisfies all of `narrow` need not be one of `wide`."""
        if wide is True or wide == {}:
            return []
        key = (*sorted({id(schema) for schema in narrow if schema is not True}), "within", id(wide))
        if key in self._known:
            return self._known[key][1]
        if key in self._active:
            # a schema that contains itself: it is within, unless a difference is found on the way
            self._leans_on = min(self._leans_on, self._active[key])
            return []
        depth = self._active[key] = len(self._active)
        outer, self._leans_on = self._leans_on, 10**9
        found = list(dict.fromkeys(self._differences(narrow, wide)))
        del self._active[key]
        if self._leans_on >= depth:
            # known for good; what leans on a question still open would not be. Kept with the objects whose ids it has
            self._known[key] = ((tuple(narrow), wide), found)
        self._leans_on = min(outer, self._leans_on)
        return found

    def _differences(self, narrow: Sequence[Schema], wide: Schema) -> Iterator[Finding]:
        try:
            branches = self._branches.of(narrow)
        except TooManyAlternatives:
            yield breaking(f"quá nhiều nhánh: {UNDECIDED}")
            return
        wide_parts = parts_of([wide])
        yield from self._discriminators(narrow, wide)
        possible = [branch for branch in branches if not self.impossible(branch)]
        if not possible and self.mode is not Mode.EXACT and False not in narrow and not self._unchanged(narrow, wide):
            # of nothing everything is true: a slip of the pen must not pass as the perfect promise
            name = [f"@{wide['x-component']}"] if isinstance(wide, dict) and "x-component" in wide else []
            yield breaking("mâu thuẫn, không giá trị nào thỏa mãn", *name)
        for branch in possible:
            if wide_parts is None:
                yield breaking(_REFUSED[self.mode])
                return
            yield from self._covered(branch, wide_parts)
            if self.mode is Mode.REQUEST and branch.kind == "object":
                yield from lost_fields(branch, wide_parts)

    def _unchanged(self, narrow: Sequence[Schema], wide: Schema) -> bool:
        return self._digests.of(wide) in {self._digests.of(schema) for schema in narrow} - {None}

    def _covered(self, branch: Branch, wide: Iterable[Part]) -> list[Finding]:
        found: list[Finding] = []
        same = {self._digests.of(part) for part in branch.parts} - {None}
        for part in wide:
            if self._digests.of(part) in same:
                # unchanged, however hard the proof would be
                continue
            name = part.get("x-component")
            here = self._part(branch, part)
            found += (finding.below(f"@{name}") for finding in here) if name else here
        return found

    def _part(self, branch: Branch, part: Part) -> Iterator[Finding]:
        if branch.kind not in kinds(part):
            kind = "number" if branch.kind == "fraction" else branch.kind
            yield breaking(f"{_NEW_KIND[self.mode]} `{kind}`")
            return
        yield from scalar_findings(branch, part, self.mode)
        if branch.kind == "object":
            yield from object_findings(self, branch, part)
        if branch.kind == "array":
            yield from array_findings(self, branch, part)
        if "not" in part and not self._disjoint(branch, part["not"]):
            yield breaking(f"`not`: {UNDECIDED}")
        for word in ("unevaluatedProperties", "unevaluatedItems"):
            if part.get(word, True) is not True:
                yield breaking(f"`{word}`: {UNDECIDED}")
        for union in self._branches.unions_of(part):
            yield from self._in_union(branch, union)

    def _in_union(self, branch: Branch, union: Union) -> Iterator[Finding]:
        if branch.values is not None and len(branch.values) > 1:
            for value in branch.values:
                yield from self._in_union(Branch(branch.kind, branch.parts, (value,)), union)
            return
        best: list[list[Finding]] = []
        for alternative in union:
            parts = parts_of(alternative)
            if parts is None:
                continue
            found = self._covered(branch, parts)
            if not found:
                return
            if all(branch.kind in kinds(part) for part in parts):
                best.append(found)
        told = min((found for found in best if not any_breaking(found)), key=len, default=None)
        if told is not None:
            yield from told
        elif len(best) == 1:
            yield from best[0]
        elif not best:
            kind = "number" if branch.kind == "fraction" else branch.kind
            yield breaking(f"{_NEW_KIND[self.mode]} `{kind}`")
        else:
            which = f" (giá trị `{branch.values[0]}`)" if branch.values else ""
            yield breaking(f"không nhánh nào bao trọn nhánh `{branch.kind}`{which}: {UNDECIDED}")

    def _discriminators(self, narrow: Sequence[Schema], wide: Schema) -> Iterator[Finding]:
        ours, theirs = _discriminator(narrow), _discriminator([wide])
        if ours is None or theirs is None:
            if self.mode is Mode.ANSWER and theirs is not None:
                yield breaking("`discriminator` không còn")
            return
        if ours["propertyName"] != theirs["propertyName"]:
            yield breaking(f"`discriminator` đổi giữa `{ours['propertyName']}` và `{theirs['propertyName']}`")
        for value, target in ours.get("mapping", {}).items():
            if value not in theirs.get("mapping", {}):
                if theirs.get("mapping"):
                    yield breaking(f"`discriminator`: giá trị `{value}` chỉ có ở một phía")
            else:
                yield from self.within([target], theirs["mapping"][value])

    def impossible(self, branch: Branch) -> bool:
        """Whether it is certain that no value satisfies the branch."""
        low, high = extent(branch)
        if low is not None and high is not None and (low[0] > high[0] or (low[0] == high[0] and low[1] != high[1])):
            return True
        if branch.kind == "fraction" and any(is_multiple(part.get("multipleOf", 0.5), 1) for part in branch.parts):
            return True
        if branch.kind == "object":
            required = {name for part in branch.parts for name in part.get("required", ())}
            if any(self._empty(at_name(branch.parts, name)) for name in required):
                return True
        if branch.kind == "array":
            sure = range(min(low[0] if low else 0, 20))
            if any(self._empty(at_index(branch.parts, place)) for place in sure):
                return True
        return any(self._is_within(branch, part["not"]) for part in branch.parts if "not" in part)

    def _empty(self, schemas: Sequence[Schema]) -> bool:
        """Whether no value satisfies them all. One schema alone is taken to mean something."""
        if False in schemas:
            return True
        if len(schemas) < 2 or self._proofs >= _DEEPEST_PROOF:
            return False
        return self._none_possible(schemas, KINDS)

    def _none_possible(self, schemas: Sequence[Schema], among: frozenset[str]) -> bool:
        self._proofs += 1
        try:
            return all(self.impossible(branch) for branch in self._branches.of(schemas, among))
        except TooManyAlternatives:
            return False
        finally:
            self._proofs -= 1

    def _is_within(self, branch: Branch, schema: Schema) -> bool:
        parts = parts_of([schema])
        if parts is None or self._proofs >= _DEEPEST_PROOF:
            return False
        self._proofs += 1
        try:
            return not self.exact._covered(branch, parts)
        finally:
            self._proofs -= 1

    def _disjoint(self, branch: Branch, schema: Schema) -> bool:
        values: Part = {"enum": list(branch.values)} if branch.values is not None else {}
        if self._proofs >= _DEEPEST_PROOF:
            return False
        return self._none_possible([*branch.parts, values, schema], frozenset({branch.kind}))


_REFUSED = {
    Mode.REQUEST: "không còn nhận giá trị nào",
    Mode.ANSWER: "có giá trị ở nơi trước đây không có",
    Mode.EXACT: "không nhận giá trị nào",
}
_NEW_KIND = {
    Mode.REQUEST: "không còn nhận kiểu",
    Mode.ANSWER: "có thể trả về kiểu mới",
    Mode.EXACT: "ngoài kiểu",
}


def _discriminator(schemas: Sequence[Schema]) -> Part | None:
    return next((part["discriminator"] for part in parts_of(schemas) or () if "discriminator" in part), None)
