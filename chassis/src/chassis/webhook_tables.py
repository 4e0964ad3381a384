"""The tables of webhooks, which every service has (``chassis.tables``)."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.metadata import ID, REKEYED, SECURED, platform, point_in_time, timestamp


def _refer(column: str, table: str) -> ForeignKeyConstraint:
    """Make a foreign key that deletes a row with what it refers to."""
    key = ["council", column], [f"{table}.council", f"{table}.id"]
    return ForeignKeyConstraint(*key, ondelete="CASCADE", **REKEYED)


# Where a council's clients want to hear of what happens (``chassis.webhooks``).
webhook_subscription = Table(
    "webhook_subscription",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("kind", Text, nullable=False),  # chassis.webhooks.Kind.name
    Column("mode", Text, nullable=False),  # sandbox, live: that of the credential
    Column("scope", Text),  # a part of the service, an account for example; null: all of it
    Column("url", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("previous_secret", LargeBinary),  # sealed; signs too until then
    point_in_time("previous_until", nullable=True),
    Column("created_by", JSONB, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    Column("version", Integer, nullable=False),
    point_in_time("failing_since", nullable=True),  # no attempt has succeeded since then
    info=SECURED,
)

# What is sent to a subscription: the bytes of one event, until they expire.
webhook_delivery = Table(
    "webhook_delivery",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("subscription", ID, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("resource", Text, nullable=False),  # the id of what the event is about
    Column("body", Text, nullable=False),
    Column("status", Text, nullable=False),  # chassis.webhooks.store.Status
    Column("run", Integer, nullable=False, server_default=text("1")),  # counts replays
    Column("tries", Integer, nullable=False, server_default=text("0")),  # of this run
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # of all runs
    point_in_time("next_at", nullable=True),
    point_in_time("created_at"),
    point_in_time("expires_at"),
    _refer("subscription", "webhook_subscription"),
    Index(None, "council", "subscription", "id"),
    Index(None, "council", "status", "id"),
    Index(None, "council", "resource", "id"),
    Index(None, "expires_at"),
    info=SECURED,
)

webhook_attempt = Table(
    "webhook_attempt",
    platform,
    Column("council", Text, primary_key=True),
    Column("delivery", ID, primary_key=True),
    Column("n", Integer, primary_key=True),
    point_in_time("at"),
    Column("status_code", Integer),  # null: no answer
    Column("milliseconds", Integer, nullable=False),
    Column("error", Text),  # in a word; null: it succeeded
    _refer("delivery", "webhook_delivery"),
    info=SECURED,
)
