"""Every page of identity, on a phone and a desk, in English and Welsh, as axe-core sees it: none left out."""

import ast
import os
from pathlib import Path

import pytest

import identity
from chassis.app import create_app
from chassis.web import Pages
from chassis.web.languages import COOKIE
from services.identity.tests import provider
from services.identity.tests.conftest import master_key, service
from tests.browser import harness, upstream_pages
from tests.browser.every_page import ELSEWHERE, WAYS, Visit

__all__ = ["master_key", "service", "upstream_pages"]
TEMPLATES = sorted(
    [path.name for path in Path(identity.__file__).parent.glob("*/pages/*.html")]
    + ["sent-message.html", "sent-messages.html"]  # the chassis has these
)
SMALL = {"width": 375, "height": 812}
LARGE = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, jwks_url):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        master_key=master_key,
        trace_ratio=0,
        mail="sent-messages",
    )


@pytest.fixture(scope="module")
def rendered():
    """The templates in the order they were rendered."""
    with pytest.MonkeyPatch.context() as patch:
        templates, render = [], Pages.render

        def noting(pages, request, template, *more, **context):
            templates.append(template)
            return render(pages, request, template, *more, **context)

        patch.setattr(Pages, "render", noting)
        yield templates


@pytest.fixture(scope="module")
async def site(service, settings, rendered):
    async with harness.serving(create_app(service, settings)) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
def come(site, visitor, database):
    """``visit = await come(size, language)``: somebody new, with an account, in a tab of that size."""

    async def arrive(size, language):
        account = await provider.create_person(database)
        async with database.reading() as session:
            address = await session.scalar(
                provider.account_email.select()
                .with_only_columns(provider.account_email.c.address)
                .where(provider.account_email.c.account == account)
            )
        tab = await visitor(**size)
        await tab.context.add_cookies([{"name": COOKIE, "value": language, "url": site}])
        arrival = f"{site}/health/live"
        wanting = {"redirect_uris": [arrival], "identity_levels": ["P1", "P2"]}
        bins = await provider.register(database, first_party=False, **wanting)
        return Visit(tab, site, database, account, address, bins, arrival)

    return arrive


async def picture(tab, name):
    """A photograph, for who wants to look: PAGE_PICTURES names the folder."""
    if folder := os.environ.get("PAGE_PICTURES"):
        await tab.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("size", "language"), [("PHONE", "cy"), ("DESKTOP", "en")])
@pytest.mark.parametrize("template", [name for name in TEMPLATES if name not in ELSEWHERE])
async def test_every_page_is_accessible(come, axe, rendered, template, size, language):
    visit = await come(getattr(harness, size), language)
    await WAYS[template](visit)
    assert rendered[-1] == template
    assert await visit.tab.get_attribute("html", "lang") == language
    await axe(visit.tab)
    name = template.removesuffix(".html")
    await picture(visit.tab, f"{name}-{language}-{size.lower()}")
    await visit.tab.set_viewport_size(SMALL if size == "DESKTOP" else LARGE)
    await harness.fits(visit.tab)
    await picture(visit.tab, f"{name}-{language}-other")


def test_every_page_is_looked_at_in_a_browser():
    assert set(WAYS) | set(ELSEWHERE) == set(TEMPLATES), "a way to every page: tests/browser/every_page.py"
    assert not set(WAYS) & set(ELSEWHERE)
    for file, _, test in (reference.partition("::") for reference in ELSEWHERE.values()):
        tree = ast.parse((Path(__file__).parent / file).read_text())
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}


@pytest.mark.parametrize(
    ("path", "status"), [("nowhere", 404), ("authorize/continue", 400), ("account/sessions/x/end", 405)]
)
async def test_a_page_of_errors_is_accessible(come, axe, path, status):
    visit = await come(harness.PHONE, "cy")
    response = await visit.tab.goto(f"{visit.site}/identity/{path}")
    assert response.status == status
    await axe(visit.tab)
    await picture(visit.tab, f"problem-{status}-cy-phone")
