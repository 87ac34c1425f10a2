"""The keys behind the access tokens: where they are kept, how they are named, how they are published."""

import base64
import hashlib
import json
import os
import re
import stat
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field

from app.settings import Settings
from app.shapes import Output

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

_PEM_KEY = re.compile(rb"-----BEGIN ((?:EC )?PRIVATE|PUBLIC) KEY-----.*?-----END \1 KEY-----", re.DOTALL)


class SigningKeyError(RuntimeError):
    """The server cannot start with this signing key; the text says what to do."""


class PublicKeyOut(Output):
    """A public key by which anyone can verify our access tokens (RFC 7517, RFC 7518 §6.2)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Annotated[str, Field(min_length=43, max_length=43)]
    y: Annotated[str, Field(min_length=43, max_length=43)]
    kid: Annotated[str, Field(min_length=43, max_length=43, description="Dấu vân tay của khóa (RFC 7638, SHA-256).")]
    alg: Literal["ES256"]
    use: Literal["sig"]


class KeySet(Output):
    """The public keys, the one that signs first (RFC 7517 §5)."""

    keys: Annotated[list[PublicKeyOut], Field(max_length=10)]


def load_keys(settings: Settings) -> tuple[PrivateKey, list[PublicKey]]:
    """The key that signs and all keys that verify, its own first.

    From SIGNING_KEY_FILE, in development else from a key generated once in DATA_DIR. Raises SigningKeyError.
    """
    file = settings.signing_key_file
    if file is None:
        if settings.environment == "production":
            raise SigningKeyError("ENVIRONMENT=production cần SIGNING_KEY_FILE: tệp PEM chứa khóa riêng P-256.")
        file = settings.data_dir / "signing-key.pem"
        _generate_once(file)
    keys = _read_keys(file)
    active = keys[0]
    if not isinstance(active, PrivateKey):
        raise SigningKeyError(f"Khóa đầu tiên trong tệp {file} phải là khóa riêng (PRIVATE KEY).")
    return active, [key.public_key() if isinstance(key, PrivateKey) else key for key in keys]


def base64url(data: bytes) -> str:
    """RFC 7515 §2: without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_jwk(key: PublicKey) -> PublicKeyOut:
    """The key as it is published; its name is its thumbprint (RFC 7638)."""
    point = key.public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    canonical = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    kid = base64url(hashlib.sha256(canonical.encode()).digest())
    return PublicKeyOut(kty="EC", crv="P-256", x=x, y=y, kid=kid, alg="ES256", use="sig")


def _read_keys(file: Path) -> list[PrivateKey | PublicKey]:
    try:
        with file.open("rb") as stream:
            # of the open file: nobody can put another one in between
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            blocks = [found.group() for found in _PEM_KEY.finditer(stream.read())]
    except OSError as error:
        raise SigningKeyError(f"Không đọc được tệp khóa ký {file}: {error.strerror}.") from error
    if mode & 0o077:
        raise SigningKeyError(f"Tệp khóa ký {file} cho người khác đọc (quyền {mode:04o}). Hãy chạy: chmod 600 '{file}'")
    if not blocks:
        raise SigningKeyError(f"Tệp {file} không có khóa PEM nào không mã hóa (PRIVATE KEY hoặc EC PRIVATE KEY).")
    return [_read_key(file, block) for block in blocks]


def _read_key(file: Path, block: bytes) -> PrivateKey | PublicKey:
    try:
        key = (
            serialization.load_pem_public_key(block)
            if block.startswith(b"-----BEGIN PUBLIC")
            else serialization.load_pem_private_key(block, password=None)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyError(f"Tệp {file} có khóa PEM không đọc được hoặc có mật khẩu.") from error
    if not isinstance(key, PrivateKey | PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SigningKeyError(f"Tệp {file} có khóa không thuộc đường cong P-256 (ES256).")
    return key


def _generate_once(file: Path) -> None:
    """Several workers may start at once: `link` never replaces, so all of them end with the key of the first."""
    if file.exists():
        return
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    except OSError as error:
        raise SigningKeyError(f"Không tạo được tệp khóa ký {file}: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            draft.unlink()
