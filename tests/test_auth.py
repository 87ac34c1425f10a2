"""Logging in, renewing, logging out, who am I, and the published keys."""

import base64
import hashlib
import json
import logging
import unicodedata
from datetime import date, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fastapi import FastAPI
from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock, passwords
from app.access import ROLE_PERMISSIONS
from app.identity import REMEMBERED_SECONDS
from app.models.authorities import Authority
from app.models.records import AuditEvent
from app.models.users import LoginAttempt, LoginIn, RefreshToken, RoleGrant, UserAccount, UserSession
from app.vocabularies import Reach, Role
from tests.accounts import (
    PASSWORD,
    NewAccount,
    let_pass,
    log_in,
    log_out,
    me,
    noted_hashes,
    renew,
    store_account,
    tokens_of,
)
from tests.make import OTHER_WARD, WARD, Make


@pytest.fixture
def new_account(db: AsyncSession) -> NewAccount:
    """Store an account that logs in with PASSWORD."""
    return partial(store_account, db)


@pytest.fixture
async def account(new_account: NewAccount) -> UserAccount:
    """An account that logs in with PASSWORD."""
    return await new_account()


def without_instance(response: httpx.Response) -> dict[str, Any]:
    """The problem without what differs in every answer."""
    return {name: value for name, value in response.json().items() if name != "instance"}


