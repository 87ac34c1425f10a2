"""Sealed values: opened by who has the key, for what and whom they were sealed, and by nobody else. No database."""

import base64
import os
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sealing import SealBroken, Sealer
from app.secret_files import SecretFileError
from app.settings import Settings

KEYS = [os.urandom(32) for _ in range(3)]
SEALER = Sealer(KEYS[:1])
OWNER = uuid.UUID(int=1, version=4)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_opens_what_it_sealed_and_never_seals_alike(value: bytes) -> None:
    sealed = SEALER.seal(value, "purpose", OWNER)
    assert SEALER.open(sealed, "purpose", OWNER) == value
    assert sealed != SEALER.seal(value, "purpose", OWNER)
    assert len(value) < 8 or value not in sealed


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_change_is_found(value: bytes, data: st.DataObject) -> None:
    sealed = SEALER.seal(value, "purpose", OWNER)
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(1, 255))
    changed = sealed[:place] + bytes([sealed[place] ^ other]) + sealed[place + 1 :]
    with pytest.raises(SealBroken):
        SEALER.open(changed, "purpose", OWNER)
    with pytest.raises(SealBroken):
        SEALER.open(sealed[:place], "purpose", OWNER)


@pytest.mark.parametrize(("purpose", "owner"), [("another", OWNER), ("purpose", uuid.UUID(int=2, version=4))])
def test_a_value_in_another_place_does_not_open(purpose: str, owner: uuid.UUID) -> None:
    sealed = SEALER.seal(b"value", "purpose", OWNER)
    with pytest.raises(SealBroken):
        SEALER.open(sealed, purpose, owner)


def test_keys_change_without_losing_what_was_sealed() -> None:
    old = SEALER.seal(b"value", "purpose", OWNER)
    both = Sealer([KEYS[1], KEYS[0]])
    assert both.open(old, "purpose", OWNER) == b"value"
    new = both.seal(b"value", "purpose", OWNER)
    assert Sealer(KEYS[1:2]).open(new, "purpose", OWNER) == b"value"
    with pytest.raises(SealBroken):
        SEALER.open(new, "purpose", OWNER)


def _file(folder: Path, content: bytes, mode: int = 0o600) -> Settings:
    file = folder / "khóa dữ liệu.txt"
    file.write_bytes(content)
    file.chmod(mode)
    return Settings(data_key_file=file, environment="production")


def test_keys_come_from_a_file_one_a_line(tmp_path: Path) -> None:
    content = (
        b"# kh\xc3\xb3a m\xe1\xbb\x9bi\n" + base64.b64encode(KEYS[1]) + b"\n\n" + base64.b64encode(KEYS[0]) + b"\r\n"
    )
    sealer = Sealer.load(_file(tmp_path, content))
    assert sealer.open(SEALER.seal(b"value", "purpose", OWNER), "purpose", OWNER) == b"value"
    assert Sealer(KEYS[1:2]).open(sealer.seal(b"new", "purpose", OWNER), "purpose", OWNER) == b"new"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# only\n",
        b"secret\n",
        base64.b64encode(KEYS[0][:31]),
        base64.b64encode(KEYS[0]) + b"\nx\n",
        KEYS[0].hex().encode(),
    ],
)
def test_another_content_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SecretFileError, match="openssl rand -base64 32"):
        Sealer.load(_file(tmp_path, content))


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match="chmod 600"):
        Sealer.load(_file(tmp_path, base64.b64encode(KEYS[0]), 0o644))


def test_production_needs_one_and_development_makes_one(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match="DATA_KEY_FILE"):
        Sealer.load(Settings(environment="production", data_key_file=None, data_dir=tmp_path))
    assert not list(tmp_path.iterdir())
    configuration = Settings(data_key_file=None, data_dir=tmp_path / "mới")
    sealed = Sealer.load(configuration).seal(b"value", "purpose", OWNER)
    assert Sealer.load(configuration).open(sealed, "purpose", OWNER) == b"value"
    (file,) = configuration.data_dir.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
