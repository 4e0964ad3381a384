"""Services registered by councils themselves: their secrets and keys, and who changed what."""

from alembic import op

from chassis import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    "ALTER TABLE client ADD COLUMN previous_hash bytea, ADD COLUMN previous_until timestamptz",
    """ALTER TABLE relying_party
        ADD COLUMN name_cy text NOT NULL DEFAULT '',
        ADD COLUMN identity_claims text[] NOT NULL DEFAULT '{address,identity}',
        ADD COLUMN version integer NOT NULL DEFAULT 1,
        ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()""",
    """CREATE TABLE jwks_reading (
        council text NOT NULL, client uuid NOT NULL, tried_at timestamptz NOT NULL, read_at timestamptz,
        CONSTRAINT pk_jwks_reading PRIMARY KEY (council, client))""",
    """CREATE TABLE service_history (
        council text NOT NULL, client uuid NOT NULL, id uuid NOT NULL, act text NOT NULL, actor text NOT NULL,
        changes jsonb NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_service_history PRIMARY KEY (council, client, id),
        CONSTRAINT ck_service_history_act CHECK
            (act IN ('registered', 'changed', 'secret-made', 'secret-ended', 'keys-read', 'retired')))""",
    """CREATE TRIGGER keep_service_history BEFORE UPDATE OR DELETE ON service_history
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()""",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE service_history",
    "DROP TABLE jwks_reading",
    """ALTER TABLE relying_party DROP COLUMN name_cy, DROP COLUMN identity_claims, DROP COLUMN version,
        DROP COLUMN updated_at""",
    "ALTER TABLE client DROP COLUMN previous_hash, DROP COLUMN previous_until",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in ("service_history", "jwks_reading"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
