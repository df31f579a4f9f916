"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of connections, variables, API keys, sessions and single-use tokens."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "key_checks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_checks"),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("handle", sa.String(63), nullable=False),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("account", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("access", sa.LargeBinary(), nullable=False),
        sa.Column("refresh", sa.LargeBinary()),
        sa.Column("expires_at", moment),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("refreshing_until", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("authorized_at", moment, nullable=False),
        sa.Column("last_used_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.UniqueConstraint("handle", name="uq_connections_handle"),
        sa.UniqueConstraint("provider", "account_id", name="uq_connections_provider_account_id"),
    )
    op.create_table(
        "variables",
        sa.Column("workflow", sa.String(255), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "name", name="pk_variables"),
        sa.CheckConstraint(
            "(secret AND value IS NULL AND sealed IS NOT NULL) OR "
            "(NOT secret AND value IS NOT NULL AND sealed IS NULL)",
            name=op.f("ck_variables_sealed_when_secret"),
        ),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment),
        sa.Column("revoked_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32)),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_sessions_key_id"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "one_time",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(63), nullable=False),
        sa.Column("browser", sa.String(64)),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_one_time"),
    )
    op.create_index("ix_one_time_expires_at", "one_time", ["expires_at"])


def downgrade() -> None:
    """Drop every table, and all that is stored with it."""
    for table in ("one_time", "sessions", "api_keys", "variables", "connections", "key_checks"):
        op.drop_table(table)
