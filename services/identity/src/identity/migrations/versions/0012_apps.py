"""Apps that can keep no secret, and where their pages come from."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    """ALTER TABLE client ADD COLUMN public boolean NOT NULL DEFAULT false,
        DROP CONSTRAINT ck_client_one_way_to_authenticate""",
    """ALTER TABLE client ADD CONSTRAINT ck_client_one_way_to_authenticate
        CHECK (num_nonnulls(jwks, secret_hash) = CASE WHEN public THEN 0 ELSE 1 END) NOT VALID""",
    "ALTER TABLE client VALIDATE CONSTRAINT ck_client_one_way_to_authenticate",
    """ALTER TABLE relying_party
        ADD COLUMN application_type text NOT NULL DEFAULT 'web'
            CONSTRAINT ck_relying_party_application_type CHECK (application_type IN ('web', 'native')),
        ADD COLUMN origins text[] NOT NULL DEFAULT '{}'""",
    "CREATE INDEX ix_relying_party_origins ON relying_party (council) WHERE origins <> '{}'",
)
_DOWN: tuple[str, ...] = (
    "DROP INDEX ix_relying_party_origins",
    "ALTER TABLE relying_party DROP COLUMN origins, DROP COLUMN application_type",
    "ALTER TABLE client DROP CONSTRAINT ck_client_one_way_to_authenticate",
    # What keeps no secret could authenticate in no way: it goes out of use, with a secret that nobody knows.
    """UPDATE client SET revoked_at = coalesce(revoked_at, now()),
        secret_hash = sha256(gen_random_uuid()::text::bytea) WHERE public""",
    """ALTER TABLE client DROP COLUMN public, ADD CONSTRAINT ck_client_one_way_to_authenticate
        CHECK ((jwks IS NULL) <> (secret_hash IS NULL))""",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
