"""A live account from its first request to its first money, by the API alone."""

import pytest

from chassis import audit
from payments.gateway_accounts.actions.management import AGGREGATE
from services.payments.tests.conftest import V1, new_payment
from services.payments.tests.processors.conftest import WEBHOOK_SECRET, LiveWorld, make_event, sign
from services.payments.tests.processors.stripe_stub import ACCOUNT, LIVE_KEY

ACCOUNTS = "/citytown/payments/finance/v1/gateway-accounts"
CREDENTIALS = {"secret_key": LIVE_KEY, "webhook_secret": WEBHOOK_SECRET}


@pytest.fixture
def world(client, live_key, payer, stripe, run_jobs):
    """A service with a live key, and no account yet."""
    return LiveWorld(client, live_key, payer, stripe, run_jobs)


@pytest.fixture
def make_live_account(client, live_key):
    """Make a function that makes the default live account of citytown."""

    async def make(**members):
        body = {"name": "Live", "mode": "live", "processor": "stripe", "is_default": True, **members}
        answer = await client.post(ACCOUNTS, json=body, headers=live_key)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"], answer.json()

    return make


async def set_credentials(world, path):
    """Set the credentials of an account that has none; return the answer."""
    headers = {**world.key, "If-Match": '"0"'}
    answer = await world.client.put(f"{path}/credentials", json=CREDENTIALS, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_live_account_is_made_by_the_api_and_takes_money_on_stripes_page(
    world, make_live_account, live_balances, caplog
):
    client, key = world.client, world.key
    unlinked = await client.post(V1, json=new_payment(), headers=key)
    assert (unlinked.status_code, unlinked.json()["code"]) == (403, "P0940")
    path, account = await make_live_account()
    await world.run_jobs()  # a secret is made for it, which the council's own replaces
    assert "given up" not in caplog.text
    unset = await client.get(f"{path}/credentials", headers=key)
    assert (unset.json()["merchant"], unset.headers["etag"]) == (None, '"0"')
    assert (await set_credentials(world, path))["merchant"] == ACCOUNT
    payment = await world.create(amount=2_500)
    assert (payment["payment_provider"], payment["state"]["status"]) == ("stripe", "created")
    session = await world.open(payment)
    world.stripe.pay(session)
    event = make_event("checkout.session.completed", id=session)
    notified = await client.post(
        f"/citytown/payments/notifications/{account['id']}", content=event, headers=sign(event)
    )
    assert notified.status_code == 204
    await world.run_jobs()
    paid = await world.get(payment)
    assert (paid["state"], paid["card_details"]["card_brand"]) == (
        {"status": "success", "finished": True},
        "Visa",
    )
    assert paid["settlement_summary"]["captured_date"]
    assert "corporate_card_surcharge" not in paid
    assert (await live_balances())["clearing"] == 2_500
    assert {request["secret"] for request in world.stripe.requests} == {LIVE_KEY}


async def test_a_closed_live_account_finishes_what_is_begun_and_gives_back(world, make_live_account):
    path, _ = await make_live_account()
    await set_credentials(world, path)
    payment = await world.create()
    closed = await world.client.patch(path, json={"is_open": False}, headers={**world.key, "If-Match": "*"})
    assert closed.json()["is_open"] is False
    refused = await world.client.post(V1, json=new_payment(), headers=world.key)
    assert (refused.status_code, refused.json()["code"]) == (403, "P0941")
    await world.pay(payment)
    await world.run_jobs()
    assert (await world.status(payment))["status"] == "success"
    assert (await world.refund(payment, 100)).status_code == 202


async def test_the_audit_of_an_account_tells_its_credentials_too(world, make_live_account, database):
    path, account = await make_live_account(is_default=False)
    await set_credentials(world, path)
    async with database.reading("citytown") as session:
        rows = await audit.list_by_aggregate(
            session, "citytown", AGGREGATE, account["id"], None, 9, newest_first=False
        )
    assert [row.act for row in rows] == ["account-created", "credentials-changed"]
    assert rows[1].changes == {"merchant": [None, ACCOUNT]}
