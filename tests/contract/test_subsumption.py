"""The comparison of schemas is sound: whatever it lets pass is held against values, by a validator not our own."""

import os
from datetime import date
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from jsonschema import Draft202012Validator

from tests.contract.breaking import Difference, Severity, compare

NAMES = ["a", "b", "c"]
TODAY = date(2026, 11, 21)
Schema = Any

# small on purpose: what two schemas can disagree on is small too
SCALARS: list[Any] = [None, False, True, *range(-2, 7), 0.5, 1.0, 2.5, "", "a", "b", "ab", "ba", "aa", "aab", "x" * 4]
SCALARS += ["2026-11-21", "0190a1f0-0000-7000-8000-000000000000"]
LISTS: list[Any] = [
    [],
    [[]],
    [{}],
    *([first] for first in SCALARS),
    [1, 1],
    [1, 2],
    ["a", "a"],
    ["a", 1],
    [1, 2, 3],
    [0, 1, 0, 1],
]
LISTS += [[1, "a"], ["a", "b", "a"], [None, 1, 2, 3], [{"a": 1}], [[1]], [1, 2, 3, 4, 5], [True, 1], [1, 1.0]]
FIELDS: list[Any] = [None, True, -1, 1, 3, 2.5, "a", "ab", "aab", "2026-11-21", [], [1], {}, {"a": 1}]
OBJECTS: list[Any] = [{}, *({name: field} for name in ("a", "b", "x") for field in FIELDS)]
OBJECTS += [{"a": first, "b": second} for first in FIELDS[:8:2] for second in (True, 2, "ab")]
OBJECTS += [
    {"a": 1, "b": 2, "c": 3},
    {"a": 1, "x": "a"},
    {"b": "a", "c": 1, "x": 1},
    {"a": "a", "b": "b", "c": "c", "x": 1},
]
POOL = [*SCALARS, *LISTS, *OBJECTS]
values: SearchStrategy[Any] = st.sampled_from(POOL)

numbers = st.integers(-1, 5)
sizes = st.integers(0, 4)
kinds = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def _keywords(draw: DrawFn, options: dict[str, SearchStrategy[Any]], most: int) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(options)), max_size=most, unique=True))
    return {name: draw(options[name]) for name in chosen}


@st.composite
def plain_schemas(draw: DrawFn, inner: SearchStrategy[Schema]) -> Schema:
    """A schema of one kind or a few, with some keywords of theirs."""
    schema: dict[str, Any] = {}
    kind = draw(kinds)
    schema["type"] = kind if draw(st.integers(0, 3)) else sorted({kind, draw(kinds)})
    if kind in ("integer", "number"):
        bounds = {name: numbers for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")}
        schema |= _keywords(draw, {**bounds, "multipleOf": st.sampled_from([0.5, 1, 2, 3])}, 2)
    if kind == "string":
        patterns = st.sampled_from(["^a", "b$", "^a*$"])
        formats = st.sampled_from(["date", "uuid"])
        schema |= _keywords(draw, {"minLength": sizes, "maxLength": sizes, "pattern": patterns, "format": formats}, 2)
    if kind == "array":
        lists = st.lists(inner, min_size=1, max_size=2)
        schema |= _keywords(
            draw,
            {
                "items": inner,
                "prefixItems": lists,
                "minItems": sizes,
                "maxItems": sizes,
                "uniqueItems": st.booleans(),
                "contains": inner,
            },
            3,
        )
        if "contains" in schema:
            schema |= _keywords(draw, {"minContains": sizes, "maxContains": sizes}, 2)
    if kind == "object":
        some = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)
        schema["additionalProperties"] = draw(st.one_of(st.booleans(), inner))
        schema["properties"] = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=3))
        names = st.sampled_from([{"enum": ["a", "b"]}, {"maxLength": 1}, {"pattern": "^[ab]"}])
        schema |= _keywords(
            draw,
            {
                "required": some,
                "minProperties": sizes,
                "maxProperties": sizes,
                "patternProperties": st.dictionaries(st.sampled_from(["^a", "x", "[bc]"]), inner, max_size=2),
                "propertyNames": names,
                "dependentRequired": st.dictionaries(st.sampled_from(NAMES), some, max_size=1),
            },
            3,
        )
    return schema


def composed_schemas(inner: SearchStrategy[Schema]) -> SearchStrategy[Schema]:
    """Schemas made of others."""
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        plain_schemas(inner),
        plain_schemas(inner),
        st.builds(lambda options: {"anyOf": options}, some),
        st.builds(lambda options: {"oneOf": options}, some),
        st.builds(lambda options: {"allOf": options}, some),
        st.builds(lambda schema: {"not": schema}, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
    )


leaves: SearchStrategy[Schema] = st.one_of(
    st.just(True),
    st.just({}),
    plain_schemas(st.just(True)),
    st.builds(lambda listed: {"enum": listed}, st.lists(values, min_size=1, max_size=4)),
    st.builds(lambda value: {"const": value}, values),
)
schemas: SearchStrategy[Schema] = st.recursive(leaves, composed_schemas, max_leaves=5)


