"""Tables of counter takings. Personal data of payers is in ``cheque``, apart from what is kept."""

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
    SmallInteger,
    Table,
    Text,
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


def _version() -> list[Column[Any]]:
    return [
        Column("version", Integer, nullable=False),
        Column("updated_by", Text, nullable=False),
        point_in_time("updated_at"),
    ]


# A place where money is taken: a customer service centre, a library, the post room.
counter_office = Table(
    "counter_office",
    metadata,
    *_key(),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),  # on VAT receipts
    Column("vat_number", Text, nullable=False),
    Column("difference_limit", BigInteger, nullable=False),  # pence that one person may be over or short
    Column("is_closed", Boolean, nullable=False),
    *_version(),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("difference_limit >= 0", name="difference_limit"),
    info=SECURED,
)

# What one person took on one day. Its row is locked by whoever changes it or posts to it.
till = Table(
    "till",
    metadata,
    *_key(),
    Column("office", ID, nullable=False),
    Column("day", Date, nullable=False),
    Column("opening_float", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # payments.cash_office.rules.tills.Status
    Column("opened_by", Text, nullable=False),
    point_in_time("opened_at"),
    # The count, blind: what is expected is written with it and not before.
    Column("counted", JSONB),  # pieces by denomination
    Column("counted_cash", BigInteger),
    Column("counted_cheques", BigInteger),
    Column("expected_cash", BigInteger),
    Column("expected_cheques", BigInteger),
    Column("counted_by", Text),
    point_in_time("counted_at", nullable=True),
    Column("reason", Text),
    Column("explained_by", Text),
    Column("checked_by", Text),
    Column("bag", ID),
    # Personal data, and words of staff: they can be erased.
    Column("opened_by_name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("is_erased", Boolean, nullable=False, server_default=text("false")),
    *_version(),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("opening_float >= 0", name="opening_float"),
    CheckConstraint(
        "status IN ('open', 'counted', 'recount', 'checking', 'balanced', 'banked')", name="status"
    ),
    CheckConstraint("(status = 'open') = (counted_cash IS NULL)", name="counted"),
    CheckConstraint("(status = 'banked') = (bag IS NOT NULL)", name="banked"),
    CheckConstraint(
        "checked_by <> opened_by AND checked_by <> counted_by AND checked_by <> explained_by",
        name="maker_is_no_checker",
    ),
    _reference("office", "counter_office"),
    _reference("bag", "bag"),
    Index(
        "uq_till_open",
        "council",
        "mode",
        "opened_by",
        unique=True,
        postgresql_where=text("status = 'open'"),
    ),
    Index("ix_till_unbanked", "council", "mode", "day", postgresql_where=text("status <> 'banked'")),
    Index("ix_till_status", "council", "mode", "status", "id"),
    Index("ix_till_bag", "council", "bag"),
    Index("ix_till_unerased", "council", "day", postgresql_where=text("NOT is_erased")),
    Index("ix_till_named", "council", "day", postgresql_where=text("opened_by_name <> ''")),
    info=SECURED,
)

# Money of one payer on a till, or of an e-return. Posted as it is written; undone by a reversal.
counter_receipt = Table(
    "counter_receipt",
    metadata,
    *_key(),
    Column("till", ID),
    Column("e_return", ID),
    Column("office", ID, nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),  # cash, cheque
    Column("method", Text, nullable=False),  # of payment: its code
    Column("amount", BigInteger, nullable=False),
    Column("tendered", BigInteger),  # cash that was handed over
    Column("taken_on", Date, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    point_in_time("created_at"),
    Column("reason", Text),  # of its void or return
    Column("ended_by", Text),
    point_in_time("ended_at", nullable=True),
    point_in_time("printed_at", nullable=True),  # later prints are copies
    # Of its payer, then of its lines' narratives; null: nothing is left. The release before has the default.
    Column(
        "erase_on", Date, server_default=text("((now() AT TIME ZONE 'UTC') + interval '84 months')::date")
    ),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("kind IN ('cash', 'cheque')", name="kind"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("(tendered IS NOT NULL) <= (kind = 'cash') AND tendered >= amount", name="tendered"),
    CheckConstraint("status IN ('posted', 'voided', 'returned')", name="status"),
    CheckConstraint("(status = 'posted') = (ended_by IS NULL)", name="ended"),
    CheckConstraint("num_nonnulls(till, e_return) = 1", name="source"),
    _reference("till", "till"),
    _reference("e_return", "e_return"),
    _reference("office", "counter_office"),
    Index("uq_counter_receipt_number", "number", unique=True),
    Index("ix_counter_receipt_till", "council", "till", "id"),
    Index("ix_counter_receipt_e_return", "council", "e_return"),
    Index(
        "ix_counter_receipt_erase_on",
        "council",
        "erase_on",
        "id",
        postgresql_where=text("erase_on IS NOT NULL"),
    ),
    info=SECURED,
)

# A line of a basket, as it was taken. Credit notes gave back ``refunded`` of it, journals moved ``moved``.
counter_line = Table(
    "counter_line",
    metadata,
    Column("council", Text, primary_key=True),
    Column("receipt", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),
    Column("fund", ID, nullable=False),
    Column("is_suspense", Boolean, nullable=False),
    Column("ledger_code", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("vat_code", ID, nullable=False),
    Column("vat_treatment", Text, nullable=False),
    Column("basis_points", Integer),
    Column("amount", BigInteger, nullable=False),
    Column("vat", BigInteger, nullable=False),
    Column("narrative", Text, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("refunded_vat", BigInteger, nullable=False),
    Column("moved", BigInteger, nullable=False),
    Column("moved_vat", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded >= 0 AND moved >= 0 AND refunded + moved <= amount", name="left"),
    CheckConstraint(
        "refunded_vat >= 0 AND moved_vat >= 0 AND refunded_vat + moved_vat <= vat", name="vat_left"
    ),
    Index("ix_counter_line_reference", "council", "reference"),
    _reference("receipt", "counter_receipt"),
    _reference("fund", "fund"),
    _reference("vat_code", "vat_code"),
    info=SECURED,
)

# Whose cheque it was: personal data, kept for as long as it may come back.
cheque = Table(
    "cheque",
    metadata,
    Column("council", Text, primary_key=True),
    Column("receipt", ID, primary_key=True),
    Column("number", Text, nullable=False),
    Column("sort_code", Text, nullable=False),
    Column("account_number", Text, nullable=False),
    Column("payer_name", Text, nullable=False),
    _reference("receipt", "counter_receipt"),
    info=SECURED,
)

# What the bank is to show: a bag by its paying-in number, or, negative, a cheque that it returned.
bag = Table(
    "bag",
    metadata,
    *_key(),
    Column("office", ID, nullable=False),
    Column("kind", Text, nullable=False),  # deposit, returned-cheque
    Column("number", Text, nullable=False),
    Column("cash", BigInteger, nullable=False),
    Column("cheques", BigInteger, nullable=False),
    Column("banked_on", Date, nullable=False),
    Column("created_by", Text, nullable=False),
    point_in_time("created_at"),
    CheckConstraint(MODES, name="mode"),
    CheckConstraint("kind IN ('deposit', 'returned-cheque')", name="kind"),
    CheckConstraint(
        "CASE kind WHEN 'deposit' THEN cash >= 0 AND cheques >= 0 AND cash + cheques > 0 "
        "ELSE cash = 0 AND cheques < 0 END",
        name="amounts",
    ),
    _reference("office", "counter_office"),
    Index(
        "uq_bag_number",
        "council",
        "office",
        "number",
        unique=True,
        postgresql_where=text("kind = 'deposit'"),
    ),
    Index("ix_bag_magnitude", "council", "mode", text("abs(cash + cheques)")),
    Index("ix_bag_banked_on", "council", "mode", "banked_on"),
    info=SECURED,
)
