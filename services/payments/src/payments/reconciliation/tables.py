"""Tables of reconciliation: settlements, bank statements, matches and exceptions.

Of a file or a payout the council has each once.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.ledger.tables import MODES
from payments.shared.tables import metadata


def _key() -> list[Column[Any]]:
    return [
        Column("council", Text, primary_key=True),
        Column("id", ID, primary_key=True),
        Column("mode", Text, nullable=False),
    ]


def _reference(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", column], [f"{table}.council", f"{table}.id"], **REKEYED)


# A payout of a processor. ``gross`` and ``fee`` are the sums of its lines.
settlement = Table(
    "settlement",
    metadata,
    *_key(),
    Column("account", ID),  # the gateway account
    Column("service_user", ID),  # of Direct Debit, instead
    Column("provider_id", Text, nullable=False),
    Column("reference", Text, nullable=False),  # as the bank's statement shows it
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("is_reversed", Boolean, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    point_in_time("paid_at"),
    Column("arrival_on", Date, nullable=False),
    point_in_time("imported_at"),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("num_nonnulls(account, service_user) = 1", name="merchant"),
    UniqueConstraint("council", "account", "provider_id"),
    UniqueConstraint("council", "service_user", "provider_id"),
    _reference("account", "gateway_account"),
    _reference("service_user", "service_user"),
    Index("ix_settlement_magnitude", "council", "mode", text("abs(amount)")),
    Index("ix_settlement_arrival_on", "council", "mode", "arrival_on"),
    info=SECURED,
)

# ``rule``: the rule that matched it; null: nothing did, and the gross amount is in suspense as ``item``.
settlement_line = Table(
    "settlement_line",
    metadata,
    Column("council", Text, primary_key=True),
    Column("settlement", ID, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("provider_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("authorisation", Text),
    Column("source", Text),
    Column("payment", ID),
    Column("refund", ID),
    Column("collection", ID),
    Column("rule", Text),
    Column("item", ID),
    _reference("settlement", "settlement"),
    Index("ix_settlement_line_payment", "council", "payment"),
    Index("ix_settlement_line_refund", "council", "refund"),
    Index(
        "ix_settlement_line_collection",
        *("council", "collection"),
        postgresql_where=text("collection IS NOT NULL"),
    ),
    Index(
        "ix_settlement_line_unmatched", "council", "settlement", "n", postgresql_where=text("rule IS NULL")
    ),
    info=SECURED,
)

# An account at a bank whose statements the council loads.
bank_account = Table(
    "bank_account",
    metadata,
    *_key(),
    Column("name", Text, nullable=False),
    Column("identification", Text, nullable=False),  # sort code and account number, or another's as it is
    Column("receives_payouts", Boolean, nullable=False),
    Column("created_by", JSONB, nullable=False),
    point_in_time("created_at"),
    CheckConstraint(MODES, name="mode"),
    Index("uq_bank_account_identification", "council", "mode", "identification", unique=True),
    info=SECURED,
)

statement_file = Table(
    "statement_file",
    metadata,
    *_key(),
    Column("format", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the file
    Column("size", Integer, nullable=False),
    Column("imported_by", JSONB, nullable=False),
    point_in_time("imported_at"),
    CheckConstraint(MODES, name="mode"),
    Index("uq_statement_file_hash", "council", "mode", "hash", unique=True),
    info=SECURED,
)

# ``identity``: what the bank calls it. ``digest``: of its balances and lines, whatever file brings them.
bank_statement = Table(
    "bank_statement",
    metadata,
    *_key(),
    Column("file", ID, nullable=False),
    Column("account", ID, nullable=False),
    Column("identity", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("from_date", Date),
    Column("to_date", Date, nullable=False),
    Column("opening", BigInteger, nullable=False),
    Column("closing", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    CheckConstraint(MODES, name="mode"),
    UniqueConstraint("council", "account", "identity"),
    _reference("file", "statement_file"),
    _reference("account", "bank_account"),
    info=SECURED,
)

# What the bank booked, credits positive. ``references``: of exactly one fund, as its text has them.
# ``settlement`` and ``rule``: the payout it is matched with. ``taken_on``: the day it was posted for.
bank_line = Table(
    "bank_line",
    metadata,
    *_key(),
    Column("account", ID, nullable=False),
    Column("statement", ID, nullable=False),
    Column("n", Integer, nullable=False),
    Column("file_line", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("value_on", Date, nullable=False),
    Column("reference", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("is_for_payouts", Boolean, nullable=False),  # its account receives payouts
    Column("has_fund_reference", Boolean, nullable=False),
    Column("settlement", ID),
    Column("rule", Text),
    Column("match", ID),  # the cause of the posting that moved it, once for each match
    Column("bag", ID),  # of counter takings, instead of a settlement
    CheckConstraint(MODES, name="mode"),
    UniqueConstraint("council", "statement", "n"),
    _reference("statement", "bank_statement"),
    _reference("settlement", "settlement"),
    _reference("bag", "bag"),
    Index("ix_bank_line_bag", "council", "bag"),
    Index("ix_bank_line_magnitude", "council", "mode", text("abs(amount)")),
    Index("ix_bank_line_settlement", "council", "settlement"),
    Index(
        "ix_bank_line_words",
        *("council", "booked_on"),
        postgresql_where=text("reference <> '' OR text <> ''"),
    ),
    info=SECURED,
)

# What did not match, by kind. ``line`` is that of the settlement.
reconciliation_exception = Table(
    "reconciliation_exception",
    metadata,
    *_key(),
    Column("kind", Text, nullable=False),  # payments.reconciliation.rules.matching.ExceptionKind
    Column("settlement", ID),
    Column("line", Integer),
    Column("bank_line", ID),
    Column("payment", ID),
    Column("collection", ID),
    Column("amount", BigInteger, nullable=False),
    point_in_time("opened_at"),
    point_in_time("closed_at", nullable=True),
    CheckConstraint(MODES, name="mode"),
    UniqueConstraint(
        "council",
        "kind",
        "settlement",
        "line",
        "bank_line",
        "payment",
        "collection",
        name="uq_reconciliation_exception_subject",
        postgresql_nulls_not_distinct=True,
    ),
    Index(
        "ix_reconciliation_exception_open",
        "council",
        "mode",
        "id",
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index("ix_reconciliation_exception_payment", "council", "payment"),
    Index(
        "ix_reconciliation_exception_collection",
        *("council", "collection"),
        postgresql_where=text("collection IS NOT NULL"),
    ),
    Index("ix_reconciliation_exception_settlement", "council", "settlement"),
    info=SECURED,
)
