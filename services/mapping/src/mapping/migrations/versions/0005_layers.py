"""Layers, their versions, and every state of their features."""

from alembic import op

from chassis import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE collection (
        id uuid NOT NULL, council text NOT NULL, name text NOT NULL, title text NOT NULL,
        description text NOT NULL, kind text NOT NULL, geometry_type text NOT NULL,
        storage_srid integer NOT NULL, keeper text NOT NULL, licence text NOT NULL,
        licence_url text NOT NULL, attribution text NOT NULL, vintage text NOT NULL,
        source_url text NOT NULL, synthetic boolean NOT NULL, audience text NOT NULL,
        properties jsonb NOT NULL, key_property text NOT NULL, label_property text NOT NULL,
        code_property text NOT NULL, area_type text NOT NULL, locking text NOT NULL, style jsonb NOT NULL,
        status text NOT NULL, version integer NOT NULL, feature_count integer NOT NULL,
        extent double precision[], updated_by text NOT NULL, changed_at timestamptz NOT NULL,
        CONSTRAINT pk_collection PRIMARY KEY (council, id),
        CONSTRAINT ck_collection_kind CHECK (kind IN ('zones', 'areas', 'assets', 'lines', 'places')),
        CONSTRAINT ck_collection_geometry_type CHECK (geometry_type IN ('Point', 'LineString', 'Polygon')),
        CONSTRAINT ck_collection_storage_srid CHECK (storage_srid IN (84, 27700)),
        CONSTRAINT ck_collection_audience CHECK (audience IN ('public', 'staff', 'restricted')),
        CONSTRAINT ck_collection_locking CHECK (locking IN ('optional', 'required')),
        CONSTRAINT ck_collection_status CHECK (status IN ('draft', 'published', 'retired')))""",
    "CREATE UNIQUE INDEX uq_collection_id ON collection (id)",
    "CREATE UNIQUE INDEX uq_collection_name ON collection (council, name)",
    "CREATE INDEX ix_collection_changed_at ON collection (changed_at)",
    """CREATE TABLE collection_version (
        council text NOT NULL, collection uuid NOT NULL, version integer NOT NULL, cause text NOT NULL,
        actor text NOT NULL, reason text NOT NULL, vintage text NOT NULL, added integer NOT NULL,
        changed integer NOT NULL, moved integer NOT NULL, deleted integer NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_collection_version PRIMARY KEY (council, collection, version),
        CONSTRAINT fk_collection_version_council_collection FOREIGN KEY (council, collection)
            REFERENCES collection (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT ck_collection_version_cause CHECK (cause IN ('load', 'edit', 'restore')))""",
    "CREATE SEQUENCE feature_number",
    """CREATE TABLE feature (
        council text NOT NULL, collection uuid NOT NULL, version integer NOT NULL, number bigint NOT NULL,
        fid text NOT NULL, ended integer NOT NULL, wkb bytea, bbox box, properties jsonb NOT NULL,
        geojson text NOT NULL, geojson_storage text NOT NULL, valid_from timestamptz, valid_to timestamptz,
        etag text NOT NULL, actor text NOT NULL, reason text NOT NULL, created_at timestamptz NOT NULL,
        CONSTRAINT pk_feature PRIMARY KEY (council, collection, version, number),
        CONSTRAINT fk_feature_council_collection FOREIGN KEY (council, collection)
            REFERENCES collection (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT ck_feature_ended CHECK (ended >= version))""",
    "CREATE UNIQUE INDEX uq_feature_current ON feature (collection, fid) WHERE ended = 2147483647",
    "CREATE INDEX ix_feature_current_number ON feature (collection, number) WHERE ended = 2147483647",
    "CREATE INDEX ix_feature_current_bbox ON feature USING gist (bbox) WHERE ended = 2147483647",
    "CREATE INDEX ix_feature_fid ON feature (collection, fid, version)",
    "CREATE INDEX ix_feature_ended ON feature (collection, ended)",
    # Coordinates hardly shrink, and reading a layer would spend its time on them.
    "ALTER TABLE feature ALTER COLUMN wkb SET STORAGE EXTERNAL",
)
_DOWN = (
    "DROP TABLE feature, collection_version, collection",
    "DROP SEQUENCE feature_number",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in ("collection", "collection_version", "feature"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
