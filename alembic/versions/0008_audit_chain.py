"""A chain over the audit events, indices to search them by, and what they were read for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels = None
depends_on = None

_PURPOSES = (
    "appraisal",
    "decision",
    "verification",
    "data_subject_request",
    "complaint",
    "inspection",
    "reporting",
    "other",
)


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column(
        "audit_event",
        sa.Column(
            "purpose",
            sa.Enum(*_PURPOSES, name="purpose", native_enum=False, length=40),
            nullable=True,
        ),
    )
    op.create_check_constraint(
        op.f("ck_audit_event_purpose"),
        "audit_event",
        "purpose in (" + ", ".join(f"'{purpose}'" for purpose in _PURPOSES) + ")",
    )
    # the constant is stored once for all rows that are there; a volatile default would write every one of them anew
    op.add_column("audit_event", sa.Column("transaction", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("audit_event", "transaction", server_default=sa.text("pg_current_xact_id()::text::bigint"))
    op.drop_index("ix_audit_event_entity", table_name="audit_event")
    newest_first = [sa.text("at desc"), sa.text("id desc")]
    op.create_index("ix_audit_event_at", "audit_event", newest_first)
    op.create_index("ix_audit_event_authority", "audit_event", ["authority_id", *newest_first])
    op.create_index("ix_audit_event_actor", "audit_event", ["actor_id", "authority_id", *newest_first])
    op.create_index("ix_audit_event_entity", "audit_event", ["entity_id", *newest_first])
    op.create_index("ix_audit_event_request", "audit_event", ["request_id"])
    op.create_index("ix_audit_event_transaction", "audit_event", ["transaction", "id"])
    op.create_table(
        "audit_link",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_audit_link_sha256")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("audit_event_id", name=op.f("uq_audit_link_audit_event_id")),
    )
    # the same triggers as migration 0001 gives the audit events themselves; ENABLE ALWAYS holds for replication roles
    for trigger, when in (
        ("append_only", "before update or delete on audit_link for each row"),
        ("append_only_all", "before truncate on audit_link for each statement"),
    ):
        op.execute(f"create trigger {trigger} {when} execute function refuse_change()")
        op.execute(f"alter table audit_link enable always trigger {trigger}")
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_chain_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    op.execute("insert into audit_chain (id, transaction, event_id) values (1, 0, 0)")


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_table("audit_chain")
    op.drop_table("audit_link")
    for name in ("transaction", "request", "entity", "actor", "authority", "at"):
        op.drop_index(f"ix_audit_event_{name}", table_name="audit_event")
    op.create_index("ix_audit_event_entity", "audit_event", ["entity", "entity_id", "id"])
    op.drop_column("audit_event", "transaction")
    op.drop_constraint(op.f("ck_audit_event_purpose"), "audit_event", type_="check")
    op.drop_column("audit_event", "purpose")
