"""The server that clients and browsers of these tests talk to."""

import uuid
from collections.abc import AsyncIterator

import pytest

from tests.conftest import own_database
from tests.server import Server, running


@pytest.fixture(scope="package")
async def product(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Server, str]]:
    """A running server with the demonstration accounts, and the address of its database."""
    async with own_database(server_dsn, f"tdkt_contract_{uuid.uuid4().hex[:12]}", template) as dsn:
        with running(Server(tmp_path_factory.mktemp("máy chủ"), dsn)) as server:
            server.start()
            yield server, dsn
