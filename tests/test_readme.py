"""The README says what the code does."""

import re

from tests.nodes import missing
from tests.readme import README, rendered


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert rendered(text) == text, "run python -m tests.readme"


def test_every_file_the_readme_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:app|tests|alembic|openapi)/[\w./-]+|Dockerfile|LICENSE|requirements\.lock)`", text))
    missing = {name for name in named if not (README.parent / name).exists()}
    assert not missing


def test_every_promise_of_the_readme_is_held_by_tests_that_exist() -> None:
    table = README.read_text(encoding="utf-8").split("## What is promised")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ") and "tests/" in line]
    assert len(rows) >= 12
    for promise, *_, held in rows:
        named = re.findall(r"`(tests/[^`]+)`", held)
        assert named and missing(named) == [], promise
