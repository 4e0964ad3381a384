"""Letters and text messages to people that wait to be sent."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from identity.shared.tables import ID, metadata, timestamp

# Address, names and codes are personal: a row goes as soon as its letter is sent or too old. Only a laptop's
# outbox keeps letters, for a day, as it has nobody to give them to.
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
    timestamp("due_at", nullable=True),  # null: it is in the outbox
    timestamp("expires_at"),
    CheckConstraint("channel IN ('email', 'text')", name="channel"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    Index("ix_mail_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_mail_expires_at", "expires_at"),
)
