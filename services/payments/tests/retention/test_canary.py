"""What is personal of a payer is nowhere in the database when its time is over, and the books are whole."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.outbound import Outbound
from chassis.testing.servers import Names, trusting
from chassis.webhooks import deliveries
from payments.ledger.actions import audit_files
from payments.ledger.actions.signatures import RootSigner
from services.payments.tests.conftest import V1, create, get, new_payment
from services.payments.tests.funds.finance import import_default
from services.payments.tests.office.staff import API, APPROVE, headers_of
from services.payments.tests.reconciliation.bank import ACCOUNT, Line
from services.payments.tests.retention.conftest import RECORDS_OVER
from services.payments.tests.retention.test_holds import hold_of

AMEX = "371449635398431"
CARD = {
    "cardholderName": "Zebedee Quillfeather",
    "addressLine1": "77 Canary Row",
    "addressCity": "Canarytown",
    "addressPostcode": "BA2 7ZZ",
    "email": "Zebedee@Quill.example",
    "cvc": "1234",
}
PERSONAL = ["zebedee", "quillfeather", "canary row", "canarytown", "ba2 7zz", "quill.example", "eebdeb"]
DIGITS = re.compile(r"(?<![0-9A-Za-z.:-])(?:371449|8431|11/40)(?![0-9A-Za-z.:-])")
TAX_OVER = "2032-05-11T02:00:00+00:00"  # 24 months, for council tax
RECORDED = [
    "narrabeen"
]  # in the books: a line's narrative, a bank's text, a file of a close, a journal's note
ERASED_TABLES = {
    *("payment", "payer", "agreement", "agreement_card", "office_request", "audit_personal"),
    *("webhook_delivery", "message", "idempotency", "outbox"),
}
HOLD_TABLES = {"payment_hold"}  # while there is a hold
RECORDED_TABLES = {"payment_line", "bank_line", "export_file"}
_TABLES = text("""SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')""")
_BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")
# These purges go by PostgreSQL's clock, which no test moves: their rows are aged instead.
_AGED = (
    "UPDATE idempotency SET created_at = created_at - interval '20 years'",
    "UPDATE message SET expires_at = expires_at - interval '20 years'",
    "UPDATE webhook_delivery SET expires_at = expires_at - interval '20 years'",
    "DELETE FROM outbox",  # the relay, which no test runs, publishes an event and deletes it within a second
)


async def find_words(database, words):
    """List the tables of the database that have any of the words, or the card's digits, also in bytes."""
    tables = set()
    async with database.writing("*") as session:
        for table in await session.all(_TABLES):
            rows = await session.all(text(f"SELECT t::text AS row FROM {table.name} AS t"))
            content = "\n".join(row.row for row in rows)
            content += "".join(bytes.fromhex(part).decode("latin-1") for part in _BYTES.findall(content))
            if any(word in content.lower() for word in words) or (
                words is PERSONAL and DIGITS.search(content)
            ):
                tables.add(table.name.removeprefix("public."))
    return tables


@pytest.fixture(scope="module", autouse=True)
async def funds(client, mint):
    """Citytown has the default funds; 23 gets a file with each close."""
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
def night(night, database, run_jobs):
    """As every night, and with the purges of all services, whose rows are old by then."""

    async def run(moment):
        await night(moment)
        async with database.writing("*") as session:
            for statement in _AGED:
                await session.execute(text(statement))
        await run_jobs(after=timedelta(days=1))

    return run


@pytest.fixture
async def books(database, settings, balances):
    """What nothing may change: the balances, and a ledger without faults."""

    async def read():
        lines = [line async for line in audit_files.read_chain(database, "citytown", "sandbox")]
        assert audit_files.check_lines(iter(lines), RootSigner(settings).public_key()).faults == []
        return await balances()

    return read


@pytest.fixture
async def subscriber(client, key, mint, server, settings, authority, monkeypatch):
    """A service that hears of every payment."""
    outbound = Outbound(trusting(settings, authority), Names(["127.0.0.1"]))
    monkeypatch.setattr(deliveries, "Outbound", lambda _: outbound)
    await create(client, key)
    claims = {"councils": ["citytown"], "mode": "sandbox", "sub": "library", "client_id": "library"}
    headers = {"Authorization": f"Bearer {mint(scopes=['payments:webhooks'], **claims)}"}
    body = {"url": server.url, "event_types": ["card_payment_succeeded", "card_payment_captured"]}
    path = "/citytown/payments/webhooks/v1/subscriptions"
    assert (await client.post(path, json=body, headers=headers)).status_code == 201


