"""The signing key changes without a token refused, and at once where it must."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app import main
from app.db import transaction
from app.key_rotation import PUBLISHED_AHEAD, Step, revoke_keys, rotate_keys
from app.main import create_app
from app.secret_files import SecretFileError
from app.services.sessions import end_all_sessions
from app.settings import Settings
from app.signing_keys import public_jwk, read_keys
from app.tokens import LIFE_SECONDS, KeyRing, TokenRefused
from tests.make import Caller, Make
from tests.test_signing_keys import private_pem
from tests.test_tokens import AUDIENCE, ISSUER, PEM, SESSION, USER

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def settings_of_file(tmp_path: Path) -> Settings:
    """A file with one key, as openssl writes it: no date."""
    file = tmp_path / "khóa ký.pem"
    file.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
    file.chmod(0o600)
    return Settings(signing_key_file=file, environment="production", token_issuer=ISSUER, token_audience=AUDIENCE)


def _file(settings: Settings) -> Path:
    assert settings.signing_key_file is not None
    return settings.signing_key_file


def _published(settings: Settings) -> list[str]:
    return [key["kid"] for key in KeyRing.load(settings).jwks()["keys"]]


def test_a_key_is_published_before_it_signs_and_verifies_after_it_has_signed(settings_of_file: Settings) -> None:
    file = _file(settings_of_file)
    before = KeyRing.load(settings_of_file)
    (first,) = _published(settings_of_file)
    token, _ = before.sign(USER, SESSION)

    assert rotate_keys(file, NOW) == (Step.PUBLISHED, NOW + PUBLISHED_AHEAD)
    assert _published(settings_of_file)[0] == first
    (_, second) = _published(settings_of_file)
    ahead, _ = KeyRing.load(settings_of_file).sign(USER, SESSION)
    before.verify(ahead)

    early = NOW + PUBLISHED_AHEAD - timedelta(seconds=1)
    content = file.read_bytes()
    assert rotate_keys(file, early) == (Step.WAITING, NOW + PUBLISHED_AHEAD)
    assert file.read_bytes() == content

    switched = NOW + PUBLISHED_AHEAD
    assert rotate_keys(file, switched) == (Step.SWITCHED, switched)
    assert _published(settings_of_file) == [second, first]
    after = KeyRing.load(settings_of_file)
    assert after.verify(token).user_id == USER
    with pytest.raises(TokenRefused):
        before.verify(after.sign(USER, SESSION)[0])
    # nobody can sign with the old one any more
    assert file.read_bytes().count(b"PRIVATE KEY-----") == 2

    # as long as one of its tokens may be good, it stays
    assert rotate_keys(file, switched + timedelta(seconds=LIFE_SECONDS))[0] == Step.PUBLISHED
    assert _published(settings_of_file)[0] == second
    assert first in _published(settings_of_file)
    later = switched + timedelta(seconds=LIFE_SECONDS) + PUBLISHED_AHEAD
    assert rotate_keys(file, later)[0] == Step.SWITCHED
    assert first not in _published(settings_of_file)
    with pytest.raises(TokenRefused):
        KeyRing.load(settings_of_file).verify(token)
    assert file.stat().st_mode & 0o777 == 0o600


def test_keys_that_an_operator_put_there_by_hand_are_as_old_as_the_file(settings_of_file: Settings) -> None:
    file = _file(settings_of_file)
    second = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(file.read_bytes() + private_pem(second) + PEM)
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    assert rotate_keys(file, written + timedelta(minutes=9))[0] == Step.WAITING
    assert rotate_keys(file, written + timedelta(minutes=11))[0] == Step.SWITCHED
    # the foreign public key still verifies, its sixteen minutes are not over
    assert _published(settings_of_file)[0] == public_jwk(second.public_key()).kid
    assert len(_published(settings_of_file)) == 3
    assert rotate_keys(file, written + timedelta(minutes=60))[0] == Step.PUBLISHED
    assert len(_published(settings_of_file)) == 2


def test_two_commands_at_once_make_one_key(settings_of_file: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        steps = [step for step, _ in threads.map(lambda _: rotate_keys(_file(settings_of_file), NOW), range(8))]
    assert sorted(step.name for step in steps) == ["PUBLISHED", *["WAITING"] * 7]
    assert len(_published(settings_of_file)) == 2


@pytest.mark.parametrize("change", [rotate_keys, revoke_keys])
def test_what_cannot_be_written_changes_nothing(
    settings_of_file: Settings, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, datetime], object]
) -> None:
    file = _file(settings_of_file)
    content = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretFileError, match="Không ghi được"):
        change(file, NOW)
    assert file.read_bytes() == content
    assert [found.name for found in file.parent.iterdir() if found.suffix == ".pem"] == [file.name]


@pytest.mark.parametrize("change", [rotate_keys, revoke_keys])
def test_a_file_that_is_no_key_file_is_left_alone(
    settings_of_file: Settings, change: Callable[[Path, datetime], object]
) -> None:
    file = _file(settings_of_file)
    file.write_text("không phải khóa")
    with pytest.raises(SecretFileError, match="không có khóa PEM"):
        change(file, NOW)
    assert file.read_text() == "không phải khóa"


def test_a_revoked_key_is_gone(settings_of_file: Settings) -> None:
    token, _ = KeyRing.load(settings_of_file).sign(USER, SESSION)
    rotate_keys(_file(settings_of_file), NOW)
    before = _published(settings_of_file)
    revoke_keys(_file(settings_of_file), NOW)
    assert len(_published(settings_of_file)) == 1
    assert not set(before) & set(_published(settings_of_file))
    with pytest.raises(TokenRefused):
        KeyRing.load(settings_of_file).verify(token)


def test_dates_that_nobody_understands_are_none(settings_of_file: Settings) -> None:
    file = _file(settings_of_file)
    file.write_bytes(b"# since hom qua\n" + file.read_bytes())
    assert [kept.since for kept in read_keys(file)] == [None]


# ------------------------------------------------------------ running servers


def test_a_key_ring_reads_the_file_again_only_where_it_changed(settings_of_file: Settings) -> None:
    keys = KeyRing.load(settings_of_file)
    assert not keys.reload()
    rotate_keys(_file(settings_of_file), NOW)
    assert keys.reload()
    assert len(keys.jwks()["keys"]) == 2
    assert not keys.reload()


def test_a_broken_file_leaves_the_keys_and_is_said_once(settings_of_file: Settings) -> None:
    keys = KeyRing.load(settings_of_file)
    token, _ = keys.sign(USER, SESSION)
    _file(settings_of_file).write_text("nửa tệp")
    with pytest.raises(SecretFileError):
        keys.reload()
    assert not keys.reload()
    assert keys.verify(token).user_id == USER
    _file(settings_of_file).unlink()
    with pytest.raises(SecretFileError):
        keys.reload()
    assert keys.verify(token).user_id == USER


async def test_a_running_server_refuses_tokens_of_a_revoked_key_that_it_had_verified(
    committed: Make, settings_of_file: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(main, "KEY_PERIOD_SECONDS", 0.02)
    dsn = committed.connection.engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")
    served = create_app(settings_of_file.model_copy(update={"database_url": dsn, "environment": "development"}))
    officer = await committed.officer()
    await committed.db.commit()
    session = (
        await committed.app.state.database.reads.fetchrow(
            "select id from user_session where user_id = $1", officer.user_id
        )
    )["id"]
    transport = httpx.ASGITransport(served)
    async with (
        served.router.lifespan_context(served),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        caller = Caller(client, served.state.keys.sign(officer.user_id, session)[0], officer.user_id)
        assert (await caller.get("/v1/me")).status_code == 200
        _file(settings_of_file).write_text("nửa tệp")
        with caplog.at_level(logging.ERROR, "tdkt"):
            await asyncio.sleep(0.2)
        assert [record.levelname for record in caplog.records] == ["ERROR"], "said once"
        assert (await caller.get("/v1/me")).status_code == 200
        _file(settings_of_file).write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
        revoke_keys(_file(settings_of_file), NOW)
        for _ in range(200):
            await asyncio.sleep(0.01)
            if (await caller.get("/v1/me")).status_code == 401:
                break
        else:
            pytest.fail("the token is still good")
        renewed = Caller(client, served.state.keys.sign(officer.user_id, session)[0], officer.user_id)
        assert (await renewed.get("/v1/me")).status_code == 200
        assert [key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]] == [
            key["kid"] for key in served.state.keys.jwks()["keys"]
        ]


async def test_every_session_ends_with_the_keys(committed: Make) -> None:
    callers = [await committed.officer(), await committed.leader()]
    await committed.db.commit()
    async with transaction(committed.app.state.database) as db:
        assert await end_all_sessions(db) == 2
    committed.app.state.callers.forget()
    assert [(await caller.get("/v1/me")).status_code for caller in callers] == [401, 401]
    rows = await committed.app.state.database.reads.fetch(
        "select s.end_reason, count(e.id) as traces from user_session s "
        "left join audit_event e on e.entity_id = s.id and e.action = 'keys_revoked' group by s.id"
    )
    assert [tuple(row) for row in rows] == [("keys_revoked", 1)] * 2
    async with transaction(committed.app.state.database) as db:
        assert await end_all_sessions(db) == 0


def test_the_command_says_what_comes_next(settings_of_file: Settings) -> None:
    file = _file(settings_of_file)
    environment = {"SIGNING_KEY_FILE": str(file), "ENVIRONMENT": "production", "PATH": "/usr/bin:/bin"}

    def call() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "app", "rotate-keys"], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    status, said = call()
    assert (status, "công bố khóa tiếp theo" in said, "chạy lại lệnh này" in said) == (0, True, True)
    status, said = call()
    assert (status, "chưa đủ lâu" in said) == (0, True)
    file.chmod(0o644)
    status, said = call()
    assert (status, said.startswith("Lỗi: "), "chmod 600" in said) == (1, True, True)
