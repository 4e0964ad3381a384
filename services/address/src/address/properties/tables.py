"""The tables of properties, after BS 7666.

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

from address.shared.tables import BYTES, dates, key, metadata

# A council's gazetteer as a whole: its custodian and edition.
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
    info={"aggregate": "address.property"},
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

# Royal Mail's delivery point of a property, as the Postcode Address File has it.
delivery_point = Table(
    "delivery_point",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("udprn", Integer),
    Column("organisation_name", Text),
    Column("department_name", Text),
    Column("sub_building_name", Text),
    Column("building_name", Text),
    Column("building_number", Text),
    Column("dependent_thoroughfare", Text),
    Column("thoroughfare", Text),
    Column("double_dependent_locality", Text),
    Column("dependent_locality", Text),
    Column("post_town", Text),
    Column("postcode", BYTES, nullable=False),
    Column("postcode_type", Text),  # S: shared by several delivery points, L: one large user's
    Column("delivery_point_suffix", Text),
    Column("welsh_dependent_thoroughfare", Text),
    Column("welsh_thoroughfare", Text),
    Column("welsh_double_dependent_locality", Text),
    Column("welsh_dependent_locality", Text),
    Column("welsh_post_town", Text),
    Column("po_box_number", Text),
    Column("process_date", Date),
    *dates(),
)

# Which property took the place of another. ``successor`` may lie in another council's gazetteer.
successor = Table(
    "successor",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("succ_key"),
    Column("successor", BigInteger, nullable=False),
    *dates(),
    Index(None, "council", "successor"),
)
