"""Nothing acknowledged is lost: the server and its PostgreSQL are killed, started again, and asked."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.db import Database
from app.demo.accounts import story_accounts
from app.demo.story import SO, tell
from app.demo.storyteller import Storyteller
from app.embedded import EmbeddedPostgres
from app.settings import Settings
from tests.server import Server, running


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
    with running(Server(folder)) as server:
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
