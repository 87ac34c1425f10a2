"""Guessing passwords: whoever guesses is slowed down, nobody else is; and what happens at the same time."""

import asyncio
import os
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock, passwords
from app.db import Database, asyncpg_arguments
from app.main import create_app
from app.models.users import LoginAttempt, RefreshToken, UserAccount
from app.services import sessions
from app.settings import Settings
from tests.accounts import (
    PASSWORD,
    PASSWORD_HASH,
    NewAccount,
    let_pass,
    log_in,
    noted_hashes,
    renew,
    store_account,
    tokens_of,
)
from tests.conftest import migrate, with_database
from tests.contract.check import ContractCheck

At = Callable[[str], httpx.AsyncClient]


@pytest.fixture
def new_account(db: AsyncSession) -> NewAccount:
    """Store an account that logs in with PASSWORD."""
    return partial(store_account, db)


@pytest.fixture
async def account(new_account: NewAccount) -> UserAccount:
    """An account that logs in with PASSWORD."""
    return await new_account()


@pytest.fixture
async def at(app: FastAPI, client: httpx.AsyncClient, contract_check: ContractCheck) -> AsyncIterator[At]:
    """A caller without a token at a network address."""
    opened: list[httpx.AsyncClient] = []

    def open_client(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40000))
        hooks: dict[str, list[Any]] = {"response": [contract_check]}
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://test", event_hooks=hooks))
        return opened[-1]

    yield open_client
    for one in opened:
        await one.aclose()


async def failures(db: AsyncSession, username: str, address: str, count: int, *, age: timedelta = timedelta()) -> None:
    """Store failed logins of the past."""
    for _ in range(count):
        db.add(LoginAttempt(username=username, address=address, at=clock.now() - age))
    await db.commit()


