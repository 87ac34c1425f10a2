"""The trace of a change: an audit event and an outbox event, in the transaction of the change itself.

What is only read leaves an audit event where it is a personal record or an export (`note`).
"""

import uuid
from typing import Any, NotRequired, TypedDict, Unpack

from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor, Grant
from app.db import Reads, Transaction
from app.ids import new_id
from app.models.records import AuditEvent, OutboxEvent
from app.shapes import json_text
from app.vocabularies import Purpose

_AUDIT = (
    "actor_id, grant_id, authority_id, request_id, address, action, entity, entity_id, before, after, reason, purpose"
)
_OUTBOX = "id, type, subject, authority_id, data"
_TYPES = """
    actor_id uuid, grant_id uuid, authority_id uuid, request_id text, address text, action text, entity text,
    entity_id uuid, before jsonb, after jsonb, reason text, purpose text, id uuid, type text, subject text, data jsonb
"""
_NOTE = f"""
insert into audit_event ({_AUDIT}) select {_AUDIT} from jsonb_to_record($1::text::jsonb) as t ({_TYPES})
"""


class Change(TypedDict):
    """What is said of a change; `before` and `after` hold JSON values without personal data."""

    action: str
    entity: str
    entity_id: uuid.UUID
    authority_id: uuid.UUID | None
    grant: NotRequired[Grant | None]
    before: NotRequired[dict[str, Any] | None]
    after: NotRequired[dict[str, Any] | None]
    reason: NotRequired[str | None]
    purpose: NotRequired[Purpose | None]


def trace(actor: Actor, **change: Unpack[Change]) -> dict[str, Any]:
    """Who did what under which grant: the values of both rows."""
    action, entity, entity_id = change["action"], change["entity"], change["entity_id"]
    grant, after = change.get("grant"), change.get("after")
    return {
        "actor_id": actor.user_id,
        "grant_id": grant.id if grant else None,
        "authority_id": change["authority_id"],
        "request_id": actor.request_id or None,
        "address": actor.address or None,
        "action": action,
        "entity": entity,
        "entity_id": entity_id,
        "before": change.get("before"),
        "after": after,
        "reason": change.get("reason"),
        "purpose": change.get("purpose"),
        "id": new_id(),
        # CloudEvents 1.0 type and subject; the data stay thin: whoever is told reads the rest with its own rights
        "type": f"vn.gov.tdkt.{entity}.{action}.v1",
        "subject": f"{entity}/{entity_id}",
        "data": {"id": str(entity_id), "state": (after or {}).get("state")},
    }


def trace_sql(number: int) -> str:
    """Steps of a `with` that store traces: parameter `number` holds a list of them as JSON text (`json_text`)."""
    return f"""
trace as (
    select * from jsonb_to_recordset(${number}::text::jsonb) as t ({_TYPES})
), audit as (
    insert into audit_event ({_AUDIT}) select {_AUDIT} from trace
), outbox as (
    insert into outbox_event ({_OUTBOX}) select {_OUTBOX} from trace
)"""


async def record_in(tx: Transaction, actor: Actor, **change: Unpack[Change]) -> None:
    """The same rows, stored in a plain transaction by a statement of their own."""
    await tx.execute(f"with {trace_sql(1).strip()} select", json_text([trace(actor, **change)]))


def record(db: AsyncSession, actor: Actor, **change: Unpack[Change]) -> None:
    """The same rows, stored with the session."""
    found = trace(actor, **change)
    db.add(AuditEvent(**{name: found[name] for name in _AUDIT.split(", ")}))
    db.add(OutboxEvent(**{name: found[name] for name in _OUTBOX.split(", ")}))


async def note(reads: Reads, actor: Actor, **change: Unpack[Change]) -> None:
    """An audit event alone, of what changed nothing: somebody read a personal record, or took an export.

    Without a transaction of its own it is stored when this returns, so before the answer leaves.
    """
    await reads.fetch(_NOTE, json_text(trace(actor, **change)))
