"""Access tokens: ES256 JWTs of the profile RFC 9068, and the only file that knows the signing library.

python-jose 3.5 alone accepts tokens without `exp` or `aud`, ignores `typ` and `crit`, and takes the DER
form of a public key for an HMAC secret. So the library is left nothing to decide: the key is an object out
of our own table, the algorithm is fixed, and header and claims must be exactly those that we write.
"""

import base64
import json
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jose import jwk, jwt
from jose.exceptions import JWTError

from app.ids import new_id
from app.settings import Settings
from app.signing_keys import KeySet, PrivateKey, PublicKey, base64url, key_file, load_keys, public_jwk

ALGORITHM = "ES256"
TYPE = "at+jwt"
LIFE_SECONDS = 900
LEEWAY_SECONDS = 5  # for `iat` and `nbf` only: the clock of another node may be ahead, ours expires nothing late
_MOST_CHARACTERS = 4096
_CLAIMS = frozenset({"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"})
_OPTIONS = {"leeway": LEEWAY_SECONDS} | {
    f"require_{claim}": True for claim in ("iss", "aud", "sub", "jti", "iat", "nbf", "exp")
}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class TokenRefused(Exception):
    """The token is not ours, not valid, or not valid any more."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says. `expires_at` is a Unix time in seconds."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    expires_at: float


class KeyRing:
    """Our keys: the first one signs, all of them verify. `app/key_rotation.py` changes them."""

    def __init__(self, active: PrivateKey, verifying: Sequence[PublicKey], *, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._settings: Settings | None = None
        self._read_from: tuple[int, ...] | None = None
        self._take(active, verifying)

    @classmethod
    def load(cls, settings: Settings) -> "KeyRing":
        """From SIGNING_KEY_FILE, or a generated key in DATA_DIR; SecretFileError where that cannot be."""
        stamp = _stamp(settings)
        found = cls(*load_keys(settings), issuer=settings.token_issuer, audience=settings.token_audience)
        found._settings, found._read_from = settings, stamp
        return found

    def reload(self) -> bool:
        """Whether the file was changed and read anew. SecretFileError where it cannot be; then the keys stay."""
        if self._settings is None or (stamp := _stamp(self._settings)) == self._read_from:
            return False
        # what cannot be read is said once, not every other second
        self._read_from = stamp
        self._take(*load_keys(self._settings))
        return True

    def _take(self, active: PrivateKey, verifying: Sequence[PublicKey]) -> None:
        self._set = KeySet(keys=[public_jwk(key) for key in verifying])
        self._verifying = {
            entry.kid: jwk.construct(key, ALGORITHM) for entry, key in zip(self._set.keys, verifying, strict=True)
        }
        self._signing = jwk.construct(active, ALGORITHM)
        self._header = {"typ": TYPE, "kid": public_jwk(active.public_key()).kid}

    def sign(self, user_id: uuid.UUID, session_id: uuid.UUID) -> tuple[str, int]:
        """An access token and its life in seconds."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_SECONDS,
        }
        token: str = jwt.encode(claims, self._signing, algorithm=ALGORITHM, headers=self._header)
        return token, LIFE_SECONDS

    def verify(self, token: str) -> Claims:
        """The claims, or TokenRefused.

        What the token says is checked first, so that the library only ever sees a token that we could have
        written; nothing of it is believed before its signature. Of the two signatures (r, s) and (r, n-s) that
        everybody can make of one, both are accepted (RFC 7518 §3.4 names no preference): no token is used once.
        """
        if len(token) > _MOST_CHARACTERS or token.count(".") != 2:
            raise TokenRefused
        header, payload, _ = (_decoded(part) for part in token.split("."))
        key = self._key_of(_strict_object(header))
        claims = self._checked(_strict_object(payload))
        try:
            jwt.decode(token, key, [ALGORITHM], dict(_OPTIONS), audience=self._audience, issuer=self._issuer)
        except JWTError:
            raise TokenRefused from None
        return claims

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        return self._set.model_dump()

    def _key_of(self, header: dict[str, Any]) -> Any:
        """The header chooses one of our keys by name, and nothing else: no `crit`, `jku`, `jwk`, `x5c`, `cty` …"""
        kid = header.get("kid")
        if header != {"alg": ALGORITHM, "typ": TYPE, "kid": kid} or not isinstance(kid, str):
            raise TokenRefused
        if kid not in self._verifying:
            raise TokenRefused
        return self._verifying[kid]

    def _checked(self, claims: dict[str, Any]) -> Claims:
        if claims.keys() != _CLAIMS or claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise TokenRefused
        issued, not_before, expires = (_seconds(claims[name]) for name in ("iat", "nbf", "exp"))
        now = time.time()
        if not 0 < expires - issued <= LIFE_SECONDS or max(issued, not_before) > now + LEEWAY_SECONDS or expires <= now:
            raise TokenRefused
        _uuid(claims["jti"])
        return Claims(_uuid(claims["sub"]), _uuid(claims["sid"]), expires)


def _stamp(settings: Settings) -> tuple[int, ...]:
    """What differs where the file was replaced; empty where there is none."""
    try:
        found = key_file(settings).stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _decoded(part: str) -> bytes:
    """Base64url without padding, in its one canonical form (RFC 7515 §2, RFC 4648 §3.5)."""
    if not _BASE64URL.fullmatch(part) or len(part) % 4 == 1:
        raise TokenRefused
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64url(data) != part:
        raise TokenRefused
    return data


def _strict_object(data: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8, without duplicate members (RFC 7519 §4)."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise TokenRefused from None
    if not isinstance(value, dict):
        raise TokenRefused
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenRefused
    return members


def _seconds(value: object) -> int:
    if type(value) is not int:  # isinstance would let True pass
        raise TokenRefused
    return value


def _uuid(value: object) -> uuid.UUID:
    try:
        found = uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or str(found) != value:
        raise TokenRefused
    return found
