"""Payments' tests: the service on a real PostgreSQL, and the simulated card processor as a server."""

import asyncio
import base64
import re
from contextlib import nullcontext
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from chassis import ids
from chassis.testing import ISSUER, eventually
from chassis.testing.in_process import answering
from chassis.web import Form
from payments.app import service as payments_service
from payments.checkout.routes.card_form import read_card_form
from payments.checkout.rules.card_form import read_card, read_payer
from payments.gateway_accounts import store as gateway_accounts
from payments.ledger.store import seals
from payments.payments.actions import payer as payer_actions
from payments.payments.actions.payer import Card
from simulators.card_processor.simulator import Simulator
from tests.browser.page_recorder import recording

SEALING_KEY = base64.urlsafe_b64encode(b"for tests: thirty-two characters").decode()
V1 = "/citytown/payments/v1/payments"
GOOD_CARD = "4242424242424242"
ACCEPT_HTML = {"Accept": "text/html"}
CARD_FIELDS = {
    "expiryMonth": "11",
    "expiryYear": "40",
    "cardholderName": "Ann Payer",
    "cvc": "123",
    "addressLine1": "1 High Street",
    "addressCity": "Citytown",
    "addressPostcode": "BA1 1LJ",
    "addressCountry": "GB",
    "email": "ann@payer.example",
}


@pytest.fixture(scope="session", autouse=True)
def recorded_pages():
    """The pages that these tests render are looked at afterwards: tests/browser/test_rendered_pages.py."""
    with recording():
        yield


@pytest.fixture(scope="session")
def service():
    return payments_service


@pytest.fixture(scope="session")
async def processor(tmp_path_factory):
    """The simulated card processor, served; its ``url`` is where. This process calls it without a socket."""
    simulator = Simulator("http://localhost:8009", tmp_path_factory.mktemp("processor"))
    config = uvicorn.Config(
        simulator.app, host="127.0.0.1", port=0, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with answering({url: simulator.app}):
        yield SimpleNamespace(url=url, simulator=simulator)
    server.should_exit = True
    await serving


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, jwks_url, processor):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        jwks_url=jwks_url,
        issuer=ISSUER,
        trace_ratio=0,
        sealing_key=SEALING_KEY,
        sandbox_processor_url=processor.url,
        notification_origin="http://127.0.0.1:8000",
        mail="sent-messages",
        limit_cards_from_network="100000/h",  # the tests are one network
    )


@pytest.fixture
def make_key(mint):
    """Make a function that makes the headers of a key that may do all that a service does."""

    def make(client_id="library", council="citytown", mode="sandbox", extra=()):
        scopes = ["payments:create", "payments:read", "payments:refund", *extra]
        token = mint(scopes=scopes, councils=[council], mode=mode, sub=client_id, client_id=client_id)
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
def key(make_key):
    """The headers of a sandbox key of citytown."""
    return make_key()


@pytest.fixture
async def make_account(database):
    """Make a function that makes another account of citytown's sandbox; it returns its client."""

    async def make():
        account_id = ids.new()
        values = {
            "name": "Strict",
            "mode": "sandbox",
            "processor": "sandbox",
            "fund": None,
            "settings": "{}",
            "is_default": False,
        }
        client_id = f"strict-{ids.show(account_id)}"
        async with database.writing("citytown") as session:
            await gateway_accounts.insert_account(session, "citytown", account_id, values)
            await session.execute(
                text("""INSERT INTO account_client (council, client_id, mode, account, created_at)
                    VALUES ('citytown', :client_id, 'sandbox', :account, now())"""),
                {"client_id": client_id, "account": account_id},
            )
        return client_id

    return make


@pytest.fixture
async def strict_key(make_key, make_account):
    """The headers of a key whose account allows no payments by telephone and no agreements."""
    return make_key(await make_account())


def new_payment(**members):
    return {
        "amount": 1_450,
        "reference": "LIB-1",
        "description": "A lost book",
        "return_url": "https://library.example/paid",
        **members,
    }


