"""Tables of the ledger. Triggers refuse change and removal: a mistake is corrected by a reversal.

Councils may be merged, the ledger's rows are not re-keyed: a successor reads its predecessors' ledgers.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

MODES = "mode IN ('sandbox', 'live')"

# What money can be in or owed to: a bank account, a processor's clearing, a fund, VAT, suspense. Made at the
# first posting to it. ``fund`` with the role fund; ``code`` is the ledger code, VAT code, till or account.
ledger_account = Table(
    "ledger_account",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("fund", ID),
    Column("code", Text, nullable=False),
    UniqueConstraint("council", "mode", "role", "fund", "code", postgresql_nulls_not_distinct=True),
    CheckConstraint(MODES, name="mode"),
    info=SECURED,
)

# Its postings sum to zero. ``taken_on`` is the UK day of the taking, ``value_date`` the bank's.
ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("kind", Text, nullable=False),  # payments.ledger.rules.Kind
    Column("cause", ID, nullable=False),  # the payment, refund, statement line ... it was posted for
    Column("method", Text, nullable=False),  # of payment: its code when it was taken
    Column("taken_on", Date, nullable=False),
    Column("value_date", Date),
    Column("reverses", ID),
    point_in_time("posted_at"),
    UniqueConstraint("council", "cause", "kind", "reverses", postgresql_nulls_not_distinct=True),
    CheckConstraint(MODES, name="mode"),
    Index("uq_ledger_transaction_reverses", "council", "reverses", unique=True),
    Index("ix_ledger_transaction_order", "council", "mode", "taken_on", "id"),
    info={**SECURED, "aggregate": "payments.receipt"},
)

# Pence: debit positive, credit negative. A trigger refuses a transaction that does not sum to zero, and
# postings that come after those a transaction began with.
posting = Table(
    "posting",
    metadata,
    Column("council", Text, primary_key=True),
    Column("transaction", ID, primary_key=True),
    Column("n", SmallInteger, primary_key=True),  # from 1
    Column("account", ID, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("line", SmallInteger),  # of the basket
    Column("reference", Text),  # the line's, for the fund's file
    ForeignKeyConstraint(
        ["council", "transaction"], ["ledger_transaction.council", "ledger_transaction.id"], **REKEYED
    ),
    ForeignKeyConstraint(["council", "account"], ["ledger_account.council", "ledger_account.id"], **REKEYED),
    CheckConstraint("amount <> 0", name="amount"),
    Index("ix_posting_account", "council", "account", "transaction"),
    info=SECURED,
)

# Transactions that no seal covers yet: written with the transaction, removed by the sealer.
unsealed_transaction = Table(
    "unsealed_transaction",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("transaction", ID, primary_key=True),
    info=SECURED,
)

# The chain of a council's ledger: each seal hashes the one before and a transaction with its postings.
ledger_seal = Table(
    "ledger_seal",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("transaction", ID, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("council", "transaction"),
    info=SECURED,
)

# The signed end of the chain on a day: who keeps a copy can show that nothing before it was changed.
ledger_root = Table(
    "ledger_root",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("statement", Text, nullable=False),  # a JWS: chain, day, sequence, hash
    info=SECURED,
)

# The sum of an account's postings up to a seal.
balance_snapshot = Table(
    "balance_snapshot",
    metadata,
    Column("council", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("account", ID, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    info=SECURED,
)
