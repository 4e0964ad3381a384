"""The read model: one row an address with all a reader asks, and the words to find it by."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE place (
        council text NOT NULL, uprn bigint NOT NULL, lpi_key text NOT NULL,
        postcode text COLLATE "C" NOT NULL, group_id uuid NOT NULL, delivery boolean NOT NULL,
        language text NOT NULL, lpi_status smallint NOT NULL, logical_status smallint NOT NULL,
        state smallint, state_date date, classification text NOT NULL, classification_name text,
        parent_uprn bigint, easting numeric(8, 2) NOT NULL, northing numeric(9, 2) NOT NULL,
        rpc smallint, custodian smallint, country text, postal text NOT NULL, organisation text,
        sub_building text, building_name text, building_number text, sao_number smallint,
        pao_number smallint, street text NOT NULL, usrn integer NOT NULL, locality text, post_town text,
        version integer NOT NULL, entry_date date NOT NULL, last_update date NOT NULL,
        updated_at timestamptz NOT NULL, CONSTRAINT pk_place PRIMARY KEY (council, uprn, lpi_key))""",
    "CREATE INDEX ix_place_council_group_id ON place (council, group_id)",
    "CREATE INDEX ix_place_council_postcode ON place (council, postcode)",
    """CREATE TABLE search_group (
        council text NOT NULL, id uuid NOT NULL, usrn integer NOT NULL, words text COLLATE "C" NOT NULL,
        CONSTRAINT pk_search_group PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_search_group_council_words ON search_group (council, words)",
    """CREATE TABLE search_word (
        council text NOT NULL, word text COLLATE "C" NOT NULL, group_id uuid NOT NULL,
        CONSTRAINT pk_search_word PRIMARY KEY (council, word, group_id))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "search_word",
        "search_group",
        "place",
    ):
        op.drop_table(table)
