"""What is stored of a payer is exported to finance staff with a live credential, and that is recorded."""

import pytest
from sqlalchemy import text

from services.payments.tests.office.staff import API, headers_of


@pytest.fixture
async def live_payment(client, paid, database, mint_person):
    """A payment by card with a refund of staff, as if it were live: no live processor is here."""
    payment = await paid(reference="SAR-1", metadata={"case": "7"})
    refund = {"amount": 100, "reason": "other", "note": "Ann came to the desk"}
    path = f"{API}/payments/{payment['payment_id']}/refunds"
    await client.post(path, json=refund, headers=headers_of(mint_person, "tom"))
    async with database.writing("citytown") as session:
        for statement in (
            "UPDATE gateway_account SET mode = 'live', processor = 'other', is_default = false",
            "UPDATE payment SET mode = 'live'",
        ):
            await session.execute(text(statement))
    return payment


@pytest.mark.parametrize("query", [{"email": "ANN@Payer.example"}, {"reference": "sar-1"}])
async def test_all_that_is_stored_of_a_payer_is_exported(export, live_payment, query):
    response = await export(**query)
    assert response.status_code == 200, response.text
    [payment] = [
        item for item in response.json()["payments"] if item["payment_id"] == live_payment["payment_id"]
    ]
    assert payment["payer"] == {
        "email": "ann@payer.example",
        "cardholder_name": "Ann Payer",
        "billing_address": {
            "line1": "1 High Street",
            "city": "Citytown",
            "postcode": "BA1 1LJ",
            "country": "GB",
        },
        "first_digits": "424242",
        "last_digits": "4242",
        "expiry_date": "11/40",
        "card_type": "credit",
    }
    assert (payment["metadata"], payment["staff_notes"]) == ({"case": "7"}, ["Ann came to the desk"])
    assert payment["lines"] == [{"reference": "SAR-1", "narrative": "", "amount": 1_450}]


@pytest.mark.parametrize(
    "query", [{"email": "ann@payer"}, {"email": "%"}, {"reference": "SAR"}, {"reference": "%"}]
)
async def test_parts_of_an_address_or_reference_find_nobody(export, live_payment, query):
    assert (await export(**query)).json() == {
        "payments": [],
        "mandates": [],
        "receipts": [],
        "is_truncated": False,
    }


async def test_an_export_is_recorded_without_whom_was_asked_for(export, live_payment, database):
    await export(email="ann@payer.example")
    async with database.reading("citytown") as session:
        entry = await session.first(
            text("""SELECT act, actor, changes::text AS changes FROM audit
                WHERE act = 'personal-data-exported' ORDER BY id DESC LIMIT 1""")
        )
    assert (entry.actor, live_payment["payment_id"] in entry.changes) == ("fin", True)
    assert "ann@" not in entry.changes


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"mode": "sandbox", "email": "ann@payer.example"}, 403),
        ({"scopes": ["payments:finance-read", "payments:office"], "email": "ann@payer.example"}, 403),
        ({}, 400),
        ({"email": "a@b", "reference": "x"}, 400),
        ({"email": "x" * 256}, 400),
        ({"email": "a\u0000@b"}, 400),
    ],
)
async def test_nobody_else_gets_an_export(export, live_payment, members, status):
    assert (await export(**members)).status_code == status


async def test_another_council_gets_nothing(export, live_payment):
    assert (await export("hillshire", email="ann@payer.example")).json()["payments"] == []
