"""A council's Direct Debits in a test: its API, the payer, the provider's control, and days that pass."""

import re

import httpx
from sqlalchemy import text

from chassis import ids
from chassis.jobs import enqueue
from payments.direct_debit.actions.provider_reads import FindDueDebits
from payments.reconciliation.actions.fetches import FindAccounts
from services.payments.tests.conftest import ACCEPT_HTML

BASE = "/citytown/payments/direct-debit/v1"
SCOPES = ["payments:direct-debit", "payments:direct-debit-read", "payments:finance"]
COUNCIL_TAX = {"fund": "23", "reference": "800123459"}


class Debits:
    def __init__(self, client, make_key, app, database, run_jobs, provider, set_clock):
        self.client, self.app, self.database = client, app, database
        self.make_key, self.run_jobs, self.set_clock = make_key, run_jobs, set_clock
        self.provider, self.simulator = provider, provider.simulator
        self.key, self.token = {}, ""

    async def begin(self, day):
        """Set the clocks, and make the sandbox's service user known to the provider."""
        self.set_clock(f"{day}T09:00:00Z")
        self.key = self.make_key(extra=SCOPES)
        user = await self.get("/service-user")
        if not user["version"]:
            await self.send("PATCH", "/service-user", {"statement_name": "CITYTOWN COUNCIL"}, version=0)
        async with self.database.writing("citytown") as session:  # this day may lie before the last test's
            user_id = await session.scalar(
                text("""UPDATE service_user SET polled_until = NULL
                    WHERE council = 'citytown' AND mode = 'sandbox' RETURNING id""")
            )
        self.token = f"sim_{ids.show(user_id)}"
        self.notifications = f"/citytown/payments/direct-debit/notifications/{ids.show(user_id)}"
        await self.run_jobs()
        await self.control("PUT", "clock", now=f"{day}T09:00:00+00:00")
        self.simulator.transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)

    async def send(self, method, path, body=None, version=None, status=None, key=None, **headers):
        """Send a request of the council's; return the answer's body."""
        headers |= (key or self.key) | ({} if version is None else {"If-Match": f'"{version}"'})
        response = await self.client.request(method, f"{BASE}{path}", json=body, headers=headers)
        assert response.status_code == status if status else response.is_success, response.text
        return response.json()

    async def get(self, path, **options):
        return await self.send("GET", path, **options)

    async def control(self, method, path, **body):
        """Ask the provider's control."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"/control/{path}".rstrip("/")
        response = await self.provider.http.request(method, url, json=body, headers=headers)
        assert response.is_success, response.text
        return response.json()

    async def list_at_provider(self, kind):
        return (await self.control("GET", kind))["items"]

    async def work(self):
        """Do what is done each hour."""
        async with self.database.writing() as session, session.region_wide():
            await enqueue(session, FindDueDebits(), council="*")
            await enqueue(session, FindAccounts(), council="*")
        await self.run_jobs()

    async def deliver(self):
        """Have the provider send what is due, and do what follows from it."""
        while await self.simulator.deliver():
            await self.run_jobs()

    async def go_to(self, day, *, notifies=True):
        """Let days pass, here and at the provider."""
        self.set_clock(f"{day}T09:00:00Z")
        self.key = self.make_key(extra=SCOPES)
        await self.control("PUT", "clock", now=f"{day}T09:00:00+00:00")
        if notifies:
            await self.deliver()
        await self.work()

    async def create_mandate(self, **members):
        body = {
            "reference": "CT-800123459",
            "email": "ann@payer.example",
            "return_url": "https://council.example/done",
            **members,
        }
        return await self.send("POST", "/mandates", body)

    async def sign(self, mandate, scenario="good"):
        """Be the payer: from our page to the provider's, and back."""
        path = f"/citytown/payments/direct-debit/mandates/{mandate['id']}"
        self.client.cookies.clear()
        page = await self.client.get(path, headers=ACCEPT_HTML)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
        away = await self.client.post(path, data={"csrf": csrf}, headers=ACCEPT_HTML)
        assert away.status_code == 303, away.text
        back = await self.provider.http.post(away.headers["location"], data={"scenario": scenario})
        back_path = httpx.URL(back.headers["location"]).path
        signed = await self.client.get(back_path, headers=ACCEPT_HTML)
        assert signed.status_code == 200, signed.text
        await self.run_jobs()
        return await self.get(f"/mandates/{mandate['id']}")

    async def make_active(self, day="2027-04-08", **members):
        """Make a mandate that is active."""
        mandate = await self.sign(await self.create_mandate(**members))
        await self.go_to(day)
        return await self.get(f"/mandates/{mandate['id']}")

    async def collect(self, mandate, amount=16_200, status=None, **members):
        """Plan a collection of council tax, and send its notice."""
        body = {
            "mandate": mandate["id"],
            "reference": "CT 2026",
            "amount": amount,
            "lines": [{**COUNCIL_TAX, "amount": amount}],
            **members,
        }
        collection = await self.send("POST", "/collections", body, status=status)
        await self.run_jobs()
        return collection

    async def make_collected(self, mandate, **members):
        """Make a collection whose day has come; return it and the provider's payment."""
        collection = await self.collect(mandate, charge_date="2027-04-23", **members)
        await self.go_to("2027-04-16")
        await self.go_to("2027-04-23")
        collection = await self.get(f"/collections/{collection['id']}")
        assert collection["state"] == "collected", collection
        async with self.database.reading("citytown") as session:
            payment = await session.scalar(
                text("SELECT provider_payment FROM collection WHERE council = 'citytown' AND id = :id"),
                {"id": ids.read(collection["id"])},
            )
        return collection, payment

    async def fail(self, payment, code, action="failed"):
        """Have a bank send a payment back, or a payer claim it."""
        await self.control("POST", f"payments/{payment}", action=action, reason_code=code)
        await self.deliver()

    async def change_mandate(self, mandate, action, code=""):
        """Have a bank change a mandate."""
        async with self.database.reading("citytown") as session:
            provider_id = await session.scalar(
                text("SELECT provider_mandate FROM mandate WHERE council = 'citytown' AND id = :id"),
                {"id": ids.read(mandate["id"])},
            )
        await self.control("POST", f"mandates/{provider_id}", action=action, reason_code=code)
        await self.deliver()

    async def reload(self, thing, *, renews=False):
        """Read a mandate or a collection again, with a new key if days have passed since."""
        if renews:
            self.key = self.make_key(extra=SCOPES)
        kind = "mandates" if "sign_up_url" in thing else "collections"
        return await self.get(f"/{kind}/{thing['id']}")
