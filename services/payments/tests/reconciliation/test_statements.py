"""Bank statements: loaded once, matched with payouts, placed by reference, or kept in suspense."""

import asyncio

import pytest
from sqlalchemy import text

from services.payments.tests.funds.finance import import_default
from services.payments.tests.reconciliation.bank import WRITERS, Bank, Line
from services.payments.tests.reconciliation.ledger import difference, fetch

RENT, PENALTY = "00123456782", "BJ12345673"


@pytest.fixture(autouse=True)
async def account(bank, client, mint):
    await import_default(client, mint, "citytown", "england")
    await bank.open_account()


async def lines_of(bank, response):
    statement = response.json()["statements"][0]["id"]
    return (await bank.get(f"statements/{statement}/lines", limit=100)).json()["items"]


async def test_an_unknown_credit_is_an_item_of_suspense(bank, balances):
    before = await balances()
    response = await bank.load([Line(12_000, "SMITH J 23 ELM")], number=5)
    assert response.status_code == 201, response.text
    assert await difference(balances, before) == {"bank": 12_000, "suspense": -12_000}
    (line,) = await lines_of(bank, response)
    assert (line["amount"], line["rule"], line["settlement"]) == (12_000, None, None)
    assert "SMITH J 23 ELM" in line["text"]


@pytest.mark.parametrize(
    ("line", "role", "rule"),
    [
        (Line(4_860, "RENT", RENT), "fund", "reference-of-one-fund"),
        (Line(7_000, f"PCN {PENALTY} PAID"), "fund", "reference-of-one-fund"),
        (Line(7_100, f"{PENALTY} AND {RENT}"), "suspense", None),  # two funds
        (Line(7_200, "800123459"), "suspense", None),  # council tax and business rates share the rule
        (Line(7_300, "00123456783"), "suspense", None),  # a wrong check digit
        (Line(-7_400, f"{PENALTY}"), "suspense", None),  # taken, not paid
    ],
)
async def test_a_credit_with_the_reference_of_exactly_one_fund_is_a_receipt(bank, balances, line, role, rule):
    before = await balances()
    response = await bank.load([line], number=abs(line.amount))
    assert await difference(balances, before) == {"bank": line.amount, role: -line.amount}
    assert [item["rule"] for item in await lines_of(bank, response)] == [rule]


@pytest.mark.parametrize("kind", WRITERS)
async def test_a_file_loaded_twice_is_the_first_and_changes_nothing(bank, balances, kind):
    lines = [Line(30_001, kind), Line(-5, kind)]
    first = await bank.load(lines, kind, number=len(kind))
    before = await balances()
    again = await bank.load(lines, kind, number=len(kind))
    assert again.json() == first.json()
    other = await bank.send(WRITERS[kind](lines, number=len(kind)) + b"\n", kind)
    assert other.json() == first.json(), "the same statement in another file"
    assert await difference(balances, before) == {}


async def test_twins_load_a_file_once(bank, balances):
    before = await balances()
    answers = await asyncio.gather(*(bank.load([Line(888, "TWINS")], number=88) for _ in range(5)))
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert (await difference(balances, before))["bank"] == 888


async def test_a_statement_that_says_something_else_than_before_is_refused(bank, balances):
    await bank.load([Line(100, "ONE")], number=77)
    before = await balances()
    response = await bank.load([Line(101, "ONE")], number=77)
    assert (response.status_code, response.json()["code"]) == (409, "statement-differs")
    assert await difference(balances, before) == {}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({'<Amt Ccy="GBP">': '<Amt Ccy="EUR">'}, 422, "Bal/Amt/@Ccy"),
        ({"<Id>20000012345678": "<Id>20000012345679"}, 422, "account"),
        ({"<Document": "<!DOCTYPE d><Document"}, 422, "document"),
    ],
)
async def test_nothing_of_a_broken_file_is_taken(bank, balances, change, status, field):
    before = await balances()
    response = await bank.load([Line(100, "X")], number=66, replace=change)
    assert response.status_code == status
    assert response.json()["code"] == "statement-refused"
    assert field in response.json()["errors"][0]["message"]
    assert await difference(balances, before) == {}


async def test_what_is_no_statement_is_no_statement(bank):
    headers = {**bank.headers, "Content-Type": "application/json"}
    response = await bank.client.post(f"{bank.base}/statements", content=b"{}", headers=headers)
    assert response.status_code == 415
    large = await bank.send(b"x" * 10_000_001)
    assert large.status_code == 413


