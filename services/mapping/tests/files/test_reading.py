"""Files that councils send: each trap of maps.md, section 7, is a test. One child reads all of them."""

import asyncio
import gzip
import json
import shutil
import sqlite3

import pytest
import shapely

from services.mapping.tests.files.file_maker import read_all, write_all, zip_folder

TP06 = (-3.55128349240, 51.40078220140)  # Ordnance Survey's own test point
TP06_GRID = (292184.870, 168003.465)
BATH, WELLS = [-2.3597, 51.3811], [-2.6437, 51.2109]
SQUARE = "POLYGON((375000 164000, 375100 164000, 375100 164100, 375000 164100, 375000 164000))"
WELSH, CAFE = "T\u0177\u2019r Ffynnon", "St John\u2019s \u2013 caf\u00e9"
CASES = {}


def case(**request):
    """Register a function that makes a file, or the task of GDAL to make one, to be read with a request."""

    def register(make):
        CASES[make.__name__] = (make, request)
        return make

    return register


def write_geojson(path, geometries, properties=None, **members):
    pairs = zip(geometries, properties or [{}] * len(geometries), strict=True)
    features = [{"type": "Feature", "properties": of, "geometry": shape} for shape, of in pairs]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def point(*numbers):
    return {"type": "Point", "coordinates": numbers}


@case()
def degrees(folder):
    properties = [{"name": "A", "bins": 2, "open": True, "when": "2026-12-01"}, {"bins": None, "open": None}]
    return write_geojson(folder / "a.geojson", [point(*TP06), point(*BATH, 12.5)], properties)


@case()
def metres_without_crs(folder):
    return write_geojson(folder / "b.geojson", [point(375000, 164000)])


@case()
def metres_with_crs(folder):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    return write_geojson(folder / "c.json", [point(*TP06_GRID)], crs=crs)


@case(crs=27700)
def metres_as_chosen(folder):
    return write_geojson(folder / "d.geojson", [point(*TP06_GRID)])


@case()
def flipped(folder):
    return write_geojson(folder / "e.geojson", [point(*reversed(TP06)), point(*reversed(BATH))])


@case()
def packed(folder):
    path = folder / "f.geojson.gz"
    path.write_bytes(gzip.compress(write_geojson(folder / "f", [point(*BATH)]).read_bytes()))
    return path


@case(geometry_type="LineString")
def lines(folder):
    point, line = {"type": "LineString", "coordinates": [BATH, BATH]}, [BATH, WELLS, WELLS]
    return write_geojson(folder / "h.geojson", [point, {"type": "LineString", "coordinates": line}])


@case(geometry_type="Polygon")
def shapes(folder):
    """A null, an empty, a spike, a bow tie, an unclosed ring, a collection, one outside, a line."""
    x, y = BATH
    square = [[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]
    spike = [*square[:3], [x + 0.01, y + 0.02], [x + 0.01, y + 0.01], *square[3:]]
    bow_tie = [[x, y], [x + 0.01, y + 0.01], [x + 0.01, y], [x, y + 0.01], [x, y]]
    polygon = {"type": "Polygon", "coordinates": [square]}
    return write_geojson(
        folder / "g.geojson",
        [
            None,
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [spike]},
            {"type": "Polygon", "coordinates": [bow_tie]},
            {"type": "Polygon", "coordinates": [square[:4]]},
            {"type": "GeometryCollection", "geometries": [polygon]},
            {"type": "Polygon", "coordinates": [[[a - 40, b] for a, b in square]]},
            {"type": "LineString", "coordinates": square[:2]},
            {"type": "MultiPolygon", "coordinates": [[square, [[x + 0.005, y + 0.005]] * 4]]},
        ],
    )


def shapefile(folder, name, wkt, fields=None, **more):
    (folder / name).mkdir()
    return {
        "path": folder / name / "data.shp",
        "driver": "ESRI Shapefile",
        "wkt": wkt,
        "fields": fields or {},
        **more,
    }


@case()
def shapefile_whole(folder):
    fields = {"a_long_field_name": ["1"], "checked": ["1899-12-30"], "site": [WELSH]}
    types = {"checked": "datetime64[D]"}
    multi = f"MULTI{SQUARE}".replace("((", "(((").replace("))", ")))")
    fields = {name: values * 2 for name, values in fields.items()}
    return shapefile(folder, "whole", [SQUARE, multi], fields, types=types, geometry_type="Polygon")


@case()
def shapefile_bare(folder):
    """Without .prj, .cpg and .shx, and its texts in Windows-1252."""
    options = {"encoding": "cp1252"}
    return shapefile(folder, "bare", [SQUARE], {"site": [CAFE]}, geometry_type="Polygon", options=options)


