"""Searches among very many cases: indexes are used under row-level security, and councils stay apart."""

import time

import pytest
from sqlalchemy import text

from chassis import ids

CASES = 10_000
_SECONDS = 1  # 5 to 30 milliseconds on a quiet machine
_CALL = text("""SELECT case_id FROM search_cases('sandbox', CAST(:words AS tsquery), CAST(:words AS tsquery),
    '{}', :roles, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 100)""")
_FILL = (
    """INSERT INTO case_record (council, id, reference, mode, type_version, code, state, result, engine,
            created_by, version, opened_at, queued_at, changed_at)
        SELECT council, uuidv7(), 'FILL' || n, mode, type_version, code, state, result, engine, created_by,
            version, opened_at, queued_at, changed_at
        FROM case_record, generate_series(1, $2) n WHERE id = $1""",
    """INSERT INTO case_words (council, case_id, words, notes)
        SELECT council, id, array_to_tsvector(ARRAY['common', 'w' || right(reference, 2), lower(reference),
            E'it''s \\\\ hostile:*', 'lawyer/secret']), '' FROM case_record WHERE reference LIKE 'FILL%'""",
    """INSERT INTO case_place (council, case_id, lat, long)
        SELECT council, id, 51 + random(), -2 + random() FROM case_record WHERE reference LIKE 'FILL%'""",
    "ANALYZE",
)
_USED = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1"
_PLAN = text("""EXPLAIN SELECT case_id FROM case_place WHERE council = 'citytown'
    AND lat BETWEEN 51.5 AND 51.501 AND long BETWEEN -1.5 AND -1.499""")

_REFUNDS = text("""EXPLAIN SELECT id FROM case_record WHERE council = 'citytown' AND mode = 'sandbox'
    AND CAST(engine ->> 'refund_due' AS bigint) > 0 ORDER BY queued_at, id LIMIT 51""")


@pytest.mark.parametrize("setting", ["", "*", "citytown,hillshire", "city%", "hillshire"])
async def test_no_other_setting_opens_a_councils_words(report, database, word, setting):
    await report(street=word)
    params = {"words": f"'{word.lower()}'", "roles": []}
    async with database.reading("citytown") as session:
        assert len(await session.all(_CALL, params)) == 1
    async with database.writing("citytown") as session:
        await session.execute(text("SELECT set_config('app.council', :setting, true)"), {"setting": setting})
        assert await session.all(_CALL, params) == []


async def test_words_themselves_are_seen_by_their_council_only(report, database, word):
    await report(street=word)
    statement = text("SELECT count(*) FROM case_words")
    async with database.reading("citytown") as session:
        assert await session.scalar(statement) > 0
    async with database.reading("hillshire") as session:
        assert await session.scalar(statement) == 0


@pytest.mark.long
async def test_a_word_among_ten_thousand_cases_is_found_by_the_index(report, find, sign_in, owner, database):
    case = await report(street="Common needle")
    params = [(ids.read(case["id"]), CASES), (), (), ()]
    for statement, values in zip(_FILL, params, strict=True):
        await owner.execute(statement, *values)
    officer = await sign_in("officer-9", "officer")
    before = await owner.fetchval(_USED, "ix_case_words")
    for words, least in (("needle", 1), ("fill77", 50), ("common", 50), ("w77 comm", 50)):
        start = time.perf_counter()
        assert len(await find(words, by=officer)) >= least, words
        assert time.perf_counter() - start < _SECONDS, words
    for words in ("secret", "lawyer/secret", "lawyer secret"):
        assert await find(words, by=officer) == []
    assert len(await find("secret", by=await sign_in("lawyer-9", "lawyer"))) == 50
    deadline = time.monotonic() + 20
    while await owner.fetchval(_USED, "ix_case_words") == before:
        assert time.monotonic() < deadline
        await find("needle", by=officer)
    async with database.reading("citytown") as session:
        plan = "\n".join(row[0] for row in await session.all(_PLAN))
        refunds = "\n".join(row[0] for row in await session.all(_REFUNDS))
    assert "ix_case_record_refund_due" in refunds, refunds
    assert "ix_case_place_point" in plan, plan
    assert "(lat >= " in plan.partition("Index Cond")[2].partition("Filter")[0], plan
