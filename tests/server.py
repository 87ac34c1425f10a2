"""The server as its users have it: `python -m app run`, a process with a port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`python -m app run` in a process group of its own, with the embedded database or the given one.

    Of the settings in the environment of the tests it gets none; `settings` are names as in the README.
    """

    def __init__(
        self, folder: Path, database_url: str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._settings = {"DATA_DIR": str(folder / "data"), "PORT": str(self.port), **(settings or {})}
        if database_url is not None:
            self._settings["DATABASE_URL"] = database_url
        self._log = folder / "server.log"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it and wait until it is ready; returns what it printed until then."""
        self._spawn()
        self.wait_until_ready()
        return self._log.read_text()

    def refuses(self) -> tuple[int, str]:
        """Start it and wait until it has ended by itself: its exit code and what it printed."""
        self._spawn()
        assert self._process is not None
        return self._process.wait(60), self._log.read_text()

    def _spawn(self) -> None:
        environment = {k: v for k, v in os.environ.items() if k.lower() not in Settings.model_fields}
        with self._log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "run"],
                cwd=ROOT,
                env=environment | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )

    def wait_until_ready(self) -> None:
        """Ask until it serves; fails after 90 s or when the process has ended."""
        assert self._process is not None
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready after 90 s: {self._log.read_text()}")

    def passwords(self) -> dict[str, str]:
        """What the first start shows: account and one-time password."""
        return dict(
            re.findall(r"^ +([a-z]+\.[a-z]+) +([a-z0-9]+(?:-[a-z0-9]+){2})$", self._log.read_text(), re.MULTILINE)
        )

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, killed at the end."""
    try:
        yield server
    finally:
        server.kill()
