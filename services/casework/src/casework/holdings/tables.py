"""The table of holdings: what somebody has by a case, for as long as it is in certain states."""

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, Table, Text, text

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED

# The address, the mode and the person are the case's.
holding = Table(
    "holding",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("holding", Text, primary_key=True),  # as the case type names it
    Column("kind", Text, nullable=False),
    Column("number", Text),
    Column("plate", Text),  # capitals without spaces
    Column("started_on", Date, nullable=False),
    Column("until", Date),  # the last day; none where nothing ends it
    Column("ended_on", Date),  # none while it is held
    ForeignKeyConstraint(["council", "case_id"], ["case_record.council", "case_record.id"], **REKEYED),
    Index("ix_holding_plate", "council", "plate", postgresql_where=text("plate IS NOT NULL")),
    info=SECURED,
)
