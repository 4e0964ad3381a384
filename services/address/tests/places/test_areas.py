"""OS Places by where: nearest, radius, bbox and polygon, decided exactly, in every coordinate system."""

import asyncio
import json
import math
import random

import asyncpg
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping, shape

from address.loading.actions import command
from address.places.rules import geometry
from address.places.schemas.places import Answer
from address.places.store import areas, find, places
from address.shared import projections
from services.address.tests.samples import row, write_csv

PLACES = "/citytown/address/search/places/v1"
WEST, SOUTH = 380_000, 170_000  # a field of its own, 1,000 metres wide
dice = random.Random(20)
FIELD = {
    9_000_000 + number: (WEST + dice.randrange(0, 100_000) / 100, SOUTH + dice.randrange(0, 100_000) / 100)
    for number in range(300)
}
SYSTEMS = ["BNG", "EPSG:27700", "WGS84", "EPSG:4326", "EPSG:4258", "EPSG:3857"]
SQUARE = [[WEST, SOUTH], [WEST + 500, SOUTH], [WEST + 500, SOUTH + 500], [WEST, SOUTH + 500], [WEST, SOUTH]]


@pytest.fixture(scope="module", autouse=True)
async def field(gazetteer, settings, tmp_path_factory):
    """300 properties thrown on the field, and a block of flats in the far corner of the map."""
    thrown = [
        row(uprn, number=str(uprn % 1000), postcode="BA3 3AA", easting=str(x), northing=str(y))
        for uprn, (x, y) in FIELD.items()
    ]
    block = {"easting": "400000.00", "northing": "180000.00", "number": "", "name": "THE BLOCK"}
    flats = [
        row(9_900_000, classificationcode="PP", **block),
        row(9_900_001, parentuprn="9900000", subname="FLAT 1", **block),
    ]
    path = write_csv(tmp_path_factory.mktemp("field") / "field.csv", [*thrown, *flats])
    assert await command.load(settings, [str(path), "--council", "citytown"]) == command.DONE


@pytest.fixture(scope="module")
def call_places(client, mint, field):
    """``await call_places("nearest", point="1,2")`` -> the answer; with ``body`` it is posted."""
    key = mint(scopes=["address:read"], typ="key+jwt")

    async def send(operation, body=None, **parameters):
        headers = {"X-Api-Key": key}
        url = f"{PLACES}/{operation}"
        if body is None:
            return await client.get(url, params=parameters, headers=headers)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(url, params=parameters, headers=headers, content=content)

    return send


@pytest.fixture(scope="module")
def list_uprns(call_places):
    """``await list_uprns("polygon", ...)`` -> the UPRNs of all pages, in order."""

    async def collect(operation, body=None, **parameters):
        uprns, total = [], 1
        while len(uprns) < total:
            response = await call_places(operation, body, offset=len(uprns), **parameters)
            assert response.status_code == 200, response.text
            Answer.model_validate(response.json())
            total = response.json()["header"]["totalresults"]
            uprns += [int(result["DPA"]["UPRN"]) for result in response.json().get("results", [])]
        return uprns

    return collect


def to_system(points, system):
    """Points of the grid as the system tells them: latitude first where it does."""
    if system in ("BNG", "EPSG:27700"):
        return [tuple(point) for point in points]
    if system == "EPSG:3857":
        return projections.to_mercator(points)
    return [(lat, lon) for lon, lat in projections.to_lonlat(points)]


def text(*points):
    return ",".join(f"{number!r}" for point in points for number in point)


def by_distance(point, radius=math.inf):
    far = {uprn: math.dist(point, location) for uprn, location in FIELD.items()}
    return [uprn for uprn in sorted(far, key=far.__getitem__) if far[uprn] <= radius]


