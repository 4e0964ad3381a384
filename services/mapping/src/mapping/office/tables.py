"""Tables of the office."""

from sqlalchemy import Column, Table, Text

from chassis.tables import SECURED, point_in_time
from mapping.shared.tables import metadata

# Members of staff who changed a map, by the name that their council's directory gives: histories show it.
office_staff = Table(
    "office_staff",
    metadata,
    Column("council", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("name", Text, nullable=False),
    point_in_time("named_at"),
    info=SECURED,
)
