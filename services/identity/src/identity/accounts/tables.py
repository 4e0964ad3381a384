"""Accounts of people. They belong to the region: one account for every council's services."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp

# An account is an id. Everything personal is in other tables, so that it can be erased.
account = Table(
    "account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("status", Text, nullable=False),
    Column("language", Text, nullable=False),  # en or cy: of pages and e-mails
    Column("version", Integer, nullable=False),
    timestamp("created_at"),
    timestamp("closed_at", nullable=True),
    CheckConstraint("status IN ('active', 'closed')", name="status"),
    CheckConstraint("language IN ('en', 'cy')", name="language"),
    info={"aggregate": "identity.account"},
)

# The verified address of an account. ``address`` as it was typed, ``canonical`` as it is compared.
account_email = Table(
    "account_email",
    metadata,
    Column("account", ID, primary_key=True),
    Column("address", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    timestamp("verified_at"),
    Index("uq_account_email_canonical", "canonical", unique=True),
)

# A browser in which somebody is signed in. ``secret_hash``: of the cookie, a new one after every sign-in.
browser_session = Table(
    "browser_session",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("methods", ARRAY(Text), nullable=False),  # the account's own: email, passkey, totp, ...
    timestamp("own_at", nullable=True),  # when these last signed the person in by themselves
    Column("device", Text, nullable=False),  # for the list of sessions: "Firefox Windows"
    timestamp("authenticated_at"),
    timestamp("created_at"),
    timestamp("seen_at"),
    timestamp("expires_at"),
    timestamp("ended_at", nullable=True),
    Column("upstream_person", LargeBinary),  # neither is written since migration 0019: see the
    Column("upstream_session", LargeBinary),  # table session_upstream
    Index("uq_browser_session_secret_hash", "secret_hash", unique=True),
    Index("ix_browser_session_account", "account", postgresql_where=text("ended_at IS NULL")),
    Index("ix_browser_session_seen_at", "seen_at", postgresql_where=text("ended_at IS NULL")),
    Index("ix_browser_session_upstream_person", "upstream_person", postgresql_where=text("ended_at IS NULL")),
    Index(
        "ix_browser_session_upstream_session", "upstream_session", postgresql_where=text("ended_at IS NULL")
    ),
    info={"aggregate": "identity.session"},
)

# A sign-in at an upstream in a session. It counts at the upstream's council alone; deleted when it is over.
session_upstream = Table(
    "session_upstream",
    metadata,
    Column("council", Text, primary_key=True),
    Column("session", ID, primary_key=True),
    Column("upstream", ID, primary_key=True),
    Column("method", Text, nullable=False),
    timestamp("authenticated_at"),
    Column("person", LargeBinary, nullable=False),  # HMACs of the provider's sub and sid,
    Column("upstream_session", LargeBinary),  # which its logout tokens name
    Index("ix_session_upstream_session", "session"),
    Index("ix_session_upstream_person", "person"),
    Index("ix_session_upstream_upstream_session", "upstream_session"),
    CheckConstraint("method IN ('upstream', 'upstream-two-factors')", name="method"),
)

# A browser in which an account was signed in before: attempts of strangers do not lock it out.
known_browser = Table(
    "known_browser",
    metadata,
    Column("account", ID, primary_key=True),
    Column("browser", LargeBinary, primary_key=True),
    timestamp("seen_at"),
)

# The verified phone number of an account. Not unique: a household may share one phone.
account_phone = Table(
    "account_phone",
    metadata,
    Column("account", ID, primary_key=True),
    Column("number", Text, nullable=False),  # E.164
    timestamp("verified_at"),
    timestamp("second_step_since", nullable=True),  # null: signing in needs no SMS to it
    CheckConstraint("number ~ '^[+][1-9][0-9]{4,14}$'", name="number"),
)

# The account of a subject at a provider. Linked by the person, never by an e-mail address.
upstream_account = Table(
    "upstream_account",
    metadata,
    Column("council", Text, primary_key=True),
    Column("upstream", ID, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account", ID, nullable=False),
    timestamp("linked_at"),
    ForeignKeyConstraint(
        ["council", "upstream"], ["upstream.council", "upstream.id"], ondelete="CASCADE", **REKEYED
    ),
    Index("uq_upstream_account_account", "council", "upstream", "account", unique=True),
    Index("ix_upstream_account_account", "account"),
    info=SECURED,
)
