"""Every answer of every test is held against the OpenAPI document: path, method, status, headers, media type, schema."""

import json
import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

# served outside the contract: pages for people, and the contract itself
PAGES = ("/", "/docs", "/reference", "/openapi.json")
ASSETS = "/docs-assets/"
# a client may rely on these only where the contract names them; the others are for caches and browsers
_PROMISES = ("etag", "location", "retry-after", "www-authenticate", "idempotency-replayed")
# what browsers and caches are told on every answer (OWASP REST Security Cheat Sheet); HSTS is the proxy's that ends TLS
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-site",
}
# of the server itself nothing is told, and nothing is kept in a browser
_NEVER = ("server", "x-powered-by", "set-cookie", "x-process-time", "via")


class ContractCheck:
    """A response hook of the test client."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        resource: Any = DRAFT202012.create_resource(document)
        self._registry: Any = Registry().with_resource("urn:contract", resource)
        self._paths = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template)) + r"\Z"), template)
            # a fixed path wins over one with a parameter, as in the router
            for template in sorted(document["paths"], key=lambda template: template.count("{"))
        ]
        self._validators: dict[str, Draft202012Validator] = {}

    async def __call__(self, response: httpx.Response) -> None:
        """Fail where the contract does not say what came."""
        await response.aread()
        self.check(response.request.method, response.request.url.path, response)

    def check(self, method: str, path: str, response: httpx.Response) -> None:
        """The answer to `method` at `path`, its body read."""
        assert len(response.headers["X-Request-ID"]) >= 8 and response.headers["API-Version"], "on every answer"
        head = method == "HEAD"
        if head:
            assert not response.content, "an answer to HEAD has no body"
        # a HEAD is declared by its GET
        name = "get" if head else method.lower()
        template = next((template for pattern, template in self._paths if pattern.match(path)), None)
        self._protected(response, guarded=self._is_guarded(template, name))
        if template is None:
            self._outside(method, path, response)
        elif name not in self._document["paths"][template]:
            allowed = {operation.upper() for operation in self._document["paths"][template]}
            self._method_refused(response, allowed | ({"HEAD"} if "GET" in allowed else set()))
        else:
            self._declared(name, template, response, body=not head)

    def _is_guarded(self, template: str | None, method: str) -> bool:
        return bool(self._document["paths"].get(template, {}).get(method, {}).get("security"))

    def _protected(self, response: httpx.Response, *, guarded: bool) -> None:
        """The headers that protect: the same on every answer, and no cache keeps what is for one caller only."""
        said = response.headers
        assert {name: said.get(name) for name in ALWAYS} == ALWAYS
        assert not [name for name in _NEVER if name in said]
        policy = said["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        cache = said["cache-control"]
        if response.status_code >= 400:
            assert cache == "no-store", f"a refusal may be kept: {cache}"
        elif guarded:
            kept = "Authorization" in said.get("vary", "") and cache.startswith("private")
            assert cache == "no-store" or kept, f"Cache-Control: {cache}, Vary: {said.get('vary')}"
        elif cache != "no-store":
            assert "vary" in said or cache == "no-cache" or "max-age=86400" in cache, f"public without Vary: {cache}"

    def _outside(self, method: str, path: str, response: httpx.Response) -> None:
        if path in PAGES or path.startswith(ASSETS):
            if method in ("GET", "HEAD"):
                return
            self._method_refused(response, {"GET", "HEAD"})
            return
        assert response.status_code in (404, 413), f"{path} is not in the contract and answered {response.status_code}"
        if method != "HEAD":
            self._problem(response, {404: "path_not_found", 413: "body_too_large"}[response.status_code])

    def _method_refused(self, response: httpx.Response, allowed: set[str]) -> None:
        assert response.status_code in (405, 413), f"an undeclared method answered {response.status_code}"
        if response.status_code == 405:
            assert response.headers["Allow"].split(", ") == sorted(allowed), "Allow names all methods"
        if response.content:
            self._problem(response, {405: "method_not_allowed", 413: "body_too_large"}[response.status_code])

    def _problem(self, response: httpx.Response, code: str) -> None:
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(response.content)
        self._validate("/components/schemas/Problem", problem)
        assert (problem["code"], problem["status"]) == (code, response.status_code)

    def _declared(self, method: str, template: str, response: httpx.Response, *, body: bool) -> None:
        declared = self._document["paths"][template][method]["responses"]
        status = str(response.status_code)
        assert status in declared, f"{method} {template} answered an undeclared {status}: {response.text[:500]}"
        found = declared[status]
        pointer = f"/paths/{_step(template)}/{method}/responses/{status}"
        if "$ref" in found:
            pointer = found["$ref"].removeprefix("#")
            found = self._at(pointer)
        self._headers(f"{method} {template} {status}", found.get("headers", {}), response)
        if not body:
            return
        if "content" not in found:
            assert not response.content, f"{method} {template} {status} has a body the contract does not declare"
            return
        media_type = response.headers["content-type"].split(";")[0]
        assert media_type in found["content"], f"{method} {template} {status} answered {media_type}"
        if not media_type.endswith("json") or "schema" not in found["content"][media_type]:
            return
        self._validate(f"{pointer}/content/{_step(media_type)}/schema", json.loads(response.content))

    def _headers(self, where: str, declared: dict[str, Any], response: httpx.Response) -> None:
        for name, header in declared.items():
            told = self._at(header["$ref"].removeprefix("#")) if "$ref" in header else header
            value: str | int | None = response.headers.get(name)
            if value is None:
                assert not told.get("required"), f"{where} lacks the header {name}"
                continue
            if told["schema"]["type"] == "integer":
                value = int(value)
            errors = [e.message for e in Draft202012Validator(told["schema"]).iter_errors(value)]
            assert not errors, f"{where} {name}: {errors}"
        undeclared = {name for name in _PROMISES if name in response.headers} - {name.lower() for name in declared}
        assert not undeclared, f"{where} answered headers that the contract does not declare: {sorted(undeclared)}"

    def _at(self, pointer: str) -> Any:
        node: Any = self._document
        for step in pointer.strip("/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        return node

    def _validate(self, pointer: str, body: Any) -> None:
        if pointer not in self._validators:
            self._validators[pointer] = Draft202012Validator(
                {"$ref": f"urn:contract#{pointer}"},
                registry=self._registry,
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        errors = [f"{e.json_path}: {e.message[:300]}" for e in self._validators[pointer].iter_errors(body)]
        assert not errors, f"the answer is not what {pointer} declares: {errors[:5]}"


def _step(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
