"""Keeps what this process remembers of callers true: it asks once a second whose access changed.

Sessions that ended, disabled accounts, changed grants and moved bodies leave a row in `access_change` in the
transaction of the change. A process that follows these rows remembers callers as long as they come; without it every
caller is looked up again after five seconds, which cost more than the read they asked for (measured: bench/README.md).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Collection
from contextlib import suppress
from typing import Protocol

import asyncpg

from app.db import Reads

logger = logging.getLogger("tdkt")

PERIOD_SECONDS = 1.0
# what is older was read by every process long ago, or the process starts anew
_KEPT = "1 hour"
_PURGE_EVERY = 600

# Rows of transactions that were still running at the last look, and of later ones. The ids of the rows alone would not
# do: a transaction may take one early and commit late.
_LOOK = """
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as next, c.id, c.user_id
from (select 1) as always left join access_change c on c.transaction >= $1
"""
_PURGE = f"delete from access_change where at < now() - interval '{_KEPT}'"


class Remembering(Protocol):
    """Who remembers callers."""

    def follow(self, since: float) -> None:
        """Everything committed before this moment (monotonic clock) is known."""

    def forget(self, users: Collection[uuid.UUID] | None = None) -> None:
        """Look these up again; all where none are named."""


class AccessWatch:
    """Follows the changes, in a task of its own."""

    def __init__(self, reads: Reads, callers: Remembering) -> None:
        self._reads = reads
        self._callers = callers
        self._next: int | None = None
        # while any transaction of the server runs long, rows come again
        self._seen: set[int] = set()
        self._looks = 0

    async def look(self) -> None:
        """Forget whoever changed since the last look."""
        started = time.monotonic()
        rows = await self._reads.fetch(_LOOK, self._next or 0)
        changes = {row["id"]: row["user_id"] for row in rows if row["id"] is not None}
        changed = {user for number, user in changes.items() if number not in self._seen}
        if self._next is None or None in changed:
            # nobody looked before: what is remembered may be older than any row
            self._callers.forget()
        elif changed:
            self._callers.forget(changed)
        self._next, self._seen = rows[0]["next"], set(changes)
        self._callers.follow(started)
        self._looks += 1
        if self._looks % _PURGE_EVERY == 1:
            await self._reads.fetch(_PURGE)

    async def run(self) -> None:
        """Until cancelled. A failed look is tried again; meanwhile callers are remembered for seconds only."""
        while True:
            try:
                await self.look()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("changes of access cannot be followed at the moment: %r", error)
            await asyncio.sleep(PERIOD_SECONDS)


async def stop(task: "asyncio.Task[None]") -> None:
    """Cancel a watch and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
