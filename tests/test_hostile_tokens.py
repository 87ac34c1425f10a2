"""Forged tokens over HTTP, and the list of tokens that must fail: every entry of it is a test.

The forge is that of `tests/test_tokens.py`; the application here signs with its key, so that a forged token names a
real account with a real session, and would be served if it were believed.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI
from sqlalchemy import text

from app import clock
from app.db import Database
from app.main import create_app
from app.models.users import RoleGrant, UserAccount, UserSession
from app.settings import Settings
from app.vocabularies import Reach, Role
from tests.contract.check import ContractCheck
from tests.hostile import unchanged
from tests.make import WARD
from tests.nodes import missing
from tests.operations import OPERATIONS, Operation, Prepared, World, prepare
from tests.story import SCHOOL
from tests.test_tokens import AUDIENCE, FORGED, ISSUER, PRIVATE, SESSION, USER, good

_HERE = "tests/test_hostile_tokens.py::"
_FORGED = "tests/test_tokens.py::TestForgedTokens::test_is_refused"
# security reference §3.3, entry by entry: names of FORGED, or tests
MUST_FAIL: dict[str, list[str]] = {
    "alg none, None, NONE": [f"algorithm: alg {alg} unsigned" for alg in ("none", "None", "NONE", "nOnE")],
    "HS256 with the public key as PEM, DER, JWK, X.509": [
        f"algorithm: HS256 with {form} as secret" for form in ("PEM", "DER", "JWK", "X.509 PEM", "X.509 DER")
    ],
    "RS, PS and ES swapped": [
        "algorithm: RS256",
        "algorithm: PS256",
        "algorithm: ES384",
        "algorithm: RS256 called ES256",
    ],
    "kid of a path, of SQL, unknown": [
        "header: kid '../../../../etc/passwd'",
        'header: kid "\' OR 1=1 --"',
        "header: kid unknown",
    ],
    "jku, jwk": [f"header: header {name} signed by {who}" for name in ("jku", "jwk") for who in ("us", "a stranger")],
    "crit": ["header: header crit signed by us", "header: crit empty"],
    "two tokens nested": ["claims: a token in a token", "header: header cty signed by us"],
    "typ missing, refresh+jwt": ["header: typ absent", "header: typ 'refresh+jwt'"],
    "no exp, aud, iss, jti": [
        f"claims: no {name}" for name in ("exp", "aud", "iss", "jti", "iat", "nbf", "sub", "sid")
    ],
    "aud list without us": ["claims: audience list without us", "claims: audience list with us among others"],
    "exp past, nbf and iat in the future": ["claims: expired", "claims: not yet valid", "claims: issued in the future"],
    "a bit flipped in each part": ["tests/test_tokens.py::TestForgedTokens::test_every_single_changed_bit_is_refused"],
    "garbage or white space behind": ["shape: garbage behind", "shape: space behind", "shape: line feed behind"],
    "a claim twice": ["claims: claim twice", "claims: claim twice, other value", "claims: claim twice, escaped name"],
    "a token of 1 MB": ["shape: a megabyte", "shape: a megabyte of dots"],
    "digits of other alphabets": ["shape: fullwidth digits", "shape: Arabic digits"],
    "malleable signatures, consistently": [
        "tests/test_tokens.py::TestGoodTokens::test_both_signatures_of_a_pair_are_accepted"
    ],
    "of a disabled user, an old password, another environment": [
        f"{_HERE}test_a_good_token_ends_with_what_it_stands_for",
        "claims: another environment",
    ],
}
# white space around a field value, and more than one space behind the scheme, are no part of the token
# (RFC 9110 §5.5, §11.4): what arrives is the token itself
_NO_PART_OF_IT = {
    f"shape: {name} {where}" for name in ("space", "tab", "line feed") for where in ("behind", "in front")
}
SENT = {name: forge for name, forge in FORGED.items() if name not in _NO_PART_OF_IT}
SAMPLE = [o for o in OPERATIONS if o.id in ("readMe", "listNominations", "createCandidate", "updateDossier", "logout")]
of_the_sample = pytest.mark.parametrize("operation", SAMPLE, ids=lambda operation: operation.id)


def test_every_token_that_must_fail_is_tested() -> None:
    names = [name for names in MUST_FAIL.values() for name in names]
    assert missing([_FORGED, *(name for name in names if name.startswith("tests/"))]) == []
    assert [name for name in names if not name.startswith("tests/") and name not in FORGED] == []


@pytest.fixture(scope="module")
def forgeable(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application with the key of the forge."""
    file = tmp_path_factory.mktemp("key") / "signing-key.pem"
    file.touch(mode=0o600)
    file.write_bytes(
        PRIVATE.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    changes = {"signing_key_file": file, "token_issuer": ISSUER, "token_audience": AUDIENCE}
    return create_app(settings.model_copy(update=changes))


@pytest.fixture
async def server(
    forgeable: FastAPI, database: Database, world: World, contract_check: ContractCheck
) -> AsyncIterator[httpx.AsyncClient]:
    """It, with the account and the session that the forged tokens name, who may do all of the sample."""
    forgeable.state.database = database
    forgeable.state.changes.forget()
    db = world.make.db
    db.add(UserAccount(id=USER, username="bi.gia.danh", display_name="Hoàng Thị Bị Giả Danh", password_hash="-"))
    await db.flush()
    for role, key, reach in ((Role.SUBMITTER, SCHOOL, Reach.SELF), (Role.OFFICER, WARD, Reach.TERRITORY)):
        body = await world.authority(key)
        db.add(RoleGrant(user_id=USER, role=role, authority_id=body.id, reach=reach, valid_from=date(2020, 1, 1)))
    db.add(UserSession(id=SESSION, user_id=USER, expires_at=clock.now() + timedelta(hours=1)))
    await db.commit()
    transport = httpx.ASGITransport(forgeable, raise_app_exceptions=False)
    hooks: dict[str, list[Any]] = {"response": [contract_check]}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", event_hooks=hooks) as client:
        yield client


async def _send(server: httpx.AsyncClient, request: Prepared, token: str) -> httpx.Response:
    headers = {name.encode(): value.encode() for name, value in request.headers.items()}
    headers |= {
        b"Authorization": b"Bearer " + token.encode(errors="surrogatepass"),
        b"Idempotency-Key": b"gia-danh-000001",
    }
    return await server.request(
        request.operation.method, request.path, params=request.query, headers=headers, json=request.body
    )


def _is_refused(answer: httpx.Response, what: str) -> None:
    assert answer.status_code == 401, f"{what}: {answer.status_code} {answer.text[:200]}"
    assert answer.headers["WWW-Authenticate"] == "Bearer", what
    assert answer.json()["code"] == "unauthenticated", what


@of_the_sample
async def test_no_forged_token_is_served(world: World, server: httpx.AsyncClient, operation: Operation) -> None:
    request = await prepare(world, operation)
    async with unchanged("token", world.make.connection, len(SENT)):
        for name, forge in SENT.items():
            _is_refused(await _send(server, request, forge()), name)
    assert (await _send(server, request, good())).is_success, "what was forged would have been served"


ENDED = {
    "a disabled user": "update user_account set disabled_at = now() where id = :user",
    "a session that was ended": "update user_session set ended_at = now(), end_reason = 'logged_out' where id = :session",
    "an old password": "update user_session set ended_at = now(), end_reason = 'password_reset' where id = :session",
    "a session that is over": "update user_session set expires_at = now() - interval '1 second' where id = :session",
    "a user that is another's": "update user_session set user_id = (select id from user_account where id <> :user limit 1) "
    "where id = :session",
}


@pytest.mark.parametrize("statement", ENDED.values(), ids=ENDED.keys())
@of_the_sample
async def test_a_good_token_ends_with_what_it_stands_for(
    world: World, forgeable: FastAPI, server: httpx.AsyncClient, operation: Operation, statement: str
) -> None:
    request, token = await prepare(world, operation), good()
    parameters = {"user": USER, "session": SESSION}
    used = {name: value for name, value in parameters.items() if f":{name}" in statement}
    await world.make.connection.execute(text(statement), used)
    forgeable.state.changes.forget()
    async with unchanged("token", world.make.connection):
        _is_refused(await _send(server, request, token), statement)
