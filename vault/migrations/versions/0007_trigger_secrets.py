"""Make the tables of what triggers are signed with, and of their addresses that were replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; every address stays what it is."""
    op.create_table(
        "trigger_secrets",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("workflow", sa.String(255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_secrets"),
    )
    op.create_index("ix_trigger_secrets_workflow", "trigger_secrets", ["workflow"])
    op.create_table(
        "trigger_addresses",
        sa.Column("workflow", sa.String(255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earlier_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("workflow", name="pk_trigger_addresses"),
    )


def downgrade() -> None:
    """Drop both: the first address of each trigger is the one that counts again."""
    op.drop_table("trigger_addresses")
    op.drop_table("trigger_secrets")
