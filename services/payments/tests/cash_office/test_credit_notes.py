"""Money of a counter receipt given back, or moved: by two people, and never out of a till."""

import asyncio

import pytest

from chassis import ids
from services.payments.tests.cash_office.counter import APPROVE, CHEQUE, changed, pieces
from services.payments.tests.office.staff import API as OFFICE_API
from services.payments.tests.office.staff import headers_of
from services.payments.tests.office.test_journals import propose as propose_journal
from services.payments.tests.office.test_refunds import check


@pytest.fixture
def gill(mint_person):
    return headers_of(mint_person, "gill")


@pytest.fixture
def hal(mint_person):
    return headers_of(mint_person, "hal", APPROVE)


@pytest.fixture
async def take_and_count(ann):
    """Make a function that takes one receipt and counts the till."""

    async def take(lines, **members):
        till = await ann.open(0)
        receipt = await ann.take_ok(till, lines, **members)
        cash, cheques = (0, receipt["amount"]) if "cheque" in members else (receipt["amount"], 0)
        await ann.balance(till, pieces(cash), cheques)
        return receipt

    return take


async def propose(client, headers, receipt, *amounts, **members):
    lines = [{"line": n, "amount": amount} for n, amount in enumerate(amounts, 1) if amount]
    body = {"receipt": receipt["id"], "lines": lines, "reason": "wrong-amount", **members}
    return await client.post(f"{OFFICE_API}/credit-notes", json=body, headers=headers)


async def test_a_credit_note_is_owed_to_the_payer_when_a_second_person_approves_it(
    client, funds, gill, hal, take_and_count, balance_of, ann
):
    receipt = await take_and_count([{"fund": funds["13"], "amount": 4_500}])
    before = await balance_of()
    request = (await propose(client, gill, receipt, 1_499)).json()
    assert (request["status"], request["content"]["receipt"]) == ("proposed", receipt["number"])
    assert await balance_of() == before
    assert (await check(client, gill, request)).status_code == 403
    assert (await check(client, hal, request)).status_code == 200
    after = await balance_of()
    assert changed(before, after) == {"fund": [1_249], "vat": [250], "refunds": [-1_499]}
    rest = (await propose(client, gill, receipt, 3_001)).json()
    await check(client, hal, rest)
    assert changed(after, await balance_of()) == {"fund": [2_501], "vat": [500], "refunds": [-3_001]}
    assert (await propose(client, gill, receipt, 1)).json()["code"] == "too-much"
    [line] = (await ann.get(f"/receipts/{receipt['id']}"))["lines"]
    assert line["refunded"] == 4_500


async def test_two_notes_that_together_are_too_much_are_not_both_approved(
    client, tax, gill, hal, take_and_count, balance_of
):
    receipt = await take_and_count(tax(1_000))
    before = await balance_of()
    requests = [(await propose(client, gill, receipt, 600)).json() for _ in range(2)]
    answers = await asyncio.gather(*(check(client, hal, request) for request in requests))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert changed(before, await balance_of()) == {"fund": [600], "refunds": [-600]}


async def test_nothing_is_given_back_of_a_cheque_before_it_has_cleared(
    client, mint_person, make_cashier, tax, set_clock
):
    set_clock("2032-03-01T10:00:00Z")
    ann = make_cashier("clearing")
    till = await ann.open(0)
    receipt = await ann.take_ok(till, tax(1_000), cheque=CHEQUE)
    while_open = await propose(client, headers_of(mint_person, "gill"), receipt, 100)
    assert while_open.json()["code"] == "till-open"
    await ann.balance(till, {}, 1_000)
    set_clock("2032-03-12T10:00:00Z")
    early = await propose(client, headers_of(mint_person, "gill"), receipt, 100)
    assert early.json()["code"] == "cheque-not-cleared"
    set_clock("2032-03-15T10:00:00Z")
    assert (await propose(client, headers_of(mint_person, "gill"), receipt, 100)).status_code == 201


async def test_example_5_at_the_counter_cash_in_suspense_is_placed_by_two(
    client, funds, gill, hal, take_and_count, balance_of
):
    receipt = await take_and_count([{"fund": funds["SP"], "amount": 12_000, "reference": "ELM 23"}])
    before = await balance_of()
    lines = [
        {"fund": funds["23"], "reference": "123456780", "amount": 7_500},
        {"fund": funds["13"], "amount": 4_500},
    ]
    request = (await propose_journal(client, gill, ids.read(receipt["id"]), lines)).json()
    assert (await check(client, gill, request)).status_code == 403
    assert (await check(client, hal, request)).status_code == 200
    assert changed(before, await balance_of()) == {
        "suspense": [12_000], "fund": [-7_500, -3_750], "vat": [-750],
    }  # fmt: skip


async def test_example_6_at_the_counter_a_misposted_line_moves_and_comes_back(
    client, funds, tax, gill, hal, take_and_count, balance_of, ann
):
    receipt = await take_and_count(tax(5_000), cheque={**CHEQUE, "number": "606060"})
    before = await balance_of()
    to_rents = [{"fund": funds["5"], "reference": "00123456782", "amount": 5_000}]
    request = (await propose_journal(client, gill, ids.read(receipt["id"]), to_rents, line=1)).json()
    assert (await check(client, hal, request)).status_code == 200
    assert changed(before, await balance_of()) == {"fund": [-5_000, 5_000]}
    again = await propose_journal(client, gill, ids.read(receipt["id"]), to_rents, line=1)
    assert again.status_code == 422
    undo = await client.post(
        f"{OFFICE_API}/journals/{request['id']}/undo", json={"reason": "wrong-account"}, headers=gill
    )
    assert (await check(client, hal, undo.json())).status_code == 200
    assert changed(before, await balance_of()) == {}
    [line] = (await ann.get(f"/receipts/{receipt['id']}"))["lines"]
    assert line["moved"] == 0
