"""What every table of the address service is made with."""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import NAMING, Xid8

metadata = MetaData(naming_convention=NAMING)

# Order by code point whatever the server's locale: prefix searches can use the index.
BYTES = Text(collation="C")


def key(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, primary_key=True)


def dates() -> list[Column[Any]]:
    """BS 7666's own dates of a record: when it came into force and ended, was entered, last updated."""
    return [
        Column("start_date", Date),
        Column("end_date", Date),
        Column("entry_date", Date, nullable=False),
        Column("last_update", Date, nullable=False),
    ]


KINDS = "kind IN ('created', 'changed', 'retired')"


def recorded() -> list[Column[Any]]:
    """Who changed what and when, and where the change stands in the feed: its transaction and position.

    The database fills both in. A later change of the same property or street never has a lower ``xact`` than
    the one before it, whichever transaction began first.
    """
    return [
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("actor", Text, nullable=False),  # the token's subject, or load/{id}
        Column("kind", Text, nullable=False),  # created, changed, retired
        Column("changes", JSONB),  # {field: [before, after]}; null when created
        Column("xact", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
        Column("position", BigInteger, nullable=False, server_default=text("nextval('change_position')")),
    ]
