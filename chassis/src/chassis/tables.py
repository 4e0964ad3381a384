"""The tables every service has: its view of the councils, revoked credentials, outbox, inbox, idempotency.

The migration that makes them is ``chassis.migrations``; a test keeps the two equal.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

platform = MetaData(naming_convention=NAMING)


class Xid8(UserDefinedType[str]):
    """A 64-bit transaction id of PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def moment(name: str) -> Column[object]:
    """A point in time, set by the database when the row is written."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# What this service knows of the councils. In identity it is the record itself, elsewhere it follows events.
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
    moment("updated_at"),
    UniqueConstraint("gss"),
)

# Credentials refused although their signature holds: the jti of a token, or the id of a client, a subject or
# a mandate, with which tokens issued later than issued_before are good again.
revoked_token = Table(
    "revoked_token",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("issued_before", DateTime(timezone=True)),
    Column("claim", Text),  # where in a token the id stands, as far as the issuer's own record says
)

# Events of committed changes on their way to NATS. A queue: read in commit order across councils.
outbox = Table(
    "outbox",
    platform,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("txid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("council", Text, nullable=False),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("nats_subject", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    moment("created_at"),
)

# Events already taken in: commits with the effect, so that the effect happens once.
inbox = Table(
    "inbox",
    platform,
    Column("council", Text, primary_key=True),
    Column("consumer", Text, primary_key=True),
    Column("event_id", UUID(as_uuid=True), primary_key=True),
    moment("received_at"),
)

# Answers already given to an Idempotency-Key.
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
    moment("created_at"),
)