@pytest.mark.parametrize("system", SYSTEMS)
async def test_the_nearest_is_the_nearest(call_places, system):
    for point in [(WEST + dice.uniform(0, 1000), SOUTH + dice.uniform(0, 1000)) for _ in range(15)]:
        (projected,) = to_system([point], system)
        body = (await call_places("nearest", point=text(projected), srs=system, radius=500)).json()
        Answer.model_validate(body)
        assert body["header"]["totalresults"] == 1
        assert [int(result["DPA"]["UPRN"]) for result in body["results"]] == by_distance(point)[:1]


async def test_the_nearest_farther_than_the_radius_is_none(call_places):
    body = (await call_places("nearest", point="390000,175000")).json()
    assert body["header"]["totalresults"] == 0
    assert "results" not in body


async def test_the_nearest_of_both_datasets_come_in_the_order_asked(call_places):
    body = (await call_places("nearest", point="400001,180001", dataset="LPI,DPA")).json()
    assert [[*result] for result in body["results"]] == [["LPI"], ["DPA"]]
    assert body["header"]["totalresults"] == 2
    assert body["results"][1]["DPA"]["UPRN"] == "9900000"  # the building before its flats


async def test_the_nearest_of_what_the_filter_leaves(call_places):
    body = (await call_places("nearest", point="400001,180001", fq="classification_code:RD*")).json()
    assert body["results"][0]["DPA"]["UPRN"] == "9900001"


@pytest.mark.parametrize("radius", [50, 180.5, 500])
@pytest.mark.parametrize("system", ["EPSG:27700", "EPSG:4326", "EPSG:3857"])
async def test_the_radius_gives_what_is_as_near_the_nearest_first(list_uprns, system, radius):
    point = (WEST + 480.0, SOUTH + 510.0)
    uprns = await list_uprns("radius", point=text(*to_system([point], system)), srs=system, radius=radius)
    assert uprns == by_distance(point, radius)


async def test_the_radius_is_100_metres_unless_said_and_reaches_its_edge(list_uprns, call_places):
    point = (WEST + 480.0, SOUTH + 510.0)
    assert await list_uprns("radius", point=text(point)) == by_distance(point, 100)
    header = (await call_places("radius", point="400100,180000", radius=100)).json()["header"]
    assert header["totalresults"] == 2
    assert (await call_places("radius", point="400100.01,180000")).json()["header"]["totalresults"] == 0


@pytest.mark.parametrize("system", SYSTEMS)
async def test_the_box_gives_what_lies_in_it(list_uprns, system):
    low, high = (WEST + 120.0, SOUTH + 340.0), (WEST + 610.0, SOUTH + 820.0)
    corners = to_system([low, high], system)
    if system in ("BNG", "EPSG:27700"):
        expected = {uprn for uprn, point in FIELD.items() if box(*low, *high).intersects(Point(point))}
    else:
        projected = dict(zip(FIELD, to_system(list(FIELD.values()), system), strict=True))
        expected = {
            uprn
            for uprn, point in projected.items()
            if box(*corners[0], *corners[1]).intersects(Point(point))
        }
    assert set(await list_uprns("bbox", bbox=text(*corners), srs=system)) == expected


async def test_the_box_includes_its_edge(call_places):
    x, y = FIELD[9_000_007]
    body = (await call_places("bbox", bbox=f"{x},{y},{x + 0.01},{y + 0.01}")).json()
    assert [result["DPA"]["UPRN"] for result in body["results"]] == ["9000007"]


async def test_the_box_has_a_square_kilometre_at_most(call_places):
    assert (await call_places("bbox", bbox="380000,170000,381000,171000")).status_code == 200
    refused = await call_places("bbox", bbox="380000,170000,381000,171000.01")
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith("Parameter bbox: has 1.000 square kilometres")
    large = await call_places("bbox", bbox="51.3,-2.4,51.4,-2.3", srs="EPSG:4326")
    assert large.status_code == 400


def ring_about(x, y, radius, points):
    """A star of so many points, which does not cross itself."""
    turns = [(2 * math.pi * n / points, radius * dice.uniform(0.4, 1)) for n in range(points)]
    return [(x + far * math.cos(turn), y + far * math.sin(turn)) for turn, far in turns]


