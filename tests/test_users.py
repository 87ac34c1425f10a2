"""Accounts: who may administer whom, what an action does, and that it takes effect."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from app.main import create_app
from app.models.records import AuditEvent
from app.models.users import UserAccount, UserSession
from app.settings import Settings
from app.vocabularies import Reach, Role
from tests.make import OTHER_WARD, PROVINCE, WARD, Caller, Make
from tests.people import REASON, do, etag, give, opened, read
from tests.story import PROVINCIAL_WOMENS_UNION, SCHOOL, WOMENS_UNION, ok, refused

# who, where, how far → what they get when they administer somebody of the school in the ward
ADMINISTRATORS: dict[str, tuple[Role, str, Reach, int]] = {
    "of the own body": (Role.AUTHORITY_ADMIN, SCHOOL, Reach.SELF, 200),
    "of the body above": (Role.AUTHORITY_ADMIN, WARD, Reach.TERRITORY, 200),
    "of the province": (Role.AUTHORITY_ADMIN, PROVINCE, Reach.TERRITORY, 200),
    "of the system": (Role.SYSTEM_ADMIN, PROVINCE, Reach.TERRITORY, 200),
    "of the body above alone": (Role.AUTHORITY_ADMIN, WARD, Reach.SELF, 404),
    "of a sibling": (Role.AUTHORITY_ADMIN, WOMENS_UNION, Reach.TERRITORY, 404),
    "of another ward": (Role.AUTHORITY_ADMIN, OTHER_WARD, Reach.TERRITORY, 404),
    "of another line": (Role.AUTHORITY_ADMIN, PROVINCIAL_WOMENS_UNION, Reach.LINE, 404),
    "of another province": (Role.AUTHORITY_ADMIN, "ubnd-thanh-pho-hai-phong", Reach.TERRITORY, 404),
    "of the system elsewhere": (Role.SYSTEM_ADMIN, OTHER_WARD, Reach.TERRITORY, 404),
    "an officer of the ward": (Role.OFFICER, WARD, Reach.TERRITORY, 403),
    "the chair of the ward": (Role.LEADER, WARD, Reach.TERRITORY, 403),
    "an auditor of the ward": (Role.AUDITOR, WARD, Reach.TERRITORY, 403),
}
VERBS = ("disable", "invite")


@pytest.mark.parametrize(("role", "key", "reach", "status"), ADMINISTRATORS.values(), ids=ADMINISTRATORS.keys())
async def test_who_may_administer_whom(make: Make, role: Role, key: str, reach: Reach, status: int) -> None:
    user = await make.caller(home=SCHOOL)
    admin = await make.caller((role, key, reach))
    readable = 200 if role == Role.AUDITOR else status
    assert (await admin.get(f"/v1/users/{user.user_id}")).status_code == readable
    listed = await admin.get("/v1/users")
    if role in (Role.OFFICER, Role.LEADER):
        refused(listed, 403, "forbidden")
    else:
        assert (str(user.user_id) in {item["id"] for item in ok(listed)["items"]}) == (readable == 200)
    found: dict[str, Any] = {"id": str(user.user_id), "version": 1}
    change = await admin.patch(f"/v1/users/{user.user_id}", {"display_name": "Tên Mới"}, etag=etag(found))
    assert change.status_code == status, change.text
    found["version"] += change.is_success
    for verb in VERBS:
        answer = await do(admin, found, verb)
        assert answer.status_code == status, f"{verb}: {answer.text}"
        if answer.is_success:
            found = answer.json()
            if verb == "disable":
                found = ok(await do(admin, found, "enable"))
    given = await give(make, admin, user.user_id, "authority_admin", SCHOOL)
    assert given.status_code == (201 if status == 200 else status), given.text


async def test_nobody_administers_themselves(make: Make) -> None:
    admin = await make.admin()
    found = await read(admin, admin.user_id)
    assert found["allowed_actions"] == []
    path = f"/v1/users/{found['id']}"
    refused(await admin.patch(path, {"display_name": "Tên"}, etag=etag(found)), 403, "own_account")
    for verb in ("disable", "enable", "invite"):
        refused(await do(admin, found, verb), 403, "own_account")
    refused(await give(make, admin, admin.user_id, "officer"), 403, "own_account")
    (grant,) = ok(await admin.get(f"/v1/users/{admin.user_id}/grants"))["items"]
    assert grant["allowed_actions"] == []
    for verb in ("suspend", "resume", "end"):
        refused(await do(admin, grant, verb, "grants"), 403, "own_account")


async def test_the_anonymous_administer_nobody(make: Make) -> None:
    user = await make.caller(home=SCHOOL)
    refused(await make.client.get(f"/v1/users/{user.user_id}"), 401, "unauthenticated")


async def test_nobody_administers_somebody_above_them(make: Make) -> None:
    """The chair of the province may well belong to the ward."""
    admin = await make.admin()
    above = await make.caller((Role.LEADER, PROVINCE, Reach.TERRITORY), home=WARD)
    operator = await make.caller((Role.SYSTEM_ADMIN, WARD, Reach.SELF), home=WARD)
    for user in (above, operator):
        found = await read(admin, user.user_id)
        assert found["allowed_actions"] == []
        for verb in VERBS:
            refused(await do(admin, found, verb), 403, "beyond_your_grant")
    ok(await do(await make.admin(PROVINCE), await read(admin, above.user_id), "disable"))


async def test_who_runs_the_system_locks_an_officer_out_but_cannot_become_one(make: Make) -> None:
    operator = await make.caller((Role.SYSTEM_ADMIN, PROVINCE, Reach.TERRITORY))
    officer = await make.caller((Role.OFFICER, WARD, Reach.TERRITORY), home=WARD)
    found = await read(operator, officer.user_id)
    assert found["allowed_actions"] == ["edit", "disable"]
    refused(await do(operator, found, "invite"), 403, "beyond_your_grant")
    refused(await give(make, operator, officer.user_id, "leader"), 403, "beyond_your_grant")
    assert ok(await do(operator, found, "disable"))["allowed_actions"] == ["edit", "enable"]


async def test_an_account_is_opened_with_a_canonical_name_that_is_its_own(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin, username="Ngo.HONG.Tham")
    assert (found["username"], found["has_password"], found["disabled_at"]) == ("ngo.hong.tham", False, None)
    assert found["invitation_expires_at"] == found["invitation"]["expires_at"]
    assert found["allowed_actions"] == ["edit", "disable", "invite"]
    body = {"username": "ngo.hong.THAM", "display_name": "Ai Đó", "authority_id": found["authority"]["id"]}
    refused(await admin.post("/v1/users", body), 409, "username_taken")
    for wrong in ("ab", "ngô.thắm", "a b c", ".abc", "x" * 65):
        refused(await admin.post("/v1/users", body | {"username": wrong}), 422, "invalid_input")


async def test_the_list_is_searched_filtered_and_paged(make: Make) -> None:
    admin = await make.admin()
    first = await opened(make, admin, username="le.thuy.duong", display_name="Lê Thùy Dương")
    second = await opened(make, admin, SCHOOL, username="gv.toan", display_name="Đặng Quốc Toản")
    other = await make.caller(home=OTHER_WARD, name="Lê Thùy Dương")

    async def ids(**parameters: Any) -> list[str]:
        return [item["id"] for item in ok(await admin.get("/v1/users", params=parameters))["items"]]

    assert await ids(q="thuy duong") == await ids(q="le.thuy") == [first["id"]]
    assert await ids(q="dang toan") == [second["id"]]
    assert str(other.user_id) not in await ids()
    assert await ids(authority_id=second["authority"]["id"]) == [second["id"]]
    ok(await do(admin, second, "disable"))
    assert await ids(disabled="true") == [second["id"]]
    assert second["id"] not in await ids(disabled="false")
    everybody = await ids()
    page = ok(await admin.get("/v1/users", params={"limit": 1}))
    rest = ok(await admin.get("/v1/users", params={"limit": 100, "cursor": page["next_cursor"]}))
    assert [item["id"] for item in page["items"] + rest["items"]] == everybody


async def test_a_user_moves_to_another_body_in_reach_only(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    path = f"/v1/users/{found['id']}"
    for key in (OTHER_WARD, PROVINCE):
        body = {"authority_id": str((await make.authority(key)).id)}
        problem = refused(await admin.patch(path, body, etag=etag(found)), 422, "unknown_reference")
        assert problem["errors"][0]["pointer"] == "/authority_id"
    school = await make.authority(SCHOOL)
    moved = ok(await admin.patch(path, {"authority_id": str(school.id)}, etag=etag(found)))
    assert (moved["authority"]["name"], moved["version"]) == (school.name, found["version"] + 1)
    refused(await admin.patch(path, {"display_name": None}, etag=etag(moved)), 422, "invalid_input")
    refused(await admin.patch(path, {"display_name": "X"}, etag=etag(found)), 412, "version_mismatch")


async def test_a_disabled_user_is_out_and_comes_back_with_a_new_login_only(make: Make) -> None:
    admin = await make.admin()
    user = await make.caller((Role.VIEWER, WARD, Reach.SELF), home=WARD)
    found = await read(admin, user.user_id)
    found = ok(await do(admin, found, "disable"))
    assert found["disabled_at"] is not None
    refused(await do(admin, found, "disable"), 409, "transition_refused")
    make.app.state.callers.forget()
    refused(await user.get("/v1/me"), 401, "unauthenticated")
    found = ok(await do(admin, found, "enable"))
    refused(await do(admin, found, "enable"), 409, "transition_refused")
    make.app.state.callers.forget()
    refused(await user.get("/v1/me"), 401, "unauthenticated")
    session = (await make.db.exec(select(UserSession).where(UserSession.user_id == user.user_id))).one()
    await make.db.refresh(session)
    assert (session.ended_at is not None, session.end_reason) == (True, "account_disabled")


async def test_every_action_leaves_its_trace_and_no_secret(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    secrets = [found["invitation"]["token"]]
    found = ok(await admin.patch(f"/v1/users/{found['id']}", {"display_name": "Ngô Thắm"}, etag=etag(found)))
    found = ok(await do(admin, found, "disable"))
    found = ok(await do(admin, found, "enable"))
    found = ok(await do(admin, found, "invite"))
    secrets.append(found["invitation"]["token"])
    grant = (await give(make, admin, found["id"])).json()
    for verb in ("suspend", "resume", "end"):
        grant = ok(await do(admin, grant, verb, "grants"))
    left = select(AuditEvent).where(AuditEvent.actor_id == admin.user_id).order_by(col(AuditEvent.id))
    events = (await make.db.exec(left)).all()
    assert [(event.entity, event.action) for event in events] == [
        *(("user_account", action) for action in ("created", "updated", "disabled", "enabled", "invited")),
        *(("role_grant", action) for action in ("given", "suspended", "resumed", "ended")),
    ]
    assert all(event.grant_id and event.authority_id and event.request_id for event in events)
    reasons = [event.reason for event in events if event.action not in ("created", "updated", "given")]
    assert reasons == [REASON["reason"]] * 6
    for table in ("audit_event", "outbox_event", "idempotency_record", "invitation", "user_account", "login_attempt"):
        rows = await make.connection.exec_driver_sql(f'select t::text from "{table}" t')
        stored = "\n".join(row[0] for row in rows)
        assert not any(secret in stored for secret in secrets), table


# ------------------------------------------------------------ at the same time, and in another process


def _dsn(make: Make) -> str:
    return make.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")


async def test_of_two_administrators_who_lock_each_other_out_one_stays(committed: Make) -> None:
    for _ in range(5):
        one, other = await committed.admin(), await committed.admin()
        for caller in (one, other):
            ok(await caller.get("/v1/me"))
        answers = await asyncio.gather(
            do(one, {"id": other.user_id, "version": 1}, "disable"),
            do(other, {"id": one.user_id, "version": 1}, "disable"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 401], [answer.text for answer in answers]
        accounts = select(UserAccount).where(col(UserAccount.id).in_([one.user_id, other.user_id]))
        rows = (await committed.db.exec(accounts.execution_options(populate_existing=True))).all()
        assert [row.disabled_at is None for row in rows].count(True) == 1
        await committed.db.commit()


async def test_of_two_who_change_the_same_account_one_has_read_an_old_version(committed: Make) -> None:
    one, other = await committed.admin(), await committed.admin()
    found = await opened(committed, one)
    answers = await asyncio.gather(do(one, found, "disable"), do(other, found, "invite"))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_an_administrator_who_was_suspended_meanwhile_administers_no_more(make: Make) -> None:
    """Also while the process still remembers the caller."""
    admin = await make.admin()
    found = await opened(make, admin)
    suspend = "update role_grant set suspended_at = now() where user_id = $1"
    await make.connection.exec_driver_sql(suspend, (admin.user_id,))
    refused(await do(admin, found, "disable"), 403, "beyond_your_grant")


EFFECTS: dict[str, tuple[str, int]] = {"disable": ("users", 401), "suspend": ("grants", 403)}


@pytest.mark.parametrize("verb", EFFECTS)
async def test_it_takes_effect_in_another_process_within_five_seconds(
    committed: Make, settings: Settings, verb: str
) -> None:
    collection, expected = EFFECTS[verb]
    admin = await committed.admin()
    user = await committed.caller((Role.OFFICER, WARD, Reach.TERRITORY), (Role.VIEWER, SCHOOL, Reach.SELF), home=WARD)
    served = create_app(settings.model_copy(update={"database_url": _dsn(committed)}))
    async with (
        served.router.lifespan_context(served),
        httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test") as client,
    ):
        there = Caller(client, user.token, user.user_id)
        for _ in range(3):
            ok(await there.get("/v1/candidates"))
            await asyncio.sleep(0.5)
        target = await read(admin, user.user_id)
        if collection == "grants":
            grants = ok(await admin.get(f"/v1/users/{user.user_id}/grants"))["items"]
            target = next(grant for grant in grants if grant["role"] == "officer")
        ok(await do(admin, target, verb, collection))
        done = time.monotonic()
        while (status := (await there.get("/v1/candidates")).status_code) == 200:
            assert time.monotonic() - done < 5, "five seconds have gone by"
            await asyncio.sleep(0.05)
        assert status == expected
