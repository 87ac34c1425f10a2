"""What generated requests, clients and browsers of these tests talk to."""

import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from app.settings import Settings
from tests.conftest import own_database
from tests.contract.rehearsal import STAGE, Rehearsal, rehearsal
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


@pytest.fixture(scope="session")
def rehearsed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The application with a ward at work, on a database and in a thread of its own."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(own_database(server_dsn, f"{template}_rehearsal", template)) as dsn,
    ):
        settings = Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("rehearsal"))
        with portal.wrap_async_context_manager(rehearsal(dsn, settings, portal)) as found:
            STAGE.rehearsed = found
            yield found
