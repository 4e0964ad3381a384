"""The run's servers, real and from the wheels: started when the first test needs them."""

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import nats, postgres

pytest_plugins = ["chassis.testing"]


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    """A folder for the run's servers, short enough for a socket path, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="townhall-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_url(state_folder: Path) -> Iterator[str]:
    with postgres.running(state_folder / "postgres", fast=True) as server:
        yield server.url


@pytest.fixture(scope="session")
def nats_url(state_folder: Path) -> Iterator[str]:
    with nats.running(state_folder / "nats") as server:
        yield server.url


def pytest_collection_finish() -> None:
    """What is loaded now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
