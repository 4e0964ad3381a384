"""Loads of files into layers, and their rows."""

from alembic import op

from chassis import migrations

revision = "0010"
down_revision = "0006"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE layer_load (
        council text NOT NULL, id uuid NOT NULL, collection uuid NOT NULL, state text NOT NULL,
        file_name text NOT NULL, size bigint NOT NULL, sha256 bytea, options jsonb NOT NULL,
        rows_read integer NOT NULL, report jsonb, properties jsonb, counts jsonb, compared_with integer,
        problem jsonb, reason text NOT NULL, vintage text, created_by text NOT NULL, version integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_layer_load PRIMARY KEY (council, id),
        CONSTRAINT fk_layer_load_council_collection FOREIGN KEY (council, collection)
            REFERENCES collection (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT ck_layer_load_state CHECK (state IN ('receiving', 'waiting', 'compared', 'refused',
            'publishing', 'published', 'discarded')))""",
    "CREATE INDEX ix_layer_load_collection ON layer_load (council, collection, id)",
    "CREATE INDEX ix_layer_load_receiving ON layer_load (created_at) WHERE state = 'receiving'",
    """CREATE TABLE load_row (
        council text NOT NULL, load uuid NOT NULL, row integer NOT NULL, fid text NOT NULL, wkb bytea,
        properties jsonb NOT NULL, repaired boolean NOT NULL, change text, code text, detail text,
        CONSTRAINT pk_load_row PRIMARY KEY (council, load, row),
        CONSTRAINT fk_load_row_council_load FOREIGN KEY (council, load)
            REFERENCES layer_load (council, id) ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_load_row_fid ON load_row (council, load, fid)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in ("layer_load", "load_row"):
        migrations.secure_rows(table)


def downgrade() -> None:
    op.execute("DROP TABLE load_row, layer_load")
