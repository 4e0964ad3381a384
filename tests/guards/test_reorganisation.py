"""Councils merge and split: what a table must allow, so that its rows can become another council's."""

import asyncpg
import pytest

from chassis.testing import fresh_database
from tests.guards.conftest import NAMES, service_of
from tests.guards.test_databases import all_tables
from tests.rekeying import STAYING

# Columns with an id that one row of one council has: a key with one of them never collides.
OWN_IDS = {
    "id", "delivery", "client", "client_id", "upstream", "staff", "group_id", "grant_id", "mandate", "batch",
    "development_id", "caller", "kid", "vat_code", "payment", "refund", "account", "settlement", "agreement",
    "statement", "receipt", "office", "collection", "presents", "service_user", "authority", "case_id",
    "redacts", "list_id", "pool_id",
}  # fmt: skip
NATIONAL = "a number is national: the copy of a property or street that another council keeps stays with it"
# Unique keys that rows of two councils may share, each with what a merge does about it.
COLLIDING = {
    "uq_job_key": "both councils have a job of the same thing waiting: one is left, its handler does both",
    "uq_client_name_in_use": "a council named it: one is renamed",
    "pk_role": "a council named it: one is renamed, and the members' roles follow",
    "pk_open311_horizon": "each council has reached a moment: the later one is left",
    "uq_case_record_submission": "both senders numbered so: the later case keeps no submission",
    "uq_bundle_content": "it holds the council's own settings: two councils never have the same",
    "uq_draft_secret": "one browser has a draft of that service at both: the one it touched last is left",
    "pk_live_service": "both publish a service of that name: a successor decides which is left",
    "pk_office_staff": "one person works at both: one row is left, with the name they had last",
    "uq_slot_pool_area": "a council named it: one is renamed, and its bookings follow by its id",
    "uq_slot_booking_submission": "both senders numbered so: each holds a slot of a pool of its own",
    "pk_role_holder": "one person acts in roles at both: one row is left, with the roles of both",
    "pk_team": "a council named it: one is renamed, and its areas and cases follow",
    "pk_team_area": "both councils have an area of that name: one is renamed, as its cases' field is",
    "pk_load_row": "of a load, whose id no two councils share: none collides",
    "uq_collection_name": "a council named it: one is renamed, and its features follow by its id",
    "pk_postcode_area": "both have addresses in it: mapping's next event of the outcode says of both",
    "uq_outcode_areas_outcode": "both have addresses there: one is left, and is written anew of both",
    "pk_area_survey": "one is left, and the next survey finds what is not of it",
    "pk_constraint_setting": "each council has its list of layers: a successor decides which is left",
    "pk_theme": "a council named it: both mean the same, or one is renamed with its mandates",
    "pk_theme_level": "a council raised a common theme: the higher level is left",
    "pk_reference_scheme": "a council named it: both mean the same, or one is renamed with its references",
    "uq_staff_group_council_display_name": "a council's directory named it: one is renamed",
    "uq_staff_person_council_user_key": "a council's directory named it: one person, or one is renamed",
    "uq_staff_person_council_external_id": "a council's directory named it: one person in both",
    "uq_staff_council_account": "one person works for both: one member is left, with the roles of both",
    "uq_mandate_holding": "one person let another act in the same theme at both: one mandate is left",
    "uq_gateway_account_default": "each council has a default account: one is left as it",
    "uq_service_user_default": "each council has a service user: one is left as it",
    "pk_number_range": "GeoPlace allots them, and no two councils may have the same: none collides",
    "pk_search_group": "made from the street's number and words: the same group is made anew",
    "uq_case_type_version_number": "a council's type: both mean the same, or one gets another number",
    "uq_case_type_version_published": "new cases of the successor begin with one: the other is retired",
    "uq_bank_account_identification": "a bank gives it to one council: both mean it",
    "uq_till_open": "one person has a till open at both: one is counted before",
    "uq_statement_file_hash": "both councils loaded one file: the later one is left out",
    "pk_search_word": "of a group that is made from the street's number and words",
    **dict.fromkeys((
        "pk_blpu", "pk_lpi", "pk_organisation", "pk_delivery_point", "pk_successor", "pk_place",
        "pk_place_past",
        "pk_cross_reference", "pk_reference_history", "pk_history", "pk_street", "pk_street_descriptor",
        "pk_street_history", "pk_property_point", "pk_street_name",
    ), NATIONAL),
}  # fmt: skip
# No council chooses these: a slug never changes, a case's reference is ours and random.
NAMED_BY_CODE = {"pk_council", "pk_schedule", "uq_case_record_reference", "uq_case_tombstone_reference"}
# Columns of records that may change after they are written; all others but `council` never do.
CHANGING = {
    # Published, then retired; a merger renames one of two that are named alike.
    "case_type_version": {"number", "version", "updated_by", "updated_at"},
    "proof": {"status", "looked_by", "looked_at", "withdrawn_by", "withdrawn_at"},
    "office_request": {"note", "answer", "requested_by_name", "checked_by_name"},  # personal data: erased
}

