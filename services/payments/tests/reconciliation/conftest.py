"""What the tests of reconciliation share: the simulator's controls, the ledger by role, exceptions."""

import pytest
from sqlalchemy import text

from chassis import ids
from services.payments.tests.conftest import create, open_processor
from services.payments.tests.reconciliation.bank import Bank


class Processor:
    """The simulated processor, as the council's sandbox account has it."""

    def __init__(self, http, merchant):
        self.http = http
        self.headers = {"Authorization": f"Bearer sim_{merchant}"}

    async def control(self, verb, path, **members):
        response = await self.http.request(verb, f"/control/{path}", json=members, headers=self.headers)
        assert response.status_code < 300, response.text
        return response.json()

    async def payout(self, *faults, **members):
        """Pay out what is unpaid, with faults."""
        body = [{"kind": fault} if isinstance(fault, str) else fault for fault in faults]
        return await self.control("POST", "payouts", faults=body, **members)

    async def bank_lines(self):
        response = await self.http.get("/control/bank_lines", params={"limit": 500}, headers=self.headers)
        return response.json()["data"]


@pytest.fixture
async def sandbox(client, key, database, processor):
    """The sandbox account's side at the processor."""
    await create(client, key)
    async with database.reading("citytown") as session:
        account = await session.scalar(text("SELECT id FROM gateway_account WHERE is_default"))
    async with open_processor(processor, ids.show(account)) as http:
        yield Processor(http, ids.show(account))


@pytest.fixture
def finance(mint):
    """The headers of finance staff of a council, in a mode."""

    def headers(council="citytown", mode="sandbox", scopes=("payments:finance", "payments:finance-read")):
        token = mint(scopes=list(scopes), councils=[council], mode=mode, sub="fin", client_id="finance")
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def read_exceptions(database):
    """Make a function that reads exceptions by kind, the open ones unless it is told otherwise."""

    async def read(*, closed=False):
        async with database.reading("citytown") as session:
            rows = await session.all(text("SELECT * FROM reconciliation_exception ORDER BY id"))
        return sorted(row.kind for row in rows if closed or row.closed_at is None)

    return read


@pytest.fixture
def bank(client, finance):
    return Bank(client, finance())
