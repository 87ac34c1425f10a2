"""Access tokens: only what we signed, exactly as we write it, is accepted. No database."""

import ast
import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from app.signing_keys import public_jwk
from app.tokens import LEEWAY_SECONDS, LIFE_SECONDS, KeyRing, TokenRefused
from tests import hostile

ISSUER, AUDIENCE = "https://tdkt.example", "tdkt-api"
USER, SESSION = uuid.UUID(int=1, version=4), uuid.UUID(int=2, version=4)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
PRIVATE = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = PRIVATE.public_key()
KID = public_jwk(PUBLIC).kid
KEYS = KeyRing(PRIVATE, [PUBLIC], issuer=ISSUER, audience=AUDIENCE)
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KID}
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class _Absent:
    """In the place of a member that is not there."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()

Sign = Callable[[bytes], bytes]


def b64(data: bytes | str) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def es256(message: bytes, key: ec.EllipticCurvePrivateKey = PRIVATE) -> bytes:
    """r and s, 32 bytes each (RFC 7518 §3.4)."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def by_stranger(message: bytes) -> bytes:
    """A good signature of a key that is not ours."""
    return es256(message, STRANGER)


def hs256(secret: bytes, digest: str = "sha256") -> Sign:
    """A symmetric signature."""
    return lambda message: hmac.digest(secret, message, digest)


def changed(original: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With `changes`; ABSENT takes a member away."""
    return {name: value for name, value in (original | changes).items() if value is not ABSENT}


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims with `changes`."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(USER),
        "sid": str(SESSION),
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + LIFE_SECONDS,
    }
    return changed(good, changes)


def raw(header: bytes | str, payload: bytes | str, sign: Sign = es256) -> str:
    """A token of these very bytes, really signed."""
    message = f"{b64(header)}.{b64(payload)}"
    return f"{message}.{b64(sign(message.encode()))}"


def with_header(sign: Sign = es256, **changes: Any) -> str:
    """A good token but for its header."""
    return raw(json.dumps(changed(HEADER, changes)), json.dumps(claims()), sign)


def with_claims(**changes: Any) -> str:
    """A good token but for its claims, signed by us."""
    return raw(json.dumps(HEADER), json.dumps(claims(**changes)))


def with_payload(payload: bytes | str) -> str:
    """Any payload, signed by us."""
    return raw(json.dumps(HEADER), payload)


def with_extra(text: str) -> str:
    """Good claims whose JSON is continued by `text`, signed by us."""
    return with_payload(json.dumps(claims())[:-1] + text)


def with_raw_header(header: bytes | str) -> str:
    """Good claims under any header, signed by us."""
    return raw(header, json.dumps(claims()))


def with_changed(name: str, change: Callable[[Any], Any]) -> str:
    """Good claims, one of them changed, signed by us."""
    return with_claims(**{name: change(claims()[name])})


def with_text(text: str, put: Callable[[str, str], str]) -> str:
    """A good token with `text` put somewhere."""
    return put(good(), text)


def good() -> str:
    """A token as the server issues it."""
    return KEYS.sign(USER, SESSION)[0]


def refused(token: str) -> None:
    """It must be TokenRefused, no other exception."""
    with hostile.refused("token"), pytest.raises(TokenRefused):
        KEYS.verify(token)


def certificate() -> x509.Certificate:
    """Of our public key, as an attacker could make one."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tdkt")])
    builder = x509.CertificateBuilder(name, name, PUBLIC, 1, datetime.now(UTC), datetime.now(UTC) + timedelta(days=1))
    return builder.sign(STRANGER, hashes.SHA256())


