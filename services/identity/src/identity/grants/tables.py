"""Authorization requests, consents, grants and the tokens issued on them; the history of accounts."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.shared.tables import ID, REKEYED, metadata, timestamp

# Events of an account. It outlives the account; ``device`` and ``about`` are emptied when that is closed.
account_history = Table(
    "account_history",
    metadata,
    Column("account", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("what", Text, nullable=False),
    timestamp("at"),
    Column("device", Text, nullable=False, server_default=""),  # on which: "Firefox on Windows"
    Column("council", Text),  # at which, if at one
    Column("about", Text, nullable=False, server_default=""),  # a service's name, a mandate's theme
)


def _of_grant() -> ForeignKeyConstraint:
    key = ["token_grant.council", "token_grant.id"]
    return ForeignKeyConstraint(["council", "grant_id"], key, ondelete="CASCADE", **REKEYED)


# A request for sign-in, checked. Found by the hash of its unguessable id, before its council is known.
authorization = Table(
    "authorisation",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("client", ID, nullable=False),
    Column("kind", Text, nullable=False),  # pushed: by the client (RFC 9126); browser: on its way in one
    Column("secret_hash", LargeBinary, nullable=False),  # of the id in the URL
    Column("browser_hash", LargeBinary),  # of the cookie of the browser that brought it
    Column("client_name", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("unproven", ID),  # the account that goes on without the proof that is asked for
    timestamp("created_at"),
    timestamp("expires_at"),
    UniqueConstraint("secret_hash"),
    Index("ix_authorisation_expires_at", "expires_at"),
    CheckConstraint("kind IN ('pushed', 'browser')", name="kind"),
    CheckConstraint("(kind = 'pushed') = (browser_hash IS NULL)", name="browser"),
)

# What a person agrees that a client may know and do.
consent = Table(
    "consent",
    metadata,
    Column("council", Text, primary_key=True),
    Column("account", ID, primary_key=True),
    Column("client", ID, primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("claims", ARRAY(Text), nullable=False),
    timestamp("given_at"),
    timestamp("revoked_at", nullable=True),
)

# One sign-in of one person at one client: everything issued on it ends with it.
token_grant = Table(
    "token_grant",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("client", ID, nullable=False),
    Column("account", ID, nullable=False),
    Column("session", ID, nullable=False),
    Column("sector", Text, nullable=False),  # the client's: from it come the subject and the sid
    Column("actor", ID),  # the account that acts for this one, by a mandate
    Column("scopes", ARRAY(Text), nullable=False),
    Column("request", JSONB, nullable=False),  # redirect URI, nonce, claims, level and time of sign-in
    timestamp("created_at"),
    timestamp("revoked_at", nullable=True),
    Index("ix_token_grant_account", "account", postgresql_where=text("revoked_at IS NULL")),
    Index("ix_token_grant_session", "session", postgresql_where=text("revoked_at IS NULL")),
    Index("ix_token_grant_created_at", "created_at"),
)

authorization_code = Table(
    "authorisation_code",
    metadata,
    Column("council", Text, primary_key=True),
    Column("grant_id", ID, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    timestamp("expires_at"),
    timestamp("used_at", nullable=True),
    UniqueConstraint("secret_hash"),
    _of_grant(),
)

# Used ones stay as long as the grant, so that a stolen one is recognised when it comes back.
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("grant_id", ID, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    timestamp("expires_at"),
    timestamp("used_at", nullable=True),
    UniqueConstraint("secret_hash"),
    Index("ix_refresh_token_grant_id", "grant_id"),
    _of_grant(),
)

# People's access tokens that have not expired, so that each can be refused when its grant ends.
access_token = Table(
    "access_token",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),  # its jti
    Column("grant_id", ID, nullable=False),
    timestamp("expires_at"),
    Index("ix_access_token_grant_id", "grant_id"),
    Index("ix_access_token_expires_at", "expires_at"),
    _of_grant(),
)
