"""Services that councils register: their keys by URL, and who changed what of them, when."""

from sqlalchemy import CheckConstraint, Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from identity.tables.base import SECURED, metadata, moment

_ID = UUID(as_uuid=True)

# When a client's jwks_uri was last asked, and when it last answered. Apart from the client, because every
# process hears of a change there.
jwks_reading = Table(
    "jwks_reading",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", _ID, primary_key=True),
    moment("tried_at"),
    moment("read_at", nullable=True),
    info=SECURED,
)

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
