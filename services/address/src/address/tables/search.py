"""The read model: made from the gazetteer's own tables in the same transaction, never written by hand."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID

from address.tables.base import BYTES, key, metadata

# One row for each LPI with all a reader asks, so that the hot reads touch one table.
place = Table(
    "place",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("lpi_key"),
    Column("postcode", BYTES, nullable=False),
    Column("group_id", UUID(as_uuid=True), nullable=False),  # search_group
    Column("delivery", Boolean, nullable=False),  # the address post is sent to: one of a property's LPIs
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
    Column("organisation", Text),
    Column("sub_building", Text),
    Column("building_name", Text),
    Column("building_number", Text),
    Column("sao_number", SmallInteger),  # for the order of a list
    Column("pao_number", SmallInteger),
    Column("street", Text, nullable=False),
    Column("usrn", Integer, nullable=False),
    Column("locality", Text),
    Column("post_town", Text),
    Column("version", Integer, nullable=False),
    Column("entry_date", Date, nullable=False),
    Column("last_update", Date, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index(None, "council", "postcode"),
    Index(None, "council", "group_id"),
)

# What places have in common but for their numbers: organisation, building, street, locality, town.
search_group = Table(
    "search_group",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("usrn", Integer, nullable=False),
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
