"""What the contract does not have today and a comparison must know all the same, planted in small documents."""

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.contract.breaking import Severity, compare
from tests.contract.test_breaking_schemas import verdict

BREAKING, NOTICE = Severity.BREAKING, Severity.NOTICE
Document = dict[str, Any]

JSON = "application/json"


def body(**properties: Any) -> Document:
    """A JSON body with these fields."""
    return {"content": {JSON: {"schema": {"type": "object", "properties": properties}}}}


SMALL: Document = {
    "openapi": "3.1.0",
    "servers": [
        {"url": "https://{province}.example.vn/", "variables": {"province": {"default": "hn", "enum": ["hn", "qn"]}}}
    ],
    "paths": {
        "x-note": "for nobody",
        "/exports": {
            "post": {
                "operationId": "export",
                "security": [{"Portal": ["read"]}, {"Machine": []}],
                "parameters": [
                    {"name": "session", "in": "cookie", "schema": {"type": "string"}},
                    {"name": "q", "in": "query", "allowReserved": True, "schema": {"type": "string"}},
                    {"name": "kept", "in": "query", "schema": {"type": "string"}, "allowEmptyValue": True},
                    {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {"type": "object", "properties": {"file": {"type": "string"}}},
                            "encoding": {"file": {"contentType": "image/png"}},
                        }
                    }
                },
                "responses": {
                    "x-note": "for nobody",
                    "2XX": {
                        "description": "",
                        "headers": {"X-Job": {"required": True, "schema": {"type": "string", "enum": ["a"]}}},
                        "links": {"job": {"operationId": "readJob"}},
                        **body(job={"type": "string"}),
                    },
                    "default": {
                        "description": "",
                        "headers": {"X-Hint": {"schema": {"type": "string"}}},
                        **body(code={"type": "string"}),
                    },
                },
                "callbacks": {
                    "done": {
                        "{$request.body#/url}": {
                            "post": {
                                "requestBody": {"required": True, **body(rows={"type": "integer"})},
                                "responses": {"204": {"description": ""}},
                            }
                        }
                    }
                },
            }
        },
    },
    "webhooks": {
        "awarded": {
            "post": {
                "operationId": "onAwarded",
                "security": [{"Machine": []}],
                "parameters": [{"name": "webhook-id", "in": "header", "required": True, "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    **body(award={"type": "string"}, state={"type": "string", "enum": ["given"]}),
                },
                "responses": {"200": {"description": "", **body(seen={"type": "boolean"})}, "410": {"description": ""}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "Portal": {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": "https://login.example.vn/a",
                        "tokenUrl": "https://login.example.vn/t",
                        "scopes": {"read": "", "write": ""},
                    }
                },
            },
            "Machine": {"type": "apiKey", "in": "header", "name": "X-Key"},
        }
    },
}


def export(document: Document) -> Document:
    """The one operation."""
    found: Document = document["paths"]["/exports"]["post"]
    return found


def awarded(document: Document) -> Document:
    """The one webhook."""
    found: Document = document["webhooks"]["awarded"]["post"]
    return found


def done(document: Document) -> Document:
    """The one callback."""
    found: Document = export(document)["callbacks"]["done"]["{$request.body#/url}"]["post"]
    return found


def flow(document: Document) -> Document:
    """The one way to get a token."""
    found: Document = document["components"]["securitySchemes"]["Portal"]["flows"]["authorizationCode"]
    return found


def fields(message: Document) -> Document:
    """The fields of a JSON body."""
    found: Document = message["content"][JSON]["schema"]["properties"]
    return found


