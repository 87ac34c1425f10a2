"""Two ways to prepare a document: without the words that clients never depend on, and with every $ref resolved."""

import hashlib
import json
from typing import Any

# below these keys stand names that the document invents, not keywords
_NAMES = frozenset(
    {"properties", "patternProperties", "$defs", "dependentSchemas", "content", "encoding", "variables", "scopes"}
    | {"schemas", "responses", "headers", "parameters", "requestBodies", "securitySchemes", "links", "callbacks"}
    | {"paths", "webhooks", "pathItems", "security", "mapping", "dependentRequired"}
)
# values, in which nothing is a keyword or a reference
_VALUES = frozenset({"default", "const", "enum"})
_WORDS = frozenset(
    {"title", "description", "summary", "example", "examples", "externalDocs", "$comment", "tags", "info"}
    | {"bearerFormat"}
)


def without_words(node: Any, *, names: bool = False) -> Any:
    """The document without titles, descriptions, examples, tags and x- fields (only x-sunset means something)."""
    if isinstance(node, list):
        return [without_words(item, names=names) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, child in node.items():
        if not names and (key in _WORDS or (key.startswith("x-") and key != "x-sunset")):
            continue
        literal = not names and key in _VALUES
        # parameters and callbacks of an operation are lists without names, security is a list of names
        named = not names and key in _NAMES and (isinstance(child, dict) or key == "security")
        kept[key] = child if literal else without_words(child, names=named)
    return kept


def shape(document: dict[str, Any]) -> Any:
    """What two documents have in common that differ only in words and in order."""
    return _unordered(without_words(document))


def _unordered(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _unordered(child) for key, child in node.items()}
    if isinstance(node, list):
        return sorted((_unordered(item) for item in node), key=lambda item: json.dumps(item, sort_keys=True))
    return node


def linked(document: dict[str, Any], hidden: str) -> dict[str, Any]:
    """The document with each $ref replaced by what it names: the same object every time, so cycles are real cycles.

    A property marked `hidden` (readOnly where requests are compared, writeOnly where answers are) becomes a
    schema that nothing satisfies. A named schema carries its name as `x-component`.
    """
    return _Linker(without_words(document), hidden).document()


class _Linker:
    def __init__(self, document: dict[str, Any], hidden: str) -> None:
        self._source = document
        self._hidden = hidden
        self._targets: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        result: dict[str, Any] = self._link(self._source)
        return result

    def _link(self, node: Any, *, names: bool = False) -> Any:
        if isinstance(node, list):
            return [self._link(item) for item in node]
        if not isinstance(node, dict):
            return node
        if not names and isinstance(node.get("$ref"), str):
            target = self._target(node["$ref"])
            beside = {key: child for key, child in node.items() if key != "$ref"}
            return {"allOf": [target, self._filled({}, beside)]} if beside else target
        return self._filled({}, node, names=names)

    def _filled(self, result: dict[str, Any], node: dict[str, Any], *, names: bool = False) -> dict[str, Any]:
        for key, child in node.items():
            if not names and key in _VALUES:
                result[key] = child
            elif not names and key == "mapping" and isinstance(child, dict):
                result[key] = {value: self._mapped(name) for value, name in child.items()}
            else:
                result[key] = self._link(child, names=not names and key in _NAMES)
        if not names and isinstance(node.get("properties"), dict):
            self._hide(result, node["properties"])
        return result

    def _hide(self, result: dict[str, Any], properties: dict[str, Any]) -> None:
        hidden = {name for name, schema in properties.items() if self._is_hidden(schema)}
        for name in hidden:
            result["properties"][name] = False
        if hidden and "required" in result:
            result["required"] = [name for name in result["required"] if name not in hidden]

    def _is_hidden(self, schema: Any) -> bool:
        seen: set[str] = set()
        while isinstance(schema, dict):
            if schema.get(self._hidden) is True or any(map(self._is_hidden, schema.get("allOf", ()))):
                return True
            reference = schema.get("$ref")
            if not isinstance(reference, str) or reference in seen:
                return False
            seen.add(reference)
            schema = self._at(reference)
        return False

    def _mapped(self, name: str) -> Any:
        return self._target(name if name.startswith("#") else f"#/components/schemas/{name}")

    def _target(self, reference: str) -> Any:
        if reference not in self._targets:
            node = self._at(reference)
            if not isinstance(node, dict):
                return node
            if isinstance(node.get("$ref"), str) and len(node) == 1:
                self._targets[reference] = None
                self._targets[reference] = self._target(node["$ref"])
            else:
                # known before it is filled, because it may contain itself
                self._targets[reference] = result = {}
                if isinstance(node.get("$ref"), str):
                    result.update(self._link(node))
                else:
                    self._filled(result, node)
                if reference.startswith("#/components/schemas/"):
                    result["x-component"] = reference.rpartition("/")[2]
        if self._targets[reference] is None:
            raise ValueError(f"$ref {reference} chỉ dẫn về chính nó")
        return self._targets[reference]

    def _at(self, reference: str) -> Any:
        node: Any = self._source
        try:
            for step in reference.removeprefix("#/").split("/"):
                name = step.replace("~1", "/").replace("~0", "~")
                node = node[int(name)] if isinstance(node, list) else node[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ValueError(f"không tìm thấy $ref {reference}") from None
        return node


class Digests:
    """Recognises the same schema in two documents, however it is referenced and named."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str | None]] = {}

    def of(self, node: Any) -> str | None:
        """Equal for equal schemas; None for one that contains itself."""
        if not isinstance(node, dict | list):
            return json.dumps(node)
        if id(node) not in self._known:
            # what comes back to this node finds None: it contains itself
            self._known[id(node)] = (node, None)
            self._known[id(node)] = (node, self._digest(node))
        return self._known[id(node)][1]

    def _digest(self, node: dict[str, Any] | list[Any]) -> str | None:
        if isinstance(node, list):
            steps = [("", self.of(child)) for child in node]
        else:
            steps = sorted((name, self.of(child)) for name, child in node.items() if name != "x-component")
        if any(digest is None for _, digest in steps):
            return None
        return hashlib.sha256(repr((type(node), steps)).encode()).hexdigest()
