"""Streets and their names in each language."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
)

from address.shared.tables import dates, key, metadata

street = Table(
    "street",
    metadata,
    key("council"),
    key("usrn", Integer),
    Column("record_type", SmallInteger, nullable=False),
    Column("state", SmallInteger),
    Column("classification", SmallInteger),
    Column("surface", SmallInteger),
    Column("naming_authority", SmallInteger),  # its code for street works (SWA)
    Column("start_easting", Numeric(8, 2)),
    Column("start_northing", Numeric(9, 2)),
    Column("end_easting", Numeric(8, 2)),
    Column("end_northing", Numeric(9, 2)),
    Column("tolerance", SmallInteger),  # metres
    Column("version", Integer, nullable=False),
    *dates(),
    CheckConstraint("usrn BETWEEN 1 AND 99999999", "usrn_range"),
    info={"aggregate": "address.street"},
)

# What a street is called, in one language. Locality and town are its usual ones: an LPI says its own.
street_descriptor = Table(
    "street_descriptor",
    metadata,
    key("council"),
    key("usrn", Integer),
    key("language"),  # ENG, CYM, GAE
    Column("description", Text, nullable=False),
    Column("locality", Text),
    Column("town", Text),
    Column("administrative_area", Text),
    Column("entry_date", Date, nullable=False),
    Column("last_update", Date, nullable=False),
)
