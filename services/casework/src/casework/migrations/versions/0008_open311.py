"""Reports that came by Open311, what became of them, and the moment up to which updates were told.

The rows go with their case. ``open311_horizon`` orders the stamps of updates: who stamps holds its row.
"""

from alembic import op

from chassis import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DEFERRABLE = "ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE"
_OF_REPORT = f"FOREIGN KEY (council, case_id) REFERENCES open311_report (council, case_id) {_DEFERRABLE}"
_MODES = "CHECK (mode IN ('sandbox', 'live'))"
_STATEMENTS = (
    f"""CREATE TABLE open311_report (
        council text NOT NULL, case_id uuid NOT NULL, reference text NOT NULL, mode text NOT NULL,
        client text NOT NULL, sender_id text, code text NOT NULL, service jsonb NOT NULL,
        private boolean NOT NULL, state text NOT NULL, status text NOT NULL, is_open boolean NOT NULL,
        notes jsonb NOT NULL, address text, uprn bigint, lat double precision, long double precision,
        requested_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, expected_at timestamptz,
        CONSTRAINT pk_open311_report PRIMARY KEY (council, case_id),
        CONSTRAINT fk_open311_report_council_case_id FOREIGN KEY (council, case_id)
            REFERENCES case_record (council, id) {_DEFERRABLE},
        CONSTRAINT uq_open311_report_council_mode_client_sender_id
            UNIQUE (council, mode, client, sender_id),
        CONSTRAINT ck_open311_report_mode {_MODES})""",
    "CREATE INDEX ix_open311_report_reference ON open311_report (council, mode, reference)",
    """CREATE INDEX ix_open311_report_requested ON open311_report (council, mode, requested_at, case_id)
        WHERE NOT private""",
    f"""CREATE TABLE open311_update (
        council text NOT NULL, id uuid NOT NULL, case_id uuid NOT NULL, mode text NOT NULL,
        state text NOT NULL, status text NOT NULL, words jsonb NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_open311_update PRIMARY KEY (council, id),
        CONSTRAINT fk_open311_update_council_case_id {_OF_REPORT},
        CONSTRAINT ck_open311_update_mode {_MODES})""",
    "CREATE INDEX ix_open311_update_window ON open311_update (council, mode, updated_at)",
    "CREATE INDEX ix_open311_update_case ON open311_update (council, case_id)",
    f"""CREATE TABLE open311_message (
        council text NOT NULL, id uuid NOT NULL, case_id uuid NOT NULL, mode text NOT NULL,
        client text NOT NULL, sender_id text NOT NULL, received_at timestamptz NOT NULL,
        CONSTRAINT pk_open311_message PRIMARY KEY (council, id),
        CONSTRAINT fk_open311_message_council_case_id {_OF_REPORT},
        CONSTRAINT uq_open311_message_council_mode_client_sender_id
            UNIQUE (council, mode, client, sender_id),
        CONSTRAINT ck_open311_message_mode {_MODES})""",
    "CREATE INDEX ix_open311_message_case ON open311_message (council, case_id)",
    f"""CREATE TABLE open311_horizon (
        council text NOT NULL, mode text NOT NULL, reached_at timestamptz NOT NULL,
        CONSTRAINT pk_open311_horizon PRIMARY KEY (council, mode),
        CONSTRAINT ck_open311_horizon_mode {_MODES})""",
)
_SECURED = ("open311_report", "open311_update", "open311_message", "open311_horizon")


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_SECURED):
        op.execute(f"DROP TABLE {table}")
