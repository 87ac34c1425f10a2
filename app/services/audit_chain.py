"""The chain over the audit log: every event is tied to all before it, so that no change of the past stays unseen.

The database refuses changes of audit events to everyone; whoever owns the database can switch that off. So a worker
links the events: `hash = sha256(hash of the link before || canonical form of the event)`. A changed, missing or added
row no longer fits; who computes the whole chain anew no longer fits the anchors, copies of its head outside of the
database (`app/services/audit_anchors.py`). `verify_chain` looks for all of it. What was never linked, a second's worth of
events, and what was linked after the last anchor is not covered.

Never in the transaction of a change: whoever holds the head of the chain holds it until the commit, and all writes of
the country would stand in one queue. An event is linked when its transaction and all before it have ended, so that
none that commits late is left out: transactions in the order in which they began to write, and those that followed
each other in the order in which they came.

The canonical form is made by PostgreSQL, as the text of a JSON array of all columns in fixed order. There the values
are what they are: nothing is decoded and written anew, JSON columns have one text (keys sorted, numbers as they came),
and a dump can be checked with PostgreSQL and sha256 alone.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import asyncpg

from app.db import Database, Reads, Row, Transaction
from app.services.audit_anchors import Anchor, AnchorFile

logger = logging.getLogger("tdkt")

START = bytes(32)
"""What stands in the place of the hash before the first link."""

PERIOD_SECONDS = 1.0
# while there is more to link than one batch: the server answers requests in between
_PAUSE_SECONDS = 0.02
ANCHOR_EVERY_SECONDS = 600.0
_BATCH = 500
_PAGE = 2000
_SPAN = 20_000
_CHAIN_LOCK = 7_302_118_407  # app/__main__.py holds the number before this one while it loads

CANONICAL_COLUMNS = (
    *("id", "at", "actor_id", "grant_id", "authority_id", "request_id", "address", "action", "entity", "entity_id"),
    *("before", "after", "reason", "purpose", "transaction"),
)
# a moment as text depends on the time zone of whoever asks, and on their date style
_WRITTEN = {"at": """to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""}
_CANONICAL = f"jsonb_build_array({', '.join(_WRITTEN.get(name, f'e.{name}') for name in CANONICAL_COLUMNS)})::text"

# a value, not `not exists`: that the planner may answer by reading all links there are
_NOT_LINKED = "(select l.position from audit_link l where l.audit_event_id = e.id) is null"
_XMAX = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
# The first transaction that still runs: below it, none of this database can commit any more. A snapshot knows those of
# all databases of the server; one that is seen at work in another is left out. xid8 as bigint is never used twice.
_HORIZON = f"""(
select coalesce(min(running::text::bigint), {_XMAX}) from pg_snapshot_xip(pg_current_snapshot()) as running
where not exists (
    select from pg_locks h join pg_stat_activity w on w.pid = h.pid
    where h.locktype = 'transactionid' and h.mode = 'ExclusiveLock' and h.granted and h.transactionid = running::xid
      and w.datname <> current_database())
)"""
# A server restored from a dump counts its transactions anew: then the mark lies in what is the future there.
# Ordered, not `exists`: for that the planner may read the whole table in the hope of an early find.
_LOOK = f"""
select c.transaction > {_XMAX} as restored, {_HORIZON} as horizon, (
    select e.id from audit_event e
    where (e.transaction, e.id) > (c.transaction, c.event_id) and e.transaction < {_HORIZON} and {_NOT_LINKED}
    order by e.transaction, e.id limit 1) is not null as waiting
from audit_chain c
"""
# along the index from the mark on: a sort would read all that waits for every batch of it
_LOCK = """
select pg_try_advisory_xact_lock($1) as mine, set_config('enable_sort', 'off', true),
       set_config('enable_bitmapscan', 'off', true)
"""
_STATE = f"""
select c.transaction, c.event_id, {_HORIZON} as horizon, {_XMAX} as xmax, h.position, h.hash
from audit_chain c left join lateral (select position, hash from audit_link order by position desc limit 1) as h on true
"""
_NEXT = f"""
select e.id, e.transaction, {_CANONICAL} as canonical from audit_event e
where (e.transaction, e.id) > ($1, $2) and e.transaction < $3 and {_NOT_LINKED}
order by e.transaction, e.id limit {_BATCH}
"""
# after a restore: all that nobody can still be writing, also what bears numbers of the server it came from
_NEXT_OF_SPAN = f"""
select e.id, e.transaction, {_CANONICAL} as canonical from audit_event e
where e.id >= $1 and e.id < $2 and (e.transaction < {_HORIZON} or e.transaction >= {_XMAX}) and {_NOT_LINKED}
order by e.id limit {_BATCH}
"""
_ADD = """
insert into audit_link (position, audit_event_id, hash)
select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])
"""
_MARK = "update audit_chain set transaction = $1, event_id = $2"
_HEAD = "select position, hash from audit_link order by position desc limit 1"
_LINKS = f"""
select l.position, l.audit_event_id, l.hash, e.id, {_CANONICAL} as canonical
from audit_link l left join audit_event e on e.id = l.audit_event_id
where l.position > $1 and l.position <= $2 order by l.position limit {_PAGE}
"""
_BOUNDS = "select coalesce(min(id), 0) as first, coalesce(max(id), -1) as last from audit_event"
_MARKED = "select transaction, event_id from audit_chain"
# a row that can be seen was written by a transaction that has ended, so its number cannot be one still to come
_ADDED = f"""
select e.id from audit_event e
where e.id >= $1 and e.id < $2 and ((e.transaction, e.id) <= ($3, $4) or e.transaction >= {_XMAX}) and {_NOT_LINKED}
order by e.id
"""