class TestGoodTokens:
    """What the server issues is accepted, by us and by others."""

    def test_says_who_and_which_session(self) -> None:
        token, life = KEYS.sign(USER, SESSION)
        verified = KEYS.verify(token)
        assert (verified.user_id, verified.session_id, life) == (USER, SESSION, LIFE_SECONDS)
        assert 0 < verified.expires_at - time.time() <= LIFE_SECONDS == 15 * 60

    def test_has_exactly_the_header_and_claims_of_the_profile(self) -> None:
        header, payload, _ = (base64.urlsafe_b64decode(part + "==") for part in good().split("."))
        assert json.loads(header) == HEADER
        assert json.loads(payload).keys() == claims().keys()

    def test_the_forge_of_these_tests_makes_good_tokens_too(self) -> None:
        assert KEYS.verify(with_claims()).user_id == USER
        assert KEYS.verify(with_header()).session_id == SESSION

    def test_two_tokens_of_one_second_differ(self) -> None:
        assert good() != good()

    def test_both_signatures_of_a_pair_are_accepted(self) -> None:
        message, _, signature = good().rpartition(".")
        r, s = (base64.urlsafe_b64decode(signature + "==")[part] for part in (slice(32), slice(32, 64)))
        twin = r + (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
        assert KEYS.verify(f"{message}.{b64(twin)}") == KEYS.verify(f"{message}.{signature}")

    def test_the_clock_of_another_node_may_be_a_little_ahead(self) -> None:
        ahead = int(time.time()) + LEEWAY_SECONDS - 1
        assert KEYS.verify(with_claims(iat=ahead, nbf=ahead, exp=ahead + LIFE_SECONDS)).user_id == USER

    def test_verifies_with_the_published_key_alone(self) -> None:
        header, payload, signature = good().split(".")
        kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
        published = next(key for key in KEYS.jwks()["keys"] if key["kid"] == kid)
        x, y = (int.from_bytes(base64.urlsafe_b64decode(published[name] + "="), "big") for name in "xy")
        r, s = (base64.urlsafe_b64decode(signature + "==")[part] for part in (slice(32), slice(32, 64)))
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
        assert published.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}

    def test_the_name_of_a_key_is_its_thumbprint(self) -> None:
        key = public_jwk(PUBLIC)
        text = f'{{"crv":"P-256","kty":"EC","x":"{key.x}","y":"{key.y}"}}'
        assert key.kid == b64(hashlib.sha256(text.encode()).digest())


class TestRotation:
    """Several keys verify, the first one signs."""

    def test_an_old_token_stays_good_while_its_key_is_kept(self) -> None:
        rotated = KeyRing(STRANGER, [STRANGER.public_key(), PUBLIC], issuer=ISSUER, audience=AUDIENCE)
        assert rotated.verify(good()).user_id == USER
        assert rotated.verify(rotated.sign(USER, SESSION)[0]).user_id == USER
        assert [key["kid"] for key in rotated.jwks()["keys"]] == [public_jwk(STRANGER.public_key()).kid, KID]

    def test_a_dropped_key_is_refused(self) -> None:
        with pytest.raises(TokenRefused):
            KeyRing(STRANGER, [STRANGER.public_key()], issuer=ISSUER, audience=AUDIENCE).verify(good())


