"""The harness itself, on pages of the chassis: what it must let pass and what it must catch."""

import importlib.util
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI

from chassis.app import Service, create_app
from tests.browser import harness

NOTES = Path(__file__).parents[2] / "chassis" / "tests"


@pytest.fixture(scope="module")
def service() -> Service:
    if importlib.util.find_spec("notes") is None:
        sys.path.insert(0, str(NOTES))
    from notes.app import service  # noqa: PLC0415 - the path is known only now

    return service


@pytest.fixture(scope="module")
def app(service, settings) -> FastAPI:
    return create_app(service, settings)


@pytest.fixture(scope="module")
async def site(app):
    async with harness.serving(app) as url:
        yield url


async def test_a_page_is_accessible_on_a_desk_and_a_phone(site, page, phone, axe):
    for tab in (page, phone):
        await tab.goto(f"{site}/notes/write")
        await axe(tab)
        await tab.fill("#words", "one two three four")
        await tab.click("text=Save")
        assert await tab.title() == "Error: Write a note - Townhall account"
        assert await tab.evaluate("document.activeElement.className") == "govuk-error-summary"
        await axe(tab)
        await tab.click(".govuk-error-summary a")
        assert await tab.evaluate("document.activeElement.id") == "words"
        assert await tab.input_value("#words") == "one two three four"


async def test_the_design_systems_scripts_run_under_the_policy(site, page):
    await page.goto(f"{site}/notes/write")
    assert await page.get_attribute("#seal", "type") == "password"
    await page.click("button:has-text('Show')")
    assert await page.get_attribute("#seal", "type") == "text"


async def test_the_toggle_changes_the_language_and_stays(site, phone, axe):
    await phone.goto(f"{site}/notes/write")
    await phone.click("text=Cymraeg")
    assert await phone.title() == "Ysgrifennu nodyn - Cyfrif Townhall"
    assert await phone.get_attribute("html", "lang") == "cy"
    await axe(phone)
    await phone.fill("#words", "un")
    await phone.click("text=Cadw")
    assert await phone.inner_text("h1") == "Ysgrifennu nodyn"
    assert await phone.title() == "Ysgrifennu nodyn - Cyfrif Townhall"


async def test_a_form_works_without_scripts(site, visitor):
    tab = await visitor(java_script_enabled=False)
    await tab.goto(f"{site}/notes/write")
    await tab.fill("#words", "one two three four")
    await tab.click("text=Save")
    assert await tab.inner_text(".govuk-error-summary a") == "Enter at most 3 words"


async def test_an_error_page_is_accessible(site, phone, axe):
    await phone.goto(f"{site}/notes/nowhere?lang=cy")
    assert await phone.inner_text("h1") == "Heb ddod o hyd i'r dudalen"
    await axe(phone)


async def test_bad_pages_are_caught(page):
    await page.set_content("<html><body><img src='data:,'><input><p style='width:3000px'>x</p></body></html>")
    violations = " ".join(await harness.violations(page))
    for rule in ("html-has-lang", "image-alt", "label", "document-title"):
        assert rule in violations
    with pytest.raises(AssertionError):
        await harness.axe(page)


async def test_a_script_that_fails_is_noticed(browser):
    window = await harness.Window.open(browser, **harness.PHONE)
    tab = await window.page()
    await tab.set_content("<script>nothing.here()</script>")
    assert "nothing is not defined" in " ".join(window.faults)
    await window.context.close()


async def test_visitors_do_not_share_cookies(site, visitor):
    first, second = await visitor(), await visitor()
    await first.goto(f"{site}/notes/write?lang=cy")
    await second.goto(f"{site}/notes/write")
    assert await first.get_attribute("html", "lang") == "cy"
    assert await second.get_attribute("html", "lang") == "en"


async def test_a_failed_test_leaves_its_screenshot(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(harness, "SCREENSHOTS", tmp_path / "shots")
    window = await harness.Window.open(browser, **harness.PHONE)
    await (await window.page()).set_content("<h1>Seen</h1>")
    await harness.screenshot(window, "seen")
    assert (tmp_path / "shots" / "seen-0.png").read_bytes().startswith(b"\x89PNG")
    await window.context.close()
