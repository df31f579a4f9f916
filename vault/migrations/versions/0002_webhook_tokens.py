"""Make the table of the tokens that providers sign their events with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_tokens",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("revealed_at", moment),
        sa.Column("verified_at", moment),
        sa.Column("last_event_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_tokens"),
        sa.UniqueConstraint("provider", "digest", name="uq_webhook_tokens_provider_digest"),
    )


def downgrade() -> None:
    """Drop the table; the subscription at the provider has to be made anew."""
    op.drop_table("webhook_tokens")
