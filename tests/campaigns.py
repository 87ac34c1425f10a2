"""Steps that tests of campaigns share: papers, drafts, launches, deployments, and what a refusal must not leave."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from tests.make import PROVINCE, WARD, Caller, Make
from tests.story import ok

URL = "/v1/campaigns"
NATION = "chinh-phu"
_numbers = itertools.count(901)

_TRACES = """
select (select count(*) from campaign), (select coalesce(sum(version), 0) from campaign),
       (select coalesce(sum(last_number), 0) from campaign_series),
       (select count(*) from deployment), (select coalesce(sum(version), 0) from deployment),
       (select count(*) from audit_event), (select count(*) from outbox_event),
       (select count(*) from idempotency_record)
"""


def etag(found: dict[str, Any]) -> str:
    """The If-Match of what was read."""
    return f'"{found["version"]}"'


@asynccontextmanager
async def nothing_changes(make: Make) -> AsyncIterator[None]:
    """No row, no version, no number of a series, no audit or outbox event may come of what happens inside."""

    async def traces() -> tuple[Any, ...]:
        return tuple((await make.connection.execute(text(_TRACES))).one())

    before = await traces()
    yield
    assert await traces() == before


async def document(make: Make, caller: Caller, key: str = WARD) -> dict[str, Any]:
    """A plan issued by a body."""
    issuer = await make.authority(key)
    body = {
        "issuer_id": str(issuer.id),
        "type": "plan",
        "number_symbol": f"{next(_numbers)}/KH-UBND",
        "issued_on": {"value": "2026-03-05", "precision": "day"},
        "title": "Phát động phong trào thi đua",
    }
    return ok(await caller.post("/v1/legal-documents", body), 201)


async def draft(make: Make, caller: Caller, key: str = WARD, *, paper: bool = True, **fields: Any) -> dict[str, Any]:
    """A drafted campaign of a body, with its launch document."""
    body = {
        "authority_id": str((await make.authority(key)).id),
        "title": "Mỗi khu phố một tuyến đường xanh",
        "method": "thematic",
        "scope": "sector_local",
        "launch_document_id": (await document(make, caller, key))["id"] if paper else None,
    } | fields
    return ok(await caller.post(URL, body), 201)


async def launched(make: Make, key: str = WARD, *, on: str | None = None, **fields: Any) -> dict[str, Any]:
    """A launched campaign of a body."""
    found = await draft(make, await make.officer(key), key, **fields)
    body = {} if on is None else {"launched_on": on}
    return ok(await (await make.leader(key)).post(f"{URL}/{found['id']}/launch", body, etag=etag(found)))


async def provincial(make: Make, **fields: Any) -> dict[str, Any]:
    """A launched campaign of the province."""
    return await launched(make, PROVINCE, **fields)


async def acknowledged(make: Make, caller: Caller, campaign: dict[str, Any], key: str, **fields: Any) -> dict[str, Any]:
    """A deployment as a unit begins it."""
    body = {"authority_id": str((await make.authority(key)).id)} | fields
    return ok(await caller.post(f"{URL}/{campaign['id']}/deployments", body), 201)


async def deployed(make: Make, campaign: dict[str, Any], key: str) -> dict[str, Any]:
    """A unit's deployment with one model."""
    unit = await make.submitter(key)
    found = await acknowledged(make, unit, campaign, key)
    body = {"commitments": [{"kind": "model", "name": "Tuyến đường tự quản"}]}
    return ok(await unit.post(f"/v1/deployments/{found['id']}/deploy", body, etag=etag(found)))
