"""The table of payment links."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

payment_link = Table(
    "payment_link",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("fund", ID, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_cy", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("description_cy", Text, nullable=False),
    Column("reference_label", Text, nullable=False),
    Column("reference_label_cy", Text, nullable=False),
    Column("reference", Text),  # null: the payer is asked
    Column("amount", BigInteger),  # null: the payer is asked
    Column("min_amount", BigInteger, nullable=False),
    Column("max_amount", BigInteger, nullable=False),
    Column("language", Text, nullable=False),  # en, cy, both
    Column("is_open", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", JSONB, nullable=False),
    point_in_time("created_at"),
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    ForeignKeyConstraint(
        ["council", "account"], ["gateway_account.council", "gateway_account.id"], **REKEYED
    ),
    ForeignKeyConstraint(["council", "fund"], ["fund.council", "fund.id"], **REKEYED),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("language IN ('en', 'cy', 'both')", name="language"),
    CheckConstraint("min_amount BETWEEN 1 AND max_amount AND max_amount <= 10000000", name="bounds"),
    CheckConstraint("amount BETWEEN min_amount AND max_amount", name="amount"),
    Index("ix_payment_link_account", "council", "account", "id"),
    info=SECURED,
)
