"""The keys behind the access tokens: where they are kept, how they are named, how they are published."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import Field

from app.secret_files import SecretFileError, make_secret_once, read_secret, replace_secret
from app.settings import Settings
from app.shapes import Output

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

# written before a key by `app/key_rotation.py`
_SINCE = re.compile(rb"^# since (\S+)\s*$", re.MULTILINE)
_PEM_KEY = re.compile(rb"-----BEGIN ((?:EC )?PRIVATE|PUBLIC) KEY-----.*?-----END \1 KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key of the file. The first one signs; another private one is the next to sign, a public one only verifies.

    `since` (UTC): since when it is what it is; None where the file does not say.
    """

    key: PrivateKey | PublicKey
    since: datetime | None = None

    @property
    def public(self) -> PublicKey:
        """What verifies."""
        return self.key.public_key() if isinstance(self.key, PrivateKey) else self.key


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


def key_file(settings: Settings) -> Path:
    """SIGNING_KEY_FILE, in development else a file in DATA_DIR. Raises SecretFileError."""
    if settings.signing_key_file is not None:
        return settings.signing_key_file
    if settings.environment == "production":
        raise SecretFileError("ENVIRONMENT=production cần SIGNING_KEY_FILE: tệp PEM chứa khóa riêng P-256.")
    return settings.data_dir / "signing-key.pem"


def load_keys(settings: Settings) -> tuple[PrivateKey, list[PublicKey]]:
    """The key that signs and all keys that verify, its own first. Raises SecretFileError.

    In development the key is generated once.
    """
    file = key_file(settings)
    if settings.signing_key_file is None and not file.exists():
        make_secret_once(file, _pem(new_key()))
    kept = read_keys(file)
    active = kept[0].key
    assert isinstance(active, PrivateKey), "read_keys says so otherwise"
    return active, [one.public for one in kept]


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


def read_keys(file: Path) -> list[KeptKey]:
    """The keys of a file, the one that signs first. Raises SecretFileError."""
    content = read_secret(file)
    kept, end = [], 0
    for found in _PEM_KEY.finditer(content):
        since = _SINCE.search(content, end, found.start())
        kept.append(KeptKey(_read_key(file, found.group()), _moment(since.group(1)) if since else None))
        end = found.end()
    if not kept:
        raise SecretFileError(f"Tệp {file} không có khóa PEM nào không mã hóa (PRIVATE KEY hoặc EC PRIVATE KEY).")
    if not isinstance(kept[0].key, PrivateKey):
        raise SecretFileError(f"Khóa đầu tiên trong tệp {file} phải là khóa riêng (PRIVATE KEY).")
    return kept


def write_keys(file: Path, kept: Sequence[KeptKey]) -> None:
    """Replace the file as a whole, or not at all. Raises SecretFileError."""
    replace_secret(
        file,
        b"".join(
            (f"# since {one.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode() if one.since else b"") + _pem(one.key)
            for one in kept
        ),
    )


def new_key() -> PrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def _moment(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _read_key(file: Path, block: bytes) -> PrivateKey | PublicKey:
    try:
        key = (
            serialization.load_pem_public_key(block)
            if block.startswith(b"-----BEGIN PUBLIC")
            else serialization.load_pem_private_key(block, password=None)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SecretFileError(f"Tệp {file} có khóa PEM không đọc được hoặc có mật khẩu.") from error
    if not isinstance(key, PrivateKey | PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SecretFileError(f"Tệp {file} có khóa không thuộc đường cong P-256 (ES256).")
    return key


def _pem(key: PrivateKey | PublicKey) -> bytes:
    if isinstance(key, PrivateKey):
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