def link_hash(before: bytes, canonical: str) -> bytes:
    """The hash of a link: SHA-256 over the 32 bytes of the one before and the UTF-8 of the event's canonical form."""
    return hashlib.sha256(before + canonical.encode()).digest()


# ------------------------------------------------------------ linking


async def run(database: Database, anchors: AnchorFile) -> None:
    """Link what has been committed, until cancelled; one statement a second where there is nothing to do.

    Every server process does so. Which one links a batch is decided by a lock that ends with its transaction.
    """
    anchored = time.monotonic()
    while True:
        pause = PERIOD_SECONDS
        try:
            if await _link_some(database) == _BATCH:
                pause = _PAUSE_SECONDS
            if time.monotonic() - anchored >= ANCHOR_EVERY_SECONDS:
                anchored = time.monotonic()
                await anchor_head(database.reads, anchors)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("audit events cannot be linked at the moment: %r", error)
        await asyncio.sleep(pause)


async def link_all(database: Database) -> int:
    """Link everything that can be linked now; returns how many events that were."""
    linked = 0
    while (count := await _link_some(database)) is not None:
        linked += count
        if not count:
            # another process is at it
            await asyncio.sleep(_PAUSE_SECONDS)
    return linked


async def _link_some(database: Database) -> int | None:
    """Link a batch; 0 where another process is linking, None where nothing waits."""
    look = await database.reads.fetchrow(_LOOK)
    assert look is not None, "migration 0008 inserts the row"
    if look["restored"]:
        return await _link_restored(database, look["horizon"])
    if not look["waiting"]:
        return None
    async with database.writes.transaction() as tx:
        state = await _locked(tx)
        if state is None:
            return 0
        rows = await tx.fetch(_NEXT, state["transaction"], state["event_id"], state["horizon"])
        await _link(tx, state, rows)
        if len(rows) == _BATCH:
            await tx.execute(_MARK, rows[-1]["transaction"], rows[-1]["id"])
        else:
            await tx.execute(_MARK, state["horizon"], 0)
        return len(rows)


async def _locked(tx: Transaction) -> Row | None:
    """Where the chain ends, held until the end of the transaction; None where another process holds it."""
    lock = await tx.fetchrow(_LOCK, _CHAIN_LOCK)
    assert lock is not None
    # a statement of its own, so that it sees what the process before us linked
    return await tx.fetchrow(_STATE) if lock["mine"] else None


async def _link(tx: Transaction, state: Row, rows: Sequence[Row]) -> None:
    position, before = state["position"] or 0, state["hash"] or START
    hashes: list[bytes] = []
    for row in rows:
        before = link_hash(before, row["canonical"])
        hashes.append(before)
    if rows:
        numbers = [*range(position + 1, position + 1 + len(rows))]
        await tx.execute(_ADD, numbers, [row["id"] for row in rows], hashes)


