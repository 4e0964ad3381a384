"""What every table of identity is made with."""

from sqlalchemy import Column, DateTime, MetaData

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
SECURED = {"row_level_security": True}
REGION = "region"
"""Stands in ``council`` for what belongs to the whole region. A reserved slug."""


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)
