"""Tables of teams."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from casework.shared.tables import metadata
from chassis.tables import REKEYED, SECURED

team = Table(
    "team",
    metadata,
    Column("council", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("members", ARRAY(Text), nullable=False),  # subjects, in the order in which they take turns
    Column("last_assignee", Text),  # who was given a case last, by rule
    Column("version", Integer, nullable=False),
    info=SECURED,
)

# Whose the cases of an area are; of one case type, or of any ('').
team_area = Table(
    "team_area",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_type", Text, primary_key=True),
    Column("area", Text, primary_key=True),  # folded; '*' is any other
    Column("team", Text, nullable=False),
    ForeignKeyConstraint(["council", "team"], ["team.council", "team.code"], ondelete="CASCADE", **REKEYED),
    info=SECURED,
)
