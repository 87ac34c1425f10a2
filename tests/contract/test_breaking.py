"""Changes planted in the real contract, and in small documents for what it does not have: each break is found."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.contract.breaking import Difference, Severity, compare

BREAKING, NOTICE = Severity.BREAKING, Severity.NOTICE
ROOT = Path(__file__).resolve().parent.parent.parent
CONTRACT: dict[str, Any] = json.loads((ROOT / "openapi/openapi.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 21)
Document = dict[str, Any]


def changed(*changes: Callable[[Document], Any], base: Document = CONTRACT) -> Document:
    """A copy of the contract with these changes."""
    document = copy.deepcopy(base)
    for change in changes:
        change(document)
    return document


def differences(new: Document, old: Document = CONTRACT, today: date = TODAY) -> list[Difference]:
    """What clients of the old document would notice."""
    return compare(old, new, today=today)


def operation(document: Document, name: str) -> Document:
    """The operation of this id."""
    found: Document = next(o for i in document["paths"].values() for o in i.values() if o["operationId"] == name)
    return found


def schema(document: Document, name: str) -> Document:
    """The named schema."""
    found: Document = document["components"]["schemas"][name]
    return found


def parameter(document: Document, name: str, called: str) -> Document:
    """A parameter of an operation."""
    return next(p for p in operation(document, name)["parameters"] if p["name"] == called)


def answer(document: Document, name: str, status: str = "200") -> Document:
    """An answer of an operation."""
    found: Document = operation(document, name)["responses"][status]
    return found


# what happens · how bad · in which operation · at which place · how to do it
PLANTED: list[tuple[str, Severity, str, str, Callable[[Document], Any]]] = [
    ("a path is gone", BREAKING, "readMe", "thao tác", lambda d: d["paths"].pop("/v1/me")),
    ("a method is gone", BREAKING, "createCampaign", "thao tác", lambda d: d["paths"]["/v1/campaigns"].pop("post")),
    ("a path is called otherwise", BREAKING, "listAwards", "thao tác",
     lambda d: d["paths"].update({"/v1/register": d["paths"].pop("/v1/awards")})),
    ("an operationId is another", BREAKING, "listAwards", "thao tác",
     lambda d: operation(d, "listAwards").update(operationId="listRegister")),
    ("an operation will go", NOTICE, "readMe", "thao tác", lambda d: operation(d, "readMe").update(deprecated=True)),
    ("a query parameter is gone", BREAKING, "listCampaigns", "tham số query year",
     lambda d: operation(d, "listCampaigns")["parameters"].remove(parameter(d, "listCampaigns", "year"))),
    ("a header is gone", BREAKING, "readCampaign", "tham số header if-none-match",
     lambda d: operation(d, "readCampaign")["parameters"].remove(parameter(d, "readCampaign", "If-None-Match"))),
    ("a query parameter is required", BREAKING, "listCampaigns", "tham số query q",
     lambda d: parameter(d, "listCampaigns", "q").update(required=True)),
    ("a header is required", BREAKING, "readCampaign", "tham số header if-none-match",
     lambda d: parameter(d, "readCampaign", "If-None-Match").update(required=True)),
    ("a new parameter is required", BREAKING, "readMe", "tham số query as_of",
     lambda d: operation(d, "readMe").update(parameters=[{"name": "as_of", "in": "query", "required": True}])),
    ("a new header is required on a whole path", BREAKING, "readMe", "tham số header x-unit",
     lambda d: d["paths"]["/v1/me"].update(parameters=[{"name": "X-Unit", "in": "header", "required": True}])),
    ("a parameter moved", BREAKING, "listAwards", "tham số query year",
     lambda d: parameter(d, "listAwards", "year").update({"in": "header"})),
    ("a smaller limit", BREAKING, "listAwards", "tham số query limit",
     lambda d: parameter(d, "listAwards", "limit")["schema"].update(maximum=50)),
    ("another default of limit", BREAKING, "listAwards", "tham số query limit",
     lambda d: parameter(d, "listAwards", "limit")["schema"].update(default=10)),
    ("a path parameter of another type", BREAKING, "readAward", "tham số path thứ 1",
     lambda d: parameter(d, "readAward", "award_id").update(schema={"type": "integer"})),
    ("another style of a list in the address", BREAKING, "listNominations", "tham số query state",
     lambda d: parameter(d, "listNominations", "state").update(style="spaceDelimited")),
    ("a list in the address by commas", BREAKING, "listNominations", "tham số query state",
     lambda d: parameter(d, "listNominations", "state").update(explode=False)),
    ("a parameter as JSON", BREAKING, "listAwards", "tham số query year",
     lambda d: parameter(d, "listAwards", "year").update(
         content={"application/json": {"schema": parameter(d, "listAwards", "year").pop("schema")}})),
    ("a body is required", BREAKING, "launchCampaign", "thân yêu cầu",
     lambda d: operation(d, "launchCampaign")["requestBody"].update(required=True)),
    ("a body from nowhere", BREAKING, "logout", "thân yêu cầu", lambda d: operation(d, "logout").update(
        requestBody={"required": True, "content": {"application/json": {"schema": {}}}})),
    ("a body is gone", BREAKING, "login", "thân yêu cầu", lambda d: operation(d, "login").pop("requestBody")),
    ("a media type of requests", BREAKING, "updateCampaign", "thân yêu cầu", lambda d: operation(d, "updateCampaign")[
        "requestBody"].update(content={"application/merge-patch+json": {"schema": {}}})),
    ("a media type of answers", BREAKING, "readMe", "trả lời 200",
     lambda d: answer(d, "readMe").update(content={"application/hal+json": {"schema": {}}})),
    ("an answer without a body", BREAKING, "readMe", "trả lời 200", lambda d: answer(d, "readMe").pop("content")),
    ("another status of success", BREAKING, "createCampaign", "trả lời 201",
     lambda d: operation(d, "createCampaign")["responses"].update(
         {"200": operation(d, "createCampaign")["responses"].pop("201")})),
    ("one more status of success", BREAKING, "createDecision", "trả lời 202",
     lambda d: operation(d, "createDecision")["responses"].update({"202": {"description": ""}})),
    ("no 304 any more", BREAKING, "readCampaign", "trả lời 304",
     lambda d: operation(d, "readCampaign")["responses"].pop("304")),
    ("a refusal that is no longer given", NOTICE, "readCampaign", "trả lời 403",
     lambda d: operation(d, "readCampaign")["responses"].pop("403")),
    ("no Location any more", BREAKING, "createCampaign", "trả lời 201 header location",
     lambda d: answer(d, "createCampaign", "201")["headers"].pop("Location")),
    ("a header of all answers of another type", BREAKING, "readMe", "trả lời 200 header api-version",
     lambda d: d["components"]["headers"]["API-Version"].update(schema={"type": "integer"})),
    ("an open operation is closed", BREAKING, "verifyAward", "đăng nhập",
     lambda d: operation(d, "verifyAward").update(security=[{"HTTPBearer": []}])),
    ("a new scope", BREAKING, "readMe", "đăng nhập", lambda d: operation(d, "readMe").update(
        security=[{"HTTPBearer": ["me"]}])),
    ("another scheme", BREAKING, "readMe", "đăng nhập",
     lambda d: d["components"]["securitySchemes"]["HTTPBearer"].update(scheme="basic")),
    ("a second lock on the same door", BREAKING, "readMe", "đăng nhập",
     lambda d: (operation(d, "readMe").update(security=[{"HTTPBearer": [], "Key": []}]),
                d["components"]["securitySchemes"].update(Key={"type": "apiKey", "in": "header", "name": "X-Key"}))),
    ("another base address", BREAKING, "readMe", "máy chủ", lambda d: d.update(servers=[{"url": "/api"}])),
    ("another base address of one path", BREAKING, "readMe", "máy chủ",
     lambda d: d["paths"]["/v1/me"].update(servers=[{"url": "https://me.example.vn"}])),
    ("a field of a request is gone", BREAKING, "createNomination", "json/achievement",
     lambda d: (schema(d, "NominationIn")["properties"].pop("achievement"),
                schema(d, "NominationIn")["required"].remove("achievement"))),
    ("a value is no longer taken in the address", BREAKING, "listCampaigns", "tham số query scope",
     lambda d: schema(d, "CampaignScope")["enum"].remove("national")),
    ("a status of a campaign from nowhere", NOTICE, "readCampaign", "json/public_status",
     lambda d: schema(d, "PublicStatus")["enum"].append("archived")),
    ("a problem code from nowhere", NOTICE, "readMe", "trả lời 500 application/problem+json/code",
     lambda d: schema(d, "Problem")["properties"]["code"]["enum"].append("tired")),
    ("no code in a problem", BREAKING, "readMe", "trả lời 401 application/problem+json/code",
     lambda d: schema(d, "Problem")["required"].remove("code")),
    ("pages under another name", BREAKING, "listCampaigns", "json/items", lambda d: schema(d, "CampaignPage").update(
        properties={"data": {}, "next_cursor": {}}, required=["data", "next_cursor"])),
    ("a date is a moment", BREAKING, "readCampaign", "json/launched_on",
     lambda d: schema(d, "CampaignOut")["properties"]["launched_on"]["anyOf"][0].update(format="date-time")),
    ("a nested field is gone", BREAKING, "listNominations", "json/items/[]/holder/name",
     lambda d: (schema(d, "AuthorityReference")["properties"].pop("name"),
                schema(d, "AuthorityReference")["required"].remove("name"))),
    ("a field is only written", BREAKING, "readMe", "trả lời 200 application/json",
     lambda d: [p.update(writeOnly=True) for p in schema(d, "Me")["properties"].values() if "$ref" not in p]),
    ("a longer title", NOTICE, "readNomination", "json/achievement",
     lambda d: schema(d, "NominationOut")["properties"]["achievement"].update(maxLength=30_000)),
]  # fmt: skip


@pytest.mark.parametrize(("severity", "name", "place", "change"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED])
def test_a_planted_change_is_found_where_it_was_planted(
    severity: Severity, name: str, place: str, change: Callable[[Document], Any]
) -> None:
    found = differences(changed(change))
    there = {
        d.severity for d in found if d.operation == name and (d.place.endswith(place) or d.place.startswith(place))
    }
    assert severity in there, found[:5]
    assert severity is BREAKING or BREAKING not in {difference.severity for difference in found}


def reached(document: Document, requests: bool) -> dict[str, Document]:
    """All named schemas that requests, or answers, lead to."""
    found: dict[str, Document] = {}

    def look(node: Any) -> None:
        for reference in references(node):
            if reference not in found:
                found[reference] = schema(document, reference)
                look(found[reference])

    for item in document["paths"].values():
        for one in item.values():
            look([one.get("parameters", []), one.get("requestBody", {})] if requests else one["responses"])
    if not requests:
        found["Problem"] = schema(document, "Problem")
    return found


def references(node: Any) -> Iterator[str]:
    """The names of the schemas that stand below."""
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith("#/components/schemas/"):
            yield node["$ref"].rpartition("/")[2]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def leaves(node: Document, subject: str) -> Iterator[tuple[str, Document]]:
    """Each schema below, with the name under which a difference in it is reported."""
    yield subject, node
    for name, child in node.get("properties", {}).items():
        yield from leaves(child, f"{subject}/{name}")
    if isinstance(node.get("items"), dict):
        yield from leaves(node["items"], f"{subject}/[]")
    for child in node.get("anyOf", ()):
        yield from leaves(child, subject)


def drop(*words: str) -> Callable[[Document], bool]:
    """Take these keywords away, where they are."""
    return lambda node: bool([word for word in words if node.pop(word, None) is not None])


def put(wanted: Callable[[Document], bool], **keywords: Any) -> Callable[[Document], bool]:
    """Set keywords where the schema is such."""

    def apply(node: Document) -> bool:
        if not wanted(node):
            return False
        node.update(keywords)
        return True

    return apply


def no_longer_required(node: Document) -> bool:
    """Every field may be missing."""
    return bool(node.pop("required", None))


def is_text(node: Document) -> bool:
    """Whether it is text without a list of values."""
    return node.get("type") == "string" and not {"enum", "const"} & node.keys()


def is_open(node: Document) -> bool:
    """Whether its type is all that says what it is: of a list of values the type follows."""
    return isinstance(node.get("type"), str) and not {"enum", "const"} & node.keys()


EVERYWHERE_IN_REQUESTS: dict[str, Callable[[Document], bool]] = {
    "text is shorter": put(lambda n: is_text(n) and "maxLength" in n, maxLength=1, minLength=0),
    "text has a pattern": put(is_text, pattern="^[A-Z]{7}$"),
    "text is a date": put(lambda n: is_text(n) and n.get("format") != "date", format="date"),
    "numbers are tens": put(lambda n: n.get("type") == "integer", multipleOf=10),
    "a list may hold one": put(lambda n: n.get("type") == "array", maxItems=1),
    "a list may not repeat": put(lambda n: n.get("type") == "array", uniqueItems=True),
    "one value of an enum is gone": lambda n: bool(len(n.get("enum", ())) > 1 and n["enum"].pop()),
    "all fields are required": lambda n: bool(
        set(n.get("properties", {})) - set(n.get("required", ())) and (n.update(required=[*n["properties"]]) or True)
    ),
    "no null": lambda n: bool({"type": "null"} in n.get("anyOf", ()) and (n["anyOf"].remove({"type": "null"}) or True)),
    "not this": put(is_text, **{"not": {"type": "string"}}),
}
EVERYWHERE_IN_ANSWERS: dict[str, Callable[[Document], bool]] = {
    "text without an end": put(lambda n: is_text(n) and "maxLength" in n, maxLength=10**6),
    "no format": drop("format"),
    "no list of values": drop("enum", "const"),
    "one more value": lambda n: bool("enum" in n and (n["enum"].append("zz") or True)),
    "lists without an end": put(lambda n: "maxItems" in n, maxItems=10**9),
    "fields may be missing": no_longer_required,
    "two types more": put(is_open, type=["string", "null", "array", "object"]),
    "any type": lambda n: is_open(n) and bool(n.pop("type")),
}


@pytest.mark.parametrize("requests", [True, False], ids=["requests", "answers"])
def test_a_change_everywhere_is_found_everywhere(requests: bool) -> None:
    for change in (EVERYWHERE_IN_REQUESTS if requests else EVERYWHERE_IN_ANSWERS).values():
        document = copy.deepcopy(CONTRACT)
        expected = {
            subject
            for name, node in reached(document, requests).items()
            for subject, leaf in list(leaves(node, name))
            if change(leaf)
        }
        found = {difference.subject for difference in differences(document)}
        missed = [one for one in expected if not any(said == one or said.startswith(f"{one}/") for said in found)]
        assert expected, "the change touched nothing"
        assert not missed


def inlined(document: Document) -> Document:
    """The document without a single $ref to a schema; recursive ones stay."""

    def spread(node: Any, above: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [spread(child, above) for child in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", ""))
        if name.startswith("#/components/schemas/") and name not in above:
            beside = {key: child for key, child in node.items() if key != "$ref"}
            return {**spread(schema(document, name.rpartition("/")[2]), (*above, name)), **beside}
        return {key: spread(child, above) for key, child in node.items()}

    result: Document = spread(document, ())
    return result


def renamed(document: Document) -> Document:
    """The document with other names for all schemas, responses, headers and ways to log in."""
    text = json.dumps(document)
    for kind, named in document["components"].items():
        for name in named:
            text = text.replace(f'"#/components/{kind}/{name}"', f'"#/components/{kind}/Other{name}"')
    result: Document = json.loads(text.replace('"HTTPBearer": [', '"OtherHTTPBearer": ['))
    for kind, named in result["components"].items():
        result["components"][kind] = {f"Other{name}": one for name, one in named.items()}
    return result


def turned(node: Any) -> Any:
    """All keys, and all lists whose order means nothing, back to front."""
    if isinstance(node, list):
        return [turned(child) for child in node]
    if not isinstance(node, dict):
        return node
    result = {key: turned(child) for key, child in reversed(node.items())}
    for word in ("anyOf", "enum", "required", "parameters", "tags", "security"):
        if isinstance(result.get(word), list):
            result[word].reverse()
    return result


def without_explanations(document: Document) -> Document:
    """The document with other words, without examples, and with extensions of its own."""

    def say(node: Any) -> Any:
        if isinstance(node, list):
            return [say(child) for child in node]
        if not isinstance(node, dict):
            return node
        result = {
            key: child if key == "default" else say(child)
            for key, child in node.items()
            if key not in ("example", "examples")
        }
        result |= {key: "other" for key in ("title", "description", "summary") if isinstance(node.get(key), str)}
        return result | ({"x-new": {"any": "thing"}} if isinstance(node.get("type"), str) else {})

    result: Document = say(document)
    return result


def with_optional_fields(document: Document) -> Document:
    """The document with a new field in every object."""
    result = copy.deepcopy(document)
    for node in result["components"]["schemas"].values():
        if "properties" in node:
            node["properties"]["extra_field"] = {"type": "string", "maxLength": 10}
    return result


def with_optional_parameters(document: Document) -> Document:
    """The document with a new parameter in every operation."""
    result = copy.deepcopy(document)
    for item in result["paths"].values():
        for one in item.values():
            one.setdefault("parameters", []).append({"name": "extra", "in": "query", "schema": {"type": "string"}})
    return result


WHOLE = [turned, inlined, renamed, without_explanations, with_optional_fields, with_optional_parameters]


@pytest.mark.parametrize("transform", WHOLE, ids=[transform.__name__ for transform in WHOLE])
def test_the_whole_document_said_otherwise_is_no_difference(transform: Callable[[Document], Document]) -> None:
    transformed = transform(CONTRACT)
    assert transformed != CONTRACT or transform is turned
    assert differences(transformed) == []


HARMLESS: list[tuple[str, Callable[[Document], Any]]] = [
    ("a new path", lambda d: d["paths"].update({"/v1/new": copy.deepcopy(d["paths"]["/v1/me"])})),
    ("a new method", lambda d: d["paths"]["/v1/me"].update(patch=copy.deepcopy(d["paths"]["/v1/me"]["get"]))),
    ("a path parameter called otherwise", lambda d: (
        d["paths"].update({"/v1/awards/{id}": d["paths"].pop("/v1/awards/{award_id}")}),
        parameter(d, "readAward", "award_id").update(name="id"))),
    ("a header in other letters", lambda d: parameter(d, "readCampaign", "If-None-Match").update(name="if-none-match")),
    ("a parameter of the whole path", lambda d: d["paths"]["/v1/awards"].update(
        parameters=operation(d, "listAwards").pop("parameters"))),
    ("a larger limit", lambda d: parameter(d, "listAwards", "limit")["schema"].update(maximum=500)),
    ("a number where an integer was", lambda d: parameter(d, "listAwards", "year").update(schema={"type": ["number", "null"]})),
    ("a required header is optional", lambda d: parameter(d, "updateDossier", "If-Match").update(required=False)),
    ("a body may be left out", lambda d: operation(d, "login")["requestBody"].update(required=False)),
    ("another media type beside", lambda d: operation(d, "login")["requestBody"]["content"].update(
        {"application/cbor": {"schema": {}}})),
    ("any JSON type", lambda d: operation(d, "login")["requestBody"].update(
        content={"application/*": operation(d, "login")["requestBody"]["content"]["application/json"]})),
    ("answers of another type beside", lambda d: answer(d, "listAwards")["content"].update({"text/csv": {}})),
    ("a refusal from nowhere", lambda d: operation(d, "readMe")["responses"].update(
        {"429": {"$ref": "#/components/responses/Problem429"}})),
    ("a range of refusals", lambda d: operation(d, "readMe")["responses"].update(
        {"4XX": operation(d, "readMe")["responses"].pop("401")})),
    ("a 304 from nowhere", lambda d: operation(d, "readMe")["responses"].update({"304": {"description": ""}})),
    ("a new header", lambda d: answer(d, "readMe")["headers"].update({"RateLimit": {"schema": {"type": "string"}}})),
    ("another way to log in", lambda d: (
        d["components"]["securitySchemes"].update(Key={"type": "apiKey", "in": "header", "name": "X-Key"}),
        operation(d, "readMe")["security"].append({"Key": []}))),
    ("nobody has to log in", lambda d: operation(d, "readMe").update(security=[])),
    ("the way to log in said once for all", lambda d: (
        d.update(security=[{"HTTPBearer": []}]), operation(d, "readMe").pop("security"))),
    ("another server beside", lambda d: d["servers"].append({"url": "https://api.example.vn"})),
    ("a webhook", lambda d: d.update(webhooks={"awarded": {"post": {"responses": {}}}})),
    ("another value to send", lambda d: schema(d, "CandidateIn")["properties"].update(
        kind={"anyOf": [schema(d, "CandidateIn")["properties"]["kind"], {"const": "robot"}]})),
    ("a longer text to send", lambda d: schema(d, "NominationIn")["properties"]["achievement"].update(maxLength=9000)),
    ("the order of paths and tags", lambda d: (d["tags"].reverse(), d.update(paths=dict(reversed(d["paths"].items()))))),
]  # fmt: skip


@pytest.mark.parametrize("change", [change for _, change in HARMLESS], ids=[name for name, _ in HARMLESS])
def test_a_harmless_change_is_not_reported(change: Callable[[Document], Any]) -> None:
    new = changed(change)
    assert new != CONTRACT or list(new["paths"]) != list(CONTRACT["paths"])
    assert differences(new) == []
