"""The dated reviews of a campaign beside its plan: a list asks for them and need not unpack every plan."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("set local lock_timeout = '5s'")
    reviews = "jsonb_path_query_array(plan, '$.phases[*].review ? (@.on != null)')"
    op.add_column(
        "campaign",
        sa.Column("reviews", postgresql.JSONB(), sa.Computed(reviews, persisted=True), nullable=True),
    )


def downgrade() -> None:
    """Take back."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_column("campaign", "reviews")
