import asyncio
from contextlib import nullcontext
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from chassis.testing import eventually
from chassis.testing.in_process import answering
from services.payments.tests.direct_debit.debits import Debits
from services.payments.tests.direct_debit.rows import insert_scene
from services.payments.tests.funds.finance import import_default
from simulators.direct_debit.simulator import Simulator

TUESDAY = "2027-04-06"


@pytest.fixture(scope="session")
async def debit_provider():
    """The simulated provider of Direct Debit, served at ``url``. This process calls it without a socket."""
    simulator = Simulator()
    simulator.slow_seconds = 2.0
    config = uvicorn.Config(
        simulator.app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,  # for a request that a fault holds
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    simulator.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        with answering({simulator.url: simulator.app}):
            yield SimpleNamespace(url=simulator.url, simulator=simulator, http=http)
    server.should_exit = True
    await serving


@pytest.fixture(scope="module")
def settings(settings, debit_provider):
    return settings.model_copy(
        update={
            "sandbox_direct_debit_url": debit_provider.url,
            "sandbox_direct_debit_pages": debit_provider.url,
            "direct_debit_url": "",  # nothing calls the real one
            "outbound_seconds": 1.0,  # a provider that does not answer is given up soon
        }
    )


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The default funds of England in citytown."""
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
def debit_key(make_key):
    """The headers of a sandbox key that keeps citytown's Direct Debits."""
    return make_key(extra=["payments:direct-debit", "payments:direct-debit-read", "payments:finance"])


@pytest.fixture
async def debits(finance, client, make_key, app, database, run_jobs, debit_provider, set_clock):
    """Citytown's Direct Debits on a Tuesday. The clocks are moved by hand."""
    world = Debits(client, make_key, app, database, run_jobs, debit_provider, set_clock)
    await world.begin(TUESDAY)
    yield world
    debit_provider.simulator.transport = None
    debit_provider.simulator.clear_records()  # each poll of the provider reads all that is there
    async with database.writing() as session:  # no later test moves these on
        await session.set_all_councils()
        await session.execute(
            text("""UPDATE collection SET state = 'cancelled'
                WHERE state IN ('scheduled', 'suspended', 'submitting', 'submitted')""")
        )


@pytest.fixture
async def scene(finance, database, set_clock):
    """A mandate with a collection that was posted today, and one that is to come."""
    set_clock(f"{TUESDAY}T09:00:00Z")
    async with database.writing("citytown") as session:
        return await insert_scene(session)