@case()
def two_layers(folder):
    path = folder / "two.gpkg"
    layer = {"path": path, "driver": "GPKG", "wkt": ["POINT(375000 164000)"], "layer": "trees"}
    return [layer, {**layer, "layer": "bins", "append": True}]


@case(layer="bins")
def one_of_two_layers(folder):
    path = folder / "chosen.gpkg"
    layer = {"path": path, "driver": "GPKG", "wkt": ["POINT(375000 164000)"], "layer": "trees"}
    return [layer, {**layer, "layer": "bins", "append": True}]


@case()
def no_places(folder):
    task = {"path": folder / "none.gpkg", "driver": "GPKG", "wkt": [], "fields": {"a": ["1"]}}
    return {**task, "geometry_type": None, "crs": None}


@case()
def curves(folder):
    wkt = ["CURVEPOLYGON(CIRCULARSTRING(0 0, 10 10, 20 0, 10 -10, 0 0))"]
    del wkt  # GEOS writes no curves: the test puts one in by SQL
    return {"path": folder / "curves.gpkg", "driver": "GPKG", "wkt": [SQUARE], "geometry_type": "Polygon"}


@case()
def write_ahead(folder):
    return {"path": folder / "ahead.gpkg", "driver": "GPKG", "wkt": ["POINT(375000 164000)"]}


@case()
def write_ahead_with_log(folder):
    (folder / "ahead").mkdir()
    return {"path": folder / "ahead" / "log.gpkg", "driver": "GPKG", "wkt": ["POINT(375000 164000)"]}


@case()
def tab(folder):
    (folder / "tab").mkdir()
    return {
        "path": folder / "tab" / "wards.tab",
        "driver": "MapInfo File",
        "wkt": [SQUARE],
        "fields": {"ward": ["Ẁ"]},
    }


@case()
def geodatabase(folder):
    (folder / "gdb").mkdir()
    path = folder / "gdb" / "council.gdb"
    return {
        "path": path,
        "driver": "OpenFileGDB",
        "wkt": [SQUARE],
        "geometry_type": "Polygon",
        "layer": "parks",
    }


@case()
def csv_of_metres(folder):
    path = folder / "bins.csv"
    path.write_text(
        '\ufeffRef,Easting,Northing,Note\nB1,"375,000","164,000.5",=1+1\nB2,0,0,\nB3,,,\nB4,375000,abc,\nB5,1,,\n'
    )
    return path


@case()
def csv_of_x_y(folder):
    path = folder / "xy.csv"
    path.write_text("ref;x;y\nA;375000;164000\n")
    return path


@case()
def csv_of_degrees(folder):
    path = folder / "ll.csv"
    path.write_bytes(f"name,Latitude,Longitude\n{CAFE},51.40078220140,-3.55128349240\n".encode("cp1252"))
    return path


@case()
def csv_of_text(folder):
    path = folder / "wkt.csv"
    path.write_text(f'ref,geometry\nA,"{SQUARE}"\nB,"POLYGON((1 2"\nC,\n')
    return path


@case()
def csv_of_grid_references(folder):
    path = folder / "refs.csv"
    path.write_text("ref,Grid Ref\nA,ST 75000 64000\nB,QQ 1\n")
    return path


@case()
def csv_without_places(folder):
    path = folder / "nowhere.csv"
    path.write_text("ref,name\nA,B\n")
    return path


