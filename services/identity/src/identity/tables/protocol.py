"""What the OpenID provider keeps: relying parties, authorisations, grants and what was issued on them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from identity.tables.base import SECURED, metadata, moment

_ID = UUID(as_uuid=True)
_OF_GRANT = ("council", "grant_id")

# What a client needs besides its keys to sign people in. `client` is its id in the table of that name.
relying_party = Table(
    "relying_party",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", _ID, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("first_party", Boolean, nullable=False),  # the council's own service: no consent page for sign-in
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("post_logout_redirect_uris", ARRAY(Text), nullable=False),
    Column("backchannel_logout_uri", Text),
    Column("subject_type", Text, nullable=False),  # pairwise: the sector is the council
    Column("id_token_alg", Text, nullable=False),
    Column("jwks_uri", Text),  # where client.jwks is taken from again; null when they were uploaded
    Column("par_required", Boolean, nullable=False),
    Column("person_scopes", ARRAY(Text), nullable=False),  # openid email phone offline_access, and API scopes
    Column("identity_levels", ARRAY(Text), nullable=False),  # proofs it may ask for: P1, P2
    Column("contacts", ARRAY(Text), nullable=False),
    Column("name_cy", Text, nullable=False, server_default=""),  # client.name is the English one
    Column("identity_claims", ARRAY(Text), nullable=False, server_default="{address,identity}"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("application_type", Text, nullable=False, server_default="web"),  # native: an app on a device
    Column("origins", ARRAY(Text), nullable=False, server_default="{}"),  # of a public web app's pages
    ForeignKeyConstraint(["council", "client"], ["client.council", "client.id"]),
    CheckConstraint("profile IN ('standard', 'onelogin')", name="profile"),
    CheckConstraint("subject_type = 'pairwise'", name="subject_type"),
    CheckConstraint("id_token_alg IN ('ES256', 'RS256')", name="id_token_alg"),
    CheckConstraint("application_type IN ('web', 'native')", name="application_type"),
    Index("ix_relying_party_origins", "council", postgresql_where=text("origins <> '{}'")),
    info=SECURED,
)

# A request for sign-in, checked. Found by the hash of its unguessable id, before its council is known.
authorisation = Table(
    "authorisation",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("client", _ID, nullable=False),
    Column("kind", Text, nullable=False),  # pushed: by the client (RFC 9126); browser: on its way
    Column("secret_hash", LargeBinary, nullable=False),  # of the id in the URL
    Column("browser_hash", LargeBinary),  # of the cookie of the browser that brought it
    Column("client_name", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("unproven", _ID),  # the account whose holder goes on without the proof that is asked for
    moment("created_at"),
    moment("expires_at"),
    UniqueConstraint("secret_hash"),
    Index("ix_authorisation_expires_at", "expires_at"),
    CheckConstraint("kind IN ('pushed', 'browser')", name="kind"),
    CheckConstraint("(kind = 'pushed') = (browser_hash IS NULL)", name="browser"),
)

# What a person has agreed that a client may know and do.
consent = Table(
    "consent",
    metadata,
    Column("council", Text, primary_key=True),
    Column("account", _ID, primary_key=True),
    Column("client", _ID, primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("claims", ARRAY(Text), nullable=False),
    moment("given_at"),
    moment("revoked_at", nullable=True),
)

# One sign-in of one person at one client: everything issued on it dies with it.
token_grant = Table(
    "token_grant",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("client", _ID, nullable=False),
    Column("account", _ID, nullable=False),
    Column("session", _ID, nullable=False),
    Column("actor", _ID),  # who acts for the account, by a mandate
    Column("scopes", ARRAY(Text), nullable=False),
    Column("request", JSONB, nullable=False),  # redirect URI, nonce, claims, level and time of sign-in
    moment("created_at"),
    moment("revoked_at", nullable=True),
    Index("ix_token_grant_account", "account", postgresql_where=text("revoked_at IS NULL")),
    Index("ix_token_grant_session", "session", postgresql_where=text("revoked_at IS NULL")),
    Index("ix_token_grant_created_at", "created_at"),
)

authorisation_code = Table(
    "authorisation_code",
    metadata,
    Column("council", Text, primary_key=True),
    Column("grant_id", _ID, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    moment("expires_at"),
    moment("used_at", nullable=True),
    UniqueConstraint("secret_hash"),
    ForeignKeyConstraint([*_OF_GRANT], ["token_grant.council", "token_grant.id"], ondelete="CASCADE"),
)

# Used ones stay as long as the grant, so that a stolen one is known when it comes back.
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("grant_id", _ID, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    moment("expires_at"),
    moment("used_at", nullable=True),
    UniqueConstraint("secret_hash"),
    Index("ix_refresh_token_grant_id", "grant_id"),
    ForeignKeyConstraint([*_OF_GRANT], ["token_grant.council", "token_grant.id"], ondelete="CASCADE"),
)

# The access tokens of people that are alive, so that each can be refused when its grant ends.
access_token = Table(
    "access_token",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", _ID, primary_key=True),  # its jti
    Column("grant_id", _ID, nullable=False),
    moment("expires_at"),
    Index("ix_access_token_grant_id", "grant_id"),
    Index("ix_access_token_expires_at", "expires_at"),
    ForeignKeyConstraint([*_OF_GRANT], ["token_grant.council", "token_grant.id"], ondelete="CASCADE"),
)

# Clients that must hear that a session has ended (back-channel logout): a queue.
logout_notice = Table(
    "logout_notice",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("client", _ID, nullable=False),
    Column("uri", Text, nullable=False),
    Column("account", _ID, nullable=False),
    Column("session", _ID, nullable=False),
    Column("attempts", Integer, nullable=False),
    moment("due_at"),
    Column("rs256", Boolean, nullable=False),  # how its tokens are signed, else ES256
    Index("ix_logout_notice_due_at", "due_at"),
)
