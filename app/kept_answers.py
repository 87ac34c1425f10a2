"""Answers kept in this process for as long as the tables they were read from stay as they are.

For what many ask again and again: how a campaign stands, what a province has counted, whether a campaign is still as
the caller has it. Who asks gets what they would read now: before a kept answer is given, `Changes.known` says whether
anything was committed that it does not know of. What an answer says of rights must be part of its key.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from app.changes import WATCHED, Changes, Moment
from app.db import Reads

MOST_BYTES = 16 * 2**20
"""Of all answers together, as `keep` is told; the oldest are dropped."""
LARGEST_BYTES = 2**18
"""Of one answer: one large report must not drive out everything else."""
# beside its body an answer needs a place in the dictionary, a key, headers
_FRAME = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """Tables that are about to be read, and what is known of them."""

    tables: tuple[str, ...]
    moment: Moment


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    reading: Reading
    size: int


class KeptAnswers:
    """Answers by key; a key says everything but the tables that the answer depends on.

    Keys are hashed at every request: an id goes in as its integer, which costs a tenth of the UUID.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._kept: OrderedDict[object, _Kept] = OrderedDict()
        self._bytes = 0

    async def find(self, reads: Reads, key: object) -> Any:
        """What was kept under the key and is still true, else None. Asks the database only where something was."""
        if key not in self._kept:
            return None
        await self._changes.known(reads)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.reading.moment != self._changes.moment(kept.reading.tables):
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.value

    def reading(self, *tables: str) -> Reading:
        """To be called before the tables are read; what was read then goes to `keep`."""
        assert WATCHED.issuperset(tables), "changes of these tables are not followed"
        return Reading(tables, self._changes.moment(tables))

    def keep(self, key: object, reading: Reading, value: Any, size: int) -> None:
        """Keep what was read; `size` is about its bytes."""
        size += _FRAME
        if size > LARGEST_BYTES:
            return
        if key in self._kept:
            self._drop(key)
        self._kept[key] = _Kept(value, reading, size)
        self._bytes += size
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._bytes = 0

    def _drop(self, key: object) -> None:
        self._bytes -= self._kept.pop(key).size
