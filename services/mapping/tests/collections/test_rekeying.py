"""Two councils with a layer of one name become one: both layers answer every read of the successor.

``docs/decisions/0034-ready-for-reorganisation.md``.
"""

import re

import pytest
from sqlalchemy import text

from mapping.shared.tables import metadata
from services.mapping.tests import layer_world
from services.mapping.tests.collections.conftest import EVERYTHING
from services.mapping.tests.layer_world import bin_at, publish
from tests.rekeying import find_collisions, find_slugs, list_moving_tables, rekey

COUNCILS, SUCCESSOR = ("citytown", "hillshire"), "mergeshire"

# Rows of the tables that layers and their edits do not fill: one for each council, as a statement of it.
ROWS = {
    "office_staff": "(subject, name, named_at) VALUES (CAST(gen_random_uuid() AS text), 'Ann', now())",
    "property_point": "(uprn, easting, northing, sequence) VALUES (:n, 375000, 164000, 1)",
    "street_name": "(usrn, name, easting, northing, sequence) VALUES (:n, 'high street', 375000, 164000, 1)",
    "responsibility_rule": """(id, position, report_kind, layer, within_metres, property_name,
        property_values, body, contact, version)
        SELECT gen_random_uuid(), 1, '*', id, 5, '', '{}', 'Highways', '', 1 FROM collection
        WHERE council = :council""",
    "case_location": """(case_id, mode, case_type, is_public, is_told, easting, northing, sequence, version,
        updated_at) VALUES (gen_random_uuid(), 'live', 'pothole', true, true, 375000, 164000, 1, 1, now())""",
    "constraint_setting": "(version, layers, actor, created_at) VALUES (:n, '[]', 'ann', now())",
    "constraint_search": """(id, mode, audience, actor, content, digest, created_at, keep_until)
        VALUES (gen_random_uuid(), 'live', 'staff', 'ann', '', '', now(), current_date - 1)""",
    "layer_load": """(id, collection, state, file_name, size, options, rows_read, reason, created_by, version,
        created_at) SELECT gen_random_uuid(), id, 'compared', 'a.csv', 1, '{}', 1, '', 'ann', 1, now()
        FROM collection WHERE council = :council""",
    "outcode_areas": """(id, outcode, version, content, as_of)
        VALUES (gen_random_uuid(), 'BA' || CAST(:n AS integer), 1, '{}', now())""",
    "area_survey": "(layers, points_at) VALUES ('{}', now())",
    "load_row": """(load, row, fid, properties, repaired) SELECT id, 1, 'GB-1', '{}', false FROM layer_load
        WHERE council = :council""",
}


async def fill(database):
    """Write a row of each council into each table that has none of it yet."""
    for number, council in enumerate(COUNCILS, 1):
        async with database.writing(council) as session:
            for table, row in ROWS.items():
                rest = re.sub("(VALUES \\(|SELECT )", r"\1CAST(:council AS text), ", row, count=1)
                statement = f"INSERT INTO {table} (council, {rest[1:]}"
                values = {"council": council} | ({"n": number} if ":n" in statement else {})
                await session.execute(text(statement), values)


async def count_rows(database):
    """Count the rows of mapping's own tables that a merge moves, by table and council."""
    counts = {}
    async with database.writing() as session:
        await session.set_all_councils()
        tables = set(await list_moving_tables(session)) & set(metadata.tables)
        for table in sorted(tables):
            rows = await session.all(text(f"SELECT council, count(*) FROM {table} GROUP BY council"))
            counts |= {(table, council): count for council, count in rows}
    return tables, counts


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
    await fill(database)
    async with database.reading(COUNCILS[0]) as session:
        assert set(await find_collisions(session, COUNCILS)) == {"pk_area_survey", "uq_collection_name"}
    renamed = await desk.send("PATCH", "/grit-bins", {"name": "grit-bins-of-the-hills"}, '"2"')
    assert renamed.status_code == 200, renamed.text
    async with database.writing() as session:
        await session.execute(
            text("INSERT INTO council SELECT :new, 'Mergeshire', 'E06000066', region, status, settings, 1, "
                 "updated_at FROM council WHERE slug = 'citytown'"), {"new": SUCCESSOR},
        )  # fmt: skip
    tables, before = await count_rows(database)
    assert {(table, council) for table in tables for council in COUNCILS} - set(before) == set()
    async with database.writing(COUNCILS[1]) as session:  # the next survey finds what is not of the other one
        await session.execute(
            text("DELETE FROM area_survey WHERE council = :council"), {"council": COUNCILS[1]}
        )
    before["area_survey", COUNCILS[1]] = 0
    await rekey(database, COUNCILS, SUCCESSOR)
    _, after = await count_rows(database)
    assert after == {
        (table, SUCCESSOR): sum(before[table, council] for council in COUNCILS) for table in tables
    }
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
