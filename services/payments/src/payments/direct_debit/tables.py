"""Tables of Direct Debit. No table has bank details: payers enter them at the provider's page."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

_MODE = "mode IN ('sandbox', 'live')"
_OF_USER = (["council", "service_user"], ["service_user.council", "service_user.id"])
_OF_MANDATE = (["council", "mandate"], ["mandate.council", "mandate.id"])

# The council as Bacs' service user, at the provider. Its token and its notifications' secret are sealed.
service_user = Table(
    "service_user",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("number", Text, nullable=False),  # Bacs', six digits; empty: the provider's own
    Column("statement_name", Text, nullable=False),  # what payers see on their statement
    Column("notice_days", SmallInteger, nullable=False),  # working days
    Column("dormant_months", SmallInteger, nullable=False),
    Column("proof_years", SmallInteger),  # null: proof of authority is kept without end
    Column("access_token", LargeBinary),
    Column("webhook_secret", LargeBinary),
    Column("polled_until", DateTime(timezone=True)),  # of the provider's events
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    CheckConstraint(_MODE, name="mode"),
    CheckConstraint("number ~ '^([0-9]{6})?$'", name="number"),
    Index("uq_service_user_default", "council", "mode", unique=True, postgresql_where=text("is_default")),
    info=SECURED,
)

# A payer's authority: proof, apart from the payer's own data. Its retention is ``proof_retained_until``.
mandate = Table(
    "mandate",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service_user", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("hold", Text),  # why it is suspended
    Column("code", Text),  # a bank's last reason, as ADDACS-2
    Column("stops_letters", Boolean, nullable=False),
    Column("reference", Text, nullable=False),
    Column("metadata", JSONB),
    Column("language", Text, nullable=False),
    Column("return_url", Text, nullable=False),
    Column("attempt", SmallInteger, nullable=False),  # of the payer to sign, from 1
    Column("provider_request", Text),
    Column("provider_mandate", Text),
    point_in_time("signed_at", nullable=True),
    point_in_time("activated_at", nullable=True),
    Column("last_charged_on", Date),
    point_in_time("ended_at", nullable=True),
    Column("proof_retained_until", Date),
    Column("is_erased", Boolean, nullable=False, server_default=text("false")),  # its payer's own data
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("created_at"),
    point_in_time("updated_at"),
    ForeignKeyConstraint(*_OF_USER, **REKEYED),
    CheckConstraint(_MODE, name="mode"),
    CheckConstraint("(state = 'suspended') = (hold IS NOT NULL)", name="hold"),
    Index("ix_mandate_mode", "council", "mode", "id"),
    Index("ix_mandate_reference", "council", "reference"),
    Index(
        "ix_mandate_unerased",
        "council",
        "updated_at",
        postgresql_where=text("NOT is_erased AND state IN ('pending', 'failed', 'cancelled', 'expired')"),
    ),
    Index(
        "ix_mandate_proof",
        "council",
        "proof_retained_until",
        postgresql_where=text("proof_retained_until IS NOT NULL"),
    ),
    Index("uq_mandate_provider_mandate", "council", "service_user", "provider_mandate", unique=True),
    Index("uq_mandate_provider_request", "council", "service_user", "provider_request", unique=True),
    info={**SECURED, "aggregate": "payments.mandate"},
)

# Where notice goes. Personal data, erased without touching the mandate.
mandate_payer = Table(
    "mandate_payer",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mandate", ID, primary_key=True),
    Column("email", Text, nullable=False),
    ForeignKeyConstraint(*_OF_MANDATE, **REKEYED),
    info=SECURED,
)

# An e-mail that says amounts and days before they are charged. ``message``: while it waits to be sent.
advance_notice = Table(
    "advance_notice",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mandate", ID, nullable=False),
    Column("message", ID),
    point_in_time("sent_at", nullable=True),
    point_in_time("created_at"),
    ForeignKeyConstraint(*_OF_MANDATE, **REKEYED),
    Index("ix_advance_notice_message", "council", "message", postgresql_where=text("message IS NOT NULL")),
    info=SECURED,
)

# An amount to be charged on a day. ``presents``: the one that came back and is presented again.
collection = Table(
    "collection",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service_user", ID, nullable=False),
    Column("mandate", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("plan", ID),  # collections that were made at once have it in common
    Column("presents", ID),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # a bank's code, or why it was stopped
    Column("amount", BigInteger, nullable=False),
    Column("charge_date", Date, nullable=False),
    Column("notice", ID),
    Column("notice_days", SmallInteger, nullable=False),
    Column("reference", Text, nullable=False),
    Column("metadata", JSONB),
    Column("provider_payment", Text),
    point_in_time("submitted_at", nullable=True),
    Column("posted_on", Date),
    Column("is_erased", Boolean, nullable=False, server_default=text("false")),  # its lines' narratives
    Column("created_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("created_at"),
    point_in_time("updated_at"),
    ForeignKeyConstraint(*_OF_MANDATE, **REKEYED),
    ForeignKeyConstraint(*_OF_USER, **REKEYED),
    ForeignKeyConstraint(["council", "notice"], ["advance_notice.council", "advance_notice.id"], **REKEYED),
    ForeignKeyConstraint(["council", "presents"], ["collection.council", "collection.id"], **REKEYED),
    CheckConstraint(_MODE, name="mode"),
    CheckConstraint("amount > 0", name="amount"),
    UniqueConstraint("council", "presents"),
    Index("ix_collection_mode", "council", "mode", "id"),
    Index("ix_collection_reference", "council", "reference"),
    Index("ix_collection_unerased", "council", "charge_date", postgresql_where=text("NOT is_erased")),
    Index("ix_collection_metadata", "council", "charge_date", postgresql_where=text("metadata IS NOT NULL")),
    Index("ix_collection_mandate", "council", "mandate", "id"),
    Index("ix_collection_plan", "council", "plan", "id", postgresql_where=text("plan IS NOT NULL")),
    Index("ix_collection_notice", "council", "notice", postgresql_where=text("notice IS NOT NULL")),
    Index(
        "ix_collection_due",
        "charge_date",
        "council",
        postgresql_where=text("state IN ('scheduled', 'suspended', 'submitted')"),
    ),
    Index(
        "uq_collection_provider_payment",
        "council",
        "service_user",
        "provider_payment",
        unique=True,
        postgresql_where=text("presents IS NULL"),
    ),
    info=SECURED,
)

collection_line = Table(
    "collection_line",
    metadata,
    Column("council", Text, primary_key=True),
    Column("collection", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),  # from 1
    Column("fund", ID, nullable=False),
    Column("is_suspense", Boolean, nullable=False),
    Column("ledger_code", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("vat_code", ID, nullable=False),
    Column("basis_points", Integer),
    Column("amount", BigInteger, nullable=False),
    Column("vat", BigInteger, nullable=False),
    Column("narrative", Text, nullable=False),
    ForeignKeyConstraint(["council", "collection"], ["collection.council", "collection.id"], **REKEYED),
    CheckConstraint("amount > 0 AND vat >= 0 AND vat <= amount", name="amount"),
    Index("ix_collection_line_reference", "council", "reference"),
    info=SECURED,
)

# What a bank told us by the provider, once. ``needs_staff``: somebody has to look at it.
bank_advice = Table(
    "bank_advice",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("service_user", ID, nullable=False),
    Column("mode", Text, nullable=False),
    Column("provider_event", Text, nullable=False),
    Column("mandate", ID, nullable=False),
    Column("collection", ID),
    Column("action", Text, nullable=False),
    Column("code", Text, nullable=False),  # empty: an action without a reason
    Column("needs_staff", Boolean, nullable=False),
    point_in_time("occurred_at"),
    point_in_time("created_at"),
    ForeignKeyConstraint(*_OF_USER, **REKEYED),
    ForeignKeyConstraint(*_OF_MANDATE, **REKEYED),
    UniqueConstraint("council", "service_user", "provider_event"),
    Index("ix_bank_advice_mode", "council", "mode", "id"),
    info=SECURED,
)
