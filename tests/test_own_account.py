"""One's own account: where one is logged in, the password, the second factor, and confirming that it is still oneself."""

import asyncio
import base64
import hashlib
import logging
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock, passwords
from app.models.records import AuditEvent
from app.models.users import LoginAttempt, RecoveryCode, SecondFactor, UserAccount, UserSession
from app.problems import Problem
from app.services import second_factor, sessions
from app.services.sessions import MOST_WRONG_CODES
from tests.accounts import PASSWORD, code_of, let_pass, log_in, renew, store_account, tokens_of
from tests.make import Caller, Make
from tests.operations import NEW_PASSWORD
from tests.story import ok, refused


async def caller_of(client: httpx.AsyncClient, account: UserAccount) -> Caller:
    """Somebody who has just logged in."""
    return Caller(client, (await tokens_of(client, account))["access_token"], account.id)


@pytest.fixture
async def account(db: AsyncSession) -> UserAccount:
    """An account that logs in with PASSWORD."""
    return await store_account(db)


async def factor(caller: Caller) -> tuple[str, list[str]]:
    """An active second factor: its secret, and the recovery codes."""
    secret = ok(await caller.post("/v1/auth/second-factor"))["secret"]
    codes = ok(await caller.post("/v1/auth/activate-second-factor", {"code": code_of(secret)}))["codes"]
    return secret, codes


async def log_in_with(client: httpx.AsyncClient, account: UserAccount, code: str, password: str = PASSWORD) -> Any:
    """POST /v1/auth/login with a code."""
    body = {"username": account.username, "password": password, "code": code}
    return await client.post("/v1/auth/login", json=body)


def place_of(response: httpx.Response) -> tuple[str, str]:
    """Where a 422 points, and why."""
    (error,) = refused(response, 422, "invalid_input")["errors"]
    return error["pointer"], error["code"]


async def forget(app: FastAPI) -> None:
    """What time does within five seconds."""
    app.state.callers.forget()


