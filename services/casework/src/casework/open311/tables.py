"""Tables of what came by Open311. What a report says is in its case: here is what is told of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time


def _mode() -> CheckConstraint:
    return CheckConstraint("mode IN ('sandbox', 'live')", name="mode")


def _of_report() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["council", "case_id"],
        ["open311_report.council", "open311_report.case_id"],
        ondelete="CASCADE",
        **REKEYED,
    )


open311_report = Table(
    "open311_report",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("reference", Text, nullable=False),  # the case's, as people read it
    Column("mode", Text, nullable=False),
    Column("client", Text, nullable=False),  # who sent it; a new key of theirs is still theirs
    Column("sender_id", Text),  # the sender's own id: the same one never opens a second case
    Column("code", Text, nullable=False),
    Column("service", JSONB, nullable=False),  # its name in both languages
    Column("private", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # as last told
    Column("status", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("notes", JSONB, nullable=False),  # the public words of the state
    Column("address", Text),
    Column("uprn", BigInteger),
    Column("lat", Double),
    Column("long", Double),
    point_in_time("requested_at"),
    point_in_time("updated_at"),
    point_in_time("expected_at", nullable=True),
    ForeignKeyConstraint(
        ["council", "case_id"], ["case_record.council", "case_record.id"], ondelete="CASCADE", **REKEYED
    ),
    UniqueConstraint("council", "mode", "client", "sender_id"),
    _mode(),
    Index("ix_open311_report_reference", "council", "mode", "reference"),
    Index(
        "ix_open311_report_requested",
        *("council", "mode", "requested_at", "case_id"),
        postgresql_where=text("NOT private"),
    ),
    info=SECURED,
)

# What senders are told when a state changes.
open311_update = Table(
    "open311_update",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("case_id", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("words", JSONB, nullable=False),
    point_in_time("updated_at"),  # in the order of commits, by open311_horizon
    _of_report(),
    _mode(),
    Index("ix_open311_update_window", "council", "mode", "updated_at"),
    Index("ix_open311_update_case", "council", "case_id"),
    info=SECURED,
)

# Updates that senders sent: their text is in the case's history.
open311_message = Table(
    "open311_message",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("case_id", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    point_in_time("received_at"),
    _of_report(),
    UniqueConstraint("council", "mode", "client", "sender_id"),
    _mode(),
    Index("ix_open311_message_case", "council", "case_id"),
    info=SECURED,
)

# The latest moment that an update has, or up to which a window was answered. Who stamps holds the row.
open311_horizon = Table(
    "open311_horizon",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    point_in_time("reached_at"),
    _mode(),
    info=SECURED,
)
