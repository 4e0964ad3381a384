"""Identity's own tables. The councils themselves are in ``chassis.tables.council``, which is theirs here."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
SECURED = {"row_level_security": True}
REGION = "region"
"""Stands in ``council`` for what belongs to the whole region. A reserved slug."""


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# The issuer's keys belong to the region, so this table alone has no council.
signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary),  # AES-256-GCM; null once the key can sign no more
    _moment("created_at"),
    _moment("signs_from"),
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
    Column("generation", Integer, nullable=False),  # which secret of the client is in force
    Column("created_by", Text, nullable=False),
    _moment("created_at"),
    _moment("revoked_at", nullable=True),
    UniqueConstraint("id"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("(jwks IS NULL) <> (secret_hash IS NULL)", name="one_way_to_authenticate"),
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
    _moment("created_at"),
    _moment("expires_at"),
    _moment("revoked_at", nullable=True),
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
    _moment("expires_at"),
    Index("ix_assertion_use_expires_at", "expires_at"),
)
