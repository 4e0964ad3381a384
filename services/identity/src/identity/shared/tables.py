"""The building blocks of every domain's tables."""

from sqlalchemy import MetaData

from chassis.tables import ID, NAMING, REKEYED, SECURED
from chassis.tables import point_in_time as timestamp

__all__ = ["ID", "REGION", "REKEYED", "SECURED", "metadata", "timestamp"]

metadata = MetaData(naming_convention=NAMING)
REGION = "region"
"""The value of ``council`` for what belongs to the whole region. A reserved slug."""
