"""Tills as council finance has them (sections 6 and 11, example 8), and what must not happen to them."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.payments.tests.cash_office.counter import (
    API,
    APPROVE,
    CHEQUE,
    COUNTED_35290,
    changed,
    new_id,
    pieces,
)
from services.payments.tests.reconciliation.lines import Line


async def fill(cashier, till, tax):
    """Take what example 8 takes: 25,340 in cash and cheques of 5,000 and 3,000."""
    await cashier.take_ok(till, tax(20_340))
    await cashier.take_ok(till, tax(5_000), tendered=10_000)
    await cashier.take_ok(till, tax(5_000), cheque={**CHEQUE, "number": "000777"})
    return await cashier.take_ok(till, tax(3_000), cheque=CHEQUE)


async def test_example_8_to_the_penny(ann, tax, balance_of, bank, run_jobs):
    till, opened = await ann.open(10_000), await balance_of()
    cheque = await fill(ann, till, tax)
    with_takings = await balance_of()
    assert changed(opened, with_takings) == {"cash": [25_340], "cheques": [8_000], "fund": [-33_340]}
    counted = await ann.balance(till, COUNTED_35290, 8_000)
    assert (counted["status"], counted["difference"]) == ("balanced", -50)
    balanced = await balance_of()
    assert changed(with_takings, balanced) == {"over-short": [50], "cash": [-50]}
    banked = await ann.bank([till])
    assert banked.status_code == 201, banked.text
    in_transit = await balance_of()
    assert changed(balanced, in_transit) == {"transit": [33_290], "cash": [-25_290], "cheques": [-8_000]}

    loaded = await bank.load([Line(33_290, "PAYING IN 00500123")])
    assert loaded.status_code == 201, loaded.text
    at_bank = await balance_of()
    assert changed(in_transit, at_bank) == {"bank": [33_290], "transit": [-33_290]}
    [line] = (await bank.get(f"statements/{loaded.json()['statements'][0]['id']}/lines")).json()["items"]
    assert (line["bag"], line["rule"]) == (banked.json()["id"], "bag-by-paying-in-number")

    await bank.load([Line(-3_000, "UNPAID CHQ 123")], number=2)
    returned = await ann.send("POST", f"/receipts/{cheque['id']}/cheque-return", {"returned_on": till["day"]})
    assert returned.status_code == 200, returned.text
    await run_jobs()
    end = await balance_of()
    assert changed(at_bank, end) == {"fund": [3_000], "bank": [-3_000]}
    bag = await ann.get(f"/bags/{cheque['id']}")
    assert (bag["kind"], bag["amount"], bag["in_transit"]) == ("returned-cheque", -3_000, 0)


async def test_a_returned_cheque_waits_for_the_banks_line_and_comes_back_once(ann, tax, balance_of, bank):
    till = await ann.open(0)
    number = new_id()[:8].translate(str.maketrans("abcdefghjkmnpqrstvwxyz", "1234567890123456789012"))
    cheque = await ann.take_ok(till, tax(4_321), cheque={**CHEQUE, "number": number})
    path = f"/receipts/{cheque['id']}/cheque-return"
    too_early = await ann.send("POST", path, {"returned_on": till["day"]})
    assert too_early.json()["code"] == "not-banked"
    await ann.balance(till, {}, 4_321)
    await ann.bank([till], number=f"9{number}")
    before = await balance_of()
    answers = await asyncio.gather(*(ann.send("POST", path, {"returned_on": till["day"]}) for _ in range(3)))
    assert sorted(response.status_code for response in answers) == [200, 409, 409]
    assert changed(before, await balance_of()) == {"fund": [4_321], "transit": [-4_321]}
    loaded = await bank.load([Line(-4_321, f"RETURNED CHEQUE {number}")], number=70)
    assert loaded.status_code == 201, loaded.text
    assert changed(before, await balance_of()) == {"fund": [4_321], "bank": [-4_321]}


async def test_a_till_shows_what_it_should_have_when_it_is_counted_and_not_before(ann, tax):
    till = await ann.open()
    await ann.take_ok(till, tax(777))
    assert {name for name, value in (await ann.read(till)).items() if value is None} >= {
        "expected_cash", "expected_cheques", "difference",
    }  # fmt: skip
    counted = (await ann.count(till, pieces(10_777))).json()
    assert (counted["status"], counted["expected_cash"], counted["difference"]) == ("balanced", 10_777, 0)


async def test_a_difference_above_the_limit_needs_a_second_person(ann, bob, tax, balance_of):
    till = await ann.open()
    await ann.take_ok(till, tax(5_000))
    before = await balance_of()
    waiting = await ann.balance(till, pieces(14_899), reason="wrong-change")
    assert (waiting["status"], waiting["difference"]) == ("checking", -101)
    assert await balance_of() == before
    assert (await ann.act(till, "check")).status_code == 403
    ann_with_more = await ann.send("POST", f"/tills/{till['id']}/check")
    assert ann_with_more.json()["code"] == "own-till"
    checked = await bob.act(till, "check")
    assert checked.json()["status"] == "balanced", checked.text
    assert changed(before, await balance_of()) == {"over-short": [101], "cash": [-101]}


async def test_cheques_that_are_missing_are_not_made_good_by_cash(ann, tax):
    till = await ann.open()
    await ann.take_ok(till, tax(5_000), cheque=CHEQUE)
    outcome = await ann.balance(till, pieces(15_000), 0)
    assert (outcome["status"], outcome["difference"]) == ("checking", 0)


async def test_who_checks_a_till_has_neither_taken_nor_counted_it(make_cashier, ann, bob, tax):
    till = await ann.open()
    await ann.take_ok(till, tax(5_000))
    await bob.balance(till, pieces(20_000))  # stands in for Ann
    assert (await bob.act(till, "check")).json()["code"] == "own-till"
    carol = make_cashier("carol", APPROVE)
    assert (await carol.act(till, "recount", {"answer": "Look under the tray"})).json()["status"] == "recount"
    assert (await ann.take(till, tax(100))).status_code == 409
    recounted = await ann.balance(till, pieces(15_000))
    assert recounted["status"] == "balanced"


async def test_the_database_refuses_a_checker_who_is_the_maker(ann, database, tax):
    till = await ann.open()
    async with database.writing("citytown") as session:
        with pytest.raises(Exception, match="maker_is_no_checker"):
            await session.execute(
                text("UPDATE till SET checked_by = opened_by WHERE id = CAST(:id AS uuid)"),
                {"id": ids.read(till["id"])},
            )


async def test_a_void_reverses_a_receipt_on_the_open_till_only(ann, tax, balance_of, database):
    till, before = await ann.open(), await balance_of()
    receipt = await ann.take_ok(till, tax(2_500), metadata={"case": "HF7-K2P-9QX"})
    path = f"/receipts/{receipt['id']}/void"
    wordless = await ann.send("POST", path, {"reason": "other"})
    assert wordless.status_code == 400
    voided = await ann.send("POST", path, {"reason": "wrong-amount"})
    assert (voided.status_code, voided.json()["status"]) == (200, "voided")
    assert changed(before, await balance_of()) == {}
    assert (await ann.send("POST", path, {"reason": "wrong-amount"})).status_code == 409
    events = [
        (event.data["amount"], event.data["metadata"])
        for event in await published(database)
        if event.type == "payments.receipt.posted.v1"
    ][-2:]
    assert events == [(2_500, {"case": "HF7-K2P-9QX"}), (-2_500, {"case": "HF7-K2P-9QX"})]
    other = await ann.take_ok(till, tax(100))
    await ann.balance(till, pieces(10_100))
    late = await ann.send("POST", f"/receipts/{other['id']}/void", {"reason": "wrong-amount"})
    assert late.json()["code"] == "till-counted"


async def test_nobody_takes_money_on_the_till_of_somebody_else(ann, bob, make_cashier, tax):
    till = await ann.open()
    assert (await bob.take(till, tax(100))).json()["code"] == "not-your-till"
    colleague = make_cashier("dan")
    assert (await colleague.count(till, pieces(10_000))).status_code == 403
    second = await ann.send("POST", "/tills", {"office": ann.office, "opening_float": 0})
    assert second.json()["code"] == "till-open"


async def test_a_machine_opens_no_till(client, mint, office):
    scopes = ["payments:takings"]
    token = mint(scopes=scopes, councils=["citytown"], mode="sandbox", sub="app", client_id="app")
    body = {"office": office, "opening_float": 0}
    response = await client.post(f"{API}/tills", json=body, headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (403, "person-needed")


async def test_a_till_of_yesterday_takes_nothing_and_is_counted_for_its_day(
    make_cashier, tax, set_clock, database
):
    set_clock("2031-03-29T23:30:00Z")
    late = make_cashier("night")
    till = await late.open()
    await late.take_ok(till, tax(900))
    set_clock("2031-03-30T08:00:00Z")
    ann = make_cashier("night")
    assert (await ann.take(till, tax(100))).json()["code"] == "till-of-another-day"
    await ann.balance(till, pieces(10_890))
    async with database.reading("citytown") as session:
        rows = await session.all(
            text("SELECT kind, taken_on FROM ledger_transaction WHERE taken_on >= '2031-03-01' ORDER BY id")
        )
    assert [tuple(row) for row in rows] == [
        ("counter", date(2031, 3, 29)),
        ("till-difference", date(2031, 3, 29)),
    ]


async def test_a_receipt_says_change_vat_and_a_number_with_check_digits(ann, funds, tax):
    till = await ann.open()
    lines = [*tax(5_000), {"fund": funds["13"], "amount": 4_500}]
    receipt = await ann.take_ok(till, lines, tendered=10_000)
    assert (receipt["amount"], receipt["change"]) == (9_500, 500)
    assert [(line["amount"], line["vat"]) for line in receipt["lines"]] == [(5_000, 0), (4_500, 750)]
    number = receipt["number"]
    assert number[0] == "R"
    assert (int(number[1:]) - 1) % 97 == 0


@pytest.mark.parametrize(
    "members",
    [
        {"cheque": {**CHEQUE, "payer_name": "4111 1111 1111 1111"}},
        {"metadata": {"note": "4111111111111111"}},
    ],
)
async def test_a_card_number_is_refused_wherever_it_is_typed(ann, tax, members):
    till = await ann.open()
    response = await ann.take(till, tax(100), **members)
    assert response.status_code == 400
    assert "card number" in response.text
    typed = [{**tax(100)[0], "narrative": "card 4111 1111 1111 1111"}]
    assert "card number" in (await ann.take(till, typed)).text


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"tendered": 99}, 400),
        ({"tendered": 200, "cheque": CHEQUE}, 400),
        ({"cheque": {**CHEQUE, "sort_code": "20-00-00"}}, 400),
        ({"method": "90"}, 409),
        ({"lines": []}, 400),
        ({"card": "4111"}, 400),
    ],
)
async def test_what_is_no_cash_and_no_cheque_is_refused(ann, tax, balance_of, members, status):
    till, before = await ann.open(), await balance_of()
    response = await ann.take(till, **{"lines": tax(100), **members})
    assert response.status_code == status, response.text
    assert await balance_of() == before


async def test_a_wrong_reference_is_refused_and_nothing_is_taken(ann, tax, balance_of):
    till, before = await ann.open(), await balance_of()
    response = await ann.take(till, [{**tax(100)[0], "reference": "800123450"}])
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "lines.0.reference"
    assert await balance_of() == before


async def test_a_bag_takes_balanced_tills_of_one_office_once(ann, bob, tax, balance_of):
    till = await ann.open(0)
    await ann.take_ok(till, tax(600))
    assert (await ann.bank([till])).json()["code"] == "till-not-balanced"
    await ann.balance(till, pieces(600))
    twins = await asyncio.gather(*(ann.bank([till], f"60000{n}") for n in range(4)))
    assert sorted(response.status_code for response in twins) == [201, 409, 409, 409]
    other = await bob.open(0)
    await bob.take_ok(other, tax(700))
    await bob.balance(other, pieces(700))
    used = next(response.json()["number"] for response in twins if response.status_code == 201)
    assert (await bob.bank([other], used)).json()["code"] == "number-used"
    assert (await bob.bank([other], "600009", "2999-12-31")).status_code == 422
    before = await balance_of()
    assert (await bob.bank([other], "600009")).status_code == 201
    assert changed(before, await balance_of()) == {"transit": [700], "cash": [-700]}


async def test_lists_are_paged_and_say_who_may_read_them(ann, tax, client):
    till = await ann.open()
    receipts = [(await ann.take_ok(till, tax(100 + n)))["id"] for n in range(3)]
    listed, after = [], {}
    while True:
        page = await ann.get(f"/tills/{till['id']}/receipts", limit=2, **after)
        listed += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert listed == sorted(receipts, reverse=True)
    assert (await client.get(f"{API}/tills")).status_code == 401


async def test_a_till_of_the_sandbox_is_not_there_for_live_or_another_council(ann, make_cashier, client, tax):
    till = await ann.open()
    live = make_cashier("eve", mode="live")
    assert (await live.send("GET", f"/tills/{till['id']}")).status_code == 404
    assert (await live.take(till, tax(100))).status_code == 404
    stranger = make_cashier("eve", councils=["hillshire"])
    assert (await stranger.send("GET", f"/tills/{till['id']}")).status_code == 403
    path = f"/hillshire/payments/takings/v1/tills/{till['id']}"
    assert (await client.get(path, headers=stranger.headers)).status_code == 404