async def test_the_sandbox_and_another_council_have_their_own_accounts_and_files(bank, client, finance):
    loaded = (await bank.load([Line(55, "MINE")], number=55)).json()
    statement = loaded["statements"][0]["id"]
    for headers, council in ((finance(mode="live"), "citytown"), (finance("hillshire"), "hillshire")):
        other = Bank(client, headers, council)
        response = await other.load([Line(55, "MINE")], number=55)
        assert response.json()["code"] == "statement-refused", "the account is not theirs"
        assert (await other.get(f"statements/{statement}")).status_code == 404
        assert (await other.get(f"statements/{statement}/lines")).status_code == 404
        assert (await other.get("bank-accounts")).json()["items"] == []
    crossing = Bank(client, finance("hillshire"))
    assert (await crossing.get("statements")).status_code == 403


async def test_a_payout_meets_its_bank_line_by_reference(bank, paid, sandbox, balances, database, run_jobs):
    before = await balances()
    await paid(amount=11_450)
    await paid(amount=2_000)
    payout = await sandbox.payout()
    await fetch(database, run_jobs)
    response = await bank.load([Line(payout["amount"], payout["reference"])], number=1)
    moved = await difference(balances, before)
    fees = 13_450 - payout["amount"]
    assert moved == {"bank": payout["amount"], "fees": fees, "suspense": -13_450}
    (line,) = await lines_of(bank, response)
    assert line["rule"] == "payout-by-reference"


async def test_a_bank_line_that_comes_first_leaves_suspense_when_its_payout_comes(
    bank, paid, sandbox, balances, database, run_jobs
):
    before = await balances()
    await paid(amount=3_333)
    payout = await sandbox.payout()
    await bank.load([Line(payout["amount"], payout["reference"])], number=2)
    await fetch(database, run_jobs)
    moved = await difference(balances, before)
    assert moved == {"bank": payout["amount"], "fees": 3_333 - payout["amount"], "suspense": -3_333}


async def test_the_bank_shows_a_payout_twice_and_none_is_chosen(
    bank, paid, sandbox, balances, database, run_jobs, read_exceptions
):
    await paid(amount=4_444)
    payout = await sandbox.payout("bank_twice")
    await fetch(database, run_jobs)
    before = await balances()
    line = Line(payout["amount"], payout["reference"])
    await bank.load([line], number=3)
    assert await difference(balances, before) == {"bank": line.amount, "payout": -line.amount}
    await bank.load([line], number=4)
    assert await difference(balances, before) == {"bank": 2 * line.amount, "suspense": -2 * line.amount}
    assert "bank-twice" in await read_exceptions()


async def test_a_reversed_payout_is_paid_again(
    bank, paid, sandbox, balances, database, run_jobs, read_exceptions
):
    await paid(amount=5_555)
    before = await balances()
    first = await sandbox.payout("reversed")
    await fetch(database, run_jobs)
    assert "reversed" in await read_exceptions()
    again = await sandbox.payout()
    await fetch(database, run_jobs)
    lines = [
        Line(first["amount"], first["reference"]),
        Line(-first["amount"], first["reference"]),
        Line(again["amount"], again["reference"]),
    ]
    await bank.load(lines, number=9)
    moved = await difference(balances, before)
    assert moved == {"bank": again["amount"], "fees": 5_555 - again["amount"], "clearing": -5_555}
    assert "reversed" not in await read_exceptions()


async def test_lines_and_accounts_are_listed_page_by_page(bank):
    await bank.load([Line(n + 1, f"PAGE {n}") for n in range(7)], number=44)
    statement = (await bank.get("statements", limit=100)).json()["items"][-1]["id"]
    first = (await bank.get(f"statements/{statement}/lines", limit=5)).json()
    rest = (await bank.get(f"statements/{statement}/lines", limit=5, after=first["next"])).json()
    assert [line["amount"] for line in first["items"] + rest["items"]] == list(range(1, 8))
    assert rest["next"] is None


async def test_who_may_only_read_loads_nothing(client, finance):
    reader = Bank(client, finance(scopes=["payments:finance-read"]))
    assert (await reader.load([Line(1, "X")])).status_code == 403
    assert (await reader.open_account("1")).status_code == 403


async def test_a_statement_leaves_no_text_of_payers_in_the_ledger(bank, database):
    await bank.load([Line(99, "JANE DOE 1 HIGH STREET")], number=43)
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT reference FROM posting WHERE reference LIKE '%JANE%'"))
    assert rows == []
