"""Tables of proofs of identity, the personal data they proved, accesses to it, and desk codes."""

from sqlalchemy import CheckConstraint, Column, Date, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.shared.tables import ID, SECURED, metadata, timestamp

# A proof of identity of an account's holder: how, when and by whom it was made. A trigger keeps it as
# written; only the second look and the withdrawal may be added. A proof counts for every council's services,
# so it belongs to the region; ``council`` is the one whose staff made it, or the region for an upstream's.
proof = Table(
    "proof",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("council", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),  # kinds of document and what was checked; nothing personal
    Column("proved_by", Text, nullable=False),
    timestamp("proved_at"),
    timestamp("expires_at"),
    Column("status", Text, nullable=False),
    Column("looked_by", Text),
    timestamp("looked_at", nullable=True),
    Column("withdrawn_by", Text),
    timestamp("withdrawn_at", nullable=True),
    CheckConstraint("level IN ('P0', 'P1', 'P2')", name="level"),
    CheckConstraint("route IN ('in-person', 'upstream')", name="route"),
    CheckConstraint("status IN ('waiting', 'holds', 'withdrawn')", name="status"),
    CheckConstraint("looked_by <> proved_by", name="second_pair_of_eyes"),
    Index("ix_proof_account", "account", postgresql_where=text("status = 'holds'")),
    Index("ix_proof_council", "council", "id"),
)

# What was proven, kept apart from the record so that it can be erased.
proof_person = Table(
    "proof_person",
    metadata,
    Column("proof", ID, primary_key=True),
    Column("given_names", ARRAY(Text), nullable=False),
    Column("family_name", Text, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("addresses", JSONB, nullable=False),
)

# A short-lived code that a person shows at a desk, which tells staff their account.
desk_code = Table(
    "desk_code",
    metadata,
    Column("account", ID, primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    timestamp("expires_at"),
    Index("uq_desk_code_code_hash", "code_hash", unique=True),
)

# Every access to a proof. A trigger refuses change and removal.
identity_access = Table(
    "identity_access",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("proof", ID, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    timestamp("at"),
    CheckConstraint("act IN ('recorded', 'read', 'confirmed', 'refused', 'withdrawn', 'erased')", name="act"),
    Index("ix_identity_access_account", "account", "id"),
    info={**SECURED, "aggregate": "identity.access"},
)
