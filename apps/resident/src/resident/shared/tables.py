"""The metadata that the tables of every domain share."""

from sqlalchemy import MetaData

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
