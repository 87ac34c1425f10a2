"""Nothing acknowledged is lost: the server and its PostgreSQL are killed, started again, and asked."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest

from app.db import Database
from app.demo.accounts import story_accounts
from app.demo.story import SO, tell
from app.demo.storyteller import Storyteller
from app.embedded import EmbeddedPostgres
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`python -m app run` in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it and wait until it is ready; returns what it printed until then."""
        environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "ENVIRONMENT")}
        log = self.folder / "server.log"
        with log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "run"],
                cwd=ROOT,
                env=environment | {"DATA_DIR": str(self.folder / "data"), "PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
        self.wait_until_ready()
        return log.read_text()

    def wait_until_ready(self) -> None:
        """Ask until it serves; fails after 90 s or when the process has ended."""
        assert self._process is not None
        log = self.folder / "server.log"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self._process.poll() is None, log.read_text()
            try:
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready after 90 s: {log.read_text()}")

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def _server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.kill()


@asynccontextmanager
async def _story_at(server: Server) -> AsyncIterator[tuple[Storyteller, dict[str, tuple[str, str]], Database]]:
    """A storyteller at the server, with accounts made in its database."""
    embedded = EmbeddedPostgres(server.folder / "data" / "postgres", durable=True)
    with embedded.hold() as dsn:
        async with (
            Database.open(Settings(database_url=dsn)) as database,
            story_accounts(database) as accounts,
            httpx.AsyncClient(base_url=server.address, timeout=30) as client,
        ):
            yield Storyteller(client, lambda _: None), accounts, database


async def _tell_and_find_postmaster(server: Server) -> tuple[dict[str, int], int]:
    async with _story_at(server) as (story, accounts, database):
        await tell(story, accounts)
        row = await database.reads.fetchrow("select current_setting('data_directory') as folder")
        assert row is not None
        pid = int((Path(row["folder"]) / "postmaster.pid").read_text().split()[0])
        return story.acknowledged, pid


async def _lost(server: Server, acknowledged: dict[str, int]) -> list[str]:
    async with _story_at(server) as (story, accounts, _):
        await story.log_in(SO, *accounts[SO])
        headers = {"Authorization": f"Bearer {story.tokens[SO]}"}
        lost = []
        for path, version in acknowledged.items():
            answer = await story.client.get(path, headers=headers)
            if answer.status_code != 200 or answer.json()["version"] < version:
                lost.append(f"{path}: {answer.status_code}")
        return lost


def test_every_acknowledged_write_survives_kill_9_of_the_database_and_then_of_the_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("máy chủ thử nghiệm")
    with _server(folder) as server:
        first = server.start()
        assert "canbo.uongbi" in first and "/docs" in first, "the first start shows the accounts"
        acknowledged, postmaster = asyncio.run(_tell_and_find_postmaster(server))
        assert len(acknowledged) >= 14
        os.kill(postmaster, signal.SIGKILL)
        server.wait_until_ready()
        assert asyncio.run(_lost(server, acknowledged)) == [], "the running server has its database again"
        server.kill()
        again = server.start()
        assert "canbo.uongbi" not in again, "one-time passwords are shown once"
        assert asyncio.run(_lost(server, acknowledged)) == []
