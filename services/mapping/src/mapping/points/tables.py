"""Tables of property points."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Numeric, Table, Text, text

from chassis.tables import timestamp
from mapping.shared.tables import metadata

# Where each property is: a projection of address's events. Address keeps the record.
property_point = Table(
    "property_point",
    metadata,
    Column("council", Text, primary_key=True),
    Column("uprn", BigInteger, primary_key=True, autoincrement=False),
    Column("easting", Numeric(8, 2), nullable=False),
    Column("northing", Numeric(9, 2), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    Column("postcode", Text(collation="C")),  # none: it has none, or its event is from before there was one
    timestamp("updated_at"),
    Index(None, "council", "postcode"),
    Index(None, "council", "updated_at"),
)
