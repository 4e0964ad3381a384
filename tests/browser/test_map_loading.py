"""Staff who load a file into a layer: on a phone without scripts, and on a desk that follows the reading."""

import socket

import pytest
from playwright.async_api import expect

from chassis.app import create_app
from chassis.web.sign_in import sessions
from chassis.web.sign_in.relying_party import Tokens
from services.mapping.tests.conftest import service
from services.mapping.tests.layer_world import GRIT_BINS, bin_at, clear, publish
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
async def bins(service, settings, database, mint_person):
    """The office's page of a layer with two bins, and the cookie of Ann who may publish."""
    app = create_app(service, settings)
    port = int(settings.issuer.split(":")[2].partition("/")[0])
    await clear(database)
    features = [bin_at(1, 375_000, 164_000), bin_at(2, 375_100, 164_000)]
    await publish(database, "citytown", GRIT_BINS, features)
    async with harness.serving(app, port):
        scopes = ["mapping:read", "mapping:write", "mapping:publish", "mapping:staff"]
        token = mint_person("ann", scopes=scopes, client_id="office", mode="live", iss=settings.issuer)
        claims = {"sub": "ann", "sid": "of-ann"}
        secret = await sessions.begin_session(
            app, "citytown", "office", claims, Tokens(access_token=token), "Ann Officer"
        )
        site = f"http://localhost:{port}"
        cookie = {"name": "mapping-staff-citytown", "value": secret, "url": site, "httpOnly": True}
        yield f"{site}/citytown/mapping/office/layers/grit-bins", cookie


async def send_file(tab, bins, path):
    await tab.goto(f"{bins}/new-load")
    await tab.get_by_label("The file", exact=True).set_input_files(path)
    await tab.get_by_role("button", name="Send the file").click()


async def test_a_wrong_file_and_a_right_one_on_a_phone_without_scripts(bins, visitor, run_jobs, tmp_path):
    layer, cookie = bins
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


async def test_a_page_follows_the_reading_by_itself(bins, visitor, axe, run_jobs, tmp_path):
    layer, cookie = bins
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
