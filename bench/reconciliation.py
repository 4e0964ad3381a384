"""Reconciliation: how long a generated scenario takes, and whether all of it comes out as it must."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.figures import Figure
from bench.gazetteer import PASSWORD
from bench.settlements import ACCOUNT, Generator, Scenario, Taken
from chassis import ids
from chassis.auth import Caller
from chassis.database import Database
from chassis.migrations import migrate
from chassis.provision import provision
from payments.app import service as payments
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.reconciliation.actions import reviews, settlements, statements
from payments.reconciliation.rules.matching import ExceptionKind
from payments.reconciliation.schemas.statements import NewBankAccount
from payments.shared.days import today

MODE, SEED = "sandbox", 20_260_401
GOAL = 60.0  # seconds
_CALLER = Caller("fin", "finance", "t", frozenset(), frozenset(), MODE, 0)
_BATCH = 1_000
_INCOME = Account(Role.FUND, "1000", ids.new())
_INSERT = text("""
    INSERT INTO payment (council, id, account, mode, processor, status, amount, surcharge, fee, reference,
        description, language, delayed_capture, moto, authorisation_mode, visits, provider_id, refunded,
        refunds_blocked, created_by, version, created_at, expires_at, captured_at)
    VALUES (:council, :id, :account, :mode, 'sandbox', :status, :amount, 0, :fee, 'R', 'D', 'en', false,
        false, 'web', 1, :provider_id, 0, false, '{}', 5, :at, :at, :captured_at)""")
_EXCEPTIONS = text("""
    SELECT e.kind, coalesce(l.provider_id, s.provider_id) AS name, e.payment FROM reconciliation_exception e
    LEFT JOIN settlement s ON s.council = e.council AND s.id = e.settlement
    LEFT JOIN settlement_line l ON l.council = e.council AND l.settlement = e.settlement AND l.n = e.line
    WHERE e.kind <> 'late' OR e.closed_at = e.opened_at""")
_MATCHED = text("SELECT provider_id FROM settlement_line WHERE rule IS NOT NULL")
_BANK = text("""
    SELECT b.amount, b.booked_on, b.text, s.provider_id FROM bank_line b
    LEFT JOIN settlement s ON s.council = b.council AND s.id = b.settlement""")
_BALANCES = text("""
    SELECT a.role, sum(p.amount)::bigint AS balance FROM posting p
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account GROUP BY a.role""")
_SETTLED = text("SELECT count(*) FROM payment WHERE settled_on IS NOT NULL")


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario."""

    seconds: float
    cpu_seconds: float  # of this process: a busy machine does not change it
    exceptions: dict[str, set[str]]
    matched: set[str]
    bank: list[tuple[int, str, str, str | None]]
    balances: dict[str, int]
    settled: int


