"""Journals as the worked examples of council finance have them, and what must not happen to them."""

import asyncio
from datetime import date, timedelta

import pytest

from chassis import ids
from chassis.testing import published
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.ledger.store import seals
from payments.shared.days import today
from services.payments.tests.funds.finance import import_default, read_finance
from services.payments.tests.office.staff import API, APPROVE, headers_of
from services.payments.tests.office.test_refunds import check, read, refund


@pytest.fixture(scope="module")
async def funds(client, mint):
    """Citytown's funds by code."""
    await import_default(client, mint, "citytown", "england")
    finance = await read_finance(client, mint, "citytown")
    return {code: fund["id"] for code, fund in finance.funds.items()}


@pytest.fixture
def ann(mint_person):
    return headers_of(mint_person, "ann")


@pytest.fixture
def bob(mint_person):
    return headers_of(mint_person, "bob", APPROVE)


@pytest.fixture
async def credit(database, funds):
    """Make a function that puts an unknown bank credit into suspense."""

    async def post(amount=12_000, days=0):
        item = ids.new()
        account = Account(Role.SUSPENSE, str(item), ids.read(funds["SP"]))
        legs = [
            Posting(Account(Role.BANK, "main"), amount),
            Posting(account, -amount, 1, "SMITH J 23 ELM"),
        ]
        day = today() - timedelta(days=days)
        transaction = Transaction(ids.new(), Kind.BANK_LINE, item, "28", day, legs)
        async with database.writing("citytown") as session:
            await postings.post(session, "citytown", "sandbox", [transaction])
        return item

    return post


@pytest.fixture
async def balance_of(database):
    """Make a function that reads the ledger's accounts: (role, code or fund) -> balance."""

    async def read_balances():
        async with database.reading("citytown") as session:
            rows = await seals.list_balances(session, "citytown", "sandbox")
        return {(row.role, row.code, row.fund): row.balance for row in rows}

    return read_balances


def changed(before, after):
    return sorted(after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0))


async def propose(client, headers, item, lines, **members):
    body = {"item": ids.show(item), "lines": lines, "reason": "wrong-account", **members}
    return await client.post(f"{API}/journals", json=body, headers=headers)


def placing(funds):
    return [
        {"fund": funds["23"], "reference": "123456780", "amount": 7_500},
        {"fund": funds["13"], "amount": 4_500},
    ]


async def test_example_5_an_unknown_credit_is_placed_by_two(client, ann, bob, funds, credit, balance_of):
    item = await credit()
    before = await balance_of()
    request = (await propose(client, ann, item, placing(funds))).json()
    assert request["status"] == "proposed"
    assert await balance_of() == before
    assert (await check(client, ann, request)).status_code == 403
    assert await balance_of() == before
    approved = await check(client, bob, request)
    assert approved.status_code == 200, approved.text
    after = await balance_of()
    assert changed(before, after) == sorted([12_000, -7_500, -3_750, -750])
    assert after["suspense", str(item), ids.read(funds["SP"])] == 0


async def test_example_6_a_misposted_line_moves_and_takings_stay(
    client, ann, bob, funds, paid, balance_of, database
):
    lines = [{"fund": funds["23"], "reference": "800123459", "amount": 5_000}]
    payment = await paid(amount=5_000, lines=lines)
    before = await balance_of()
    to_rents = [{"fund": funds["5"], "reference": "00123456782", "amount": 5_000}]
    request = (await propose(client, ann, ids.read(payment["payment_id"]), to_rents, line=1)).json()
    assert (await check(client, bob, request)).status_code == 200
    assert changed(before, await balance_of()) == [-5_000, 5_000]
    posted = [
        (event.data["fund"], event.data["amount"], event.data["method"])
        for event in await published(database)
        if event.type == "payments.receipt.posted.v1"
    ][-2:]
    assert posted == [("23", -5_000, "11"), ("5", 5_000, "10")]


async def test_a_moved_line_is_not_refunded_too_until_the_journal_is_undone(
    client, ann, bob, funds, paid, balance_of
):
    lines = [{"fund": funds["13"], "amount": 4_500}]
    payment = await paid(amount=4_500, lines=lines)
    before = await balance_of()
    item = ids.read(payment["payment_id"])
    to_tax = [{"fund": funds["23"], "reference": "800123459", "amount": 1_499}]
    request = (await propose(client, ann, item, to_tax, line=1)).json()
    await check(client, bob, request)
    assert changed(before, await balance_of()) == sorted([1_249, 250, -1_499])
    whole = await refund(client, ann, payment, 4_500)
    assert whole.status_code == 422, whole.text
    undo = await client.post(
        f"{API}/journals/{request['id']}/undo", json={"reason": "wrong-account"}, headers=ann
    )
    assert undo.status_code == 201, undo.text
    assert (await check(client, ann, undo.json())).status_code == 403
    assert (await check(client, bob, undo.json())).status_code == 200
    assert changed(before, await balance_of()) == []
    assert (await refund(client, ann, payment, 4_500)).status_code == 201
    detail = await read(client, ann, payment)
    assert (detail["lines"][0]["moved"], detail["refunded"]) == (0, 4_500)