def open_processor(processor, account):
    """Open a client of the simulated processor, as one of its merchant accounts."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(processor.simulator.app),
        base_url=processor.url,
        headers={"Authorization": f"Bearer sim_{account}"},
    )


class Merchant:
    """A merchant account at the simulated processor: its API and its control."""

    def __init__(self, processor, account):
        self.account = account
        self.client = open_processor(processor, account)

    async def send(self, method, path, **body):
        response = await self.client.request(method, path, json=body)
        assert response.is_success, response.text
        return response.json()


@pytest.fixture
async def merchant(processor, database, client, key):
    """The account of citytown's sandbox at the processor."""
    await create(client, key)
    async with database.reading("citytown") as session:
        account = await session.scalar(
            text("SELECT id FROM gateway_account WHERE council = 'citytown' AND is_default")
        )
    merchant = Merchant(processor, ids.show(account))
    yield merchant
    await merchant.client.aclose()


@pytest.fixture
async def notify(merchant, processor, app, run_jobs):
    """Make a function that has the processor send what is due, and does what follows from it."""
    await run_jobs()  # the account has its address and secret

    async def deliver():
        processor.simulator.transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        await run_jobs()
        while await processor.simulator.deliver():
            await run_jobs()

    yield deliver
    processor.simulator.transport = None


class Payer:
    """A payer's browser on the card pages."""

    def __init__(self, client):
        self.client = client
        self.page = None
        self.token = None

    async def open(self, payment):
        """Open the payment's link, as the service's redirect does."""
        return await self.get(urlsplit(payment["_links"]["next_url"]["href"]).path)

    async def get(self, path):
        """Go to a page."""
        return await self._follow(await self.client.get(path, headers=ACCEPT_HTML))

    async def _follow(self, response):
        while response.status_code == 303 and response.headers["location"].startswith("/"):
            response = await self.client.get(response.headers["location"], headers=ACCEPT_HTML)
        self.page = response
        if token := re.search(r'name="csrf" value="([^"]+)"', response.text):
            self.token = token[1]
        return response

    async def post(self, path, **fields):
        """Send a form of the page, or of a page before it that is open in another tab."""
        response = await self.client.post(path, data={"csrf": self.token, **fields}, headers=ACCEPT_HTML)
        return await self._follow(response)

    async def enter_card(self, payment, number=GOOD_CARD, **fields):
        """Fill in the card page and send it."""
        return await self.post(page_of(payment), **{**CARD_FIELDS, "cardNo": number, **fields})

    async def confirm(self, payment):
        return await self.post(f"{page_of(payment)}/confirm")

    async def cancel(self, payment):
        return await self.post(f"{page_of(payment)}/cancel")

    async def pay(self, payment, number=GOOD_CARD):
        """Go all the way; return the last response."""
        await self.open(payment)
        await self.enter_card(payment, number)
        return await self.confirm(payment)


def page_of(payment):
    return f"/citytown/payments/card_details/{payment['payment_id']}"


async def create(client, key, **members):
    """Create a payment; return its JSON."""
    response = await client.post(V1, json=new_payment(**members), headers=key)
    assert response.status_code == 201, response.text
    return response.json()


async def get(client, key, payment):
    """Get a payment as it is now."""
    return (await client.get(f"{V1}/{payment['payment_id']}", headers=key)).json()


@pytest.fixture
async def paid(app, client, database, key, run_jobs):
    """Make a function that has a payment paid and captured: as the card pages do, without rendering them."""

    async def pay(number=GOOD_CARD, **members):
        payment = await create(client, key, **members)
        payment_id, token = ids.read(payment["payment_id"]), payment["_links"]["next_url"]["href"]
        form = read_card_form(Form({**CARD_FIELDS, "cardNo": number}))
        card = read_card(form)
        chosen = Card(card.name, read_payer(form)._asdict(), card.corporate)
        async with database.writing("citytown") as session:
            await payer_actions.open_link(session, "citytown", token.rpartition("/")[2], app.state.links)
        async with database.writing("citytown") as session:
            operation = await payer_actions.choose_card(
                session, "citytown", payment_id, chosen, f"https://pay.example{page_of(payment)}"
            )
        if operation is not None:
            await payer_actions.authorise(app.state.calls, operation)
        async with database.writing("citytown") as session:
            await payer_actions.confirm(session, "citytown", payment_id)
        await run_jobs()
        return await get(client, key, payment)

    return pay


@pytest.fixture
async def balances(database):
    """Make a function that sums every ledger account of citytown's sandbox, by role."""

    async def read():
        async with database.reading("citytown") as session:
            rows = await seals.list_balances(session, "citytown", "sandbox")
        sums = {}
        for row in rows:
            sums[row.role] = sums.get(row.role, 0) + row.balance
        return sums

    return read


@pytest.fixture
async def payer(client):
    client.cookies.clear()
    yield Payer(client)
    client.cookies.clear()
