"""`/docs` and `/reference` in a real Chromium that reaches nothing but the server."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.contract.node import install, node, succeeded
from tests.server import Server

SCRIPT = Path(__file__).with_name("docs_page.mjs")
ACCOUNT = "theodoi.uongbi"


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser of the machine. A check that stands for everyone (CI) may not go without."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        reason = "no Chromium on this machine; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def seen(chromium: str, product: tuple[Server, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw and did; see docs_page.mjs."""
    install()
    server, _ = product
    profile = tmp_path_factory.mktemp("chromium")
    told = succeeded(node(SCRIPT, str(server.port), chromium, profile, ACCOUNT, server.passwords()[ACCOUNT]))
    result: dict[str, Any] = json.loads(told)
    return result


def test_the_page_shows_the_contract(seen: dict[str, Any], app: FastAPI) -> None:
    document = app.openapi()
    assert seen["title"].startswith("TĐKT API")
    assert seen["tags"] == len(document["tags"])


def test_a_reader_logs_in_and_runs_an_operation(seen: dict[str, Any]) -> None:
    assert seen["before"] == "401"
    assert seen["login"] == "200"
    assert seen["after"] == "200"


def test_the_reference_shows_every_operation(seen: dict[str, Any], app: FastAPI) -> None:
    assert seen["operations"] == sum(map(len, app.openapi()["paths"].values()))


def test_the_pages_ask_nobody_else_and_the_browser_complains_of_nothing(seen: dict[str, Any]) -> None:
    assert seen["elsewhere"] == []
    assert seen["violations"] == []
    assert seen["complaints"] == []
