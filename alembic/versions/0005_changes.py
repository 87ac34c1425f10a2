"""Changes of what answers are read from, beside those of access, so that a server process may keep answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels = None
depends_on = None

# the triggers of migration 0003: function, whose access it changes
_ACCESS = (
    ("user_session_update", "new.user_id"),
    ("user_account_update", "new.id"),
    ("role_grant_insert", "new.user_id"),
    ("role_grant_update", "new.user_id"),
    ("role_grant_delete", "old.user_id"),
    ("authority_update", "null"),
)
_WATCHED = (
    "administrative_unit",
    "authority",
    "award_rollup",
    "award_type",
    "campaign",
    "deployment",
    "historical_figure",
    "legal_document",
    "unit_succession",
)


def _note_access(into: str, values: str) -> None:
    for function, user in _ACCESS:
        op.execute(f"""
            create or replace function {function}_changes_access() returns trigger language plpgsql as $$
            begin
                -- xid8 as bigint: a number that is never used twice
                insert into {into} values (pg_current_xact_id()::text::bigint, {user}{values});
                return null;
            end $$
        """)


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    op.rename_table("access_change", "change")
    op.execute("alter index pk_access_change rename to pk_change")
    op.execute("alter index ix_access_change_transaction rename to ix_change_transaction")
    op.execute("alter sequence access_change_id_seq rename to change_id_seq")
    op.add_column("change", sa.Column("topic", sa.String(), nullable=False, server_default="access"))
    op.alter_column("change", "topic", server_default=None)
    _note_access("change (transaction, user_id, topic)", ", 'access'")
    op.execute("""
        create function note_change() returns trigger language plpgsql as $$
        begin
            insert into change (transaction, topic) values (pg_current_xact_id()::text::bigint, tg_table_name);
            return null;
        end $$
    """)
    for table in _WATCHED:
        op.execute(f"""
            create trigger note_change after insert or update or delete or truncate on {table}
            for each statement execute function note_change()
        """)


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    for table in _WATCHED:
        op.execute(f"drop trigger note_change on {table}")
    op.execute("drop function note_change()")
    op.execute("delete from change where topic <> 'access'")
    op.drop_column("change", "topic")
    op.rename_table("change", "access_change")
    op.execute("alter index pk_change rename to pk_access_change")
    op.execute("alter index ix_change_transaction rename to ix_access_change_transaction")
    op.execute("alter sequence change_id_seq rename to access_change_id_seq")
    _note_access("access_change (transaction, user_id)", "")
