"""Secrets that stand in the database, sealed with keys that do not: AES-256-GCM (NIST SP 800-38D).

A sealed value is one byte of version, four of the key's name, a random nonce of 12, then the ciphertext with its tag.
What it is for and whose it is are authenticated with it: a value that was put into another row or column does not open.
"""

import base64
import binascii
import hashlib
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.secret_files import SecretFileError, make_secret_once, read_secret
from app.settings import Settings

_VERSION = b"\x01"
_KEY_BYTES, _NAME_BYTES, _NONCE_BYTES = 32, 4, 12


class SealBroken(Exception):
    """The value was changed, moved, or sealed with a key that we do not have."""


class Sealer:
    """The keys: the first one seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._first = _name(keys[0])
        self._keys = {_name(key): AESGCM(key) for key in keys}

    @classmethod
    def load(cls, settings: Settings) -> "Sealer":
        """From DATA_KEY_FILE, in development else a key generated once in DATA_DIR. Raises SecretFileError."""
        file = settings.data_key_file
        if file is None:
            if settings.environment == "production":
                raise SecretFileError(
                    "ENVIRONMENT=production cần DATA_KEY_FILE: tệp khóa niêm phong dữ liệu. "
                    "Tạo bằng: (umask 077; openssl rand -base64 32 > data-key.txt)"
                )
            file = settings.data_dir / "data-key.txt"
            make_secret_once(file, base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
        return cls(_parse(file, read_secret(file)))

    def seal(self, value: bytes, purpose: str, owner: uuid.UUID) -> bytes:
        """What is stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + self._first + nonce + self._keys[self._first].encrypt(nonce, value, _bound_to(purpose, owner))

    def open(self, sealed: bytes, purpose: str, owner: uuid.UUID) -> bytes:
        """What was sealed for this purpose and owner. Raises SealBroken."""
        name, rest = sealed[1 : 1 + _NAME_BYTES], sealed[1 + _NAME_BYTES :]
        if sealed[:1] != _VERSION or name not in self._keys:
            raise SealBroken
        try:
            return self._keys[name].decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _bound_to(purpose, owner))
        except (InvalidTag, ValueError):
            raise SealBroken from None


def _bound_to(purpose: str, owner: uuid.UUID) -> bytes:
    return f"{purpose}:{owner}".encode()


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"tdkt data key " + key).digest()[:_NAME_BYTES]


def _parse(file: Path, content: bytes) -> list[bytes]:
    lines = [line.strip() for line in content.splitlines()]
    try:
        keys = [base64.b64decode(line, validate=True) for line in lines if line and not line.startswith(b"#")]
    except binascii.Error:
        keys = []
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise SecretFileError(f"Tệp {file} phải có mỗi dòng một khóa 32 byte dạng base64 (openssl rand -base64 32).")
    return keys
