"""Areas of points and postcodes, by the examples of MapIt's contract over real boundaries."""

import pytest

AREA_MEMBERS = {
    "id", "name", "parent_area", "type", "type_name", "country", "country_name", "generation_low",
    "generation_high", "codes", "all_names",
}  # fmt: skip
GUILDHALL = (-2.3591, 51.3827)
BASE = "/citytown/mapping/mapit"


def name_areas(areas):
    return {(area["type"], area["name"]) for area in areas.values()}


async def test_a_point_is_in_its_areas_of_today(fetch):
    status, areas = await fetch("/point/4326/-2.3591,51.3827")
    assert status == 200
    assert name_areas(areas) == {
        ("UTW", "Kingsmead"),
        ("WMC", "Bath"),
        ("UTA", "Bath and North East Somerset"),
        ("NCP", "Bath (unparished area)"),
    }
    assert all(set(area) == AREA_MEMBERS for area in areas.values())
    assert all(str(area["id"]) == key for key, area in areas.items())
    (ward,) = (area for area in areas.values() if area["type"] == "UTW")
    (council,) = (area for area in areas.values() if area["type"] == "UTA")
    assert ward["parent_area"] == council["id"]
    assert ward["codes"] == {"gss": "E05012471"}
    assert (ward["country"], ward["country_name"], ward["type_name"]) == (
        "E",
        "England",
        "Unitary authority ward",
    )
    assert (ward["generation_low"], ward["generation_high"]) == (20190502, 20190502)


@pytest.mark.parametrize("path", ["/point/27700/375100,164900", "/point/3857/-262614,6690230"])
async def test_a_point_is_the_same_in_every_system(fetch, path):
    _, areas = await fetch(path)
    assert ("UTA", "Bath and North East Somerset") in name_areas(areas)


async def test_a_generation_has_its_own_wards(fetch):
    _, before = await fetch("/point/4326/-2.3591,51.3827?generation=1&type=UTW")
    _, now = await fetch("/point/4326/-2.3591,51.3827?generation=20190502&type=UTW")
    _, of_all_years = await fetch("/point/4326/-2.3591,51.3827?min_generation=1&type=UTW")
    assert name_areas(before) == {("UTW", "Abbey")}
    assert name_areas(now) == {("UTW", "Kingsmead")}
    assert set(of_all_years) == {*before, *now}
    (ward,) = before.values()
    assert (ward["generation_low"], ward["generation_high"]) == (1, 1)


async def test_areas_are_chosen_by_type_and_country(fetch):
    _, areas = await fetch("/point/4326/-2.3591,51.3827?type=UTA,WMC")
    assert {kind for kind, _ in name_areas(areas)} == {"UTA", "WMC"}
    assert await fetch("/point/4326/-2.3591,51.3827?country=W") == (200, {})


async def test_outside_the_council_the_nation_answers_and_at_sea_nobody(fetch):
    _, bristol = await fetch("/point/4326/-2.5879,51.4545")
    assert name_areas(bristol) == {("UTA", "Bristol, City of")}
    assert await fetch("/point/4326/3.5,56.5") == (200, {})


async def test_boxes_hold_more_than_shapes(fetch):
    _, areas = await fetch("/point/4326/-2.3591,51.3827")
    status, boxes = await fetch("/point/4326/-2.3591,51.3827/box")
    assert status == 200
    assert set(areas) < set(boxes)


async def test_within_adds_what_is_near(fetch):
    _, areas = await fetch("/point/4326/-2.3591,51.3827?type=UTW")
    _, near = await fetch("/point/4326/-2.3591,51.3827?type=UTW&within=1500")
    assert set(areas) < set(near)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/point/4326/-2.3591,51.3827?within=near", 'Bad "within" parameter specified'),
        ("/point/4326/-2.3591,51.3827?within=-1", 'Bad "within" parameter specified'),
        ("/point/4326/-2.3591,51.3827?generation=x", "Bad value specified for generation parameter"),
        ("/point/4326/-200,51", "Point outside the area geometry"),
        ("/postcode/BA1", "Postcode 'BA1' is not valid."),
        ("/postcode/partial/1BA", "Postcode '1BA' is not valid."),
        ("/area/x", "Bad area ID specified"),
    ],
)
async def test_what_cannot_be_read_is_400_in_mapits_words(fetch, path, words):
    assert await fetch(path) == (400, {"error": words, "code": 400})


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/postcode/ZE1 0AA", "No Postcode matches the given query."),
        ("/postcode/partial/ZE1", "Postcode not found"),
        ("/nearest/4326/-4.5,54.2", "No Postcode matches the given query."),
        ("/area/999999999", "No Area matches the given query."),
        ("/area/E05999999", "No areas were found that matched code gss = E05999999."),
    ],
)
async def test_what_is_not_there_is_404_in_mapits_words(fetch, path, words):
    assert await fetch(path) == (404, {"error": words, "code": 404})


