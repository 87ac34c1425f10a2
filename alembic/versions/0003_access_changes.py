"""What changed of who may do what, so that every server process forgets it at once and asks nobody else again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels = None
depends_on = None

# table, event, condition, whose access it changes; null: everybody's
_TRIGGERS = (
    ("user_session", "update", "old.ended_at is distinct from new.ended_at", "new.user_id"),
    ("user_account", "update", "old.* is distinct from new.*", "new.id"),
    ("role_grant", "insert", "true", "new.user_id"),
    ("role_grant", "update", "true", "new.user_id"),
    ("role_grant", "delete", "true", "old.user_id"),
    (
        "authority",
        "update",
        "(old.territory_path, old.line_path) is distinct from (new.territory_path, new.line_path)",
        "null",
    ),
)


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "access_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_change")),
    )
    op.create_index("ix_access_change_transaction", "access_change", ["transaction"], unique=False)
    for table, event, condition, user in _TRIGGERS:
        name = f"{table}_{event}_changes_access"
        op.execute(f"""
            create function {name}() returns trigger language plpgsql as $$
            begin
                -- xid8 as bigint: a number that is never used twice
                insert into access_change (transaction, user_id)
                values (pg_current_xact_id()::text::bigint, {user});
                return null;
            end $$
        """)
        op.execute(f"""
            create trigger changes_access_{event} after {event} on {table}
            for each row when ({condition}) execute function {name}()
        """)


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    for table, event, _, _ in _TRIGGERS:
        op.execute(f"drop trigger changes_access_{event} on {table}")
        op.execute(f"drop function {table}_{event}_changes_access()")
    op.drop_table("access_change")
