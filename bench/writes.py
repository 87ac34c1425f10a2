"""Taking back what a slice of writes left, so that every slice and every server begins with the same rows."""

import asyncio
import time
from typing import Any

# everything in the data set is older (bench/sql), everything that a run writes is newer
DATA_END = "2026-08-15"

# longer than any statement may take
QUIET_SECONDS = 60

_TABLES = (
    *("nomination", "nomination_event", "audit_event", "audit_link", "outbox_event", "dossier", "idempotency_record"),
)
_APPEND_ONLY = ("nomination_event", "audit_event", "audit_link")
_NOMINATION = """dossier_id, authority_id, territory_path, line_path, route, candidate_id, award_type_id, award_type_code,
    category, campaign_id, year, achievement, state, holder_id, workflow_id, appraisal, created_by, version"""
# what the two kinds of write leave a nomination as; by its state it is found in an index
_TOUCHED = (
    f"(state = 'draft' and created_at >= '{DATA_END}' or state = 'received' and state_changed_at >= '{DATA_END}')"
)
_TAKE_BACK = (
    f"create temp table touched on commit drop as select id, state from nomination where {_TOUCHED}",
    f"delete from nomination_event e using touched t where e.nomination_id = t.id and e.at >= '{DATA_END}'",
    "delete from audit_event where id > $1",
    "delete from audit_link where audit_event_id > $1",
    f"delete from outbox_event where delivered_at is null and created_at >= '{DATA_END}'",
    "delete from idempotency_record",
    "delete from nomination n using touched t where n.id = t.id and t.state = 'draft'",
    """update nomination n set state = 'submitted', version = version - 1, state_changed_at = submitted_at
        from touched t where n.id = t.id and t.state = 'received'""",
    # five nominations were added to a draft of the data set, one version each
    "update dossier set version = 6 where submitted_at is null and submission_number is null and version <> 6",
)


async def until_quiet(db: Any) -> None:
    """Wait for requests that wrk gave up at the end of its slice: they are still being worked on, and would write, or
    slow down the next server."""
    deadline = time.monotonic() + QUIET_SECONDS
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        at_work = await db.fetchval(
            "select count(*) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'"
        )
        quiet = 0 if at_work else quiet + 1
        await asyncio.sleep(0.03)


class Writes:
    """The rows of one database before and after writes."""

    def __init__(self, db: Any, last_audit: int) -> None:
        self._db = db
        self._last_audit = last_audit

    @classmethod
    async def of(cls, db: Any) -> "Writes":
        """For the data set as it was made, also where a run was broken off in the middle of its writes."""
        last = await db.fetchval(
            "select coalesce(max(id), 0) from audit_event where at < $1::text::timestamptz", DATA_END
        )
        writes = cls(db, last)
        await writes.take_back()
        return writes

    async def take_back(self) -> None:
        """Bring every row back to what it was; outside of anything that is timed."""
        await until_quiet(self._db)
        async with self._db.transaction():
            for table in _APPEND_ONLY:
                await self._db.execute(f"alter table {table} disable trigger append_only")
            for statement in _TAKE_BACK:
                arguments = (self._last_audit,) if "$1" in statement else ()
                await self._db.execute(statement, *arguments)
            for table in _APPEND_ONLY:
                await self._db.execute(f"alter table {table} enable always trigger append_only")
        for table in _TABLES:
            await self._db.execute(f"vacuum {table}")
        await self._db.execute("checkpoint")

    async def left(self) -> dict[str, list[dict[str, Any]]]:
        """The rows that writes left since the data set was made, without what differs from one request to the next."""
        found = {}
        for table, columns, condition in (
            ("nomination", _NOMINATION, _TOUCHED),
            (
                "nomination_event",
                "action, from_state, to_state, actor_id, acting_for_id, sent_to_id, reason",
                f"at >= '{DATA_END}' and nomination_id in (select id from nomination where {_TOUCHED})",
            ),
            (
                "audit_event",
                "actor_id, authority_id, action, entity, before, after, reason",
                f"id > {self._last_audit}",
            ),
            (
                "outbox_event",
                "type, authority_id, delivered_at",
                f"delivered_at is null and created_at >= '{DATA_END}'",
            ),
            ("dossier", "id, version", "submitted_at is null and submission_number is null and version <> 6"),
        ):
            rows = await self._db.fetch(f"select {columns} from {table} where {condition}")
            found[table] = sorted((dict(row) for row in rows), key=str)
        return found
