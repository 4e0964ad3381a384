"""The recipes of this repository, and small ones of the tests' own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.recipes.load.councils import read_councils
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.services import compile_service

ROOT = Path(__file__).parents[3]
MORNING = datetime(2026, 5, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def folder():
    return RecipeFolder(ROOT / "recipes")


@pytest.fixture(scope="session")
def councils():
    file = ROOT / "dev" / "data" / "council_settings.yaml"
    return read_councils(file.name, file.read_text())


@pytest.fixture(scope="session")
def bundles(folder, councils):
    """The bundles of both councils by (council, service)."""
    return {
        (council, service): compile_service(folder, councils[council], service)
        for council in folder.list_councils()
        for service in folder.list_services(council)
    }


@pytest.fixture
def garden(bundles):
    return bundles["citytown", "garden-waste"]
