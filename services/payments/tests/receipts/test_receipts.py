"""Receipts by e-mail: what they say of the payment and of its VAT, in English and Welsh, once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from payments.receipts.rules import Kind, ReceiptLine, choose_kind, sum_rates
from services.payments.tests.conftest import create
from services.payments.tests.funds.finance import import_default

PAYER = "ann@payer.example"


@pytest.fixture
async def funds(client, mint, key):
    """The default funds of Citytown, which is in England, and its account, which its first use makes."""
    await create(client, key)
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
def change_account(database):
    """Make a function that changes settings of Citytown's sandbox account."""

    async def change(**settings):
        statement = text("UPDATE gateway_account SET settings = settings::jsonb || CAST(:new AS jsonb)")
        async with database.writing("citytown") as session:
            await session.execute(statement, {"new": json.dumps(settings)})

    return change


def line(amount, treatment="standard", basis_points=2_000, vat=0):
    return ReceiptLine("A thing", amount, vat, treatment, basis_points)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([line(1_200)], Kind.VAT_RECEIPT),
        ([line(25_000)], Kind.VAT_RECEIPT),
        ([line(25_001)], Kind.NO_INVOICE),
        ([line(1_200), line(99_999, "outside_scope", None)], Kind.VAT_RECEIPT),
        ([line(1_200), line(100, "exempt", None)], Kind.NO_INVOICE),
        ([line(1_200, "zero", 0)], Kind.VAT_RECEIPT),
        ([line(1_200, "outside_scope", None)], Kind.WITHOUT_VAT),
        ([line(1_200, "exempt", None), line(1, "outside_scope", None)], Kind.WITHOUT_VAT),
        ([line(1_200, "accounted", None)], Kind.NO_INVOICE),
        ([line(1_200, "suspense", None)], Kind.NO_INVOICE),
    ],
)
def test_a_receipt_is_a_vat_receipt_where_the_law_lets_it_be(lines, kind):
    assert choose_kind(lines, names_supplier=True) is kind
    expected = Kind.NO_INVOICE if kind is Kind.VAT_RECEIPT else kind
    assert choose_kind(lines, names_supplier=False) is expected


@given(st.lists(st.tuples(st.integers(1, 10**7), st.sampled_from([None, 0, 500, 2_000])), max_size=50))
def test_the_sums_of_rates_are_those_of_the_taxable_lines(pairs):
    lines = [line(amount, basis_points=rate, vat=amount // 6) for amount, rate in pairs]
    totals = sum_rates(lines)
    assert sum(total.amount for total in totals) == sum(amount for amount, rate in pairs if rate is not None)
    assert [total.basis_points for total in totals] == sorted({r for _, r in pairs if r is not None})[::-1]


async def test_who_pays_gets_one_receipt_when_the_money_is_taken(client, key, payer, run_jobs, sent_messages):
    payment = await create(client, key)
    await payer.pay(payment)
    assert await sent_messages(PAYER) == []
    await run_jobs()
    (email,) = await sent_messages(PAYER)
    assert email.subject == "Receipt: £14.50 paid to Citytown Council"
    for words in ("Reference: LIB-1", "Payment for: A lost book", "Card: Visa 4242", "A lost book: £14.50"):
        assert words in email.body
    assert "This is not a VAT invoice." in email.body
    assert "This is a test. No money was taken." in email.body
    assert "4242424242424242" not in email.body


@pytest.fixture
def pay_basket(client, key, payer, run_jobs, sent_messages, funds):
    """Make a function that pays for a room (with VAT) and garden waste (outside its scope); the e-mail."""

    async def pay(room, **members):
        lines = [
            {"fund": "13", "amount": room, "narrative": "Room hire"},
            {"fund": "GW", "amount": 500, "narrative": "Garden waste", "reference": "BIN-7"},
        ]
        payment = await create(client, key, amount=room + 500, lines=lines, **members)
        await payer.pay(payment)
        await run_jobs()
        return (await sent_messages(PAYER))[-1]

    return pay


async def test_a_receipt_names_the_vat_of_each_line(pay_basket, change_account):
    await change_account(vat_number="GB123456789", address="Guildhall, Citytown BA1 5AW")
    email = await pay_basket(1_200)
    for words in (
        "Room hire: £12.00, including £2.00 VAT at 20%\n"
        "Garden waste (BIN-7): £5.00, outside the scope of VAT\n",
        "This is a VAT receipt of Citytown Council, Guildhall, Citytown BA1 5AW. VAT number: GB123456789\n"
        "Total at 20%: £12.00, including £2.00 VAT\n",
    ):
        assert words in email.body


async def test_a_receipt_is_in_the_language_of_the_payment(pay_basket, change_account):
    await change_account(vat_number="GB123456789", address="Guildhall, Citytown BA1 5AW")
    email = await pay_basket(25_001, language="cy")
    assert email.subject == "Derbynneb: £255.01 wedi'i dalu i Citytown Council"
    assert "Room hire: £250.01, gan gynnwys £41.67 o TAW ar 20%" in email.body
    assert "Nid anfoneb TAW yw hon. Os oes angen un arnoch, gofynnwch i Citytown Council." in email.body


async def test_a_council_may_send_no_receipts(client, key, paid, sent_messages, change_account):
    count = len(await sent_messages(PAYER))
    await create(client, key)
    await change_account(emails_receipts=False)
    await paid()
    await change_account(emails_receipts=True)
    assert len(await sent_messages(PAYER)) == count


async def test_money_is_posted_though_the_address_can_get_no_email(
    client, key, payer, run_jobs, balances, database
):
    before = await balances()
    payment = await create(client, key, amount=900)
    await payer.open(payment)
    await payer.enter_card(payment)
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE payer SET email = 'ann, ben@payer.example'"))
    await payer.confirm(payment)
    await run_jobs()
    assert (await balances())["clearing"] - before.get("clearing", 0) == 900