CHANGES: list[tuple[str, Severity | None, str, Callable[[Document], Any]]] = [
    ("nothing", None, "", lambda d: None),
    ("extensions among paths and statuses are gone", None, "",
     lambda d: (d["paths"].pop("x-note"), export(d)["responses"].pop("x-note"))),
    ("a cookie is gone", BREAKING, "tham số cookie session", lambda d: export(d)["parameters"].pop(0)),
    ("reserved characters are not taken", BREAKING, "tham số query q",
     lambda d: export(d)["parameters"][1].pop("allowReserved")),
    ("an empty value is not taken", BREAKING, "tham số query kept",
     lambda d: export(d)["parameters"][2].pop("allowEmptyValue")),
    ("explode of plain text says nothing", None, "", lambda d: export(d)["parameters"][1].update(explode=False)),
    ("another encoding of a part", BREAKING, "thân yêu cầu",
     lambda d: export(d)["requestBody"]["content"]["multipart/form-data"].pop("encoding")),
    ("one status where a range was", None, "", lambda d: export(d)["responses"].update(
        {"202": export(d)["responses"].pop("2XX")})),
    ("one status beside its range", None, "", lambda d: export(d)["responses"].update(
        {"202": export(d)["responses"]["2XX"]})),
    ("one status beside its range, with less in it", BREAKING, "trả lời 202",
     lambda d: export(d)["responses"].update({"202": {"description": ""}})),
    ("a field of the default answer is gone", BREAKING, "trả lời default",
     lambda d: fields(export(d)["responses"]["default"]).pop("code")),
    ("no default answer any more", NOTICE, "trả lời default", lambda d: export(d)["responses"].pop("default")),
    ("a header that may be missing", BREAKING, "header x-job",
     lambda d: export(d)["responses"]["2XX"]["headers"]["X-Job"].update(required=False)),
    ("a header that is always there", None, "",
     lambda d: export(d)["responses"]["default"]["headers"]["X-Hint"].update(required=True)),
    ("a header that OpenAPI describes elsewhere", None, "", lambda d: export(d)["parameters"].pop()),
    ("a header with a new value", NOTICE, "header x-job",
     lambda d: export(d)["responses"]["2XX"]["headers"]["X-Job"]["schema"]["enum"].append("b")),
    ("a header in other letters", None, "", lambda d: export(d)["responses"]["2XX"].update(
        headers={"x-job": export(d)["responses"]["2XX"]["headers"]["X-Job"]})),
    ("a link is gone", BREAKING, "link job", lambda d: export(d)["responses"]["2XX"].pop("links")),
    ("a link leads elsewhere", BREAKING, "link job",
     lambda d: export(d)["responses"]["2XX"]["links"]["job"].update(operationId="readWork")),
    ("one of two ways to log in is gone", BREAKING, "đăng nhập", lambda d: export(d)["security"].pop()),
    ("one more scope", BREAKING, "đăng nhập", lambda d: export(d)["security"][0]["Portal"].append("write")),
    ("a way to log in that is called like an extension", BREAKING, "đăng nhập",
     lambda d: export(d).update(security=[{"x-machine": []}])),
    ("one scope fewer", None, "", lambda d: export(d)["security"][0].update(Portal=[])),
    ("the order of the ways to log in", None, "", lambda d: export(d)["security"].reverse()),
    ("the key in another header", BREAKING, "đăng nhập",
     lambda d: d["components"]["securitySchemes"]["Machine"].update(name="X-Other")),
    ("the key in the same header in other letters", None, "",
     lambda d: d["components"]["securitySchemes"]["Machine"].update(name="x-key")),
    ("tokens from elsewhere", BREAKING, "đăng nhập", lambda d: flow(d).update(tokenUrl="https://other.example.vn/t")),
    ("a scope that is no longer known", BREAKING, "đăng nhập", lambda d: flow(d)["scopes"].pop("write")),
    ("a scope from nowhere", None, "", lambda d: flow(d)["scopes"].update(admin="")),
    ("one more flow", None, "", lambda d: d["components"]["securitySchemes"]["Portal"]["flows"].update(
        clientCredentials={"tokenUrl": "https://login.example.vn/t", "scopes": {}})),
    ("no slash at the end of the address", None, "",
     lambda d: d["servers"][0].update(url="https://{province}.example.vn")),
    ("a province that is no longer served", BREAKING, "máy chủ",
     lambda d: d["servers"][0]["variables"]["province"]["enum"].remove("qn")),
    ("another province by default", BREAKING, "máy chủ",
     lambda d: d["servers"][0]["variables"]["province"].update(default="qn")),
    ("a webhook is gone", BREAKING, "thao tác", lambda d: d["webhooks"].pop("awarded")),
    ("a webhook tells less", BREAKING, "thân application/json/award", lambda d: fields(awarded(d)["requestBody"]).pop("award")),
    ("a webhook tells more", None, "", lambda d: fields(awarded(d)["requestBody"]).update(at={"type": "string"})),
    ("a webhook knows a new state", NOTICE, "thân application/json/state",
     lambda d: fields(awarded(d)["requestBody"])["state"]["enum"].append("taken")),
    ("a webhook comes in another type too", BREAKING, "thân",
     lambda d: awarded(d)["requestBody"]["content"].update({"text/xml": {}})),
    ("a webhook may come without a body", BREAKING, "thân", lambda d: awarded(d)["requestBody"].update(required=False)),
    ("a webhook without its id", BREAKING, "tham số header webhook-id", lambda d: awarded(d)["parameters"].pop()),
    ("a webhook with one more header", None, "",
     lambda d: awarded(d)["parameters"].append({"name": "webhook-timestamp", "in": "header", "required": True})),
    ("a webhook takes fewer answers", BREAKING, "trả lời 410", lambda d: awarded(d)["responses"].pop("410")),
    ("a webhook takes more answers", None, "", lambda d: awarded(d)["responses"].update({"202": {"description": ""}})),
    ("a webhook wants more in the answer", BREAKING, "trả lời 200 application/json/seen",
     lambda d: awarded(d)["responses"]["200"]["content"][JSON]["schema"].update(required=["seen"])),
    ("a webhook wants a header in the answer", BREAKING, "trả lời 200 header x-seen",
     lambda d: awarded(d)["responses"]["200"].update(headers={"X-Seen": {"required": True, "schema": {}}})),
    ("a webhook without the key that its receiver checks", BREAKING, "đăng nhập", lambda d: awarded(d).pop("security")),
    ("a webhook with one more thing to check", None, "",
     lambda d: awarded(d)["security"][0].update(Portal=["read"])),
    ("a callback is gone", BREAKING, "callback done", lambda d: export(d).pop("callbacks")),
    ("a callback tells less", BREAKING, "callback done", lambda d: fields(done(d)["requestBody"]).pop("rows")),
    ("a callback tells more", None, "", lambda d: fields(done(d)["requestBody"]).update(at={"type": "string"})),
    ("an operation is gone that nobody was told of", BREAKING, "thao tác", lambda d: d["paths"].pop("/exports")),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "place", "change"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_of_messages(expected: Severity | None, place: str, change: Callable[[Document], Any]) -> None:
    document = copy.deepcopy(SMALL)
    change(document)
    found = compare(SMALL, document, today=date(2026, 11, 21))
    assert verdict(found) is expected, found
    assert all(place in difference.place for difference in found)


def retiring(**words: Any) -> Document:
    """The document with its operation on its way out."""
    document = copy.deepcopy(SMALL)
    export(document).update(words)
    return document


WITHOUT = {**SMALL, "paths": {}}
AFTER_SUNSET, ON_THE_DAY = date(2027, 7, 2), date(2027, 7, 1)


def test_an_operation_may_go_after_its_sunset_and_clients_are_told() -> None:
    told = retiring(deprecated=True, **{"x-sunset": "2027-07-01"})
    assert verdict(compare(told, WITHOUT, today=AFTER_SUNSET)) is NOTICE
    assert verdict(compare(told, WITHOUT, today=ON_THE_DAY)) is BREAKING


@pytest.mark.parametrize("words", [{"deprecated": True}, {"x-sunset": "2027-07-01"}])
def test_an_operation_stays_if_it_was_not_both_deprecated_and_given_a_day(words: Document) -> None:
    assert verdict(compare(retiring(**words), WITHOUT, today=AFTER_SUNSET)) is BREAKING


def test_a_sunset_may_be_put_off_but_not_brought_forward() -> None:
    told = retiring(deprecated=True, **{"x-sunset": "2027-07-01"})
    sooner, later = (retiring(deprecated=True, **{"x-sunset": day}) for day in ("2027-06-30", "2027-08-01"))
    assert verdict(compare(told, sooner, today=ON_THE_DAY)) is BREAKING
    assert compare(told, later, today=ON_THE_DAY) == []
    assert compare(told, SMALL, today=ON_THE_DAY) == []
