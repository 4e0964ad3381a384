from pathlib import Path

import pytest
from sqlalchemy import insert

from apps.recipes.bundle import dump_bundle
from apps.recipes.load.councils import read_councils
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.services import compile_service
from chassis import clock, ids
from resident.app import service as resident_service
from resident.publication.tables import bundle, live_service
from tests.browser.page_recorder import recording

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session", autouse=True)
def record_pages():
    """Keep what these tests render, for a browser to look at."""
    with recording():
        yield


@pytest.fixture(scope="session")
def service():
    return resident_service


@pytest.fixture(scope="session")
def bundles():
    """The bundles of both councils' services, by (council, service)."""
    folder = RecipeFolder(ROOT / "recipes")
    councils = read_councils("councils", (ROOT / "dev" / "data" / "council_settings.yaml").read_text())
    return {
        (council, name): compile_service(folder, councils[council], name)
        for council in folder.list_councils()
        for name in folder.list_services(council)
    }


@pytest.fixture(scope="module")
def publish(database):
    """Make ``await publish(bundle)``: it is live, and its row's id is returned."""

    async def make_live(content):
        council, row = content.council.slug, ids.new()
        common = {"council": council, "service": content.service}
        async with database.writing(council) as session:
            values = {**common, "id": row, "digest": content.digest, "content": dump_bundle(content)}
            await session.execute(insert(bundle), {**values, "created_at": clock.now()})
            live = {**common, "bundle": row, "bundle_before": None, "published_at": clock.now()}
            await session.execute(insert(live_service), {**live, "published_by": "test", "version": 1})
        return row

    return make_live
