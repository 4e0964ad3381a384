"""The whole platform for journeys and faults: started once, on its own ports and in its own folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from chassis.broker.connection import Access, BrokerClient, connect
from dev import background, nats, orphans, ports
from dev.stack import PATHS

SERVICES = ("address", "payments", "casework", "mapping", "identity", "resident")
BASES = tuple(PATHS.get(name, name) for name in SERVICES)
"""The first part of each service's paths below a council."""


@dataclass(frozen=True)
class Platform:
    """What a client of a running platform needs."""

    state: Path
    base: int
    sandbox: dict[str, Any]

    @property
    def gateway(self) -> str:
        """Return the gateway's URL."""
        return str(self.sandbox["gateway"])

    def url(self, service: str) -> str:
        """Return the URL of a service itself, past the gateway."""
        return f"http://{ports.HOST}:{ports.Ports(self.base).of(service)}"

    def key(self, council: str = "citytown") -> str:
        """Return the council's sandbox key."""
        return str(self.sandbox["councils"][council]["api_key"])

    async def connect_to_nats(self) -> BrokerClient:
        """Connect to NATS as the owner of the streams."""
        seeds = json.loads((self.state / "nats-seeds.json").read_text())
        url = nats.url(ports.Ports(self.base).of("nats"))
        return await connect(Access(url, "owner", seeds["owner"]), "test")

    def processes(self) -> dict[str, psutil.Process]:
        """Find the platform's processes, by name."""
        return orphans.find_running(self.state)

    def logs(self) -> dict[str, str]:
        """Read the log of every process, by file name."""
        return {path.name: path.read_text(errors="replace") for path in (self.state / "log").glob("*.log")}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Start the platform with a part of the demonstration's data, or test the one at TEST_GATEWAY."""
    gateway = os.environ.get("TEST_GATEWAY")
    if gateway:
        no_credentials = {"api_key": "none", "client_id": "none", "client_secret": "none"}
        councils = {"citytown": no_credentials, "hillshire": no_credentials}
        sandbox = {"gateway": gateway, "councils": councils, "operator": no_credentials}
        yield Platform(tmp_path_factory.mktemp("other"), int(gateway.rpartition(":")[2]), sandbox)
        return
    with background.running(tmp_path_factory.mktemp("platform")) as stack:
        yield Platform(stack.folder, stack.ports.base, json.loads(stack.sandbox.read_text()))


@pytest.fixture
def gateway(platform: Platform) -> Iterator[httpx.Client]:
    """Open a client of the gateway without a credential."""
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def citytown(platform: Platform) -> Iterator[httpx.Client]:
    """Open a client of the gateway with citytown's sandbox key."""
    headers = {"X-Api-Key": platform.key()}
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False, headers=headers) as client:
        yield client


def request_token(platform: Platform, client: dict[str, str]) -> str:
    """Request an access token for a client's secret; "None" from a server that gives none."""
    form = {"grant_type": "client_credentials"}
    auth = (client["client_id"], client["client_secret"])
    response = httpx.post(f"{platform.gateway}/identity/token", data=form, auth=auth, trust_env=False)
    return str(response.json().get("access_token"))


@pytest.fixture(scope="session")
def operator_token(platform: Platform) -> str:
    return request_token(platform, platform.sandbox["operator"])


@pytest.fixture(scope="session")
def citytown_token(platform: Platform) -> str:
    return request_token(platform, platform.sandbox["councils"]["citytown"])


@pytest.fixture
def operator(platform: Platform, operator_token: str) -> Iterator[httpx.Client]:
    """Open a client of the gateway with the operator's token."""
    headers = {"Authorization": f"Bearer {operator_token}"}
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False, headers=headers) as client:
        yield client


@pytest.fixture
def admin(platform: Platform, citytown_token: str) -> Iterator[httpx.Client]:
    """Open a client of the gateway with the token of citytown's own client, which may create keys."""
    headers = {"Authorization": f"Bearer {citytown_token}"}
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False, headers=headers) as client:
        yield client
