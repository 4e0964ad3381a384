"""The closed day that ``make run`` has for the demonstration councils."""

from datetime import timedelta

import httpx
import pytest

from dev import demo_takings
from dev.closed_day import NATIONS
from dev.demo_payments import PAYMENTS, TRANSFER
from payments.shared.days import today


@pytest.fixture(params=NATIONS)
async def office(request, app, client, make_key):
    """A council whose funds have been open for a month, as the demonstration has it."""
    council = request.param
    finance = ["payments:finance", "payments:finance-read"]
    key = make_key("demonstration", council, extra=finance)["Authorization"].removeprefix("Bearer ")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as http:
        office = demo_takings.Office(app, council, key, http)
        await demo_takings.import_funds(office, NATIONS[council])
        yield office


async def test_yesterday_is_closed_with_what_was_paid_and_banked(office):
    assert await demo_takings.has_funds(office)
    await demo_takings.take_payments(office)
    await demo_takings.settle(office)
    await demo_takings.close(office)
    [close] = (await office.send("GET", "finance/v1/closes"))["items"]
    yesterday = (today() - timedelta(days=1)).isoformat()
    paid = sum(payment["amount"] for payment, _ in PAYMENTS)
    assert (close["day"], close["summary"]["total"]) == (yesterday, paid + TRANSFER[0])
    assert close["summary"]["suspense"] == 0
    assert close["summary"]["open_items"] == {}
    record = await office.send("GET", f"finance/v1/closes/{yesterday}")
    files = {file["name"].split("-")[1]: file for file in record["exports"] if file["kind"] == "fund"}
    assert files.keys() == {"23", "5"}
    assert files["23"]["total"] == 14_250 + 9_900
    assert files["5"]["total"] == 10_412 + TRANSFER[0]
    [settlement] = (await office.send("GET", "finance/v1/settlements"))["items"]
    lines = await office.send("GET", f"finance/v1/settlements/{settlement['id']}/lines")
    assert len(lines["items"]) == len(PAYMENTS)
