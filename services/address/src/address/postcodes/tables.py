"""Postcodes: those of the region's file, and those a council's own gazetteer has."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from address.shared.tables import BYTES, key, metadata

# The file of a whole country, the same for every council of the region. ``make seed-gb`` loads it.
postcode = Table(
    "postcode",
    metadata,
    key("postcode", BYTES),
    Column("easting", Integer),  # null for some postcodes
    Column("northing", Integer),
    Column("district", Text),  # GSS
    # Nearest first: 0.3 ms among 2.6 million. Built in a third of the time of GiST.
    Index(
        "ix_postcode_point",
        text("point(easting, northing)"),
        postgresql_using="spgist",
        postgresql_ops={"point": "kd_point_ops"},
    ),
)

# The outcodes of ``postcode``; ``before``: the number of postcodes in earlier outcodes.
outcode = Table(
    "outcode",
    metadata,
    key("outcode", BYTES),
    Column("postcodes", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("easting", Integer),  # the centre of its postcodes
    Column("northing", Integer),
    Column("districts", ARRAY(Text), nullable=False),
)

postcode_file = Table(
    "postcode_file",
    metadata,
    key("id", UUID(as_uuid=True)),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# The postcodes of postal addresses in ``place``, at their centre. Kept by triggers.
gazetteer_postcode = Table(
    "gazetteer_postcode",
    metadata,
    key("council"),
    key("postcode", BYTES),
    Column("easting", Integer, nullable=False),
    Column("northing", Integer, nullable=False),
    Column("ward", Text),  # GSS, where all its addresses lie in one
    Column("parish", Text),
    Index(None, "council", "easting"),
)

# What mapping's latest event says of an outcode. ``id`` is mapping's.
outcode_area = Table(
    "outcode_area",
    metadata,
    key("council"),
    key("id", UUID(as_uuid=True)),
    Column("outcode", BYTES, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("searched", JSONB, nullable=False),  # the versions of the layers, by name
    Column("as_of", DateTime(timezone=True), nullable=False),
)

# The areas of a postcode, by kind: [code, name]. Of the outcode's event.
postcode_area = Table(
    "postcode_area",
    metadata,
    key("council"),
    key("postcode", BYTES),
    Column("outcode", UUID(as_uuid=True), nullable=False),
    Column("areas", JSONB, nullable=False),
    Index(None, "council", "outcode"),
)
