"""Tables of look-ups: streets' names from address, and who is responsible for what."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.tables import ID, SECURED, timestamp
from mapping.shared.tables import metadata

# A street's name and point: a projection of address's events. Address keeps the record.
street_name = Table(
    "street_name",
    metadata,
    Column("council", Text, primary_key=True),
    Column("usrn", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),  # folded
    Column("easting", Numeric(8, 2)),  # none: address says no point
    Column("northing", Numeric(9, 2)),
    Column("sequence", Integer, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    timestamp("updated_at"),
    Index("ix_street_name_name", "council", "name"),
)

# Which body looks after a place: the first rule that fits, by position.
responsibility_rule = Table(
    "responsibility_rule",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("report_kind", Text, nullable=False),  # '*': any
    Column("layer", ID),  # a collection; none: everywhere
    Column("within_metres", Double, nullable=False),  # from its features
    Column("property_name", Text, nullable=False),  # '': whatever its features are
    Column("property_values", ARRAY(Text), nullable=False),
    Column("body", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("version", Integer, nullable=False),
    timestamp("updated_at"),
    Index("ix_responsibility_rule_position", "council", "position", "id"),
    CheckConstraint("within_metres >= 0", "within_metres"),
    info=SECURED,
)
