"""People on their way to an upstream and back, and logouts heard from there."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from identity.shared.tables import ID, SECURED, metadata, timestamp

# One question to a provider. It is answered once, in the browser that asked it; then ``found`` holds who came
# back while the person decides which account that is.
upstream_visit = Table(
    "upstream_visit",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),  # SHA-256 of the state in the address
    Column("browser", LargeBinary, nullable=False),  # SHA-256 of the browser's secret
    Column("council", Text, nullable=False),
    Column("upstream", ID, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("account", ID),  # of the person who is signed in: for all but sign-in
    Column("vot", Text),  # the vector of trust asked of GOV.UK One Login
    Column("fresh", Boolean, nullable=False),  # the person was to sign in anew
    Column("redirect_uri", Text, nullable=False),
    Column("request", Text),  # a service's request, and the page of the account, to go on to
    Column("page", Text),
    Column("found", JSONB(none_as_null=True)),
    Column("chosen", Boolean, nullable=False),  # to be linked with the account that signs in next
    timestamp("created_at"),
    timestamp("expires_at"),
    timestamp("returned_at", nullable=True),
    Index("ix_upstream_visit_browser", "browser"),
    Index("ix_upstream_visit_expires_at", "expires_at"),
    Index("ix_upstream_visit_account", "account"),
    CheckConstraint("purpose IN ('sign-in', 'prove', 'link')", name="purpose"),
    CheckConstraint("(purpose = 'sign-in') = (account IS NULL)", name="account"),
)

# What a provider has said of somebody who signed out there: each is heard once, and a sign-in that was on its
# way meanwhile opens nothing. For minutes.
upstream_logout = Table(
    "upstream_logout",
    metadata,
    Column("council", Text, primary_key=True),
    Column("upstream", ID, primary_key=True),
    Column("token_id", Text, primary_key=True),  # its jti
    Column("person", LargeBinary),  # HMAC, as sessions keep it
    Column("session", LargeBinary),
    timestamp("issued_at"),
    timestamp("expires_at"),
    ForeignKeyConstraint(["council", "upstream"], ["upstream.council", "upstream.id"], ondelete="CASCADE"),
    Index("ix_upstream_logout_person", "person"),
    Index("ix_upstream_logout_session", "session"),
    Index("ix_upstream_logout_expires_at", "expires_at"),
    info=SECURED,
)
