"""Citytown's areas of 2011 and 2019, its postcodes, and the national ones of two districts."""

import pytest

from dev.demo_maps import list_entries, load_layer

NAMES = [
    *(
        f"citytown/{name}"
        for name in ("wards", "wards-2011", "constituencies", "council-boundary", "parishes")
    ),
    "citytown/postcodes",
    "*/gb-districts",
]


@pytest.fixture(scope="module")
async def areas(database, client, app):
    for entry in list_entries(*NAMES):
        await load_layer(database, entry)
    await app.state.snapshots.refresh()


@pytest.fixture
def fetch(client, areas):
    """Fetch an address of MapIt; return the status and the JSON."""

    async def fetch(path, **options):
        response = await client.get(f"/citytown/mapping/mapit{path}", **options)
        return response.status_code, response.json()

    return fetch
