"""A server outside development does not start with weak settings; it says in one sentence each what to do."""

import base64
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.ext.asyncio import create_async_engine

from app.db import asyncpg_arguments, sqlalchemy_url
from app.main import create_app
from app.production import WeakSettings, weaknesses
from app.settings import Settings
from tests.conftest import own_database
from tests.server import Server, running

PASSWORD = "wT7%2Fq9Zr2LxVb4Nc8Hd"
STRONG = {
    "ENVIRONMENT": "production",
    "TOKEN_ISSUER": "https://thiduakhenthuong.example.vn",
    "PUBLIC_URL": "https://api.example.vn",
    "CORS_ORIGINS": '["https://cong.example.vn", "https://cong.example.vn:8443"]',
    "DATABASE_URL": f"postgresql://quan_ly:{PASSWORD}@db.example.vn/so_vang?sslmode=verify-full&sslrootcert=/etc/ca.pem",
}
GOOD: list[dict[str, str]] = [
    {},
    {"CORS_ORIGINS": "[]"},
    {"DATABASE_URL": "postgresql://quan_ly@/so_vang?host=/var/run/postgresql"},
    {"DATABASE_URL": f"postgresql://quan_ly:{PASSWORD}@127.0.0.1:5432/so_vang"},
    {"DATABASE_URL": f"postgresql://quan_ly:{PASSWORD}@[::1]:5432/so_vang"},
    {"DATABASE_URL": f"postgresql://quan_ly:{PASSWORD}@localhost/so_vang"},
]
_TLS = "sslmode=verify-full&sslrootcert=/etc/ca.pem"
# setting, weak values of it
WEAK: list[tuple[str, Sequence[str | None]]] = [
    ("TOKEN_ISSUER", [None, "https://tdkt.local", "http://thiduakhenthuong.example.vn", "thiduakhenthuong", ""]),
    (
        "PUBLIC_URL",
        [None, "http://api.example.vn", "https://api.example.vn/", "https://api.example.vn/v1", "https://", ""]
        + ["https://u:p@api.example.vn", "api.example.vn", "https://api.example.vn?x", "HTTP://127.0.0.1:8000"],
    ),
    (
        "CORS_ORIGINS",
        ['["*"]', '["null"]', '["http://cong.example.vn"]', '["http://localhost:3000"]', '["https://*.example.vn"]']
        + ['["https://cong.example.vn/"]', '["https://cong.example.vn/a"]', '["https://cong.example.vn", "*"]', '[""]'],
    ),
    (
        "DATABASE_URL",
        [None, "postgresql://quan_ly@127.0.0.1/so_vang", "postgresql://quan_ly:@127.0.0.1/so_vang"]
        + [
            f"postgresql://quan_ly:{p}@127.0.0.1/so_vang"
            for p in ("postgres", "short-K8x2", "a" * 40, "12345678901234567")
        ]
        + [
            f"postgresql://quan_ly:{p}x9K2mQ@127.0.0.1/so_vang"
            for p in ("My-Password-77", "quan_ly-8832-", "so_vang-8832-")
        ]
        + [f"postgresql://quan_ly:{PASSWORD}@db.example.vn/so_vang"]
        + [
            f"postgresql://quan_ly:{PASSWORD}@10.0.0.5/so_vang?sslmode={m}"
            for m in ("disable", "prefer", "require", "verify-ca")
        ]
        + [f"postgresql://quan_ly@db.example.vn/so_vang?{_TLS}", f"postgresql://quan_ly:{PASSWORD}@/so_vang"]
        + [f"postgresql://quan_ly:{PASSWORD}@127.0.0.1/so_vang?host=db.example.vn"],
    ),
]
CASES = [pytest.param(name, value, id=f"{name}={value}"[:90]) for name, values in WEAK for value in values]


def _settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


def _with(name: str, value: str | None) -> dict[str, str]:
    changed = {**STRONG, name: value}
    return {key: text for key, text in changed.items() if text is not None}


