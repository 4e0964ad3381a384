"""Settlements and statements in any order, each loaded twice, end in one ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis import ids
from chassis.auth import Caller
from payments.gateway_accounts.actions import accounts
from payments.processors.rules import Settlement, SettlementKind, SettlementLine
from payments.reconciliation.actions import settlements, statements
from payments.reconciliation.schemas.statements import NewBankAccount
from payments.shared.days import today
from services.payments.tests.reconciliation.bank import ACCOUNT, Line, write_camt053

MODE = "sandbox"
NAMES = ["SIM AAA1", "SIM BBB2", "SIM CCC3"]
ARRIVAL = today() - timedelta(days=3)


def make_payout(number, reference, amount):
    lines = [SettlementLine(f"t{number}", SettlementKind.OTHER, amount, 0, "GBP")]
    paid_at = datetime.now(UTC) - timedelta(days=4)
    return Settlement(f"po{number}", amount, "GBP", False, reference, paid_at, ARRIVAL), lines  # noqa: FBT003


def make_statement(number, lines):
    return write_camt053(
        [Line(amount, name, day=ARRIVAL.isoformat()) for amount, name in lines], number=number
    )


AMOUNTS = st.sampled_from([500, 900, -500])
PAYOUTS = st.lists(
    st.tuples(st.sampled_from(NAMES), AMOUNTS), min_size=1, max_size=3, unique_by=lambda item: item[0]
)
BANK = st.lists(
    st.lists(st.tuples(AMOUNTS, st.sampled_from([*NAMES, "SOMEBODY", "00123456782"])), max_size=4),
    min_size=1,
    max_size=3,
)


async def load(database, council, item):
    kind, value = item
    caller = Caller("fin", "finance", "t", frozenset({council}), frozenset(), MODE, 0)
    if kind == "payout":
        async with database.writing(council) as session:
            account = await accounts.get_account(session, council, caller)
            await settlements.import_settlement(session, council, account, *value)
        return
    parsed = await statements.read_file("camt053", value)
    async with database.writing(council) as session:
        await statements.import_file(session, council, caller, "camt053", value, parsed)


async def read_ledger(database, council):
    """Balances by role, and which payout each bank line has, by what neither order nor time gives them."""
    async with database.reading(council) as session:
        rows = await session.all(
            text("""SELECT a.role, sum(p.amount)::int AS balance FROM posting p
                JOIN ledger_account a ON a.council = p.council AND a.id = p.account GROUP BY a.role""")
        )
        matches = await session.all(
            text("""SELECT f.format, s.identity, b.n, b.rule, p.provider_id FROM bank_line b
                JOIN bank_statement s ON s.id = b.statement JOIN statement_file f ON f.id = s.file
                LEFT JOIN settlement p ON p.id = b.settlement ORDER BY s.identity, b.n""")
        )
        exceptions = await session.all(
            text("""SELECT e.kind, s.provider_id FROM reconciliation_exception e
                JOIN settlement s ON s.id = e.settlement WHERE e.closed_at IS NULL ORDER BY 1, 2""")
        )
    return (
        {row.role: row.balance for row in rows if row.balance},
        list(map(tuple, matches)),
        list(map(tuple, exceptions)),
    )


async def play(database, items):
    council = f"order-{ids.show(ids.new())[-10:]}"
    caller = Caller("fin", "finance", "t", frozenset({council}), frozenset(), MODE, 0)
    async with database.writing(council) as session:
        await accounts.get_account(session, council, caller)
        body = NewBankAccount(name="Main", identification=ACCOUNT)
        await statements.create_bank_account(session, council, caller, body)
    for item in items:
        await load(database, council, item)
    return await read_ledger(database, council)


async def check_orders(database, data):
    payouts = [("payout", make_payout(n, *item)) for n, item in enumerate(data.draw(PAYOUTS))]
    files = [("file", make_statement(n, lines)) for n, lines in enumerate(data.draw(BANK))]
    items = [*payouts, *files]
    first = await play(database, items)
    assert await play(database, data.draw(st.permutations([*items, *items]))) == first


@given(st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_every_file_twice_give_the_same_ledger(database, data):
    await check_orders(database, data)


@pytest.mark.long
@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_many_orders_give_the_same_ledger(database, data):
    await check_orders(database, data)
