"""A PMTiles file of a council's collections, read by the pmtiles package."""

import gzip
import json

import mapbox_vector_tile
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from chassis.commands import CommandError, make_reporter
from mapping.tiles.actions.exports import _parse, write_file
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, clear, publish, square


@pytest.fixture
async def layers(database, client, app):
    await clear(database)
    wards = await publish(database, "citytown", WARDS, [square("E1", 374000, 164000)])
    bins = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 374100, 164100)])
    await app.state.snapshots.refresh()
    return [wards, bins]


async def test_a_file_holds_the_tiles_that_the_api_gives(layers, app, tmp_path, client):
    path = tmp_path / "maps.pmtiles"
    with make_reporter() as report:
        totals = await write_file(app.state.tiles, layers, path, 12, report)
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        tiles = dict(all_tiles(reader.get_bytes))
    assert (header["min_zoom"], header["max_zoom"], len(tiles)) == (0, 12, totals["tiles"])
    assert {layer["id"] for layer in metadata["vector_layers"]} == {"wards", "grit-bins"}
    zoom, x, y = max(tiles)
    ogc = f"/citytown/mapping/ogc/tiles/WebMercatorQuad/{zoom}/{y}/{x}?collections=wards,grit-bins"
    same = mapbox_vector_tile.decode((await client.get(ogc)).content)
    from_file = mapbox_vector_tile.decode(gzip.decompress(tiles[zoom, x, y]))
    assert json.dumps(from_file, sort_keys=True) == json.dumps(same, sort_keys=True)
    assert sorted(path.parent.iterdir()) == [path]


async def test_a_file_with_nothing_in_it_is_refused(app, database, client, tmp_path):
    await clear(database)
    empty = await publish(database, "citytown", WARDS, [])
    await app.state.snapshots.refresh()
    with pytest.raises(CommandError, match="no feature"), make_reporter() as report:
        await write_file(app.state.tiles, [empty], tmp_path / "maps.pmtiles", 3, report)
    assert list(tmp_path.iterdir()) == []


def test_the_command_needs_a_council_and_a_file(capsys):
    with pytest.raises(SystemExit):
        _parse(["--council", "citytown"])
    assert "--to" in capsys.readouterr().err
    assert _parse(["--council", "citytown", "--to", "x"]).max_zoom == 14
