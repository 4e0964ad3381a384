"""What the machine of payments acts on: the service, its worker, its database, and the processor."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import httpx
from sqlalchemy import text

from chassis import ids
from chassis.jobs.runner import JobRunner
from payments.payments.actions import payer
from payments.payments.actions.payer import Card
from payments.payments.rules.states import Status
from payments.payments.store import payments as store
from payments.shared.sandbox_cards import SandboxCard
from services.payments.tests.conftest import V1, new_payment, open_processor
from services.payments.tests.payments.books import check_books, read_books

COUNCIL = "citytown"
SCOPES = ["payments:create", "payments:read", "payments:refund"]
DELAY = 60  # seconds, of captures and refunds at the processor, for some accounts
_PASSES = 6
_CARD_PAGE = "https://pay.example/3ds_required_in"
_ADD_ACCOUNT = text("""INSERT INTO gateway_account
        (council, id, name, mode, processor, settings, is_default, version, created_at, updated_at)
    VALUES (:council, :account, :client, 'sandbox', 'sandbox', CAST(:settings AS jsonb), false, 1, now(),
        now())""")
_ADD_CLIENT = text("""INSERT INTO account_client (council, client_id, mode, account, created_at)
    VALUES (:council, :client, 'sandbox', :account, now())""")
_PASS_TIME = text("""UPDATE job SET due_at = now(), state = 0
    WHERE state = 1 AND due_at <= now() + make_interval(secs => :seconds)""")
_JOBS = text("SELECT kind, state, failures, reason FROM job WHERE council = 'citytown'")


@dataclass
class Desk:
    """A service with an account of its own, and that account at the processor."""

    client_id: str
    account: object
    headers: dict
    processor: httpx.AsyncClient

    async def control(self, path, **members):
        """Set something of the account at the processor."""
        response = await self.processor.post(f"/control/{path}", json=members)
        assert response.is_success or response.json()["code"] == "too_many_faults", response.text

    async def complete(self):
        """Let the processor complete what it only took note of."""
        await self.control("clock/advance", seconds=DELAY)

    async def clear_faults(self):
        assert (await self.processor.delete("/control/faults")).is_success

    async def close(self):
        await self.processor.aclose()


class World:
    """The service in-process, a worker that runs when it is told to, and payers."""

    def __init__(self, service, app, client, database, settings, processor, mint, connection):
        self.service, self.database, self.settings = service, database, settings
        self.client, self.connection = client, connection
        self.links, self.calls = app.state.links, app.state.calls
        self._processor, self._mint = processor, mint
        self._desks = 0
        self.closed = []  # the books of desks at which nothing happens any more
        self.reached = Counter()

    async def open_desk(self, *, delay=0, spread="last_line_first"):
        """Give a new service an account. ``delay``: of captures and refunds at the processor, in seconds."""
        self._desks += 1
        client_id, account = f"service-{self._desks}", ids.new()
        row = {"council": COUNCIL, "account": account, "client": client_id}
        async with self.database.writing(COUNCIL) as session:
            settings = {"refund_spread": spread, "corporate_credit_surcharge": 250}
            await session.execute(_ADD_ACCOUNT, {**row, "settings": json.dumps(settings)})
            await session.execute(_ADD_CLIENT, row)
        token = self._mint(
            scopes=SCOPES, councils=[COUNCIL], mode="sandbox", sub=client_id, client_id=client_id
        )
        processor = open_processor(self._processor, ids.show(account))
        delays = {"capture_delay": delay, "refund_delay": delay}
        response = await processor.patch("/control/settings", json=delays)
        assert response.is_success, response.text
        return Desk(client_id, account, {"Authorization": f"Bearer {token}"}, processor)

    async def open_page(self, payment_id):
        """Open a payment by its link."""
        payment = ids.read(payment_id)
        async with self.database.writing(COUNCIL) as session:
            row = await store.lock_payment(session, COUNCIL, payment)
            token = self.links.make_token(payment, row.visits)
            await payer.open_link(session, COUNCIL, token, self.links)

    async def give_card(self, payment_id, card):
        """Open the page and give a card, as the card page's routes do."""
        await self.open_page(payment_id)
        async with self.database.writing(COUNCIL) as session:
            chosen = Card(card, {"email": "ann@payer.example"}, SandboxCard(card).corporate)
            operation = await payer.choose_card(session, COUNCIL, ids.read(payment_id), chosen, _CARD_PAGE)
        if operation is not None:
            await payer.authorise(self.calls, operation)

    async def answer_challenge(self, desk, payment_id, result, *, returns):
        """Answer the challenge of a payment that has one, at the bank's page."""
        row = await self.find(payment_id)
        if row.status != Status.CHALLENGED:
            return
        await desk.processor.post(
            f"/v1/authorisations/{row.provider_id}/three_d_secure", json={"result": result}
        )
        if returns:
            await self.return_from_challenge(payment_id)

    async def return_from_challenge(self, payment_id):
        await payer.end_challenge(self.calls, COUNCIL, ids.read(payment_id))

    async def confirm(self, payment_id):
        async with self.database.writing(COUNCIL) as session:
            await payer.confirm(session, COUNCIL, ids.read(payment_id))

    async def give_up(self, payment_id):
        async with self.database.writing(COUNCIL) as session:
            await payer.give_up(session, COUNCIL, ids.read(payment_id))

    async def find(self, payment_id):
        async with self.database.reading(COUNCIL) as session:
            return await store.find_payment(session, COUNCIL, ids.read(payment_id))

    async def run_jobs(self, after):
        """Run what is due when so much time has passed, and what that enqueues for at once."""
        async with self.database.writing() as session:
            await session.set_all_councils()
            await session.execute(_PASS_TIME, {"seconds": after.total_seconds()})
        await JobRunner("payments", self.service.all_jobs, [], self.database, self.settings).drain()

    async def finish_jobs(self, desk):
        """Run jobs until none is left, however late they are due.

        The processor may only note what one pass asks for: it completes that before the next.
        """
        for _ in range(_PASSES):
            await desk.complete()
            await self.run_jobs(timedelta(days=6))
            async with self.database.reading(COUNCIL) as session:
                jobs = await session.all(_JOBS)
            if not jobs:
                return
        raise AssertionError(f"jobs are left: {jobs}")


class Seller:
    """A service with an account of its own, one payment, and what happens to it."""

    def __init__(self, world, desk):
        self.world, self.desk, self.payment = world, desk, ""

    async def create(self, **members):
        response = await self.world.client.post(V1, json=new_payment(**members), headers=self.desk.headers)
        assert response.status_code == 201, response.text
        self.payment = response.json()["payment_id"]

    async def break_next(self, operation, fault, count=3):
        """Break the next requests: a call of one try is three of them."""
        await self.desk.control("faults", operation=operation, fault=fault, count=count, seconds=0)

    async def get_status(self):
        return Status((await self.world.find(self.payment)).status)

    async def check(self):
        """Bring all to rest, and check that the books agree."""
        await self.world.finish_jobs(self.desk)
        books = await read_books(self.world.connection, self.desk.processor, COUNCIL, self.desk.account)
        check_books(books)
        return books