LOWER, UPPER = (WEST + 250, SOUTH + 250), (WEST + 760, SOUTH + 760)
SHAPES = {
    "plain": Polygon(ring_about(WEST + 500, SOUTH + 500, 400, 40)),
    "with a hole": Polygon(
        ring_about(WEST + 500, SOUTH + 500, 480, 60), [ring_about(WEST + 500, SOUTH + 500, 180, 20)]
    ),
    "many": MultiPolygon(
        [
            Polygon(ring_about(*LOWER, 240, 30), [ring_about(*LOWER, 90, 9)]),
            Polygon(ring_about(*UPPER, 230, 30)),
        ]
    ),
    "a square": box(WEST + 100, SOUTH + 100, WEST + 900, SOUTH + 900),
}  # fmt: skip


def reproject(geometry, system):
    """The geometry as GeoJSON in another system."""
    geojson = mapping(geometry)

    def reproject_part(part):
        if isinstance(part[0], int | float):
            return to_system([part], system)[0]
        return [reproject_part(member) for member in part]

    return {
        "type": geojson["type"],
        "coordinates": reproject_part(json.loads(json.dumps(geojson["coordinates"]))),
    }


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", SHAPES)
async def test_the_polygon_gives_what_lies_in_it(list_uprns, name, system):
    """Judged in the asked system itself, so that its straight lines are the truth."""
    body = reproject(SHAPES[name], system)
    projected = dict(zip(FIELD, to_system(list(FIELD.values()), system), strict=True))
    expected = {uprn for uprn, point in projected.items() if shape(body).intersects(Point(point))}
    assert 5 < len(expected) < len(FIELD)
    uprns = await list_uprns("polygon", body, srs=system)
    assert set(uprns) == expected
    assert len(uprns) == len(expected)


async def test_a_long_straight_line_of_latitude_is_followed_where_the_grid_bends(list_uprns):
    """Over 40 km it bulges 25 metres: corners joined on the grid would be wrong."""
    x, y = FIELD[9_000_011]
    ((lon, lat),) = projections.to_lonlat([(x, y)])
    for south, expected in ((lat - 1e-8, True), (lat + 1e-8, False)):
        ring = [[south, lon - 0.3], [south, lon + 0.3], [south + 1e-6, lon + 0.3], [south + 1e-6, lon - 0.3]]
        body = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        assert (9_000_011 in await list_uprns("polygon", body, srs="EPSG:4326")) is expected


@pytest.mark.parametrize(
    "wrap",
    [
        lambda geometry: {"type": "Feature", "properties": {}, "geometry": geometry},
        lambda geometry: {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": geometry}],
        },
        lambda geometry: {"type": "MultiPolygon", "coordinates": [geometry["coordinates"]]},
        lambda geometry: {
            **geometry,
            "coordinates": [[[*point, 12.5] for point in geometry["coordinates"][0]]],
        },
    ],
)
async def test_a_wrapped_polygon_is_the_bare_one(list_uprns, wrap):
    bare = {"type": "Polygon", "coordinates": [SQUARE]}
    assert await list_uprns("polygon", wrap(bare)) == await list_uprns("polygon", bare)
    assert len(await list_uprns("polygon", bare)) > 30


async def test_polygons_that_overlap_are_one_area(list_uprns):
    shifted = [[x + 100, y] for x, y in SQUARE]
    multipolygon = {"type": "MultiPolygon", "coordinates": [[SQUARE], [shifted]]}
    alone = [
        await list_uprns("polygon", {"type": "Polygon", "coordinates": [ring]}) for ring in (SQUARE, shifted)
    ]
    assert set(await list_uprns("polygon", multipolygon)) == set(alone[0]) | set(alone[1])