@case()
def csv_of_unknown_numbers(folder):
    path = folder / "far.csv"
    path.write_text("ref,x,y\nA,5000000,164000\n")
    return path


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Make all files and read them."""
    folder = tmp_path_factory.mktemp("files")
    results = {name: make(folder) for name, (make, _) in CASES.items()}
    tasks = [task for value in results.values() for task in (value if isinstance(value, list) else [value])]
    write_all([task for task in tasks if isinstance(task, dict)])
    paths = {name: _find_path(folder, name, value) for name, value in results.items()}
    _curve(paths["curves"])
    _write_ahead(paths["write_ahead"], folder / "read.gpkg")
    _write_ahead(paths["write_ahead_with_log"], folder / "ahead" / "copy.gpkg")
    paths["write_ahead"] = folder / "read.gpkg"
    (folder / "ahead" / "log.gpkg").unlink()
    paths["write_ahead_with_log"] = zip_folder(folder / "ahead", folder / "ahead.zip")
    requests = [(paths[name], request) for name, (_, request) in CASES.items()]
    return dict(zip(CASES, asyncio.run(read_all(requests, folder)), strict=True))


def _find_path(folder, name, value):
    if not isinstance(value, dict | list):
        return value
    path = (value[0] if isinstance(value, list) else value)["path"]
    if path.suffix == ".gpkg":
        return path
    without = (".prj", ".cpg", ".shx") if name == "shapefile_bare" else ()
    return zip_folder(path.parent, folder / f"{name}.zip", without=without)


def _curve(path):
    """Put a circle into a GeoPackage, as a drawing program does: CURVEPOLYGON(CIRCULARSTRING(...))."""
    ring = b"\x01\x08\x00\x00\x00" + (5).to_bytes(4, "little")
    corners = [(375000, 164000), (375010, 164010), (375020, 164000), (375010, 163990), (375000, 164000)]
    ring += b"".join(shapely.to_wkb(shapely.Point(corner))[5:] for corner in corners)
    curve = b"\x01\x0a\x00\x00\x00" + (1).to_bytes(4, "little") + ring
    header = b"GP\x00\x01" + (27700).to_bytes(4, "little")
    with sqlite3.connect(path) as connection:
        for name in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name[0]}"')
        connection.execute("UPDATE data SET geom = ?", [header + curve])
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")


def _write_ahead(path, copy):
    """Copy a GeoPackage with its log while it is open, one row further, as QGIS has it."""
    connection = sqlite3.connect(path)
    for name in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name[0]}"')
    connection.commit()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO data (geom) SELECT geom FROM data")
    connection.commit()
    shutil.copy(path, copy)
    if copy.parent.name == "ahead":
        shutil.copy(f"{path}-wal", f"{copy}-wal")
    connection.close()


def place(row):
    return shapely.from_wkb(row.wkb)


def test_degrees_become_metres(outcomes):
    outcome = outcomes["degrees"]
    first, second = outcome.rows
    assert place(first).distance(shapely.Point(TP06_GRID)) < 0.01
    assert first.properties == {"name": "A", "bins": 2, "open": True, "when": "2026-12-01"}
    assert second.properties == {"name": None, "bins": None, "open": None, "when": None}
    report = outcome.report
    assert (report.format, report.crs) == ("GeoJSON", "longitude, latitude (WGS 84)")
    assert (report.rows, report.features, report.with_heights, report.vertices) == (2, 2, 1, 2)
    assert not shapely.has_z(place(second))
    assert sorted(outcome.notes()) == ["heights-dropped"]
    assert [(field["name"], field["type"]) for field in report.fields] == [
        ("name", "string"),
        ("bins", "integer"),
        ("open", "boolean"),
        ("when", "date"),
    ]


def test_metres_in_geojson_are_refused_with_a_hint(outcomes):
    refusal = outcomes["metres_without_crs"].refusal
    assert refusal.code == "not-degrees"
    assert "British National Grid" in refusal.detail
    assert "27700" in refusal.detail


@pytest.mark.parametrize("name", ["metres_as_chosen", "metres_with_crs"])
def test_metres_that_are_said_to_be_metres_are_read(outcomes, name):
    [row] = outcomes[name].rows
    assert place(row).equals(shapely.Point(TP06_GRID))
    assert outcomes[name].report.crs == "British National Grid (EPSG:27700)"


def test_latitude_before_longitude_is_turned_round_and_said(outcomes):
    outcome = outcomes["flipped"]
    assert place(outcome.rows[0]).distance(shapely.Point(TP06_GRID)) < 0.01
    assert outcome.notes()["flipped"].guess


def test_a_geopackage_without_its_log_is_a_guess_and_says_what_to_do(outcomes):
    assert len(outcomes["write_ahead"].rows) == 1
    note = outcomes["write_ahead"].notes()["write-ahead"]
    assert note.guess
    assert "zip" in note.detail


def test_a_geopackage_with_its_log_is_read_to_its_last_change(outcomes):
    assert len(outcomes["write_ahead_with_log"].rows) == 2
    assert "write-ahead" not in outcomes["write_ahead_with_log"].notes()


def test_gzip_is_unpacked(outcomes):
    assert len(outcomes["packed"].rows) == 1


def test_shapes_are_mended_where_harmless_else_the_row_is_refused(outcomes):
    outcome = outcomes["shapes"]
    null, empty, spike, bow_tie, unclosed, collection, outside, line, collapsed = outcome.rows
    assert [row.wkb for row in (null, empty)] == [None, None]
    assert null.problem is empty.problem is None
    assert place(spike).is_valid
    assert spike.repaired
    assert bow_tie.problem[0] == "invalid-geometry"
    assert "Self-intersection" in bow_tie.problem[1]
    assert place(unclosed).is_valid
    assert place(collection).geom_type in ("Polygon", "MultiPolygon")
    assert outside.problem[0] == "outside"
    assert line.problem[0] == "wrong-geometry-type"
    assert collapsed.problem is None
    assert len(shapely.get_coordinates(place(collapsed))) == 5
    report = outcome.report
    assert (report.rows, report.features, report.refused, report.without_place) == (9, 6, 3, 2)
    assert [row.row for row in outcome.rows] == list(range(1, 10))


def test_a_line_without_length_is_refused_and_doubled_points_are_one(outcomes):
    point, line = outcomes["lines"].rows
    assert point.problem[0] == "no-length"
    assert len(shapely.get_coordinates(place(line))) == 2


def test_a_shapefile_has_cut_names_dates_that_are_none_and_both_types(outcomes):
    outcome = outcomes["shapefile_whole"]
    first, second = outcome.rows
    assert first.properties["site"] == WELSH
    assert first.properties["checked"] is None
    assert "no-date" in outcome.notes()
    assert "a_long_fie" in outcome.notes()["names-cut"].detail
    assert {place(first).geom_type, place(second).geom_type} <= {"Polygon", "MultiPolygon"}
    assert outcome.report.crs == "British National Grid (EPSG:27700)"
    assert outcome.report.samples == [WELSH]


def test_a_bare_shapefile_is_guessed_and_it_is_said(outcomes):
    outcome = outcomes["shapefile_bare"]
    [row] = outcome.rows
    assert row.properties["site"] == CAFE
    notes = outcome.notes()
    assert notes["crs-guessed"].guess
    assert "British National Grid" in notes["crs-guessed"].detail
    assert {"encoding-guessed", "index-made"} <= set(notes)
    assert outcome.report.samples == [CAFE]


def test_one_of_several_layers_must_be_chosen(outcomes):
    refusal = outcomes["two_layers"].refusal
    assert refusal.code == "choose-layer"
    assert [layer["name"] for layer in refusal.choices] == ["trees", "bins"]
    assert len(outcomes["one_of_two_layers"].rows) == 1


def test_a_layer_without_places_is_refused(outcomes):
    assert outcomes["no_places"].refusal.code == "no-places"


def test_curves_are_straightened_and_it_is_said(outcomes):
    outcome = outcomes["curves"]
    [row] = outcome.rows
    assert len(shapely.get_coordinates(place(row))) > 60
    assert "curves-straightened" in outcome.notes()


@pytest.mark.parametrize("name", ["geodatabase", "tab"])
def test_what_older_programs_export_is_read(outcomes, name):
    [row] = outcomes[name].rows
    assert abs(place(row).area - 10_000) < 1


def test_a_table_of_metres_has_commas_marks_and_gaps(outcomes):
    outcome = outcomes["csv_of_metres"]
    first, zero, blank, text, half = outcome.rows
    assert place(first).equals(shapely.Point(375000, 164000.5))
    assert first.properties == {"Ref": "B1", "Note": "=1+1"}
    assert zero.wkb is blank.wkb is None
    assert zero.problem is blank.problem is None
    assert "zero-is-missing" in outcome.notes()
    assert {text.problem[0], half.problem[0]} == {"unreadable-row"}
    assert text.row == 4
    assert "abc" in text.problem[1]


def test_a_table_of_x_and_y_is_guessed_by_range(outcomes):
    outcome = outcomes["csv_of_x_y"]
    assert place(outcome.rows[0]).equals(shapely.Point(375000, 164000))
    assert outcome.notes()["crs-guessed"].guess
    assert outcomes["csv_of_unknown_numbers"].refusal.code == "crs-unknown"


def test_a_table_of_degrees_is_in_windows_letters(outcomes):
    outcome = outcomes["csv_of_degrees"]
    [row] = outcome.rows
    assert row.properties == {"name": CAFE}
    assert place(row).distance(shapely.Point(TP06_GRID)) < 0.01
    assert "encoding-guessed" in outcome.notes()


def test_a_table_of_well_known_text(outcomes):
    whole, broken, blank = outcomes["csv_of_text"].rows
    assert place(whole).area == 10_000
    assert broken.problem[0] == "unreadable-row"
    assert blank.problem is None


def test_a_table_of_grid_references(outcomes):
    first, wrong = outcomes["csv_of_grid_references"].rows
    assert place(first).equals(shapely.Point(375000, 164000))
    assert wrong.problem[0] == "unreadable-row"


def test_a_table_that_says_no_place_is_refused(outcomes):
    refusal = outcomes["csv_without_places"].refusal
    assert refusal.code == "no-places"
    assert "easting" in refusal.detail
