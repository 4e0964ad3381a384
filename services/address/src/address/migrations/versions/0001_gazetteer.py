"""The tables every service has, and the gazetteer after BS 7666."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE gazetteer (
        council text NOT NULL, custodian smallint, custodian_name text, country text,
        epoch integer NOT NULL, last_update date NOT NULL, keys_given bigint NOT NULL,
        CONSTRAINT pk_gazetteer PRIMARY KEY (council))""",
    """CREATE TABLE street (
        council text NOT NULL, usrn integer NOT NULL, record_type smallint NOT NULL, state smallint,
        classification smallint, version integer NOT NULL, start_date date, end_date date,
        entry_date date NOT NULL, last_update date NOT NULL,
        CONSTRAINT pk_street PRIMARY KEY (council, usrn),
        CONSTRAINT ck_street_usrn_range CHECK (usrn BETWEEN 1 AND 99999999))""",
    """CREATE TABLE street_descriptor (
        council text NOT NULL, usrn integer NOT NULL, language text NOT NULL, description text NOT NULL,
        locality text, town text, administrative_area text, entry_date date NOT NULL,
        last_update date NOT NULL, CONSTRAINT pk_street_descriptor PRIMARY KEY (council, usrn, language))""",
    """CREATE TABLE blpu (
        council text NOT NULL, uprn bigint NOT NULL, logical_status smallint NOT NULL, state smallint,
        state_date date, classification text NOT NULL, parent_uprn bigint,
        easting numeric(8, 2) NOT NULL, northing numeric(9, 2) NOT NULL, rpc smallint,
        postcode text COLLATE "C" NOT NULL, custodian smallint, country text, postal text NOT NULL,
        start_date date, end_date date, entry_date date NOT NULL, last_update date NOT NULL,
        version integer NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_blpu PRIMARY KEY (council, uprn),
        CONSTRAINT ck_blpu_uprn_range CHECK (uprn BETWEEN 1 AND 999999999999),
        CONSTRAINT ck_blpu_logical_status_known CHECK (logical_status IN (1, 6, 8)),
        CONSTRAINT ck_blpu_not_its_own_parent CHECK (parent_uprn <> uprn),
        CONSTRAINT ck_blpu_point_on_the_grid
            CHECK (easting BETWEEN 0 AND 700000 AND northing BETWEEN 0 AND 1300000))""",
    """CREATE INDEX ix_blpu_council_parent_uprn ON blpu (council, parent_uprn)
        WHERE parent_uprn IS NOT NULL""",
    """CREATE TABLE lpi (
        council text NOT NULL, uprn bigint NOT NULL, lpi_key text NOT NULL, language text NOT NULL,
        logical_status smallint NOT NULL, sao_text text, sao_start_number smallint,
        sao_start_suffix text, sao_end_number smallint, sao_end_suffix text, pao_text text,
        pao_start_number smallint, pao_start_suffix text, pao_end_number smallint, pao_end_suffix text,
        usrn integer NOT NULL, locality text, post_town text, area_name text, level text,
        official boolean, start_date date, end_date date, entry_date date NOT NULL,
        last_update date NOT NULL, CONSTRAINT pk_lpi PRIMARY KEY (council, uprn, lpi_key),
        CONSTRAINT ck_lpi_logical_status_known CHECK (logical_status IN (1, 3, 6, 8)))""",
    """CREATE TABLE organisation (
        council text NOT NULL, uprn bigint NOT NULL, org_key text NOT NULL, organisation text NOT NULL,
        legal_name text, start_date date, end_date date, entry_date date NOT NULL,
        last_update date NOT NULL, CONSTRAINT pk_organisation PRIMARY KEY (council, uprn, org_key))""",
    """CREATE TABLE cross_reference (
        council text NOT NULL, uprn bigint NOT NULL, scheme text NOT NULL, reference text NOT NULL,
        version integer NOT NULL, start_date date, end_date date, entry_date date NOT NULL,
        last_update date NOT NULL,
        CONSTRAINT pk_cross_reference PRIMARY KEY (council, uprn, scheme, reference))""",
    """CREATE INDEX ix_cross_reference_council_scheme_reference
        ON cross_reference (council, scheme, reference)""",
    """CREATE TABLE history (
        council text NOT NULL, uprn bigint NOT NULL, version integer NOT NULL,
        at timestamptz DEFAULT now() NOT NULL, actor text NOT NULL, kind text NOT NULL, changes jsonb,
        CONSTRAINT pk_history PRIMARY KEY (council, uprn, version),
        CONSTRAINT ck_history_kind_known CHECK (kind IN ('created', 'changed')))""",
    """CREATE TABLE load (
        council text NOT NULL, id uuid NOT NULL, file text NOT NULL, sha256 text NOT NULL,
        rows integer NOT NULL, created integer NOT NULL, changed integer NOT NULL,
        unchanged integer NOT NULL, loaded_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_load PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_load_council_loaded_at ON load (council, loaded_at)",
)
# Who changed what stays written, and no property is ever forgotten: not even by our own mistake.
_KEPT = (
    """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP; END $$""",
    """CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON history
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER keep_blpu BEFORE DELETE ON blpu
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_KEPT):
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "load",
        "history",
        "cross_reference",
        "organisation",
        "lpi",
        "blpu",
        "street_descriptor",
        "street",
        "gazetteer",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
