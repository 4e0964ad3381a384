"""The commands that operators load layers with: one child, one transaction a layer."""

import json
import time

import pytest
from sqlalchemy import text

from mapping.collections.actions import features
from mapping.loading.actions.bulk import load_entries
from mapping.loading.rules.manifest import ManifestError, read_manifest
from services.mapping.tests.layer_world import GRIT_BINS, clear, read

ENTRY = {
    **{name: value for name, value in GRIT_BINS.items() if name != "properties"},
    "properties": [
        {"name": "ref", "title": "Number", "required": True},
        {"name": "site", "title": "Where it stands"},
        {"name": "filled", "title": "Filled", "type": "integer"},
    ],
    "council": "citytown",
    "file": "bins.csv",
}


@pytest.fixture(autouse=True)
async def no_layers(database):
    await clear(database)


@pytest.fixture
def load(database, tmp_path):
    """Load a manifest's layers from files of a folder."""

    async def load(content, *entries, **options):
        (tmp_path / "bins.csv").write_text(content)
        manifest = read_manifest({"layers": list(entries) or [ENTRY]})
        return await load_entries(database, tmp_path, manifest, lambda *_: None, **options)

    return load


async def list_current(database, layer):
    async with database.writing(layer.council) as session:
        return {each.fid: each for each in await features.list_after(session, layer.id, 0, 1_000)}


ROWS = "REF,Site,filled,easting,northing\nGB-1,High Street,3,375000,165000\nGB-2,Low Street,,376000,166000\n"


async def test_a_file_is_compared_by_its_key_and_ids_stay(database, load):
    [first] = await load(ROWS)
    layer = await read(database, "citytown", "grit-bins")
    before = await list_current(database, layer)
    assert (first.state, first.counts["added"], layer.feature_count) == ("loaded", 2, 2)
    assert before["GB-1"].properties == {"ref": "GB-1", "site": "High Street", "filled": 3}
    assert before["GB-2"].properties == {"ref": "GB-2", "site": "Low Street"}
    [second] = await load(ROWS.replace("375000", "375001").replace("GB-2", "GB-3"))
    assert second.counts == {"added": 1, "changed": 1, "moved": 1, "deleted": 1}
    after = await list_current(database, layer)
    assert sorted(after) == ["GB-1", "GB-3"]
    assert after["GB-1"].number == before["GB-1"].number


async def test_a_file_that_is_loaded_is_passed_over(database, load):
    await load(ROWS)
    version = (await read(database, "citytown", "grit-bins")).version
    [again] = await load(ROWS)
    assert again.state == "unchanged"
    assert (await read(database, "citytown", "grit-bins")).version == version
    [changed] = await load(ROWS, {**ENTRY, "title": "Grit"})
    assert changed.state == "loaded"
    assert (await read(database, "citytown", "grit-bins")).title == "Grit"


async def test_bad_rows_are_left_out_with_their_reasons(load):
    rows = "GB-1,twice,,375000,165000\nGB-4,x,many,375000,165000\n,x,,375000,165000\nGB-5,x,1,900000,165000\n"
    [outcome] = await load(ROWS + rows)
    assert [(row.row, row.problem[0]) for row in outcome.problems] == [
        (3, "repeated-key"),
        (4, "wrong-value"),
        (5, "missing-value"),
        (6, "outside"),
    ]
    assert (outcome.features, outcome.refused) == (2, 4)


async def test_a_file_that_cannot_be_read_leaves_the_others(database, load):
    broken = {**ENTRY, "name": "broken", "geometry_type": "Point"}
    outcomes = await load("ref,name\n1,2\n", broken)
    assert (outcomes[0].state, outcomes[0].refusal.code) == ("refused", "no-places")


async def test_a_national_layer_belongs_to_no_council(database, load):
    rows = "ref,site,longitude,latitude\nA,Bath,-2.36,51.38\n"
    await load(rows, {**ENTRY, "council": "*", "storage_srid": 84})
    layer = await read(database, "region", "grit-bins")
    assert layer.is_national
    assert layer.feature_count == 1


async def test_a_generation_has_its_time(database, load):
    await load(ROWS, {**ENTRY, "valid_from": "2019-05-02"})
    layer = await read(database, "citytown", "grit-bins")
    feature = (await list_current(database, layer))["GB-1"]
    assert feature.valid_from.isoformat() == "2019-05-01T23:00:00+00:00"
    assert feature.valid_to is None


@pytest.mark.parametrize(
    "entry", [{}, {"name": "x"}, {**ENTRY, "kind": "things"}, {**ENTRY, "valid_from": "soon"}, [], None]
)
def test_a_manifest_that_is_wrong_says_where(entry):
    with pytest.raises(ManifestError):
        read_manifest({"layers": [entry]})


@pytest.mark.long
async def test_all_of_the_demonstration_loads_in_seconds(database, pytestconfig):
    folder = pytestconfig.rootpath / "dev" / "data" / "mapping"
    entries = read_manifest(json.loads((folder / "layers.json").read_bytes()))
    entries = [entry for entry in entries if entry.council == "citytown"]
    started = time.monotonic()
    outcomes = await load_entries(database, folder, entries, lambda *_: None)
    seconds = time.monotonic() - started
    print(f"{seconds:.1f} seconds")
    assert {outcome.state for outcome in outcomes} == {"loaded"}
    [refused] = [row for outcome in outcomes for row in outcome.problems]
    assert refused.problem[0] == "no-length"  # Maesknoll Lane, a road of one point in OS's own file
    async with database.reading("citytown") as session:
        count = await session.scalar(text("SELECT count(*) FROM feature"))
    assert count == sum(outcome.features for outcome in outcomes)