FORGED_ALGORITHM: dict[str, Callable[[], str]] = {
    **{
        f"alg {alg} {what}": partial(with_header, sign, alg=alg)
        for alg in ("none", "None", "NONE", "nOnE", "", None, ["ES256"], True, "es256", "ES256 ", "ＥＳ256")
        for what, sign in (("unsigned", lambda _: b""), ("signed", es256))
    },
    "no alg": lambda: with_header(alg=ABSENT),
    **{
        f"{alg} with {form} as secret": partial(with_header, hs256(secret, digest), alg=alg)
        for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512"), ("ES256", "sha256"))
        for form, secret in {
            "PEM": PEM,
            "PEM without end of line": PEM.strip(),
            "DER": PUBLIC.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
            "JWK": json.dumps(KEYS.jwks()["keys"][0]).encode(),
            "JWKS": json.dumps(KEYS.jwks()).encode(),
            "point": PUBLIC.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint),
            "X.509 PEM": certificate().public_bytes(serialization.Encoding.PEM),
            "X.509 DER": certificate().public_bytes(serialization.Encoding.DER),
            "kid": KID.encode(),
            "nothing": b"",
        }.items()
    },
    "RS256": lambda: with_header(lambda m: RSA_KEY.sign(m, padding.PKCS1v15(), hashes.SHA256()), alg="RS256"),
    "PS256": lambda: with_header(
        lambda m: RSA_KEY.sign(m, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()), alg="PS256"
    ),
    "RS256 called ES256": lambda: with_header(lambda m: RSA_KEY.sign(m, padding.PKCS1v15(), hashes.SHA256())),
    "ES384": lambda: with_header(alg="ES384"),
    "ES256K": lambda: with_header(alg="ES256K"),
    "EdDSA": lambda: with_header(ed25519.Ed25519PrivateKey.generate().sign, alg="EdDSA"),
}
FORGED_HEADER: dict[str, Callable[[], str]] = {
    "a key that is not ours": lambda: with_header(by_stranger),
    "kid unknown": lambda: with_header(by_stranger, kid=public_jwk(STRANGER.public_key()).kid),
    **{
        f"kid {kid!r}": partial(with_header, kid=kid)
        for kid in (
            ABSENT,
            None,
            "",
            0,
            True,
            [KID],
            {"kid": KID},
            KID.lower(),
            KID + " ",
            KID + "\x00",
            KID[:-1],
            "../../../../etc/passwd",
            "' OR 1=1 --",
            "__class__",
        )
    },
    **{
        f"header {name} signed by {who}": partial(with_header, sign, **{name: value})
        for who, sign in (("us", es256), ("a stranger", by_stranger))
        for name, value in {
            "jwk": public_jwk(STRANGER.public_key()).model_dump(),
            "jku": "https://attacker.example/jwks.json",
            "x5u": "https://attacker.example/key.pem",
            "x5c": [base64.b64encode(certificate().public_bytes(serialization.Encoding.DER)).decode()],
            "crit": ["exp"],
            "b64": False,
            "cty": "JWT",
            "zip": "DEF",
            "enc": "A256GCM",
        }.items()
    },
    "crit empty": lambda: with_header(crit=[]),
    **{
        f"typ {typ!r}": partial(with_header, typ=typ)
        for typ in (ABSENT, None, "", "JWT", "refresh+jwt", "id+jwt", "AT+JWT", "application/at+jwt", ["at+jwt"])
    },
    "alg twice": partial(with_raw_header, f'{{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"{KID}"}}'),
    "kid twice": partial(with_raw_header, f'{{"kid":"x","alg":"ES256","typ":"at+jwt","kid":"{KID}"}}'),
    **{
        f"header {header[:20]!r}": partial(with_raw_header, header)
        for header in (
            b"[]",
            b"null",
            b"1",
            b'"ES256"',
            b"{",
            b"{}",
            b"\xff\xfe",
            b"[" * 2500,
            b'{"alg":' * 400,
            json.dumps(HEADER).encode("utf-16"),
            b"\xef\xbb\xbf" + json.dumps(HEADER).encode(),
            json.dumps(HEADER).encode() + b"{}",
            json.dumps([HEADER]).encode(),
        )
    },
}
NOT_SECONDS: dict[str, Callable[[Any], Any]] = {
    "as text": str,
    "as fraction": float,
    "huge": lambda _: 10**400,
    "in milliseconds": lambda seconds: seconds * 1000,
}
FORGED_CLAIMS: dict[str, Callable[[], str]] = {
    **{f"no {name}": partial(with_claims, **{name: ABSENT}) for name in claims()},
    **{f"{name} null": partial(with_claims, **{name: None}) for name in claims()},
    **{f"{name} a list": partial(with_changed, name, lambda value: [value]) for name in claims()},
    **{f"{name} an object": partial(with_claims, **{name: {}}) for name in claims()},
    "another environment": lambda: with_claims(iss="https://tdkt-test.example"),
    "issuer list": lambda: with_claims(iss=[ISSUER, "https://attacker.example"]),
    "audience of another": lambda: with_claims(aud="other-api"),
    "audience list without us": lambda: with_claims(aud=["other-api", "third-api"]),
    "audience list with us among others": lambda: with_claims(aud=["other-api", AUDIENCE]),
    "audience empty": lambda: with_claims(aud=""),
    "expired": lambda: with_claims(iat=int(time.time()) - 800, nbf=int(time.time()) - 800, exp=int(time.time()) - 1),
    "expires now": lambda: with_claims(iat=int(time.time()) - 800, exp=int(time.time())),
    "expired long ago": lambda: with_claims(iat=0, nbf=0, exp=900),
    "issued in the future": lambda: with_claims(iat=int(time.time()) + 60, exp=int(time.time()) + 600),
    "not yet valid": lambda: with_claims(nbf=int(time.time()) + 60),
    "life of 15 minutes and a second": lambda: with_claims(exp=int(time.time()) + LIFE_SECONDS + 1),
    "life of a year": lambda: with_claims(exp=int(time.time()) + 365 * 86400),
    "expires before it is issued": lambda: with_claims(iat=int(time.time()) + 2, exp=int(time.time()) + 1),
    **{
        f"{name} {kind}": partial(with_changed, name, change)
        for name in ("exp", "iat", "nbf")
        for kind, change in NOT_SECONDS.items()
    },
    "nbf true": lambda: with_claims(nbf=True),
    **{
        f"{name} {value!r}": partial(with_claims, **{name: value})
        for name in ("sub", "sid", "jti")
        for value in (
            "",
            "admin",
            1,
            str(USER).upper().replace("0", "A"),
            USER.hex,
            USER.urn,
            f"{{{USER}}}",
            f" {USER}",
            f"{USER}\n",
            str(USER).replace("0", "０"),
            "../" + str(USER),
        )
    },
    "unknown claim": lambda: with_claims(role="system_admin"),
    "at_hash": lambda: with_claims(at_hash="AAAA"),
    "claim twice": lambda: with_extra(f',"sub":"{USER}"}}'),
    "claim twice, other value": lambda: with_extra(f',"sub":"{SESSION}"}}'),
    "claim twice, escaped name": lambda: with_extra(f',"\\u0073ub":"{SESSION}"}}'),
    "exp NaN": lambda: with_payload(json.dumps(claims(exp=float("nan")))),
    "exp Infinity": lambda: with_payload(json.dumps(claims(exp=float("inf")))),
    "exp too long a number": lambda: with_payload(json.dumps(claims()).replace('"exp": 1', '"exp": ' + "1" * 2000)),
    "a token in a token": lambda: with_payload(good()),
    "a token in a token, as JSON": lambda: with_payload(json.dumps(good())),
    "a token as claim": lambda: with_claims(sub=good()),
    **{
        f"payload {payload[:20]!r}": partial(with_payload, payload)
        for payload in (b"", b"[]", b"null", b"{}", b"\xff", b"[" * 2500, json.dumps([claims()]).encode())
    },
    "two objects": lambda: with_extra("}{}"),
    "comment": lambda: with_extra("}//"),
}


