"""The card pages: faults of the simulated processor, and what it was asked."""

import pytest
from sqlalchemy import text

from chassis import ids
from services.payments.tests.conftest import create, open_processor


@pytest.fixture
async def merchant(client, key, database, processor):
    """A client of the processor as the merchant account of citytown's sandbox."""
    await create(client, key)
    async with database.reading("citytown") as session:
        account = await session.scalar(text("SELECT id FROM gateway_account WHERE mode = 'sandbox'"))
    async with open_processor(processor, ids.show(account)) as merchant_client:
        yield merchant_client
        await merchant_client.request("DELETE", "/control/faults", headers=idempotent())


def idempotent():
    return {"Idempotency-Key": ids.show(ids.new())}


@pytest.fixture
def fail(merchant):
    """Make a function that has the processor's next requests of an operation fail."""

    async def add_fault(operation, fault, **members):
        body = {"operation": operation, "fault": fault, **members}
        response = await merchant.post("/control/faults", json=body, headers=idempotent())
        assert response.status_code == 201, response.text

    return add_fault


@pytest.fixture
def list_authorisations(merchant):
    """Make a function that lists what the processor authorised for a payment."""

    async def read(payment):
        records = (await merchant.get("/v1/authorisations", params={"limit": 500})).json()["data"]
        return [record for record in records if record["reference"] == payment["payment_id"]]

    return read
