"""What AddressBase and a council's own export say of a property beyond the plain CSV."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Table, Text

from address.tables.base import BYTES, dates, key, metadata

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
