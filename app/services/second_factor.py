"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import base64
import hashlib
import hmac
import logging
import secrets
import time
import uuid
from enum import Enum

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from app.access import Actor
from app.db import Reads, Transaction
from app.models.users import CodeIn, RecoveryCodes, SecondFactorSecret, SecondFactorStatus
from app.problems import Problem, field_problem
from app.records import record_in
from app.sealing import SealBroken, Sealer

logger = logging.getLogger("tdkt")

STEP_SECONDS = 30
_PURPOSE = "second factor"
_ISSUER = "TĐKT"
# what the apps agree on; SHA-1 is as good as any in an HMAC
_DIGITS, _SECRET_BYTES = 6, 20
_RECOVERY_CODES, _RECOVERY_BYTES = 10, 10
_FIND = "select secret, activated_at, last_step from second_factor where user_id = $1 for update"
_BEGIN = """
insert into second_factor as kept (user_id, secret) values ($1, $2)
on conflict (user_id) do update set secret = excluded.secret, created_at = now(), last_step = null
where kept.activated_at is null
returning user_id
"""
_STATUS = """
select f.activated_at,
       (select count(*) from recovery_code c where c.user_id = $1 and c.used_at is null) as codes_left
from (select) as always left join second_factor f on f.user_id = $1 and f.activated_at is not null
"""


class Outcome(Enum):
    """What a check found."""

    NOT_SET_UP = "the account has no second factor"
    MISSING = "a code is wanted and was not given"
    WRONG = "the code is not good, or not good any more"
    PASSED = "the code is good, and used up now"


async def check_code(tx: Transaction, sealer: Sealer, user_id: uuid.UUID, code: str | None) -> Outcome:
    """Check a code of the app, or a recovery code; either is good once."""
    row = await tx.fetchrow(_FIND, user_id)
    if row is None or row["activated_at"] is None:
        return Outcome.NOT_SET_UP
    if code is None:
        return Outcome.MISSING
    if len(code) > _DIGITS:
        used = await tx.fetchrow(
            "update recovery_code set used_at = now() where user_id = $1 and code_hash = $2 and used_at is null "
            "returning user_id",
            user_id,
            _digest(code),
        )
        return Outcome.WRONG if used is None else Outcome.PASSED
    step = _step_of(_opened(sealer, row["secret"], user_id), code, after=row["last_step"])
    if step is None:
        return Outcome.WRONG
    await tx.execute("update second_factor set last_step = $2 where user_id = $1", user_id, step)
    return Outcome.PASSED


async def read_status(reads: Reads, actor: Actor) -> SecondFactorStatus:
    """Whether the caller's log-in asks for a code."""
    row = await reads.fetchrow(_STATUS, actor.user_id)
    assert row is not None, "the statement always has a row"
    active = row["activated_at"] is not None
    return SecondFactorStatus(
        active=active, activated_at=row["activated_at"], recovery_codes_left=row["codes_left"] if active else 0
    )


async def begin(tx: Transaction, sealer: Sealer, actor: Actor) -> SecondFactorSecret:
    """A new secret; it is not asked for until `activate`. 409 where one is active."""
    secret = secrets.token_bytes(_SECRET_BYTES)
    if await tx.fetchrow(_BEGIN, actor.user_id, sealer.seal(secret, _PURPOSE, actor.user_id)) is None:
        raise Problem("second_factor_active")
    account = await tx.fetchrow("select username from user_account where id = $1", actor.user_id)
    assert account is not None
    uri = TOTP(secret, _DIGITS, SHA1(), STEP_SECONDS).get_provisioning_uri(account["username"], _ISSUER)
    return SecondFactorSecret(secret=base64.b32encode(secret).decode(), uri=uri)


async def activate(tx: Transaction, sealer: Sealer, actor: Actor, body: CodeIn) -> RecoveryCodes:
    """From now on log-in asks for a code; the first one shows that the app has the secret."""
    row = await tx.fetchrow(_FIND, actor.user_id)
    if row is None:
        raise Problem("second_factor_missing")
    if row["activated_at"] is not None:
        raise Problem("second_factor_active")
    step = _step_of(_opened(sealer, row["secret"], actor.user_id), body.code.get_secret_value(), after=None)
    if step is None:
        raise field_problem(
            "/code",
            "code_does_not_match",
            "Mã không khớp. Hãy kiểm tra giờ của điện thoại rồi nhập mã đang hiện trong ứng dụng.",
            "The code does not match. Check the clock of the phone and type the code that the app shows now.",
        )
    await tx.execute(
        "update second_factor set activated_at = now(), last_step = $2 where user_id = $1", actor.user_id, step
    )
    await _note(tx, actor, "activated")
    return await _make_recovery_codes(tx, actor.user_id)


async def remove(tx: Transaction, actor: Actor) -> None:
    """No code is asked for any more; again is no error."""
    await tx.execute("delete from recovery_code where user_id = $1", actor.user_id)
    if await tx.fetchrow("delete from second_factor where user_id = $1 returning user_id", actor.user_id) is not None:
        await _note(tx, actor, "removed")


async def renew_recovery_codes(tx: Transaction, actor: Actor) -> RecoveryCodes:
    """Ten new codes; the older ones are void. 409 without a second factor."""
    row = await tx.fetchrow(_FIND, actor.user_id)
    if row is None or row["activated_at"] is None:
        raise Problem("second_factor_missing")
    await _note(tx, actor, "recovery_codes_renewed")
    return await _make_recovery_codes(tx, actor.user_id)


async def _note(tx: Transaction, actor: Actor, action: str) -> None:
    await record_in(tx, actor, action=action, entity="second_factor", entity_id=actor.user_id, authority_id=None)


async def _make_recovery_codes(tx: Transaction, user_id: uuid.UUID) -> RecoveryCodes:
    codes = [_written(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(_RECOVERY_CODES)]
    await tx.execute("delete from recovery_code where user_id = $1", user_id)
    await tx.execute(
        "insert into recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])",
        user_id,
        [_digest(code) for code in codes],
    )
    return RecoveryCodes(codes=codes)


def _opened(sealer: Sealer, sealed: bytes, user_id: uuid.UUID) -> bytes | None:
    try:
        return sealer.open(sealed, _PURPOSE, user_id)
    except SealBroken:
        # a recovery code still helps; the operator must find the key
        logger.error("the second factor of %s cannot be opened: DATA_KEY_FILE lacks its key", user_id)
        return None


def _step_of(secret: bytes | None, code: str, *, after: int | None) -> int | None:
    """The time step whose code this is: now, or one to either side for clocks that differ (RFC 6238 §5.2)."""
    if secret is None or not (code.isascii() and code.isdigit()):
        return None
    hotp = HOTP(secret, _DIGITS, SHA1())
    now = int(time.time()) // STEP_SECONDS
    found = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(hotp.generate(step), code.encode())]
    return next((step for step in found if after is None or step > after), None)


def _written(code: bytes) -> str:
    """`ABCD-EFGH-IJKL-MNOP`."""
    text = base64.b32encode(code).decode()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def _digest(code: str) -> bytes:
    """80 random bits need no slow hash; dashes, spaces and case are the typist's."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(typed.encode(errors="surrogatepass")).digest()
