"""Every answer of every test is held against the OpenAPI document: status, headers, media type and schema."""

import json
import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012


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
        method, path = response.request.method.lower(), response.request.url.path
        template = next((t for pattern, t in self._paths if pattern.match(path)), None)
        if template is None or method not in self._document["paths"][template]:
            return
        declared = self._document["paths"][template][method]["responses"]
        status = str(response.status_code)
        assert status in declared, f"{method} {template} answered an undeclared {status}: {response.text[:500]}"
        found = declared[status]
        pointer = f"/paths/{_step(template)}/{method}/responses/{status}"
        if "$ref" in found:
            pointer = found["$ref"].removeprefix("#")
            found = self._at(pointer)
        required = [name for name, header in found.get("headers", {}).items() if self._at(header["$ref"])["required"]]
        missing = [name for name in required if name not in response.headers]
        assert not missing, f"{method} {template} {status} came without {missing}"
        if "content" not in found:
            assert not response.content, f"{method} {template} {status} has a body the contract does not declare"
            return
        media_type = response.headers["content-type"].split(";")[0]
        assert media_type in found["content"], f"{method} {template} {status} answered {media_type}"
        if not media_type.endswith("json") or "schema" not in found["content"][media_type]:
            return
        self._validate(f"{pointer}/content/{_step(media_type)}/schema", json.loads(response.content))

    def _at(self, pointer: str) -> Any:
        node: Any = self._document
        for step in pointer.strip("#/").split("/"):
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
