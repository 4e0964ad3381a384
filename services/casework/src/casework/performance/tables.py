"""The counts behind the figures. Triggers of case_record write them; no case and no person is named."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text, text

from casework.shared.tables import metadata
from chassis.tables import ID, SECURED

case_figure = Table(
    "case_figure",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True, server_default=text("uuidv7()")),
    Column("mode", Text, nullable=False),
    Column("code", Text, nullable=False),  # of the case type
    Column("restricted", Text, nullable=False),  # the one role that may know of these cases; empty for none
    Column("week", Date, nullable=False),  # its Monday
    Column("measure", Text, nullable=False),
    Column("detail", Text, nullable=False),  # the result of closed, the clock of met and missed
    Column("number", Integer, nullable=False),
    Column("folded", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint(
        "measure IN ('opened', 'closed', 'closed_late', 'reopened', 'met', 'missed')", name="measure"
    ),
    Index("ix_case_figure_week", "council", "mode", "week", "code"),
    Index("ix_case_figure_waiting", "council", "id", postgresql_where=text("NOT folded")),
    info=SECURED,
)