@pytest.mark.parametrize("path", ["/point/4326/1e3,51", "/point/4326/a,b", "/point/4326/1", "/area/1/no"])
async def test_other_addresses_are_not_mapits(fetch, path):
    status, body = await fetch(path)
    assert (status, body["code"]) == (404, 404)


async def test_old_addresses_lead_to_the_general_ones(client, areas):
    degrees = await client.get(f"{BASE}/point/latlon/51.3827,-2.3591?type=UTW")
    grid = await client.get(f"{BASE}/point/osgb/375100,164900.json")
    assert (degrees.status_code, grid.status_code) == (302, 302)
    assert degrees.headers["location"] == f"{BASE}/point/4326/-2.3591,51.3827?type=UTW"
    assert grid.headers["location"] == f"{BASE}/point/27700/375100,164900.json"


async def test_a_postcode_has_its_place_areas_and_shortcuts(fetch):
    status, postcode = await fetch("/postcode/ba11lj.json")
    assert status == 200
    assert list(postcode) == [
        "postcode", "wgs84_lon", "wgs84_lat", "coordsyst", "easting", "northing", "areas", "shortcuts",
    ]  # fmt: skip
    assert (postcode["postcode"], postcode["coordsyst"]) == ("BA1 1LJ", "G")
    assert (postcode["wgs84_lon"], postcode["wgs84_lat"]) == pytest.approx((-2.36, 51.38), abs=0.01)
    types = {area["type"]: area["id"] for area in postcode["areas"].values()}
    assert postcode["shortcuts"] == {"ward": types["UTW"], "council": types["UTA"], "WMC": types["WMC"]}


async def test_a_district_is_the_middle_of_its_postcodes(fetch):
    _, short = await fetch("/postcode/partial/BA1")
    _, long = await fetch("/postcode/partial/BA1 1LJ")
    assert short == long
    assert list(short) == ["postcode", "wgs84_lon", "wgs84_lat", "coordsyst", "easting", "northing"]
    assert short["postcode"] == "BA1"


async def test_the_nearest_postcode_comes_with_its_distance(fetch):
    _, postcode = await fetch("/postcode/BA1 1LJ")
    easting, northing = postcode["easting"], postcode["northing"]
    _, nearest = await fetch(f"/nearest/27700/{easting},{northing}")
    assert nearest["postcode"]["distance"] == 0
    assert nearest["postcode"]["postcode"] == "BA1 1LJ"


async def test_answers_are_tagged_and_public(client, areas):
    first = await client.get(f"{BASE}/point/4326/-2.3591,51.3827")
    assert first.headers["cache-control"] == "public, max-age=300"
    again = await client.get(
        f"{BASE}/point/4326/-2.3591,51.3827", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304


async def test_generations_and_types_are_listed(fetch):
    _, generations = await fetch("/generations")
    assert list(generations) == ["1", "20190502"]
    assert generations["20190502"] == {
        "id": 20190502,
        "active": True,
        "created": "2019-05-01T23:00:00Z",
        "description": "Boundaries from 2 May 2019",
    }
    _, types = await fetch("/types.json")
    assert types["area"]["UTW"] == "Unitary authority ward (UTW)"
    assert set(types["code"]) == {"gss", "ons", "unit_id"}
    assert set(types["name"]) == {"O", "S", "M"}


async def test_answers_have_pages_for_people(client, areas):
    for path, words in (
        ("", "A client of MapIt needs"),
        ("/point/4326/-2.3591,51.3827.map.html", "4 areas"),
        ("/area/E05012471.html", "Unitary authority ward (UTW)"),
        ("/postcode/BA1 1LJ.html", "Its areas"),
        ("/generations.html", "Boundaries from 2 May 2019"),
    ):
        response = await client.get(BASE + path, follow_redirects=True)
        assert response.status_code == 200, path
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert words in response.text, path
