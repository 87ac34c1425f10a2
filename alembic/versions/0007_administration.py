"""Accounts and grants are administered over the API: versions, invitations, and who may sign for a body."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels = None
depends_on = None

_NEWEST_FIRST = [sa.literal_column("created_at desc"), sa.literal_column("id desc")]


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column(
        "user_account",
        sa.Column(
            "search_folded",
            sa.Text(),
            sa.Computed("vi_fold(display_name || ' ' || translate(username, '._@-', '    '))", persisted=True),
            nullable=True,
        ),
    )
    op.add_column("user_account", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_index("ix_user_account_authority", "user_account", ["authority_id", *_NEWEST_FIRST], unique=False)
    op.create_index(
        "ix_user_account_search",
        "user_account",
        [sa.literal_column("to_tsvector('simple', search_folded)")],
        unique=False,
        postgresql_using="gin",
    )
    op.add_column("role_grant", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.add_column(
        "role_grant",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("role_grant", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_foreign_key(op.f("fk_role_grant_created_by"), "role_grant", "user_account", ["created_by"], ["id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_invitation_user_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_invitation_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("used_at is null and voided_at is null"),
    )
    op.create_table(
        "signer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("territory_path", sa.Text(collation="C"), nullable=False),
        sa.Column("line_path", sa.Text(collation="C"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "head",
                "on_behalf_of_body",
                "for_head",
                "by_order",
                "by_authorisation",
                name="form",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("basis_document_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "territory_path", "line_path"],
            ["authority.id", "authority.territory_path", "authority.line_path"],
            name=op.f("fk_signer_authority_id_territory_path_line_path"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_signer_user_id")),
        sa.ForeignKeyConstraint(["basis_document_id"], ["legal_document.id"], name=op.f("fk_signer_basis_document_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_signer_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signer")),
    )
    op.create_index(op.f("ix_signer_user_id"), "signer", ["user_id"], unique=False)
    op.create_index("ix_signer_owner", "signer", ["authority_id", *_NEWEST_FIRST], unique=False)


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_table("signer")
    op.drop_table("invitation")
    op.drop_constraint(op.f("fk_role_grant_created_by"), "role_grant", type_="foreignkey")
    for name in ("version", "created_at", "created_by"):
        op.drop_column("role_grant", name)
    op.drop_index("ix_user_account_search", table_name="user_account")
    op.drop_index("ix_user_account_authority", table_name="user_account")
    for name in ("version", "search_folded"):
        op.drop_column("user_account", name)
