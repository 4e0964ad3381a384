"""The whole platform for journeys and faults: started once, on ports and state of its own."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from dev import leftovers, ports

ROOT = Path(__file__).parents[1]
SERVICES = ("address", "payments", "casework", "mapping", "identity")


@dataclass(frozen=True)
class Platform:
    """A running platform, as a client of it needs it."""

    state: Path
    base: int
    sandbox: dict[str, Any]

    @property
    def gateway(self) -> str:
        return str(self.sandbox["gateway"])

    def url(self, service: str) -> str:
        """The service itself, past the gateway."""
        return f"http://{ports.HOST}:{ports.Ports(self.base).of(service)}"

    def key(self, council: str = "citytown") -> str:
        return str(self.sandbox["councils"][council]["api_key"])

    def processes(self) -> dict[str, psutil.Process]:
        """The platform's processes by name."""
        return leftovers.living(self.state)

    def logs(self) -> dict[str, str]:
        """What every process has logged, by file name."""
        return {path.name: path.read_text(errors="replace") for path in (self.state / "log").glob("*.log")}


def free_base() -> int:
    """A base whose ports are all free."""
    while True:
        base = random.randrange(20_000, 39_000, 50)
        if not any(ports.occupied(base + offset) for offset in ports.OFFSETS.values()):
            return base


def dev(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"python -m dev {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}", pytrace=False)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform with a part of the demonstration's data. TEST_GATEWAY tests another one instead."""
    elsewhere = os.environ.get("TEST_GATEWAY")
    if elsewhere:
        nothing = {"api_key": "none", "client_id": "none", "client_secret": "none"}
        councils = {"citytown": nothing, "hillshire": nothing}
        sandbox = {"gateway": elsewhere, "councils": councils, "operator": nothing}
        yield Platform(tmp_path_factory.mktemp("elsewhere"), int(elsewhere.rpartition(":")[2]), sandbox)
        return
    state = tmp_path_factory.mktemp("platform")
    base = free_base()
    try:
        dev("up", "--state", str(state), "--port", str(base), "--data", "small")
        yield Platform(state, base, json.loads((state / "sandbox.json").read_text()))
    finally:
        dev("down", "--state", str(state))


@pytest.fixture
def gateway(platform: Platform) -> Iterator[httpx.Client]:
    """A client of the gateway without a credential."""
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def citytown(platform: Platform) -> Iterator[httpx.Client]:
    """A client of the gateway with citytown's sandbox key."""
    headers = {"X-Api-Key": platform.key()}
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False, headers=headers) as client:
        yield client


@pytest.fixture
def operator(platform: Platform, gateway: httpx.Client) -> Iterator[httpx.Client]:
    """A client of the gateway with the operator's token."""
    client = platform.sandbox["operator"]
    form = {"grant_type": "client_credentials"}
    answer = gateway.post("/identity/token", data=form, auth=(client["client_id"], client["client_secret"]))
    headers = {"Authorization": f"Bearer {answer.json().get('access_token')}"}
    with httpx.Client(base_url=platform.gateway, timeout=10, trust_env=False, headers=headers) as client:
        yield client
