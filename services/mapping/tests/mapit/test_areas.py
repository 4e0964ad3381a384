"""What an area is, its shape, neighbours and lists of areas, against plain Shapely over the files."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from dev.demo_maps import list_entries, read_features
from mapping.shared.coordinates import Crs, transform

BASE = "/citytown/mapping/mapit"
KML = "{http://www.opengis.net/kml/2.2}"
RELATIONS = {
    "touches": shapely.touches,
    "overlaps": shapely.overlaps,
    "covers": shapely.covers,
    "covered": shapely.covered_by,
    "coverlaps": lambda area, other: shapely.overlaps(area, other) | shapely.covers(area, other),
    "intersects": shapely.intersects,
}


@pytest.fixture(scope="module")
def wards():
    (entry,) = list_entries("citytown/wards")
    return {feature.fid: feature for feature in read_features(entry)}


@pytest.fixture(scope="module")
async def numbers(client, areas):
    response = await client.get(f"{BASE}/areas/UTW")
    return {area["codes"]["gss"]: area["id"] for area in response.json().values()}


async def test_all_names_are_on_the_area_itself(fetch, numbers):
    _, area = await fetch(f"/area/{numbers['E05012471']}")
    assert area["all_names"] == {"M": ["The council", "Kingsmead"]}
    _, parishes = await fetch("/areas/CPC")
    parish = next(each for each in parishes.values() if each["name"] == "Saltford CP")
    assert parish["codes"].keys() == {"gss", "unit_id"}
    assert parish["country"] == "E"


async def test_a_code_leads_to_its_area(client, numbers):
    number = numbers["E05012471"]
    for path in ("/area/E05012471.geojson?simplify_tolerance=0.01", "/code/gss/E05012471"):
        response = await client.get(f"{BASE}{path}")
        assert response.status_code == 302
        assert response.headers["location"].startswith(f"{BASE}/area/{number}")
    assert (await client.get(f"{BASE}/area/E05012471.wkt")).headers["location"] == f"{BASE}/area/{number}.wkt"


async def test_a_shape_comes_bare_in_each_form(client, numbers, wards):
    ward, number = wards["E05012471"].geometry, numbers["E05012471"]
    (degrees,) = transform(np.array([ward], dtype=object), Crs.BNG, Crs.CRS84)
    geojson = await client.get(f"{BASE}/area/{number}.geojson")
    assert geojson.headers["content-type"] == "application/json; charset=utf-8"
    assert shapely.from_geojson(geojson.text).hausdorff_distance(degrees) < 1e-6
    grid = await client.get(f"{BASE}/area/27700/{number}.geojson")
    assert shapely.from_geojson(grid.text).hausdorff_distance(ward) < 0.001
    wkt = await client.get(f"{BASE}/area/{number}.wkt")
    assert wkt.headers["content-type"].startswith("text/plain")
    assert shapely.from_wkt(wkt.text).hausdorff_distance(ward) < 0.001
    kml = await client.get(f"{BASE}/area/{number}.kml")
    assert kml.headers["content-type"].startswith("application/vnd.google-earth.kml+xml")
    (placemark,) = ElementTree.fromstring(kml.text).findall(f"{KML}Placemark")
    assert placemark.findtext(f"{KML}name") == "Kingsmead"


async def test_a_tolerance_is_in_the_units_of_the_answer(client, numbers, wards):
    number = numbers["E05012471"]
    for form, tolerance in (("geojson", 0.001), ("wkt", 100)):
        whole = await client.get(f"{BASE}/area/{number}.{form}")
        simple = await client.get(f"{BASE}/area/{number}.{form}?simplify_tolerance={tolerance}")
        assert len(simple.text) < len(whole.text) / 2
    for tolerance, words in (("x", "Badly specified tolerance"), ("9", "left no boundary at all")):
        response = await client.get(f"{BASE}/area/{number}.geojson?simplify_tolerance={tolerance}")
        assert response.status_code == 400
        assert words in response.json()["error"]


async def test_measures_are_of_the_national_grid(fetch, numbers, wards):
    ward, number = wards["E05012471"].geometry, numbers["E05012471"]
    _, measures = await fetch(f"/area/{number}/geometry")
    assert measures["area"] == pytest.approx(ward.area)
    assert [measures[name] for name in ("min_e", "min_n", "max_e", "max_n")] == pytest.approx(ward.bounds)
    assert (measures["parts"], measures["srid_en"]) == (1, 27700)
    _, measures_by_id = await fetch(f"/areas/{number},999999999/geometry")
    assert measures_by_id == {str(number): measures}


@pytest.mark.parametrize("relation", sorted(RELATIONS))
async def test_relations_are_those_of_plain_geometry(fetch, numbers, wards, relation):
    for code in sorted(wards)[::8]:
        _, related = await fetch(f"/area/{numbers[code]}/{relation}?type=UTW")
        expected = {
            str(numbers[other.fid])
            for other in wards.values()
            if other.fid != code and RELATIONS[relation](wards[code].geometry, other.geometry)
        }
        assert set(related) == expected, code


async def test_a_council_covers_or_overlaps_its_wards_and_they_are_its_children(fetch, numbers):
    _, councils = await fetch("/areas/UTA")
    council = next(each for each in councils.values() if each["codes"]["gss"] == "E06000022")
    _, children = await fetch(f"/area/{council['id']}/children?type=UTW")
    assert set(children) == {str(number) for number in numbers.values()}
    _, covered = await fetch(f"/area/{council['id']}/coverlaps?type=UTW")
    assert set(children) <= set(covered)
    assert str(council["id"]) not in covered


async def test_an_example_is_a_postcode_inside(fetch, numbers):
    number = numbers["E05012471"]
    _, example = await fetch(f"/area/{number}/example_postcode")
    _, postcode = await fetch(f"/postcode/{example}")
    assert str(number) in postcode["areas"]


async def test_lists_are_by_ids_types_and_names(client, fetch, numbers):
    ids = sorted(numbers.values())[:2]
    _, by_ids = await fetch(f"/areas/{ids[1]},{ids[0]},999999999")
    assert list(by_ids) == [str(each) for each in ids]
    _, by_name = await fetch("/areas/kingsm")
    assert [each["name"] for each in by_name.values()] == ["Kingsmead"]
    posted = await client.post(f"{BASE}/areas", data={"URL": f"{ids[0]},{ids[1]}"})
    assert posted.json() == by_ids
    geojson = await client.get(f"{BASE}/areas/{ids[0]},{ids[1]}.geojson")
    features = json.loads(geojson.text)["features"]
    assert [feature["properties"] for feature in features] == list(by_ids.values())


async def test_an_area_of_another_year_keeps_its_id(fetch):
    _, areas = await fetch("/areas/Abbey?generation=1")
    (number,) = areas
    status, area = await fetch(f"/area/{number}")
    assert (status, area["generation_high"]) == (200, 1)
