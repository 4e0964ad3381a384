"""Bundles by what they hold, which of them each service of a council shows, and who published it when."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB

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
    Column("sent_by", sa.Text, nullable=False, server_default=""),
    Column("case_number", sa.Text, nullable=False, server_default=""),  # the version at casework
    Column("case_fields", JSONB, nullable=False, server_default=text("'[]'")),  # names of its fields
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
publication = Table(
    "publication",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service", sa.Text, nullable=False),
    Column("bundle", ID, nullable=False),
    Column("bundle_before", ID),
    Column("published_at", sa.DateTime(timezone=True), nullable=False),
    Column("published_by", sa.Text, nullable=False),
    Column("is_back", sa.Boolean, nullable=False),  # it went back to what was live before
    Index("ix_publication_service", "council", "service", "id"),
    info=SECURED,
)
