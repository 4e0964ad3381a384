"""Two councils with a layer of one name become one: both layers answer every read of the successor.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import pytest
from sqlalchemy import text

from services.mapping.tests import layer_world
from services.mapping.tests.collections.conftest import EVERYTHING
from services.mapping.tests.layer_world import bin_at, publish
from tests.rekeying import find_collisions, find_slugs, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"


@pytest.fixture
async def merged(client, database, open_desk):
    """Two layers named alike, of which one is renamed before their councils are one."""
    await layer_world.clear(database)
    for council in COUNCILS:
        await publish(database, council, layer_world.GRIT_BINS, [bin_at(1, 375_000, 164_000)])
        desk = open_desk(*EVERYTHING, council=council)
        patch = {"properties": {"site": f"Site in {council[0]}"}, "reason": "seen"}
        response = await desk.send("PATCH", "/grit-bins/features/GB-1", patch, "*")
        assert response.status_code == 200, response.text
    async with database.reading(COUNCILS[0]) as session:
        assert set(await find_collisions(session, COUNCILS)) == {"uq_collection_name"}
    renamed = await desk.send("PATCH", "/grit-bins", {"name": "grit-bins-of-the-hills"}, '"2"')
    assert renamed.status_code == 200, renamed.text
    async with database.writing() as session:
        await session.execute(
            text("INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1, "
                 "updated_at FROM council WHERE slug = 'citytown'"), {"new": SUCCESSOR},
        )  # fmt: skip
    await rekey(database, COUNCILS, SUCCESSOR)
    return open_desk(*EVERYTHING, council=SUCCESSOR)


async def test_both_layers_are_read_and_written_under_the_successor(merged, database):
    names = [each["name"] for each in (await merged.get("")).json()["items"]]
    assert names == ["grit-bins", "grit-bins-of-the-hills"]
    for name, initial in zip(names, "ch", strict=True):
        feature = await merged.get(f"/{name}/features/GB-1")
        assert feature.json()["properties"]["site"] == f"Site in {initial}"
        assert len((await merged.get(f"/{name}/features/GB-1/history")).json()["items"]) == 2
        assert [each["version"] for each in (await merged.get(f"/{name}/versions")).json()["items"]] == [2, 1]
        assert (await merged.get(f"/{name}/differences", since=1)).json()["items"][0]["id"] == "GB-1"
        undone = await merged.send(
            "POST", f"/{name}/features/GB-1/undo", {"reason": "was right"}, feature.headers["etag"]
        )
        assert undone.json()["properties"]["site"] == "Site 1"
    async with database.reading(SUCCESSOR) as session:
        assert await find_collisions(session, [SUCCESSOR]) == {}
        assert await find_slugs(session, COUNCILS) - {"council.slug"} == set()
