"""What is at a point: borders, time, what is near, who may see what, and what is refused."""

from datetime import UTC, datetime

import pytest
import shapely
from sqlalchemy import insert

from chassis.testing import eventually
from mapping.collections.rules.states import NewFeature
from mapping.points.tables import property_point
from services.mapping.tests.layer_world import WARDS, publish, square

MIDDLE = "375500,165500"


def names(areas, collection):
    return [
        (area["id"], area["primary"], area["on_boundary"])
        for area in areas
        if area["collection"] == collection
    ]


async def test_a_point_has_its_areas_zones_street_and_assets(fetch):
    answer = (await fetch("/locate", point=MIDDLE)).json()
    assert answer["point"]["gridref"] == "ST 755 655"
    assert answer["inside"] is True
    assert names(answer["areas"], "wards") == [("E05000002", True, False)]
    assert names(answer["areas"], "bin-rounds") == [("monday", True, False)]
    assert answer["street"] == {
        "usrn": None,
        "name": "York Street",
        "distance_m": 20.0,
        "maintained_by": None,
    }
    assert [(asset["id"], asset["distance_m"]) for asset in answer["assets"]] == [
        ("GB-1", 10.0),
        ("GB-2", 40.0),
    ]
    assert answer["generation"]["wards"] == 1


async def test_degrees_metres_and_grid_references_are_the_same_point(fetch):
    answer = (await fetch("/locate", point=MIDDLE)).json()
    lon, lat = answer["point"]["lon"], answer["point"]["lat"]
    for point, crs in (
        (f"{lon},{lat}", None),
        (f"{lon},{lat}", "CRS84"),
        (f"{lat},{lon}", "EPSG:4326"),
        (f"{lat},{lon}", "http://www.opengis.net/def/crs/EPSG/0/4326"),
        ("ST 7550 6550", None),
    ):
        params = {"point": point} | ({"crs": crs} if crs else {})
        other = (await fetch("/locate", **params)).json()
        assert abs(other["point"]["easting"] - 375500) < 6
        assert names(other["areas"], "wards") == [("E05000002", True, False)]


async def test_on_a_border_both_neighbours_are_there_and_the_smaller_code_is_primary(fetch):
    answer = (await fetch("/locate", point="376000,165500")).json()
    assert names(answer["areas"], "wards") == [("E05000001", True, True), ("E05000002", False, True)]
    assert names(answer["areas"], "bin-rounds") == [("friday", True, True), ("monday", True, True)]
    assert names(answer["areas"], "council-boundary") == [("E06000022", True, False)]


async def test_a_point_elsewhere_is_in_nothing_and_the_versions_say_that_it_was_searched(fetch):
    answer = (await fetch("/locate", point="530000,180000")).json()
    assert (answer["inside"], answer["areas"], answer["street"], answer["assets"]) == (False, [], None, [])
    assert answer["generation"]["council-boundary"] == 1


async def test_a_council_without_a_boundary_does_not_say_inside(fetch):
    answer = (await fetch("/locate", council="hillshire", point=MIDDLE)).json()
    assert (answer["inside"], answer["areas"], answer["generation"]) == (None, [], {})


async def test_layers_and_kinds_are_chosen_by_name(fetch):
    answer = (await fetch("/locate", point=MIDDLE, areas="wards", kinds="postcodes,lines", within=500)).json()
    assert {area["collection"] for area in answer["areas"]} == {"wards"}
    assert {asset["collection"] for asset in answer["assets"]} == {"postcodes", "roads"}
    distances = [asset["distance_m"] for asset in answer["assets"]]
    assert distances == sorted(distances)


async def test_what_is_for_staff_is_shown_to_staff(fetch):
    for scopes, expected in (((), ["grit-bins"]), (("mapping:staff",), ["key-safes", "grit-bins"])):
        answer = (await fetch("/locate", point=MIDDLE, within=20, scopes=scopes)).json()
        assert [asset["collection"] for asset in answer["assets"]] == expected
    assert (await fetch("/near", point=MIDDLE, kind="key-safes")).status_code == 400
    assert (
        await fetch("/near", point=MIDDLE, kind="key-safes", scopes=("mapping:staff",))
    ).status_code == 200


