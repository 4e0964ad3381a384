"""The issuer's own: signing keys, clients, API keys, used assertions."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from identity.tables.base import SECURED, metadata, moment

# The issuer's keys belong to the region, so this table alone has no council.
signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary),  # AES-256-GCM; null once the key can sign no more
    moment("created_at"),
    moment("signs_from"),
    Column("algorithm", Text, nullable=False, server_default="ES256"),  # or RS256, for clients that ask
)

client = Table(
    "client",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("jwks", JSONB(none_as_null=True)),  # a list of public keys
    Column("secret_hash", LargeBinary),  # SHA-256 of 256 random bits
    Column("previous_hash", LargeBinary),  # of the secret before, which holds on until `previous_until`
    moment("previous_until", nullable=True),
    Column("generation", Integer, nullable=False),  # which secret of the client is in force
    Column("public", Boolean, nullable=False, server_default=false()),  # an app that can keep no secret
    Column("created_by", Text, nullable=False),
    moment("created_at"),
    moment("revoked_at", nullable=True),
    UniqueConstraint("id"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint(
        "num_nonnulls(jwks, secret_hash) = CASE WHEN public THEN 0 ELSE 1 END", name="one_way_to_authenticate"
    ),
    Index(
        "uq_client_name_in_use", "council", "name", unique=True, postgresql_where=text("revoked_at IS NULL")
    ),
    info=SECURED,
)

api_key = Table(
    "api_key",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kid", Text, nullable=False),  # the signing key, which stays published as long as this lives
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", Text, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    Index("ix_api_key_kid_expires_at", "kid", "expires_at", postgresql_where=text("revoked_at IS NULL")),
    info=SECURED,
)

# Client assertions already used: a jti is taken once while it is valid.
assertion_use = Table(
    "assertion_use",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client_id", UUID(as_uuid=True), primary_key=True),
    Column("jti", Text, primary_key=True),
    moment("expires_at"),
    Index("ix_assertion_use_expires_at", "expires_at"),
)
