"""MapLibre GL, unmodified, on a page of another site: it draws from the gateway's style and TileJSON."""

import base64

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from playwright.async_api import expect

from tests.browser import chromium, harness

pytestmark = pytest.mark.timeout(400)
LAYERS = ("wards", "roads", "rail-stations", "conservation-areas")
_PAGE = """<!doctype html><html lang="en"><head><title>Somebody's map</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/maplibre/maplibre-gl.css"></head>
<body><div id="map" style="width: 800px; height: 600px"></div><script type="module">
import * as maplibregl from "/maplibre/maplibre-gl.mjs";
maplibregl.setWorkerUrl("/maplibre/maplibre-gl-worker.mjs");
const map = window.map = new maplibregl.Map({
  container: "map", style: "STYLE", center: [-2.36, 51.382], zoom: 12, fadeDuration: 0,
  canvasContextAttributes: { preserveDrawingBuffer: true },
});
map.on("error", (event) => console.error(String(event.error)));
map.on("idle", () => (document.body.dataset.idle = Number(document.body.dataset.idle || 0) + 1));
</script></body></html>"""
_SHARES = """async (png) => {
  const image = new Image();
  image.src = png;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  return [...counts.values()].sort((a, b) => b - a).map((count) => count / pixels.length);
}"""
_DRAWN = "[...new Set(map.queryRenderedFeatures().map(each => each.sourceLayer))].sort()"
_ADD = """url => {
  map.addSource("lights", { type: "vector", url });
  map.addLayer({ id: "lights", type: "circle", source: "lights", "source-layer": "street-lights" });
  map.jumpTo({ zoom: 14 });
}"""


@pytest.fixture
async def site(platform):
    """The address of somebody's page with a map of citytown."""
    style = f"{platform.gateway}/citytown/mapping/ogc/styles/default?collections={','.join(LAYERS)}"
    page = FastAPI()
    page.mount("/maplibre", StaticFiles(directory=chromium.WEB / "node_modules" / "maplibre-gl" / "dist"))

    @page.get("/", response_class=HTMLResponse)
    async def show() -> str:
        return _PAGE.replace("STYLE", style)

    async with harness.serving(page) as url:
        yield url


async def test_maplibre_draws_from_another_site_with_a_clean_console(platform, site, visitor):
    tab = await visitor(**harness.DESKTOP)
    messages, statuses = [], []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("response", lambda response: statuses.append((response.status, response.url)))
    await tab.goto(site)
    await expect(tab.locator("body")).to_have_attribute("data-idle", "1", timeout=60_000)
    assert set(await tab.evaluate(_DRAWN)) >= {"wards", "roads", "conservation-areas"}
    shot = base64.b64encode(await tab.locator("#map").screenshot()).decode()
    shares = await tab.evaluate(_SHARES, f"data:image/png;base64,{shot}")
    assert len(shares) > 50  # colours
    assert shares[0] < 0.9  # the commonest of them
    tiles = f"{platform.gateway}/citytown/mapping/ogc/collections/street-lights/tiles"
    tilejson = f"{tiles}/WebMercatorQuad/tilejson.json"
    await tab.evaluate(_ADD, tilejson)
    await tab.wait_for_function(f"map.areTilesLoaded() && {_DRAWN}.includes('street-lights')", timeout=60_000)
    of_gateway = [status for status, url in statuses if url.startswith(platform.gateway)]
    assert set(of_gateway) <= {200, 204}
    assert 204 in of_gateway  # an empty tile is no error to it
    assert [each for each in messages if "GL Driver Message" not in each] == []
