"""Every column that can hold words is classified, and every one that may name a person has a canary."""

import re
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from services.payments.tests.retention import test_canary, test_counter, test_direct_debits
from services.payments.tests.retention.columns import CLASSES, ERASED, TRANSIENT

DOCUMENT = Path(__file__).parents[4] / "docs" / "personal-data-payments.md"
_COLUMNS = text("""SELECT c.relname AS table, a.attname AS column
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
    AND NOT a.attisdropped AND (t.typcategory IN ('S', 'A')
        OR t.typname IN ('json', 'jsonb', 'bytea'))
    AND a.attname NOT IN ('council', 'mode') ORDER BY 1, 2""")


def list_classified():
    return [
        (table, column) for group in CLASSES for table, columns in group.items() for column in columns.split()
    ]


async def list_columns(database):
    async with database.reading("citytown") as session:
        return {(row.table, row.column) for row in await session.all(_COLUMNS)}


async def test_every_column_that_can_hold_words_is_classified_once(database):
    columns, classified = await list_columns(database), Counter(list_classified())
    assert columns - set(classified) == set(), "say in retention/columns.py what these hold"
    assert set(classified) - columns == set(), "these are no more"
    assert [column for column, times in classified.items() if times > 1] == []


def test_a_canary_dies_in_every_table_that_may_name_a_person():
    canaries = (
        test_canary.ERASED_TABLES
        | test_canary.RECORDED_TABLES
        | test_counter.ERASED_TABLES
        | test_counter.RECORDED_TABLES
        | test_direct_debits.ERASED_TABLES
        | test_direct_debits.RECORDED_TABLES
        | test_canary.HOLD_TABLES
    )
    assert ERASED.keys() - canaries == set()


def test_the_document_names_every_table_with_something_to_erase():
    rows = [line.split("|")[1] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert (ERASED.keys() | TRANSIENT.keys()) - documented == set()