@pytest.mark.parametrize("changes", GOOD, ids=str)
def test_strong_settings_are_taken(changes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert weaknesses(_settings(STRONG | changes, monkeypatch)) == []


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_weak_setting_is_named_and_nothing_else(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = weaknesses(_settings(_with(name, value), monkeypatch))
    assert found and all(name in problem and "Hãy " in problem or "cần DATABASE_URL" in problem for problem in found)
    assert PASSWORD not in "".join(found) and "wT7/q9" not in "".join(found), "no secret is printed"


@pytest.mark.parametrize(("name", "value"), CASES)
def test_no_application_is_made_of_weak_settings(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weak = _settings(_with(name, value) | _keys(tmp_path), monkeypatch)
    with pytest.raises(WeakSettings):
        create_app(weak)


def test_development_takes_what_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    create_app(_settings({"DATA_DIR": str(tmp_path), "CORS_ORIGINS": '["http://localhost:3000"]'}, monkeypatch))


def _keys(folder: Path) -> dict[str, str]:
    """Both files of keys."""
    data_key = folder / "data-key.txt"
    data_key.touch(mode=0o600)
    data_key.write_bytes(base64.b64encode(bytes(range(32))))
    return {"SIGNING_KEY_FILE": str(_key(folder)), "DATA_KEY_FILE": str(data_key)}


def _key(folder: Path) -> Path:
    file = folder / "signing-key.pem"
    file.touch(mode=0o600)
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


# ------------------------------------------------------------ the real process


def test_the_process_ends_with_one_sentence_for_each_weak_setting(tmp_path: Path) -> None:
    weak = {"CORS_ORIGINS": '["*"]', "ENVIRONMENT": "production"} | _keys(tmp_path)
    with running(Server(tmp_path, "postgresql://postgres:postgres@db.example.vn/tdkt", weak)) as server:
        code, printed = server.refuses()
    assert code == 1 and "Traceback" not in printed, printed
    lines = printed.strip().splitlines()
    assert lines[0].startswith("Lỗi: TOKEN_ISSUER") and len(lines) == 5, printed
    for word in ("PUBLIC_URL", "CORS_ORIGINS có *", "mật khẩu", "sslmode=verify-full"):
        assert word in printed


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ("DATABASE_URL", "cần DATABASE_URL"),
        ("SIGNING_KEY_FILE", "cần SIGNING_KEY_FILE"),
        ("DATA_KEY_FILE", "cần DATA_KEY_FILE"),
    ],
)
def test_the_process_ends_where_something_is_missing(tmp_path: Path, missing: str, word: str) -> None:
    given = STRONG | _keys(tmp_path)
    del given[missing]
    with running(Server(tmp_path, settings=given)) as server:
        code, printed = server.refuses()
    assert code == 1 and word in printed and "Traceback" not in printed, printed


@pytest.fixture
async def dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """A database with the reference data, under a password that nobody guesses (it is asked for none here)."""
    async with own_database(server_dsn, f"tdkt_production_{uuid.uuid4().hex[:12]}", template) as made:
        yield made.replace("@127.0.0.1", f":{PASSWORD}@127.0.0.1")


async def test_the_process_serves_with_strong_settings_but_not_with_demonstration_accounts(
    tmp_path: Path, dsn: str
) -> None:
    given = STRONG | _keys(tmp_path)
    with running(Server(tmp_path, dsn, given)) as server:
        server.start()
        async with httpx.AsyncClient(base_url=server.address) as client:
            refused = await client.get("/v1/me")
            assert refused.json()["type"] == "https://api.example.vn/problems/unauthenticated"
    connection = await asyncpg.connect(**asyncpg_arguments(dsn))
    await connection.execute(
        "insert into user_account (id, username, display_name, password_hash, is_demonstration)"
        " values (gen_random_uuid(), 'dung.thu', 'Vũ Thị Dùng Thử', '-', true)"
    )
    await connection.close()
    with running(Server(tmp_path, dsn, given)) as server:
        code, printed = server.refuses()
    assert code == 1 and "tài khoản dùng thử" in printed and "Traceback" not in printed, printed


# ------------------------------------------------------------ TLS to the database


async def test_both_doors_to_the_database_ask_for_the_tls_of_the_address(server_dsn: str, tmp_path: Path) -> None:
    with_tls = f"{server_dsn}{'&' if '?' in server_dsn else '?'}sslmode=verify-full"
    assert asyncpg_arguments(f"{with_tls}&sslrootcert=/a b/ca.pem")["dsn"] == (
        "postgresql://?sslmode=verify-full&sslrootcert=%2Fa+b%2Fca.pem"
    )
    missing = f"{with_tls}&sslrootcert={tmp_path / 'khong-co.pem'}"
    with pytest.raises(OSError):
        await asyncpg.connect(**asyncpg_arguments(missing))
    engine = create_async_engine(sqlalchemy_url(missing))
    with pytest.raises(OSError):
        async with engine.connect():
            pass
    await engine.dispose()
