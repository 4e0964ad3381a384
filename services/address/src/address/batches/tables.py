"""Batches of addresses to match: rows that may be personal."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from address.shared.tables import SECURED, key, metadata


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


match_batch = Table(
    "match_batch",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("status", Text, nullable=False),
    Column("client", Text, nullable=False),  # the client that sent it
    *(_count(name) for name in ("rows", "done", "matched", "ambiguous", "missing", "rejected")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("fault", Text),
    Column("expires_at", DateTime(timezone=True), nullable=False),  # then it is purged
    CheckConstraint("status IN ('receiving', 'queued', 'running', 'finished', 'failed')", "status_known"),
    Index(None, "expires_at"),
    info=SECURED,
)

# Some thousand rows of a batch, compressed. ``asked`` is emptied as soon as it is answered.
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
