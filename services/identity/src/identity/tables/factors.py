"""How people prove who they are, and how often somebody has tried. All of it can be erased."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from identity.tables.base import metadata, moment

_ID = UUID(as_uuid=True)

account_password = Table(
    "account_password",
    metadata,
    Column("account", _ID, primary_key=True),
    Column("hash", Text, nullable=False),  # argon2id in PHC form: its parameters stand in it
    moment("set_at"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account", _ID, nullable=False),
    Column("credential", LargeBinary, nullable=False),  # WebAuthn's credential id
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("sign_count", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),  # the person's other devices may have it too
    Column("name", Text, nullable=False),  # the person's own word for it
    moment("created_at"),
    moment("used_at", nullable=True),
    Index("uq_passkey_credential", "credential", unique=True),
    Index("ix_passkey_account", "account"),
)

# An authenticator app. Without ``confirmed_at`` it is being set up and opens nothing.
authenticator = Table(
    "authenticator",
    metadata,
    Column("account", _ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM of the shared secret
    Column("last_step", BigInteger, nullable=False),  # of the last code taken: each works once
    moment("created_at"),
    moment("confirmed_at", nullable=True),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account", _ID, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),  # HMAC
    moment("used_at", nullable=True),
)

# A code on its way to an address, good in the one browser that asked for it. ``account`` null: there is none.
one_time_code = Table(
    "one_time_code",
    metadata,
    Column("browser", LargeBinary, primary_key=True),  # SHA-256 of the browser's secret
    Column("purpose", Text, primary_key=True),
    Column("account", _ID),
    Column("address", Text, nullable=False),
    Column("hash", LargeBinary),  # HMAC of the code; null when it opens nothing: no account, or used
    Column("tries", Integer, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    Index("ix_one_time_code_expires_at", "expires_at"),
    Index("ix_one_time_code_account", "account"),
    CheckConstraint(
        "purpose IN ('sign-in', 'register', 'email', 'email-before', 'phone', 'phone-before', "
        "'text', 'text-set-up')",
        name="purpose",
    ),
)

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("browser", LargeBinary, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("challenge", LargeBinary, nullable=False),
    moment("expires_at"),
    Index("ix_passkey_challenge_expires_at", "expires_at"),
    CheckConstraint("purpose IN ('sign-in', 'register')", name="purpose"),
)

# Somebody half way through signing in: what this browser has proven so far.
sign_in = Table(
    "sign_in",
    metadata,
    Column("browser", LargeBinary, primary_key=True),
    Column("account", _ID, nullable=False),
    Column("methods", ARRAY(Text), nullable=False),
    Column("through", JSONB(none_as_null=True)),  # the sign-in elsewhere that it began with, if so
    moment("expires_at"),
    Index("ix_sign_in_expires_at", "expires_at"),
    Index("ix_sign_in_account", "account"),
)

# A browser in which an account was signed in before: strangers' failures do not shut it out.
known_browser = Table(
    "known_browser",
    metadata,
    Column("account", _ID, primary_key=True),
    Column("browser", LargeBinary, primary_key=True),
    moment("seen_at"),
)

# Sliding windows: when something was last tried. ``key``: HMAC of what is limited and for whom.
attempt = Table(
    "attempt",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("times", ARRAY(DateTime(timezone=True)), nullable=False),
    Column("most", Integer, nullable=False),
    moment("expires_at"),
    Index("ix_attempt_expires_at", "expires_at"),
)

# What happened to an account. No personal data: it outlives the account, but for ``device``, which does not.
account_history = Table(
    "account_history",
    metadata,
    Column("account", _ID, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("what", Text, nullable=False),
    moment("at"),
    Column("device", Text, nullable=False, server_default=""),  # on which: "Firefox on Windows"
    Column("council", Text),  # at which, if at one
    Column("about", Text, nullable=False, server_default=""),  # a service's name, a mandate's theme
)
