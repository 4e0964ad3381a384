"""Tables of closes and their exports. Triggers keep both as they were written."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
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

# A file of a close: the general ledger's journal, or a fund's. Its number, lines and total are those of the
# close; what is in it is written later. Sent again it has the same bytes.
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
    Column("content", LargeBinary),  # null until it is written, empty when it is erased
    Column("hash", LargeBinary),
    Column("lines", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("(hash IS NULL) = (content IS NULL)", name="written"),
    UniqueConstraint("council", "mode", "number"),
    Index("ix_export_file_day", "council", "mode", "day"),
    info=SECURED,
)

# What one batch wrote of a fund's file: deleted when the file is whole.
export_part = Table(
    "export_part",
    metadata,
    Column("council", Text, primary_key=True),
    Column("export", ID, primary_key=True),
    Column("n", Integer, primary_key=True),  # of the batch
    Column("lines", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["council", "export"], ["export_file.council", "export_file.id"], **REKEYED),
    info=SECURED,
)
