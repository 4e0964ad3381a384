import httpx
import pytest

from simulators.card_processor.simulator import Simulator
from simulators.card_processor.tests.merchant import Merchant

NOW = "2026-04-01T09:00:00.000Z"  # a Wednesday


@pytest.fixture
def simulator():
    simulator = Simulator("http://localhost:9109")
    yield simulator
    simulator.close()


@pytest.fixture
async def http(simulator):
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        yield http


@pytest.fixture
async def merchant(http):
    """A merchant whose clock stands still."""
    merchant = Merchant(http, "sim_citytown_1")
    await merchant.control("PUT", "clock", now=NOW)
    return merchant
