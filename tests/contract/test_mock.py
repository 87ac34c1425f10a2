"""The mock server of the guide answers with the examples of the contract."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.node import DOCUMENT, MODULES, NODE, OPENAPI, environment, install
from tests.server import free_port


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A frontend team at its own machine, with the mock server and a token of any kind."""
    install()
    port = free_port()
    log = tmp_path_factory.mktemp("mock") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [NODE, MODULES / ".bin" / "prism", "mock", DOCUMENT.name, "--port", str(port)],
            cwd=OPENAPI,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": "Bearer any"}, timeout=30
        ) as client:
            _wait(client, process, log)
            yield client
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            client.get("/healthz")
            return
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def _document() -> Any:
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def _example(path: str, method: str, status: str) -> Any:
    return _document()["paths"][path][method]["responses"][status]["content"]["application/json"]["example"]


def test_the_mock_answers_with_the_example_and_the_headers_of_the_contract(mock: httpx.Client) -> None:
    for path in ("/v1/campaigns", "/v1/me", "/v1/vocabularies"):
        answer = mock.get(path)
        assert answer.status_code == 200
        assert answer.json() == _example(path, "get", "200")
    assert answer.headers["API-Version"] == _document()["info"]["version"] and answer.headers["ETag"].startswith('"')


def test_the_mock_refuses_whoever_has_no_token_as_the_server_does(mock: httpx.Client) -> None:
    del mock.headers["Authorization"]
    try:
        answer = mock.get("/v1/me")
    finally:
        mock.headers["Authorization"] = "Bearer any"
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


def test_the_mock_refuses_what_does_not_fit_and_what_it_is_asked_to_refuse(mock: httpx.Client) -> None:
    key = {"Idempotency-Key": "mot-lan-bam-1"}
    path = "/v1/dossiers"
    wrong = mock.post(path, json={"title": "Hồ sơ"}, headers=key)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
    right = _document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert mock.post(path, json=right, headers=key).json() == _example(path, "post", "201")
    asked = mock.get(path, headers={"Prefer": "code=422, example=invalid_cursor"})
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid_cursor")
