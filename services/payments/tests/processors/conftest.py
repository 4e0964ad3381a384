"""Live payments: citytown has a live account at a stub of Stripe."""

import asyncio
import hashlib
import hmac
import json
import time
from contextlib import nullcontext
from urllib.parse import urlsplit

import pytest
import uvicorn
from sqlalchemy import text

from chassis import ids
from chassis.testing import eventually
from chassis.testing.in_process import answering
from payments.gateway_accounts import store as gateway_accounts
from payments.gateway_accounts.actions import accounts
from payments.ledger.store import seals
from services.payments.tests.conftest import ACCEPT_HTML, V1, create, get, page_of
from services.payments.tests.processors.stripe_stub import LIVE_KEY, StripeStub

WEBHOOK_SECRET = "whsec_forTestsOnly000000000000000"
FINANCE = ("payments:finance", "payments:finance-read")


@pytest.fixture(scope="module")
async def served_stripe():
    """A stub of Stripe, served; its ``url`` is where."""
    stub = StripeStub()
    config = uvicorn.Config(
        stub.app, host="127.0.0.1", port=0, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    stub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with answering({stub.url: stub.app}):
        yield stub
    server.force_exit = server.should_exit = True
    await serving


@pytest.fixture(scope="module")
def settings(settings, served_stripe):
    changed = {"stripe_api": served_stripe.url, "outbound_seconds": 1.0, "outbound_attempts": 1}
    return settings.model_copy(update=changed)


@pytest.fixture
def stripe(served_stripe):
    """The stub, as it is before anything goes wrong."""
    served_stripe.faults.clear()
    served_stripe.requests.clear()
    served_stripe.decline, served_stripe.livemode = None, True
    return served_stripe


@pytest.fixture
def live_key(make_key):
    """The headers of a live key of citytown, which may also set credentials."""
    return make_key("live-library", mode="live", extra=FINANCE)


@pytest.fixture
async def new_account(database):
    """Citytown's live account; it may have no credentials yet."""
    async with database.writing("citytown") as session:
        values = {
            "name": "Live",
            "mode": "live",
            "processor": "stripe",
            "fund": None,
            "settings": '{"allows_agreements": true, "allows_zero": true, "allows_moto": true}',
            "is_default": True,
        }
        await gateway_accounts.insert_account(session, "citytown", ids.new(), values)
        return await session.scalar(
            text("SELECT id FROM gateway_account WHERE council = 'citytown' AND mode = 'live'")
        )


def credentials_of(account, council="citytown"):
    return f"/{council}/payments/finance/v1/gateway-accounts/{ids.show(account)}/credentials"


@pytest.fixture
async def account(client, new_account, live_key, stripe):
    """Citytown's live account, with its credentials."""
    body = {"secret_key": LIVE_KEY, "webhook_secret": WEBHOOK_SECRET}
    answer = await client.put(credentials_of(new_account), json=body, headers={**live_key, "If-Match": "*"})
    assert answer.status_code == 200, answer.text
    stripe.requests.clear()
    return new_account


class LiveWorld:
    """A service with a live key, a payer's browser, and Stripe."""

    def __init__(self, client, key, payer, stripe, run_jobs):
        self.client, self.key, self.payer, self.stripe, self.run_jobs = client, key, payer, stripe, run_jobs

    async def create(self, **members):
        return await create(self.client, self.key, **members)

    async def get(self, payment):
        return await get(self.client, self.key, payment)

    async def status(self, payment):
        return (await self.get(payment))["state"]

    async def open(self, payment):
        """Open the payment's link; return the session whose page the browser is led to."""
        response = await self.payer.open(payment)
        assert response.status_code == 303, response.text
        return urlsplit(response.headers["location"]).path.rpartition("/")[2]

    async def come_back(self, session):
        """Go where Stripe's page sends a payer who has paid."""
        return await self._go(self.stripe.objects[session]["_params"]["success_url"])

    async def give_up(self, session):
        """Go where the link back on Stripe's page leads."""
        return await self._go(self.stripe.objects[session]["_params"]["cancel_url"])

    async def _go(self, url):
        response = await self.client.get(urlsplit(url).path, headers=ACCEPT_HTML)
        if response.status_code == 303 and response.headers["location"].startswith("/"):
            return await self.payer.get(response.headers["location"])
        return response

    async def pay(self, payment):
        """Pay all the way; return where the browser is led last."""
        session = await self.open(payment)
        self.stripe.pay(session)
        return await self.come_back(session)

    async def paid(self, **members):
        """Create a payment that is paid and captured."""
        payment = await self.create(**members)
        await self.pay(payment)
        await self.run_jobs()
        return await self.get(payment)

    async def refund(self, payment, amount, **headers):
        url = f"{V1}/{payment['payment_id']}/refunds"
        return await self.client.post(url, json={"amount": amount}, headers={**self.key, **headers})

    async def open_page(self, payment):
        """Load the payment's page again, as a reload does."""
        return await self.client.get(page_of(payment), headers=ACCEPT_HTML)


@pytest.fixture
def live(client, live_key, payer, account, stripe, run_jobs):
    """What a test of live payments needs."""
    return LiveWorld(client, live_key, payer, stripe, run_jobs)


@pytest.fixture
async def live_balances(database):
    """Make a function that sums citytown's ledger accounts, by mode and role."""

    async def read(mode="live"):
        sums = {}
        async with database.reading("citytown") as session:
            for row in await seals.list_balances(session, "citytown", mode):
                sums[row.role] = sums.get(row.role, 0) + row.balance
        return sums

    return read


def sign(body, secret=WEBHOOK_SECRET, at=None):
    """Sign an event as Stripe publishes it: HMAC-SHA256 of ``{time}.{body}``."""
    at = int(at or time.time())
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={digest}", "Content-Type": "application/json"}


def make_event(kind, *, livemode=True, **members):
    data = {"object": members}
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "livemode": livemode, "data": data})


@pytest.fixture
def notify(client, account, run_jobs):
    """Make a function that sends an event to citytown's live account, and does what follows."""

    async def send(body, headers=None, council="citytown", to=None):
        path = f"/{council}/payments/notifications/{ids.show(to or account)}"
        answer = await client.post(path, content=body, headers=headers or sign(body))
        await run_jobs()
        return answer

    return send


@pytest.fixture
async def webhook_secret_of(database, settings):
    """Make a function that reads the secret of an account's notifications."""

    async def read(account):
        async with database.reading("citytown") as session:
            return await accounts.find_webhook_secret(session, settings, "citytown", account)

    return read
