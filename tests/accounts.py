"""Accounts that log in, and what they send."""

import base64
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import passwords
from app.models.users import UserAccount
from app.services import sessions

PASSWORD = "Mật khẩu thử: chùa Ba Vàng 1706"
PASSWORD_HASH = passwords._HASHER.hash(PASSWORD)
_numbers = itertools.count(1)

NewAccount = Callable[..., Awaitable[UserAccount]]


async def store_account(db: AsyncSession, **fields: Any) -> UserAccount:
    """Store an account that logs in with PASSWORD."""
    given = {"username": f"cán.bộ.{next(_numbers)}", "display_name": "Đỗ Thị Thử", "password_hash": PASSWORD_HASH}
    account = UserAccount(**given | fields)
    db.add(account)
    await db.commit()
    return account


async def log_in(client: httpx.AsyncClient, username: str, password: str = PASSWORD) -> httpx.Response:
    """POST /v1/auth/login."""
    return await client.post("/v1/auth/login", json={"username": username, "password": password})


async def tokens_of(client: httpx.AsyncClient, account: UserAccount) -> dict[str, Any]:
    """The answer to a good login."""
    response = await log_in(client, account.username)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def code_of(secret: str, *, later: float = 0) -> str:
    """What an authenticator app shows, so many seconds from now (RFC 6238)."""
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return app.generate(int(time.time() + later)).decode()


async def renew(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    """POST /v1/auth/refresh."""
    return await client.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})


async def me(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    """GET /v1/me."""
    return await client.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})


async def log_out(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    """POST /v1/auth/logout."""
    return await client.post("/v1/auth/logout", headers={"Authorization": f"Bearer {tokens['access_token']}"})


async def let_pass(db: AsyncSession, table: Any, **moments: timedelta) -> None:
    """As if that much time had gone by since these moments."""
    await db.exec(update(table).values({name: getattr(table, name) - age for name, age in moments.items()}))
    await db.commit()


def noted_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that cost a hash from now on."""
    found: list[str] = []

    async def noted(stored: str | None, password: str) -> bool:
        found.append(password)
        return await passwords.verify_password(stored, password)

    monkeypatch.setattr(sessions, "verify_password", noted)
    return found
