"""Tables of the office. A trigger keeps a request as it was made, and what came of it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, SECURED, point_in_time
from payments.shared.tables import metadata

_WITH_WORDS = "note <> '' OR answer <> '' OR requested_by_name <> '' OR checked_by_name <> ''"

# What a member of staff asked for. Its maker is never its checker: a constraint.
office_request = Table(
    "office_request",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("kind", Text, nullable=False),  # payments.office.rules.requests.Kind
    Column("subject", ID, nullable=False),  # the payment, the item in suspense, or the journal
    Column("line", SmallInteger),  # of the payment's basket, that a journal moves
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content", JSONB, nullable=False),  # the lines
    Column("maker_limit", BigInteger, nullable=False),  # what the maker could give back alone
    Column("status", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    point_in_time("requested_at"),
    Column("checked_by", Text),
    point_in_time("checked_at", nullable=True),
    Column("result", ID),  # the refund, or the journal's transaction
    # Personal data, and words of staff: they can be erased.
    Column("note", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("requested_by_name", Text, nullable=False),
    Column("checked_by_name", Text, nullable=False),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint("kind IN ('refund', 'journal', 'undo', 'credit-note')", name="kind"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("status IN ('proposed', 'done', 'approved', 'rejected', 'withdrawn')", name="status"),
    CheckConstraint("checked_by <> requested_by", name="maker_is_no_checker"),
    CheckConstraint("(status IN ('approved', 'rejected')) = (checked_by IS NOT NULL)", name="checked"),
    CheckConstraint("status <> 'done' OR (kind = 'refund' AND amount <= maker_limit)", name="within_limit"),
    CheckConstraint("(status IN ('done', 'approved')) = (result IS NOT NULL)", name="result"),
    Index("ix_office_request_status", "council", "mode", "status", "id"),
    Index("ix_office_request_subject", "council", "subject", "id"),
    Index(
        "ix_office_request_done",
        "council",
        "requested_by",
        "requested_at",
        postgresql_where=text("status = 'done'"),
    ),
    Index("ix_office_request_words", "council", "requested_at", postgresql_where=text(_WITH_WORDS)),
    info=SECURED,
)

# What staff with a scope may give back alone, in pence.
office_limit = Table(
    "office_limit",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("refund", BigInteger, nullable=False),
    Column("daily", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    CheckConstraint("refund >= 0 AND daily >= refund", name="amounts"),
    Index("ix_office_limit_scope", "council", "scope"),
    info=SECURED,
)
