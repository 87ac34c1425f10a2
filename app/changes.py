"""Keeps what this process remembers true: it asks PostgreSQL what has changed, once a second and whenever it is asked.

Triggers leave a row in `change` in the transaction of the change (migration 0005): for sessions, accounts, grants and
moved bodies with the person whose access changed, for the tables of `WATCHED` with the name of the table. A process
that follows these rows remembers callers as long as they come (`app/identity.py`), and answers for as long as what they
were read from stays as it is (`app/kept_answers.py`).

`known` is exact, not nearly so: it returns after a look that began later than the call, so everything that was
acknowledged to anybody before is known. Requests that come while one look is on its way share the next one; under load
the question costs each of them a fraction of a statement (measured: bench/README.md).
"""

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Protocol

import asyncpg

from app.db import Reads

logger = logging.getLogger("tdkt")

WATCHED = frozenset(
    {
        "administrative_unit",
        "authority",
        "award_rollup",
        "award_type",
        "campaign",
        "deployment",
        "historical_figure",
        "legal_document",
        "unit_succession",
    }
)
"""Tables of which every writing statement leaves a row. None of them is written by what officers do all day
(nominations, dossiers, candidates), so that costs nothing there."""

PERIOD_SECONDS = 1.0
# what is older was read by every process long ago, or the process starts anew
_KEPT = "1 hour"
_PURGE_EVERY_SECONDS = 600.0
_ACCESS = "access"

# Rows of transactions that were still running at the last look, and of later ones. The ids of the rows alone would not
# do: a transaction may take one early and commit late.
_LOOK = """
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as next, c.id, c.topic, c.user_id
from (select 1) as always left join change c on c.transaction >= $1
"""
_PURGE = f"delete from change where at < now() - interval '{_KEPT}'"

Moment = tuple[int, ...]
"""How often each of some tables has been seen to change."""


class Remembering(Protocol):
    """Who remembers callers."""

    def follow(self, since: float) -> None:
        """Everything committed before this moment (monotonic clock) is known."""

    def forget(self, users: Collection[uuid.UUID] | None = None) -> None:
        """Look these up again; all where none are named."""


class Changes:
    """What one process knows of changes."""

    def __init__(self, callers: Remembering) -> None:
        self._callers = callers
        self._next: int | None = None
        # while any transaction of the server runs long, rows come again
        self._seen: set[int] = set()
        self._counted: Counter[str] = Counter()
        self._purged = -_PURGE_EVERY_SECONDS
        self._waiting: list[asyncio.Future[None]] = []
        self._looking: asyncio.Task[None] | None = None

    def moment(self, tables: Iterable[str]) -> Moment:
        """What is known of these tables; equal as long as no change of them has been seen."""
        return tuple(self._counted[table] for table in tables)

    async def known(self, reads: Reads) -> None:
        """Return when everything committed before this call is known. Raises what the database raises."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_for_all(reads))
        await turn

    async def _look_for_all(self, reads: Reads) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                try:
                    await self._look(reads)
                except Exception as error:  # noqa: BLE001  # whatever it is, it is those who wait who must know
                    _tell(waiting, error)
                except BaseException:
                    # cancelled as the process ends: nobody may wait for ever
                    _tell([*waiting, *self._waiting], asyncio.CancelledError())
                    raise
                else:
                    _tell(waiting)
        finally:
            self._looking = None

    async def _look(self, reads: Reads) -> None:
        started = time.monotonic()
        rows = await reads.fetch(_LOOK, self._next or 0)
        following: int = rows[0]["next"]
        changes = {row["id"]: row for row in rows if row["id"] is not None}
        fresh = [row for number, row in changes.items() if number not in self._seen]
        if self._next is None or following < self._next:
            # nobody looked before, or the server was put back to an earlier state: what is remembered may be older
            self.forget()
        elif fresh:
            self._counted.update({row["topic"] for row in fresh})
            users = {row["user_id"] for row in fresh if row["topic"] == _ACCESS}
            if users:
                self._callers.forget(None if None in users else users)
        self._next, self._seen = following, set(changes)
        self._callers.follow(started)

    def forget(self) -> None:
        """Take everything as changed, and begin anew."""
        self._next, self._seen = None, set()
        self._counted.update(WATCHED)
        self._callers.forget()

    async def follow(self, reads: Reads) -> None:
        """Look once a second until cancelled. A failed look is tried again; meanwhile callers are remembered for
        seconds only, and answers not at all.
        """
        while True:
            try:
                await self.known(reads)
                if time.monotonic() - self._purged >= _PURGE_EVERY_SECONDS:
                    self._purged = time.monotonic()
                    await reads.fetch(_PURGE)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("changes cannot be followed at the moment: %r", error)
            await asyncio.sleep(PERIOD_SECONDS)


def _tell(waiting: Iterable["asyncio.Future[None]"], error: BaseException | None = None) -> None:
    for turn in waiting:
        # who was cancelled waits no more
        if turn.done():
            continue
        if error is None:
            turn.set_result(None)
        elif isinstance(error, asyncio.CancelledError):
            turn.cancel()
        else:
            turn.set_exception(error)


async def stop(task: "asyncio.Task[None]") -> None:
    """Cancel a task that follows, and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
