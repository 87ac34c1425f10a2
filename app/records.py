"""The trace of a change: an audit event and an outbox event, in the transaction of the change itself."""

import uuid
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from app.access import Actor, Grant
from app.models.records import AuditEvent, OutboxEvent


def record(
    db: AsyncSession,
    actor: Actor,
    *,
    action: str,
    entity: str,
    entity_id: uuid.UUID,
    authority_id: uuid.UUID | None,
    grant: Grant | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Say who did what under which grant; `before` and `after` hold JSON values without personal data."""
    db.add(
        AuditEvent(
            actor_id=actor.user_id,
            grant_id=grant.id if grant else None,
            authority_id=authority_id,
            request_id=actor.request_id or None,
            address=actor.address or None,
            action=action,
            entity=entity,
            entity_id=entity_id,
            before=before,
            after=after,
            reason=reason,
        )
    )
    db.add(
        OutboxEvent(
            # CloudEvents 1.0 type and subject; the data stay thin: whoever is told reads the rest with its own rights
            type=f"vn.gov.tdkt.{entity}.{action}.v1",
            subject=f"{entity}/{entity_id}",
            authority_id=authority_id,
            data={"id": str(entity_id), "state": (after or {}).get("state")},
        )
    )
