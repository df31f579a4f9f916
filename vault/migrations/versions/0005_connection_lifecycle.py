"""Let connections be deleted in two parts, and make the tables of what is left of them and of what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and make the tables."""
    op.add_column("connections", sa.Column("verified_at", sa.DateTime(timezone=True)))
    op.add_column("connections", sa.Column("deleting_at", sa.DateTime(timezone=True)))
    op.create_table(
        "deleted_connections",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("handle", sa.String(63), nullable=False),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("workspace_name", sa.Text()),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revocation", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deleted_connections"),
    )
    op.create_index("ix_deleted_connections_handle", "deleted_connections", ["handle"])
    op.create_table(
        "connection_events",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(63), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connection_events"),
    )
    op.create_index("ix_connection_events_at", "connection_events", ["at"])


def downgrade() -> None:
    """Drop them; a connection that is being deleted stays, revoked, with its tokens."""
    op.drop_table("connection_events")
    op.drop_table("deleted_connections")
    op.drop_column("connections", "deleting_at")
    op.drop_column("connections", "verified_at")
