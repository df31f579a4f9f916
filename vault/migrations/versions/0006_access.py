"""Let API keys expire and say who made them, and let sessions end when idle and belong to a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; keys that are there do not expire."""
    op.add_column("api_keys", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.add_column("api_keys", sa.Column("created_by", sa.Text()))
    op.add_column("sessions", sa.Column("seen_at", sa.DateTime(timezone=True)))
    op.add_column("sessions", sa.Column("person", sa.JSON()))


def downgrade() -> None:
    """Drop them; whoever signed in at the OpenID provider is signed out, and keys that would expire are revoked."""
    op.execute("DELETE FROM sessions WHERE key_id IS NULL")
    op.execute("UPDATE api_keys SET revoked_at = expires_at WHERE revoked_at IS NULL AND expires_at IS NOT NULL")
    op.drop_column("sessions", "person")
    op.drop_column("sessions", "seen_at")
    op.drop_column("api_keys", "created_by")
    op.drop_column("api_keys", "expires_at")
