"""Batches of addresses to match, and properties' references in other registers: rows that may be personal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from address.tables.base import key, metadata

SECURED = {"row_level_security": True}


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


match_batch = Table(
    "match_batch",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("status", Text, nullable=False),
    Column("client", Text, nullable=False),  # who asked
    *(_count(name) for name in ("rows", "done", "matched", "ambiguous", "missing", "rejected")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("fault", Text),
    # Who works on it (or still receives it), and until when nobody else may.
    Column("holder", UUID(as_uuid=True)),
    Column("held_until", DateTime(timezone=True)),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),  # since the last row done
    CheckConstraint("status IN ('receiving', 'queued', 'running', 'finished', 'failed')", "status_known"),
    Index(None, "created_at", postgresql_where=text("status <> 'finished'")),
    info=SECURED,
)

# Some thousand rows of a batch, compressed. What was asked is emptied as soon as it is answered.
match_chunk = Table(
    "match_chunk",
    metadata,
    key("council"),
    key("batch", UUID(as_uuid=True)),
    key("n", Integer),
    Column("rows", Integer, nullable=False),
    Column("asked", LargeBinary),  # JSON
    Column("answered", LargeBinary),  # CSV lines: id,outcome,uprn,confidence,exact
    Column("rejects", LargeBinary),  # CSV lines: line,id,reason
    info=SECURED,
)

# What a council has made of a scheme; the schemes everybody has are in ``rules.schemes``.
reference_scheme = Table(
    "reference_scheme",
    metadata,
    key("council"),
    key("scheme"),
    Column("name", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("many", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# Who changed which reference: apart from a property's own history, for many a scheme is private.
reference_history = Table(
    "reference_history",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("scheme"),
    key("reference"),
    key("version", Integer),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    CheckConstraint("kind IN ('set', 'ended')", "kind_known"),
    Index(None, "council", "scheme", "reference"),
    info=SECURED,
)
