"""Corporate surcharges: which cards add one, where it is shown, and where its pennies go."""

import asyncio
import html

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.payments.tests.conftest import V1, Merchant, create, get, page_of
from services.payments.tests.funds.finance import import_default

CREDIT, DEBIT = 250, 110
CREDIT_CARD = "4988080000000000"
DEBIT_CARD = "4293189100000008"
PENALTY = "BJ12345673"
# Consumer, prepaid, corporate but prepaid, and of a type that nobody knows.
OTHERS = ["4242424242424242", "4000056655665556", "4000160000000004", "4131840000000003", "4000180000000002",
          "4000000000000010"]  # fmt: skip


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The default funds of England in citytown."""
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
async def key(make_key, make_account, database):
    """The headers of a key whose account has surcharges."""
    client_id = await make_account()
    async with database.writing("citytown") as session:
        await session.execute(
            text("""UPDATE gateway_account SET settings = CAST(:settings AS jsonb)
                WHERE id = (SELECT account FROM account_client WHERE client_id = :client_id)"""),
            {
                "client_id": client_id,
                "settings": f'{{"corporate_credit_surcharge": {CREDIT}, "corporate_debit_surcharge": {DEBIT},'
                ' "allows_agreements": true, "allows_zero": true}',
            },
        )
    return make_key(client_id)


@pytest.fixture
def read_authorisation(database, processor):
    """Make a function that reads what the processor has of a payment."""

    async def read(payment):
        async with database.reading("citytown") as session:
            account = await session.scalar(
                text("SELECT account FROM payment WHERE id = :id"), {"id": ids.read(payment["payment_id"])}
            )
        merchant = Merchant(processor, ids.show(account))
        authorisation = await merchant.send("GET", f"/v1/authorisations/{payment['provider_id']}")
        await merchant.client.aclose()
        return authorisation

    return read


async def refund(client, key, payment, amount, **members):
    body = {"amount": amount, **members}
    return await client.post(f"{V1}/{payment['payment_id']}/refunds", json=body, headers=key)


def read_change(before, after):
    """Return what the balances of ledger accounts changed by, by role."""
    changes = {role: after.get(role, 0) - before.get(role, 0) for role in {**before, **after}}
    return {role: change for role, change in changes.items() if change}


@pytest.mark.parametrize(("number", "surcharge"), [(CREDIT_CARD, CREDIT), (DEBIT_CARD, DEBIT)])
async def test_a_corporate_card_adds_what_the_council_set(client, key, paid, number, surcharge):
    payment = await paid(number=number, amount=10_000)
    assert (payment["amount"], payment["corporate_card_surcharge"]) == (10_000, surcharge)
    assert payment["total_amount"] == 10_000 + surcharge
    assert payment["net_amount"] == payment["total_amount"] - payment["fee"]
    assert payment["refund_summary"]["amount_available"] == 10_000 + surcharge
    page = await client.get(V1, params={"reference": payment["reference"]}, headers=key)
    [result] = [each for each in page.json()["results"] if each["payment_id"] == payment["payment_id"]]
    assert (result["corporate_card_surcharge"], result["total_amount"]) == (surcharge, 10_000 + surcharge)


@pytest.mark.parametrize("number", OTHERS)
async def test_no_other_card_adds_anything(paid, number):
    payment = await paid(number=number, amount=10_000)
    assert payment["state"]["status"] == "success"
    assert not payment.keys() & {"corporate_card_surcharge", "total_amount"}


async def test_an_account_adds_nothing_unless_it_was_set(client, make_key, payer, run_jobs):
    key = make_key()
    payment = await create(client, key)
    page = await payer.open(payment)
    assert "surcharges" not in page.text
    await payer.enter_card(payment, CREDIT_CARD)
    await payer.confirm(payment)
    await run_jobs()
    assert "corporate_card_surcharge" not in await get(client, key, payment)


async def test_nothing_is_added_to_a_payment_of_nothing(client, key, payer):
    payment = await create(client, key, amount=0)
    assert "surcharges" not in (await payer.open(payment)).text
    await payer.enter_card(payment, CREDIT_CARD)
    await payer.confirm(payment)
    assert "total_amount" not in await get(client, key, payment)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "If you pay with a corporate credit card, £2.50 is added.",
                "If you pay with a corporate debit card, £1.10 is added.",
                "Corporate card surcharge",
                "This includes a corporate card surcharge of £2.50.",
            ),
        ),
        (
            "cy",
            (
                "Os ydych yn talu â cherdyn credyd corfforaethol, ychwanegir £2.50.",
                "Os ydych yn talu â cherdyn debyd corfforaethol, ychwanegir £1.10.",
                "Gordal cerdyn corfforaethol",
                "Mae hyn yn cynnwys gordal cerdyn corfforaethol o £2.50.",
            ),
        ),
    ],
)
async def test_a_payer_sees_it_before_they_confirm_and_in_the_receipt(
    client, key, payer, run_jobs, sent_messages, language, texts
):
    email = f"payer-{language}@payer.example"
    payment = await create(client, key, amount=10_000, language=language)
    page = html.unescape((await payer.open(payment)).text)
    assert texts[0] in page
    assert texts[1] in page
    wrong = html.unescape((await payer.enter_card(payment, "1234")).text)
    assert texts[0] in wrong, "it is shown again beside an error"
    page = html.unescape((await payer.enter_card(payment, CREDIT_CARD, email=email)).text)
    assert page.index("£100.00") < page.index(texts[2]) < page.index("£2.50") < page.index("£102.50")
    await payer.confirm(payment)
    await run_jobs()
    assert texts[3] in html.unescape((await payer.get(page_of(payment))).text)
    [message] = await sent_messages(email)
    assert "£102.50" in message.subject
    assert f"{texts[2]}: £2.50" in message.body


async def test_worked_example_9_is_posted_to_the_penny(paid, balances, finance, read_authorisation):
    """Amount 10,000 + 250: clearing +10,250; fund -10,000; surcharge income -250."""
    before = await balances()
    line = {"fund": "11", "reference": PENALTY, "amount": 10_000}
    payment = await paid(number=CREDIT_CARD, amount=10_000, lines=[line])
    posted = read_change(before, await balances())
    assert posted == {"clearing": 10_250, "fund": -10_000, "surcharges": -250}
    assert (await read_authorisation(payment))["amount"] == 10_250


@pytest.mark.parametrize(
    ("amounts", "posted"),
    [
        ([10_250], {}),
        ([10_000], {"clearing": 250, "surcharges": -250}),
        ([10_000, 250], {}),
        ([10_100], {"clearing": 150, "surcharges": -150}),
    ],
)
async def test_worked_example_9_is_refunded_with_its_surcharge_or_without(
    client, key, paid, balances, finance, run_jobs, amounts, posted
):
    line = {"fund": "11", "reference": PENALTY, "amount": 10_000}
    before = await balances()
    payment = await paid(number=CREDIT_CARD, amount=10_000, lines=[line])
    for amount in amounts:
        assert (await refund(client, key, payment, amount)).status_code == 202
    await run_jobs()
    assert read_change(before, await balances()) == posted
    after = await get(client, key, payment)
    assert after["refund_summary"]["amount_available"] == 10_250 - sum(amounts)
    assert (await refund(client, key, payment, 10_251 - sum(amounts))).status_code == 400


async def test_a_refund_by_lines_gives_the_surcharge_back_beside_them(
    client, key, paid, balances, finance, run_jobs
):
    lines = [
        {"fund": "11", "reference": PENALTY, "amount": 4_000},
        {"fund": "31", "reference": "24/0001", "amount": 6_000},
    ]
    before = await balances()
    payment = await paid(number=CREDIT_CARD, amount=10_000, lines=lines)
    by_line = [{"line": 1, "amount": 4_000}]
    too_much = await refund(client, key, payment, 4_251, lines=by_line)
    assert (too_much.status_code, too_much.json()["field"]) == (422, "lines")
    assert (await refund(client, key, payment, 4_250, lines=by_line)).status_code == 202
    await run_jobs()
    assert read_change(before, await balances()) == {"clearing": 6_000, "fund": -5_000, "vat": -1_000}
    again = await refund(client, key, payment, 1_001, lines=[{"line": 2, "amount": 1_000}])
    assert again.status_code == 422, "the surcharge is given back once"


async def test_racing_refunds_give_the_surcharge_back_once(client, key, paid, balances, finance, run_jobs):
    line = {"fund": "11", "reference": PENALTY, "amount": 10_000}
    before = await balances()
    payment = await paid(number=CREDIT_CARD, amount=10_000, lines=[line])
    answers = await asyncio.gather(*(refund(client, key, payment, 1_025) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] * 10 + [400] * 10
    await run_jobs()
    assert read_change(before, await balances()) == {}


async def test_events_name_the_surcharge_beside_the_amount(paid, database):
    payment = await paid(number=CREDIT_CARD, amount=10_000)
    envelopes = [each for each in await published(database) if each.subject == payment["payment_id"]]
    succeeded = next(each for each in envelopes if each.type == "payments.payment.succeeded.v1")
    assert (succeeded.data["amount"], succeeded.data["surcharge"]) == (10_000, CREDIT)


async def test_a_later_payment_by_an_agreement_has_none(client, key, paid, run_jobs):
    agreement = await client.post(
        "/citytown/payments/v1/agreements", json={"reference": "A", "description": "B"}, headers=key
    )
    agreement_id = agreement.json()["agreement_id"]
    first = await paid(number=CREDIT_CARD, amount=10_000, set_up_agreement=agreement_id)
    assert first["corporate_card_surcharge"] == CREDIT
    body = {
        "amount": 10_000, "reference": "A-2", "description": "B", "authorisation_mode": "agreement",
        "agreement_id": agreement_id,
    }  # fmt: skip
    later = await client.post(V1, json=body, headers=key)
    assert later.status_code == 201, later.text
    assert later.json()["state"]["status"] == "success"
    assert "total_amount" not in later.json(), "nobody was there to be shown it"
