"""Tables of agreements and of their cards."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

agreement = Table(
    "agreement",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),  # payments.agreements.rules.AgreementState
    Column("reference", Text, nullable=False),
    Column("reference_key", Text, Computed("lower(reference)", persisted=True), nullable=False),
    Column("description", Text, nullable=False),
    Column("user_identifier", Text),
    Column("token", Text),  # of the card at the processor
    Column("is_erased", Boolean, nullable=False, server_default=text("false")),  # of the card, and words
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    point_in_time("created_at"),
    point_in_time("cancelled_at", nullable=True),
    ForeignKeyConstraint(
        ["council", "account"], ["gateway_account.council", "gateway_account.id"], **REKEYED
    ),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("state IN ('created', 'active', 'cancelled', 'inactive')", name="state"),
    Index(
        "ix_agreement_unerased",
        *("council", "created_at"),
        postgresql_where=text("NOT is_erased AND state <> 'active'"),
    ),
    Index("ix_agreement_created", "council", "account", "created_at", "id"),
    Index("ix_agreement_state", "council", "account", "state", "created_at", "id"),
    Index("ix_agreement_reference", "council", "account", "reference_key", "created_at", "id"),
    info=SECURED,
)

# The card of an agreement and whose it is: apart, so that it can be erased.
agreement_card = Table(
    "agreement_card",
    metadata,
    Column("council", Text, primary_key=True),
    Column("agreement", ID, primary_key=True),
    Column("card_brand", Text),
    Column("card_type", Text),
    Column("first_digits", Text),
    Column("last_digits", Text),
    Column("expiry_date", Text),
    Column("cardholder_name", Text),
    Column("billing_address", JSONB),
    point_in_time("created_at"),
    ForeignKeyConstraint(["council", "agreement"], ["agreement.council", "agreement.id"], **REKEYED),
    info=SECURED,
)

CARD_LABELS = {
    column.name: f"card_{column.name.removeprefix('card_')}"
    for column in agreement_card.c
    if column.name not in {"council", "agreement"}
}
"""What the card's columns are called beside those of its agreement."""
CARD_MEMBERS = tuple(name for name in CARD_LABELS if name != "created_at")
"""What is known of the card and its holder."""
