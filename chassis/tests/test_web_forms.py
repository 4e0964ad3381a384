"""Forms are accepted from our own pages only, within bounds."""

import re

import httpx
import pytest

from chassis.app import create_app
from chassis.testing import running
from chassis.web import Form
from chassis.web.languages import translate

HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def browser(app, client):
    """Open a client of its own that accepts pages and keeps its cookies."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test.invalid", headers=HTML
    ) as browser:
        yield browser


async def token_of(browser):
    page = await browser.get("/notes/write")
    return re.search(r'name="csrf" value="([\w-]+)"', page.text)[1]


async def send(browser, token, **headers):
    return await browser.post("/notes/write", data={"csrf": token, "words": "one"}, headers=headers)


async def test_a_form_from_our_own_page_is_accepted(browser):
    token = await token_of(browser)
    same_origin = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, same_origin):
        response = await send(browser, token, **headers)
        assert (response.status_code, response.headers["Location"]) == (303, "/notes/write")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://test.invalid"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_form_from_another_site_is_refused_with_what_to_do(browser, headers):
    response = await send(browser, await token_of(browser), **headers)
    assert response.status_code == 403
    assert "Send the form again" in response.text
    assert "allow cookies" in response.text


async def test_a_token_belongs_to_one_browser(browser, app):
    token = await token_of(browser)
    other_browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test.invalid")
    async with other_browser:
        other_token = await token_of(other_browser)
    assert other_token != token
    for wrong_token in (other_token, "", "é", token[:-1]):
        assert (await send(browser, wrong_token)).status_code == 403
    browser.cookies.clear()
    assert (await send(browser, token)).status_code == 403


async def test_a_browser_keeps_its_token(browser):
    assert await token_of(browser) == await token_of(browser)


async def test_the_browsers_cookie_is_for_this_host_and_no_script(browser):
    cookie = (await browser.get("/notes/write")).headers["Set-Cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(re.split(r"; ", cookie))
    assert "domain" not in cookie


async def test_over_https_cookies_are_bound_to_the_host(service, settings):
    secure = settings.model_copy(update={"issuer": "https://test.invalid/identity/"})
    async with running(create_app(service, secure)) as client:
        page = await client.get("/notes/write", headers=HTML)
    assert page.headers["Set-Cookie"].startswith("__Host-townhall-browser=")
    assert "Secure" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("body", [b"words=%00", b"\xff=1", b"a=1&" * 201, b"words=%ff"])
async def test_a_body_no_browser_sends_is_a_400(browser, body):
    response = await browser.post("/notes/write", content=body, headers=FORM)
    assert response.status_code == 400


async def test_a_form_as_json_or_too_large_is_refused(browser):
    token = await token_of(browser)
    assert (await browser.post("/notes/write", json={"csrf": token})).status_code == 400
    huge = f"csrf={token}&words={'x' * 20_000}"
    assert (await browser.post("/notes/write", content=huge, headers=FORM)).status_code == 413


def test_values_are_bounded_and_a_field_keeps_its_first_error():
    form = Form.read(b"a=+x+&b=12345&pin=1&pin=2")
    assert (form.get("a"), form.raw("a"), form.get("none")) == ("x", " x ", "")
    assert form.get("b", most=3) == "1234"
    assert form.all("pin") == ["1", "2"]
    form.error("a", "first")
    form.error("a", "second")
    assert (form.errors["a"][0], form.ok) == ("first", False)


def test_a_marked_text_is_translated_with_its_values():
    assert translate("notes", "cy", "Enter at most %(most)s words", most=3) == "Rhowch 3 gair ar y mwyaf"
    assert translate("notes", "en", "Enter at most %(most)s words", most=3) == "Enter at most 3 words"
