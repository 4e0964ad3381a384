"""Tables of pending logins at upstreams, and of recent logouts there."""

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

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp

# The state of a login at a provider. Its callback works once, in the browser that began it. ``found`` has the
# result of the login until the person decides which account it is.
upstream_visit = Table(
    "upstream_visit",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),  # SHA-256 of the state in the URL
    Column("browser", LargeBinary, nullable=False),  # SHA-256 of the browser's secret
    Column("council", Text, nullable=False),
    Column("upstream", ID, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("account", ID),  # of the person who is signed in, unless the purpose is sign-in
    Column("vot", Text),  # the vector of trust requested of GOV.UK One Login
    Column("fresh", Boolean, nullable=False),  # the person had to sign in anew
    Column("redirect_uri", Text, nullable=False),
    Column("request", Text),  # the service's request, or the page of the account, to return to
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

# Recent logouts at providers. Each logout token counts once, and a login that was pending meanwhile opens no
# session. Kept for an hour.
upstream_logout = Table(
    "upstream_logout",
    metadata,
    Column("council", Text, primary_key=True),
    Column("upstream", ID, primary_key=True),
    Column("token_id", Text, primary_key=True),  # its jti
    Column("person", LargeBinary),  # HMAC, as sessions store it
    Column("session", LargeBinary),
    timestamp("issued_at"),
    timestamp("expires_at"),
    ForeignKeyConstraint(
        ["council", "upstream"], ["upstream.council", "upstream.id"], ondelete="CASCADE", **REKEYED
    ),
    Index("ix_upstream_logout_person", "person"),
    Index("ix_upstream_logout_session", "session"),
    Index("ix_upstream_logout_expires_at", "expires_at"),
    info=SECURED,
)
