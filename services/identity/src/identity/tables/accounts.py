"""Accounts of people. They belong to the region: one account for every council's services."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from identity.tables.base import metadata, moment

# An account is an id. All that is personal lies in the tables beside it, so that it can be erased.
account = Table(
    "account",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("status", Text, nullable=False),
    Column("language", Text, nullable=False),  # en or cy: the one pages and letters are in
    Column("version", Integer, nullable=False),
    moment("created_at"),
    moment("closed_at", nullable=True),
    CheckConstraint("status IN ('active', 'closed')", name="status"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
)

# The addresses an account proved it can read. ``address`` as it was typed, ``canonical`` as it is compared.
account_email = Table(
    "account_email",
    metadata,
    Column("account", UUID(as_uuid=True), primary_key=True),
    Column("address", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    moment("verified_at"),
    Index("uq_account_email_canonical", "canonical", unique=True),
)

# A browser in which somebody is signed in. ``secret_hash``: of the cookie, a new one after every sign-in.
browser_session = Table(
    "browser_session",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("account", UUID(as_uuid=True), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("methods", ARRAY(Text), nullable=False),  # email, password, passkey, totp, recovery, upstream
    Column("device", Text, nullable=False),  # as people know it: "Firefox on Windows"
    moment("authenticated_at"),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    moment("ended_at", nullable=True),
    Column("upstream_person", LargeBinary),  # HMAC: who it is at the provider through which it was opened,
    Column("upstream_session", LargeBinary),  # and his session there; both go when it ends
    Index("uq_browser_session_secret_hash", "secret_hash", unique=True),
    Index("ix_browser_session_account", "account", postgresql_where=text("ended_at IS NULL")),
    Index("ix_browser_session_seen_at", "seen_at", postgresql_where=text("ended_at IS NULL")),
    Index("ix_browser_session_upstream_person", "upstream_person", postgresql_where=text("ended_at IS NULL")),
    Index(
        "ix_browser_session_upstream_session", "upstream_session", postgresql_where=text("ended_at IS NULL")
    ),
)