async def test_a_polygon_that_crosses_itself_has_the_land_it_surrounds(list_uprns):
    tie = [[WEST, SOUTH], [WEST + 999, SOUTH + 999], [WEST + 999, SOUTH], [WEST, SOUTH + 999], [WEST, SOUTH]]
    uprns = await list_uprns("polygon", {"type": "Polygon", "coordinates": [tie]})
    halves = [Polygon([tie[0], (WEST + 499.5, SOUTH + 499.5), tie[3]])]
    halves.append(Polygon([tie[1], (WEST + 499.5, SOUTH + 499.5), tie[2]]))
    assert set(uprns) == {u for u, p in FIELD.items() if any(h.intersects(Point(p)) for h in halves)}


async def test_a_polygon_includes_its_edges_and_corners_and_those_of_its_holes(list_uprns):
    x, y = FIELD[9_000_042]
    for ring in (
        [[x, y], [x + 9, y], [x + 9, y + 9], [x, y]],  # a corner
        [[x - 5, y], [x + 5, y], [x + 5, y + 9], [x - 5, y]],  # a side along a parallel
        [[x, y - 5], [x, y + 5], [x + 9, y], [x, y - 5]],  # a side along a meridian
        [[x - 5, y - 5], [x + 5, y + 5], [x + 5, y - 5], [x - 5, y - 5]],  # a slanting side
    ):
        assert 9_000_042 in await list_uprns("polygon", {"type": "Polygon", "coordinates": [ring]})
        around = [[x - 99, y - 99], [x + 99, y - 99], [x + 99, y + 99], [x - 99, y + 99], [x - 99, y - 99]]
        assert 9_000_042 in await list_uprns("polygon", {"type": "Polygon", "coordinates": [around, ring]})


async def test_the_nearest_to_the_reference_point_come_first(list_uprns):
    body = {"type": "Polygon", "coordinates": [SQUARE]}
    point = (WEST + 20.0, SOUTH + 470.0)
    uprns = await list_uprns("polygon", body, referencepoint=text(point), maxresults=20)
    inside = set(await list_uprns("polygon", body))
    assert uprns == [uprn for uprn in by_distance(point) if uprn in inside]


async def test_the_polygon_of_a_whole_council_is_answered(call_places):
    circle = Point(WEST, SOUTH).buffer(30_000, quad_segs=500)
    body = (await call_places("polygon", mapping(circle))).json()
    assert body["header"]["totalresults"] > 570


@pytest.mark.parametrize("operation", ["radius", "bbox", "polygon"])
async def test_no_other_councils_addresses_are_found(call_places, operation):
    around = box(279_000, 164_500, 279_500, 165_500)  # where the neighbour's only property is
    parameters = {
        "radius": {"point": "279146.73,165000.75"},
        "bbox": {"bbox": "279000,164500,279500,165500"},
        "polygon": {"body": mapping(around)},
    }
    body = (await call_places(operation, **parameters[operation])).json()
    assert body["header"]["totalresults"] == 0


HEADER = ["uri", "query", "offset", "totalresults", "format", "dataset", "lr", "maxresults", "epoch",
          "lastupdate", "output_srs"]  # fmt: skip
PAIR = [[1, 1], [2, 1], [2, 2]]
FIELDS = {"type": "Polygon", "coordinates": [SQUARE]}