async def reconcile(database: Database, council: str, scenario: Scenario) -> Outcome:
    """Import a scenario into an empty council: payouts and statements in turns, then a review."""
    account = await _set_up(database, council, scenario.payments)
    started, cpu = time.perf_counter(), time.process_time()
    files = list(scenario.write_statements())
    share = -(-len(scenario.payouts) // len(files))
    for place, content in enumerate(files):
        for settlement, lines in scenario.payouts[place * share : (place + 1) * share]:
            async with database.writing(council) as session:
                await settlements.import_settlement(session, council, account, settlement, lines)
        parsed = await statements.read_file("camt053", content)
        async with database.writing(council) as session:
            await statements.import_file(session, council, _CALLER, "camt053", content, parsed)
    async with database.writing(council) as session:
        await reviews.review(session, council, MODE)
    seconds = time.perf_counter() - started
    return await _read(database, council, seconds, time.process_time() - cpu)


async def _set_up(database: Database, council: str, payments_taken: Sequence[Taken]) -> GatewayAccount:
    async with database.writing(council) as session:
        account = await accounts.get_account(session, council, _CALLER)
        body = NewBankAccount(name="Main", identification=ACCOUNT)
        await statements.create_bank_account(session, council, _CALLER, body)
    clearing = Account(Role.CLEARING, str(account.id))
    for start in range(0, len(payments_taken), _BATCH):
        part = payments_taken[start : start + _BATCH]
        async with database.writing(council) as session:
            await session.execute(
                _INSERT, [{**_to_row(payment, account.id), "council": council} for payment in part]
            )
            receipts = list(_make_receipts(part, clearing))
            await postings.post(session, council, MODE, receipts)
    return account


def _to_row(payment: Taken, account: UUID) -> dict[str, Any]:
    at = datetime.fromisoformat(f"{payment.captured_on or today()}T10:00:00+00:00")
    return {
        "id": payment.id,
        "account": account,
        "mode": MODE,
        "status": "captured" if payment.captured_on else "capturing",
        "amount": payment.amount,
        "fee": payment.fee,
        "provider_id": payment.provider_id,
        "at": at,
        "captured_at": at if payment.captured_on else None,
    }


def _make_receipts(payments_taken: Sequence[Taken], clearing: Account) -> Iterator[Transaction]:
    for payment in payments_taken:
        if payment.captured_on:
            legs = [Posting(clearing, payment.amount), Posting(_INCOME, -payment.amount, 1)]
            yield Transaction(ids.new(), Kind.RECEIPT, payment.id, "90", payment.captured_on, legs)


async def _read(database: Database, council: str, seconds: float, cpu_seconds: float) -> Outcome:
    exceptions: dict[str, set[str]] = {}
    async with database.reading(council) as session:
        for row in await session.all(_EXCEPTIONS):
            exceptions.setdefault(row.kind, set()).add(row.name or ids.show(row.payment))
        bank = [
            (row.amount, str(row.booked_on), row.text, row.provider_id) for row in await session.all(_BANK)
        ]
        return Outcome(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            exceptions=exceptions,
            matched={row.provider_id for row in await session.all(_MATCHED)},
            bank=sorted(bank, key=str),
            balances={row.role: row.balance for row in await session.all(_BALANCES)},
            settled=await session.scalar(_SETTLED),
        )


def list_differences(scenario: Scenario, outcome: Outcome) -> list[str]:
    """List what came out otherwise than it must: exceptions, matches of lines, matches of the bank."""
    differences = [
        f"{kind}: {len(expected - outcomes)} not outcomes, {len(outcomes - expected)} false"
        for kind in ExceptionKind
        if (expected := scenario.exceptions.get(kind, set()))
        != (outcomes := outcome.exceptions.get(kind, set()))
    ]
    if outcome.matched != scenario.sound:
        missing, false = scenario.sound - outcome.matched, outcome.matched - scenario.sound
        differences.append(f"lines: {len(missing)} sound ones not matched, {len(false)} false matches")
    bank = sorted(((line.amount, str(line.day), line.text, line.payout) for line in scenario.bank), key=str)
    if outcome.bank != bank:
        wrong = set(outcome.bank) ^ set(bank)
        differences.append(f"bank: {len(wrong)} lines, such as {sorted(wrong, key=str)[:2]}")
    if sum(outcome.balances.values()):
        differences.append("the ledger does not sum to zero")
    return differences


async def measure(admin_url: str) -> list[Figure]:
    """Reconcile 100,000 lines in a database of their own. Raises RuntimeError if anything is wrong."""
    await provision(admin_url, "payments", owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("payments", f"postgresql://payments_owner:{PASSWORD}@{server}/payments")
    settings = payments.settings(database_url=f"postgresql://payments:{PASSWORD}@{server}/payments")
    database = Database(settings, "bench", rows_secured=True)
    try:
        scenario = await asyncio.to_thread(Generator(SEED, today()).make)
        outcome = await reconcile(database, "benchtown", scenario)
    finally:
        await database.close()
    if differences := list_differences(scenario, outcome):
        raise RuntimeError(f"reconciliation went wrong: {differences}")
    return [
        Figure("reconciliation, 100,000 lines in 400 payouts", outcome.seconds, "s", most=GOAL),
        Figure("the same, CPU of the process", outcome.cpu_seconds, "s"),
    ]
