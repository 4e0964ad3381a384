"""Collections from plan to ledger: notice, submission, charge, and what a bank or a payer takes back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.database import Session
from chassis.testing import published
from payments.direct_debit.actions import advices, receipts
from payments.direct_debit.store import collections
from payments.ledger.actions import postings
from payments.ledger.rules import Account, Kind, Posting, Role, Transaction
from payments.processors.actions.gocardless import ProviderEvent
from payments.shared.days import today
from services.payments.tests.direct_debit.debits import COUNCIL_TAX, SCOPES
from services.payments.tests.direct_debit.rows import (
    advise,
    find_or_insert_user,
    insert_collections,
    insert_mandate,
)


async def test_a_plan_takes_as_many_statements_whatever_its_instalments(debits, monkeypatch):
    mandate = await debits.make_active()
    statements = []

    def watch(name):
        method = getattr(Session, name)
        monkeypatch.setattr(
            Session, name, lambda *args, **options: statements.append(args[1]) or method(*args, **options)
        )

    for name in ("all", "first", "scalar", "execute"):
        watch(name)
    numbers = []
    for number in (1, 2, 60):
        statements.clear()
        instalments = [
            {
                "amount": 100,
                "charge_date": (date(2027, 5, 3) + timedelta(days=7 * n)).isoformat(),
                "lines": [{**COUNCIL_TAX, "amount": 100}],
            }
            for n in range(number)
        ]
        plan = {"mandate": mandate["id"], "reference": "CT", "instalments": instalments}
        answer = await debits.send("POST", "/plans", plan, status=201)
        assert len({item["charge_date"] for item in answer["collections"]}) == number
        numbers.append(len(statements))
    assert numbers[0] > 0
    assert set(numbers) == {numbers[0]}


async def test_an_instalment_is_checked_against_the_funds_of_its_own_day(debits, database):
    mandate = await debits.make_active()
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE fund SET valid_to = '2027-06-30' WHERE code = '23'"))
    line = {"amount": 100, "lines": [{**COUNCIL_TAX, "amount": 100}]}
    days = ("2027-05-04", "2027-07-01")
    plan = {"mandate": mandate["id"], "reference": "CT"}
    plan["instalments"] = [{**line, "charge_date": day} for day in days]
    refused = await debits.send("POST", "/plans", plan, status=422)
    assert refused["code"] == "basket-refused"
    plan["instalments"].pop()
    await debits.send("POST", "/plans", plan, status=201)
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE fund SET valid_to = NULL WHERE code = '23'"))


async def test_a_collection_is_told_submitted_and_posted_on_its_day(debits, balances, database):
    mandate = await debits.make_active()
    assert mandate["state"] == "active"
    before = await balances()
    collection = await debits.collect(mandate, charge_date="2027-04-23")
    assert collection["state"] == "scheduled"
    assert (await debits.reload(collection))["notice_sent_at"].startswith("2027-04-08")
    await debits.go_to("2027-04-16")
    assert (await debits.reload(collection))["state"] == "submitted"
    await debits.go_to("2027-04-22")
    assert await balances() == before
    await debits.go_to("2027-04-23")
    after = await balances()
    assert after["direct-debit"] - before.get("direct-debit", 0) == 16_200
    assert after["fund"] - before.get("fund", 0) == -16_200
    posted = [event for event in await published(database) if event.type == "payments.receipt.posted.v1"]
    assert posted[-1].data | {"receipt": ""} == {
        "receipt": "",
        "line": 1,
        "mode": "sandbox",
        "fund": "23",
        "reference": "800123459",
        "amount": 16_200,
        "taken_on": "2027-04-23",
        "method": "DD",
        "metadata": {},
    }


async def read_notices(database):
    """The notices that were queued, the oldest first."""
    async with database.reading("citytown") as session:
        return await session.all(
            text("""SELECT language, personalisation FROM message
                WHERE template = 'direct-debit-notice' ORDER BY id""")
        )


async def test_one_notice_says_every_day_and_amount_of_a_plan(debits, database):
    mandate = await debits.make_active(language="cy")
    before = len(await read_notices(database))
    instalments = [
        {"amount": amount, "charge_date": day, "lines": [{**COUNCIL_TAX, "amount": amount}]}
        for amount, day in [(16_201, "2027-05-01"), (16_200, "2027-06-01")]
    ]
    body = {"mandate": mandate["id"], "reference": "2027", "instalments": instalments}
    plan = await debits.send("POST", "/plans", body)
    assert [collection["charge_date"] for collection in plan["collections"]] == ["2027-05-04", "2027-06-01"]
    [notice] = (await read_notices(database))[before:]
    assert notice.language == "cy"
    assert notice.personalisation["lines"] == ["4 Mai 2027: £162.01", "1 Mehefin 2027: £162.00"]
    assert notice.personalisation["name"] == "CITYTOWN COUNCIL"
    of_plan = await debits.get(f"/collections?plan={plan['id']}")
    assert of_plan["items"] == plan["collections"]


@pytest.mark.parametrize("charge_date", ["2027-04-21", "2027-04-09"])
async def test_a_day_that_leaves_no_time_for_notice_is_refused(debits, charge_date):
    mandate = await debits.make_active()
    answer = await debits.collect(mandate, charge_date=charge_date, status=400)
    assert "2027-04-22 or later" in answer["detail"]
    assert (await debits.collect(mandate))["charge_date"] == "2027-04-22"


async def test_a_council_that_agreed_shorter_notice_has_it(debits):
    version = (await debits.get("/service-user"))["version"]
    await debits.send("PATCH", "/service-user", {"notice_days": 5}, version=version)
    collection = await debits.collect(await debits.make_active())
    assert (collection["charge_date"], collection["notice_days"]) == ("2027-04-15", 5)
    await debits.send("PATCH", "/service-user", {"notice_days": 10}, version=version + 1)


@pytest.mark.parametrize("notice", ["late", "lost"])
async def test_a_collection_whose_notice_was_not_sent_in_time_is_not_submitted(debits, database, notice):
    mandate = await debits.make_active()
    before = len(await debits.list_at_provider("payments"))
    body = {
        "mandate": mandate["id"],
        "reference": "CT",
        "amount": 100,
        "lines": [{**COUNCIL_TAX, "amount": 100}],
    }
    collection = await debits.send("POST", "/collections", body)
    if notice == "late":
        await debits.go_to("2027-04-09")  # only now the worker sends it
    else:
        async with database.writing("citytown") as session:
            await session.execute(text("DELETE FROM message WHERE council = 'citytown'"))
    await debits.go_to("2027-04-15")
    stopped = await debits.reload(collection)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "notice-late")
    assert len(await debits.list_at_provider("payments")) == before


async def test_a_new_day_or_amount_has_a_notice_of_its_own(debits, database):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate)
    before = len(await read_notices(database))
    change = {"amount": 500, "lines": [{**COUNCIL_TAX, "amount": 500}]}
    path = f"/collections/{collection['id']}"
    await debits.send("PATCH", path, change, status=428)
    changed = await debits.send("PATCH", path, change, version=collection["version"])
    assert (changed["amount"], changed["notice_sent_at"]) == (500, None)
    [notice] = (await read_notices(database))[before:]
    assert notice.personalisation["lines"] == ["22 April 2027: £5.00"]
    await debits.send("PATCH", path, {"charge_date": "2027-04-12"}, version=changed["version"], status=400)
    await debits.send("PATCH", path, {"amount": 5}, version=changed["version"], status=400)
    cancelled = await debits.send("POST", f"{path}/cancel", version=changed["version"])
    assert cancelled["state"] == "cancelled"
    await debits.send("POST", f"{path}/cancel", version=cancelled["version"], status=409)


async def test_what_does_not_sum_or_has_bank_details_in_it_is_refused(debits):
    mandate = await debits.make_active()
    await debits.collect(mandate, amount=5, lines=[{**COUNCIL_TAX, "amount": 4}], status=422)
    await debits.collect(mandate, lines=[{"fund": "23", "reference": "1", "amount": 16_200}], status=422)
    await debits.collect(mandate, reference="20-00-00 55779911", status=400)
    await debits.collect(mandate, amount=0, status=400)
    live = debits.make_key(mode="live", extra=SCOPES)
    body = {"mandate": mandate["id"], "reference": "CT", "amount": 5, "lines": [{**COUNCIL_TAX, "amount": 5}]}
    await debits.send("POST", "/collections", body, key=live, status=404)


async def test_code_0_is_presented_again_once_within_a_month(debits, balances, database):
    mandate = await debits.sign(await debits.create_mandate(), "refer-to-payer")
    await debits.go_to("2027-04-08")
    before = await balances()
    first, _ = await debits.make_collected(mandate)
    await debits.go_to("2027-04-26")
    unpaid = await debits.reload(first)
    assert (unpaid["state"], unpaid["reason"]) == ("unpaid", "ARUDD-0")
    assert (await balances())["fund"] == before.get("fund", 0)
    path = f"/collections/{first['id']}/presentations"
    late = {"charge_date": "2027-05-25"}  # a month after the first processing day, 22 April, is 22 May
    await debits.send("POST", path, late, version=unpaid["version"], status=409)
    again = await debits.send("POST", path, {}, version=unpaid["version"])
    assert (again["presents"], again["amount"], again["charge_date"]) == (first["id"], 16_200, "2027-05-04")
    await debits.send("POST", path, {}, version=unpaid["version"], status=409)
    await debits.run_jobs()
    await debits.go_to("2027-04-28")
    await debits.go_to("2027-05-04")
    assert (await debits.reload(again))["state"] == "collected"
    assert (await balances())["fund"] == before.get("fund", 0) - 16_200
    async with database.reading("citytown") as session:
        payments = await session.all(
            text("SELECT DISTINCT provider_payment FROM collection WHERE id = ANY(:ids)"),
            {"ids": [ids.read(first["id"]), ids.read(again["id"])]},
        )
    assert len(payments) == 1  # the provider knows it as one payment, tried twice
    await debits.fail(payments[0].provider_payment, "ARUDD-0")
    third = await debits.reload(again)
    assert third["state"] == "unpaid"
    await debits.send(
        "POST", f"/collections/{again['id']}/presentations", {}, version=third["version"], status=409
    )


async def test_a_claim_comes_at_any_time_and_takes_the_full_amount(debits, balances, database):
    mandate = await debits.make_active()
    before = await balances()
    collection, payment = await debits.make_collected(mandate)
    await debits.go_to("2027-04-27")
    await debits.go_to("2029-04-27", notifies=False)  # two years later, the mandate is long dormant
    await debits.fail(payment, "DDICA-1", "charged_back")
    claimed = await debits.reload(collection)
    assert (claimed["state"], claimed["reason"]) == ("claimed", "DDICA-1")
    after = await balances()
    assert after["fund"] == before.get("fund", 0)
    # It was paid out long ago: the next payout is less by it.
    assert after["direct-debit"] == before.get("direct-debit", 0) - 16_200
    [event_of_claim] = [
        event for event in await published(database) if event.data.get("taken_on") == "2029-04-27"
    ]
    assert (event_of_claim.data["amount"], event_of_claim.data["method"]) == (-16_200, "DU")


async def test_worked_example_7_of_council_finance_comes_out_to_the_penny(
    finance, database, balances, set_clock
):
    set_clock("2027-04-23T09:00:00Z")
    before = await balances()

    async def moves():
        after = await balances()
        return {role: after.get(role, 0) - before.get(role, 0) for role in ("direct-debit", "fund", "bank")}

    async with database.writing("citytown") as session:
        user = await find_or_insert_user(session)
        mandate = await insert_mandate(session, user)
        collection_ids = await insert_collections(session, user, mandate, [{"amount": 16_200}] * 300)
        assert await receipts.post_charged(session, "citytown", user, "sandbox") == 200
        assert await receipts.post_charged(session, "citytown", user, "sandbox") == 100
    assert await moves() == {"direct-debit": 4_860_000, "fund": -4_860_000, "bank": 0}
    await post_bank(database, user, 4_860_000)
    assert await moves() == {"direct-debit": 0, "fund": -4_860_000, "bank": 4_860_000}

    async def report(code, action):
        links = {"payment": f"PM{ids.show(collection_ids[7])}"}
        event = ProviderEvent(f"EV{code}", "2027-04-27T06:00:00Z", "payments", action, code, links)
        async with database.writing("citytown") as session:
            await advices.apply_payment_events(session, "citytown", user, [event])

    await report("ARUDD-0", "failed")
    assert await moves() == {"direct-debit": -16_200, "fund": -4_843_800, "bank": 4_860_000}
    await post_bank(database, user, -16_200)
    assert await moves() == {"direct-debit": 0, "fund": -4_843_800, "bank": 4_843_800}
    async with database.writing("citytown") as session:  # presented again as a new collection
        values = {"presents": collection_ids[7], "provider_payment": f"PM{ids.show(collection_ids[7])}"}
        await insert_collections(session, user, mandate, [values])
        await receipts.post_charged(session, "citytown", user, "sandbox")
    await post_bank(database, user, 16_200)
    assert await moves() == {"direct-debit": 0, "fund": -4_860_000, "bank": 4_860_000}
    await report("DDICA-2", "charged_back")
    await post_bank(database, user, -16_200)
    assert await moves() == {"direct-debit": 0, "fund": -4_843_800, "bank": 4_843_800}


async def post_bank(database, user, amount):
    """Post a line of the bank's for the Direct Debits."""
    legs = [
        Posting(Account(Role.BANK, "main"), amount),
        Posting(Account(Role.DIRECT_DEBIT, str(user)), -amount),
    ]
    line = Transaction(ids.new(), Kind.BANK_LINE, ids.new(), "BC", today(), legs)
    async with database.writing("citytown") as session:
        await postings.post(session, "citytown", "sandbox", [line])


async def test_a_collection_that_comes_back_before_its_day_is_not_posted(database, scene, balances):
    before = await balances()
    async with database.writing("citytown") as session:
        values = {"state": "submitted", "provider_payment": f"PM{ids.show(scene.waiting)}"}
        await collections.update_one(session, "citytown", scene.waiting, values)
    scene.collected = scene.waiting
    await advise(database, scene, "ARUDD-0", "failed")
    async with database.reading("citytown") as session:
        row = await collections.find(session, "citytown", scene.waiting)
    assert (row.state, row.posted_on) == ("unpaid", None)
    assert await balances() == before
