"""Drafts, sealed, and what is left of those that nobody finished: a count by page."""

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from resident.shared.tables import metadata

draft = Table(
    "draft",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("id", ID, primary_key=True),  # of the submission, too: from the first page on there is one
    Column("service", sa.Text, nullable=False),
    Column("bundle", ID, nullable=False),  # that it began with, and keeps to
    Column("secret_hash", sa.LargeBinary, nullable=False),  # SHA-256 of the secret in the browser's cookie
    Column("language", sa.Text, nullable=False),
    Column("channel", sa.Text, nullable=False),
    Column("page", sa.Text, nullable=False),  # where the person stands: a question's id, `stop` or `check`
    Column("key_id", sa.Text, nullable=False),  # which key of the server's
    Column("sealed", sa.LargeBinary, nullable=False),  # answers and facts; empty once they are sent
    Column("state", sa.Text, nullable=False),
    Column("version", sa.Integer, nullable=False),
    point_in_time("created_at"),
    point_in_time("touched_at"),
    point_in_time("expires_at"),
    ForeignKeyConstraint(("council", "bundle"), ("bundle.council", "bundle.id"), **REKEYED),
    CheckConstraint("state IN ('open', 'submitted')", name="state"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    Index(
        "uq_draft_secret",
        *("council", "service", "secret_hash"),
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
    Index("ix_draft_secret", "council", "service", "secret_hash", "id"),
    Index(None, "expires_at"),
    info=SECURED,
)
# One row for what one purge counted of a page, so that the rows of two councils never collide.
draft_figure = Table(
    "draft_figure",
    metadata,
    Column("council", sa.Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service", sa.Text, nullable=False),
    Column("page", sa.Text, nullable=False),
    Column("language", sa.Text, nullable=False),
    Column("outcome", sa.Text, nullable=False),
    Column("drafts", sa.Integer, nullable=False),
    point_in_time("counted_at"),
    CheckConstraint("outcome IN ('expired', 'deleted')", name="outcome"),
    Index("ix_draft_figure_council", "council", "service", "page"),
    info=SECURED,
)