@pytest.mark.parametrize(
    ("operation", "parameters", "parameter"),
    [
        *(
            (operation, {"point": point}, "point")
            for operation in ("nearest", "radius")
            for point in ("", "1", "1,2,3", "x,y", "nan,nan", "inf,1", "1e400,2", "-1,5", "700001,5", "1_0,2",
                          "1,1300001", "٣٧٥٠٠٠,165000", "375000;165000", "375000,165000'--", "\x00,1",
                          "1" * 101, "1e9,1e9", "\U0001f3e0,1", ",", "375000,")
        ),
        ("nearest", {}, "point"),
        ("radius", {}, "point"),
        ("nearest", {"point": "51.4,-2.4"}, "point"),  # degrees taken for metres
        *(
            (operation, {"point": "375000,165000", "radius": radius}, "radius")
            for operation in ("nearest", "radius")
            for radius in ("0", "0.009", "-1", "1000.01", "nan", "inf", "x", "", "1e400")
        ),
        ("nearest", {"point": "51.4,-2.4", "srs": "EPSG:1"}, "srs"),
        ("radius", {"point": "-2.4,51.4", "srs": "EPSG:4326"}, "point"),  # longitude first
        ("radius", {"point": "48.85,2.35", "srs": "WGS84"}, "point"),  # Paris
        ("radius", {"point": "375000,165000", "maxresults": 0}, "maxresults"),
        ("radius", {"point": "375000,165000", "offset": -1}, "offset"),
        ("radius", {"point": "375000,165000", "output_srs": "4326"}, "output_srs"),
        *(
            ("bbox", {"bbox": bbox}, "bbox")
            for bbox in ("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,nan,nan,nan", "2,1,1,2", "1,1,1,1",
                         "374500,165500,375500,164500", "-5,0,5,5", "699999,1,700001,2", "0,0,1e999,1")
        ),
        ("bbox", {}, "bbox"),
        ("bbox", {"bbox": "-2.4,51.38,-2.39,51.385", "srs": "EPSG:4326"}, "bbox"),
        ("bbox", {"bbox": "375000,165000,375100,165100", "srs": "OSGB"}, "srs"),
        ("polygon", {"body": b""}, "polygon"),
        ("polygon", {"body": b"{"}, "polygon"),
        ("polygon", {"body": b"null"}, "polygon"),
        ("polygon", {"body": b"\xff\xfe"}, "polygon"),
        ("polygon", {"body": b"[" * 200_000}, "polygon"),
        ("polygon", {"body": b'{"a":' * 100_000}, "polygon"),
        ("polygon", {"body": b'{"type":"Polygon","coordinates":[[[' + b"1" * 9999 + b",1]]]}"}, "polygon"),
        *(
            ("polygon", {"body": body}, "polygon")
            for body in (
                {}, [], 5, "Polygon", {"type": "Point", "coordinates": [375000, 165000]},
                {"type": "GeometryCollection", "geometries": []}, {"type": "Feature"}, {"type": "Polygon"},
                {"type": "Feature", "geometry": None}, {"type": "FeatureCollection", "features": []},
                {"type": "FeatureCollection", "features": [{}, {}]}, {"type": "Polygon", "coordinates": None},
                {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[]]},
                {"type": "Polygon", "coordinates": {"0": 1}}, {"type": "Polygon", "coordinates": [1, 2]},
                {"type": "Polygon", "coordinates": [[1, 2, 3, 4]]},
                {"type": "Polygon", "coordinates": [PAIR]},
                {"type": "Polygon", "coordinates": [[*PAIR, [3, 3]]]},  # not closed
                {"type": "Polygon", "coordinates": [[["1", "1"], *PAIR[1:], ["1", "1"]]]},
                {"type": "Polygon", "coordinates": [[[True, True], *PAIR[1:], [True, True]]]},
                {"type": "Polygon", "coordinates": [[[None, 1], *PAIR[1:], [None, 1]]]},
                {"type": "Polygon", "coordinates": [[[math.nan, 1], *PAIR[1:], [math.nan, 1]]]},
                {"type": "Polygon", "coordinates": [[[math.inf, 1], *PAIR[1:], [math.inf, 1]]]},
                {"type": "Polygon", "coordinates": [[[10**400, 1], *PAIR[1:], [10**400, 1]]]},
                {"type": "Polygon", "coordinates": [[[-1, 1], *PAIR[1:], [-1, 1]]]},
                {"type": "Polygon", "coordinates": [[[1], *PAIR[1:], [1]]]},
                {"type": "MultiPolygon", "coordinates": [SQUARE]},
                {"type": "Polygon", "coordinates": [[[0, 0], *[[n, 1] for n in range(10_000)], [0, 0]]]},
                {"type": "Polygon", "coordinates": [[*[[n % 2 * 700_000, n] for n in range(100)], [0, 0]]]},
            )
        ),
        ("polygon", {"body": FIELDS, "srs": "EPSG:4326"}, "polygon"),
        ("polygon", {"body": FIELDS, "referencepoint": "1"}, "referencepoint"),
        ("polygon", {"body": FIELDS, "maxresults": "101"}, "maxresults"),
    ],
)  # fmt: skip
async def test_what_cannot_be_used_is_named(call_places, operation, parameters, parameter):
    response = await call_places(operation, **parameters)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["statuscode"] == 400
    assert error["message"].startswith(f"Parameter {parameter}: "), error


