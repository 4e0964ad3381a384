"""Tables of council finance: funds, rules of references, VAT codes with their rates, methods of payment.

Rows name each other by id: after a merge of councils two funds may have one code.
"""

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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata


def _reference(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["council", column], [f"{table}.council", f"{table}.id"], **REKEYED)


def _key() -> list[Column[object]]:
    return [Column("council", Text, primary_key=True), Column("id", ID, primary_key=True)]


def _version() -> list[Column[object]]:
    return [
        Column("version", Integer, nullable=False),
        Column("updated_by", Text, nullable=False),
        point_in_time("updated_at"),
    ]


# How the references of one system of the council are made, and what to tell somebody who mistypes one.
reference_rule = Table(
    "reference_rule",
    metadata,
    *_key(),
    Column("name", Text, nullable=False),
    Column("rule", JSONB, nullable=False),  # payments.shared.references.Rule
    Column("help", Text, nullable=False),  # where people find it: "On your bill, 9 digits from 8"
    Column("help_cy", Text, nullable=False),
    *_version(),
    info=SECURED,
)

vat_code = Table(
    "vat_code",
    metadata,
    *_key(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("treatment", Text, nullable=False),  # what a VAT receipt says of such a line
    *_version(),
    CheckConstraint(
        "treatment IN ('outside_scope', 'standard', 'reduced', 'zero', 'exempt', 'accounted', 'suspense')",
        name="treatment",
    ),
    info=SECURED,
)

# The rate of a VAT code from a day on. A line of a payment keeps the rate it was taken with.
vat_rate = Table(
    "vat_rate",
    metadata,
    Column("council", Text, primary_key=True),
    Column("vat_code", ID, primary_key=True),
    Column("from_date", Date, primary_key=True),
    Column("basis_points", Integer),  # null: no VAT at all
    CheckConstraint("basis_points BETWEEN 0 AND 10000", name="basis_points"),
    _reference("vat_code", "vat_code"),
    info=SECURED,
)

# The kind of debt or income that a line of a payment belongs to.
fund = Table(
    "fund",
    metadata,
    *_key(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_cy", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference_rule", ID),  # null: a reference may be anything, or be missing
    Column("vat_code", ID, nullable=False),
    Column("vat_override", Boolean, nullable=False),  # a line may name another VAT code
    Column("ledger_code", Text, nullable=False),  # where the finance system books it; never parsed
    Column("max_amount", BigInteger),  # of a line, in pence
    Column("overpay", Boolean, nullable=False),  # more than is owed may be paid
    Column("refund_spread", Text, nullable=False),  # of a refund that names no lines
    Column("retention_months", Integer, nullable=False),  # of the payer's personal data
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # the last day
    *_version(),
    CheckConstraint("kind IN ('income', 'debtor', 'suspense', 'transfer')", name="kind"),
    CheckConstraint(
        "refund_spread IN ('last_line_first', 'largest_remainder', 'refuse')", name="refund_spread"
    ),
    CheckConstraint("max_amount > 0", name="max_amount"),
    CheckConstraint("valid_to >= valid_from", name="validity"),
    _reference("reference_rule", "reference_rule"),
    _reference("vat_code", "vat_code"),
    Index(None, "council", "reference_rule"),
    Index(None, "council", "vat_code"),
    info=SECURED,
)

# How money comes in or goes out: cash, cheque, card, transfer.
payment_method = Table(
    "payment_method",
    metadata,
    *_key(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    Column("min_amount", BigInteger),
    Column("max_amount", BigInteger),
    Column("disabled", Boolean, nullable=False),
    *_version(),
    CheckConstraint("min_amount >= 0 AND max_amount >= min_amount", name="amounts"),
    info=SECURED,
)