@st.composite
def pairs(draw: DrawFn) -> tuple[Schema, Schema]:
    """Two schemas: unrelated, or the second a small change of the first, as in a real release."""
    first = draw(schemas)
    return first, (draw(schemas) if draw(st.integers(0, 3)) == 0 else _changed(draw, first))


def _changed(draw: DrawFn, schema: Schema) -> Schema:
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 5)) == 0:
        return draw(st.one_of(leaves, st.builds(lambda other: {"anyOf": [schema, other]}, leaves)))
    keyword = draw(st.sampled_from(sorted(schema)))
    child = schema[keyword]
    rest = {name: inner for name, inner in schema.items() if name != keyword}
    if keyword in ("items", "contains", "not", "if", "then", "else", "additionalProperties"):
        return {**rest, keyword: _changed(draw, child)} if draw(st.booleans()) or keyword == "if" else rest
    if keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        place = draw(st.integers(0, len(child) - 1))
        return {**rest, keyword: [*child[:place], _changed(draw, child[place]), *child[place + 1 :]]}
    if keyword in ("properties", "patternProperties") and child:
        name = draw(st.sampled_from(sorted(child)))
        return {**rest, keyword: {**child, name: _changed(draw, child[name])}}
    if isinstance(child, int) and not isinstance(child, bool) and keyword not in ("const", "multipleOf"):
        return {**rest, keyword: max(child + draw(st.sampled_from([-1, 1])), -1 if "imum" in keyword else 0)}
    if keyword in ("enum", "required") and child:
        return {**rest, keyword: child[:-1] or child}
    if keyword in ("type", "const", "if"):
        return schema | draw(plain_schemas(st.just(True)))
    return rest


Named = dict[str, Any] | None


def of_request(old: Schema, new: Schema, old_named: Named = None, new_named: Named = None) -> list[Difference]:
    """The differences of two documents whose one request has this body, with these named schemas."""

    def document(schema: Schema, named: Named) -> dict[str, Any]:
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        operation = {"operationId": "addThing", "requestBody": body, "responses": {}}
        return {"paths": {"/things": {"post": operation}}, "components": {"schemas": named or {}}}

    return compare(document(old, old_named), document(new, new_named), today=TODAY)


def of_answer(old: Schema, new: Schema) -> list[Difference]:
    """The differences of two documents whose one answer has this body."""

    def document(schema: Schema) -> dict[str, Any]:
        answers = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
        return {"paths": {"/things": {"get": {"operationId": "getThing", "responses": answers}}}}

    return compare(document(old), document(new), today=TODAY)


def opened(schema: Schema, *, noticed: bool) -> Schema:
    """What a client lives with that a validator does not: more fields; `noticed`: more values, higher ceilings."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for keyword, child in schema.items():
        if keyword in ("properties", "patternProperties"):
            kept[keyword] = {name: opened(inner, noticed=noticed) for name, inner in child.items()}
        elif keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
            # more than one may fit once they are opened
            name = "anyOf" if keyword == "oneOf" else keyword
            kept[name] = [opened(inner, noticed=noticed) for inner in child]
        elif keyword in ("items", "then", "else", "additionalProperties"):
            if keyword != "additionalProperties" or child is not False:
                kept[keyword] = opened(child, noticed=noticed)
        elif not (noticed and (keyword in ("enum", "const") or keyword.startswith(("max", "exclusiveMax")))):
            kept[keyword] = child
    return kept


def validator(schema: Schema) -> Draft202012Validator:
    """Someone else's opinion."""
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def held_against_values(narrow: Schema, wide: Schema) -> None:
    """Fail where a value is one of the first schema and not of the second."""
    ours, theirs = validator(narrow), validator(wide)
    for value in POOL:
        if ours.is_valid(value):
            event("value that both must accept")
            assert theirs.is_valid(value), (value, narrow, wide)


checked = settings(
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("EXAMPLES", "150")),
    suppress_health_check=list(HealthCheck),
    database=None,
)


@checked
@given(schema=schemas)
def test_a_schema_does_not_differ_from_itself(schema: Schema) -> None:
    assert of_request(schema, schema) == []
    assert of_answer(schema, schema) == []


@checked
@given(pair=pairs())
def test_a_request_that_was_accepted_is_accepted_after_every_change_that_is_let_pass(
    pair: tuple[Schema, Schema],
) -> None:
    old, new = pair
    found = of_request(old, new)
    event("reported" if found else "let pass")
    if not found:
        held_against_values(old, new)


@checked
@given(pair=pairs())
def test_an_answer_after_every_change_that_is_let_pass_is_one_that_was_promised(pair: tuple[Schema, Schema]) -> None:
    old, new = pair
    found = of_answer(old, new)
    event("reported" if found else "let pass")
    if all(difference.severity is Severity.NOTICE for difference in found):
        held_against_values(new, opened(old, noticed=bool(found)))
