"""The run's servers, real and from the wheels; how tests are shared out between two processes."""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dev import nats, postgres

pytest_plugins = ["chassis.testing", "tests.budget"]

_SERVERS = pytest.StashKey[ExitStack]()
_POSTGRES = "TEST_POSTGRES_URL"
# What a test asks for that one process of the run had better have alone: tests with it stay together.
_TOGETHER = ("platform",)


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
def nats_url(state_folder: Path) -> Iterator[str]:
    """A NATS of this process: streams are named by capability, and two modules would share them."""
    with nats.running(state_folder / "nats") as server:
        yield server.url


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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests stay in one process, and so do all that need one whole platform."""
    for item in items:
        shared = [name for name in _TOGETHER if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(shared[0] if shared else str(item.path)))


def pytest_collection_finish() -> None:
    """Freeze what is loaded: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
