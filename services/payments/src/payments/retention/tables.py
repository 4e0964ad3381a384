"""The table of legal holds."""

from sqlalchemy import Column, ForeignKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import ID, REKEYED, SECURED, point_in_time
from payments.shared.tables import metadata

# While a payment has one, nothing of it is erased.
payment_hold = Table(
    "payment_hold",
    metadata,
    Column("council", Text, primary_key=True),
    Column("payment", ID, primary_key=True),
    Column("reason", Text, nullable=False),  # words of staff: deleted with the hold
    Column("placed_by", JSONB, nullable=False),
    point_in_time("placed_at"),
    ForeignKeyConstraint(["council", "payment"], ["payment.council", "payment.id"], **REKEYED),
    info=SECURED,
)
