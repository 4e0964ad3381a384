"""The read model: made from the gazetteer's own tables in the same transaction, never written by hand."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from address.shared.tables import BYTES, key, metadata

_UNIT = """' ' || regexp_replace(upper(coalesce(sub_building || ' ', '') || coalesce(building_number, '')),
    '[^A-Z0-9]+', ' ', 'g') || ' '"""

# One row for each LPI with everything that reads need, so that the hot reads touch one table.
place = Table(
    "place",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("lpi_key"),
    Column("postcode", BYTES, nullable=False),
    Column("group_id", UUID(as_uuid=True), nullable=False),  # search_group
    Column("delivery", Boolean, nullable=False),  # the postal address: one of a property's LPIs
    Column("language", Text, nullable=False),
    Column("lpi_status", SmallInteger, nullable=False),
    Column("logical_status", SmallInteger, nullable=False),
    Column("state", SmallInteger),
    Column("state_date", Date),
    Column("classification", Text, nullable=False),
    Column("classification_name", Text),
    Column("parent_uprn", BigInteger),
    Column("easting", Numeric(8, 2), nullable=False),
    Column("northing", Numeric(9, 2), nullable=False),
    Column("rpc", SmallInteger),
    Column("custodian", SmallInteger),
    Column("country", Text),
    Column("ward", Text),
    Column("parish", Text),
    Column("postal", Text, nullable=False),
    Column("udprn", Integer),  # of its delivery point, when Royal Mail has one
    Column("organisation", Text),
    Column("sub_building", Text),
    Column("building_name", Text),
    Column("building_number", Text),
    Column("sao_number", SmallInteger),  # for the order of a list
    Column("pao_number", SmallInteger),
    # Number and part of the building as words, a space at either end: " FLAT 2 97 ".
    Column("unit", Text, Computed(_UNIT, persisted=True)),
    Column("street", Text, nullable=False),
    Column("usrn", Integer, nullable=False),
    Column("locality", Text),
    Column("post_town", Text),
    Column("version", Integer, nullable=False),
    Column("entry_date", Date, nullable=False),
    Column("last_update", Date, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    # The first day of this row. Earlier rows are in ``place_past``.
    Column("valid_from", Date, nullable=False, server_default=text("current_date")),
    Index(None, "council", "postcode"),
    Index(None, "council", "usrn"),
    Index(None, "council", "group_id"),
    Index(None, "council", "pao_number"),
    # By location: strips 128 m wide, from south to north.
    Index("ix_place_council_strip", "council", text("(easting::integer >> 7)"), text("(northing::integer)")),
    Index("ix_place_council_ward", "council", "ward", "group_id", postgresql_where=text("ward IS NOT NULL")),
)

# What places with different numbers have in common: organisation, building, street, locality, town.
search_group = Table(
    "search_group",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("usrn", Integer, nullable=False),
    Column("easting", Integer),  # about where it is: the middle of its places when it was made
    Column("northing", Integer),
    Column("words", BYTES, nullable=False),  # " MILL HOUSE YORK STREET BATH ", a space at either end
    Index(None, "council", "words"),
)

search_word = Table(
    "search_word",
    metadata,
    key("council"),
    key("word", BYTES),
    key("group_id", UUID(as_uuid=True)),
)

# The columns kept of a past place: all but those that no read of a past day needs, or can be derived.
PAST_COLUMNS = (
    "council", "uprn", "lpi_key", "postcode", "group_id", "delivery", "language", "lpi_status",
    "logical_status", "state", "state_date", "classification", "classification_name", "parent_uprn",
    "easting", "northing", "rpc", "custodian", "country", "ward", "parish", "postal", "organisation",
    "sub_building", "building_name", "building_number", "sao_number", "pao_number", "street", "usrn",
    "locality", "post_town", "version", "entry_date", "last_update", "updated_at", "valid_from",
)  # fmt: skip
_PAST_KEY = {"council", "uprn", "lpi_key", "valid_from"}

# Past rows of ``place``, each in force from ``valid_from`` until the day before ``valid_to``.
# A row in force for less than a day is not kept.
place_past = Table(
    "place_past",
    metadata,
    *(
        Column(name, place.c[name].type, nullable=place.c[name].nullable, primary_key=name in _PAST_KEY)
        for name in PAST_COLUMNS
    ),
    Column("valid_to", Date, nullable=False),
    CheckConstraint("valid_from < valid_to", "lived_a_day"),
    Index(None, "council", "postcode"),
    Index(None, "council", "group_id"),
)
