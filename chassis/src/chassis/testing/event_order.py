"""Refuse, in every database of a test, an event whose aggregate's row its transaction has not written.

That row's lock is all that holds an aggregate's events in the order of its changes (``chassis.relay``). So
every test of a service that makes an event also proves that the row was written first, and that ``sequence``
is the version the row has now. A table says which aggregate's row it holds by
``info={"aggregate": "address.property"}``; the last column of its primary key is the aggregate's id.
"""

from collections.abc import Iterable

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import UUID

from chassis import ids, tables
from chassis.app import Service

# The uuid that ``ids.show`` shows as these 26 characters.
_PARSE_ID = f"""CREATE FUNCTION parse_id(shown text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(to_hex(substr(bits, 4 * nibble + 3, 4)::bit(4)::integer), '' ORDER BY nibble)::uuid
    FROM (SELECT string_agg((position(digit IN '{ids.ALPHABET}') - 1)::bit(5)::text, '' ORDER BY n) AS bits
        FROM string_to_table(shown, NULL) WITH ORDINALITY AS digits (digit, n)) AS number,
        generate_series(0, 31) AS nibble $$"""  # noqa: S608
# A visible row whose writer is still in progress was written by this transaction, or a savepoint of it.
_WRITTEN = "pg_xact_status(t.xmin::text::xid8) = 'in progress'"
# A snapshot tells a row's present state again: it is enough that this transaction has locked the row.
_LOCKED = "e.snapshot AND t.xmax = pg_current_xact_id()::xid"
_CHECK = """
    FOR event IN SELECT e.* FROM written, LATERAL (SELECT council, split_part(nats_subject, '.', 3) || '.' ||
            split_part(nats_subject, '.', 4) AS aggregate, envelope::json ->> 'subject' AS subject,
            (envelope::json ->> 'sequence')::integer AS sequence,
            coalesce((envelope::json ->> 'snapshot')::boolean, false) AS snapshot) e
        WHERE e.aggregate = '{aggregate}'
            AND NOT EXISTS (SELECT FROM {table} t WHERE {conditions})
    LOOP
        RAISE EXCEPTION 'event of % % with sequence %: its row in {table} is not written before it in this'
            ' transaction, or has another version', event.aggregate, event.subject, event.sequence;
    END LOOP;"""
_FUNCTION = """CREATE FUNCTION check_event_order() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE event record;
    BEGIN {checks} RETURN NULL; END $$"""
_TRIGGER = """CREATE TRIGGER check_event_order AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION check_event_order()"""


async def install(connection: asyncpg.Connection, service: Service) -> None:
    """Install the check in the service's database. ``connection``: of an owner or superuser."""
    checks = "".join(map(_make_check, list_aggregates(service)))
    for statement in (_PARSE_ID, _FUNCTION.format(checks=checks), _TRIGGER):
        await connection.execute(statement)


def list_aggregates(service: Service) -> list[Table]:
    """List the tables that hold the rows of the aggregates a service publishes events about."""
    published = {event.aggregate() for event in service.publishes}
    return [table for table in _list_tables(service) if table.info.get("aggregate") in published]


def _list_tables(service: Service) -> Iterable[Table]:
    return (*tables.platform.tables.values(), *service.metadata.tables.values())


def _make_check(table: Table) -> str:
    *_, key = table.primary_key.columns
    subject = "parse_id(e.subject)" if isinstance(key.type, UUID) else f"e.subject::{key.type.compile()}"
    conditions = [f"({_WRITTEN} OR {_LOCKED})", f"t.{key.name} = {subject}"]
    if "council" in table.columns:
        conditions.append("t.council = e.council")
    if "version" in table.columns:
        conditions.append("t.version = e.sequence")
    return _CHECK.format(
        aggregate=table.info["aggregate"], table=table.name, conditions=" AND ".join(conditions)
    )
