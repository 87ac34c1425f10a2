"""What every write leaves behind: audit, outbox, idempotency."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, PrimaryKeyConstraint, Text, text
from sqlmodel import Field, SQLModel

from app.ids import new_id
from app.models.base import json, moment


class AuditEvent(SQLModel, table=True):
    """Who did what, when, under which grant: append-only, enforced by the database."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_entity", "entity", "entity_id", "id"),)

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
