"""The building blocks of every domain's tables: metadata, the type of ids, time columns."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData
from sqlalchemy.dialects.postgresql import UUID

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
SECURED = {"row_level_security": True}
ID = UUID(as_uuid=True)
REKEYED: dict[str, Any] = {"deferrable": True, "initially": "IMMEDIATE"}
"""Foreign keys that have ``council`` can be deferred: a merge of councils changes it on both sides."""
REGION = "region"
"""The value of ``council`` for what belongs to the whole region. A reserved slug."""


def timestamp(name: str, *, nullable: bool = False) -> Column[object]:
    """Build a time column, in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
