"""Tables of closes and their exports. Triggers keep both as they were written."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, SECURED, point_in_time
from payments.ledger.tables import MODES
from payments.shared.tables import metadata

# Closes all days after the one before. No day up to it takes a posting: a trigger of the ledger holds that.
day_close = Table(
    "day_close",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("summary", JSONB, nullable=False),  # takings, and what stood open
    Column("closed_by", JSONB, nullable=False),
    point_in_time("closed_at"),
    CheckConstraint(MODES, name="mode"),
    UniqueConstraint("council", "mode", "number"),
    info=SECURED,
)

# A file of a close: the general ledger's journal, or a fund's. Sent again it has the same bytes.
export_file = Table(
    "export_file",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # journal, fund
    Column("fund", ID),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    CheckConstraint(MODES, name="mode"),
    UniqueConstraint("council", "mode", "number"),
    Index("ix_export_file_day", "council", "mode", "day"),
    info=SECURED,
)
