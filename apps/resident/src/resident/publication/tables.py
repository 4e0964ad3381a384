"""Bundles by what they hold, and which of them each service of a council shows."""

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Table

from chassis.tables import SECURED
from resident.shared.tables import metadata

bundle = Table(
    "bundle",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("service", sa.Text, primary_key=True),
    Column("digest", sa.Text, primary_key=True),  # SHA-256 of the content
    Column("content", sa.Text, nullable=False),  # canonical JSON, as the compiler writes it
    Column("created_at", sa.DateTime(timezone=True), nullable=False),
    info=SECURED,
)
live_service = Table(
    "live_service",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("service", sa.Text, primary_key=True),
    Column("digest", sa.Text, nullable=False),
    Column("before", sa.Text),  # the digest that was live before: the way back
    Column("published_at", sa.DateTime(timezone=True), nullable=False),
    Column("published_by", sa.Text, nullable=False),
    Column("version", sa.Integer, nullable=False),
    ForeignKeyConstraint(
        ("council", "service", "digest"), ("bundle.council", "bundle.service", "bundle.digest")
    ),
    info=SECURED,
)
