"""What the tables of every domain are made with: metadata, the type of ids, columns of time."""

from sqlalchemy import Column, DateTime, MetaData
from sqlalchemy.dialects.postgresql import UUID

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
SECURED = {"row_level_security": True}
ID = UUID(as_uuid=True)
REGION = "region"
"""Stands in ``council`` for what belongs to the whole region. A reserved slug."""


def timestamp(name: str, *, nullable: bool = False) -> Column[object]:
    """Make a column of times in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