_RECORDS = """
    SELECT t.tgrelid::regclass::text AS table, ARRAY(SELECT a.attname::text FROM pg_attribute a
        WHERE a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
        AND NOT a.attnum = ANY(t.tgattr) AND cardinality(t.tgattr::int2[]) > 0) AS free
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgtype & 18 = 18 AND p.prosrc ~ 'RAISE' AND EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = t.tgrelid AND a.attname = 'council')"""
_KEYS = """
    SELECT k.conname FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey) AND a.attname = 'council'
    WHERE k.contype = 'f' AND NOT k.condeferrable ORDER BY 1"""
_UNIQUE = """
    SELECT i.indrelid::regclass::text AS table, i.indexrelid::regclass::text AS name,
        ARRAY(SELECT a.attname::text FROM pg_attribute a
            WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"""


@pytest.fixture
async def connection(postgres_url, service):
    """A connection of the owner, in a transaction that is rolled back."""
    async with fresh_database(postgres_url, service) as url:
        connection = await asyncpg.connect(url.replace(f"//{service.name}:", f"//{service.name}_owner:"))
        async with connection.transaction():
            yield connection
        await connection.close()


async def list_records(connection):
    """Map the tables of records to the columns that may be changed in them."""
    return {row["table"]: set(row["free"]) for row in await connection.fetch(_RECORDS)}


async def find_locked(connection):
    """List the tables in which a trigger refuses another council, and that are not on the list."""
    records = await list_records(connection)
    return sorted(table for table, free in records.items() if "council" not in free and table not in STAYING)


async def find_open(connection):
    """List the columns of records that are neither the council nor may change, and yet are not kept."""
    records = await list_records(connection)
    return sorted(
        f"{table}.{column}"
        for table, free in records.items()
        for column in free - {"council"} - CHANGING.get(table, set())
    )


async def list_rigid_keys(connection):
    """List the foreign keys with the council that cannot be deferred."""
    return [row["conname"] for row in await connection.fetch(_KEYS)]


async def find_colliding(connection):
    """List the unique keys with the council that two councils' rows may share."""
    return {
        row["name"]
        for row in await connection.fetch(_UNIQUE)
        if "council" in row["columns"]
        and row["table"] not in STAYING
        and not OWN_IDS.intersection(row["columns"])
    }


async def find_crowded(connection):
    """List the unique keys of every council's rows together whose values a council chooses."""
    return {
        row["name"]
        for row in await connection.fetch(_UNIQUE)
        if "council" not in row["columns"] and {"name", "slug", "title", "reference"} & set(row["columns"])
    }


async def test_a_record_keeps_all_but_its_council(connection):
    assert await find_locked(connection) == []
    assert await find_open(connection) == []


async def test_a_foreign_key_with_the_council_can_be_deferred(connection):
    assert await list_rigid_keys(connection) == []


async def test_every_key_that_two_councils_may_share_is_known(connection):
    assert await find_colliding(connection) - set(COLLIDING) == set()
    assert await find_crowded(connection) - NAMED_BY_CODE == set()


async def test_a_table_that_could_not_be_merged_is_found(connection):
    await connection.execute("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TABLE drawer (council text, name text, CONSTRAINT pk_drawer PRIMARY KEY (council, name));
        CREATE TABLE coin_box (council text, id uuid PRIMARY KEY, drawer text, name text UNIQUE,
            CONSTRAINT fk_coin_box FOREIGN KEY (council, drawer) REFERENCES drawer);
        CREATE TRIGGER keep_coin_box BEFORE UPDATE ON coin_box FOR EACH ROW EXECUTE FUNCTION refuse();
        CREATE TRIGGER keep_drawer BEFORE UPDATE OF council ON drawer
            FOR EACH ROW EXECUTE FUNCTION refuse()""")
    assert await find_locked(connection) == ["coin_box", "drawer"]
    assert await find_open(connection) == ["drawer.name"]
    assert await list_rigid_keys(connection) == ["fk_coin_box"]
    assert await find_colliding(connection) - set(COLLIDING) == {"pk_drawer"}
    assert await find_crowded(connection) - NAMED_BY_CODE == {"coin_box_name_key"}


def test_the_lists_only_shrink():
    """A name of no table or key is taken off its list."""
    tables = {
        name: table for service in map(service_of, NAMES) for name, table in all_tables(service).items()
    }
    keys = {f"pk_{name}" for name in tables} | {i.name for table in tables.values() for i in table.indexes}
    assert (set(STAYING) | set(CHANGING)) - set(tables) == set()
    assert set(COLLIDING) - keys == set()
