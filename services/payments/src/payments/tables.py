"""Tables of payments: none yet beside those every service has."""

from sqlalchemy import MetaData

from chassis.tables import NAMING

metadata = MetaData(naming_convention=NAMING)
