"""Make the table by which the calls of connections are spaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "paces",
        sa.Column("handle", sa.String(63), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tail_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("overtaken_at", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_paces"),
    )


def downgrade() -> None:
    """Drop it; the next call of each connection begins anew."""
    op.drop_table("paces")
