"""Payouts of Direct Debits: imported once, matched with collections and the bank, fees apart."""

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.jobs import enqueue
from payments.reconciliation.actions import reviews
from payments.reconciliation.actions.fetches import FindAccounts
from services.payments.tests.direct_debit.rows import advise
from services.payments.tests.reconciliation.bank import Bank, Line
from services.payments.tests.reconciliation.ledger import difference

FEE = 2  # pence of a collection


def open_bank(debits):
    """Open the office's API, with a key of the day."""
    return Bank(debits.client, debits.make_key(extra=["payments:finance", "payments:finance-read"]))


@pytest.fixture
def read_exceptions(database):
    """Make a function that reads the open exceptions that were opened since the test began."""

    async def read(earlier=()):
        async with database.reading("citytown") as session:
            rows = await session.all(
                text("SELECT * FROM reconciliation_exception WHERE closed_at IS NULL ORDER BY id")
            )
        return [row for row in rows if row.id not in earlier]

    return read


@pytest.fixture
async def earlier(debits, read_exceptions):
    return {row.id for row in await read_exceptions()}


async def read_lines(database):
    """Read the lines of the newest settlement, by their order."""
    async with database.reading("citytown") as session:
        return await session.all(
            text("""SELECT l.*, s.amount AS payout, s.reference, s.provider_id AS payout_id
                FROM settlement_line l JOIN settlement s ON s.id = l.settlement
                WHERE s.id = (SELECT max(id::text)::uuid FROM settlement WHERE service_user IS NOT NULL)
                ORDER BY n""")
        )


async def test_a_batch_goes_from_direct_debits_to_a_payout_to_the_bank(
    debits, database, balances, read_exceptions, earlier
):
    mandate = await debits.make_active()
    before = await balances()
    collection, _ = await debits.make_collected(mandate, amount=16_200)
    assert await difference(balances, before) == {"direct-debit": 16_200, "fund": -16_200}
    await debits.go_to("2027-04-27")
    moved = {"payout": 16_200 - FEE, "fees": FEE, "fund": -16_200}
    assert await difference(balances, before) == moved
    credit, fees = await read_lines(database)
    assert (credit.rule, ids.show(credit.collection)) == ("collection-by-processor-id", collection["id"])
    assert (fees.rule, fees.amount, fees.fee, credit.payout) == ("fee", 0, FEE, 16_198)
    line = Line(16_198, f"GOCARDLESS {credit.reference}", day="2027-04-27")
    bank = open_bank(debits)
    await bank.open_account()
    response = await bank.load([line], number=2701)
    assert response.status_code == 201, response.text
    assert await difference(balances, before) == {"bank": 16_198, "fees": FEE, "fund": -16_200}
    assert await read_exceptions(earlier) == []
    await debits.work()
    assert await difference(balances, before) == {"bank": 16_198, "fees": FEE, "fund": -16_200}


@pytest.mark.parametrize(
    ("code", "action", "kind"),
    [("ARUDD-0", "failed", "unpaid"), ("DDICA-2", "charged_back", "claim")],
)
async def test_what_came_back_after_its_payout_is_taken_from_the_next(
    debits, database, balances, read_exceptions, earlier, code, action, kind
):
    mandate = await debits.make_active()
    before = await balances()
    first, payment = await debits.make_collected(mandate, amount=16_200)
    await debits.go_to("2027-04-27")
    await debits.fail(payment, code, action)
    back = {"direct-debit": -16_200, "payout": 16_198, "fees": FEE}
    assert await difference(balances, before) == back
    second = await debits.collect(mandate, 20_000, charge_date="2027-05-21")
    for day in ("2027-05-14", "2027-05-21", "2027-05-25"):
        await debits.go_to(day)
    credit, debit = (await read_lines(database))[:2]
    assert (credit.kind, ids.show(credit.collection)) == ("payment", second["id"])
    assert (debit.kind, debit.amount, ids.show(debit.collection)) == (kind, -16_200, first["id"])
    assert debit.rule == "returned-collection-by-processor-id"
    # Of the second the fee is charged, that of the first comes back.
    assert await difference(balances, before) == {
        "payout": 16_198 + 3_800, "fees": FEE, "fund": -20_000
    }  # fmt: skip
    assert await read_exceptions(earlier) == []


