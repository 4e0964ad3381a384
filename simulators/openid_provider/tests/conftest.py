import httpx
import pytest

from simulators.openid_provider.clients import Client
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN
from simulators.openid_provider.tests.relying_party import KEY, REDIRECT_URI


@pytest.fixture
def simulator():
    """A simulator with a client of One Login and one of citytown's directory."""
    simulator = Simulator("http://localhost:9100")
    jwks = {"keys": [KEY.as_dict(private=False)]}
    simulator.register(Client("onelogin", "city", (REDIRECT_URI,), jwks=jwks))
    simulator.register(Client("directory", "staff", (REDIRECT_URI,), tenant=CITYTOWN, secret="hush"))
    return simulator


@pytest.fixture
async def browser(simulator):
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        yield http
