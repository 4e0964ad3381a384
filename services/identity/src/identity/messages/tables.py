"""The table of e-mails and SMS that wait to be sent."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from identity.shared.tables import ID, metadata, timestamp

# Addresses, names and codes are personal: a row is deleted as soon as its message is sent or has expired.
# Only a laptop keeps messages, for a day, to show them instead of sending them.
mail = Table(
    "mail",
    metadata,
    Column("id", ID, primary_key=True),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default="email"),
    Column("personalisation", JSONB, nullable=False),
    Column("tries", Integer, nullable=False),
    timestamp("created_at"),
    timestamp("due_at", nullable=True),  # null: a laptop shows it instead of sending it
    timestamp("expires_at"),
    CheckConstraint("channel IN ('email', 'text')", name="channel"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    Index("ix_mail_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_mail_expires_at", "expires_at"),
)
