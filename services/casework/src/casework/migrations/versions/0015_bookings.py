"""Pools of slots, the places taken in their slots, and who took them."""

from alembic import op

from chassis import migrations

revision = "0015"
down_revision = "0014b"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_OF_POOL = f"FOREIGN KEY (council, pool_id) REFERENCES slot_pool (council, id) {_DEFERRABLE}"
_STATEMENTS = (
    """CREATE TABLE slot_pool (
        council text NOT NULL, id uuid NOT NULL, pool text NOT NULL, area text NOT NULL, name text NOT NULL,
        week jsonb NOT NULL, exceptions jsonb NOT NULL, open_on_holidays boolean NOT NULL,
        hold_minutes integer NOT NULL, notice_hours integer NOT NULL, days_ahead integer NOT NULL,
        version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_slot_pool PRIMARY KEY (council, id))""",
    "CREATE UNIQUE INDEX uq_slot_pool_area ON slot_pool (council, pool, area)",
    f"""CREATE TABLE slot_window (
        council text NOT NULL, pool_id uuid NOT NULL, mode text NOT NULL, starts_at timestamptz NOT NULL,
        taken integer NOT NULL, CONSTRAINT pk_slot_window PRIMARY KEY (council, pool_id, mode, starts_at),
        CONSTRAINT fk_slot_window_council_pool_id {_OF_POOL},
        CONSTRAINT ck_slot_window_taken CHECK (taken >= 0),
        CONSTRAINT ck_slot_window_mode CHECK (mode IN ('sandbox', 'live')))""",
    f"""CREATE TABLE slot_booking (
        council text NOT NULL, id uuid NOT NULL, pool_id uuid NOT NULL, mode text NOT NULL,
        starts_at timestamptz NOT NULL, case_id uuid, slot text, submission text, expires_at timestamptz,
        created_at timestamptz NOT NULL, CONSTRAINT pk_slot_booking PRIMARY KEY (council, id),
        CONSTRAINT fk_slot_booking_council_pool_id {_OF_POOL},
        CONSTRAINT fk_slot_booking_council_case_id FOREIGN KEY (council, case_id)
            REFERENCES case_record (council, id) {_DEFERRABLE},
        CONSTRAINT uq_slot_booking_council_case_id_slot UNIQUE (council, case_id, slot),
        CONSTRAINT ck_slot_booking_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_slot_booking_owner
            CHECK (case_id IS NOT NULL OR (submission IS NOT NULL AND expires_at IS NOT NULL)))""",
    """CREATE UNIQUE INDEX uq_slot_booking_submission ON slot_booking (council, mode, submission, pool_id)
        WHERE case_id IS NULL""",
    "CREATE INDEX ix_slot_booking_window ON slot_booking (council, pool_id, mode, starts_at)",
    "CREATE INDEX ix_slot_booking_expiry ON slot_booking (expires_at) WHERE expires_at IS NOT NULL",
)
_SECURED = ("slot_pool", "slot_window", "slot_booking")


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_SECURED):
        op.execute(f"DROP TABLE {table}")
