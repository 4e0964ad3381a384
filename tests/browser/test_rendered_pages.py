"""Every page that the tests rendered, as axe-core sees it on a phone and a desk. No journey, no server."""

import importlib
import os
from pathlib import Path

import pytest

from chassis.web.assets import Assets
from chassis.web.languages import folders_of
from tests.browser import harness
from tests.browser.page_recorder import FOLDER, SERVICES

pytestmark = pytest.mark.rendered

SITE = "http://rendered.invalid"
PATHS = {"resident": "services"}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 780}


def list_pages():
    folder = Path(os.environ.get(FOLDER, "."))
    return sorted(folder.glob("*~*~*.html")) if FOLDER in os.environ else []


@pytest.fixture(scope="module")
def assets():
    """The files of each service, by the first part of its paths."""
    paths = {name: PATHS.get(name, name) for name in SERVICES}
    return {path: Assets(name, path=path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def bodies():
    return {path.name: path.read_bytes() for path in list_pages()}


@pytest.fixture(scope="module")
async def tab(browser, assets, bodies):
    """A tab in which recorded pages and the services' own files are all there is."""
    window = await harness.Window.open(browser, viewport=WIDE)
    page = await window.page()

    async def answer(route, request):
        path = request.url.removeprefix(SITE).partition("?")[0]
        service, _, name = path.strip("/").partition("/assets/")
        if path.startswith("/page/"):
            body = bodies[path.removeprefix("/page/")]
            await route.fulfill(body=body, content_type="text/html; charset=utf-8")
        elif service in assets and (asset := assets[service].find(name)) is not None:
            await route.fulfill(body=asset.body, content_type=asset.media_type)
        else:
            await route.fulfill(status=404, body="")

    await page.route("**/*", answer)
    yield page
    await window.context.close()


@pytest.mark.parametrize("path", list_pages(), ids=lambda path: path.stem)
async def test_a_rendered_page_is_accessible(tab, path):
    await tab.set_viewport_size(WIDE)
    await tab.goto(f"{SITE}/page/{path.name}")
    await harness.axe(tab)
    await tab.set_viewport_size(NARROW)
    await harness.fits(tab)


def test_every_template_was_rendered():
    """After a run of all tests; a run of some renders some."""
    if os.environ.get("TEST_RENDERED_ALL") != "yes":
        assert list_pages() is not None
        return
    recorded = {tuple(path.stem.split("~")[:2]) for path in list_pages()}
    assert [name for name in templates() if name not in recorded] == []


def templates():
    for service in SERVICES:
        importlib.import_module(service)
        for folder in folders_of(service, "pages"):
            yield from ((service, path.stem) for path in sorted(folder.glob("*.html")))


async def test_a_bad_page_is_found(tab):
    await tab.goto(f"{SITE}/nowhere")
    await tab.set_content('<html lang="en"><title>x</title><img src="a.png"><p style="width:2000px">wide</p>')
    assert any("image-alt" in fault for fault in await harness.violations(tab))
    with pytest.raises(AssertionError, match="scrolls sideways"):
        await harness.fits(tab)
