"""History of properties and streets: who changed what, and where it stands in the feed."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from address.shared.tables import key, metadata
from chassis.tables import Xid8

KIND_CHECK = "kind IN ('created', 'changed', 'retired')"


def change_columns() -> list[Column[Any]]:
    """Return columns for who changed what and when, and the change's transaction and position in the feed.

    The database fills both in. A later change of the same property or street never has a lower ``xact`` than
    an earlier one, whichever transaction began first.
    """
    return [
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("actor", Text, nullable=False),  # the token's subject, or load/{id}
        Column("kind", Text, nullable=False),  # created, changed, retired
        Column("changes", JSONB),  # {field: [before, after]}; null when created
        Column("xact", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
        Column("position", BigInteger, nullable=False, server_default=text("nextval('change_position')")),
    ]


# Who changed what of a street, and when; protected as ``history`` is. ``changes`` names
# description, locality, town (the English name's), state, classification, and names in other languages as
# description_cym and so on.
street_history = Table(
    "street_history",
    metadata,
    key("council"),
    key("usrn", Integer),
    key("version", Integer),
    *change_columns(),
    CheckConstraint(KIND_CHECK, "kind_known"),
    Index(None, "council", "xact", "position"),
)

# Who changed what of a property, and when. The database refuses to change or delete a row.
history = Table(
    "history",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("version", Integer),
    *change_columns(),
    CheckConstraint(KIND_CHECK, "kind_known"),
    Index(None, "council", "xact", "position"),
)
