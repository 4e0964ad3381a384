"""Developments and the properties that were numbered in each."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import UUID

from address.shared.tables import key, metadata

# Properties that were numbered together, before they were built.
development = Table(
    "development",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("usrn", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("approved_at", DateTime(timezone=True)),
)

development_plot = Table(
    "development_plot",
    metadata,
    key("council"),
    key("development_id", UUID(as_uuid=True)),
    key("uprn", BigInteger),
    Column("plot", Text, nullable=False),  # the builder's own name for it
)
