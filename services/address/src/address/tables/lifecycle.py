"""What was before and who made it so, the numbers a council may give, and what it has given them to."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import UUID

from address.tables.base import KINDS, key, metadata, recorded
from address.tables.search import place

# What of a place is kept. Left out is what no past date asks for, or what can be made again.
KEPT = (
    "council", "uprn", "lpi_key", "postcode", "group_id", "delivery", "language", "lpi_status",
    "logical_status", "state", "state_date", "classification", "classification_name", "parent_uprn",
    "easting", "northing", "rpc", "custodian", "country", "ward", "parish", "postal", "organisation",
    "sub_building", "building_name", "building_number", "sao_number", "pao_number", "street", "usrn",
    "locality", "post_town", "version", "entry_date", "last_update", "updated_at", "valid_from",
)  # fmt: skip
_PAST_KEY = {"council", "uprn", "lpi_key", "valid_from"}

# The rows of ``place`` that were, each with the days it stood: from ``valid_from`` until before ``valid_to``.
# A row that lived less than a day is not kept.
place_past = Table(
    "place_past",
    metadata,
    *(
        Column(name, place.c[name].type, nullable=place.c[name].nullable, primary_key=name in _PAST_KEY)
        for name in KEPT
    ),
    Column("valid_to", Date, nullable=False),
    CheckConstraint("valid_from < valid_to", "lived_a_day"),
    Index(None, "council", "postcode"),
    Index(None, "council", "group_id"),
)
# Who changed what of a street, and when; kept as the properties' ``history`` is. ``changes`` names
# description, locality, town (the English name's), state, classification, and names in other languages as
# description_cym and so on.
street_history = Table(
    "street_history",
    metadata,
    key("council"),
    key("usrn", Integer),
    key("version", Integer),
    *recorded(),
    CheckConstraint(KINDS, "kind_known"),
    Index(None, "council", "xact", "position"),
)

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

# Properties that were numbered together, before they were built.
development = Table(
    "development",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("usrn", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("approved_at", DateTime(timezone=True)),
)

development_plot = Table(
    "development_plot",
    metadata,
    key("council"),
    key("development_id", UUID(as_uuid=True)),
    key("uprn", BigInteger),
    Column("plot", Text, nullable=False),  # the builder's own name for it
)
