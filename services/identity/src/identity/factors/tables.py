"""The tables of passwords, passkeys, authenticator apps, recovery codes and pending sign-ins."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.shared.tables import ID, metadata, timestamp

account_password = Table(
    "account_password",
    metadata,
    Column("account", ID, primary_key=True),
    Column("hash", Text, nullable=False),  # argon2id as a PHC string, parameters included
    timestamp("set_at"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", ID, primary_key=True),
    Column("account", ID, nullable=False),
    Column("credential", LargeBinary, nullable=False),  # WebAuthn's credential id
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("sign_count", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),  # the person's other devices may have it too
    Column("name", Text, nullable=False),  # chosen by the person
    timestamp("created_at"),
    timestamp("used_at", nullable=True),
    Index("uq_passkey_credential", "credential", unique=True),
    Index("ix_passkey_account", "account"),
)

# Authenticator apps. One without ``confirmed_at`` is being set up, and its codes are not accepted.
authenticator = Table(
    "authenticator",
    metadata,
    Column("account", ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM of the shared secret
    Column("last_step", BigInteger, nullable=False),  # time step of the last code used: each works once
    timestamp("created_at"),
    timestamp("confirmed_at", nullable=True),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account", ID, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),  # HMAC
    timestamp("used_at", nullable=True),
)

passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("browser", LargeBinary, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("challenge", LargeBinary, nullable=False),
    timestamp("expires_at"),
    Index("ix_passkey_challenge_expires_at", "expires_at"),
    CheckConstraint("purpose IN ('sign-in', 'register')", name="purpose"),
)

# Pending sign-ins: the methods a browser has used, until they are enough.
sign_in = Table(
    "sign_in",
    metadata,
    Column("browser", LargeBinary, primary_key=True),
    Column("account", ID, nullable=False),
    Column("methods", ARRAY(Text), nullable=False),
    Column("through", JSONB(none_as_null=True)),  # the upstream session it began with, if any
    timestamp("expires_at"),
    Index("ix_sign_in_expires_at", "expires_at"),
    Index("ix_sign_in_account", "account"),
)

# How many SMS were sent on a day, against its budget. It holds no personal data.
sms_count = Table(
    "text_count",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("sent", Integer, nullable=False),
    CheckConstraint("kind IN ('known', 'known-abroad', 'new', 'new-abroad')", name="kind"),
)
