"""Metadata, keys and columns that the tables of several domains share."""

from typing import Any

from sqlalchemy import (
    Column,
    Date,
    MetaData,
    Text,
)

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)

# Order by code point whatever the server's locale: prefix searches can use the index.
BYTES = Text(collation="C")


def key(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def dates() -> list[Column[Any]]:
    """Return BS 7666's dates of a record: start, end, entry, last update."""
    return [
        Column("start_date", Date),
        Column("end_date", Date),
        Column("entry_date", Date, nullable=False),
        Column("last_update", Date, nullable=False),
    ]


SECURED = {"row_level_security": True}
