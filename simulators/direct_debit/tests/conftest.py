import httpx
import pytest

from simulators.direct_debit.simulator import Simulator
from simulators.direct_debit.tests.creditor import Creditor

NOW = "2026-04-07T09:00:00+00:00"  # a Tuesday


@pytest.fixture
def simulator():
    simulator = Simulator("http://localhost:9110")
    yield simulator
    simulator.close()


@pytest.fixture
async def http(simulator):
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        yield http


@pytest.fixture
async def creditor(http):
    """A creditor whose clock stands still."""
    creditor = Creditor(http, "sim_citytown")
    await creditor.set_clock(NOW)
    return creditor