class TestGuessing:
    """Whoever guesses is slowed down; nobody else is."""

    async def test_is_stopped_after_five_failures_even_with_the_right_password(
        self, client: httpx.AsyncClient, account: UserAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed = noted_hashes(monkeypatch)
        assert [(await log_in(client, account.username, f"đoán {n}")).status_code for n in range(6)] == [401] * 5 + [
            429
        ]
        refused = await log_in(client, account.username)
        assert refused.status_code == 429 and refused.json()["code"] == "too_many_requests"
        assert 890 <= int(refused.headers["retry-after"]) <= 900
        assert len(hashed) == 5

    async def test_does_not_lock_the_owner_out_at_another_address(
        self, client: httpx.AsyncClient, account: UserAccount, at: At
    ) -> None:
        for n in range(7):
            await log_in(client, account.username, f"đoán {n}")
        assert (await log_in(at("10.0.0.7"), account.username)).status_code == 200

    async def test_of_unknown_names_is_answered_like_that_of_known_ones(self, client: httpx.AsyncClient) -> None:
        answers = [await log_in(client, "không.có.ai", f"đoán {n}") for n in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]

    async def test_from_one_address_ends_after_thirty_failures_at_whatever_accounts(
        self, account: UserAccount, new_account: NewAccount, at: At, db: AsyncSession
    ) -> None:
        for n in range(29):
            await failures(db, f"người.{n}", "203.0.113.9", 1)
        assert (await log_in(at("203.0.113.9"), account.username)).status_code == 200
        assert (await log_in(at("203.0.113.9"), account.username, "sai")).status_code == 401
        refused = await log_in(at("203.0.113.9"), (await new_account()).username)
        assert refused.status_code == 429
        assert (await log_in(at("203.0.113.8"), account.username)).status_code == 200

    async def test_is_forgotten_after_fifteen_minutes(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        await failures(db, account.username, "127.0.0.1", 5, age=timedelta(minutes=10))
        refused = await log_in(client, account.username)
        assert refused.status_code == 429 and 290 <= int(refused.headers["retry-after"]) <= 310
        await let_pass(db, LoginAttempt, at=timedelta(minutes=6))
        assert (await log_in(client, account.username)).status_code == 200

    async def test_counts_an_ipv6_network_as_one_address(self, account: UserAccount, at: At) -> None:
        for n in range(5):
            assert (await log_in(at(f"2001:db8:0:1::{n}"), account.username, "sai")).status_code == 401
        assert (await log_in(at("2001:db8:0:1:ffff::1"), account.username)).status_code == 429
        assert (await log_in(at("2001:db8:0:2::1"), account.username)).status_code == 200

    async def test_sees_ipv4_in_ipv6_as_ipv4(self, account: UserAccount, at: At, db: AsyncSession) -> None:
        await failures(db, account.username, "192.0.2.1", 5)
        assert (await log_in(at("::ffff:192.0.2.1"), account.username)).status_code == 429
        assert (await log_in(at("::ffff:192.0.2.2"), account.username)).status_code == 200

    async def test_from_many_addresses_only_slows_the_account_down(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sessions, "SLOWED_SECONDS", 0.3)
        for n in range(sessions.MANY_AT_ACCOUNT // 4):
            await failures(db, account.username, f"198.51.100.{n}", 4)
        started = time.perf_counter()
        assert (await log_in(client, account.username)).status_code == 200
        assert time.perf_counter() - started >= 0.3

    async def test_is_not_covered_up_by_a_success(self, client: httpx.AsyncClient, account: UserAccount) -> None:
        for n in range(4):
            await log_in(client, account.username, f"đoán {n}")
        assert (await log_in(client, account.username)).status_code == 200
        assert (await log_in(client, account.username, "đoán 5")).status_code == 401
        assert (await log_in(client, account.username)).status_code == 429

    async def test_by_a_flood_is_turned_away_while_the_rest_goes_on(
        self, client: httpx.AsyncClient, account: UserAccount, monkeypatch: pytest.MonkeyPatch, db: AsyncSession
    ) -> None:
        pool = passwords._Pool(threads=1, waiting=2)
        monkeypatch.setattr(passwords, "_pool", pool)
        done = threading.Event()
        flood = [asyncio.create_task(pool.run(done.wait)) for _ in range(2)]
        await asyncio.sleep(0)  # both have begun
        refused = await log_in(client, account.username)
        assert refused.status_code == 429 and refused.headers["retry-after"] == "5"
        assert (await client.get("/healthz")).status_code == 200
        assert not any(task.done() for task in flood)
        done.set()
        await asyncio.gather(*flood)
        assert (await log_in(client, account.username)).status_code == 200
        assert not (await db.exec(select(LoginAttempt))).all()  # it was no failure

    async def test_by_a_flood_costs_the_database_nothing(
        self, client: httpx.AsyncClient, account: UserAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def asked(*_: object) -> None:
            raise AssertionError("the database was asked")

        monkeypatch.setattr(passwords, "_pool", passwords._Pool(threads=1, waiting=0))
        monkeypatch.setattr(sessions, "_find_user", asked)
        assert (await log_in(client, account.username)).status_code == 429


@pytest.fixture(scope="module")
async def alone(
    server_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    """The application on a database of its own, where every transaction really commits."""
    name = f"tdkt_auth_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(**asyncpg_arguments(server_dsn))
    await admin.execute(f'create database "{name}"')
    dsn = with_database(server_dsn, name)
    await migrate(dsn)
    configuration = Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("keys"))
    app = create_app(configuration)
    async with Database.open(configuration) as database:
        app.state.database = database
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            yield client, database
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


class TestAtTheSameTime:
    """With real commits."""

    async def test_one_of_many_renewals_wins_and_the_session_lives(
        self, alone: tuple[httpx.AsyncClient, Database]
    ) -> None:
        client, database = alone
        account = UserAccount(username="đua.gia.hạn", display_name="Đua", password_hash=PASSWORD_HASH)
        async with database.sessions() as db:
            db.add(account)
            await db.commit()
        first = await tokens_of(client, account)
        answers = await asyncio.gather(*(renew(client, first) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        [winner] = [answer.json() for answer in answers if answer.status_code == 200]
        assert (await renew(client, winner)).status_code == 200
        async with database.sessions() as db:
            assert (await db.exec(select(func.count()).select_from(RefreshToken))).one() == 3

    async def test_guesses_sent_at_once_are_limited_like_others(
        self, alone: tuple[httpx.AsyncClient, Database]
    ) -> None:
        client, database = alone
        account = UserAccount(username="đoán.cùng.lúc", display_name="Đoán", password_hash=PASSWORD_HASH)
        async with database.sessions() as db:
            db.add(account)
            await db.commit()
        guesses = [f"đoán {n}" for n in range(30)] + [PASSWORD]
        answers = await asyncio.gather(*(log_in(client, account.username, guess) for guess in guesses))
        statuses = [answer.status_code for answer in answers]
        # as many as were being hashed when the fifth failed may still be told
        assert statuses.count(401) <= sessions.MOST_AT_ACCOUNT_FROM_ADDRESS + 4
        assert statuses[-1] == 429 and set(statuses) == {401, 429}


class TestFlood:
    """More logins than can be looked at in time."""

    async def test_are_turned_away_before_any_other_work(
        self, client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords._pool, "_count", passwords._pool._most)

        def touched() -> None:
            raise AssertionError("the database was asked")

        monkeypatch.setattr(app.state.database, "sessions", touched)
        answer = await log_in(client, "ai.do")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
    async def test_are_hashed_behind_the_requests_of_others(self) -> None:
        def priority() -> int:
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        usual = priority()
        assert await passwords._pool.run(priority) == min(usual + 10, 19)
        assert priority() == usual
