"""Where cases are."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, text

from chassis.tables import ID, SECURED, point_in_time
from mapping.shared.tables import metadata

IS_ON_MAP = text("closed_at IS NULL AND easting IS NOT NULL")

# A copy of what casework's events say of a case, until it is answered; then of cases that anybody may see on
# a map, while they are open.
case_location = Table(
    "case_location",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("case_type", Text, nullable=False),
    Column("reference", Text),
    Column("is_public", Boolean, nullable=False),
    Column("is_told", Boolean, nullable=False),  # that it was opened; false: only what came after that was
    # Where it is, as casework told it: forgotten when it is answered.
    Column("lon", Double),
    Column("lat", Double),
    Column("uprn", BigInteger),
    Column("usrn", Integer),
    # Where it is, in metres of the National Grid: of an answered case that anybody may see.
    Column("easting", Double),
    Column("northing", Double),
    Column("sequence", Integer, nullable=False),  # of casework's latest event
    Column("version", Integer, nullable=False),  # of `mapping.location`: 0 until it is answered
    point_in_time("closed_at", nullable=True),
    point_in_time("updated_at"),
    Index("ix_case_location_easting", "council", "mode", "easting", "northing", postgresql_where=IS_ON_MAP),
    Index("ix_case_location_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    info={**SECURED, "aggregate": "mapping.location"},
)
