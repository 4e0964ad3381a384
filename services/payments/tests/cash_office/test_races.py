"""Two tabs, two cashiers, a count while a receipt comes, the same request again: nothing lost or doubled."""

import asyncio

from sqlalchemy import text

from chassis.testing import published
from services.payments.tests.cash_office.counter import CHEQUE, changed, new_id, pieces


async def test_a_receipt_that_is_sent_again_is_taken_once(ann, tax, balance_of, database):
    till, before = await ann.open(), await balance_of()
    receipt_id = new_id()
    answers = await asyncio.gather(*(ann.take(till, tax(1_000), id=receipt_id) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert changed(before, await balance_of()) == {"cash": [1_000], "fund": [-1_000]}
    by_key = {"Idempotency-Key": new_id()}
    path = f"/tills/{till['id']}/receipts"
    answers = await asyncio.gather(*(ann.send("POST", path, {"lines": tax(500)}, **by_key) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert changed(before, await balance_of()) == {"cash": [1_500], "fund": [-1_500]}
    events = [e for e in await published(database) if e.type == "payments.receipt.posted.v1"]
    assert len({event.id for event in events[-2:]}) == 2
    assert [event.data["amount"] for event in events[-2:]] == [1_000, 500]


async def test_two_tabs_on_one_till_take_turns(ann, tax, balance_of):
    till, before = await ann.open(), await balance_of()
    answers = await asyncio.gather(
        *(ann.take(till, tax(100 + n)) for n in range(10)),
        *(ann.take(till, tax(200), cheque=CHEQUE) for _ in range(5)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 15
    assert changed(before, await balance_of()) == {"cash": [1_045], "cheques": [1_000], "fund": [-2_045]}
    counted = (await ann.count(till, pieces(11_045), 1_000)).json()
    assert (counted["status"], counted["expected_cash"], counted["expected_cheques"]) == (
        "balanced", 11_045, 1_000,
    )  # fmt: skip


async def test_a_count_while_a_receipt_is_posted_counts_all_or_is_refused(ann, tax):
    for round_ in range(6):
        till = await ann.open(0, id=new_id())
        await ann.take_ok(till, tax(1_000))
        version = (await ann.read(till))["version"]
        *receipts, counted = await asyncio.gather(
            *(ann.take(till, tax(10)) for _ in range(round_ % 3 + 1)),
            ann.count(till, pieces(1_000), version=version),
        )
        posted = sum(answer.status_code == 201 for answer in receipts)
        if counted.status_code == 200:
            assert (posted, counted.json()["expected_cash"]) == (0, 1_000)
        else:
            assert counted.status_code == 412
            assert posted == len(receipts)
            await ann.balance(till, pieces(1_000 + 10 * posted))
        refused = {answer.json()["code"] for answer in receipts if answer.status_code != 201}
        assert refused <= {"till-counted"}


async def test_a_void_in_two_tabs_happens_once(ann, tax, balance_of):
    till, before = await ann.open(), await balance_of()
    receipt = await ann.take_ok(till, tax(1_000))
    path = f"/receipts/{receipt['id']}/void"
    answers = await asyncio.gather(*(ann.send("POST", path, {"reason": "duplicate"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert changed(before, await balance_of()) == {}


async def test_a_till_is_opened_once_by_a_double_click_and_never_twice_by_one_person(ann):
    till_id = new_id()
    body = {"office": ann.office, "opening_float": 100}
    clicks = await asyncio.gather(*(ann.send("POST", "/tills", {**body, "id": till_id}) for _ in range(4)))
    assert {(answer.status_code, answer.json()["id"]) for answer in clicks} == {(201, till_id)}
    others = await asyncio.gather(*(ann.send("POST", "/tills", body) for _ in range(3)))
    assert {answer.status_code for answer in others} == {409}


async def test_a_difference_is_checked_once_by_two_supervisors(ann, make_cashier, tax, balance_of):
    till = await ann.open()
    await ann.take_ok(till, tax(5_000))
    await ann.balance(till, pieces(10_000))
    before = await balance_of()
    supervisors = [make_cashier(name, "payments:approve") for name in ("bob", "carol")]
    answers = await asyncio.gather(
        *(checker.send("POST", f"/tills/{till['id']}/check") for checker in supervisors)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert changed(before, await balance_of()) == {"over-short": [5_000], "cash": [-5_000]}


async def test_the_tills_table_agrees_with_the_ledger_after_all_races(database):
    """What the ledger has in a till's cash account is what its receipts and its difference say."""
    async with database.reading("citytown") as session:
        rows = await session.all(
            text("""
            SELECT t.status, t.opening_float, t.counted_cash, coalesce((
                SELECT sum(p.amount) FROM ledger_account a
                JOIN posting p ON p.council = a.council AND p.account = a.id
                WHERE a.council = t.council AND a.role = 'cash' AND a.code = t.id::text), 0) AS cash, (
                SELECT coalesce(sum(r.amount), 0) FROM counter_receipt r WHERE r.council = t.council
                AND r.till = t.id AND r.kind = 'cash' AND r.status = 'posted') AS receipts
            FROM till t WHERE t.council = 'citytown'""")
        )
    assert rows
    for row in rows:
        expected = {"banked": 0, "balanced": (row.counted_cash or 0) - row.opening_float}
        assert row.cash == expected.get(row.status, row.receipts)
