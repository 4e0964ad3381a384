"""What follows from decisions beside the case itself: contacts, notes, links, tasks that have ids.

``case_event``: events of other capabilities that a case has had. ``case_access``: who opened it, by the hour.
"""

from alembic import op

from chassis import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_OF_CASE = f"FOREIGN KEY (council, case_id) REFERENCES case_record (council, id) {_DEFERRABLE}"
_TABLES = (
    f"""CREATE TABLE case_contact (
        council text NOT NULL, case_id uuid NOT NULL, email text, phone text, language text NOT NULL,
        CONSTRAINT pk_case_contact PRIMARY KEY (council, case_id),
        CONSTRAINT fk_case_contact_council_case_id {_OF_CASE},
        CONSTRAINT ck_case_contact_language CHECK (language IN ('en', 'cy')))""",
    f"""CREATE TABLE case_note (
        council text NOT NULL, id uuid NOT NULL, case_id uuid NOT NULL, kind text NOT NULL, direction text,
        text text NOT NULL, author jsonb NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_case_note PRIMARY KEY (council, id),
        CONSTRAINT fk_case_note_council_case_id {_OF_CASE},
        CONSTRAINT ck_case_note_kind CHECK (kind IN ('note', 'correspondence')),
        CONSTRAINT ck_case_note_direction CHECK (
            CASE kind WHEN 'note' THEN direction IS NULL
                ELSE coalesce(direction, '') IN ('in', 'out') END))""",
    "CREATE INDEX ix_case_note_case ON case_note (council, case_id, id)",
    f"""CREATE TABLE case_link (
        council text NOT NULL, case_id uuid NOT NULL, link text NOT NULL, other_id uuid NOT NULL,
        kind text NOT NULL, relation text NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_case_link PRIMARY KEY (council, case_id, link, other_id),
        CONSTRAINT fk_case_link_council_case_id {_OF_CASE},
        CONSTRAINT fk_case_link_council_other_id FOREIGN KEY (council, other_id)
            REFERENCES case_record (council, id) {_DEFERRABLE},
        CONSTRAINT ck_case_link_kind CHECK (kind IN ('link', 'merge', 'sub_case')))""",
    "CREATE INDEX ix_case_link_other ON case_link (council, other_id)",
    f"""CREATE TABLE case_event (
        council text NOT NULL, case_id uuid NOT NULL, type text NOT NULL, subject text NOT NULL,
        sequence integer NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_case_event PRIMARY KEY (council, case_id, type, subject, sequence),
        CONSTRAINT fk_case_event_council_case_id {_OF_CASE})""",
    f"""CREATE TABLE case_access (
        council text NOT NULL, id uuid NOT NULL, case_id uuid NOT NULL, subject text NOT NULL,
        hour timestamptz NOT NULL, CONSTRAINT pk_case_access PRIMARY KEY (council, id),
        CONSTRAINT uq_case_access_council_case_id_subject_hour UNIQUE (council, case_id, subject, hour),
        CONSTRAINT fk_case_access_council_case_id {_OF_CASE})""",
    "CREATE INDEX ix_case_access_hour ON case_access (hour)",
)
_TASKS = (
    "ALTER TABLE case_task ADD COLUMN id uuid NOT NULL DEFAULT uuidv7()",
    "ALTER TABLE case_task ADD COLUMN version integer NOT NULL DEFAULT 1",
    "ALTER TABLE case_task DROP CONSTRAINT pk_case_task",
    "ALTER TABLE case_task ADD CONSTRAINT pk_case_task PRIMARY KEY (council, id)",
    """ALTER TABLE case_task ADD CONSTRAINT uq_case_task_council_case_id_task
        UNIQUE (council, case_id, task)""",
    "DROP INDEX ix_case_task_open",
    "CREATE INDEX ix_case_task_open ON case_task (council, role, opened_at, id) WHERE status = 'open'",
    """CREATE INDEX ix_case_task_open_of_assignee ON case_task (council, assignee, opened_at, id)
        WHERE status = 'open'""",
    "ALTER TABLE role_holder ADD COLUMN email text",
)
_OLD_TASKS = (
    "ALTER TABLE role_holder DROP COLUMN email",
    "DROP INDEX ix_case_task_open_of_assignee",
    "DROP INDEX ix_case_task_open",
    "CREATE INDEX ix_case_task_open ON case_task (council, role, opened_at, case_id) WHERE status = 'open'",
    "ALTER TABLE case_task DROP CONSTRAINT uq_case_task_council_case_id_task",
    "ALTER TABLE case_task DROP CONSTRAINT pk_case_task",
    "ALTER TABLE case_task ADD CONSTRAINT pk_case_task PRIMARY KEY (council, case_id, task)",
    "ALTER TABLE case_task DROP COLUMN version",
    "ALTER TABLE case_task DROP COLUMN id",
)
_SECURED = ("case_contact", "case_note", "case_link", "case_event", "case_access")


def upgrade() -> None:
    for statement in (*_TABLES, *_TASKS):
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _OLD_TASKS:
        op.execute(statement)
    for table in reversed(_SECURED):
        op.execute(f"DROP TABLE {table}")
