"""The README says what the code does."""

import re

from tests.readme import README, rendered


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert rendered(text) == text, "run python -m tests.readme"


def test_every_file_the_readme_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:app|tests|alembic|openapi)/[\w./-]+|Dockerfile|LICENSE|requirements\.lock)`", text))
    missing = {name for name in named if not (README.parent / name).exists()}
    assert not missing
