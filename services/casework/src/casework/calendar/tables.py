"""Tables of calendars: closures and school terms of a council; proclaimed bank holidays of the region."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKeyConstraint, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED, point_in_time


def _version() -> list[Column[object]]:
    return [
        Column("version", Integer, nullable=False),
        Column("updated_by", Text, nullable=False),
        point_in_time("updated_at"),
    ]


# Bank holidays added or taken away after the code list was published: read in the order of their ids.
proclamation = Table(
    "proclamation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("day", Date, nullable=False),
    Column("divisions", ARRAY(Text), nullable=False),  # casework.calendar.rules.nations.Division
    Column("added", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_cy", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    point_in_time("entered_at"),
    CheckConstraint(
        "divisions <@ ARRAY['england_and_wales', 'scotland', 'northern_ireland'] "
        "AND cardinality(divisions) BETWEEN 1 AND 3",
        name="divisions",
    ),
)

# Days on which a council is closed.
closure = Table(
    "closure",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_cy", Text, nullable=False),
    *_version(),
    CheckConstraint("last_day >= first_day", name="days"),
    info=SECURED,
)

# Who admits children to schools and sets their terms: the council, or an academy trust.
admission_authority = Table(
    "admission_authority",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    *_version(),
    info=SECURED,
)

# The terms of a school year, which begins on 1 September of its year.
school_year = Table(
    "school_year",
    metadata,
    Column("council", Text, primary_key=True),
    Column("authority", ID, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("terms", JSONB, nullable=False),  # [[first day, last day], ...]
    Column("inset_days", ARRAY(Date), nullable=False),
    *_version(),
    ForeignKeyConstraint(
        ["council", "authority"], ["admission_authority.council", "admission_authority.id"], **REKEYED
    ),
    info=SECURED,
)
