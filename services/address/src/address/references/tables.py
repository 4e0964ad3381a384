"""References in other registers, their schemes and who changed them: rows that may be personal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from address.shared.tables import SECURED, dates, key, metadata

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

# What a council has made of a scheme; the schemes everybody has are in ``rules.schemes``.
reference_scheme = Table(
    "reference_scheme",
    metadata,
    key("council"),
    key("scheme"),
    Column("name", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("many", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# Who changed which reference: apart from a property's own history, for many a scheme is private.
reference_history = Table(
    "reference_history",
    metadata,
    key("council"),
    key("uprn", BigInteger),
    key("scheme"),
    key("reference"),
    key("version", Integer),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    CheckConstraint("kind IN ('set', 'ended')", "kind_known"),
    Index(None, "council", "scheme", "reference"),
    info=SECURED,
)
