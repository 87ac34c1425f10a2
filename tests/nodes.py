"""Tests by their names, as tables name them: `tests/test_auth.py::TestLogin::test_gives_tokens_that_work`."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def missing(names: Iterable[str]) -> list[str]:
    """Those that name no test."""
    return [name for name in names if not _exists(name)]


def _exists(name: str) -> bool:
    file, *steps = name.split("::")
    if not (_ROOT / file).is_file() or not steps or not steps[-1].startswith("test_"):
        return False
    body: list[Any] = ast.parse((_ROOT / file).read_text(encoding="utf-8")).body
    for step in steps:
        found = next((node for node in body if getattr(node, "name", None) == step), None)
        if found is None:
            return False
        body = found.body
    return True