class TestSessions:
    """Where one is logged in."""

    async def test_are_listed_newest_first_with_where_they_are(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        first = await client.post(
            "/v1/auth/login",
            json={"username": account.username, "password": PASSWORD},
            headers={"User-Agent": "Phone\tof Lan " + "x" * 500},
        )
        caller = await caller_of(client, account)
        page = ok(await caller.get("/v1/sessions"))
        assert [item["current"] for item in page["items"]] == [True, False]
        assert page["items"][1]["address"] == "127.0.0.1"
        assert len(page["items"][1]["client"]) == 200
        assert page["items"][1]["client"].isprintable()
        assert first.status_code == 200

    async def test_say_when_they_were_last_renewed(self, committed: Make) -> None:
        account = await store_account(committed.db)
        tokens = await tokens_of(committed.client, account)
        caller = Caller(committed.client, tokens["access_token"], account.id)
        (begun,) = ok(await caller.get("/v1/sessions"))["items"]
        ok(await renew(committed.client, tokens))
        (renewed,) = ok(await caller.get("/v1/sessions"))["items"]
        assert renewed["created_at"] == begun["created_at"]
        assert renewed["last_renewed_at"] > begun["last_renewed_at"]

    async def test_are_given_in_pages(self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession) -> None:
        caller = await caller_of(client, account)
        for _ in range(6):
            db.add(UserSession(user_id=account.id, expires_at=clock.now() + timedelta(hours=1)))
        db.add(UserSession(user_id=account.id, expires_at=clock.now() - timedelta(hours=1)))
        db.add(UserSession(user_id=account.id, expires_at=clock.now() + timedelta(hours=1), ended_at=clock.now()))
        await db.commit()
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = ok(await caller.get("/v1/sessions", params={"limit": 3} | ({"cursor": cursor} if cursor else {})))
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7

    async def test_of_others_are_neither_shown_nor_ended(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession, app: FastAPI
    ) -> None:
        stranger = await caller_of(client, await store_account(db))
        caller = await caller_of(client, account)
        (mine,) = ok(await caller.get("/v1/sessions"))["items"]
        assert mine["id"] not in {item["id"] for item in ok(await stranger.get("/v1/sessions"))["items"]}
        refused(await stranger.post(f"/v1/sessions/{mine['id']}/end"), 404, "not_found")
        await stranger.post("/v1/auth/logout-others")
        await forget(app)
        assert (await caller.get("/v1/me")).status_code == 200

    async def test_end_one_by_one_and_twice_is_no_error(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession, app: FastAPI
    ) -> None:
        tokens = await tokens_of(client, account)
        other = Caller(client, tokens["access_token"], account.id)
        caller = await caller_of(client, account)
        ended = ok(await caller.get("/v1/sessions"))["items"][1]["id"]
        for _ in range(2):
            assert (await caller.post(f"/v1/sessions/{ended}/end")).status_code == 204
        await forget(app)
        assert (await other.get("/v1/me")).status_code == 401
        refused(await renew(client, tokens), 401, "refresh_refused")
        assert (await caller.get("/v1/me")).status_code == 200
        traces = (await db.exec(select(AuditEvent).where(AuditEvent.action == "ended_by_user"))).all()
        assert [str(trace.entity_id) for trace in traces] == [ended], "once"

    async def test_others_end_together(self, client: httpx.AsyncClient, account: UserAccount, app: FastAPI) -> None:
        others = [await caller_of(client, account) for _ in range(3)]
        caller = await caller_of(client, account)
        assert (await caller.post("/v1/auth/logout-others")).status_code == 204
        await forget(app)
        assert [(await other.get("/v1/me")).status_code for other in others] == [401] * 3
        assert len(ok(await caller.get("/v1/sessions"))["items"]) == 1


class TestPassword:
    """A new password, with the present one."""

    async def change(self, caller: Caller, new: str = NEW_PASSWORD, current: str = PASSWORD) -> httpx.Response:
        return await caller.post("/v1/auth/password", {"current_password": current, "new_password": new})

    async def test_replaces_the_old_one_and_ends_every_other_session(
        self, client: httpx.AsyncClient, account: UserAccount, app: FastAPI, db: AsyncSession
    ) -> None:
        other, caller = await caller_of(client, account), await caller_of(client, account)
        assert (await self.change(caller)).status_code == 204
        await forget(app)
        assert ((await other.get("/v1/me")).status_code, (await caller.get("/v1/me")).status_code) == (401, 200)
        refused(await log_in(client, account.username), 401, "login_failed")
        ok(await log_in(client, account.username, NEW_PASSWORD))
        events = (await db.exec(select(AuditEvent))).all()
        traces = [event for event in events if event.action == "password_changed"]
        assert sorted(trace.entity for trace in traces) == ["user_account", "user_session"]
        assert {trace.entity_id for trace in traces if trace.entity == "user_account"} == {account.id}
        assert not any(secret in str(event) for event in events for secret in (PASSWORD, NEW_PASSWORD))

    async def test_needs_the_present_one_and_guesses_are_counted(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        caller = await caller_of(client, account)
        for _ in range(5):
            assert place_of(await self.change(caller, current="sai mật khẩu")) == (
                "/current_password",
                "wrong_password",
            )
        refused(await self.change(caller), 429, "too_many_requests")
        assert (await caller.get("/v1/me")).status_code == 200

    @pytest.mark.parametrize(
        "password",
        [
            "Matkhau@12345",
            "mật khẩu 123456",
            "QuangNinh2026",
            "thiduakhenthuong",
            "ThiDua2026@@@",
            "abcdefghijkl",
            "qwertyuiop123",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012",
            "Password1234",
            "Đỗ Thị Thử 1",
            "dothithu2026",
        ],
    )
    async def test_that_is_easily_guessed_is_refused(
        self, client: httpx.AsyncClient, account: UserAccount, password: str
    ) -> None:
        caller = await caller_of(client, account)
        assert place_of(await self.change(caller, password)) == ("/new_password", "easily_guessed")
        ok(await log_in(client, account.username))

    async def test_holds_for_the_user_name_too(self, client: httpx.AsyncClient, db: AsyncSession) -> None:
        caller = await caller_of(client, await store_account(db, username="vũ.hoàng.yến.nhi"))
        assert place_of(await self.change(caller, "VuHoangYenNhi1")) == ("/new_password", "easily_guessed")

    async def test_must_be_another_and_long_enough(self, client: httpx.AsyncClient, account: UserAccount) -> None:
        caller = await caller_of(client, account)
        assert place_of(await self.change(caller, PASSWORD)) == ("/new_password", "same_password")
        assert place_of(await self.change(caller, "kx7-Mq2"))[0] == "/new_password"

    @settings(deadline=None)
    @given(st.text(min_size=12, max_size=256))
    async def test_of_any_letters_is_judged_without_failing(self, password: str) -> None:
        try:
            await passwords.check_new_password("/new_password", password, "Trần Văn Đ", "tran.van.d")
        except Problem as refusal:
            assert refusal.code == "invalid_input"

    @pytest.mark.parametrize(
        "password", ["năm con cò trắng bay ngang", "gk7-mfqp-2vzt-x9", "Sóng biển vỗ đá xám 47", "k" * 3 + "Zx9!vT4#pQ"]
    )
    async def test_that_is_good_needs_no_special_letters(self, password: str) -> None:
        await passwords.check_new_password("/new_password", password, "Trần Văn Đ")


class TestChangedMeanwhile:
    """What happens to an account while its password is being looked at."""

    @pytest.mark.parametrize(
        "statement",
        [
            "update user_account set password_hash = '-' where id = $1",
            "update user_account set disabled_at = now() where id = $1",
        ],
        ids=["the password was taken away", "the account was locked"],
    )
    @pytest.mark.parametrize("outdated", [False, True], ids=["", "and its hash would be made anew"])
    async def test_a_password_that_fitted_a_moment_ago_opens_nothing(
        self,
        client: httpx.AsyncClient,
        account: UserAccount,
        db: AsyncSession,
        app: FastAPI,
        monkeypatch: pytest.MonkeyPatch,
        statement: str,
        outdated: bool,
    ) -> None:
        async def looked_at(stored: str | None, password: str) -> bool:
            fits = await passwords.verify_password(stored, password)
            await app.state.database.reads.fetch(statement, account.id)
            return fits

        monkeypatch.setattr(sessions, "verify_password", looked_at)
        monkeypatch.setattr(sessions, "needs_rehash", lambda _: outdated)
        refused(await log_in(client, account.username), 401, "login_failed")
        assert (await db.exec(select(UserSession).where(UserSession.user_id == account.id))).all() == []
        row = await app.state.database.reads.fetchrow("select * from user_account where id = $1", account.id)
        assert row["disabled_at"] is not None or row["password_hash"] == "-", "it did not come back"


class TestConfirmation:
    """Within five minutes of the password, more is allowed."""

    WHERE = "/v1/auth/second-factor"

    async def age(self, db: AsyncSession, age: timedelta) -> None:
        await let_pass(db, UserSession, confirmed_at=age)

    async def test_lasts_five_minutes_from_the_login(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        caller = await caller_of(client, account)
        await self.age(db, timedelta(minutes=4, seconds=55))
        ok(await caller.post(self.WHERE))
        await self.age(db, timedelta(seconds=10))
        refused(await caller.post(self.WHERE), 403, "confirmation_required")

    async def test_begins_again_with_the_password(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        caller, other = await caller_of(client, account), await caller_of(client, account)
        await self.age(db, timedelta(minutes=6))
        assert place_of(await caller.post("/v1/auth/confirm", {"password": "sai"})) == ("/password", "wrong_password")
        refused(await caller.post(self.WHERE), 403, "confirmation_required")
        assert (await caller.post("/v1/auth/confirm", {"password": PASSWORD})).status_code == 204
        ok(await caller.post(self.WHERE))
        refused(await other.post(self.WHERE), 403, "confirmation_required")

    async def test_with_a_second_factor_needs_its_code(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        caller = await caller_of(client, account)
        secret, codes = await factor(caller)
        await self.age(db, timedelta(minutes=6))
        body = {"password": PASSWORD}
        assert place_of(await caller.post("/v1/auth/confirm", body)) == ("/code", "code_required")
        wrong = body | {"code": "000000"}
        assert place_of(await caller.post("/v1/auth/confirm", wrong)) == ("/code", "code_does_not_match")
        refused(await caller.post("/v1/auth/remove-second-factor"), 403, "confirmation_required")
        assert (await caller.post("/v1/auth/confirm", body | {"code": codes[0]})).status_code == 204
        assert (await caller.post("/v1/auth/remove-second-factor")).status_code == 204
        assert code_of(secret).isdigit()

    async def test_guesses_are_counted_like_those_at_the_login(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        caller = await caller_of(client, account)
        for _ in range(5):
            await caller.post("/v1/auth/confirm", {"password": "sai"})
        refused(await caller.post("/v1/auth/confirm", {"password": PASSWORD}), 429, "too_many_requests")
        refused(await log_in(client, account.username), 429, "too_many_requests")

    async def test_a_decision_needs_it(self, make: Make, db: AsyncSession) -> None:
        leader = await make.leader()
        await self.age(db, timedelta(minutes=6))
        body = {
            "authority_id": str((await make.authority("ubnd-phuong-uong-bi")).id),
            "title": "Về việc khen thưởng",
            "decided_on": clock.today().isoformat(),
            "signer_name": "Lê Văn Lãnh Đạo",
            "signer_position": "Chủ tịch",
            "signing_form": "head",
            "nomination_ids": ["01a1f677-aa80-7000-8000-000000000001"],
        }
        answer = await leader.post("/v1/decisions", body)
        refused(answer, 403, "confirmation_required")


class TestSecondFactor:
    """Codes of an app at the login."""

    async def test_is_not_asked_for_until_the_app_has_shown_a_code(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        caller = await caller_of(client, account)
        begun = ok(await caller.post("/v1/auth/second-factor"))
        assert begun["uri"].startswith("otpauth://totp/") and begun["secret"] in begun["uri"]
        ok(await log_in(client, account.username))
        wrong = {"code": f"{(int(code_of(begun['secret'])) + 1) % 10**6:06d}"}
        assert place_of(await caller.post("/v1/auth/activate-second-factor", wrong)) == (
            "/code",
            "code_does_not_match",
        )
        assert ok(await caller.get("/v1/auth/second-factor")) == {
            "active": False,
            "activated_at": None,
            "recovery_codes_left": 0,
        }
        ok(await log_in(client, account.username))
        codes = ok(await caller.post("/v1/auth/activate-second-factor", {"code": code_of(begun["secret"])}))["codes"]
        assert len(set(codes)) == 10
        found = ok(await caller.get("/v1/auth/second-factor"))
        assert (found["active"], found["recovery_codes_left"]) == (True, 10)
        refused(await log_in(client, account.username), 401, "second_factor_required")
        refused(await caller.post("/v1/auth/second-factor"), 409, "second_factor_active")
        again = await caller.post("/v1/auth/activate-second-factor", {"code": code_of(begun["secret"])})
        refused(again, 409, "second_factor_active")

    async def test_a_code_is_good_once_and_for_a_step_to_either_side(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        secret, _ = await factor(await caller_of(client, account))
        # the one that activated it was of this step
        refused(await log_in_with(client, account, code_of(secret)), 401, "second_factor_wrong")
        early = code_of(secret, later=30)
        ok(await log_in_with(client, account, early))
        refused(await log_in_with(client, account, early), 401, "second_factor_wrong")
        for later in (-60, -30, 0, 60, 90):
            refused(await log_in_with(client, account, code_of(secret, later=later)), 401, "second_factor_wrong")
            await db.exec(delete(LoginAttempt))
        assert (await db.exec(select(SecondFactor.last_step))).one() == int(time.time() + 30) // 30

    async def test_a_late_phone_is_understood(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        secret, _ = await factor(await caller_of(client, account))
        await db.exec(update(SecondFactor).values(last_step=None))
        ok(await log_in_with(client, account, code_of(secret, later=-30)))

    async def test_recovery_codes_are_good_once_however_they_are_typed(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        caller = await caller_of(client, account)
        _, codes = await factor(caller)
        ok(await log_in_with(client, account, codes[0].lower().replace("-", " ")))
        refused(await log_in_with(client, account, codes[0]), 401, "second_factor_wrong")
        assert ok(await caller.get("/v1/auth/second-factor"))["recovery_codes_left"] == 9
        renewed = ok(await caller.post("/v1/auth/recovery-codes"))["codes"]
        assert not set(renewed) & set(codes)
        refused(await log_in_with(client, account, codes[1]), 401, "second_factor_wrong")
        ok(await log_in_with(client, account, renewed[1]))

    async def test_nothing_of_it_is_stored_readable(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        secret, codes = await factor(await caller_of(client, account))
        kept = (await db.exec(select(SecondFactor.secret))).one()
        assert base64.b32decode(secret) not in kept and secret.encode() not in kept
        hashes = (await db.exec(select(RecoveryCode.code_hash))).all()
        assert {hashlib.sha256(code.replace("-", "").encode()).digest() for code in codes} == set(hashes)
        events = [str(event) for event in (await db.exec(select(AuditEvent))).all()]
        assert any("activated" in event for event in events)
        assert not any(text in event for event in events for text in (secret, *codes))

    async def test_a_wrong_password_says_nothing_of_the_factor(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        secret, _ = await factor(await caller_of(client, account))
        refused(await log_in(client, account.username, "sai"), 401, "login_failed")
        answer = await log_in_with(client, account, code_of(secret, later=30), "sai")
        refused(answer, 401, "login_failed")
        # and used nothing up
        ok(await log_in_with(client, account, code_of(secret, later=30)))

    async def test_codes_cannot_be_guessed_from_many_addresses(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        _, codes = await factor(await caller_of(client, account))
        for number in range(MOST_WRONG_CODES):
            db.add(LoginAttempt(username=account.username, address=f"192.0.2.{number}", of_code=True))
        await db.commit()
        answer = await log_in_with(client, account, codes[0])
        refused(answer, 429, "too_many_requests")
        assert 0 < int(answer.headers["Retry-After"]) <= 900
        await let_pass(db, LoginAttempt, at=timedelta(minutes=16))
        ok(await log_in_with(client, account, codes[0]))

    async def test_who_lacks_the_password_cannot_close_the_account(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        _, codes = await factor(await caller_of(client, account))
        for number in range(3 * MOST_WRONG_CODES):
            db.add(LoginAttempt(username=account.username, address=f"192.0.2.{number}"))
        await db.commit()
        ok(await log_in_with(client, account, codes[0]))

    async def test_is_bound_to_its_owner(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whoever can write the table cannot give an account a secret they know."""
        thief = await store_account(db)
        secret, _ = await factor(await caller_of(client, thief))
        _, codes = await factor(await caller_of(client, account))
        stolen = (await db.exec(select(SecondFactor.secret).where(SecondFactor.user_id == thief.id))).one()
        put = update(SecondFactor).where(col(SecondFactor.user_id) == account.id)
        await db.exec(put.values(secret=stolen, last_step=None))
        await db.commit()
        with caplog.at_level(logging.ERROR, "tdkt"):
            refused(await log_in_with(client, account, code_of(secret)), 401, "second_factor_wrong")
        assert "DATA_KEY_FILE" in caplog.text
        ok(await log_in_with(client, account, codes[0]))

    async def test_can_be_removed_and_begun_again(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        caller = await caller_of(client, account)
        refused(await caller.post("/v1/auth/recovery-codes"), 409, "second_factor_missing")
        refused(await caller.post("/v1/auth/activate-second-factor", {"code": "123456"}), 409, "second_factor_missing")
        await factor(caller)
        for _ in range(2):
            assert (await caller.post("/v1/auth/remove-second-factor")).status_code == 204
        ok(await log_in(client, account.username))
        assert (await db.exec(select(RecoveryCode))).all() == []
        await factor(caller)

    async def test_one_code_used_by_many_at_once_lets_one_in(self, committed: Make) -> None:
        account = await store_account(committed.db)
        secret, codes = await factor(await caller_of(committed.client, account))
        for code in (code_of(secret, later=30), codes[0]):
            answers = await asyncio.gather(*(log_in_with(committed.client, account, code) for _ in range(4)))
            assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
            await committed.db.exec(delete(LoginAttempt))
            await committed.db.commit()


class TestSteps:
    """The codes themselves, against the table of RFC 6238 appendix B (SHA-1, cut to six digits)."""

    SECRET = b"12345678901234567890"

    @pytest.mark.parametrize(
        ("moment", "code"),
        [
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
        ],
    )
    def test_are_those_of_the_standard(self, monkeypatch: pytest.MonkeyPatch, moment: int, code: str) -> None:
        monkeypatch.setattr(time, "time", lambda: float(moment))
        assert second_factor._step_of(self.SECRET, code, after=None) == moment // 30
        assert second_factor._step_of(self.SECRET, code, after=moment // 30) is None

    @pytest.mark.parametrize("typed", ["", "28708", "28708x", "２８７０８２", "٢٨٧٠٨٢", "-87082", "287 82"])
    def test_are_six_plain_digits(self, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
        monkeypatch.setattr(time, "time", lambda: 59.0)
        assert second_factor._step_of(self.SECRET, typed, after=None) is None
