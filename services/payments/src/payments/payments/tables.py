"""Tables of payments and refunds. The payer's personal data are apart, so that they can be erased."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.payments.rules.states import PUBLIC
from payments.shared.tables import metadata

_SETTLED = text("settled_on IS NOT NULL")
_RENAMED = " ".join(
    f"WHEN '{status}'::text THEN '{state.status}'::text"
    for status, state in PUBLIC.items()
    if status != state.status
)


def _of_payment() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", "payment"], ["payment.council", "payment.id"], **REKEYED)


payment = Table(
    "payment",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("processor", Text, nullable=False),
    Column("status", Text, nullable=False),  # payments.payments.rules.states.Status
    Column("amount", BigInteger, nullable=False),
    Column("surcharge", BigInteger, nullable=False),  # for a corporate card, on top of the amount
    Column("fee", BigInteger),
    Column("reference", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("return_url", Text),
    Column("language", Text, nullable=False),
    Column("delayed_capture", Boolean, nullable=False),
    Column("moto", Boolean, nullable=False),
    Column("metadata", JSONB),
    Column("authorisation_mode", Text, nullable=False),
    Column("agreement", ID),  # that it sets up or is taken by
    Column("sets_up_agreement", Boolean, nullable=False, server_default=text("false")),
    Column("agreement_payment_type", Text),
    Column("can_retry", Boolean),  # of a failed payment by an agreement
    Column("visits", Integer, nullable=False),  # how often its one-time link was used
    Column("card", Text),  # the test card's name; nothing of a live card
    Column("card_brand", Text),
    Column("provider_id", Text),  # at the processor
    Column("three_d_secure", Text),  # where the payer shows that the card is theirs
    Column("refunded", BigInteger, nullable=False),  # asked for and not failed
    Column("refunds_blocked", Boolean, nullable=False),  # while a dispute is open
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    point_in_time("created_at"),
    point_in_time("expires_at"),
    point_in_time("capture_submitted_at", nullable=True),
    point_in_time("captured_at", nullable=True),
    Column("settled_on", Date),
    # When what is personal is erased next: the payer, then the narratives of the lines. Null: nothing is.
    Column(
        "erase_on", Date, server_default=text("((now() AT TIME ZONE 'UTC') + interval '84 months')::date")
    ),
    point_in_time("erased_at", nullable=True),  # the payer
    # As the API shows the status, and the reference without its case: what a search looks for.
    Column(
        "state", Text, Computed(f"CASE status {_RENAMED} ELSE status END", persisted=True), nullable=False
    ),
    Column("reference_key", Text, Computed("lower(reference)", persisted=True), nullable=False),
    ForeignKeyConstraint(
        ["council", "account"], ["gateway_account.council", "gateway_account.id"], **REKEYED
    ),
    ForeignKeyConstraint(["council", "agreement"], ["agreement.council", "agreement.id"], **REKEYED),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("amount BETWEEN 0 AND 10000000", name="amount"),
    CheckConstraint("refunded BETWEEN 0 AND amount + surcharge", name="refunded"),
    Index("ix_payment_created", "council", "account", "created_at", "id"),
    Index("ix_payment_state", "council", "account", "state", "created_at", "id"),
    Index("ix_payment_reference", "council", "account", "reference_key", "created_at", "id"),
    Index(
        "ix_payment_agreement",
        *("council", "account", "agreement", "created_at", "id"),
        postgresql_where=text("agreement IS NOT NULL"),
    ),
    Index(
        "ix_payment_settled",
        *("council", "account", "settled_on", "created_at", "id"),
        postgresql_where=_SETTLED,
    ),
    Index("ix_payment_provider_id", "council", "provider_id", "account"),
    Index("ix_payment_erase_on", "council", "erase_on", "id", postgresql_where=text("erase_on IS NOT NULL")),
    Index(
        "ix_payment_unsettled",
        "council",
        "mode",
        "captured_at",
        postgresql_where=text("settled_on IS NULL AND captured_at IS NOT NULL"),
    ),
    info={**SECURED, "aggregate": "payments.payment"},
)

# Who pays: erased by the fund's retention, never in an event.
payer = Table(
    "payer",
    metadata,
    Column("council", Text, primary_key=True),
    Column("payment", ID, primary_key=True),
    Column("email", Text),
    Column("cardholder_name", Text),
    Column("billing_address", JSONB),
    Column("first_digits", Text),
    Column("last_digits", Text),
    Column("expiry_date", Text),
    Column("card_type", Text),
    Column("account", ID, nullable=False),  # as the payment's, for searches
    point_in_time("created_at"),  # the payment's
    # Of the e-mail address, from its end: what comes before an @ is found in a range. @: it has several.
    Column(
        "mailbox",
        Text(collation="C"),
        Computed(
            "CASE WHEN email ~~ '%@%@%'::text THEN '@'::text"
            " ELSE reverse(lower(split_part(email, '@'::text, 1))) END",
            persisted=True,
        ),
    ),
    _of_payment(),
    Index(
        "ix_payer_created",
        *("council", "account", "created_at", "payment"),
        postgresql_include=["email", "cardholder_name"],
    ),
    Index(
        "ix_payer_mailbox",
        *("council", "account", "mailbox", "created_at", "payment"),
        postgresql_where=text("mailbox IS NOT NULL"),
    ),
    Index(
        "ix_payer_last_digits",
        *("council", "account", "last_digits", "created_at", "payment"),
        postgresql_where=text("last_digits IS NOT NULL"),
    ),
    Index(
        "ix_payer_first_digits",
        *("council", "account", "first_digits", "created_at", "payment"),
        postgresql_where=text("first_digits IS NOT NULL"),
    ),
    Index(
        "ix_payer_parts",
        *("account", "email", "cardholder_name"),
        postgresql_using="gin",
        postgresql_ops={"email": "gin_trgm_ops", "cardholder_name": "gin_trgm_ops"},
        postgresql_with={"gin_pending_list_limit": 256},
    ),
    info=SECURED,
)

# The basket. Code, rate and VAT stay as they were taken.
payment_line = Table(
    "payment_line",
    metadata,
    Column("council", Text, primary_key=True),
    Column("payment", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),  # from 1
    Column("fund", ID, nullable=False),
    Column("is_suspense", Boolean, nullable=False),
    Column("ledger_code", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("narrative", Text, nullable=False),
    Column("vat_code", ID, nullable=False),
    Column("vat_code_name", Text, nullable=False),
    Column("vat_treatment", Text, nullable=False),
    Column("basis_points", Integer),  # of VAT; null: none
    Column("amount", BigInteger, nullable=False),
    Column("vat", BigInteger, nullable=False),
    Column("refund_spread", Text, nullable=False),
    Column("retention_months", Integer, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("refunded_vat", BigInteger, nullable=False),
    Column("moved", BigInteger, nullable=False, server_default=text("0")),  # by journals, to other accounts
    Column("moved_vat", BigInteger, nullable=False, server_default=text("0")),
    _of_payment(),
    CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
    CheckConstraint("refunded_vat BETWEEN 0 AND vat", name="refunded_vat"),
    CheckConstraint("moved >= 0 AND refunded + moved <= amount", name="moved"),
    CheckConstraint("moved_vat >= 0 AND refunded_vat + moved_vat <= vat", name="moved_vat"),
    Index("ix_payment_line_reference", "council", "reference", "payment"),
    info=SECURED,
)

# What happened to a payment.
payment_event = Table(
    "payment_event",
    metadata,
    Column("council", Text, primary_key=True),
    Column("payment", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),  # the payment's version
    Column("status", Text, nullable=False),
    point_in_time("at"),
    _of_payment(),
    info=SECURED,
)

refund = Table(
    "refund",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("payment", ID, nullable=False),
    Column("account", ID, nullable=False),
    Column("status", Text, nullable=False),  # submitted, success, error
    Column("amount", BigInteger, nullable=False),
    Column("provider_id", Text),
    Column("created_by", JSONB, nullable=False),
    Column("settled_on", Date),
    point_in_time("created_at"),
    point_in_time("ended_at", nullable=True),
    _of_payment(),
    CheckConstraint("status IN ('submitted', 'success', 'error')", name="status"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_refund_payment", "council", "payment", "id"),
    Index("ix_refund_provider_id", "council", "provider_id", "account"),
    Index("ix_refund_created", "council", "account", "created_at", "id"),
    Index(
        "ix_refund_settled",
        *("council", "account", "settled_on", "created_at", "id"),
        postgresql_where=_SETTLED,
    ),
    info=SECURED,
)

refund_line = Table(
    "refund_line",
    metadata,
    Column("council", Text, primary_key=True),
    Column("refund", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),  # the payment line's
    Column("amount", BigInteger, nullable=False),
    Column("vat", BigInteger, nullable=False),
    ForeignKeyConstraint(["council", "refund"], ["refund.council", "refund.id"], **REKEYED),
    info=SECURED,
)
