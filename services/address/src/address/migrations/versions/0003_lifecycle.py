"""What was before: past addresses, streets' history, number ranges, developments, the change feed."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PAST = (
    "ALTER TABLE place ADD COLUMN valid_from date",
    "UPDATE place p SET valid_from = p.entry_date",
    "ALTER TABLE place ALTER COLUMN valid_from SET DEFAULT current_date",
    "ALTER TABLE place ALTER COLUMN valid_from SET NOT NULL",
    "CREATE INDEX ix_place_council_usrn ON place (council, usrn)",
    """CREATE TABLE place_past (
        council text NOT NULL, uprn bigint NOT NULL, lpi_key text NOT NULL,
        postcode text COLLATE "C" NOT NULL, group_id uuid NOT NULL, delivery boolean NOT NULL,
        language text NOT NULL, lpi_status smallint NOT NULL, logical_status smallint NOT NULL,
        state smallint, state_date date, classification text NOT NULL, classification_name text,
        parent_uprn bigint, easting numeric(8, 2) NOT NULL, northing numeric(9, 2) NOT NULL,
        rpc smallint, custodian smallint, country text, ward text, parish text, postal text NOT NULL,
        organisation text, sub_building text, building_name text, building_number text,
        sao_number smallint, pao_number smallint, street text NOT NULL, usrn integer NOT NULL,
        locality text, post_town text, version integer NOT NULL, entry_date date NOT NULL,
        last_update date NOT NULL, updated_at timestamptz NOT NULL, valid_from date NOT NULL,
        valid_to date NOT NULL,
        CONSTRAINT pk_place_past PRIMARY KEY (council, uprn, lpi_key, valid_from),
        CONSTRAINT ck_place_past_lived_a_day CHECK (valid_from < valid_to))""",
    "CREATE INDEX ix_place_past_council_postcode ON place_past (council, postcode)",
    "CREATE INDEX ix_place_past_council_group_id ON place_past (council, group_id)",
)
# The feed's order: the transaction, then the position in it. A change never stands before the one it follows,
# though its transaction may have begun earlier; new properties and streets have nothing before them.
_FEED = (
    "CREATE SEQUENCE change_position",
    """ALTER TABLE history ADD COLUMN xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
        ADD COLUMN position bigint DEFAULT nextval('change_position') NOT NULL,
        DROP CONSTRAINT ck_history_kind_known,
        ADD CONSTRAINT ck_history_kind_known CHECK (kind IN ('created', 'changed', 'retired'))""",
    "CREATE INDEX ix_history_council_xact_position ON history (council, xact, position)",
    """CREATE TABLE street_history (
        council text NOT NULL, usrn integer NOT NULL, version integer NOT NULL,
        at timestamptz DEFAULT now() NOT NULL, actor text NOT NULL, kind text NOT NULL, changes jsonb,
        xact xid8 DEFAULT pg_current_xact_id() NOT NULL,
        position bigint DEFAULT nextval('change_position') NOT NULL,
        CONSTRAINT pk_street_history PRIMARY KEY (council, usrn, version),
        CONSTRAINT ck_street_history_kind_known CHECK (kind IN ('created', 'changed', 'retired')))""",
    "CREATE INDEX ix_street_history_council_xact_position ON street_history (council, xact, position)",
    """CREATE FUNCTION follow_property() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.xact := greatest(NEW.xact, (SELECT h.xact FROM history h WHERE h.council = NEW.council
            AND h.uprn = NEW.uprn ORDER BY h.version DESC LIMIT 1));
        RETURN NEW; END $$""",
    """CREATE FUNCTION follow_street() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.xact := greatest(NEW.xact, (SELECT h.xact FROM street_history h WHERE h.council = NEW.council
            AND h.usrn = NEW.usrn ORDER BY h.version DESC LIMIT 1));
        RETURN NEW; END $$""",
    """CREATE TRIGGER follow_history BEFORE INSERT ON history
        FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION follow_property()""",
    """CREATE TRIGGER follow_street_history BEFORE INSERT ON street_history
        FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION follow_street()""",
    """CREATE TRIGGER keep_street_history BEFORE UPDATE OR DELETE ON street_history
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)
_NAMING = (
    """CREATE TABLE number_range (
        council text NOT NULL, kind text NOT NULL, first bigint NOT NULL, last bigint NOT NULL,
        given bigint NOT NULL, version integer NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL,
        CONSTRAINT pk_number_range PRIMARY KEY (council, kind, first),
        CONSTRAINT ck_number_range_kind_known CHECK (kind IN ('uprn', 'usrn')),
        CONSTRAINT ck_number_range_in_order
            CHECK (first >= 1 AND first <= last AND given BETWEEN first - 1 AND last))""",
    """CREATE TABLE development (
        council text NOT NULL, id uuid NOT NULL, usrn integer NOT NULL, name text NOT NULL,
        actor text NOT NULL, version integer NOT NULL, created_at timestamptz DEFAULT now() NOT NULL,
        approved_at timestamptz, CONSTRAINT pk_development PRIMARY KEY (council, id))""",
    """CREATE TABLE development_plot (
        council text NOT NULL, development_id uuid NOT NULL, uprn bigint NOT NULL, plot text NOT NULL,
        CONSTRAINT pk_development_plot PRIMARY KEY (council, development_id, uprn))""",
)
_UP = (*_PAST, *_FEED, *_NAMING)
_DOWN = (
    "DROP TABLE development_plot",
    "DROP TABLE development",
    "DROP TABLE number_range",
    "DROP TABLE street_history",
    "DROP TRIGGER follow_history ON history",
    "DROP FUNCTION follow_street()",
    "DROP FUNCTION follow_property()",
    """ALTER TABLE history DROP COLUMN xact, DROP COLUMN position, DROP CONSTRAINT ck_history_kind_known,
        ADD CONSTRAINT ck_history_kind_known CHECK (kind IN ('created', 'changed')) NOT VALID""",
    "DROP SEQUENCE change_position",
    "DROP TABLE place_past",
    "DROP INDEX ix_place_council_usrn",
    "ALTER TABLE place DROP COLUMN valid_from",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
