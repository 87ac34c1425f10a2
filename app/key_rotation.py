"""The signing key changed without logging anybody out, and changed at once where somebody else may have it.

Rotation takes two steps, because others keep our public keys for five minutes: a new key is published first and signs
ten minutes later. The key it replaces goes on verifying until its last token has expired; its private half is dropped
at once. Running servers read the file again within seconds (`KeyRing.reload`).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from app.signing_keys import KeptKey, PrivateKey, new_key, read_keys, write_keys
from app.tokens import LIFE_SECONDS

PUBLISHED_AHEAD = timedelta(minutes=10)
"""Twice as long as others may keep the JWKS."""
# and a minute for clocks that differ
_RETIRED_FOR = timedelta(seconds=LIFE_SECONDS + 60)


class Step(Enum):
    """What a call of `rotate_keys` did."""

    PUBLISHED = "a next key was made; it does not sign yet"
    WAITING = "the next key has not been published for long enough"
    SWITCHED = "the next key signs now"


def rotate_keys(file: Path, now: datetime) -> tuple[Step, datetime]:
    """Do the step that is due, and say from when on the next key may sign, or has signed.

    Where it writes, keys that retired so long ago that none of their tokens is good any more are dropped. Raises SecretFileError;
    then the file is as it was.
    """
    with _alone(file):
        active, *others = read_keys(file)
        upcoming = [one for one in others if isinstance(one.key, PrivateKey)]
        # what an operator put there without a date has been there since the file was written
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        retired = [
            KeptKey(one.key, one.since or written)
            for one in others
            if not isinstance(one.key, PrivateKey) and now - (one.since or written) < _RETIRED_FOR
        ]
        if not upcoming:
            write_keys(file, [active, KeptKey(new_key(), now), *retired])
            return Step.PUBLISHED, now + PUBLISHED_AHEAD
        ripe = (upcoming[0].since or written) + PUBLISHED_AHEAD
        if now < ripe:
            return Step.WAITING, ripe
        following, *later = upcoming
        write_keys(file, [KeptKey(following.key, now), *later, KeptKey(active.public, now), *retired])
        return Step.SWITCHED, now


def revoke_keys(file: Path, now: datetime) -> None:
    """Every key is void at once, and a new one signs. Raises SecretFileError; then the file is as it was."""
    with _alone(file):
        read_keys(file)
        write_keys(file, [KeptKey(new_key(), now)])


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two commands at once would lose a key. The folder is locked, as the file is replaced."""
    with (file.parent / f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