class TestLogin:
    """Name and password for tokens."""

    async def test_gives_tokens_that_work(self, client: httpx.AsyncClient, account: UserAccount) -> None:
        response = await log_in(client, account.username)
        tokens = response.json()
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
        assert (await me(client, tokens)).json()["username"] == account.username

    async def test_takes_the_name_in_any_case_and_form(
        self, client: httpx.AsyncClient, new_account: NewAccount
    ) -> None:
        await new_account(username="trần.thị.mỹ")
        for typed in ("TRẦN.THỊ.MỸ", "  Trần.Thị.Mỹ\t", unicodedata.normalize("NFD", "trần.thị.mỹ")):
            assert (await log_in(client, typed)).status_code == 200, typed
        assert (await log_in(client, "tran.thi.my")).status_code == 401

    async def test_takes_the_password_in_either_form_of_vietnamese_letters_but_no_other_case(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        decomposed = unicodedata.normalize("NFD", PASSWORD)
        assert decomposed != PASSWORD
        assert (await log_in(client, account.username, decomposed)).status_code == 200
        for wrong in (PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], PASSWORD + "\0"):
            assert (await log_in(client, account.username, wrong)).status_code == 401

    async def test_that_fails_says_the_same_after_the_same_work(
        self, client: httpx.AsyncClient, new_account: NewAccount, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed = noted_hashes(monkeypatch)
        known = await new_account()
        disabled = await new_account(disabled_at=clock.now())
        without_password = await new_account(password_hash="-")
        answers = [
            await log_in(client, known.username, "sai mật khẩu"),
            await log_in(client, disabled.username),
            await log_in(client, without_password.username),
            await log_in(client, "không.có.ai"),
            await log_in(client, "a\0b"),
            await log_in(client, "   "),
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len(hashed) == len(answers)
        first = answers[0]
        assert first.json()["code"] == "login_failed" and first.headers["www-authenticate"] == "Bearer"
        for answer in answers[1:]:
            assert without_instance(answer) == without_instance(first)
            assert answer.headers.keys() == first.headers.keys()

    def test_hides_unknown_names_behind_a_hash_of_the_same_cost(self) -> None:
        assert not passwords.needs_rehash(passwords._DUMMY)

    async def test_that_fails_leaves_its_trace_but_not_what_was_typed(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        await log_in(client, account.username.upper(), "sai")
        await log_in(client, PASSWORD, "sai")
        stored = (await db.exec(select(LoginAttempt.username).order_by(col(LoginAttempt.id)))).all()
        assert stored[0] == account.username
        assert len(stored) == 2 and PASSWORD.casefold() not in stored[1]

    async def test_that_succeeds_is_audited_and_is_no_failure(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        await tokens_of(client, account)
        event = (await db.exec(select(AuditEvent).where(AuditEvent.actor_id == account.id))).one()
        session = (await db.exec(select(UserSession).where(UserSession.user_id == account.id))).one()
        assert (event.action, event.entity, event.entity_id) == ("logged_in", "user_session", session.id)
        assert event.address == "127.0.0.1" and event.request_id
        assert session.expires_at - session.created_at <= timedelta(hours=12, seconds=60)
        assert not (await db.exec(select(LoginAttempt))).all()

    async def test_renews_a_hash_of_older_parameters(
        self, client: httpx.AsyncClient, new_account: NewAccount, db: AsyncSession
    ) -> None:
        weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        account = await new_account(password_hash=weak)
        await tokens_of(client, account)
        await db.refresh(account)
        assert not passwords.needs_rehash(account.password_hash)
        await tokens_of(client, account)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"username": "a"},
            {"username": "", "password": "Bí mật 7139"},
            {"username": "a", "password": ""},
            {"username": "a" * 101, "password": "Bí mật 7139"},
            {"username": "a", "password": "Bí mật 7139" * 30},
            {"username": "a", "password": ["Bí mật 7139"]},
            {"username": "a", "password": "Bí mật 7139", "role": "system_admin"},
            {"username": "\ud800", "password": "Bí mật 7139"},
        ],
    )
    async def test_refuses_other_input_without_repeating_it(
        self, client: httpx.AsyncClient, body: dict[str, Any]
    ) -> None:
        response = await client.post(
            "/v1/auth/login", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
        assert "7139" not in response.text

    async def test_and_refresh_take_half_a_surrogate_pair_as_wrong(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        for path, body in {
            "/v1/auth/login": {"username": account.username, "password": PASSWORD + "\ud800"},
            "/v1/auth/refresh": {"refresh_token": "\ud800" * 43},
        }.items():
            response = await client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
            assert response.status_code == 401

    async def test_writes_no_password_and_no_token_to_the_log(
        self, client: httpx.AsyncClient, new_account: NewAccount, caplog: pytest.LogCaptureFixture
    ) -> None:
        account = await new_account(password_hash=await passwords.hash_password("Canary-5501"))
        with caplog.at_level(logging.DEBUG):
            good = (await log_in(client, account.username, "Canary-5501")).json()
            again = (await renew(client, good)).json()
            await renew(client, good)
            await me(client, again)
            for _ in range(6):
                await log_in(client, account.username, "Canary-5502")
            await client.post("/v1/auth/login", json={"username": account.username, "password": "Canary-" * 50})
        assert f"login failed: account {account.username}, address 127.0.0.1" in caplog.text
        for secret in ("Canary", *(pair[name] for pair in (good, again) for name in ("access_token", "refresh_token"))):
            assert secret not in caplog.text
        assert "Canary" not in repr(LoginIn.model_validate({"username": "a", "password": "Canary-5501"}))


class TestRefresh:
    """One refresh token, one renewal."""

    async def test_gives_a_new_pair_of_the_same_session(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        first = await tokens_of(client, account)
        response = await renew(client, first)
        second = response.json()
        assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
        assert first["access_token"] != second["access_token"] and first["refresh_token"] != second["refresh_token"]
        assert (await me(client, second)).status_code == (await me(client, first)).status_code == 200
        assert (await renew(client, second)).status_code == 200
        assert (await db.exec(select(func.count()).select_from(UserSession))).one() == 1

    async def test_is_stored_as_its_hash_only(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        token = (await tokens_of(client, account))["refresh_token"]
        assert len(base64.urlsafe_b64decode(token + "=")) == 32
        stored = (await db.exec(select(RefreshToken))).one()
        assert stored.token_hash == hashlib.sha256(token.encode()).digest()

    async def test_used_twice_ends_the_session(
        self, app: FastAPI, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        first = await tokens_of(client, account)
        second = (await renew(client, first)).json()
        await let_pass(db, RefreshToken, used_at=timedelta(seconds=11))
        refused = await renew(client, first)
        assert refused.status_code == 401 and refused.json()["code"] == "refresh_refused"
        app.state.callers.forget()
        assert (await renew(client, second)).status_code == 401
        assert (await me(client, second)).status_code == (await me(client, first)).status_code == 401
        session = (await db.exec(select(UserSession))).one()
        assert session.ended_at is not None and session.end_reason == "refresh_token_reused"
        actions = (await db.exec(select(AuditEvent.action).order_by(col(AuditEvent.id)))).all()
        assert actions[-1] == "refresh_token_reused"

    async def test_used_twice_within_ten_seconds_is_a_double_click(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        first = await tokens_of(client, account)
        second = (await renew(client, first)).json()
        await let_pass(db, RefreshToken, used_at=timedelta(seconds=9))
        busy = await renew(client, first)
        assert busy.status_code == 409 and busy.json()["code"] == "busy" and busy.headers["retry-after"] == "1"
        assert "refresh_token" not in busy.json()
        assert (await renew(client, second)).status_code == 200

    async def test_lives_four_hours_without_use(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        tokens = await tokens_of(client, account)
        await let_pass(db, RefreshToken, expires_at=timedelta(hours=3, minutes=59))
        tokens = (await renew(client, tokens)).json()
        await let_pass(db, RefreshToken, expires_at=timedelta(hours=4, minutes=1))
        refused = await renew(client, tokens)
        assert refused.status_code == 401 and refused.json()["code"] == "refresh_refused"
        assert (await db.exec(select(UserSession.ended_at))).one() is None

    async def test_never_outlives_the_session(
        self, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        tokens = await tokens_of(client, account)
        await let_pass(db, UserSession, expires_at=timedelta(hours=11))
        tokens = (await renew(client, tokens)).json()
        session = (await db.exec(select(UserSession))).one()
        newest = (await db.exec(select(RefreshToken).order_by(col(RefreshToken.id).desc()))).first()
        assert newest is not None and newest.expires_at == session.expires_at
        await let_pass(db, UserSession, expires_at=timedelta(hours=1, minutes=1))
        assert (await renew(client, tokens)).status_code == 401

    async def test_is_refused_after_logout_and_for_disabled_users(
        self, client: httpx.AsyncClient, new_account: NewAccount, db: AsyncSession
    ) -> None:
        left, disabled = await new_account(), await new_account()
        tokens = await tokens_of(client, left)
        await log_out(client, tokens)
        assert (await renew(client, tokens)).status_code == 401
        tokens = await tokens_of(client, disabled)
        disabled.disabled_at = clock.now()
        await db.commit()
        assert (await renew(client, tokens)).status_code == 401

    @pytest.mark.parametrize("token", ["x" * 43, "x" * 200, "mã gia hạn không phải của hệ thống", "\0" * 43])
    async def test_that_is_not_ours_is_refused(self, client: httpx.AsyncClient, token: str) -> None:
        assert (await renew(client, {"refresh_token": token})).status_code == 401

    async def test_is_no_access_token_and_the_other_way_round(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        tokens = await tokens_of(client, account)
        assert (await me(client, {"access_token": tokens["refresh_token"]})).status_code == 401
        assert (await renew(client, {"refresh_token": tokens["access_token"][:200]})).status_code == 401


class TestLogout:
    """The end of one session."""

    async def test_stops_its_tokens(
        self, app: FastAPI, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        here, elsewhere = await tokens_of(client, account), await tokens_of(client, account)
        response = await log_out(client, here)
        assert response.status_code == 204 and not response.content
        app.state.callers.forget()  # what time does within REMEMBERED_SECONDS
        assert REMEMBERED_SECONDS <= 5
        refused = await me(client, here)
        assert refused.status_code == 401 and refused.json()["code"] == "unauthenticated"
        assert (await log_out(client, here)).status_code == 401
        assert (await me(client, elsewhere)).status_code == 200
        actions = (await db.exec(select(AuditEvent.action).order_by(col(AuditEvent.id)))).all()
        assert actions == ["logged_in", "logged_in", "logged_out"]

    async def test_needs_a_token(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/v1/auth/logout")
        assert response.status_code == 401 and response.headers["www-authenticate"] == "Bearer"


class TestMe:
    """Who the caller is and what they may do."""

    async def test_names_the_grants_in_force_with_their_permissions(
        self, client: httpx.AsyncClient, new_account: NewAccount, make: Make, db: AsyncSession
    ) -> None:
        ward, other = await make.authority(WARD), await make.authority(OTHER_WARD)
        account = await new_account(authority_id=ward.id)

        def grant(role: Role, authority: Authority, since: date, **fields: Any) -> RoleGrant:
            return RoleGrant(
                user_id=account.id,
                role=role,
                authority_id=authority.id,
                reach=Reach.TERRITORY,
                valid_from=since,
                **fields,
            )

        today = clock.today()
        newer = grant(Role.LEADER, other, today)
        older = grant(Role.OFFICER, ward, date(2025, 7, 1), valid_to=today)
        db.add_all(
            [
                newer,
                older,
                grant(Role.AUDITOR, ward, date(2025, 1, 1), suspended_at=clock.now()),
                grant(Role.FINANCE, ward, date(2025, 1, 1), valid_to=today - timedelta(days=1)),
                grant(Role.VIEWER, ward, today + timedelta(days=1)),
            ]
        )
        await db.commit()
        response = await me(client, await tokens_of(client, account))
        assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
        assert response.json() == {
            "id": str(account.id),
            "username": account.username,
            "display_name": account.display_name,
            "authority": {"id": str(ward.id), "name": ward.name},
            "grants": [
                {
                    "id": str(expected.id),
                    "role": expected.role.value,
                    "authority": {"id": str(authority.id), "name": authority.name},
                    "reach": "territory",
                    "valid_from": expected.valid_from.isoformat(),
                    "valid_to": expected.valid_to.isoformat() if expected.valid_to else None,
                    "permissions": sorted(ROLE_PERMISSIONS[expected.role]),
                }
                for expected, authority in ((older, ward), (newer, other))
            ],
        }

    async def test_of_someone_without_grants_is_an_answer_too(
        self, client: httpx.AsyncClient, account: UserAccount
    ) -> None:
        found = (await me(client, await tokens_of(client, account))).json()
        assert found["authority"] is None and found["grants"] == []

    async def test_needs_a_token(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/me")).status_code == 401
        assert (await client.get("/v1/me", headers={"Authorization": "Basic YTpi"})).status_code == 401
        assert (await client.get("/v1/me", headers={"Authorization": "Bearer x"})).status_code == 401

    async def test_stops_for_a_disabled_user(
        self, app: FastAPI, client: httpx.AsyncClient, account: UserAccount, db: AsyncSession
    ) -> None:
        tokens = await tokens_of(client, account)
        account.disabled_at = clock.now()
        await db.commit()
        app.state.callers.forget()
        assert (await me(client, tokens)).status_code == 401

    async def test_a_suspended_grant_stops(self, app: FastAPI, make: Make, db: AsyncSession) -> None:
        officer = await make.officer()
        assert (await officer.get("/v1/candidates")).status_code == 200
        await db.exec(
            update(RoleGrant).where(col(RoleGrant.user_id) == officer.user_id).values(suspended_at=func.now())
        )
        await db.commit()
        app.state.callers.forget()
        assert (await officer.get("/v1/candidates")).status_code == 403
        assert (await officer.get("/v1/me")).json()["grants"] == []


class TestPublicKeys:
    """Others verify our tokens without asking us."""

    async def test_verify_an_access_token(self, client: httpx.AsyncClient, account: UserAccount) -> None:
        header, payload, signature = (await tokens_of(client, account))["access_token"].split(".")
        response = await client.get("/.well-known/jwks.json")
        assert response.status_code == 200 and response.headers["cache-control"] == "public, max-age=300"
        kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
        [key] = [key for key in response.json()["keys"] if key["kid"] == kid]
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig") and "d" not in key
        x, y = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "="), "big") for name in "xy")
        r, s = (base64.urlsafe_b64decode(signature + "==")[part] for part in (slice(32), slice(32, 64)))
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"] == str(account.id)