async def test_the_nearest_of_a_kind_come_first(fetch):
    answer = (await fetch("/near", point="376400,165500", kind="grit-bins", within=2000, limit=2)).json()
    assert [(item["id"], item["distance_m"]) for item in answer["items"]] == [
        ("GB-3", 100.0),
        ("GB-2", 860.0),
    ]
    assert (await fetch("/near", point="376400,165500", kind="grit-bins", within=50)).json()["items"] == []


async def test_areas_are_those_of_the_day_that_is_asked_about(fetch, database):
    change = datetime(2019, 5, 2, tzinfo=UTC)
    values = {**WARDS, "name": "wards-in-time"}
    shape = square("x", 375000, 165000).geometry
    before = NewFeature("E05000008", shape, {"code": "E05000008", "name": "Old"}, valid_to=change)
    after = NewFeature("E05000009", shape, {"code": "E05000009", "name": "New"}, valid_from=change)
    await publish(database, "citytown", values, [before, after])

    async def is_known():
        return (await fetch("/locate", point=MIDDLE, areas="wards-in-time")).status_code == 200

    await eventually(is_known)
    for moment, expected in (
        ("2019-05-01T23:59:59.999999Z", "E05000008"),
        ("2019-05-02T00:00:00Z", "E05000009"),
        ("2019-05-02T01:00:00+01:00", "E05000009"),
    ):
        answer = (await fetch("/locate", point=MIDDLE, areas="wards-in-time", datetime=moment)).json()
        assert names(answer["areas"], "wards-in-time") == [(expected, True, False)]


async def test_a_property_and_a_postcode_have_areas(fetch, database):
    async with database.writing() as session:
        row = {"council": "citytown", "uprn": 77, "easting": 376500, "northing": 165500, "sequence": 1}
        await session.execute(insert(property_point), row)
    answer = (await fetch("/uprn/77/areas", areas="wards,bin-rounds")).json()
    assert answer["uprn"] == "77"
    assert [area["id"] for area in answer["areas"]] == ["friday", "E05000001"] or [
        area["id"] for area in answer["areas"]
    ] == ["E05000001", "friday"]
    answer = (await fetch("/postcodes/ba11lj/areas", areas="wards")).json()
    assert (answer["postcode"], [area["id"] for area in answer["areas"]]) == ("BA1 1LJ", ["E05000002"])
    for path in ("/uprn/78/areas", "/postcodes/BA9 9ZZ/areas"):
        response = await fetch(path)
        assert (response.status_code, response.json()["code"]) == (404, "not-found")
    response = await fetch("/postcodes/BA1 1LJ/areas", council="hillshire")
    assert (response.status_code, response.json()["code"]) == (404, "no-postcodes")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"point": "1,2,3"}, "query.point"),
        ({"point": "nan,2"}, "query.point"),
        ({"point": "1e3,2"}, "query.point"),
        ({"point": "2.35,48.85"}, "query.point"),
        ({"point": "700001,5"}, "query.point"),
        ({"point": "ZZ 12 34"}, "query.point"),
        ({"point": "x" * 61}, "query.point"),
        ({"point": MIDDLE, "crs": "EPSG:4258"}, "query.crs"),
        ({"point": MIDDLE, "crs": "CRS84"}, "query.point"),
        ({"point": MIDDLE, "within": "inf"}, "query.within"),
        ({"point": MIDDLE, "within": "2001"}, "query.within"),
        ({"point": MIDDLE, "areas": "roads"}, "query.areas"),
        ({"point": MIDDLE, "kinds": "wards"}, "query.kinds"),
        ({"point": MIDDLE, "kinds": ",".join(["x"] * 51)}, "query.kinds"),
        ({"point": MIDDLE, "datetime": "2019-05-02T00:00:00"}, "query.datetime"),
        ({"point": MIDDLE, "datetime": "0001-01-01T00:00:00+14:00"}, "query.datetime"),
        ({}, "query.point"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_its_place(fetch, params, field):
    response = await fetch("/locate", **params)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_a_square_is_what_the_tests_think():
    assert square("x", 0, 0).geometry.equals(shapely.box(0, 0, 1_000, 1_000))