def reshaped(change: Callable[[str, str, str], str]) -> Callable[[], str]:
    """A good token whose three parts are put together otherwise."""

    def forge() -> str:
        header, payload, signature = good().split(".")
        return change(header, payload, signature)

    return forge


def with_signature(change: Callable[[bytes], bytes]) -> Callable[[], str]:
    """A good token whose signature is made otherwise."""
    return lambda: raw(json.dumps(HEADER), json.dumps(claims()), lambda message: change(es256(message)))


FORGED_SHAPE: dict[str, Callable[[], str]] = {
    "a megabyte": lambda: with_claims(note="x" * 1_000_000),
    "a megabyte of dots": lambda: "." * 1_000_000,
    "more than 4096 characters, else good": lambda: with_payload(json.dumps(claims()) + " " * 4096),
    "two parts": reshaped(lambda h, p, s: f"{h}.{p}"),
    "no signature": reshaped(lambda h, p, s: f"{h}.{p}."),
    "four parts": reshaped(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five parts, as JWE": reshaped(lambda h, p, s: f"{h}.{s}.{s}.{p}.{s}"),
    "parts swapped": reshaped(lambda h, p, s: f"{p}.{h}.{s}"),
    "signature of another token": reshaped(lambda h, p, s: f"{h}.{p}.{good().split('.')[2]}"),
    "claims of another token": reshaped(lambda h, p, s: f"{h}.{with_claims().split('.')[1]}.{s}"),
    "JSON serialisation": reshaped(lambda h, p, s: json.dumps({"protected": h, "payload": p, "signature": s})),
    "Bearer in front": lambda: "Bearer " + good(),
    "quoted": lambda: f'"{good()}"',
    **{
        f"{name} {where}": partial(with_text, text, put)
        for name, text in {
            "space": " ",
            "line feed": "\n",
            "tab": "\t",
            "NUL": "\0",
            "padding": "=",
            "no-break space": "\xa0",
            "zero width space": "\u200b",
            "surrogate": "\ud800",
            "garbage": "AAAA",
            "plus": "+",
        }.items()
        for where, put in {
            "behind": lambda token, text: token + text,
            "in front": lambda token, text: text + token,
            "behind the header": lambda token, text: token.replace(".", text + ".", 1),
            "inside the claims": lambda token, text: token[:200] + text + token[200:],
        }.items()
    },
    "fullwidth digits": lambda: good().translate({0x30 + n: 0xFF10 + n for n in range(10)}),
    "Arabic digits": lambda: good().translate({0x30 + n: 0x0660 + n for n in range(10)}),
    "fullwidth letters": lambda: good().translate({0x41 + n: 0xFF21 + n for n in range(26)}),
    # the last letter holds four bits of nothing: A, Q, g and w could be followed by others of the same bytes
    "base64 with unused bits": reshaped(lambda h, p, s: f"{h}.{p}.{s[:-1]}{chr(ord(s[-1]) + 1)}"),
    "signature of zeros": with_signature(lambda _: bytes(64)),
    "r zero": with_signature(lambda rs: bytes(32) + rs[32:]),
    "s zero": with_signature(lambda rs: rs[:32] + bytes(32)),
    "r the order": with_signature(lambda rs: ORDER.to_bytes(32, "big") + rs[32:]),
    "s above the order": with_signature(lambda rs: rs[:32] + b"\xff" * 32),
    "r and s swapped": with_signature(lambda rs: rs[32:] + rs[:32]),
    "signature in DER": with_signature(
        lambda rs: encode_dss_signature(int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big"))
    ),
    "signature a byte longer": with_signature(lambda rs: rs + b"\0"),
    "signature a byte shorter": with_signature(lambda rs: rs[:63]),
    "r padded": with_signature(lambda rs: b"\0" + rs[:32] + b"\0" + rs[32:]),
}
FORGED = {
    f"{group}: {name}": forge
    for group, cases in {
        "algorithm": FORGED_ALGORITHM,
        "header": FORGED_HEADER,
        "claims": FORGED_CLAIMS,
        "shape": FORGED_SHAPE,
    }.items()
    for name, forge in cases.items()
}


class TestForgedTokens:
    """Nothing else is accepted, and no forgery raises anything but TokenRefused."""

    @pytest.mark.parametrize("forge", FORGED.values(), ids=[name.encode("unicode_escape").decode() for name in FORGED])
    def test_is_refused(self, forge: Callable[[], str]) -> None:
        refused(forge())

    def test_every_single_changed_bit_is_refused(self) -> None:
        parts = good().split(".")
        for index, part in enumerate(parts):
            data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            for bit in range(len(data) * 8):
                flipped = bytearray(data)
                flipped[bit // 8] ^= 1 << bit % 8
                refused(".".join([*parts[:index], b64(bytes(flipped)), *parts[index + 1 :]]))

    def test_every_single_changed_character_is_refused(self) -> None:
        token = good()
        for index, character in enumerate(token):
            refused(token[:index] + ("A" if character != "A" else "B") + token[index + 1 :])
            refused(token[:index] + token[index + 1 :])

    @settings(deadline=None)  # a busy machine is no failure
    @given(st.text())
    def test_any_text_is_refused(self, text: str) -> None:
        refused(text)

    @settings(deadline=None)
    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
    def test_any_claim_of_any_type_is_refused(self, value: Any) -> None:
        for name in ("iss", "aud", "sub", "sid", "jti", "extra"):
            refused(with_claims(**{name: value}))

    @settings(deadline=None)
    @given(st.dictionaries(st.sampled_from([*HEADER, "crit", "jwk"]), st.none() | st.text() | st.integers()))
    def test_any_other_header_is_refused(self, header: dict[str, Any]) -> None:
        refused(raw(json.dumps(header), json.dumps(claims())))

    def test_nobody_else_uses_the_signing_library(self) -> None:
        folder = Path(__file__).parent.parent / "app"
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                imported = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                assert file == folder / "tokens.py" or not any(name.split(".")[0] == "jose" for name in imported), file
