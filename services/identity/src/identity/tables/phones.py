"""The phones of people's accounts, and how many texts have been sent."""

from sqlalchemy import CheckConstraint, Column, Date, Integer, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from identity.tables.base import metadata, moment

# The number an account has shown that it reads. Not unique: a household may share one phone.
account_phone = Table(
    "account_phone",
    metadata,
    Column("account", UUID(as_uuid=True), primary_key=True),
    Column("number", Text, nullable=False),  # E.164
    moment("verified_at"),
    moment("second_step_since", nullable=True),  # since when signing in needs a text to it; null: it does not
    CheckConstraint("number ~ '^[+][1-9][0-9]{4,14}$'", name="number"),
)

# How many texts went on a day, against the budget: one row for a kind and a day, no person in it.
text_count = Table(
    "text_count",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("sent", Integer, nullable=False),
    CheckConstraint("kind IN ('known', 'known-abroad', 'new', 'new-abroad')", name="kind"),
)
