"""The counts of payments and refunds by day, which searches go by."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Identity, Index, Table, Text

from chassis.tables import ID, SECURED
from payments.shared.tables import metadata


def _counted(table: str) -> tuple[Column[object] | CheckConstraint, ...]:
    is_key = table == "daily_count"
    return (
        Column("account", ID, primary_key=is_key, nullable=False),
        Column("subject", Text, primary_key=is_key, nullable=False),
        Column("state", Text, primary_key=is_key, nullable=False),  # as the API shows it; of refunds: any
        Column("day", Date, primary_key=is_key, nullable=False),  # in UTC, on which they were created
        Column("number", BigInteger, nullable=False),
        CheckConstraint("subject IN ('payment', 'refund', 'agreement', 'dispute')", name="subject"),
    )


# How many payments and refunds there are: the sum of both tables. Triggers write the changes.
daily_count = Table(
    "daily_count",
    metadata,
    Column("council", Text, primary_key=True),
    *_counted("daily_count"),
    info=SECURED,
)
daily_count_change = Table(
    "daily_count_change",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *_counted("daily_count_change"),
    Index("ix_daily_count_change_account", "council", "account", "subject", "day"),
    postgresql_with={
        "autovacuum_vacuum_scale_factor": 0,
        "autovacuum_vacuum_threshold": 5_000,
        "autovacuum_vacuum_insert_threshold": -1,
    },
    info=SECURED,
)
