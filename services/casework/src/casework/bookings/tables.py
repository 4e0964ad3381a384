"""Tables of pools, their slots as far as somebody took one, and who took it."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time


def _of_pool() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", "pool_id"], ["slot_pool.council", "slot_pool.id"], **REKEYED)


slot_pool = Table(
    "slot_pool",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("pool", Text, nullable=False),  # as case types name it
    Column("area", Text, nullable=False),  # or empty: of every area
    Column("name", Text, nullable=False),
    Column("week", JSONB, nullable=False),  # casework.bookings.rules
    Column("exceptions", JSONB, nullable=False),
    Column("open_on_holidays", Boolean, nullable=False),  # on bank holidays and closures too
    Column("hold_minutes", Integer, nullable=False),  # of a hold before there is a case
    Column("notice_hours", Integer, nullable=False),
    Column("days_ahead", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    Index("uq_slot_pool_area", "council", "pool", "area", unique=True),
    info=SECURED,
)

# How many places of a slot are taken: one row to guard, so that it is never overbooked.
slot_window = Table(
    "slot_window",
    metadata,
    Column("council", Text, primary_key=True),
    Column("pool_id", ID, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("starts_at", DateTime(timezone=True), primary_key=True),
    Column("taken", Integer, nullable=False),
    _of_pool(),
    CheckConstraint("taken >= 0", name="taken"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    info=SECURED,
)

slot_booking = Table(
    "slot_booking",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("pool_id", ID, nullable=False),
    Column("mode", Text, nullable=False),
    point_in_time("starts_at"),
    Column("case_id", ID),
    Column("slot", Text),  # as the case's type names it
    Column("submission", Text),  # until there is a case
    point_in_time("expires_at", nullable=True),  # of a hold; none when it is confirmed
    point_in_time("created_at"),
    _of_pool(),
    ForeignKeyConstraint(["council", "case_id"], ["case_record.council", "case_record.id"], **REKEYED),
    UniqueConstraint("council", "case_id", "slot"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint(
        "case_id IS NOT NULL OR (submission IS NOT NULL AND expires_at IS NOT NULL)", name="owner"
    ),
    Index(
        "uq_slot_booking_submission",
        *("council", "mode", "submission", "pool_id"),
        unique=True,
        postgresql_where=text("case_id IS NULL"),
    ),
    Index("ix_slot_booking_window", "council", "pool_id", "mode", "starts_at"),
    Index("ix_slot_booking_expiry", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    info=SECURED,
)
