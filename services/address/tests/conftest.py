"""The service under test, and files to load into it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from address.actions import command
from address.app import service as address_service
from services.address.tests.samples import GAZETTEER, NEIGHBOUR, write_csv

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
