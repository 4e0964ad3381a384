"""Tables of postcodes' areas: what was told of each outcode, and what the last survey read."""

from sqlalchemy import Column, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, point_in_time
from mapping.shared.tables import metadata

# The areas of an outcode's postcodes, as its latest event says them.
outcode_areas = Table(
    "outcode_areas",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("outcode", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),  # the event's data but for `as_of`
    point_in_time("as_of"),
    Index("uq_outcode_areas_outcode", "council", "outcode", unique=True),
    info={"aggregate": "mapping.outcode"},
)

# What the survey of a council read: what is otherwise now is surveyed again.
area_survey = Table(
    "area_survey",
    metadata,
    Column("council", Text, primary_key=True),
    Column("layers", JSONB, nullable=False),  # the versions of layers, by their ids
    point_in_time("points_at"),  # properties that were written later are not in it
    point_in_time("due_at", nullable=True),  # when the next area begins or ends
)
