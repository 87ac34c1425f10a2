"""Changes of one schema, in a request and in an answer: each break found, each harmless change let pass."""

from typing import Any

import pytest

from tests.contract.breaking import Difference, Severity, compare
from tests.contract.test_subsumption import TODAY, of_answer, of_request

BREAKING, NOTICE = Severity.BREAKING, Severity.NOTICE
TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer"}
NULL: dict[str, Any] = {"type": "null"}


def text(**keywords: Any) -> dict[str, Any]:
    """A string with these keywords."""
    return TEXT | keywords


def count(**keywords: Any) -> dict[str, Any]:
    """An integer with these keywords."""
    return COUNT | keywords


def array(**keywords: Any) -> dict[str, Any]:
    """An array with these keywords."""
    return {"type": "array", **keywords}


def thing(*required: str, closed: bool = True, more: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """An object with these properties, of which some are required; closed unless said otherwise."""
    schema = {"type": "object", "properties": properties, "required": list(required), **(more or {})}
    return {**schema, "additionalProperties": False} if closed else schema


def verdict(differences: list[Difference]) -> Severity | None:
    """The worst of them."""
    severities = {difference.severity for difference in differences}
    return BREAKING if BREAKING in severities else NOTICE if severities else None


CAT = thing("kind", "lives", kind={"const": "cat"}, lives=COUNT)
DOG = thing("kind", "tricks", kind={"const": "dog"}, tricks=array(items=TEXT))

# what it is, the wider schema, the narrower one, where, and how bad it is when an answer goes from narrow to wide
NARROWED: list[tuple[str, Any, Any, str, Severity]] = [
    ("one type fewer", {"type": ["string", "integer"]}, TEXT, "", BREAKING),
    ("null gone from the list of types", {"type": ["string", "null"]}, TEXT, "", BREAKING),
    ("null gone from anyOf", {"anyOf": [TEXT, NULL]}, TEXT, "", BREAKING),
    ("null gone from an untyped enum", {"enum": ["a", None]}, {"enum": ["a"]}, "", BREAKING),
    ("number is integer", {"type": "number"}, COUNT, "", BREAKING),
    ("anything is text", {}, TEXT, "", BREAKING),
    ("a value of an enum gone", text(enum=["a", "b"]), text(enum=["a"]), "", NOTICE),
    ("free text is an enum", TEXT, text(enum=["a"]), "", BREAKING),
    ("an enum is a const", text(enum=["a", "b"]), {"const": "a"}, "", NOTICE),
    ("another const beside it gone", {"oneOf": [{"const": "a"}, {"const": "b"}]}, {"const": "b"}, "", NOTICE),
    ("a boolean is always true", {"type": "boolean"}, {"const": True}, "", NOTICE),
    ("an object of an enum gone", {"enum": [{"a": 1}, {"a": 2}]}, {"enum": [{"a": 1}]}, "", NOTICE),
    ("a value with a field called like a word", {"enum": [{"title": "a"}, {"title": "b"}]}, {"const": {"title": "a"}},
     "", NOTICE),
    ("minLength", text(maxLength=9), text(maxLength=9, minLength=1), "", BREAKING),
    ("maxLength lower", text(maxLength=9), text(maxLength=8), "", NOTICE),
    ("maxLength from nowhere", TEXT, text(maxLength=9), "", BREAKING),
    ("pattern from nowhere", TEXT, text(pattern="^a"), "", BREAKING),
    ("an enum value that no longer matches", text(enum=["a", "b"]), text(enum=["a", "b"], pattern="a"), "", BREAKING),
    ("format from nowhere", TEXT, text(format="date"), "", BREAKING),
    ("int64 is int32", count(format="int64"), count(format="int32"), "", BREAKING),
    ("contentEncoding from nowhere", TEXT, text(contentEncoding="base64"), "", BREAKING),
    ("contentMediaType from nowhere", TEXT, text(contentMediaType="image/png"), "", BREAKING),
    ("minimum higher", count(minimum=0), count(minimum=1), "", BREAKING),
    ("minimum from nowhere", COUNT, count(minimum=0), "", BREAKING),
    ("maximum lower", count(maximum=10), count(maximum=9), "", NOTICE),
    ("exclusiveMinimum", {"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}, "", BREAKING),
    ("exclusiveMaximum", {"type": "number", "maximum": 9}, {"type": "number", "exclusiveMaximum": 9}, "", NOTICE),
    ("multipleOf from nowhere", COUNT, count(multipleOf=5), "", BREAKING),
    ("multipleOf twice as much", count(multipleOf=5), count(multipleOf=10), "", BREAKING),
    ("items narrower", array(items={}), array(items=TEXT), "/[]", BREAKING),
    ("minItems", array(items=TEXT), array(items=TEXT, minItems=1), "", BREAKING),
    ("maxItems lower", array(items=TEXT, maxItems=9), array(items=TEXT, maxItems=5), "", NOTICE),
    ("maxItems from nowhere", array(items=TEXT), array(items=TEXT, maxItems=5), "", BREAKING),
    ("uniqueItems", array(items=TEXT), array(items=TEXT, uniqueItems=True), "", BREAKING),
    ("contains", array(items=TEXT), array(items=TEXT, contains={"const": "a"}), "", BREAKING),
    ("minContains", array(contains=TEXT), array(contains=TEXT, minContains=2), "", BREAKING),
    ("maxContains", array(contains=TEXT), array(contains=TEXT, maxContains=2), "", BREAKING),
    ("prefixItems narrower", array(prefixItems=[TEXT, {}]), array(prefixItems=[TEXT, COUNT]), "/[1]", BREAKING),
    ("nothing after prefixItems", array(prefixItems=[TEXT]), array(prefixItems=[TEXT], items=False), "", BREAKING),
    ("a field is required", thing(a=TEXT), thing("a", a=TEXT), "/a", BREAKING),
    ("a field narrower", thing(a={}), thing(a=TEXT), "/a", BREAKING),
    ("a field two levels down", thing(a=thing(b=TEXT)), thing(a=thing("b", b=TEXT)), "/a/b", BREAKING),
    ("values of a map narrower", thing(closed=False, more={"additionalProperties": {}}),
     thing(closed=False, more={"additionalProperties": COUNT}), "/*", BREAKING),
    ("fields of a pattern narrower", thing(more={"patternProperties": {"^x": {}}}),
     thing(more={"patternProperties": {"^x": COUNT}}), "/^x/", BREAKING),
    ("propertyNames from nowhere", thing(closed=False), thing(closed=False, more={"propertyNames": text(maxLength=3)}),
     "propertyNames", BREAKING),
    ("minProperties", thing(a=TEXT), thing(a=TEXT, more={"minProperties": 1}), "", BREAKING),
    ("maxProperties lower", thing(closed=False, more={"maxProperties": 9}),
     thing(closed=False, more={"maxProperties": 5}), "", NOTICE),
    ("dependentRequired", thing(a=TEXT, b=TEXT), thing(a=TEXT, b=TEXT, more={"dependentRequired": {"a": ["b"]}}),
     "", BREAKING),
    ("dependentRequired of a field called like an extension", thing(closed=False),
     thing(closed=False, more={"dependentRequired": {"x-a": ["b"]}}), "", BREAKING),
    ("dependentSchemas", thing(a=TEXT, b=TEXT),
     thing(a=TEXT, b=TEXT, more={"dependentSchemas": {"a": {"required": ["b"]}}}), "", BREAKING),
    ("one of anyOf gone", {"anyOf": [TEXT, COUNT, NULL]}, {"anyOf": [TEXT, NULL]}, "", BREAKING),
    ("one of oneOf gone", {"oneOf": [CAT, DOG]}, {"oneOf": [CAT]}, "", BREAKING),
    ("a branch of oneOf narrower", {"oneOf": [CAT, DOG]},
     {"oneOf": [thing("kind", "lives", kind={"const": "cat"}, lives=count(minimum=1)), DOG]}, "", BREAKING),
    ("anyOf is oneOf, and its branches overlap", {"anyOf": [count(minimum=0), count(maximum=9)]},
     {"oneOf": [count(minimum=0), count(maximum=9)]}, "", BREAKING),
    ("one more in allOf", {"allOf": [TEXT]}, {"allOf": [TEXT, {"minLength": 1}]}, "", BREAKING),
    ("not", TEXT, text(**{"not": {"const": "a"}}), "", BREAKING),
    ("if and then", thing(a=TEXT, b=TEXT), thing(a=TEXT, b=TEXT, more={"if": {"required": ["a"]},
     "then": {"required": ["b"]}}), "", BREAKING),
    ("unevaluatedProperties", thing(a=TEXT, closed=False),
     thing(a=TEXT, closed=False, more={"unevaluatedProperties": False}), "", BREAKING),
    ("nothing fits any more", TEXT, False, "", BREAKING),
]  # fmt: skip


def severity_at(differences: list[Difference], place: str) -> Severity | None:
    """The worst of those whose place ends so."""
    return verdict([difference for difference in differences if difference.place.endswith(place)])


@pytest.mark.parametrize(
    ("wide", "narrow", "place", "widened"), [row[1:] for row in NARROWED], ids=[r[0] for r in NARROWED]
)
def test_a_request_may_not_narrow_and_an_answer_may_not_widen(
    wide: Any, narrow: Any, place: str, widened: Severity
) -> None:
    assert severity_at(of_request(wide, narrow), place) is BREAKING
    assert severity_at(of_answer(narrow, wide), place) is widened


@pytest.mark.parametrize(("wide", "narrow"), [row[1:3] for row in NARROWED], ids=[r[0] for r in NARROWED])
def test_a_request_may_widen_and_an_answer_may_narrow(wide: Any, narrow: Any) -> None:
    assert of_request(narrow, wide) == []
    assert of_answer(wide, narrow) == []


REQUESTS: list[tuple[str, Any, Any, Severity | None]] = [
    ("a field gone, the object closed", thing(a=TEXT, b=TEXT), thing(a=TEXT), BREAKING),
    ("a field gone, the object open: what is sent is ignored", thing(a=TEXT, closed=False), thing(closed=False), BREAKING),
    ("a new required field", thing(a=TEXT), thing("b", a=TEXT, b=TEXT), BREAKING),
    ("a new optional field", thing(a=TEXT), thing(a=TEXT, b=TEXT), None),
    ("a new optional field of an open object", thing(closed=False), thing(b=TEXT, closed=False), None),
    ("unknown fields refused", thing(a=TEXT, closed=False), thing(a=TEXT), BREAKING),
    ("unknown fields taken", thing(a=TEXT), thing(a=TEXT, closed=False), None),
    ("another default", thing(a=text(default="x")), thing(a=text(default="y")), BREAKING),
    ("a default gone", thing(a=text(default="x")), thing(a=TEXT), BREAKING),
    ("a default from nowhere", thing(a=TEXT), thing(a=text(default="x")), BREAKING),
    ("true is not one", thing(a={"default": 1}), thing(a={"default": True}), BREAKING),
    ("null as default said aloud", thing(a={"type": ["string", "null"]}),
     thing(a={"type": ["string", "null"], "default": None}), None),
    ("a required field becomes optional with a default", thing("a", a=TEXT), thing(a=text(default="x")), None),
    ("a field becomes readOnly", thing(a=TEXT), thing(a=text(readOnly=True)), BREAKING),
    ("a field is readOnly no longer", thing(a=text(readOnly=True)), thing(a=TEXT), None),
    ("a new required field is readOnly: not for requests", thing(a=TEXT), thing("b", a=TEXT, b=text(readOnly=True)), None),
    ("a required field is readOnly no longer", thing("a", a=text(readOnly=True)), thing("a", a=TEXT), BREAKING),
    ("a field becomes writeOnly", thing(a=TEXT), thing(a=text(writeOnly=True)), None),
    ("another discriminator", {"oneOf": [CAT], "discriminator": {"propertyName": "kind"}},
     {"oneOf": [CAT], "discriminator": {"propertyName": "type"}}, BREAKING),
    ("a discriminator added", {"oneOf": [CAT]}, {"oneOf": [CAT], "discriminator": {"propertyName": "kind"}}, None),
    ("a range in two halves is not looked into, and that is said", count(minimum=0, maximum=9),
     {"anyOf": [count(minimum=0, maximum=4), count(minimum=5, maximum=9)]}, BREAKING),
]  # fmt: skip
ANSWERS: list[tuple[str, Any, Any, Severity | None]] = [
    ("an optional field gone", thing(a=TEXT, b=TEXT), thing(a=TEXT), BREAKING),
    ("a nullable field gone", thing("a", a={"anyOf": [TEXT, NULL]}), thing(), BREAKING),
    ("a field gone where unknown ones are open", thing(a=TEXT, closed=False), thing(closed=False), BREAKING),
    ("a required name without a schema gone", {"type": "object", "required": ["a"]}, {"type": "object"}, BREAKING),
    ("a field gone but still required: no answer can be so", thing("a", a=TEXT), thing("a"), BREAKING),
    ("a new field", thing("a", a=TEXT), thing("a", "b", a=TEXT, b=TEXT), None),
    ("a new field that is not of the type of the map", thing(closed=False, more={"additionalProperties": COUNT}),
     thing(closed=False, more={"additionalProperties": COUNT}, b=TEXT), BREAKING),
    ("a field becomes writeOnly", thing("a", a=TEXT), thing("a", a=text(writeOnly=True)), BREAKING),
    ("a field is writeOnly no longer", thing(a=text(writeOnly=True)), thing(a=TEXT), None),
    ("a field becomes readOnly", thing(a=TEXT), thing(a=text(readOnly=True)), None),
    ("another default of a field that may be left out", thing(a=text(default="x")), thing(a=text(default="y")), BREAKING),
    ("a default of a field that is always there", thing("a", a=TEXT), thing("a", a=text(default="y")), None),
    ("an array is an object", array(items=TEXT), thing(), BREAKING),
    ("an array is one of its items", array(items=TEXT), TEXT, BREAKING),
    ("another format", text(format="date"), text(format="date-time"), BREAKING),
    ("another pattern: cannot be decided, and is said", text(pattern="^a"), text(pattern="^ab"), BREAKING),
    ("a discriminator gone", {"oneOf": [CAT], "discriminator": {"propertyName": "kind"}}, {"oneOf": [CAT]}, BREAKING),
    ("a new kind of a union", {"oneOf": [CAT]}, {"oneOf": [CAT, DOG]}, BREAKING),
    ("a new field in a kind of a union", {"oneOf": [CAT, DOG]},
     {"oneOf": [{**CAT, "properties": CAT["properties"] | {"age": COUNT}}, DOG]}, None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_of_a_request(old: Any, new: Any, expected: Severity | None) -> None:
    assert verdict(of_request(old, new)) is expected


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_of_an_answer(old: Any, new: Any, expected: Severity | None) -> None:
    assert verdict(of_answer(old, new)) is expected


SAME: list[tuple[str, Any, Any]] = [
    ("the order of anyOf", {"anyOf": [TEXT, NULL]}, {"anyOf": [NULL, TEXT]}),
    ("the order of oneOf", {"oneOf": [CAT, DOG]}, {"oneOf": [DOG, CAT]}),
    ("the order of types", {"type": ["string", "null"]}, {"type": ["null", "string"]}),
    ("the order of an enum", text(enum=["a", "b"]), text(enum=["b", "a"])),
    ("the order of required", thing("a", "b", a=TEXT, b=TEXT), thing("b", "a", b=TEXT, a=TEXT)),
    ("null by anyOf or by type", {"anyOf": [text(maxLength=3), NULL]}, {"type": ["string", "null"], "maxLength": 3}),
    ("null by anyOf or by oneOf", {"anyOf": [thing(a=TEXT), NULL]}, {"oneOf": [thing(a=TEXT), NULL]}),
    ("null in an enum or beside it", {"anyOf": [text(enum=["a"]), NULL]}, {"enum": ["a", None]}),
    ("anyOf in anyOf", {"anyOf": [TEXT, {"anyOf": [COUNT, NULL]}]}, {"anyOf": [TEXT, COUNT, NULL]}),
    ("allOf of one", thing(a=TEXT), {"allOf": [thing(a=TEXT)]}),
    ("allOf or in one", {"allOf": [TEXT, {"minLength": 1}, {"maxLength": 3}]}, text(minLength=1, maxLength=3)),
    ("fields by allOf or in one", {"allOf": [thing("a", a=TEXT, closed=False), thing(b=COUNT, closed=False)]},
     thing("a", a=TEXT, b=COUNT, closed=False)),
    ("const or an enum of one", {"const": "a"}, {"enum": ["a"]}),
    ("constants or an enum", {"oneOf": [{"const": "a"}, {"const": "b"}]}, text(enum=["a", "b"])),
    ("a const object or an enum of one", {"const": {"a": [1]}}, {"enum": [{"a": [1.0]}]}),
    ("boolean or both its values", {"type": "boolean"}, {"enum": [False, True]}),
    ("a bound that excludes", count(minimum=1), count(exclusiveMinimum=0)),
    ("integer or multiple of one", COUNT, {"type": "number", "multipleOf": 1}),
    ("any item", array(), array(items={})),
    ("any other field", thing(a=TEXT, closed=False), thing(a=TEXT, closed=False, more={"additionalProperties": {}})),
    ("a password field is text", text(format="password"), TEXT),
    ("a floor that says nothing", TEXT, text(minLength=0)),
    ("dependentRequired or dependentSchemas", thing(a=TEXT, b=TEXT, more={"dependentRequired": {"a": ["b"]}}),
     thing(a=TEXT, b=TEXT, more={"dependentSchemas": {"a": {"required": ["b"]}}})),
    ("nothing, where nothing could be proven", thing(more={"unevaluatedProperties": False, "not": {"required": ["a"]}}),
     thing(more={"unevaluatedProperties": False, "not": {"required": ["a"]}})),
    ("a value that looks like a reference", {"const": {"$ref": "#/nowhere"}}, {"enum": [{"$ref": "#/nowhere"}]}),
    ("words", text(title="A", description="b", examples=["c"], deprecated=True), text(**{"x-order": 1})),
    ("a field called like a keyword", thing(title=TEXT, default=COUNT, enum=TEXT, properties={"anyOf": [TEXT]}),
     thing(title=TEXT, default=COUNT, enum=TEXT, properties=TEXT)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_another_way_to_say_the_same_is_no_difference(one: Any, other: Any) -> None:
    for old, new in ((one, other), (other, one)):
        assert of_request(old, new) == []
        assert of_answer(old, new) == []


def tree(leaf: Any, name: str = "Tree") -> dict[str, Any]:
    """A schema that contains itself, under a name."""
    branch = {"anyOf": [{"$ref": f"#/components/schemas/{name}"}, NULL]}
    return {name: thing("leaf", leaf=leaf, left=branch, right=array(items={"$ref": f"#/components/schemas/{name}"}))}


def test_a_schema_that_contains_itself_is_compared_to_the_bottom() -> None:
    old, renamed = tree(text(maxLength=5)), tree(text(maxLength=5), "Plant")
    ways = {"$ref": "#/components/schemas/Tree"}, {"$ref": "#/components/schemas/Plant"}
    assert of_request(ways[0], ways[1], old, renamed) == []
    found = of_request(ways[0], ways[0], old, tree(text(maxLength=4)))
    assert {difference.subject for difference in found} == {"Tree/leaf"}
    assert verdict(found) is BREAKING


def test_a_difference_in_schemas_that_contain_one_another_reaches_every_operation() -> None:
    def document(most: int) -> dict[str, Any]:
        ways = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("Egg", "Hen")}
        named = {"Egg": thing(hen=ways["Hen"], size=count(maximum=most)), "Hen": thing(egg=ways["Egg"])}
        paths = {
            f"/{name}": {
                "post": {
                    "operationId": name,
                    "requestBody": {"content": {"application/json": {"schema": ways[name]}}},
                    "responses": {},
                }
            }
            for name in named
        }
        return {"paths": paths, "components": {"schemas": named}}

    found = compare(document(9), document(8), today=TODAY)
    assert {difference.operation for difference in found} == {"Egg", "Hen"}
    assert {difference.subject for difference in found} == {"Egg/size"}


def test_a_discriminator_leads_each_value_to_its_schema() -> None:
    refs = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
    named = {"Cat": CAT, "Dog": DOG}
    pet = {"oneOf": refs, "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": refs[1]["$ref"]}}}
    crossed = {**pet, "discriminator": {"propertyName": "kind", "mapping": {"cat": "Dog", "dog": "Cat"}}}
    fewer = {**pet, "discriminator": {"propertyName": "kind", "mapping": {"dog": "Dog"}}}
    assert of_request(pet, pet, named, named) == []
    assert verdict(of_request(pet, crossed, named, named)) is BREAKING
    assert verdict(of_request(pet, fewer, named, named)) is BREAKING


def test_a_reference_that_leads_nowhere_is_an_error_and_not_a_silence() -> None:
    with pytest.raises(ValueError, match="Missing"):
        of_request(TEXT, {"$ref": "#/components/schemas/Missing"})
    with pytest.raises(ValueError, match="Itself"):
        loop = {"$ref": "#/components/schemas/Itself"}
        of_request(TEXT, loop, {}, {"Itself": loop})
