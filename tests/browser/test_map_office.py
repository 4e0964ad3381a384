"""Staff who change maps: files loaded into a layer, areas drawn point by point, on a phone and at a desk."""

import socket

import pytest
from playwright.async_api import expect

from chassis.app import create_app
from chassis.web.sign_in import sessions
from chassis.web.sign_in.relying_party import Tokens
from services.mapping.tests.conftest import service
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, clear, publish, square
from tests.browser import harness

__all__ = ["service"]
HEADER = "ref,site,key_code,easting,northing\n"
TWO = "GB-1,Site 1,4711,375000,164000\nGB-2,By the pond,4711,375100,164000\n"


@pytest.fixture(scope="module")
def settings(settings):
    """The pages' own address, so that forms are known to come from them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return settings.model_copy(update={"issuer": f"http://localhost:{port}/identity/"})


@pytest.fixture(scope="module")
async def office(service, settings, database, mint_person):
    """The office's layers, one with two bins and one with a ward, and the cookie of Ann who may publish."""
    app = create_app(service, settings)
    port = int(settings.issuer.split(":")[2].partition("/")[0])
    await clear(database)
    features = [bin_at(1, 375_000, 164_000), bin_at(2, 375_100, 164_000)]
    await publish(database, "citytown", GRIT_BINS, features)
    await publish(database, "citytown", WARDS, [square("E05000001", 375_000, 164_000, 400)])
    async with harness.serving(app, port):
        scopes = ["mapping:read", "mapping:write", "mapping:publish", "mapping:staff"]
        token = mint_person("ann", scopes=scopes, client_id="office", mode="live", iss=settings.issuer)
        claims = {"sub": "ann", "sid": "of-ann"}
        secret = await sessions.begin_session(
            app, "citytown", "office", claims, Tokens(access_token=token), "Ann Officer"
        )
        site = f"http://localhost:{port}"
        cookie = {"name": "mapping-staff-citytown", "value": secret, "url": site, "httpOnly": True}
        yield f"{site}/citytown/mapping/office/layers", cookie


async def send_file(tab, layer, path):
    await tab.goto(f"{layer}/new-load")
    await tab.get_by_label("The file", exact=True).set_input_files(path)
    await tab.get_by_role("button", name="Send the file").click()


async def test_a_wrong_file_and_a_right_one_on_a_phone_without_scripts(office, visitor, run_jobs, tmp_path):
    layers, cookie = office
    layer = f"{layers}/grit-bins"
    tab = await visitor(**harness.PHONE, java_script_enabled=False)
    await tab.context.add_cookies([cookie])
    wrong = tmp_path / "bins.gpkg"
    wrong.write_text(HEADER + TWO)
    await send_file(tab, layer, wrong)
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("The file is being read")
    await run_jobs()
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("cannot be loaded", timeout=30_000)
    await tab.get_by_role("button", name="Send another file").click()
    right = tmp_path / "bins.csv"
    right.write_text(HEADER + TWO + "GB-2,Again,4711,375100,164000\n")
    await send_file(tab, layer, right)
    await run_jobs()
    await expect(tab.locator("main")).to_contain_text("Rows that cannot be features", timeout=30_000)
    await tab.get_by_label("Why?").fill("Yearly survey")
    await tab.get_by_role("button", name="Publish it").click()
    await tab.locator(".govuk-error-summary").get_by_role("link", name="Agree to what the page lists").click()
    await expect(tab.get_by_label("Why?")).to_have_value("Yearly survey")
    await tab.get_by_label("Leave the refused rows out").check()
    await tab.get_by_role("button", name="Publish it").click()
    await run_jobs()
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("is published", timeout=30_000)
    await tab.goto(f"{layer}/features/GB-2/history")
    await expect(tab.locator("main")).to_contain_text("Ann Officer")


async def test_a_page_follows_the_reading_by_itself(office, visitor, axe, run_jobs, tmp_path):
    layers, cookie = office
    layer = f"{layers}/grit-bins"
    tab = await visitor(**harness.DESKTOP)
    await tab.context.add_cookies([cookie])
    file = tmp_path / "more.csv"
    file.write_text(HEADER + TWO + "GB-9,Site 9,4711,375500,164000\n")
    await send_file(tab, layer, file)
    await expect(tab.get_by_role("progressbar")).to_be_visible()
    await axe(tab)
    await run_jobs()
    await expect(tab.get_by_role("heading", level=1)).to_contain_text("would change", timeout=30_000)
    await axe(tab)
    await tab.get_by_role("button", name="Discard it").click()
    await expect(tab.get_by_role("alert")).to_contain_text("The file is discarded.")


async def open_drawing(tab, page):
    """Open a page with a map to draw on; return the map's section, and the field that it fills in."""
    await tab.goto(page)
    section = tab.locator("[data-map=draw]")
    await section.scroll_into_view_if_needed()
    await expect(section).to_have_attribute("data-state", "idle", timeout=30_000)
    return section, tab.get_by_label("Where is it?")


async def press(tab, *names):
    for name in names:
        await tab.get_by_role("button", name=name, exact=True).click()


async def test_a_corner_of_an_area_is_moved_on_a_phone_and_moved_back(office, visitor, axe):
    layers, cookie = office
    ward = f"{layers}/wards/features/E05000001"
    tab = await visitor(**harness.PHONE)
    await tab.context.add_cookies([cookie])
    section, field = await open_drawing(tab, f"{ward}/move")
    former = (await field.input_value()).split("\n")
    await expect(section).to_have_attribute("data-points", "4")
    await expect(tab.get_by_role("button", name="Move the point here")).to_be_disabled()
    await press(tab, "Choose the nearest point", "North", "East")
    await expect(section.get_by_role("status")).to_contain_text("is chosen")
    await expect(section).to_have_attribute("data-state", "idle")
    await press(tab, "Move the point here")
    present = (await field.input_value()).split("\n")
    assert [before == after for before, after in zip(former, present, strict=True)].count(False) == 1
    await axe(tab)
    for button in await section.get_by_role("button").all():
        assert (await button.bounding_box())["height"] >= 43.9
    await press(tab, "Undo")
    assert (await field.input_value()).split("\n") == former
    await press(tab, "Choose the nearest point", "Remove the point")
    await expect(section).to_have_attribute("data-points", "3")
    await tab.get_by_label("Why?").fill("A review")
    await press(tab, "Save the place")
    await expect(tab.get_by_role("alert")).to_contain_text("The feature has another place.")
    await expect(tab.locator("main")).to_contain_text("8.00 hectares")


async def test_an_area_is_drawn_by_keys_alone(office, visitor):
    layers, cookie = office
    tab = await visitor(**harness.DESKTOP)
    await tab.context.add_cookies([cookie])
    section, field = await open_drawing(tab, f"{layers}/wards/new-feature")
    canvas = section.locator("canvas")
    await canvas.focus()
    for number, keys in enumerate((["ArrowUp"], ["ArrowRight"], ["ArrowDown", "ArrowDown"]), 1):
        for key in keys:
            await canvas.press(key)
            await tab.wait_for_timeout(300)  # a step of the map
        await canvas.press("Enter")
        await expect(section).to_have_attribute("data-points", str(number))
    assert len((await field.input_value()).split("\n")) == 3
    await tab.get_by_label("GSS code").fill("E05000002")
    await tab.get_by_label("Name").fill("Ward 2")
    await tab.get_by_label("Why?").fill("A new ward")
    await press(tab, "Add it")
    await expect(tab.get_by_role("alert")).to_contain_text("The feature is added.")
    await expect(tab.get_by_role("term").filter(has_text="Area")).to_be_visible()
