"""The table of finance settings."""

from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.tables import SECURED, point_in_time
from payments.shared.tables import metadata

# What a council sets: payments.finance_settings.rules.settings.ReconciliationSettings.
reconciliation_settings = Table(
    "reconciliation_settings",
    metadata,
    Column("council", Text, primary_key=True),
    Column("settings", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_by", Text, nullable=False),
    point_in_time("updated_at"),
    info=SECURED,
)
