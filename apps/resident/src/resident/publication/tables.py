"""Bundles by what they hold, and which of them each service of a council shows."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, Table

from chassis.tables import ID, SECURED
from resident.shared.tables import metadata

bundle = Table(
    "bundle",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service", sa.Text, nullable=False),
    Column("digest", sa.Text, nullable=False),  # SHA-256 of the content
    Column("content", sa.Text, nullable=False),  # canonical JSON, as the compiler writes it
    Column("created_at", sa.DateTime(timezone=True), nullable=False),
    Index("uq_bundle_content", "council", "service", "digest", unique=True),
    info=SECURED,
)
live_service = Table(
    "live_service",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("service", sa.Text, primary_key=True),
    Column("bundle", ID, nullable=False),
    Column("bundle_before", ID),  # what was live before: the way back
    Column("published_at", sa.DateTime(timezone=True), nullable=False),
    Column("published_by", sa.Text, nullable=False),
    Column("version", sa.Integer, nullable=False),
    ForeignKeyConstraint(
        ("council", "bundle"), ("bundle.council", "bundle.id"), deferrable=True, initially="DEFERRED"
    ),
    info=SECURED,
)