async def _link_restored(database: Database, horizon: int) -> int:
    """Look through the whole log, and set the mark to where this server counts. Broken off, it begins anew."""
    linked = 0
    async for first in _spans(database.reads):
        count = _BATCH
        while count == _BATCH:
            async with database.writes.transaction() as tx:
                state = await _locked(tx)
                if state is None or state["transaction"] <= state["xmax"]:
                    return linked
                rows = await tx.fetch(_NEXT_OF_SPAN, first, first + _SPAN)
                await _link(tx, state, rows)
            count = len(rows)
            linked += count
    async with database.writes.transaction() as tx:
        if await _locked(tx) is not None:
            await tx.execute(_MARK, horizon, 0)
    return linked


async def _spans(reads: Reads) -> AsyncIterator[int]:
    """Where spans of ids begin that cover all events there are."""
    bounds = await reads.fetchrow(_BOUNDS)
    assert bounds is not None
    for first in range(bounds["first"], bounds["last"] + 1, _SPAN):
        yield first


async def anchor_head(reads: Reads, anchors: AnchorFile) -> Anchor | None:
    """Write down the head of the chain where that has not been done; returns the head, None where there is no link."""
    head = await reads.fetchrow(_HEAD)
    if head is None:
        return None
    anchor = Anchor(head["position"], head["hash"])
    await asyncio.to_thread(anchors.add, anchor)
    return anchor


# ------------------------------------------------------------ verifying

FindingKind = Literal["changed_event", "missing_event", "added_event", "broken_link", "missing_link", "anchor"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was linked: what, at which position of the chain, and which event."""

    kind: FindingKind
    position: int | None
    event_id: int | None


@dataclass(slots=True)
class _Suspect:
    """A link that does not fit: what it says, what it should say. The next one shows which of the two was altered."""

    at: int
    event_id: int
    computed: bytes


async def verify_chain(
    reads: Reads, anchors: Mapping[int, bytes], progress: Callable[[int, int], None]
) -> AsyncGenerator[Finding, None]:
    """Hold every link against its event, every event against the links, and the chain against its anchors.

    Yields what does not fit; nothing where all is as it was. Reads everything once, in order, in constant memory;
    `progress` is told how many of how many links are read. What is linked meanwhile, and what is not linked yet, is
    left out.
    """
    # the mark first: what it covers is linked at positions up to the head that is read after it
    mark = await reads.fetchrow(_MARKED)
    assert mark is not None, "migration 0008 inserts the row"
    head = await reads.fetchrow(_HEAD)
    last: int = 0 if head is None else head["position"]
    async for finding in _verify_links(reads, anchors, last, progress):
        yield finding
    if any(position > last for position in anchors):
        yield Finding("anchor", last, None)
    async for first in _spans(reads):
        for row in await reads.fetch(_ADDED, first, first + _SPAN, mark["transaction"], mark["event_id"]):
            yield Finding("added_event", None, row["id"])


async def _verify_links(
    reads: Reads, anchors: Mapping[int, bytes], last: int, progress: Callable[[int, int], None]
) -> AsyncIterator[Finding]:
    position, before = 0, START
    suspect: _Suspect | None = None
    while position < last:
        for row in await reads.fetch(_LINKS, position, last):
            follows = row["position"] == position + 1
            if suspect is not None:
                # an altered hash lets the next link fit what it should have been; an altered event does not
                meant = follows and row["id"] is not None and link_hash(suspect.computed, row["canonical"])
                yield Finding("broken_link" if meant == row["hash"] else "changed_event", suspect.at, suspect.event_id)
                before = suspect.computed if meant == row["hash"] else before
                suspect = None
            if not follows:
                # what stood before it is gone; from here on the chain can be followed again
                yield Finding("missing_link", position + 1, None)
            if row["id"] is None:
                yield Finding("missing_event", row["position"], row["audit_event_id"])
            elif follows and (computed := link_hash(before, row["canonical"])) != row["hash"]:
                suspect = _Suspect(row["position"], row["id"], computed)
            if anchors.get(row["position"], row["hash"]) != row["hash"]:
                yield Finding("anchor", row["position"], row["audit_event_id"])
            position, before = row["position"], row["hash"]
        progress(position, last)
    if suspect is not None:
        yield Finding("changed_event", suspect.at, suspect.event_id)
