"""The map pages as somebody without scripts reads them."""

import json
import re

import httpx
import pytest

from chassis.web.translations import find_missing_translations
from mapping.shared.pages import LIBRARIES
from services.mapping.tests.layer_world import clear
from services.mapping.tests.viewer.map_world import build_town

HTML = {"Accept": "text/html"}
MAPS = "/citytown/mapping"
_POINT = "-2.359840,51.374948"


@pytest.fixture(scope="module")
async def town(app, client, database):
    """The town's layers, known to the process."""
    await clear(database)
    await build_town(database)
    await app.state.snapshots.refresh()


@pytest.fixture
async def reader(town, app):
    """A browser without scripts."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test.invalid", headers=HTML) as reader:
        yield reader


async def follow(reader, path):
    """Get a page, through what leads to it."""
    return await reader.get(path, follow_redirects=True)


@pytest.mark.parametrize(
    "text",
    [
        "BA1 5AW",
        "ba15aw",
        "375050 164050",
        "ST 75050 64050",
        "51.374948, -2.359840",
        "-2.359840,51.374948",
        "milsom street",
    ],
)
async def test_every_way_of_typing_a_place_leads_to_the_same_page(reader, text):
    page = await follow(reader, f"{MAPS}/find?{httpx.QueryParams(q=text, submitted='yes')}")
    assert page.status_code == 200
    assert page.url.path == f"{MAPS}/place"
    for part in ("inside Citytown Council", "Milsom Street", "Ward E05000001", "Ward E90000001", "Site 1, "):
        assert part in page.text, part


async def test_a_place_outside_is_said_to_be_outside(reader):
    page = await reader.get(f"{MAPS}/place?point=380000,170000")
    assert "outside Citytown Council" in page.text
    assert "Ward" not in page.text


async def test_streets_of_one_name_are_told_apart(reader):
    page = await reader.get(f"{MAPS}/find?q=High+Street&submitted=yes")
    points = re.findall(rf'href="({MAPS}/place\?point=[^"]+)"', page.text)
    assert len(points) == len(set(points)) == 2
    wards = [re.findall(r"Ward E0\d+", (await reader.get(point)).text)[0] for point in points]
    assert sorted(wards) == ["Ward E05000001", "Ward E05000002"]


@pytest.mark.parametrize(
    ("query", "message"),
    [("q=&submitted=yes", "Enter a postcode"), ("q=Nowhere+Lane&submitted=yes", "did not find")],
)
async def test_what_is_not_found_is_said_at_the_field(reader, query, message):
    page = await reader.get(f"{MAPS}/find?{query}")
    assert page.status_code == 400
    assert message in page.text
    assert 'href="#q"' in page.text


async def test_layers_of_staff_are_nowhere(reader):
    for path in ("layers", "map", "map/style", f"place?point={_POINT}"):
        page = await reader.get(f"{MAPS}/{path}")
        assert page.status_code == 200, path
        assert "ameras" not in page.text, path
    assert (await reader.get(f"{MAPS}/layers/cameras")).status_code == 404
    assert (await reader.get(f"{MAPS}/map?layer=cameras")).status_code == 404


async def test_properties_of_staff_are_not_in_a_table(reader):
    page = await reader.get(f"{MAPS}/layers/grit-bins")
    assert "Where it stands" in page.text
    assert "4711" not in page.text
    assert "Code of its lock" not in page.text
    assert "0 rows" in (await reader.get(f"{MAPS}/layers/grit-bins?q=4711")).text


async def test_a_layer_says_whose_it_is_and_that_there_is_no_wms(reader):
    page = (await reader.get(f"{MAPS}/layers/grit-bins")).text
    for part in (
        "Highways",
        "October 2017",
        "Open Government Licence v3.0",
        "Contains OS data",
        "no WMS and no WFS",
    ):
        assert part in page, part
    assert page.index("</table>") < page.index('data-map="view"')
    for form in ("gpkg", "geojson", "csv"):
        path = f"{MAPS}/v1/exports/grit-bins.{form}"
        assert f'href="{path}"' in page
        assert (await reader.get(path)).status_code == 200
    assert "made up for demonstration" in (await reader.get(f"{MAPS}/layers/conservation-areas")).text


@pytest.mark.parametrize("order", ["up", "down"])
async def test_a_table_is_read_to_its_end_in_order(reader, order):
    path, ids = f"{MAPS}/layers/grit-bins?sort=ref&order={order}", []
    while path:
        page = (await reader.get(path)).text
        ids += re.findall(r">(GB-\d+)</a>", page)
        following = re.search(r'rel="next" href="([^"#]+)', page)
        path = following and following[1].replace("&amp;", "&")
    assert ids == sorted((f"GB-{number}" for number in range(1, 61)), reverse=order == "down")


@pytest.mark.parametrize(
    "query", ["sort=key_code", "sort=nothing", "order=sideways", "after=x", "after=WzEsMl0", "q=" + "x" * 101]
)
async def test_a_table_refuses_what_it_does_not_have(reader, query):
    assert (await reader.get(f"{MAPS}/layers/grit-bins?{query}")).status_code == 400


async def test_the_map_lists_what_it_shows(reader):
    page = (await reader.get(f"{MAPS}/map?layer=grit-bins&at={_POINT}")).text
    assert "Grit bins (1" in page
    assert "Site 1<" in page
    assert page.index('id="shown"') < page.index('data-map="view"')
    far = (await reader.get(f"{MAPS}/map/features?box=-3,50,-2.9,50.1&layers=grit-bins")).text
    assert "Grit bins (0)" in far


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "1,2,3,nan", "2,50,1,51", "1,51,2,50", "a,b,c,d", "-200,0,0,1", "0,0,inf,1"]
)
async def test_a_box_that_is_none_is_refused(reader, box):
    assert (await reader.get(f"{MAPS}/map/features?layers=wards&box={box}")).status_code == 400


async def test_the_style_has_what_it_draws(reader):
    style = json.loads((await reader.get(f"{MAPS}/map/style?layers=grit-bins")).text)
    visible = {
        part["id"] for part in style["layers"] if part.get("layout", {}).get("visibility") == "visible"
    }
    assert "layer|grit-bins|point" in visible
    assert "ground|roads|line" in visible
    assert not any(name.startswith("layer|wards") for name in visible)
    assert {part["source"] for part in style["layers"] if "source" in part} <= set(style["sources"])
    version = style["sources"]["grit-bins"]["tiles"][0].rpartition("=")[2]
    assert version == "1"


async def test_a_place_is_taken_back_to_the_page_that_asked(reader):
    back = "/citytown/casework/office?step=2"
    page = await reader.get(f"{MAPS}/pin?{httpx.QueryParams({'return': back, 'kinds': 'grit-bins'})}")
    assert f'value="{back}"' in page.text
    query = {"q": "BA1 5AW", "kinds": "grit-bins", "return": back}
    page = await reader.get(f"{MAPS}/pin/check?{httpx.QueryParams(query)}")
    assert 'value="grit-bins/GB-1"' in page.text
    query = {"point": _POINT, "feature": "grit-bins/GB-1", "return": back}
    answer = await reader.get(f"{MAPS}/pin/use?{httpx.QueryParams(query)}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{back}&place=-2.359840%2C51.374948&feature=grit-bins%2FGB-1"


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/citytown/",
        "/hillshire/casework/office",
        "/citytown/../hillshire/x",
        "/citytown//elsewhere.example",
        "/citytown/\\elsewhere.example",
        "/citytown/casework#x",
        "/citytown",
    ],
)
async def test_a_place_is_taken_nowhere_else(reader, back):
    query = httpx.QueryParams({"point": _POINT, "return": back})
    for path in ("pin", "pin/use"):
        assert (await reader.get(f"{MAPS}/{path}?{query}")).status_code == 400


async def test_pages_may_draw_maps_and_the_others_may_not(reader):
    policies = [
        (await reader.get(f"{MAPS}/{path}")).headers["Content-Security-Policy"]
        for path in ("map", "pin", "layers", "pin/example")
    ]
    assert ["worker-src 'self'" in policy for policy in policies] == [True, True, False, False]
    assert not any("blob:" in policy or "unsafe" in policy for policy in policies)


@pytest.mark.parametrize("path", ["find", "layers", "layers/grit-bins", "map", "pin", "pin/example"])
async def test_a_page_is_in_welsh_too(reader, path):
    page = await reader.get(f"{MAPS}/{path}?lang=cy")
    assert '<html lang="cy"' in page.text
    assert ">Find a place<" not in page.text


async def test_the_rest_is_in_welsh_too(reader):
    for path in (
        f"place?point={_POINT}",
        "pin/check?q=BA1+5AW",
        f"pin/meaning?point={_POINT}",
        "find?q=x&submitted=yes",
    ):
        assert '<html lang="cy"' in (await reader.get(f"{MAPS}/{path}&lang=cy")).text
    listed = await reader.get(f"{MAPS}/map/features?box=-3,50,-2.9,50.1&layers=wards&lang=cy")
    assert "Yr hyn" in listed.text
    assert ">Lle<" in (await reader.get(f"{MAPS}/pin/example?place={_POINT}&lang=cy")).text


def test_every_text_has_a_welsh_translation():
    assert find_missing_translations("mapping") == []


def test_the_image_has_the_libraries_of_the_pages(request):
    dockerfile = (request.config.rootpath / "services/mapping/Dockerfile").read_text()
    assert [name for name in LIBRARIES if f"/web/node_modules/{name} " not in dockerfile] == []
