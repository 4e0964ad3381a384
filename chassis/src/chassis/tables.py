"""The tables every service has: councils, revoked credentials, outbox, inbox, idempotency, jobs, webhooks.

``chassis.migrations`` creates them; a test keeps the two equal.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

SECURED = {"row_level_security": True}
"""``info`` of a table whose rows only sessions of their council see."""

ID = UUID(as_uuid=True)

REKEYED: dict[str, Any] = {"deferrable": True, "initially": "IMMEDIATE"}
"""Foreign keys that have ``council`` can be deferred: a merge of councils changes it on both sides."""

platform = MetaData(naming_convention=NAMING)


class Xid8(UserDefinedType[str]):
    """A 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def point_in_time(name: str, *, nullable: bool = False) -> Column[object]:
    """Make a column for a point in time, in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def timestamp(name: str) -> Column[object]:
    """Make a column for a point in time, set by the database when the row is written."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# The councils. In identity it is the record itself; elsewhere it is a copy that follows identity's events.
council = Table(
    "council",
    platform,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("gss", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("version", Integer, nullable=False),
    timestamp("updated_at"),
    UniqueConstraint("gss"),
    info={"aggregate": "identity.council"},
)

# Credentials refused although their signature holds: the jti of a token, or the id of a client, a subject or
# a mandate. With issued_before, tokens of that id issued later are good again.
revoked_token = Table(
    "revoked_token",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("issued_before", DateTime(timezone=True)),
    Column("claim", Text),  # the token's claim that holds the id, where the issuer knows it
    info={"aggregate": "identity.token"},
)

# Events of committed changes on their way to NATS: a queue in two lanes, each read by id. The ids of an
# aggregate's events ascend: its row is locked before one draws an id, and the identity caches no numbers.
outbox = Table(
    "outbox",
    platform,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # Read by the relay of the release before this one; the next release drops it.
    Column("txid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("council", Text, nullable=False),
    Column(
        "ordering_key", Text, nullable=False
    ),  # of the aggregate, whichever council has it: address.property.10001
    Column("bulk", Boolean, nullable=False, server_default=text("false")),  # the lane
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("nats_subject", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    timestamp("created_at"),
    Index(None, "bulk", "id"),
    Index(None, "ordering_key", "id"),
)

# Events already processed. A row commits with the event's effect, so that the effect happens once.
inbox = Table(
    "inbox",
    platform,
    Column("council", Text, primary_key=True),
    Column("consumer", Text, primary_key=True),
    Column("event_id", UUID(as_uuid=True), primary_key=True),
    timestamp("received_at"),
)

# Answers already sent for an Idempotency-Key.
idempotency = Table(
    "idempotency",
    platform,
    Column("council", Text, primary_key=True),
    Column("caller", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("answer", JSONB),
    timestamp("created_at"),
)

# Work to be done after its cause has committed, now or later (``chassis.jobs``): a queue, fair to councils.
job = Table(
    "job",
    platform,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("council", Text, nullable=False),  # '*': the region's own
    Column("kind", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),  # of the payload's model
    Column("payload", JSONB, nullable=False),
    Column("state", SmallInteger, nullable=False),  # chassis.jobs.state.State
    Column("lane", SmallInteger, nullable=False),  # chassis.jobs.state.Lane
    Column("priority", SmallInteger, nullable=False),  # chassis.jobs.state.Priority
    # When armed: the time for it. When taken: the end of the lease. Else: since when it is in this state.
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("key", Text),  # one job of a council and kind with this key waits that was never taken
    Column("lease", BigInteger),  # holder << 32 | claim; null: never taken
    Column("failures", SmallInteger, nullable=False, server_default=text("0")),
    Column("unhandled_since", DateTime(timezone=True)),  # no worker that took it knows its kind or version
    Column("reason", Text),
    Column("traceparent", Text),
    timestamp("created_at"),
    Index("ix_job_ready", "lane", "priority", "council", "id", postgresql_where=text("state = 0")),
    Index("ix_job_armed", "due_at", postgresql_where=text("state = 1")),
    Index("ix_job_taken", "due_at", postgresql_where=text("state = 2")),
    Index("ix_job_dead", "council", "id", postgresql_where=text("state > 2")),
    Index(
        "uq_job_key",
        "council",
        "kind",
        "key",
        unique=True,
        postgresql_where=text("key IS NOT NULL AND lease IS NULL"),
    ),
    # A queue's statistics are always wrong, so VACUUM comes by count and not by share of the table.
    postgresql_with={
        "fillfactor": 85,
        "autovacuum_vacuum_scale_factor": 0,
        "autovacuum_vacuum_threshold": 20_000,
        "autovacuum_vacuum_cost_delay": 0,
        "autovacuum_analyze_scale_factor": 0,
        "autovacuum_analyze_threshold": 50_000,
    },
    info={"row_level_security": True},
)

# The next time of each of the service's schedules (``chassis.jobs.schedule``).
schedule = Table(
    "schedule",
    platform,
    Column("name", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
)

# Where a council's clients want to hear of what happens (``chassis.webhooks``).
webhook_subscription = Table(
    "webhook_subscription",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),  # chassis.webhooks.Kind.name
    Column("mode", Text, nullable=False),  # sandbox, live: that of the credential
    Column("scope", Text),  # a part of the service, an account for example; null: all of it
    Column("url", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("previous_secret", LargeBinary),  # sealed; signs too until then
    Column("previous_until", DateTime(timezone=True)),
    Column("created_by", JSONB, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    Column("version", Integer, nullable=False),
    Column("failing_since", DateTime(timezone=True)),  # no attempt has succeeded since then
    info={"row_level_security": True},
)

# What is sent to a subscription: the bytes of one event, until they expire.
webhook_delivery = Table(
    "webhook_delivery",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("subscription", UUID(as_uuid=True), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("resource", Text, nullable=False),  # the id of what the event is about
    Column("body", Text, nullable=False),
    Column("status", Text, nullable=False),  # chassis.webhooks.store.Status
    Column("run", Integer, nullable=False, server_default=text("1")),  # counts replays
    Column("tries", Integer, nullable=False, server_default=text("0")),  # of this run
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # of all runs
    Column("next_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(
        ["council", "subscription"],
        ["webhook_subscription.council", "webhook_subscription.id"],
        ondelete="CASCADE",
        deferrable=True,
        initially="IMMEDIATE",
    ),
    Index(None, "council", "subscription", "id"),
    Index(None, "council", "status", "id"),
    Index(None, "expires_at"),
    info={"row_level_security": True},
)

webhook_attempt = Table(
    "webhook_attempt",
    platform,
    Column("council", Text, primary_key=True),
    Column("delivery", UUID(as_uuid=True), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("status_code", Integer),  # null: no answer
    Column("milliseconds", Integer, nullable=False),
    Column("error", Text),  # in a word; null: it succeeded
    ForeignKeyConstraint(
        ["council", "delivery"],
        ["webhook_delivery.council", "webhook_delivery.id"],
        ondelete="CASCADE",
        deferrable=True,
        initially="IMMEDIATE",
    ),
    info={"row_level_security": True},
)
