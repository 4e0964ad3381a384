"""The signing keys, and the API keys they signed."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.shared.tables import ID, SECURED, metadata, timestamp

# Signing keys belong to the region, so this table alone has no council.
signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary),  # AES-256-GCM; null once the key will not sign again
    timestamp("created_at"),
    timestamp("signs_from"),
    Column("algorithm", Text, nullable=False, server_default="ES256"),  # or RS256, for clients that ask
)

api_key = Table(
    "api_key",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column(
        "kid", Text, nullable=False
    ),  # the signing key, which stays published as long as this key is valid
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", Text, nullable=False),
    timestamp("created_at"),
    timestamp("expires_at"),
    timestamp("revoked_at", nullable=True),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    Index("ix_api_key_kid_expires_at", "kid", "expires_at", postgresql_where=text("revoked_at IS NULL")),
    info=SECURED,
)
