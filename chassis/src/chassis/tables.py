"""The tables every service has: councils, revoked credentials, outbox, inbox, jobs, audit, rate limits ...

``chassis.migrations`` creates them; a test keeps the two equal.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

from chassis.metadata import ID, NAMING, REKEYED, SECURED, Xid8, platform, point_in_time, timestamp
from chassis.sign_in_tables import sign_in_client, staff_session
from chassis.webhook_tables import webhook_attempt, webhook_delivery, webhook_subscription

__all__ = [
    "ID",
    "NAMING",
    "REKEYED",
    "SECURED",
    "Xid8",
    "audit",
    "audit_personal",
    "council",
    "idempotency",
    "inbox",
    "job",
    "outbox",
    "platform",
    "point_in_time",
    "revoked_token",
    "schedule",
    "sign_in_client",
    "staff_session",
    "timestamp",
    "webhook_attempt",
    "webhook_delivery",
    "webhook_subscription",
]


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

# E-mails and SMS that wait to be sent (``chassis.messages``). Addresses, names and codes are personal: a row
# is deleted as soon as its message is sent or has expired. A laptop keeps it until then, to show it.
message = Table(
    "message",
    platform,
    Column("council", Text, primary_key=True),  # '*': the region's own
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("personalisation", JSONB, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    timestamp("created_at"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("channel IN ('email', 'sms')", name="channel"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    Index(None, "expires_at"),
    info={"row_level_security": True},
)

# Who changed what, for whom, by which credential (``chassis.audit``). PostgreSQL keeps it as it was written.
audit = Table(
    "audit",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("aggregate", Text, nullable=False),  # identity.upstream
    Column("aggregate_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),  # the subject of who did it, or the name of a task
    Column("actor_kind", Text),  # null in entries of older records, which did not know it
    Column("credential", Text),  # the client of the token, or the API key: its id
    Column("for_whom", Text),  # the subject of the person whom the actor, a delegate, acted for
    Column("mandate", Text),
    Column("changes", JSONB, nullable=False),  # field -> [before, after], of the fields that changed
    Column("personal_digest", LargeBinary),  # SHA-256 of salt and changes in audit_personal
    Column("reason", Text),
    Column("trace_id", Text),
    CheckConstraint("actor_kind IN ('person', 'staff', 'client', 'system')", name="actor_kind"),
    Index("ix_audit_aggregate", "council", "aggregate", "aggregate_id", "id"),
    Index("ix_audit_actor", "council", "actor", "id"),
    info={"row_level_security": True},
)

# The changes of fields with personal data: apart, so that they can be erased. JSON as text, for the digest.
audit_personal = Table(
    "audit_personal",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", UUID(as_uuid=True), primary_key=True),  # of the entry
    Column("salt", Text, nullable=False),  # without it nobody finds the values by trying digests
    Column("changes", JSON, nullable=False),
    info={"row_level_security": True},
)

# What ``chassis.rates.SharedLimiter`` counts. ``key``: HMAC of a limit and of whom or what it counts.
# ``refilled_at``: when the whole quota is there again; from then on the row says nothing and is purged.
rate_limit = Table(
    "rate_limit",
    platform,
    Column("key", LargeBinary, primary_key=True),
    Column("refilled_at", DateTime(timezone=True), nullable=False),
    Index(None, "refilled_at"),
)
