"""Clients, their registrations as relying parties, and the assertions they used."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    FetchedValue,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp

# The sectors from which a council's services derive the subjects of people (OIDC Core section 8.1). The id is
# opaque. A council that takes over others has their sectors too, so no subject changes. A trigger adds a
# sector with each council, and gives a new client the newest one of its council.
sector = Table(
    "sector",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("id"),
)

client = Table(
    "client",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("sector", Text, nullable=False, server_default=FetchedValue()),  # it never changes
    Column("name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("jwks", JSONB(none_as_null=True)),  # a list of public keys
    Column("secret_hash", LargeBinary),  # SHA-256 of 256 random bits
    Column("previous_hash", LargeBinary),  # of the previous secret, which works until `previous_until`
    timestamp("previous_until", nullable=True),
    Column("generation", Integer, nullable=False),  # the number of the secret in force
    Column("public", Boolean, nullable=False, server_default=false()),  # a client that can keep no secret
    Column("created_by", Text, nullable=False),
    timestamp("created_at"),
    timestamp("revoked_at", nullable=True),
    UniqueConstraint("id"),
    ForeignKeyConstraint(["sector"], ["sector.id"]),
    CheckConstraint("mode IN ('sandbox', 'live')", name="mode"),
    CheckConstraint(
        "num_nonnulls(jwks, secret_hash) = CASE WHEN public THEN 0 ELSE 1 END", name="one_way_to_authenticate"
    ),
    Index(
        "uq_client_name_in_use", "council", "name", unique=True, postgresql_where=text("revoked_at IS NULL")
    ),
    info=SECURED,
)

# Client assertions already used: each jti is accepted once.
assertion_use = Table(
    "assertion_use",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client_id", ID, primary_key=True),
    Column("jti", Text, primary_key=True),
    timestamp("expires_at"),
    Index("ix_assertion_use_expires_at", "expires_at"),
)

# A client's registration to sign people in. `client` is its id in the table of that name.
relying_party = Table(
    "relying_party",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", ID, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("first_party", Boolean, nullable=False),  # the council's own service: no consent page for sign-in
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("post_logout_redirect_uris", ARRAY(Text), nullable=False),
    Column("backchannel_logout_uri", Text),
    Column("subject_type", Text, nullable=False),  # pairwise: by client.sector
    Column("id_token_alg", Text, nullable=False),
    Column("jwks_uri", Text),  # where client.jwks is fetched from; null when they were uploaded
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
    ForeignKeyConstraint(["council", "client"], ["client.council", "client.id"], **REKEYED),
    CheckConstraint("profile IN ('standard', 'onelogin')", name="profile"),
    CheckConstraint("subject_type = 'pairwise'", name="subject_type"),
    CheckConstraint("id_token_alg IN ('ES256', 'RS256')", name="id_token_alg"),
    CheckConstraint("application_type IN ('web', 'native')", name="application_type"),
    Index("ix_relying_party_origins", "council", postgresql_where=text("origins <> '{}'")),
    info=SECURED,
)


# When a client's jwks_uri was last tried, and when it last answered. Not in the table of clients, because
# every process is told of each change there.
jwks_reading = Table(
    "jwks_reading",
    metadata,
    Column("council", Text, primary_key=True),
    Column("client", ID, primary_key=True),
    timestamp("tried_at"),
    timestamp("read_at", nullable=True),
    info=SECURED,
)
