"""Passwords: argon2id in a bounded pool, so that a flood of logins cannot starve the rest."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.problems import Problem, field_problem

_T = TypeVar("_T")

# a profile that OWASP recommends: 46 MiB, one pass, one lane
_HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# of a random password that nobody kept: an unknown user must cost as much time as a known one
_DUMMY = "$argon2id$v=19$m=47104,t=1,p=1$HUrDw7WgQtcLJmBUffx4RQ$KchQPxfhuUPwCGUZcQUIfDbkIDhIt5pXYrXRGInSdvA"
# neither vowels nor d and w, so that Vietnamese keyboards (Telex, VNI) leave it as typed; no l, 1, o, 0 either
_ALPHABET = "bcfghjkmnpqrstvxz23456789"

SHORTEST = 12


class _Pool:
    """At most `threads` at once and `waiting` in all; 429 for the rest, which is better than an answer too late."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._most = waiting
        self._count = 0

    async def run(self, work: Callable[..., _T], *arguments: object) -> _T:
        """The result of `work`, out of a thread."""
        if self._count >= self._most:
            raise Problem("too_many_requests", headers={"Retry-After": "5"}, seconds=5)
        self._count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._count -= 1


_pool = _Pool(threads=4, waiting=64)


async def hash_password(password: str) -> str:
    """The argon2id hash in PHC form, about 100 characters."""
    return await _pool.run(_HASHER.hash, _canonical(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. Without a hash (unknown user) it takes the same time and says no."""
    return await _pool.run(_fits, password_hash, _canonical(password))


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def check_new_password(password: str, *words: str) -> None:
    """422 where a new password is too short. `words` (its user's names) must not be what it is made of."""
    if len(password) < SHORTEST or password.casefold() in {word.casefold() for word in words}:
        raise field_problem(
            "/password",
            "too_short",
            f"Mật khẩu cần ít nhất {SHORTEST} ký tự và không phải tên của bạn; hãy dùng một câu dễ nhớ.",
            f"A password has at least {SHORTEST} characters and is not your name; take a sentence you remember.",
        )


def one_time_password() -> str:
    """A random password of 69 bits that is easy to type: `k7qfm-3tv9x-p2chg`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))


def _fits(password_hash: str | None, password: bytes) -> bool:
    try:
        return _HASHER.verify(password_hash or _DUMMY, password)
    except VerifyMismatchError:
        return False
    except InvalidHashError:  # an account that has no password
        return _fits(None, password)


def _canonical(password: str) -> bytes:
    """macOS types Vietnamese letters in another Unicode form than Windows does (NIST SP 800-63B §5.1.1.2)."""
    # JSON can bring half a surrogate pair; that is a wrong password, not a failure of ours
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
