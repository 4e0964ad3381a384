"""Mandates, the offers they began as, and the themes a council adds."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from identity.mandates.rules.themes import LEVELS
from identity.shared.tables import ID, SECURED, metadata, timestamp

_HOLDING = text("status = 'accepted'")

# Who may act for whom. It is kept after its end, since who acted for whom must be found years later.
mandate = Table(
    "mandate",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("principal", ID, nullable=False),  # the account that is acted for
    Column("delegate", ID),  # the account that acts; null until somebody enters the code or accepts
    Column("theme", Text, nullable=False),
    Column("status", Text, nullable=False),
    # Of the service it was offered at: what is tried in the sandbox counts there only.
    Column("mode", Text, nullable=False, server_default="live"),
    Column("minimum_level", Text, nullable=False, server_default="Cl"),
    Column("version", Integer, nullable=False),
    timestamp("offered_at"),
    timestamp("offer_ends_at"),
    timestamp("confirmed_at", nullable=True),  # by the principal; null in mandates from before 0020 too
    timestamp("accepted_at", nullable=True),
    timestamp("ended_at", nullable=True),
    Column("ended_by", Text),
    timestamp("expires_at"),
    CheckConstraint("status IN ('offered', 'accepted', 'declined', 'revoked')", name="status"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint(f"minimum_level IN {LEVELS}", name="minimum_level"),
    CheckConstraint("ended_by IN ('principal', 'delegate', 'council')", name="ended_by"),
    CheckConstraint("principal <> delegate", name="nobody_grants_himself"),
    CheckConstraint("status <> 'accepted' OR delegate IS NOT NULL", name="accepted_by_somebody"),
    Index("uq_mandate_holding", "council", "principal", "delegate", "theme", "mode", unique=True,
          postgresql_where=_HOLDING),
    Index("ix_mandate_id", "id"),  # people's own pages name no council
    Index("ix_mandate_principal", "principal"),
    Index("ix_mandate_delegate", "delegate"),
    info={**SECURED, "aggregate": "identity.mandate"},
)  # fmt: skip

# The personal data of a mandate, and how its offer is accepted. Deleted when either side's data is erased.
mandate_offer = Table(
    "mandate_offer",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mandate", ID, primary_key=True),
    Column("email", Text),  # canonical: the account that verified it may accept
    Column("code_hash", LargeBinary),  # or anybody with the code; SHA-256 of 80 random bits
    Column("principal_name", Text, nullable=False),
    Column("delegate_name", Text, nullable=False),
    Index("uq_mandate_offer_code_hash", "code_hash", unique=True),
    Index("ix_mandate_offer_email", "email"),
    info=SECURED,
)

# A theme of the council's own. A removed one stays for the mandates in it, and is offered no more.
theme = Table(
    "theme",
    metadata,
    Column("council", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("title_cy", Text, nullable=False),
    Column("description", Text),  # what the other may do, in a sentence; null in themes from before 0020
    Column("description_cy", Text),
    Column("minimum_level", Text, nullable=False, server_default="Cl"),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    timestamp("updated_at"),
    timestamp("removed_at", nullable=True),
    CheckConstraint(f"minimum_level IN {LEVELS}", name="minimum_level"),
    info=SECURED,
)

# The level of a common theme that a council has raised.
theme_level = Table(
    "theme_level",
    metadata,
    Column("council", Text, primary_key=True),
    Column("theme", Text, primary_key=True),
    Column("minimum_level", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    timestamp("updated_at"),
    CheckConstraint(f"minimum_level IN {LEVELS}", name="minimum_level"),
    info=SECURED,
)
