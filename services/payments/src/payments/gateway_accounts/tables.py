"""Tables of gateway accounts."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

# ``settings``: payments.gateway_accounts.rules.AccountSettings. The default account of a mode is that of keys
# which have no account of their own.
gateway_account = Table(
    "gateway_account",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("processor", Text, nullable=False),
    Column("fund", ID),  # of payments that name none
    Column("settings", JSONB, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("webhook_secret", LargeBinary),  # sealed; of the processor's notifications
    Column("version", Integer, nullable=False),
    point_in_time("created_at"),
    point_in_time("updated_at"),
    point_in_time("closed_at", nullable=True),  # since then it takes no new payment
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("mode = 'sandbox' OR processor <> 'sandbox'", name="live_processor"),
    CheckConstraint("mode = 'live' OR processor = 'sandbox'", name="sandbox_processor"),
    Index("uq_gateway_account_default", "council", "mode", unique=True, postgresql_where=text("is_default")),
    info=SECURED,
)

# The account of a client, which its keys take money for: one of each mode.
account_client = Table(
    "account_client",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("mode", Text, primary_key=True),  # the account's
    Column("account", ID, nullable=False),
    point_in_time("created_at"),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    Index("ix_account_client_account", "council", "account", "client_id"),
    ForeignKeyConstraint(
        ["council", "account"], ["gateway_account.council", "gateway_account.id"], **REKEYED
    ),
    info=SECURED,
)
