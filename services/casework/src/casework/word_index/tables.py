"""The table of words: erased with their case."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from casework.shared.tables import metadata
from chassis.tables import ID, REKEYED, SECURED

case_words = Table(
    "case_words",
    metadata,
    Column("council", Text, primary_key=True),
    Column("case_id", ID, primary_key=True),
    Column("words", TSVECTOR, nullable=False),  # of fields and notes
    Column("notes", TSVECTOR, nullable=False),  # of notes: fields are written anew, and these stay
    ForeignKeyConstraint(
        ["council", "case_id"], ["case_record.council", "case_record.id"], ondelete="CASCADE", **REKEYED
    ),
    Index("ix_case_words", "council", "words", postgresql_using="gin"),
    info=SECURED,
)
