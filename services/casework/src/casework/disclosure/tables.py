"""Tables of disclosure: what was put together about a person, until it expires."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, SECURED, point_in_time

# The blob has the id of the row.
person_export = Table(
    "person_export",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("about", JSONB, nullable=False),  # person, email, phone, uprn: personal, and gone with the row
    Column("requested_by", JSONB, nullable=False),
    point_in_time("requested_at"),
    point_in_time("expires_at"),
    Column("cases", Integer),
    Column("size", BigInteger),
    Column("sha256", LargeBinary),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("state IN ('building', 'ready')", name="state"),
    Index("ix_person_export_expiry", "expires_at"),
    info=SECURED,
)