async def test_a_debit_presented_again_is_paid_out_as_itself(
    debits, database, balances, read_exceptions, earlier
):
    mandate = await debits.make_active()
    before = await balances()
    first, payment = await debits.make_collected(mandate, amount=16_200)
    await debits.go_to("2027-04-27")
    await debits.fail(payment, "ARUDD-0")
    first = await debits.reload(first)
    path = f"/collections/{first['id']}/presentations"
    again = await debits.send(
        "POST", path, {"charge_date": "2027-05-14"}, version=first["version"], **{"Idempotency-Key": payment}
    )
    await debits.run_jobs()
    for day in ("2027-05-07", "2027-05-14", "2027-05-18"):
        await debits.go_to(day)
    assert (await debits.reload(again))["state"] == "collected"
    # The failed item and the second credit cancel each other out: GoCardless pays nothing out.
    other = await debits.collect(mandate, 500, charge_date="2027-06-11")
    for day in ("2027-06-04", "2027-06-11", "2027-06-15"):
        await debits.go_to(day)
    by_kind = {(line.kind, line.amount): line for line in await read_lines(database)}
    assert ids.show(by_kind["payment", 16_200].collection) == again["id"]
    assert ids.show(by_kind["unpaid", -16_200].collection) == first["id"]
    assert ids.show(by_kind["payment", 500].collection) == other["id"]
    moved = await difference(balances, before)
    assert moved == {"payout": 16_700 - moved["fees"], "fees": moved["fees"], "fund": -16_700}
    assert await read_exceptions(earlier) == []


async def collect_for_another(debits, *amounts, day):
    """Have another integration collect by a mandate and payments of its own."""
    headers = {"Authorization": f"Bearer {debits.token}"}
    post = debits.provider.http.post
    body = {"billing_requests": {"mandate_request": {"scheme": "bacs", "currency": "GBP"}}}
    request = (await post("/billing_requests", json=body, headers=headers)).json()["billing_requests"]
    signed = await debits.control("POST", f"billing_requests/{request['id']}/sign", scenario="good")
    mandate = signed["links"]["mandate_request_mandate"]
    for amount in amounts:
        links = {"links": {"mandate": mandate}}
        payment = {"amount": amount, "currency": "GBP", "charge_date": day, **links}
        answer = await post("/payments", json={"payments": payment}, headers=headers)
        assert answer.status_code == 201, answer.text


async def test_items_of_other_integrations_are_one_item_and_one_exception(
    debits, database, balances, read_exceptions, earlier
):
    mandate = await debits.make_active()
    before = await balances()
    await collect_for_another(debits, 1_100, 2_200, day="2027-04-23")
    await debits.make_collected(mandate, amount=16_200)
    await debits.go_to("2027-04-27")
    lines = await read_lines(database)
    assert sorted(line.amount for line in lines if line.rule is None) == [1_100, 2_200]
    moved = {"payout": 19_500 - 3 * FEE, "fees": 3 * FEE, "suspense": -3_300, "fund": -16_200}
    assert await difference(balances, before) == moved
    [exception] = await read_exceptions(earlier)
    assert (exception.kind, exception.amount, exception.line) == ("unknown-id", 3_300, None)
    assert exception.settlement == lines[0].settlement


@pytest.mark.parametrize("kind", ["short", "wrong-currency"])
async def test_a_faulty_payout_is_an_exception_of_its_kind(debits, balances, read_exceptions, earlier, kind):
    mandate = await debits.make_active()
    before = await balances()
    await debits.make_collected(mandate, amount=16_200)
    await debits.control("POST", "faults", operation="pay_out", kind=kind)
    await debits.go_to("2027-04-27")
    [exception] = await read_exceptions(earlier)
    moved = await difference(balances, before)
    if kind == "short":
        assert (exception.kind, exception.amount) == ("payout-short", 1)
        assert moved == {"payout": 16_197, "fees": FEE, "direct-debit": 1, "fund": -16_200}
    else:
        assert exception.kind == "wrong-currency"
        assert moved == {"direct-debit": 16_200, "fund": -16_200}


async def test_a_payout_that_bounced_is_an_exception_once(debits, database, read_exceptions, earlier):
    mandate = await debits.make_active()
    await debits.make_collected(mandate, amount=16_200)
    await debits.go_to("2027-04-27")
    payout = (await read_lines(database))[0].payout_id
    await debits.control("POST", f"payouts/{payout}/bounce")
    await debits.work()
    await debits.work()
    assert [row.kind for row in await read_exceptions(earlier)] == ["reversed"]


async def test_a_notification_of_a_payout_has_it_fetched(debits, database):
    mandate = await debits.make_active()
    collection, _ = await debits.make_collected(mandate)
    debits.set_clock("2027-04-27T09:00:00Z")
    await debits.control("PUT", "clock", now="2027-04-27T09:00:00+00:00")
    await debits.deliver()
    credit, _ = await read_lines(database)
    assert ids.show(credit.collection) == collection["id"]


