"""Postings: zero-sum held by the database, never changed, corrected by reversals."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction, reverse, sum_by_account

CLEARING = Account(Role.CLEARING, "card")
FUND = Account(Role.FUND, "1234", ids.new())
VAT = Account(Role.VAT, "W0")


def transaction(*amounts, kind=Kind.RECEIPT, **members):
    accounts = (CLEARING, FUND, VAT)
    legs = [Posting(account, amount) for account, amount in zip(accounts, amounts, strict=False)]
    values = {"cause": ids.new(), "method": "90", "taken_on": date(2026, 4, 1)}
    return Transaction(id=ids.new(), kind=kind, postings=legs, **{**values, **members})


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=6))
def test_only_postings_that_sum_to_zero_are_a_transaction(amounts):
    legs = [Posting(CLEARING, amount) for amount in amounts]
    values = (ids.new(), Kind.RECEIPT, ids.new(), "90", date(2026, 4, 1))
    if sum(amounts):
        with pytest.raises(ValueError, match="sum to"):
            Transaction(*values, [*legs, Posting(FUND, 0)])
    balanced = [*legs, Posting(FUND, -sum(amounts))]
    posted = Transaction(*values, balanced)
    undone = reverse(posted, ids.new(), date(2026, 4, 2))
    assert sum_by_account([*posted.postings, *undone.postings]) == {}


async def test_the_database_refuses_what_does_not_sum_to_zero(session):
    crooked = transaction(500, -500)
    object.__setattr__(crooked, "postings", [Posting(CLEARING, 500), Posting(FUND, -499)])
    with pytest.raises(DBAPIError, match="sums to 1 pence"):
        await postings.post(session, "citytown", "live", [crooked])


async def test_a_posting_cannot_be_added_later(session):
    await postings.post(session, "citytown", "live", [posted := transaction(500, -400, -100)])
    insert = text("""INSERT INTO posting (council, transaction, n, account, amount)
        SELECT council, transaction, n + 10, account, amount FROM posting WHERE transaction = :id""")
    with pytest.raises(DBAPIError, match="begins with posting 11"):
        await session.execute(insert, {"id": posted.id})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount = amount * 2",
        "DELETE FROM posting",
        "UPDATE ledger_transaction SET taken_on = taken_on + 1",
        "DELETE FROM ledger_transaction",
        "UPDATE ledger_account SET role = 'bank'",
        "TRUNCATE ledger_seal",
        "DELETE FROM ledger_root",
    ],
)
async def test_the_ledger_is_kept_as_it_was_posted(session, statement):
    await postings.post(session, "citytown", "live", [transaction(500, -500)])
    with pytest.raises(DBAPIError, match=r"kept as it was posted|permission denied|must be owner"):
        await session.execute(text(statement))


async def test_a_cause_is_posted_once(session):
    receipt = transaction(500, -500)
    await postings.post(session, "citytown", "live", [receipt])
    with pytest.raises(DBAPIError, match="uq_ledger_transaction_council_cause"):
        await postings.post(session, "citytown", "live", [replace(receipt, id=ids.new())])


async def test_a_reversal_undoes_and_comes_once(session):
    receipt = transaction(500, -400, -100)
    await postings.post(session, "citytown", "live", [receipt])
    day = date(2026, 4, 3)
    await postings.post_reversal(session, "citytown", "live", receipt.cause, Kind.RECEIPT, day)
    sums = await session.all(
        text("SELECT account, sum(amount) AS total FROM posting GROUP BY account HAVING sum(amount) <> 0")
    )
    assert sums == []
    with pytest.raises(DBAPIError, match="uq_ledger_transaction"):
        await postings.post_reversal(session, "citytown", "live", receipt.cause, Kind.RECEIPT, day)


async def test_sandbox_and_live_are_two_ledgers(session):
    await postings.post(session, "citytown", "live", [transaction(500, -500)])
    await postings.post(session, "citytown", "sandbox", [transaction(7, -7)])
    rows = await session.all(text("SELECT mode, count(*) AS n FROM ledger_account GROUP BY mode"))
    assert {row.mode: row.n for row in rows} == {"live": 2, "sandbox": 2}


async def test_another_council_sees_no_posting(session):
    await postings.post(session, "citytown", "live", [transaction(500, -500)])
    await session.set_council("hillshire")
    for table in ("posting", "ledger_transaction", "ledger_account", "unsealed_transaction"):
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
