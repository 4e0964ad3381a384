"""Tables of upstreams: the identity providers that councils registered, our keys there."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKeyConstraint, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import LargeBinary

from identity.shared.tables import ID, REKEYED, SECURED, metadata, timestamp


def _of_upstream() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["council", "upstream"], ["upstream.council", "upstream.id"], ondelete="CASCADE", **REKEYED
    )


# An OpenID provider that a council registered. Links depend on kind, audience, issuer, tenant and
# subject_claim, so these never change.
upstream = Table(
    "upstream",
    metadata,
    Column("council", Text, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("url_slug", Text, nullable=False),  # the slug in its URLs, as the provider has them on file
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("title", Text, nullable=False),  # the name on the button
    Column("title_cy", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),  # ours at the provider
    Column("authentication", Text, nullable=False),
    Column("secret_sealed", LargeBinary),  # AES-256-GCM bound to the row; null with keys
    Column("scopes", ARRAY(Text), nullable=False),
    Column("acr_values", Text),
    Column("tenant", Text),  # Entra ID's tid, which every id_token must name
    Column("subject_claim", Text, nullable=False),
    Column("groups_claim", Text),
    Column("provisioning", Text, nullable=False),  # who adds staff: the directory by SCIM, or a sign-in
    Column("session_hours", Integer, nullable=False),  # how long roles count after a sign-in, with jit
    Column("identity_level", Text),  # the level of identity asked of One Login
    Column("did_url", Text),  # where the keys of its statements of identity are
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_by", Text, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    CheckConstraint("kind IN ('onelogin', 'oidc')", name="kind"),
    CheckConstraint("audience IN ('residents', 'staff')", name="audience"),
    CheckConstraint("kind <> 'onelogin' OR audience = 'residents'", name="residents_of_one_login"),
    CheckConstraint("kind = 'onelogin' OR identity_level IS NULL", name="who_proves"),
    CheckConstraint("authentication IN ('private_key_jwt', 'client_secret')", name="authentication"),
    CheckConstraint(
        "(authentication = 'client_secret') = (secret_sealed IS NOT NULL)", name="one_way_to_authenticate"
    ),
    CheckConstraint("provisioning IN ('scim', 'jit')", name="provisioning"),
    CheckConstraint("identity_level IN ('P1', 'P2')", name="identity_level"),
    info=SECURED,
)

# Our keys at a provider. The newest whose ``signs_from`` has come signs.
upstream_key = Table(
    "upstream_key",
    metadata,
    Column("council", Text, primary_key=True),
    Column("upstream", ID, primary_key=True),
    Column("kid", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM bound to the row
    timestamp("created_at"),
    timestamp("signs_from"),
    timestamp("retired_at", nullable=True),  # from then on not published, and soon purged
    _of_upstream(),
    info=SECURED,
)
