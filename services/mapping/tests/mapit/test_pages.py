"""MapIt's .html and .map.html, without scripts; and its addresses that lead to others.

``test_places.py`` shows each template in every run.
"""

import re

import pytest

from mapping.mapit.routes import pages

pytestmark = pytest.mark.long
BASE = "/citytown/mapping/mapit"
POINT = "-2.3591,51.3827"
_LINK = re.compile(rf'href="({BASE}[^"]*)"')


@pytest.fixture
async def read_page(client, areas):
    async def read_page(path):
        response = await client.get(BASE + path, follow_redirects=True)
        assert response.status_code == 200, (path, response.text[:300])
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return response.text

    return read_page


@pytest.fixture(scope="module")
async def ward(client, areas):
    response = await client.get(f"{BASE}/area/E05012471", follow_redirects=True)
    return response.json()["id"]


async def test_every_link_of_the_pages_leads_to_an_answer(client, read_page):
    """From MapIt's own page on: each address but numbers alike, to a depth of three."""
    waiting, visited = {"", f"/point/4326/{POINT}.map.html", "/postcode/BA1 1LJ.html"}, set()
    for _ in range(3):
        reached = set()
        for path in sorted(waiting):
            visited.add(re.sub(r"\d+", "1", path))
            response = await client.get(BASE + path, follow_redirects=True)
            assert response.status_code == 200, path
            if response.headers["content-type"].startswith("text/html"):
                hrefs = (
                    href.replace("&amp;", "&").removeprefix(BASE) for href in _LINK.findall(response.text)
                )
                reached |= {href for href in hrefs if re.sub(r"\d+", "1", href) not in visited}
        by_shape = {re.sub(r"\d+", "1", href): href for href in sorted(reached)}
        waiting = set(by_shape.values())
    assert len(visited) > 20


@pytest.mark.parametrize(
    "path", [f"/point/4326/{POINT}", f"/point/4326/{POINT}/box", "/areas/king", "/areas/UTW"]
)
async def test_a_page_lists_what_the_json_has(client, read_page, path):
    areas = (await client.get(BASE + path)).json()
    page = await read_page(f"{path}.html")
    ids = {str(number) for number in re.findall(rf"{BASE}/area/(\d+)\.html", page)}
    assert ids == set(areas)
    assert "<svg role" not in page
    drawn = await read_page(f"{path}.map.html")
    assert drawn.count("<path d=") == drawn.count("<text ") == len(areas)


@pytest.mark.parametrize("relation", ["children", "touches", "covered"])
async def test_neighbours_have_pages(client, read_page, ward, relation):
    areas = (await client.get(f"{BASE}/area/{ward}/{relation}?type=UTW")).json()
    page = await read_page(f"/area/{ward}/{relation}.map.html?type=UTW")
    assert page.count("<path d=") == len(areas)
    assert areas or "There are no areas here." in page


async def test_an_areas_page_has_its_codes_and_outline(read_page, ward):
    page = await read_page("/area/E05012471.html")
    for part in (
        "Kingsmead",
        "E05012471",
        "Unitary authority ward (UTW)",
        f"{BASE}/area/{ward}.geojson",
        "<path d=",
    ):
        assert part in page, part


async def test_postcodes_and_generations_have_pages(client, read_page):
    page = await read_page("/postcode/BA1 1LJ.html")
    ids = set((await client.get(f"{BASE}/postcode/BA1 1LJ")).json()["areas"])
    assert set(re.findall(rf"{BASE}/area/(\d+)\.html", page)) == ids
    assert "BA1" in await read_page("/postcode/partial/BA1.html")
    assert "Distance in metres" in await read_page(f"/nearest/4326/{POINT}.html")
    assert "20190502" in await read_page("/generations.html")


async def test_forms_lead_to_pages(client, read_page):
    assert "BA1 1LJ" in await read_page("/postcode/?pc=ba11lj")
    assert "Kingsmead" in await read_page("/point/?pc=51.3827,+-2.3591")
    wrong = await client.get(f"{BASE}/postcode/?pc=x")
    assert (wrong.status_code, wrong.json()) == (400, {"error": "Postcode 'x' is not valid.", "code": 400})


@pytest.mark.parametrize("form", ["", ".json", ".html", ".map.html"])
async def test_boxes_and_points_of_every_system_keep_their_form(client, areas, form):
    for path in (f"/point/latlon/51.3827,-2.3591/box{form}", f"/point/osgb/375100,164900/box{form}",
                 f"/point/latlon/51.3827,-2.3591{form}"):  # fmt: skip
        response = await client.get(BASE + path)
        assert response.status_code == 302
        assert response.headers["location"].endswith(form)
        assert (await client.get(response.headers["location"])).status_code == 200


async def test_shapes_of_several_areas_come_in_every_system(client, ward):
    for srid, east in ((27700, 375_000), (3857, -262_000), (4326, -2.3)):
        response = await client.get(f"{BASE}/areas/{srid}/{ward}.geojson")
        x, _ = response.json()["features"][0]["geometry"]["coordinates"][0][0]
        assert x == pytest.approx(east, rel=0.1)
    wkt = await client.get(f"{BASE}/area/4326/{ward}.wkt")
    assert wkt.text.startswith("POLYGON ((-2.3")
    assert (await client.get(f"{BASE}/areas/2154/{ward}.kml")).status_code == 400


async def test_a_long_list_says_that_it_is_cut(read_page, monkeypatch):
    monkeypatch.setattr(pages, "MOST_ROWS", 2)
    monkeypatch.setattr(pages, "MOST_DRAWN", 2)
    page = await read_page("/areas/UTW.map.html")
    assert "These are the first 2 of" in page
    assert "More than 2 areas are not drawn" in page


@pytest.mark.parametrize("path", ["/postcode/BA1 1LJ.map.html", "/nearest/4326/1,52.kml", "/areas/UTW.wkt",
                                  "/area/1/geometry.kml", "/areas/4326/1.html"])  # fmt: skip
async def test_forms_that_mapit_has_not_are_404(client, areas, path):
    assert (await client.get(BASE + path)).status_code == 404
