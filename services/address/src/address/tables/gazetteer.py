"""The gazetteer's own tables, after BS 7666.

A BLPU is a property with one UPRN and one point; an LPI is one address of it, in one language, on a street.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from address.tables.base import BYTES, KINDS, dates, key, metadata, recorded

# What a council's gazetteer is as a whole: whose it is and which edition.
gazetteer = Table(
    "gazetteer",
    metadata,
    key("council"),
    Column("custodian", SmallInteger),  # local custodian code; null when the code list has none
    Column("custodian_name", Text),
    Column("country", Text),  # E, W, S or N
    Column("epoch", Integer, nullable=False),  # files loaded so far
    Column("last_update", Date, nullable=False),
    Column("keys_given", BigInteger, nullable=False),  # LPI and organisation keys handed out so far
)

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

blpu = Table(
    "blpu",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    Column("logical_status", SmallInteger, nullable=False),
    Column("state", SmallInteger),
    Column("state_date", Date),
    Column("classification", Text, nullable=False),
    Column("class_key", Text),  # of the record it came in, where it came in one of its own
    Column("parent_uprn", BigInteger),
    Column("easting", Numeric(8, 2), nullable=False),  # British National Grid, metres
    Column("northing", Numeric(9, 2), nullable=False),
    Column("rpc", SmallInteger),  # representative point code: how good the point is
    Column("postcode", BYTES, nullable=False),  # BS 7666's postcode locator, "BA1 1LJ"
    Column("custodian", SmallInteger),
    Column("country", Text),
    Column("ward", Text),  # GSS codes of the areas it lies in, where the file says so
    Column("parish", Text),
    Column("postal", Text, nullable=False),  # AddressBase postal code: D, L, C, N
    *dates(),
    Column("version", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("uprn BETWEEN 1 AND 999999999999", "uprn_range"),
    CheckConstraint("logical_status IN (1, 6, 8)", "logical_status_known"),
    CheckConstraint("parent_uprn <> uprn", "not_its_own_parent"),
    CheckConstraint("easting BETWEEN 0 AND 700000 AND northing BETWEEN 0 AND 1300000", "point_on_the_grid"),
    Index(None, "council", "parent_uprn", postgresql_where=text("parent_uprn IS NOT NULL")),
)

lpi = Table(
    "lpi",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("lpi_key"),
    Column("language", Text, nullable=False),
    Column("logical_status", SmallInteger, nullable=False),
    Column("sao_text", Text),
    Column("sao_start_number", SmallInteger),
    Column("sao_start_suffix", Text),
    Column("sao_end_number", SmallInteger),
    Column("sao_end_suffix", Text),
    Column("pao_text", Text),
    Column("pao_start_number", SmallInteger),
    Column("pao_start_suffix", Text),
    Column("pao_end_number", SmallInteger),
    Column("pao_end_suffix", Text),
    Column("usrn", Integer, nullable=False),
    Column("locality", Text),
    Column("post_town", Text),
    Column("area_name", Text),
    Column("level", Text),
    Column("official", Boolean),
    *dates(),
    CheckConstraint("logical_status IN (1, 3, 6, 8)", "logical_status_known"),
)

organisation = Table(
    "organisation",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("org_key"),
    Column("organisation", Text, nullable=False),
    Column("legal_name", Text),
    *dates(),
)

# The same property in another register: council tax, business rates, electoral, a waste round.
cross_reference = Table(
    "cross_reference",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("scheme"),
    key("reference"),
    Column("xref_key", Text),  # of the record it came in; null when it was written through the API
    Column("version", Integer, nullable=False),
    *dates(),
    Index(None, "council", "scheme", "reference"),
    info={"row_level_security": True},
)

# Who changed what, and when. The database itself refuses to change or delete a row of it.
history = Table(
    "history",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("version", Integer),
    *recorded(),
    CheckConstraint(KINDS, "kind_known"),
    Index(None, "council", "xact", "position"),
)

load = Table(
    "load",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index(None, "council", "loaded_at"),
)
