"""Somebody who looks for a place: without scripts, by keyboard, on a phone, with and without a map."""

import re
import socket

import pytest
from playwright.async_api import expect

from chassis.app import create_app
from services.mapping.tests.conftest import service
from services.mapping.tests.layer_world import clear
from services.mapping.tests.viewer.map_world import build_town
from tests.browser import harness

__all__ = ["service"]
_CROSSHAIR = "getComputedStyle(document.querySelector('.map-frame')).outlineStyle"


@pytest.fixture(scope="module")
async def maps(service, settings, database):
    """The address of the map pages of a small town."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = f"http://localhost:{port}"
    app = create_app(service, settings.model_copy(update={"issuer": f"{site}/identity/"}))
    await clear(database)
    await build_town(database)
    async with harness.serving(app, port):
        yield f"{site}/citytown/mapping"


async def settle(tab):
    """Wait until the map stands still and is drawn."""
    await expect(tab.locator("[data-map]")).to_have_attribute("data-state", "idle", timeout=30_000)


async def show_map(tab):
    """Bring the map into sight and wait until it is drawn."""
    section = tab.locator("[data-map]")
    await section.scroll_into_view_if_needed()
    await settle(tab)
    return section.get_by_role("application")


@pytest.mark.everyday("mapping")
async def test_a_place_is_found_by_postcode_without_scripts(maps, visitor):
    tab = await visitor(**harness.PHONE, java_script_enabled=False)
    await tab.goto(f"{maps}/find")
    await tab.get_by_label("Postcode, street").fill("ba1 5aw")
    await tab.get_by_role("button", name="Find the place").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("What is here")
    await expect(tab.locator("main")).to_contain_text("inside Citytown Council")
    await expect(tab.get_by_role("link", name="Grit bins: Site 1, 30 m")).to_be_visible()
    await expect(tab.locator("[data-map]")).to_be_hidden()


@pytest.mark.everyday("mapping")
async def test_a_pin_is_placed_by_keyboard(maps, visitor, axe):
    tab = await visitor(**harness.DESKTOP)
    await tab.goto(f"{maps}/pin?kinds=grit-bins&return=/citytown/mapping/pin/example")
    canvas = await show_map(tab)
    await axe(tab)
    await canvas.focus()
    assert await tab.evaluate(_CROSSHAIR) == "solid"
    before = await tab.evaluate("document.querySelector('[data-map]').map.getCenter().lng")
    for key in ("+", "+", "Shift+ArrowRight", "ArrowLeft", "Enter"):
        await canvas.press(key)
        await settle(tab)
    after = await tab.evaluate("document.querySelector('[data-map]').map.getCenter().lng")
    assert after > before
    field = tab.get_by_label("Postcode, street")
    latitude, longitude = map(float, (await field.input_value()).split(","))
    assert longitude == pytest.approx(after, abs=1e-6)
    await expect(tab.locator("[data-status]")).to_contain_text("inside Citytown Council")
    await expect(tab.locator("[data-status]")).to_contain_text("Is this right?")
    await canvas.press("Tab")  # the keyboard is not trapped
    await expect(canvas).not_to_be_focused()
    await field.focus()
    await field.press("Enter")
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Is this right?")
    await tab.get_by_role("button", name="Yes, use this place").click()
    await expect(tab.locator("main")).to_contain_text(f"{longitude:.6f},{latitude:.6f}")


async def test_the_map_is_moved_by_buttons_that_are_large_enough(maps, visitor, axe):
    tab = await visitor(**harness.PHONE)
    await tab.goto(f"{maps}/pin")
    await show_map(tab)
    await axe(tab)
    for name in ("North", "West", "Zoom in", "Put the pin here"):
        box = await tab.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["width"] >= 24
        assert box["height"] >= 24
        await tab.get_by_role("button", name=name, exact=True).click()
        await settle(tab)
    await expect(tab.locator("[data-status]")).to_contain_text("Citytown Council")


async def test_the_list_follows_the_map_and_its_layers(maps, visitor, axe):
    tab = await visitor(**harness.DESKTOP)
    await tab.goto(f"{maps}/map?layer=grit-bins&at=-2.359840,51.374948")
    canvas = await show_map(tab)
    await axe(tab)
    listing = tab.locator("#shown")
    await tab.get_by_text("Choose layers").click()
    await tab.get_by_label("Wards").check()
    await expect(listing).to_contain_text("Ward E05000001")
    count = re.compile(r"Grit bins \(\d+\)")
    before = count.search(await listing.inner_text())[0]
    for _ in range(3):
        await canvas.press("Shift+ArrowRight")
    await expect(listing).not_to_contain_text(before)


async def test_what_is_drawn_is_in_the_tiles(maps, visitor):
    tab = await visitor(**harness.DESKTOP)
    await tab.goto(f"{maps}/map?layer=grit-bins&layer=wards&at=-2.359840,51.374948")
    await show_map(tab)
    drawn = (
        "[...new Set(document.querySelector('[data-map]').map.queryRenderedFeatures().map(f => f.layer.id))]"
    )
    names = set(await tab.evaluate(drawn))
    assert {"layer|grit-bins|point", "layer|wards|fill", "layer|wards|outline", "ground|roads|line"} <= names


async def test_a_browser_that_draws_no_map_is_told_so(maps, visitor, axe):
    tab = await visitor(**harness.DESKTOP)
    await tab.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    await tab.goto(f"{maps}/pin")
    await tab.locator("[data-map]").scroll_into_view_if_needed()
    await expect(tab.locator("[data-map]")).to_contain_text("The map cannot be drawn")
    await axe(tab)


async def test_a_location_is_filled_in_when_it_is_allowed(maps, visitor):
    allowed = {"geolocation": {"latitude": 51.374948, "longitude": -2.35984}, "permissions": ["geolocation"]}
    tab = await visitor(**harness.PHONE, **allowed)
    await tab.goto(f"{maps}/find")
    await tab.get_by_role("button", name="Use my location").click()
    await expect(tab.get_by_label("Postcode, street")).to_have_value("51.374948, -2.359840")
    refused = await visitor(**harness.PHONE)
    await refused.goto(f"{maps}/find")
    await refused.get_by_role("button", name="Use my location").click()
    await expect(refused.locator("[data-map-locate]")).to_contain_text("could not get your location")


@pytest.mark.parametrize(
    "size", [{"width": 320, "height": 256}, {"width": 375, "height": 667}, {"width": 1280, "height": 900}]
)
async def test_every_page_fits_also_at_four_hundred_percent(maps, visitor, size):
    tab = await visitor(viewport=size, forced_colors="active")
    for path in ("find", "layers", "layers/grit-bins", "map", "pin", "place?point=375050,164050"):
        await tab.goto(f"{maps}/{path}")
        await harness.axe(tab)


async def test_the_map_does_not_move_slowly_for_who_wants_no_motion(maps, visitor):
    tab = await visitor(**harness.DESKTOP, reduced_motion="reduce")
    await tab.goto(f"{maps}/pin")
    canvas = await show_map(tab)
    await canvas.press("ArrowUp")
    assert not await tab.evaluate("document.querySelector('[data-map]').map.isMoving()")
