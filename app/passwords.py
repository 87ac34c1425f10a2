"""Passwords: argon2id in a bounded pool, so that a flood of logins cannot starve the rest."""

import asyncio
import os
import re
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.problems import Problem, field_problem

_T = TypeVar("_T")

_LEAST_STRENGTH = 3
_JUDGED = 72
# what everybody who works here would try first
_KNOWN_WORDS = (
    *("mat", "khau", "matkhau", "thi", "dua", "khen", "thuong", "thidua", "khenthuong", "thiduakhenthuong", "tdkt"),
    *("viet", "nam", "vietnam", "uy", "ban", "uyban", "ubnd", "phuong", "xa", "tinh", "so", "noi", "vu", "sonoivu"),
    *("quang", "ninh", "quangninh", "uong", "bi", "uongbi", "cam", "pha", "campha", "ha", "long", "halong"),
)

# a profile that OWASP recommends: 46 MiB, one pass, one lane
_HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# of a random password that nobody kept: an unknown user must cost as much time as a known one
_DUMMY = "$argon2id$v=19$m=47104,t=1,p=1$HUrDw7WgQtcLJmBUffx4RQ$KchQPxfhuUPwCGUZcQUIfDbkIDhIt5pXYrXRGInSdvA"
# neither vowels nor d and w, so that Vietnamese keyboards (Telex, VNI) leave it as typed; no l, 1, o, 0 either
_ALPHABET = "bcfghjkmnpqrstvxz23456789"


def _step_back() -> None:
    """Let the threads that answer requests go first: a hash takes 80 ms of a core, and a flood all that it is given."""
    # only Linux gives each thread a priority of its own; elsewhere it would be that of the whole process
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class _Pool:
    """At most `threads` at once and `waiting` in all; 429 for the rest, which is better than an answer too late."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password", initializer=_step_back)
        self._most = waiting
        self._count = 0

    def admit(self) -> None:
        """429 where it is full."""
        if self._count >= self._most:
            raise Problem("too_many_requests", headers={"Retry-After": "5"}, seconds=5)

    async def run(self, work: Callable[..., _T], *arguments: object) -> _T:
        """The result of `work`, out of a thread."""
        self.admit()
        self._count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._count -= 1


_pool = _Pool(threads=4, waiting=64)


def admit_login() -> None:
    """429 before any other work is done for a login whose password could not be looked at in time."""
    _pool.admit()


async def hash_password(password: str) -> str:
    """The argon2id hash in PHC form, about 100 characters."""
    return await _pool.run(_HASHER.hash, _canonical(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. Without a hash (unknown user) it takes the same time and says no."""
    return await _pool.run(_fits, password_hash, _canonical(password))


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


async def check_new_password(field: str, password: str, *about: str) -> None:
    """A field problem where the password is too easily guessed: common, a pattern, or made of what is known.

    `about`: what others know of the user, as name and user name. Neither composition nor age is asked for
    (NIST SP 800-63B §5.1.1.2).
    """
    known = {*_KNOWN_WORDS}
    for text in about:
        words = [word for word in re.split(r"[^a-z0-9]+", _plain(text)) if word]
        known |= {*words, "".join(words)}
    if await _pool.run(_strength, password, sorted(known)) < _LEAST_STRENGTH:
        raise field_problem(
            field,
            "easily_guessed",
            "Mật khẩu dễ đoán. Hãy ghép vài từ không liên quan tới nhau, tên mình và cơ quan, hoặc dùng trình quản lý "
            "mật khẩu.",
            "The password is easily guessed. Join some words that have nothing to do with each other, you or your "
            "office, or use a password manager.",
        )


def _strength(password: str, known: list[str]) -> int:
    """From 0 to 4, as zxcvbn estimates it."""
    # its dictionaries take 13 MB: only a process in which somebody sets a password needs them
    from zxcvbn import zxcvbn

    # Vietnamese letters and what stands between words add little for who guesses in Vietnamese
    plain = _plain(password)
    forms = {plain, "".join(letter for letter in plain if letter.isalnum())} - {""}
    # what is longer is judged by its beginning
    scores: list[int] = [zxcvbn(form[:_JUDGED], user_inputs=known)["score"] for form in forms]
    return min(scores)


def _plain(text: str) -> str:
    """Lower case, without diacritics."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


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