async def test_a_polygon_larger_than_a_body_may_be_is_refused_in_the_contracts_shape(call_places):
    body = json.dumps({"type": "Polygon", "coordinates": [[[0, 0]] * 1_000_000]}).encode()
    response = await call_places("polygon", body)
    assert response.status_code == 413
    assert response.json()["error"]["statuscode"] == 413


QUERY = places.PlacesQuery(datasets=("DPA", "LPI"))
HERE, ON_FIELD = (WEST + 400.0, SOUTH + 400.0), geometry.Area(WEST, SOUTH, WEST + 9, SOUTH + 9)
TRIANGLE = geometry.parse_polygon(
    json.dumps({"type": "Polygon", "coordinates": [[*PAIR, PAIR[0]]]}).encode(), "BNG"
)


@pytest.mark.parametrize(
    "run_search",
    [
        lambda c: areas.find_nearest(c, "citytown", HERE, 1000.0, QUERY),
        lambda c: areas.list_within_circle(c, "citytown", HERE, 1000.0, QUERY),
        lambda c: areas.list_within_area(c, "citytown", ON_FIELD, QUERY),
        lambda c: areas.list_within_area(c, "citytown", TRIANGLE, QUERY),
    ],
)
async def test_each_is_one_statement_by_the_index_of_strips(field, postgres_url, database_url, run_search):
    # Only an owner may gather statistics; in service PostgreSQL does it by itself.
    owner = await asyncpg.connect(postgres_url, database=database_url.rpartition("/")[2])
    await owner.execute("ANALYZE")
    await owner.close()
    connection = await asyncpg.connect(database_url)
    logged = []
    with connection.query_logger(logged.append):
        await run_search(connection)
        await asyncio.sleep(0)  # the driver tells of them in the loop's next round
    place_statements = [statement for statement in logged if "place" in statement.query]
    await connection.execute("SET enable_seqscan = off")  # a table this small is else read as a whole
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    plan = "\n".join(
        line[0]
        for line in await connection.fetch("EXPLAIN " + place_statements[0].query, *place_statements[0].args)
    )
    await connection.close()
    assert len(place_statements) == 1
    assert "ix_place_council_strip" in plan


def test_every_statement_is_short_enough_to_be_kept_prepared():
    """The driver parses what is longer than 15 KiB anew each time, which takes longer than the look-up."""
    statements = [
        value
        for module in (areas, find, places)
        for value in vars(module).values()
        if isinstance(value, str) and "SELECT" in value
    ]
    assert len(statements) > 10
    assert max(map(len, statements)) < 15_360


async def test_the_header_of_each_operation_tells_what_was_asked(call_places):
    for operation, parameters, query in (
        ("nearest", {"point": "375000,165000"}, "point=375000,165000"),
        ("radius", {"point": "375000,165000", "radius": 5}, "point=375000,165000"),
        ("bbox", {"bbox": "1,1,2,2"}, "bbox=1,1,2,2"),
        ("polygon", {"body": {"type": "Polygon", "coordinates": [SQUARE]}}, 'polygon={"type": "Polygon"'),
    ):
        header = (await call_places(operation, **parameters)).json()["header"]
        assert header["query"].startswith(query)
        assert f"{PLACES}/{operation}" in header["uri"]
        assert [*header] == HEADER
