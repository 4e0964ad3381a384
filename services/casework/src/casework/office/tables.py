"""Tables of the office."""

from sqlalchemy import Column, Table, Text

from casework.shared.tables import metadata
from chassis.tables import SECURED, point_in_time

# Members of staff who came to the office, by the name that their council's directory gives: pages show it.
office_staff = Table(
    "office_staff",
    metadata,
    Column("council", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("name", Text, nullable=False),
    point_in_time("named_at"),
    info=SECURED,
)
