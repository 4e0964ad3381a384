"""One-time codes."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from identity.shared.tables import ID, metadata, timestamp

# A code sent to an address, good in the one browser that asked for it. ``account`` may be null: none yet.
one_time_code = Table(
    "one_time_code",
    metadata,
    Column("browser", LargeBinary, primary_key=True),  # SHA-256 of the browser's secret
    Column("purpose", Text, primary_key=True),
    Column("account", ID),
    Column("address", Text, nullable=False),
    Column("hash", LargeBinary),  # HMAC of the code; null when it opens nothing
    Column("tries", Integer, nullable=False),
    timestamp("created_at"),
    timestamp("expires_at"),
    Index("ix_one_time_code_expires_at", "expires_at"),
    Index("ix_one_time_code_account", "account"),
    CheckConstraint(
        "purpose IN ('sign-in', 'register', 'email', 'email-before', 'phone', 'phone-before', "
        "'text', 'text-set-up')",
        name="purpose",
    ),
)
