"""Spectral with the house rules, and Redocly, find nothing in the contract; each house rule finds what is planted."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.node import DOCUMENT, OPENAPI, install, npm, run, succeeded

RULES = OPENAPI / ".spectral.yaml"
Document = dict[str, Any]
Plant = Callable[[Document], None]

LIST = ("paths", "/v1/dossiers", "get")
CREATE = ("paths", "/v1/dossiers", "post")
READ = ("paths", "/v1/dossiers/{dossier_id}", "get")
CHANGE = ("paths", "/v1/dossiers/{dossier_id}", "patch")
SUBMIT = ("paths", "/v1/dossiers/{dossier_id}/submit", "post")
SCHEMAS = ("components", "schemas")
DOSSIER = (*SCHEMAS, "DossierOut", "properties")
RESPONSES = ("components", "responses")


def _at(document: Document, steps: tuple[str | int, ...]) -> Any:
    node: Any = document
    for step in steps:
        node = node[step]
    return node


def put(*steps: str | int, value: Any) -> Plant:
    """Set a value."""
    return lambda document: _at(document, steps[:-1]).__setitem__(steps[-1], value)


def drop(*steps: str | int) -> Plant:
    """Take something away."""
    return lambda document: _at(document, steps[:-1]).__delitem__(steps[-1])


def rename(*steps: str, to: str) -> Plant:
    """Give something another name."""

    def plant(document: Document) -> None:
        parent = _at(document, steps[:-1])
        parent[to] = parent.pop(steps[-1])

    return plant


def without(operation: tuple[str, ...], name: str) -> Plant:
    """Take a parameter away."""

    def plant(document: Document) -> None:
        found = _at(document, operation)
        found["parameters"] = [p for p in found["parameters"] if p["name"] != name]

    return plant


def parameter(operation: tuple[str, ...], name: str, **changes: Any) -> Plant:
    """Change a parameter, or add one of that name."""

    def plant(document: Document) -> None:
        parameters = _at(document, operation)["parameters"]
        new = {"name": name, "in": "query", "description": "…", "schema": {"type": "string", "maxLength": 9}}
        found = next((p for p in parameters if p["name"] == name), None)
        if found is None:
            parameters.append(found := new)
        found.update(changes)

    return plant


def unanswered(operation: tuple[str, ...], *statuses: str) -> list[Plant]:
    """Take the statuses away, one after the other."""
    return [drop(*operation, "responses", status) for status in statuses]


TEXT = {"type": "string", "maxLength": 9}
VIOLATIONS: dict[str, list[Plant]] = {
    "tdkt-paths": [
        rename("paths", "/v1/dossiers", to="/v1/dossier"),
        rename("paths", "/v1/dossiers", to="/v1/award_dossiers"),
        rename("paths", "/v1/dossiers", to="/v2/dossiers"),
        rename("paths", "/v1/dossiers/{dossier_id}/submit", to="/v1/dossiers/{dossier_id}/letters/submit"),
    ],
    "tdkt-parameters-snake-case": [parameter(LIST, "awardYear"), parameter(LIST, "award-year")],
    "tdkt-properties-snake-case": [put(*DOSSIER, "awardYear", value=TEXT), put(*DOSSIER, "Năm", value=TEXT)],
    "tdkt-schema-names": [
        lambda document: document.update(
            json.loads(json.dumps(document).replace("schemas/DossierPage", "schemas/Page_Dossier_"))
            | {"components": json.loads(json.dumps(document["components"]).replace('"DossierPage"', '"Page_Dossier_"'))}
        )
    ],
    "tdkt-enum-values": [put(*SCHEMAS, "NominationState", "enum", 0, value="inReview")],
    "tdkt-operation-ids": [put(*LIST, "operationId", value="list_dossiers_v1_dossiers_get")],
    "tdkt-summaries": [put(*LIST, "summary", value="Danh sách hồ sơ" * 5), drop(*LIST, "summary")],
    "tdkt-version": [put("info", "version", value="1.0")],
    "tdkt-servers-described": [drop("servers", 0, "description")],
    "tdkt-retirement": [
        lambda document: _at(document, LIST).update({"deprecated": True, "x-sunset": "2027-07-01"}),
        lambda document: _at(document, LIST).update({"deprecated": True, "x-deprecated-since": "2027-01-01"}),
    ],
    "tdkt-strings-bounded": [
        drop(*DOSSIER, "title", "maxLength"),
        parameter(LIST, "q", schema={"type": "string"}),
        drop("components", "headers", "ETag", "schema", "maxLength"),
    ],
    "tdkt-arrays-bounded": [drop(*DOSSIER, "nominations", "maxItems")],
    "tdkt-integers-bounded": [
        drop(*DOSSIER, "version", "minimum"),
        drop(*DOSSIER, "version", "maximum"),
    ],
    "tdkt-no-floats": [put(*DOSSIER, "share", value={"type": "number"})],
    "tdkt-objects-closed": [
        put(*SCHEMAS, "DossierOut", "additionalProperties", value=True),
        drop(*SCHEMAS, "DossierOut", "additionalProperties"),
    ],
    "tdkt-moments": [put(*DOSSIER, "created_at", value=TEXT), put(*DOSSIER, "seen_at", value={"anyOf": [TEXT]})],
    "tdkt-days": [put(*DOSSIER, "decided_on", value=TEXT), put(*DOSSIER, "due_date", value={"anyOf": [TEXT]})],
    "tdkt-ids": [put(*DOSSIER, "holder_id", value=TEXT), put(*DOSSIER, "id", value={"anyOf": [TEXT]})],
    "tdkt-pages": [
        put(*SCHEMAS, "DossierPage", "required", value=["items"]),
        put(*SCHEMAS, "DossierPage", "properties", "total", value=TEXT),
    ],
    "tdkt-lists-paged": [
        without(LIST, "cursor"),
        without(LIST, "limit"),
        parameter(LIST, "limit", schema={"type": "integer", "minimum": 1, "maximum": 100}),
    ],
    "tdkt-permission": [
        drop(*LIST, "security"),
        put(*LIST, "security", 0, value={"HTTPBearer": []}),
        put(*LIST, "security", 0, value={"HTTPBearer": ["admin"]}),
        put(*LIST, "security", value=[{"HTTPBearer": ["nomination:read"]}, {}]),
    ],
    "tdkt-changes-need-if-match": [
        without(CHANGE, "If-Match"),
        without(SUBMIT, "If-Match"),
        parameter(SUBMIT, "If-Match", required=False),
    ],
    "tdkt-posts-need-idempotency-key": [
        without(CREATE, "Idempotency-Key"),
        without(SUBMIT, "Idempotency-Key"),
        parameter(CREATE, "Idempotency-Key", required=False),
    ],
    "tdkt-no-credentials-in-addresses": [parameter(LIST, "access_token"), parameter(LIST, "api_key")],
    "tdkt-no-body-on-reads": [
        lambda document: put(*LIST, "requestBody", value=_at(document, (*CREATE, "requestBody")))(document),
    ],
    "tdkt-patch-is-merge-patch": [drop(*CHANGE, "requestBody", "content", "application/merge-patch+json")],
    "tdkt-bodies-are-json": [rename(*CREATE, "requestBody", "content", "application/json", to="text/csv")],
    "tdkt-answers-are-json": [
        rename(*READ, "responses", "200", "content", "application/json", to="text/csv"),
        put(*READ, "responses", "200", "content", "text/csv", value={"schema": TEXT}),
    ],
    "tdkt-answers-are-objects": [put(*READ, "responses", "200", "content", "application/json", "schema", value=TEXT)],
    "tdkt-success-headers": [
        drop(*READ, "responses", "304", "headers", "API-Version"),
        drop(*RESPONSES, "Problem422", "headers", "X-Request-ID"),
        drop(*LIST, "responses", "200", "headers", "X-Request-ID"),
        drop(*LIST, "responses", "200", "headers", "API-Version"),
        drop(*CREATE, "responses", "201", "headers", "API-Version"),
    ],
    "tdkt-created-has-location": [
        rename(*CREATE, "responses", "201", "headers", "Location", to="Place"),
        rename(*CREATE, "responses", "201", "headers", "ETag", to="Tag"),
    ],
    "tdkt-conditional-reads": [drop(*READ, "responses", "304"), drop(*READ, "responses", "200", "headers", "ETag")],
    "tdkt-refusals-by-reference": [
        lambda document: put(*LIST, "responses", "403", value=_at(document, (*RESPONSES, "Problem403")))(document),
    ],
    "tdkt-refusals-are-problems": [
        rename(*RESPONSES, "Problem409", "content", "application/problem+json", to="application/json"),
    ],
    "tdkt-refusal-headers": [
        rename(*RESPONSES, "Problem401", "headers", "WWW-Authenticate", to="Authenticate"),
        drop(*RESPONSES, "Problem429", "headers", "Retry-After"),
        drop(*RESPONSES, "Problem503", "headers", "Retry-After"),
    ],
    "tdkt-refusals-of-every-operation": unanswered(LIST, "422", "500", "503"),
    "tdkt-refusals-of-guarded-operations": unanswered(LIST, "401", "403", "404"),
    "tdkt-refusals-of-bodies": unanswered(("paths", "/v1/auth/login", "post"), "400", "413", "415"),
    "tdkt-refusals-of-if-match": unanswered(CHANGE, "409", "412", "428"),
    "tdkt-refusals-of-idempotency-key": unanswered(SUBMIT, "400") + unanswered(CREATE, "409"),
}
PLANTED = [f"{rule}-{number}" for rule, plants in VIOLATIONS.items() for number in range(len(plants))]


def _small() -> Document:
    """A copy with one resource, logging in and a public page: each rule finds its violation there as well, sooner."""
    document: Document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    kept = ("/v1/dossiers", "/v1/auth/login", "/v1/award-types", "/healthz")
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith(kept)}
    for body in _media_types(document):
        body.pop("example", None)
        body.pop("examples", None)
    components, used = document["components"], set[str]()
    text = json.dumps(document["paths"])
    while new := set(re.findall(r'"#/components/(\w+/[\w-]+)"', text)) - used:
        used |= new
        text = json.dumps([components[kind][name] for kind, name in (reference.split("/") for reference in new)])
    for kind in ("schemas", "responses", "headers"):
        components[kind] = {name: part for name, part in components[kind].items() if f"{kind}/{name}" in used}
    tags = {tag for item in document["paths"].values() for operation in item.values() for tag in operation["tags"]}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in tags]
    return document


def _media_types(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for child in node for found in _media_types(child)]
    if not isinstance(node, dict):
        return []
    own = list(node["content"].values()) if isinstance(node.get("content"), dict) else []
    return own + [found for child in node.values() for found in _media_types(child)]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The rules that found something, by the planted violation; "clean" has none. One run for all: it starts slowly."""
    folder = tmp_path_factory.mktemp("planted")
    clean = json.dumps(_small())
    (folder / "clean.json").write_text(clean, encoding="utf-8")
    for rule, plants in VIOLATIONS.items():
        for number, plant in enumerate(plants):
            document = json.loads(clean)
            plant(document)
            (folder / f"{rule}-{number}.json").write_text(json.dumps(document), encoding="utf-8")
    report = folder / "report"
    run("spectral", "lint", *sorted(folder.glob("*.json")), "-r", RULES, "-f", "json", "-o", report, cwd=folder)
    found: dict[str, set[str]] = {name: set() for name in ("clean", *PLANTED)}
    for finding in json.loads(report.read_text(encoding="utf-8")):
        found[Path(finding["source"]).stem].add(finding["code"])
    return found


def test_the_contract_follows_the_house_rules_and_those_of_redocly() -> None:
    install()
    succeeded(npm("run", "lint"))


def test_redocly_would_find_something(tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    drop(*LIST, "operationId")(document)
    broken = tmp_path / "openapi.json"
    broken.write_text(json.dumps(document), encoding="utf-8")
    done = run("redocly", "lint", "--format", "json", broken)
    assert done.returncode == 1
    assert {problem["ruleId"] for problem in json.loads(done.stdout)["problems"]} == {"operation-operationId"}


def test_every_house_rule_has_a_planted_violation() -> None:
    rules = re.findall(r"^  (tdkt-[a-z-]+):$", RULES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(rules) == sorted(VIOLATIONS) and len(rules) > 25


def test_without_a_violation_nothing_is_found(findings: dict[str, set[str]]) -> None:
    assert findings["clean"] == set()


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_violation_is_found_by_its_rule_alone(findings: dict[str, set[str]], planted: str) -> None:
    assert findings[planted] == {planted.rsplit("-", 1)[0]}
