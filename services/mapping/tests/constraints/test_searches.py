"""Searches of constraints: a row for each layer, the same as plain Shapely says, kept byte for byte."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from chassis import ids
from chassis.signed_statements import read_statement
from mapping.collections.rules.states import NewFeature
from mapping.events import PropertyCreated
from mapping.shared.coordinates import Crs, transform
from services.mapping.tests.layer_world import WARDS, clear, publish

BASE = "/citytown/mapping/v1/constraints"
DATA = Path(__file__).parents[4] / "dev/data/mapping/citytown"
ZONES = {
    **WARDS,
    "kind": "zones",
    "area_type": "",
    "storage_srid": 84,
    "properties": [("reference", "Reference", "string", "public", True, ()),
                   ("name", "Name", "string", "public", False, ())],
    "key_property": "reference",
    "label_property": "name",
    "code_property": "",
}  # fmt: skip
TREES = {**ZONES, "name": "tree-orders", "title": "Tree orders", "storage_srid": 27700, "audience": "staff"}


def read_file(name):
    """Read a layer of the demonstration in degrees, by plain Shapely."""
    features = json.loads(gzip.decompress((DATA / f"{name}.geojson.gz").read_bytes()))["features"]
    return {
        each["properties"]["reference"]: (
            each["properties"]["name"],
            shapely.geometry.shape(each["geometry"]),
        )
        for each in features
    }


@pytest.fixture(scope="module")
def areas():
    """Citytown's conservation areas in metres, converted apart from the service's own reading of them."""
    zones = read_file("conservation-areas")
    shapes = np.array([shape for _, shape in zones.values()], dtype=object)
    return dict(zip(zones, transform(shapes, Crs.CRS84, Crs.BNG), strict=True))


@pytest.fixture(scope="module", autouse=True)
async def layers(database):
    await clear(database)
    for name in ("conservation-areas", "green-belt"):
        features = [
            NewFeature(reference, shape, {"reference": reference, "name": title})
            for reference, (title, shape) in read_file(name).items()
        ]
        await publish(database, "citytown", {**ZONES, "name": name, "title": name.title()}, features)
    oak = NewFeature("T1", shapely.Point(375_000, 165_000).buffer(10), {"reference": "T1", "name": "Oak"})
    await publish(database, "citytown", TREES, [oak])


@pytest.fixture
def desk(client, mint):
    """Send a request as somebody with scopes; with ``site``, a polygon in metres."""

    async def send(
        method="GET", path="", *, scopes=("mapping:read",), council="citytown", tag=None, **options
    ):
        site = options.pop("site", None)
        if site is not None:
            params = {"site": shapely.to_geojson(site), "crs": "EPSG:27700", **options.pop("params", {})}
            options["params"] = params
        mode = options.pop("mode", "sandbox")
        headers = {"Authorization": f"Bearer {mint(scopes=[*scopes], councils=[council], mode=mode)}"}
        headers |= {} if tag is None else {"If-Match": tag}
        headers |= options.pop("headers", {})
        url = BASE.replace("citytown", council) + path
        return await client.request(method, url, headers=headers, **options)

    return send


def row_of(answer, layer):
    return next(row for row in answer["layers"] if row["layer"] == layer)


def sites(areas):
    """Squares on, across, beside and far from the border of areas, and one with a hole."""
    for shape in list(areas.values())[:12]:
        x, y = np.asarray(
            shape.exterior.coords if shape.geom_type == "Polygon" else shape.geoms[0].exterior.coords
        )[0]
        yield shapely.box(x - 30, y - 30, x + 30, y + 30)
        centre = shape.representative_point()
        yield shapely.box(centre.x - 5, centre.y - 5, centre.x + 5, centre.y + 5)
        west, south, *_ = shape.bounds
        yield shapely.box(west - 400, south - 400, west - 60, south - 60)
    yield shapely.box(372_000, 162_000, 378_000, 168_000).difference(
        shapely.box(374_000, 164_000, 376_000, 166_000)
    )


async def test_overlaps_and_distances_are_those_of_plain_shapely(desk, areas):
    for site in sites(areas):
        response = await desk(site=site, params={"buffer": 50})
        assert response.status_code == 200, response.text
        row = row_of(response.json(), "conservation-areas")
        expected = {
            reference: (site.distance(shape), site.intersection(shape).area)
            for reference, shape in areas.items()
            if site.distance(shape) <= 50
        }
        assert {each["reference"] for each in row["found"]} == set(expected)
        for each in row["found"]:
            distance, area = expected[each["reference"]]
            assert each["distance_m"] == pytest.approx(distance, abs=0.02)
            assert each["overlap_m2"] == pytest.approx(area, rel=1e-4, abs=0.5)
            assert each["overlap_share"] == pytest.approx(area / site.area, abs=1e-4)


async def test_every_layer_has_its_row_also_when_nothing_is_there(desk):
    answer = (await desk(site=shapely.box(200_000, 50_000, 200_010, 50_010))).json()
    assert [(row["layer"], row["searched"], row["found"], row["version"]) for row in answer["layers"]] == [
        ("conservation-areas", True, [], 1), ("green-belt", True, [], 1),
    ]  # fmt: skip
    assert {row["as_of"] for row in answer["layers"]} == {answer["searched_at"]}
    assert (answer["withheld"], answer["list_version"], answer["site"]["area_m2"]) == (1, 0, 100.0)


async def test_a_neighbour_that_shares_a_border_only_touches(desk):
    staff = ("mapping:read", "mapping:staff")
    ring = shapely.Point(375_000, 165_000).buffer(10)
    west, south, _, north = ring.bounds
    beside = shapely.box(west - 5, south, west, north)
    [tree] = row_of((await desk(site=beside, scopes=staff)).json(), "tree-orders")["found"]
    assert (tree["touches_only"], tree["overlap_m2"], tree["distance_m"], tree["name"]) == (
        True,
        0,
        0,
        "Oak",
    )
    [tree] = row_of((await desk(site=ring.buffer(5), scopes=staff)).json(), "tree-orders")["found"]
    assert (tree["touches_only"], tree["overlap_m2"]) == (False, pytest.approx(ring.area, abs=0.01))


async def test_a_property_is_searched_at_its_point(desk, deliver, areas):
    reference, shape = next(iter(areas.items()))
    point = shape.representative_point()
    place = {"uprn": "100012345678", "easting": round(point.x, 2), "northing": round(point.y, 2)}
    await deliver(PropertyCreated, envelope={"subject": place["uprn"]}, **place)
    answer = (await desk(params={"uprn": place["uprn"]})).json()
    constraints = row_of(answer, "conservation-areas")["found"]
    assert reference in {each["reference"] for each in constraints}
    assert {(each["distance_m"], each["overlap_share"]) for each in constraints} == {(0.0, None)}
    assert answer["site"]["uprn"] == place["uprn"]
    assert (await desk(params={"uprn": "999"})).status_code == 404


async def test_an_answer_is_read_again_byte_for_byte_and_nobody_changes_it(desk, areas, database):
    site = next(sites(areas))
    first = await desk(site=site)
    path = first.headers["Content-Location"].removeprefix(BASE)
    again = await desk(path=path)
    assert again.content == first.content
    assert again.headers["ETag"] == f'"{hashlib.sha256(first.content).hexdigest()}"'
    for statement in ("UPDATE constraint_search SET content = ''", "DELETE FROM constraint_search"):
        with pytest.raises(Exception, match="kept as it was answered"):
            async with database.writing("citytown") as session:
                await session.execute(text(statement))
    assert (await desk(path=path)).content == first.content
    signed = (await desk(path=f"{path}/statement")).json()
    statement = read_statement(signed["statement"], signed["public_key"])
    assert statement["sha256"] == hashlib.sha256(first.content).hexdigest()
    assert statement["search"] == first.json()["id"]


async def test_a_large_site_is_posted_once_and_read_again(desk, areas):
    ring = next(iter(areas.values())).buffer(100, quad_segs=500).simplify(0.01)
    body = {"site": json.loads(shapely.to_geojson(ring)), "crs": "EPSG:27700", "buffer": 10}
    key = {"Idempotency-Key": "once"}
    first, second = [await desk("POST", json=body, headers=key) for _ in range(2)]
    assert (first.status_code, second.content) == (201, first.content)
    again = await desk(path=first.headers["Location"].removeprefix(BASE))
    assert again.content == first.content


async def test_what_staff_were_shown_the_public_does_not_read(desk):
    staff = ("mapping:read", "mapping:staff")
    site = shapely.box(374_990, 164_990, 375_010, 165_010)
    answer = (await desk(site=site, scopes=staff)).json()
    assert answer["withheld"] == 0
    path = f"/{answer['id']}"
    assert (await desk(path=path, scopes=staff)).status_code == 200
    assert (await desk(path=path)).status_code == 404
    assert (await desk(path=path, scopes=staff, mode="live")).status_code == 404
    assert (await desk(path=path, scopes=staff, council="hillshire")).status_code == 404
    assert (await desk(path=f"/{ids.show(ids.new())}")).status_code == 404
    assert (await desk(path=path, scopes=("address:read",))).status_code == 403


async def test_officers_print_a_search_with_its_proof(desk, sign_in_staff, mint_person):
    scopes = ["mapping:read", "mapping:staff"]
    first = await desk(site=shapely.box(374_990, 164_990, 375_010, 165_010), scopes=scopes)
    claims = {"client_id": "the-office", "mode": "sandbox", "exp": 4_000_000_000}
    token = mint_person("lee", scopes=scopes, councils=["citytown"], **claims)
    lee = await sign_in_staff(token, council="citytown", name="Lee Officer")
    office = "/citytown/mapping/office/constraints"
    page = await lee.get(f"{office}/{first.json()['id']}")
    assert page.status_code == 200, page.text
    for words in ("Site of 400 square metres", "Oak", hashlib.sha256(first.content).hexdigest()):
        assert words in page.text, words
    assert (await lee.get(f"{office}/{ids.show(ids.new())}")).status_code == 404


async def test_a_council_chooses_which_layers_are_searched_and_how_far_around(desk):
    default = await desk(path="/layers")
    names = [each["layer"] for each in default.json()["layers"]]
    assert (default.headers["ETag"], names) == ('"0"', ["conservation-areas", "green-belt", "tree-orders"])
    belt = {"layer": "green-belt", "question": "Is it green belt, or within 200 m?", "within_m": 200}
    publisher = {"scopes": ("mapping:publish",), "json": {"layers": [belt]}}
    assert (await desk("PUT", "/layers", json={"layers": []})).status_code == 403
    assert (await desk("PUT", "/layers", **publisher)).status_code == 428
    response = await desk("PUT", "/layers", tag='"0"', **publisher)
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert (await desk("PUT", "/layers", tag='"0"', **publisher)).status_code == 412
    unknown = {**publisher, "json": {"layers": [{**belt, "layer": "nothing"}]}}
    assert (await desk("PUT", "/layers", tag='"1"', **unknown)).status_code == 400
    answer = (await desk(site=shapely.box(375_000, 165_000, 375_010, 165_010))).json()
    assert [(row["layer"], row["question"], row["within_m"]) for row in answer["layers"]] == [
        ("green-belt", belt["question"], 200.0)
    ]
    assert answer["list_version"] == 1


BAD = {
    "nothing": {},
    "both": {"uprn": "1", "site": '{"type":"Polygon","coordinates":[]}'},
    "no JSON": {"site": "POLYGON((0 0))"},
    "a list": {"site": "[1]"},
    "deep": {"site": "[" * 3_000},
    "a point": {"site": '{"type":"Point","coordinates":[1,2]}'},
    "empty": {"site": '{"type":"Polygon","coordinates":[]}'},
    "numbers": {"site": '{"type":"Polygon","coordinates":[[1,2,3]]}'},
    "flat": {"site": '{"type":"Polygon","coordinates":[[[-2,51],[-2,51],[-2,51],[-2,51]]]}'},
    "a bow": {"site": '{"type":"Polygon","coordinates":[[[-2,51],[-2.1,51.1],[-2.1,51],[-2,51.1],[-2,51]]]}'},
    "in the sea": {"site": '{"type":"Polygon","coordinates":[[[4,53],[4.1,53],[4.1,53.1],[4,53]]]}'},
    "wide": {"site": '{"type":"Polygon","coordinates":[[[-3,51],[-2,51],[-2,52],[-3,51]]]}'},
    "unknown crs": {"site": '{"type":"Polygon","coordinates":[[[-2,51],[-2,51.001],[-2.001,51],[-2,51]]]}',
                    "crs": "EPSG:1"},
    "buffer": {"uprn": "1", "buffer": 1_001},
    "negative": {"uprn": "1", "buffer": -1},
    "no number": {"uprn": "1", "buffer": "nan"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
async def test_what_cannot_be_searched_is_a_400_that_says_why(desk, name):
    response = await desk(params=BAD[name])
    assert response.status_code == 400, response.text
    assert response.json()["detail"]
