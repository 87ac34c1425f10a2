"""Accounts that are administered, and what administrators send."""

import itertools
from typing import Any

import httpx

from tests.make import WARD, Caller, Make
from tests.story import ok

REASON = {"reason": "Theo quyết định phân công công tác"}
GOOD_PASSWORD = "Sáng ra sông Uông mùa nước cạn"
_numbers = itertools.count(1)


def etag(found: dict[str, Any]) -> str:
    """The version that was read, for If-Match."""
    return f'"{found["version"]}"'


async def opened(make: Make, admin: Caller, key: str = WARD, **fields: Any) -> dict[str, Any]:
    """A new account of a body, with its invitation."""
    body = {
        "username": f"nguoi.dung.{next(_numbers)}",
        "display_name": "Ngô Thị Hồng Thắm",
        "authority_id": str((await make.authority(key)).id),
    }
    return ok(await admin.post("/v1/users", body | fields), 201)


async def read(admin: Caller, user_id: Any) -> dict[str, Any]:
    """An account as an administrator reads it."""
    return ok(await admin.get(f"/v1/users/{user_id}"))


async def do(admin: Caller, found: dict[str, Any], verb: str, collection: str = "users", **body: Any) -> httpx.Response:
    """Take an action on what was read."""
    return await admin.post(f"/v1/{collection}/{found['id']}/{verb}", REASON | body, etag=etag(found))


async def give(
    make: Make, admin: Caller, user_id: Any, role: str = "viewer", key: str = WARD, reach: str = "self", **fields: Any
) -> httpx.Response:
    """Give a role at a body."""
    body = {"role": role, "authority_id": str((await make.authority(key)).id), "reach": reach}
    return await admin.post(f"/v1/users/{user_id}/grants", body | fields)


async def accept(client: httpx.AsyncClient, token: str, password: str = GOOD_PASSWORD) -> httpx.Response:
    """POST /v1/auth/accept-invitation."""
    return await client.post("/v1/auth/accept-invitation", json={"token": token, "password": password})


async def sign(make: Make, admin: Caller, user_id: Any, form: str = "for_head", **fields: Any) -> httpx.Response:
    """Record that a user may sign for the ward."""
    body = {"authority_id": str((await make.authority(WARD)).id), "user_id": str(user_id), "form": form}
    return await admin.post("/v1/signers", body | {"position": "Phó Chủ tịch"} | fields)
