"""Versions of case types. What was published is never changed: cases run by it until they end."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from casework.shared.tables import metadata
from chassis.tables import ID, SECURED, point_in_time

case_type_version = Table(
    "case_type_version",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("code", Text, nullable=False),
    Column(
        "number", Text, nullable=False
    ),  # the version its YAML names, and which binding of it: 1.0, 1.0.2027
    Column("state", Text, nullable=False),
    Column("name", JSONB, nullable=False),  # {en, cy}
    Column("source", Text, nullable=False),  # YAML
    Column("welsh", Text, nullable=False),  # the catalogue; empty for none
    Column("parameters", JSONB, nullable=False),  # those the council sets; the others have their defaults
    Column("prices", JSONB, nullable=False, server_default=text("'{}'")),  # of the fee's lines, by line
    Column("digest", Text, nullable=False),  # of the compiled content
    Column("version", Integer, nullable=False),  # of this row
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    CheckConstraint("state IN ('draft', 'published', 'retired')", name="state"),
    Index("uq_case_type_version_number", "council", "code", "number", unique=True),
    Index(
        "uq_case_type_version_published",
        "council",
        "code",
        unique=True,
        postgresql_where=text("state = 'published'"),
    ),
    info=SECURED,
)
