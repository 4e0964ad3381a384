"""The tables of staff who sign in to a service's pages, which every service has (``chassis.tables``)."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.metadata import ID, SECURED, platform, point_in_time

# The client by which a council's staff sign in (``chassis.web.sign_in``): the newest of a mode is in use.
sign_in_client = Table(
    "sign_in_client",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("mode", Text, nullable=False),  # sandbox, live
    Column("client_id", Text, nullable=False),  # at the issuer
    Column("created_by", JSONB, nullable=False),
    point_in_time("created_at"),
    Index(None, "council", "mode", "id"),
    info=SECURED,
)

# A member of staff who is signed in, in one browser.
staff_session = Table(
    "staff_session",
    platform,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),  # SHA-256 of what the cookie has
    Column("client_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sid", Text, nullable=False),  # the session at the issuer, which logout tokens name
    Column("name", Text, nullable=False),
    Column("tokens", LargeBinary, nullable=False),  # sealed
    point_in_time("refreshing_until", nullable=True),  # one request at a time gets new tokens
    point_in_time("created_at"),
    point_in_time("used_at"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("uq_staff_session_secret_hash", "secret_hash", unique=True),
    Index(None, "council", "sid"),
    Index(None, "council", "subject"),
    Index(None, "expires_at"),
    info=SECURED,
)