async def test_the_office_sees_whose_a_payout_is_and_another_mode_sees_none(debits, read_exceptions, earlier):
    mandate = await debits.make_active()
    collection, _ = await debits.make_collected(mandate)
    await debits.control("POST", "faults", operation="pay_out", kind="short")
    await debits.go_to("2027-04-27")
    bank, user = open_bank(debits), await debits.get("/service-user")
    [exception] = await read_exceptions(earlier)
    path = f"settlements/{ids.show(exception.settlement)}"
    settlement = (await bank.get(path)).json()
    assert (settlement["account"], settlement["gross"], settlement["fee"]) == (None, 16_200, FEE)
    assert settlement["service_user"] == debits.token.removeprefix("sim_")
    credit, fees = (await bank.get(f"{path}/lines")).json()["items"]
    assert (credit["collection"], fees["collection"]) == (collection["id"], None)
    assert user["mode"] == "sandbox"
    scopes = ["payments:finance", "payments:finance-read"]
    live = Bank(debits.client, debits.make_key(mode="live", extra=scopes))
    assert (await live.get(path)).status_code == 404
    elsewhere = Bank(debits.client, debits.make_key(council="hillshire", extra=scopes), "hillshire")
    assert (await elsewhere.get(path)).status_code == 404


async def test_a_return_that_the_payout_tells_first_is_read_and_matched_later(
    debits, database, balances, read_exceptions, earlier
):
    mandate = await debits.make_active()
    before = await balances()
    first, payment = await debits.make_collected(mandate, amount=16_200)
    await debits.go_to("2027-04-27")
    await collect_for_another(debits, 30_000, day="2027-04-30")
    await debits.control("POST", f"payments/{payment}", action="failed", reason_code="ARUDD-1")
    debits.set_clock("2027-05-05T09:00:00Z")
    await debits.control("PUT", "clock", now="2027-05-05T09:00:00+00:00")
    async with database.writing() as session, session.region_wide():  # no notification, and no poll
        await enqueue(session, FindAccounts(), council="*")
    await debits.run_jobs()
    assert [(row.kind, row.amount) for row in await read_exceptions(earlier)] == [
        ("unknown-id", -16_200), ("unknown-id", 30_000),
    ]  # fmt: skip
    assert (await debits.reload(first, renews=True))["state"] == "unpaid"
    async with database.writing("citytown") as session:
        await reviews.review(session, "citytown", "sandbox")
    unknown = [row.amount for row in await read_exceptions(earlier) if row.kind == "unknown-id"]
    assert unknown == [30_000]
    moved = await difference(balances, before)
    fees = moved.pop("fees")
    assert moved == {"payout": 30_000 - fees, "suspense": -30_000}


async def test_an_item_of_ours_that_we_knew_too_late_leaves_the_others(
    debits, database, balances, read_exceptions, earlier
):
    mandate = await debits.make_active()
    before = await balances()
    await collect_for_another(debits, 700, day="2027-04-23")
    collection, payment = await debits.make_collected(mandate, amount=16_200)
    await set_payment(database, collection, None)  # as if nobody knew yet that the provider has it
    await debits.go_to("2027-04-27")
    assert [(row.kind, row.amount) for row in await read_exceptions(earlier)] == [("unknown-id", 16_900)]
    await set_payment(database, collection, payment)
    async with database.writing("citytown") as session:
        await reviews.review(session, "citytown", "sandbox")
    unknown = [row.amount for row in await read_exceptions(earlier) if row.kind == "unknown-id"]
    assert unknown == [700]
    moved = {"payout": 16_900 - 2 * FEE, "fees": 2 * FEE, "suspense": -700, "fund": -16_200}
    assert await difference(balances, before) == moved


async def set_payment(database, collection, payment):
    async with database.writing("citytown") as session:
        await session.execute(
            text("UPDATE collection SET provider_payment = :payment WHERE id = :id"),
            {"payment": payment, "id": ids.read(collection["id"])},
        )


@pytest.mark.parametrize(("day", "kind"), [("2027-04-13", "late"), ("2027-04-22", "not-captured")])
async def test_a_debit_in_no_payout_is_missing_until_it_comes_back(
    scene, database, set_clock, read_exceptions, day, kind
):
    earlier = {row.id for row in await read_exceptions()}

    async def review():
        async with database.writing("citytown") as session:
            await reviews.review(session, "citytown", "sandbox")
        rows = await read_exceptions(earlier)
        return [row.kind for row in rows if row.collection == scene.collected]

    assert await review() == []
    set_clock("2027-04-13T09:00:00Z")
    await review()
    set_clock(f"{day}T09:00:00Z")
    assert await review() == await review() == [kind]
    await advise(database, scene, "ARUDD-1", "failed")
    assert await review() == []
