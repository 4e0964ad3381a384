"""The credentials of live accounts at their processors, sealed; disputes whose money is taken at once."""

from alembic import op

from chassis import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""CREATE TABLE processor_credential (
        council text NOT NULL, account uuid NOT NULL, secret_key bytea NOT NULL, merchant text NOT NULL,
        version integer NOT NULL, updated_by text NOT NULL, created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_processor_credential PRIMARY KEY (council, account),
        CONSTRAINT fk_processor_credential_council_account FOREIGN KEY (council, account)
            REFERENCES gateway_account (council, id) DEFERRABLE INITIALLY IMMEDIATE)""")
    migrations.secure_rows("processor_credential")
    op.execute("ALTER TABLE dispute ADD COLUMN is_taken boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE dispute DROP COLUMN is_taken")
    op.execute("DROP TABLE processor_credential")
