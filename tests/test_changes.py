"""A change of access reaches every process within seconds, and nobody is looked up again without one."""

import asyncio
import time

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app import changes
from app.changes import Changes
from app.db import asyncpg_arguments
from app.main import create_app
from app.settings import Settings
from tests.make import OTHER_WARD, WARD, Caller, Make

_ANOTHER_GRANT = f"""
insert into role_grant (id, user_id, role, authority_id, reach, valid_from)
select gen_random_uuid(), $1, 'viewer', id, 'self', current_date - 1 from authority where key = '{OTHER_WARD}'
"""
_DISABLE = "update user_account set disabled_at = now() where id = $1"
_END = "update user_session set ended_at = now() where user_id = $1"
# what somebody does → how many grants the process believes in after that; None: it refuses the caller
CHANGES: dict[str, tuple[str, int | None]] = {
    "the session ended": (_END, None),
    "the account was disabled": (_DISABLE, None),
    "the grant was suspended": ("update role_grant set suspended_at = now() where user_id = $1", 0),
    "the grant was taken away": ("delete from role_grant where user_id = $1", 0),
    "another grant was given": (_ANOTHER_GRANT, 2),
}


async def believed(app: FastAPI, caller: Caller) -> int | None:
    """How many grants the process believes the caller has; None where it refuses them."""
    if (await caller.get("/v1/nominations")).status_code == 401:
        return None
    (grants,) = (
        len(found.actor.grants) for found in app.state.callers._actors.values() if found.actor.user_id == caller.user_id
    )
    return grants


class Following:
    """A process that follows."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._changes = Changes(app.state.callers)

    async def look(self) -> None:
        """Know what has changed."""
        await self._changes.known(self._app.state.database.reads)


async def at_work(make: Make, app: FastAPI) -> tuple[Following, Caller, Caller]:
    """A process that follows, and two callers it remembers."""
    watch = Following(app)
    officer, leader = await make.officer(), await make.leader()
    await make.db.commit()
    await watch.look()
    assert (await believed(app, officer), await believed(app, leader)) == (1, 1)
    return watch, officer, leader


@pytest.mark.parametrize(("statement", "left"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_is_known_at_the_next_look(
    committed: Make, app: FastAPI, statement: str, left: int | None
) -> None:
    watch, officer, leader = await at_work(committed, app)
    await app.state.database.reads.fetch(statement, officer.user_id)
    assert await believed(app, officer) == 1, "still remembered: nobody has looked"
    await watch.look()
    assert await believed(app, officer) == left
    assert await believed(app, leader) == 1


async def test_a_body_that_moved_is_known_at_the_next_look(committed: Make, app: FastAPI) -> None:
    watch, officer, _ = await at_work(committed, app)
    await app.state.database.reads.fetch(
        "update authority set parent_id = (select id from authority where key = 'ubnd-thanh-pho-hai-phong') "
        "where key = $1",
        WARD,
    )
    await watch.look()
    await believed(app, officer)
    row = await app.state.database.reads.fetchrow("select territory_path from authority where key = $1", WARD)
    (found,) = app.state.callers._actors.values()
    assert found.actor.grants[0].territory_path == row["territory_path"]


async def test_a_transaction_that_commits_late_is_not_missed(committed: Make, app: FastAPI) -> None:
    watch, officer, _ = await at_work(committed, app)
    dsn = committed.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    slow = await asyncpg.connect(**asyncpg_arguments(dsn))
    transaction = slow.transaction()
    await transaction.start()
    # takes its number first …
    await slow.execute(_DISABLE, officer.user_id)
    # … others come and go …
    await app.state.database.reads.fetch("create table others_come (id int)")
    await watch.look()
    assert await believed(app, officer) == 1
    # … and only now it counts
    await transaction.commit()
    await slow.close()
    await watch.look()
    assert await believed(app, officer) is None


async def test_while_changes_are_followed_nobody_is_looked_up_again(
    committed: Make, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, officer, _ = await at_work(committed, app)
    looked_up = app.state.callers._actors.copy()
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment + 60)
    await watch.look()
    await believed(app, officer)
    assert app.state.callers._actors == looked_up
    # nobody looks any more: after five seconds nothing is taken as true
    monkeypatch.setattr(time, "monotonic", lambda: moment + 66)
    await believed(app, officer)
    assert app.state.callers._actors != looked_up


async def test_a_caller_who_changes_while_being_looked_up_is_not_remembered(committed: Make, app: FastAPI) -> None:
    callers = app.state.callers
    officer = await committed.officer()
    await committed.db.commit()
    reads = app.state.database.reads

    class Slow:
        """Reads during which somebody looks at the changes."""

        async def fetchrow(self, sql: str, *arguments: object) -> object:
            row = await reads.fetchrow(sql, *arguments)
            callers.forget([officer.user_id])
            return row

    actor = await callers.actor(Slow(), officer.token)
    assert actor.user_id == officer.user_id
    assert callers._actors == {}


async def test_a_running_server_follows_by_itself(
    committed: Make, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PERIOD_SECONDS", 0.02)
    dsn = committed.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    officer = await committed.officer()
    await committed.db.commit()
    served = create_app(settings.model_copy(update={"database_url": dsn}))
    async with served.router.lifespan_context(served):
        transport = httpx.ASGITransport(served)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            caller = Caller(client, officer.token, officer.user_id)
            assert (await caller.get("/v1/nominations")).status_code == 200
            await served.state.database.reads.fetch(_END, officer.user_id)
            for _ in range(400):
                await asyncio.sleep(0.01)
                if (await caller.get("/v1/nominations")).status_code == 401:
                    break
            else:
                pytest.fail("the server did not notice")


async def test_what_every_process_has_long_read_is_cleared_away(
    committed: Make, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = app.state.database.reads
    await reads.fetch("delete from change")
    await reads.fetch(
        "insert into change (transaction, topic, at) select 1, 'campaign', now() - age "
        "from unnest(array[interval '2 hours', interval '50 minutes', interval '0']) as age"
    )
    monkeypatch.setattr(changes, "PERIOD_SECONDS", 0.01)
    following = asyncio.create_task(Changes(app.state.callers).follow(reads))
    for _ in range(200):
        await asyncio.sleep(0.01)
        row = await reads.fetchrow("select count(*) as kept from change")
        if row["kept"] < 3:
            break
    await changes.stop(following)
    assert row["kept"] == 2
