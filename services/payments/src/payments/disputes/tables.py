"""The table of disputes."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

dispute = Table(
    "dispute",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("payment", ID, nullable=False),
    Column("account", ID, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # payments.processors.rules.DisputeState
    Column("reason", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("is_taken", Boolean, nullable=False, server_default=text("false")),  # amount and fee, at once
    Column("fee", BigInteger, nullable=False),  # taken if it is lost, or with the amount
    Column("version", Integer, nullable=False),
    Column("settled_on", Date),
    point_in_time("created_at"),  # when the bank told the processor
    point_in_time("ended_at", nullable=True),
    ForeignKeyConstraint(["council", "payment"], ["payment.council", "payment.id"], **REKEYED),
    CheckConstraint("state IN ('needs_response', 'under_review', 'won', 'lost')", name="state"),
    CheckConstraint("amount > 0 AND fee >= 0", name="amount"),
    UniqueConstraint("council", "account", "provider_id"),
    Index("ix_dispute_created", "council", "account", "created_at", "id"),
    Index("ix_dispute_state", "council", "account", "state", "created_at", "id"),
    Index("ix_dispute_payment", "council", "payment"),
    Index(
        "ix_dispute_settled",
        *("council", "account", "settled_on", "created_at", "id"),
        postgresql_where=text("settled_on IS NOT NULL"),
    ),
    info={**SECURED, "aggregate": "payments.dispute"},
)
