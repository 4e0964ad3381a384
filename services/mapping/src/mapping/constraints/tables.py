"""Which layers are searched for constraints, and the searches, kept as evidence."""

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, SECURED, point_in_time
from mapping.shared.tables import metadata

# A council's list, a row for each version: a search names the one that it went by.
constraint_setting = Table(
    "constraint_setting",
    metadata,
    Column("council", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("layers", JSONB, nullable=False),  # of mapping.constraints.rules.SearchedLayer: by the layer's id
    Column("actor", Text, nullable=False),
    point_in_time("created_at"),
    info=SECURED,
)

# An answer, byte for byte. PostgreSQL refuses any change but of the council, and to delete it before its day.
constraint_search = Table(
    "constraint_search",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("audience", Text, nullable=False),  # of who searched: nobody else reads what they were shown
    Column("actor", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the content
    point_in_time("created_at"),
    Column("keep_until", Date, nullable=False),
    Index("ix_constraint_search_keep_until", "keep_until"),
    info=SECURED,
)