@pytest.fixture
async def traces(client, key, database, subscriber, payer, run_jobs, mint_person, finance):
    """A payment that left a trace of its payer wherever one can be left; it is settled."""
    agreement = await client.post(
        "/citytown/payments/v1/agreements",
        json={"reference": "AG-1", "description": "For Zebedee", "user_identifier": "zebedee"},
        headers=key,
    )
    agreement_id = agreement.json()["agreement_id"]
    body = new_payment(
        description="Books of Zebedee",
        metadata={"who": "Zebedee"},
        email="zebedee@quill.example",
        return_url="https://library.example/paid?who=zebedee",
        set_up_agreement=agreement_id,
        lines=[{"fund": "23", "amount": 1_450, "reference": "800123459", "narrative": "Narrabeen"}],
        prefilled_cardholder_details={"cardholder_name": "Zebedee Quillfeather"},
    )
    created = await client.post(V1, json=body, headers={**key, "Idempotency-Key": ids.show(ids.new())})
    assert created.status_code == 201, created.text
    payment = created.json()
    await payer.open(payment)
    await payer.enter_card(payment, AMEX, **CARD)
    page = await payer.confirm(payment)
    assert page.status_code == 303, page.text
    await run_jobs()
    later = {"authorisation_mode": "agreement", "agreement_id": agreement_id}
    by_agreement = await client.post(
        V1, json={"amount": 700, "reference": "LIB-2", "description": "Zebedee", **later}, headers=key
    )
    assert by_agreement.status_code == 201, by_agreement.text
    refund = {"amount": 100, "reason": "other", "note": "Zebedee asked for it"}
    path = f"{API}/payments/{payment['payment_id']}/refunds"
    refunded = await client.post(path, json=refund, headers=headers_of(mint_person, "ann"))
    assert refunded.status_code == 201, refunded.text
    await client.put(hold_of(payment), json={"reason": "Zebedee's claim"}, headers=finance())
    assert await find_words(database, PERSONAL) >= HOLD_TABLES
    await client.delete(hold_of(payment), headers=finance())
    await client.post(f"/citytown/payments/v1/agreements/{agreement_id}/cancel", headers=key)
    await run_jobs()
    return payment


async def test_a_payer_is_nowhere_when_their_time_is_over(
    client, make_key, database, traces, settle, night, books
):
    await settle()
    before = await find_words(database, PERSONAL)
    assert before == ERASED_TABLES
    sums = await books()
    await night(TAX_OVER)
    assert await find_words(database, PERSONAL) == set()
    assert await find_words(database, RECORDED) == {"payment_line"}
    # The books are as they were, and the payment is found by what is left of it.
    assert await books() == sums
    key = make_key()
    for query, total in (({"email": CARD["email"]}, 0), ({"reference": "LIB-1"}, 3), ({}, 4)):
        results = (await client.get(V1, params=query, headers=key)).json()
        assert results["total"] == total, query
    refund = await client.post(
        f"{V1}/{traces['payment_id']}/refunds",
        json={"amount": 200, "refund_amount_available": 1_350},
        headers=key,
    )
    assert (refund.status_code, refund.json()["status"]) == (202, "success")
    assert (await get(client, key, traces))["refund_summary"]["amount_submitted"] == 300


async def test_staff_refund_a_payment_without_a_payer_only_by_two(client, traces, settle, night, mint_person):
    await settle()
    await night(TAX_OVER)
    path = f"{API}/payments/{traces['payment_id']}/refunds"
    body = {"amount": 100, "reason": "duplicate"}
    proposed = await client.post(path, json=body, headers=headers_of(mint_person, "ann"))
    assert proposed.json()["status"] == "proposed"
    approve = f"{API}/requests/{proposed.json()['id']}/approve"
    approved = await client.post(approve, headers=headers_of(mint_person, "bob", APPROVE))
    assert approved.json()["status"] == "approved"


@pytest.fixture
async def closed(client, traces, settle, bank, finance, set_clock, run_jobs):
    """The close of the day, with a bank's line that names somebody."""
    await settle()
    await bank.open_account(ACCOUNT, receives_payouts=True)
    loaded = await bank.load([Line(4_321, "NARRABEEN", name="Narrabeen J", day="2030-05-10")])
    assert loaded.status_code == 201, loaded.text
    set_clock("2030-05-12T12:00:00+00:00")
    response = await client.post(f"{bank.base}/closes", json={"day": "2030-05-11"}, headers=finance())
    assert response.status_code == 201, response.text
    await run_jobs()
    return (await client.get(f"{bank.base}/closes/2030-05-11", headers=finance())).json()


async def test_words_in_the_books_are_erased_after_six_financial_years(
    client, database, closed, night, finance, bank, books
):
    assert await find_words(database, RECORDED) == RECORDED_TABLES | {"message"}
    sums = await books()
    await night(TAX_OVER)
    assert await find_words(database, RECORDED) == RECORDED_TABLES
    await night(RECORDS_OVER)
    await night("2037-04-03T02:00:00+00:00")
    assert await find_words(database, RECORDED) == set()
    assert await books() == sums
    [file] = [export for export in closed["exports"] if export["kind"] == "fund"]
    content = await client.get(f"{bank.base}/exports/{file['id']}/content", headers=finance())
    assert (content.status_code, content.json()["code"]) == (410, "export-erased")
    listed = await client.get(f"{bank.base}/closes/2030-05-11", headers=finance())
    assert listed.json() == closed
