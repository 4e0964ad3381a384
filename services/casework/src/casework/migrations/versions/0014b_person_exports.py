"""What was put together about persons who asked, until it expires."""

from alembic import op

from chassis import migrations

revision = "0014b"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE person_export (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, state text NOT NULL,
        about jsonb NOT NULL, requested_by jsonb NOT NULL, requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL, cases integer, size bigint, sha256 bytea,
        CONSTRAINT pk_person_export PRIMARY KEY (council, id),
        CONSTRAINT ck_person_export_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_person_export_state CHECK (state IN ('building', 'ready')))""",
    "CREATE INDEX ix_person_export_expiry ON person_export (expires_at)",
    "CREATE INDEX ix_case_contact_email ON case_contact (council, lower(email)) WHERE email IS NOT NULL",
    "CREATE INDEX ix_case_contact_phone ON case_contact (council, phone) WHERE phone IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    migrations.secure_rows("person_export")


def downgrade() -> None:
    op.execute("DROP TABLE person_export")
    op.execute("DROP INDEX ix_case_contact_email")
    op.execute("DROP INDEX ix_case_contact_phone")
