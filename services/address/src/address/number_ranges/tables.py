"""The UPRNs and USRNs a council may give."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    Table,
    func,
)

from address.shared.tables import key, metadata

# The UPRNs and USRNs a council may give. GeoPlace allots them, so that no other council gives the same.
number_range = Table(
    "number_range",
    metadata,
    key("council"),
    key("kind"),  # uprn, usrn
    key("first", BigInteger),
    Column("last", BigInteger, nullable=False),
    Column("given", BigInteger, nullable=False),  # the last one given; first - 1 before that
    Column("version", Integer, nullable=False),  # of the council's ranges as a whole
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("kind IN ('uprn', 'usrn')", "kind_known"),
    CheckConstraint("first >= 1 AND first <= last AND given BETWEEN first - 1 AND last", "in_order"),
)
