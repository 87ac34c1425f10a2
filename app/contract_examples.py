"""The examples of the OpenAPI document: requests and answers of a real run, kept in `app/data/examples.json`."""

import json
from pathlib import Path
from typing import Any

from app.problems import PROBLEM_MEDIA_TYPE, REGISTRY

_FILE = Path(__file__).parent / "data" / "examples.json"
_JSON = "application/json"


def add_examples(document: dict[str, Any]) -> None:
    """Put the examples into the document. What has none stays without; a test names it."""
    shipped: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    for operations in document["paths"].values():
        for operation in operations.values():
            example = shipped["examples"].get(operation["operationId"])
            if example is not None:
                _of_operation(operation, example)
    for status, response in document["components"]["responses"].items():
        # in the order of the registry: a mock server answers with the first, which is the general one there
        found = {
            code: {"summary": problem["title"], "value": problem}
            for code, problem in ((code, shipped["problems"].get(code)) for code in REGISTRY)
            if problem is not None and status == f"Problem{problem['status']}"
        }
        if found:
            response["content"][PROBLEM_MEDIA_TYPE]["examples"] = found


def _of_operation(operation: dict[str, Any], example: dict[str, Any]) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["content"][_JSON]["example"] = example["request"]
    for status, response in operation["responses"].items():
        if status.startswith("2") and _JSON in response.get("content", {}):
            response["content"][_JSON]["example"] = example["response"]
