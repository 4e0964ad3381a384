"""Who changed what of a service, and when."""

from sqlalchemy import CheckConstraint, Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from identity.tables.base import SECURED, metadata, moment

_ID = UUID(as_uuid=True)

# A trigger refuses change and removal.
service_history = Table(
    "service_history",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", _ID, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changes", JSONB, nullable=False),  # member -> [before, after]; of people, the member's name alone
    moment("at"),
    CheckConstraint(
        "act IN ('registered', 'changed', 'secret-made', 'secret-ended', 'keys-read', 'retired')", name="act"
    ),
    info=SECURED,
)
