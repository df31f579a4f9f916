from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from vault.times import UtcDateTime

# Named constraints: a later migration can drop them on every database.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

key_checks = Table(
    "key_checks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("handle", String(63), nullable=False, unique=True),
    Column("provider", String(63), nullable=False),
    Column("account_id", Text, nullable=False),
    Column("account", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("access", LargeBinary, nullable=False),
    Column("refresh", LargeBinary),
    Column("expires_at", UtcDateTime),
    # Counts the token pairs of this connection.
    Column("version", Integer, nullable=False),
    # Until then one worker alone may refresh.
    Column("refreshing_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("authorized_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("verified_at", UtcDateTime),
    # From then on nothing uses it; the row stays until the provider has been told.
    Column("deleting_at", UtcDateTime),
    UniqueConstraint("provider", "account_id"),
)

# What is left of a deleted connection: nothing that is sealed.
deleted_connections = Table(
    "deleted_connections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("handle", String(63), nullable=False),
    Column("provider", String(63), nullable=False),
    Column("workspace_name", Text),
    Column("deleted_at", UtcDateTime, nullable=False),
    Column("revocation", String(32), nullable=False),
    Index(None, "handle"),
)

# What happened to connections and was not yet handed on; written together with what it tells of.
connection_events = Table(
    "connection_events",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("type", String(63), nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "at"),
)

variables = Table(
    "variables",
    metadata,
    Column("workflow", String(255), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("secret", Boolean, nullable=False),
    Column("value", Text),
    Column("sealed", LargeBinary),
    Column("hosts", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The database itself refuses a secret in plain text.
    CheckConstraint(
        "(secret AND value IS NULL AND sealed IS NOT NULL) OR (NOT secret AND value IS NOT NULL AND sealed IS NULL)",
        name="sealed_when_secret",
    ),
)

# What signs the events that a provider sends; the newest that has signed one is the one in force.
webhook_tokens = Table(
    "webhook_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("provider", String(63), nullable=False),
    # The same token may come again, and is then known by this.
    Column("digest", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("revealed_at", UtcDateTime),
    Column("verified_at", UtcDateTime),
    Column("last_event_at", UtcDateTime),
    UniqueConstraint("provider", "digest"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("created_by", Text),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("key_id", String(32), ForeignKey("api_keys.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    # Who signed in at the OpenID provider, instead of with a key.
    Column("person", JSON(none_as_null=True)),
    Index(None, "expires_at"),
)

one_time = Table(
    "one_time",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(63), nullable=False),
    Column("browser", String(64)),
    Column("payload", JSON, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)

paces = Table(
    "paces",
    metadata,
    # No foreign key: a call that is under way while its connection is deleted may leave a row, which says nothing.
    Column("handle", String(63), primary_key=True),
    Column("next_at", BigInteger, nullable=False),
    Column("tail_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("overtaken_at", BigInteger, nullable=False),
    Column("owed", Integer, nullable=False),
)
