"""What somebody changes who owns the database is found: edits, removals, and what is put in later."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from casework.cases import rules
from casework.seals.actions.verification import check_histories
from chassis import ids

_COPY = """INSERT INTO case_entry
        (council, case_id, n, kind, act, at, effective_at, actor, before, after, weighed, digest)
    VALUES ('citytown', $1, 3, 'event', 'late', $2, $2, '{}', '{}', '{}', '[]', $3)"""


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE case_record SET team = 'mine' WHERE id = $1", "the case is not what its history says"),
        ('UPDATE case_record SET engine = engine || \'{"state": "paid"}\' WHERE id = $1', "is not what its"),
        (
            "UPDATE case_entry SET act = 'nothing' WHERE case_id = $1 AND n = 1",
            "entry 1 is not as it was written",
        ),
        ("DELETE FROM case_entry WHERE case_id = $1 AND n = 2", "entry 2 was sealed and is not there"),
        ("DELETE FROM case_record WHERE id = $1", "nothing of it is left"),
        ("UPDATE history_head SET digest = '\\x00' WHERE case_id = $1", "is not as it was sealed"),
        ("DELETE FROM history_seal WHERE $1 <> gen_random_uuid() AND sequence = 1", "does not follow seal"),
    ],
)
async def test_what_is_changed_behind_our_back_is_found(
    close_permit, now, seal, database, tamper, statement, fault
):
    case = await close_permit()
    now(1)
    await seal()
    assert case["id"] not in " ".join((await check_histories(database, "citytown")).faults)
    await tamper(statement, ids.read(case["id"]))
    assert fault in " ".join((await check_histories(database, "citytown")).faults)


async def test_an_entry_put_in_with_an_earlier_date_is_found_though_its_chain_holds(
    close_permit, now, seal, database, tamper, service
):
    case = await close_permit()
    now(1)
    await seal()
    case_id, at = ids.read(case["id"]), now(0) + timedelta(hours=3)
    async with database.reading("citytown") as session:
        last = await session.scalar(
            text("SELECT digest FROM case_entry WHERE case_id = :case AND n = 2"), {"case": case_id}
        )
    entry = rules.Entry(3, "event", "late", at, at, {}, {}, {}, (), {})
    digest = rules.chain(bytes(last), rules.digest_content(entry, None))
    await tamper(_COPY, case_id, at, digest)
    await tamper("UPDATE case_record SET version = 3 WHERE id = $1", case_id)
    faults = [fault for fault in (await check_histories(database, "citytown")).faults if case["id"] in fault]
    assert faults == [f"case {case['id']}: entry 3 was put in after its day was sealed"]
