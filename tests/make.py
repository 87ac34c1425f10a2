"""Builders of test data: callers with grants, bodies, candidates, campaigns, dossiers."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.models.authorities import Authority
from app.models.users import RoleGrant, UserAccount, UserSession
from app.vocabularies import Reach, Role
from tests.accounts import PASSWORD_HASH

_numbers = itertools.count(1)

WARD = "ubnd-phuong-uong-bi"
OTHER_WARD = "ubnd-phuong-vang-danh"
PROVINCE = "ubnd-tinh-quang-ninh"


@dataclass
class Caller:
    """Someone who calls the API with their own token."""

    client: httpx.AsyncClient
    token: str
    user_id: uuid.UUID

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Any request with the caller's token; unsafe ones get a fresh Idempotency-Key."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            sent["Idempotency-Key"] = f"test-{next(_numbers):08d}"
        return await self.client.request(method, path, headers=sent | (headers or {}), **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, body: Any = None, *, etag: str | None = None, **options: Any) -> httpx.Response:
        """POST, with If-Match where `etag` is given."""
        headers = dict(options.pop("headers", {}) or {})
        if etag is not None:
            headers["If-Match"] = etag
        return await self.request("POST", path, json={} if body is None else body, headers=headers, **options)

    async def patch(self, path: str, body: Any, *, etag: str | None = None) -> httpx.Response:
        """PATCH, with If-Match where `etag` is given."""
        return await self.request("PATCH", path, json=body, headers={"If-Match": etag} if etag else {})


class Make:
    """What tests need, in their own transaction."""

    def __init__(self, app: FastAPI, db: AsyncSession, client: httpx.AsyncClient, connection: AsyncConnection) -> None:
        self.app = app
        self.connection = connection
        self.db = db
        self.client = client

    async def authority(self, key: str) -> Authority:
        """A body of the shipped reference data, by its key."""
        return (await self.db.exec(select(Authority).where(Authority.key == key))).one()

    async def caller(
        self, *grants: tuple[Role, str, Reach], name: str = "Nguyễn Thị Minh Họa", home: str | None = None
    ) -> Caller:
        """A logged-in caller with these grants: (role, key of the authority, reach); `home` is their own body."""
        user = UserAccount(
            username=f"test-{next(_numbers)}",
            display_name=name,
            password_hash=PASSWORD_HASH,
            authority_id=(await self.authority(home)).id if home else None,
        )
        self.db.add(user)
        await self.db.flush()
        for role, key, reach in grants:
            authority = await self.authority(key)
            self.db.add(
                RoleGrant(
                    user_id=user.id, role=role, authority_id=authority.id, reach=reach, valid_from=date(2020, 1, 1)
                )
            )
        session = UserSession(user_id=user.id, expires_at=clock.now() + timedelta(hours=1), confirmed_at=clock.now())
        self.db.add(session)
        await self.db.commit()
        token, _ = self.app.state.keys.sign(user.id, session.id)
        return Caller(self.client, token, user.id)

    @asynccontextmanager
    async def rolled_back(self) -> AsyncIterator[None]:
        """What happens inside is taken back at the end."""
        savepoint = await self.connection.begin_nested()
        try:
            yield
        finally:
            await savepoint.rollback()
            # nothing is left that would say so
            self.app.state.kept_answers.forget()

    async def officer(self, key: str = WARD) -> Caller:
        """An officer of the standing body, over the whole territory."""
        return await self.caller((Role.OFFICER, key, Reach.TERRITORY), name="Trần Thị Cán Bộ")

    async def leader(self, key: str = WARD) -> Caller:
        """A leader, over the whole territory."""
        return await self.caller((Role.LEADER, key, Reach.TERRITORY), name="Lê Văn Lãnh Đạo")

    async def admin(self, key: str = WARD, reach: Reach = Reach.TERRITORY) -> Caller:
        """An administrator of a body's people, over the whole territory, who belongs to that body."""
        return await self.caller((Role.AUTHORITY_ADMIN, key, reach), name="Phan Thị Quản Trị", home=key)

    async def submitter(self, key: str) -> Caller:
        """Someone who makes dossiers for their own body."""
        return await self.caller((Role.SUBMITTER, key, Reach.SELF), name="Phạm Thị Lập Hồ Sơ")
