"""Invitations: a one-time token, good for 72 hours, that sets a password nobody else has seen."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func
from sqlmodel import select

from app import passwords
from app.models.invitations import Invitation
from app.models.records import AuditEvent, IdempotencyRecord
from app.models.users import LoginAttempt, UserAccount
from app.services import invitations
from app.vocabularies import Reach, Role
from tests.accounts import let_pass, log_in
from tests.make import WARD, Make
from tests.people import GOOD_PASSWORD, REASON, accept, do, etag, opened, read
from tests.story import ok, refused


async def test_sets_the_password_once_and_opens_no_session(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    assert (await log_in(make.client, found["username"], GOOD_PASSWORD)).status_code == 401
    answer = await accept(make.client, found["invitation"]["token"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await log_in(make.client, found["username"], GOOD_PASSWORD)).status_code == 200
    after = await read(admin, found["id"])
    assert (after["has_password"], after["invitation_expires_at"]) == (True, None)
    assert after["version"] == found["version"] + 1
    refused(await accept(make.client, found["invitation"]["token"], "một mật khẩu khác hẳn"), 401, "invitation_refused")
    assert (await log_in(make.client, found["username"], GOOD_PASSWORD)).status_code == 200
    event = (await make.db.exec(select(AuditEvent).where(AuditEvent.action == "password_set"))).one()
    assert str(event.actor_id) == str(event.entity_id) == found["id"] and event.address


async def test_only_its_digest_is_stored(make: Make) -> None:
    found = await opened(make, await make.admin())
    token = found["invitation"]["token"]
    assert len(token) >= 43, "256 bits"
    row = (await make.db.exec(select(Invitation))).one()
    assert row.token_hash == hashlib.sha256(token.encode()).digest()
    assert abs(row.expires_at - row.created_at - timedelta(hours=72)) < timedelta(minutes=1)


async def test_a_repeated_request_tells_it_no_second_time(make: Make) -> None:
    admin = await make.admin()
    ward = await make.authority(WARD)
    body = {"username": "nhac.lai", "display_name": "Đỗ Văn Nhắc", "authority_id": str(ward.id)}
    once = {"Idempotency-Key": "mo-tai-khoan-mot-lan"}
    first = await admin.post("/v1/users", body, headers=once)
    again = await admin.post("/v1/users", body, headers=once)
    assert again.headers["Idempotency-Replayed"] == "true"
    token = ok(first, 201)["invitation"]["token"]
    assert token and ok(again, 201)["invitation"]["token"] is None
    assert again.json()["id"] == first.json()["id"]
    bodies = select(IdempotencyRecord.body).where(IdempotencyRecord.key == once["Idempotency-Key"])
    kept = (await make.db.exec(bodies)).one()
    assert kept and token not in kept


async def test_expires_after_72_hours(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    await let_pass(make.db, Invitation, expires_at=timedelta(hours=73))
    refused(await accept(make.client, found["invitation"]["token"]), 401, "invitation_refused")
    assert (await read(admin, found["id"]))["invitation_expires_at"] is None


async def test_a_new_one_voids_the_older_the_password_and_every_session(make: Make) -> None:
    admin = await make.admin()
    user = await make.caller((Role.VIEWER, WARD, Reach.SELF), home=WARD)
    first = ok(await do(admin, await read(admin, user.user_id), "invite"))
    make.app.state.callers.forget()
    refused(await user.get("/v1/me"), 401, "unauthenticated")
    ok_answer = await accept(make.client, first["invitation"]["token"])
    assert ok_answer.status_code == 204
    second = ok(await do(admin, await read(admin, user.user_id), "invite"))
    assert second["has_password"] is False
    assert (await log_in(make.client, second["username"], GOOD_PASSWORD)).status_code == 401
    third = ok(await do(admin, second, "invite"))
    refused(await accept(make.client, second["invitation"]["token"]), 401, "invitation_refused")
    assert (await accept(make.client, third["invitation"]["token"], "mật khẩu thứ ba dài")).status_code == 204


async def test_a_disabled_user_accepts_none_and_gets_none(make: Make) -> None:
    admin = await make.admin()
    found = await opened(make, admin)
    disabled = ok(await do(admin, found, "disable"))
    assert disabled["invitation_expires_at"] is None
    refused(await accept(make.client, found["invitation"]["token"]), 401, "invitation_refused")
    refused(await do(admin, disabled, "invite"), 409, "transition_refused")
    enabled = ok(await do(admin, disabled, "enable"))
    refused(await accept(make.client, found["invitation"]["token"]), 401, "invitation_refused")
    assert enabled["allowed_actions"] == ["edit", "disable", "invite"]


async def test_a_weak_password_is_refused_and_the_token_stays_good(make: Make) -> None:
    found = await opened(make, await make.admin())
    token = found["invitation"]["token"]
    for weak in ("ngắn quá", found["display_name"].upper()):
        problem = refused(await accept(make.client, token, weak), 422, "invalid_input")
        assert problem["errors"][0]["pointer"] == "/password"
    assert (await accept(make.client, token)).status_code == 204


async def test_says_the_same_after_the_same_work_whatever_is_wrong(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    async def noted(password: str) -> str:
        hashed.append(password)
        return await passwords.hash_password(password)

    monkeypatch.setattr(invitations, "hash_password", noted)
    admin = await make.admin()
    used, voided, of_disabled = [await opened(make, admin) for _ in range(3)]
    assert (await accept(make.client, used["invitation"]["token"])).status_code == 204
    ok(await admin.post(f"/v1/users/{voided['id']}/invite", REASON, etag=etag(voided)))
    ok(await do(admin, of_disabled, "disable"))
    tokens = [found["invitation"]["token"] for found in (used, voided, of_disabled)]
    answers = [await accept(make.client, token) for token in (*tokens, "khong-co-ma-nao-nhu-the-nay")]
    problems: list[dict[str, Any]] = [answer.json() | {"instance": ""} for answer in answers]
    assert all(problem == problems[0] for problem in problems) and problems[0]["code"] == "invitation_refused"
    assert len(hashed) == 1 + 4


async def test_guesses_from_one_address_are_stopped_like_logins(make: Make) -> None:
    for number in range(30):
        refused(await accept(make.client, f"khong-phai-ma-moi-nao-{number}"), 401, "invitation_refused")
    found = await opened(make, await make.admin())
    limited = await accept(make.client, found["invitation"]["token"])
    refused(limited, 429, "too_many_requests")
    assert int(limited.headers["Retry-After"]) > 0
    assert (await make.db.exec(select(func.count()).select_from(LoginAttempt))).one() == 30


async def test_of_two_who_use_it_at_the_same_time_one_does(committed: Make) -> None:
    admin = await committed.admin()
    for _ in range(3):
        found = await opened(committed, admin)
        passwords = ["mật khẩu của người thứ nhất", "mật khẩu của người thứ hai"]
        answers: list[httpx.Response] = await asyncio.gather(
            *(accept(committed.client, found["invitation"]["token"], password) for password in passwords)
        )
        assert sorted(answer.status_code for answer in answers) == [204, 401]
        winner = passwords[[answer.status_code for answer in answers].index(204)]
        assert (await log_in(committed.client, found["username"], winner)).status_code == 200


async def test_accepting_and_inviting_again_at_the_same_time_leaves_one_way_in(committed: Make) -> None:
    admin = await committed.admin()
    for _ in range(5):
        found = await opened(committed, admin)
        accepted, invited = await asyncio.gather(
            accept(committed.client, found["invitation"]["token"]), do(admin, found, "invite")
        )
        assert (accepted.status_code, invited.status_code) in {(204, 412), (401, 200)}
        account = select(UserAccount.password_hash).where(UserAccount.username == found["username"])
        has_password = (await committed.db.exec(account)).one() != "-"
        await committed.db.commit()
        assert has_password == (invited.status_code != 200), "whoever invited again knows that nobody is in"