async def test_a_journal_is_undone_once(client, ann, bob, funds, credit, balance_of):
    item = await credit()
    before = await balance_of()
    request = (await propose(client, ann, item, placing(funds))).json()
    await check(client, bob, request)
    undos = [
        (
            await client.post(
                f"{API}/journals/{request['id']}/undo", json={"reason": "wrong-account"}, headers=ann
            )
        ).json()
        for _ in range(2)
    ]
    answers = await asyncio.gather(*(check(client, bob, undo) for undo in undos))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert changed(before, await balance_of()) == []


async def test_two_journals_never_place_one_credit_twice(client, ann, bob, funds, credit, balance_of):
    item = await credit()
    requests = [(await propose(client, ann, item, placing(funds))).json() for _ in range(2)]
    answers = await asyncio.gather(*(check(client, bob, request) for request in requests))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert (await balance_of())["suspense", str(item), ids.read(funds["SP"])] == 0


async def test_a_payment_in_suspense_is_placed_and_then_not_refunded(client, ann, bob, funds, paid):
    payment = await paid(amount=2_000, reference="NO-FUND")
    item = ids.read(payment["payment_id"])
    lines = [{"fund": funds["23"], "reference": "800123459", "amount": 2_000}]
    request = (await propose(client, ann, item, lines)).json()
    assert (await check(client, bob, request)).status_code == 200
    assert (await refund(client, ann, payment, 2_000)).status_code == 422
    again = await propose(client, ann, item, lines)
    assert (again.status_code, again.json()["code"]) == (422, "too-much")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reference": "800123450"}, 422),
        ({"fund": "SP"}, 422),
        ({"fund": "NOSUCH"}, 422),
        ({"amount": 12_001}, 422),
        ({"amount": 0}, 400),
        ({"amount": -5}, 400),
    ],
)
async def test_a_wrong_line_is_refused_and_says_why(client, ann, funds, credit, change, status):
    item = await credit()
    line = {"fund": funds["23"], "reference": "800123459", "amount": 12_000, **change}
    response = await propose(client, ann, item, [line])
    assert response.status_code == status, response.text


async def test_a_journal_of_another_mode_or_council_finds_nothing(client, mint_person, funds, credit):
    item = await credit()
    live = headers_of(mint_person, "ann", mode="live")
    assert (await propose(client, live, item, placing(funds))).status_code == 404
    foreign = headers_of(mint_person, "ann", councils=["hillshire"])
    assert (await propose(client, foreign, item, placing(funds))).status_code == 403


async def test_suspense_is_listed_by_age_in_pages(client, ann, credit):
    items = [ids.show(await credit(amount=100 + days, days=days)) for days in (100, 50, 10)]
    listed, after = [], None
    while True:
        query = {"limit": 1} | ({"after": after} if after else {})
        page = (await client.get(f"{API}/suspense", params=query, headers=ann)).json()
        listed += page["items"]
        after = page["next"]
        if after is None:
            break
    own_items = [item for item in listed if item["item"] in items]
    assert [item["item"] for item in own_items] == items
    assert [(item["amount"], item["days"]) for item in own_items] == [(200, 100), (150, 50), (110, 10)]


async def takings(client, headers, first, last):
    query = {"first": first.isoformat(), "last": last.isoformat()}
    return await client.get(f"{API}/takings", params=query, headers=headers)


@pytest.fixture
def later_day(set_clock):
    """A UK day on which nothing else is taken: in UTC it is still the day before."""
    set_clock("2031-06-30T23:30:00Z")
    return date(2031, 7, 1)


async def test_takings_are_gross_by_fund_and_refunds_taken_off(client, funds, later_day, ann, paid):
    day, headers = later_day, ann
    lines = [
        {"fund": funds["23"], "reference": "800123459", "amount": 5_000},
        {"fund": funds["13"], "amount": 4_500},
        {"fund": funds["GW"], "amount": 1_950},
    ]
    payment = await paid(amount=11_450, lines=lines)
    rows = (await takings(client, headers, day, day)).json()
    assert {(row["fund"], row["method"]): (row["gross"], row["vat"]) for row in rows} == {
        ("23", "90"): (5_000, 0),
        ("13", "90"): (4_500, 750),
        ("GW", "90"): (1_950, 0),
    }
    assert {row["fund"]: row["fund_name"] for row in rows}["23"] == "Council tax"
    await refund(client, headers, payment, 1_499, lines=[{"line": 2, "amount": 1_499}])
    rows = (await takings(client, headers, day, day)).json()
    assert {row["fund"]: (row["gross"], row["vat"]) for row in rows}["13"] == (3_001, 500)


async def test_a_period_that_is_too_long_or_backwards_is_refused(client, ann):
    assert (await takings(client, ann, date(2026, 1, 1), date(2026, 4, 3))).status_code == 400
    assert (await takings(client, ann, date(2026, 1, 2), date(2026, 1, 1))).status_code == 400
