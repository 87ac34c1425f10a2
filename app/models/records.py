"""What every write leaves behind: audit, outbox, idempotency."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.base import json, moment, term
from app.vocabularies import Purpose


class AuditEvent(SQLModel, table=True):
    """Who did what, when, under which grant: append-only, enforced by the database, chained by `audit_link`.

    `transaction` is the id of the writing transaction, filled in by the database; 0 for events older than the column.
    `purpose` says what a read of a personal record or an export was for.
    """

    __tablename__ = "audit_event"
    # a search is by one of these, newest first within it (app/services/audit.py); the last is for the chain
    __table_args__ = (
        Index("ix_audit_event_at", text("at desc"), text("id desc")),
        Index("ix_audit_event_authority", "authority_id", text("at desc"), text("id desc")),
        Index("ix_audit_event_actor", "actor_id", "authority_id", text("at desc"), text("id desc")),
        Index("ix_audit_event_entity", "entity_id", text("at desc"), text("id desc")),
        Index("ix_audit_event_request", "request_id"),
        Index("ix_audit_event_transaction", "transaction", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column("id", BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(default=None, sa_column=moment("at", now=True))
    actor_id: uuid.UUID | None = Field(default=None, foreign_key="user_account.id")
    grant_id: uuid.UUID | None = None
    authority_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    request_id: str | None = None
    address: str | None = None
    action: str
    entity: str
    entity_id: uuid.UUID
    before: dict[str, Any] | None = Field(default=None, sa_column=json("before", nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=json("after", nullable=True))
    reason: str | None = None
    purpose: Purpose | None = Field(default=None, sa_column=term(Purpose, "purpose", nullable=True))
    transaction: int | None = Field(
        default=None,
        sa_column=Column(
            "transaction", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
        ),
    )


class AuditLink(SQLModel, table=True):
    """One link of the chain over the audit events: append-only (`app/services/audit_chain.py`).

    No foreign key: its check would lock, and so write once more, every audited row. That an event is gone is what the
    verification finds.
    """

    __tablename__ = "audit_link"
    __table_args__ = (CheckConstraint("octet_length(hash) = 32", name="sha256"),)

    position: int | None = Field(
        default=None, sa_column=Column("position", BigInteger, primary_key=True, autoincrement=False)
    )
    audit_event_id: int = Field(sa_column=Column("audit_event_id", BigInteger, unique=True, nullable=False))
    hash: bytes = Field(sa_column=Column("hash", LargeBinary, nullable=False))
    linked_at: datetime = Field(default=None, sa_column=moment("linked_at", now=True))


class AuditChain(SQLModel, table=True):
    """The one row that says how far the chain is: every event up to this (transaction, id) is linked."""

    __tablename__ = "audit_chain"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, sa_column=Column("id", SmallInteger, primary_key=True, autoincrement=False))
    transaction: int = Field(sa_column=Column("transaction", BigInteger, nullable=False))
    event_id: int = Field(sa_column=Column("event_id", BigInteger, nullable=False))


class ShippedData(SQLModel, table=True):
    """Shipped data that were loaded whole, by the digest of their files."""

    __tablename__ = "shipped_data"

    digest: str = Field(primary_key=True)
    loaded_at: datetime = Field(default=None, sa_column=moment("loaded_at", now=True))


class Change(SQLModel, table=True):
    """Something that server processes remember has changed; written by triggers, read by all of them (`app/changes.py`).

    `transaction` is the id of the writing transaction. The topic is the name of the table, or "access" with the user
    whose access it is; without a user it is everybody's.
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_transaction", "transaction"),)

    id: int | None = Field(default=None, sa_column=Column("id", BigInteger, Identity(always=True), primary_key=True))
    transaction: int = Field(sa_column=Column("transaction", BigInteger, nullable=False))
    user_id: uuid.UUID | None = None
    at: datetime = Field(default=None, sa_column=moment("at", now=True))
    topic: str


class OutboxEvent(SQLModel, table=True):
    """An event for the outside, written in the transaction of the change it tells of."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_pending", "created_at", postgresql_where=text("delivered_at is null")),)

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    type: str
    subject: str
    authority_id: uuid.UUID | None = Field(default=None, foreign_key="authority.id")
    data: dict[str, Any] = Field(sa_column=json("data"))
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    delivered_at: datetime | None = Field(default=None, sa_column=moment("delivered_at", nullable=True))


class IdempotencyRecord(SQLModel, table=True):
    """The answer to an unsafe request, so that a repeated one gets the same and does nothing twice.

    Written in the transaction of its effect: either both are there or neither.
    """

    __tablename__ = "idempotency_record"
    __table_args__ = (PrimaryKeyConstraint("user_id", "key"),)

    user_id: uuid.UUID = Field(foreign_key="user_account.id")
    key: str
    route: str
    request_hash: bytes = Field(sa_column=Column("request_hash", LargeBinary, nullable=False))
    created_at: datetime = Field(default=None, sa_column=moment("created_at", now=True))
    status: int | None = None
    headers: dict[str, str] | None = Field(default=None, sa_column=json("headers", nullable=True))
    body: str | None = Field(default=None, sa_column=Column("body", Text))
