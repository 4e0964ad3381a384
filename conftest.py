"""The run's servers, real and from the wheels; how tests are shared out between two processes."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chassis.broker import topology
from dev import postgres
from dev.broker import CONTRACT, Broker, running

pytest_plugins = ["chassis.testing", "tests.budget"]

_SERVERS = pytest.StashKey[ExitStack]()
_POSTGRES = "TEST_POSTGRES_URL"
_PLATFORM = "platform"
# httpx looks for sniffio at each request in-process, a search of the whole path. None: it is not there.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
# The whole platform is started once, for all of these.
_PLATFORM_TESTS = (
    "tests/journeys/",
    "tests/faults/",
    "tests/browser/test_upstream_town.py",
    "tests/browser/test_resident_services.py",
)


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """A folder for the run's servers, short enough for a socket path, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="townhall-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The run's PostgreSQL: one for all its processes, each module in a database of its own."""
    if url := os.environ.get(_POSTGRES):
        yield url
        return
    folder: Path = request.getfixturevalue("state_folder")
    with postgres.running(folder / "postgres", fast=True) as server:
        yield server.url


@pytest.fixture(scope="session")
def broker(state_folder: Path) -> Iterator[Broker]:
    """A NATS of this process: streams are named by capability, and two modules would share them."""
    with running(state_folder / "nats", topology.read_contract(CONTRACT)) as broker:
        yield broker


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start PostgreSQL before xdist starts its processes, which find it by the environment."""
    config = session.config
    if not config.pluginmanager.hasplugin("dsession") or os.environ.get(_POSTGRES):
        return
    servers = config.stash[_SERVERS] = ExitStack()
    folder = servers.enter_context(tempfile.TemporaryDirectory(prefix="townhall-test-"))
    os.environ[_POSTGRES] = servers.enter_context(postgres.running(Path(folder) / "postgres", fast=True)).url


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the run's first process started."""
    if servers := config.stash.get(_SERVERS, None):
        del config.stash[_SERVERS]
        servers.close()
        del os.environ[_POSTGRES]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a module's tests in one process, in their order, and so all that need one whole platform."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - there in runs of several processes

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _PLATFORM if nodeid.startswith(_PLATFORM_TESTS) else nodeid.partition("::")[0]

    return ByModule(config, log)


def pytest_collection_finish() -> None:
    """Freeze what is loaded: the collector need not look through it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
