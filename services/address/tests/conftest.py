"""The service under test, and files to load into it."""

import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from address.app import service as address_service
from address.loading.actions import command
from services.address.tests.samples import GAZETTEER, NEIGHBOUR, write_csv

# The tables that a load writes.
LOADED = (
    "gazetteer", "street", "street_descriptor", "blpu", "lpi", "organisation", "delivery_point", "successor",
    "cross_reference", "history", "street_history", "load", "place", "place_past", "search_group",
    "search_word", "outbox",
)  # fmt: skip
Write = Callable[..., Path]
Load = Callable[..., object]


@pytest.fixture(scope="session")
def service():
    return address_service


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write(rows, name="addresses.csv")`` -> the file."""
    return lambda rows_, name="addresses.csv": write_csv(tmp_path / name, rows_)


@pytest.fixture
def load(settings, capsys) -> Load:
    """``await load(path, council="citytown", ...flags)`` -> exit code and the lines it printed."""

    async def run(path: Path, *flags: str, council: str = "citytown"):
        code = await command.load(settings, [str(path), "--council", council, *flags])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture(scope="module")
async def gazetteer(settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The small gazetteer, loaded for the module's council and its neighbour."""
    folder = tmp_path_factory.mktemp("gazetteer")
    for council, rows_ in (("citytown", GAZETTEER), ("hillshire", NEIGHBOUR)):
        path = write_csv(folder / f"{council}.csv.gz", rows_)
        assert await command.load(settings, [str(path), "--council", council]) == command.DONE


@pytest.fixture
def rows_of(postgres_url, database_url):
    """``await rows_of(statement)`` -> rows, as the superuser sees them: of every council."""

    async def fetch(statement: str):
        connection = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return fetch


@pytest.fixture
async def emptied(rows_of) -> None:
    """No gazetteer at all. TRUNCATE is the superuser's: the service itself may not."""
    await rows_of("TRUNCATE " + ", ".join(LOADED))


@pytest.fixture
def load_supply(tmp_path: Path, load):
    """``await load_supply(content, *flags)`` writes a file and loads it: exit code, and the summary."""

    async def run(content: str | bytes, *flags: str, name: str = "supply.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        code, lines = await load(path, *flags)
        return code, lines[-1]

    return run
