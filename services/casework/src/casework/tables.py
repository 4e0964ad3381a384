"""The tables of casework: only those every service has, so far."""

from sqlalchemy import MetaData

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
