"""What tables are made of: the metadata of those every service has, names of constraints, common columns."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, func
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SECURED = {"row_level_security": True}
"""``info`` of a table whose rows only sessions of their council see."""

ID = UUID(as_uuid=True)

REKEYED: dict[str, Any] = {"deferrable": True, "initially": "IMMEDIATE"}
"""Foreign keys that have ``council`` can be deferred: a merge of councils changes it on both sides."""

platform = MetaData(naming_convention=NAMING)


class Xid8(UserDefinedType[str]):
    """A 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def point_in_time(name: str, *, nullable: bool = False) -> Column[object]:
    """Make a column for a point in time, in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def timestamp(name: str) -> Column[object]:
    """Make a column for a point in time, set by the database when the row is written."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())
