"""Pages as a browser gets them: languages, headers, errors, assets."""

import re

import httpx
import pytest

from chassis.app import create_app
from chassis.problems import Problem
from chassis.testing import running
from chassis.web import assets
from chassis.web.translations import find_missing_translations

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def browser(app, client):
    """Open a client of its own that accepts pages and keeps its cookies."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test.invalid", headers=HTML
    ) as browser:
        yield browser


async def test_a_page_is_english_by_default(browser):
    page = await browser.get("/notes/write")
    assert page.status_code == 200
    assert '<html lang="en"' in page.text
    assert page.headers["Content-Language"] == "en"
    assert "<title>Write a note - Notes</title>" in page.text


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("cy", "cy"),
        ("cy-GB,en;q=0.5", "cy"),
        ("en-GB,cy;q=0.5", "en"),
        ("fr", "en"),
        ("cy;q=0", "en"),
        ("x;q=y", "en"),
    ],
)
async def test_a_page_is_in_the_language_the_browser_prefers(browser, accept_language, language):
    page = await browser.get("/notes/write", headers={"Accept-Language": accept_language})
    assert page.headers["Content-Language"] == language


async def test_a_chosen_language_is_kept(browser):
    first = await browser.get("/notes/write?lang=cy&page=2")
    assert "Ysgrifennu nodyn - Nodiadau" in first.text
    assert "Neidio i&#39;r prif gynnwys" in first.text
    assert 'href="?page=2&amp;lang=en"' in first.text
    again = await browser.get("/notes/write", headers={"Accept-Language": "en"})
    assert "Ysgrifennu nodyn" in again.text
    assert "Ysgrifennu" not in (await browser.get("/notes/write?lang=en")).text


async def test_a_councils_page_has_its_name(browser):
    assert "Write a note - Citytown Council" in (await browser.get("/citytown/notes/write")).text


async def test_a_page_has_a_strict_policy_and_is_not_cached(browser):
    page = await browser.get("/notes/write")
    policy = page.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"):
        assert rule in policy
    assert "form-action 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Frame-Options"] == "DENY"


async def test_the_one_inline_script_carries_a_fresh_nonce(browser):
    nonces = set()
    for _ in range(2):
        page = await browser.get("/notes/write")
        nonce = re.search(r"'nonce-([\w-]+)'", page.headers["Content-Security-Policy"])[1]
        assert re.findall(r"<script(?! type=\"module\" src=)[^>]*>", page.text) == [
            f'<script nonce="{nonce}">'
        ]
        assert "style=" not in page.text
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_typed_html_is_shown_as_text(browser):
    page = await browser.get("/notes/write")
    token = re.search(r'name="csrf" value="([\w-]+)"', page.text)[1]
    words = '"><script>alert(1)</script> two three four'
    response = await browser.post("/notes/write", data={"csrf": token, "words": words, "seal": "hush"})
    assert "<script>alert" not in response.text
    assert "&gt;&lt;script&gt;alert(1)" in response.text
    assert "hush" not in response.text


async def test_an_error_is_in_the_title_the_summary_and_the_field(browser):
    page = await browser.get("/notes/write?lang=cy")
    token = re.search(r'name="csrf" value="([\w-]+)"', page.text)[1]
    response = await browser.post("/notes/write", data={"csrf": token, "words": "un dau tri pedwar"})
    assert response.status_code == 400
    assert "<title>Gwall: Ysgrifennu nodyn" in response.text
    assert '<a href="#words">Rhowch 3 gair ar y mwyaf</a>' in response.text
    assert "Gwall:</span> Rhowch 3 gair ar y mwyaf" in response.text
    assert 'aria-describedby="words-hint words-error"' in response.text
    assert "form-action 'self' https://elsewhere.example;" in response.headers["Content-Security-Policy"]


async def test_a_service_has_its_own_page_for_one_of_its_problems(browser):
    page = await browser.get("/notes/problem/503?code=out-of-ink&lang=cy")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "7")
    assert '<h1 class="govuk-heading-l">Mae&#39;r inc wedi dod i ben</h1>' in page.text


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        (400, "This page cannot be shown"),
        (403, "You cannot see this page"),
        (404, "Page not found"),
        (429, "Too many tries"),
        (500, "Sorry, there is a problem with the service"),
        (503, "The service is not available for the moment"),
    ],
)
async def test_a_person_gets_a_page_and_a_program_a_problem(browser, client, status, heading):
    page = await browser.get(f"/notes/problem/{status}")
    assert page.status_code == status
    assert f'<h1 class="govuk-heading-l">{heading}</h1>' in page.text
    assert page.headers["Retry-After"] == "7"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    program = await client.get(f"/notes/problem/{status}")
    assert program.headers["Content-Type"] == "application/problem+json"


async def test_an_unknown_page_and_a_crash_are_pages_too(browser):
    assert "Page not found" in (await browser.get("/notes/nowhere")).text
    crashed = await browser.get("/citytown/notes/crash")
    assert crashed.status_code == 404
    api = await browser.get("/citytown/notes/v1/crash")
    assert api.headers["Content-Type"] == "application/problem+json"


async def test_every_file_of_a_page_exists_and_is_immutable(browser):
    page = await browser.get("/notes/write")
    names = re.findall(r'(?:href|src)="(/notes/assets/[^"]+)"', page.text)
    assert len(names) == 4
    for name in names:
        file = await browser.get(name)
        assert file.status_code == 200
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        plain = await browser.get(name, headers={"Accept-Encoding": "identity"})
        assert plain.content == file.content
        assert "Content-Encoding" not in plain.headers
        for imported in re.findall(r"from '\./([\w.-]+)'", plain.text):
            assert (await browser.get(f"/notes/assets/{imported}")).status_code == 200


async def test_neither_crown_nor_font_of_govuk_is_sent(browser):
    page = await browser.get("/notes/write")
    style = re.search(r'href="(/notes/assets/govuk-frontend[^"]+)"', page.text)[1]
    css = (await browser.get(style)).text
    assert "Transport" not in css
    assert "/assets/" not in css
    assert "font-family:arial,sans-serif" in css
    assert "crown" not in page.text.lower()


async def test_no_other_file_is_sent(browser):
    for name in ("nothing.css", "..%2Fpyproject.toml", "govuk-frontend.min.css"):
        assert (await browser.get(f"/notes/assets/{name}")).status_code in {400, 404}


async def test_missing_assets_are_503_with_what_to_do(service, settings, tmp_path):
    app = create_app(service, settings.model_copy(update={"assets": str(tmp_path)}))
    async with running(app) as client:
        response = await client.get("/notes/write", headers=HTML)
        assert (response.status_code, response.json()["code"]) == (503, "assets-missing")
        assert "make setup" in response.json()["detail"]
        assert (await client.get("/citytown/notes/v1/fast")).status_code == 200


def test_every_text_has_welsh():
    assert find_missing_translations("chassis.web") == []
    assert find_missing_translations("notes") == []


def test_a_text_without_welsh_is_found(monkeypatch, tmp_path):
    package = tmp_path / "bare"
    (package / "pages").mkdir(parents=True)
    (package / "__init__.py").write_text('from x import gettext_noop\nTEXT = gettext_noop("Only English")\n')
    (package / "pages" / "a.html").write_text('<p>{{ _("Marked") }}</p>\n<p>Bare words</p>\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    faults = " ".join(find_missing_translations("bare"))
    for text in ("Only English", "Marked", "Bare words"):
        assert text in faults


async def test_a_page_with_a_map_may_start_its_workers_and_no_more(browser):
    page, other = await browser.get("/notes/map"), await browser.get("/notes/write")
    policies = [answer.headers["Content-Security-Policy"] for answer in (page, other)]
    rules, plain = ({rule for rule in policy.split("; ") if "nonce" not in rule} for policy in policies)
    assert rules - plain == {"worker-src 'self'"}
    assert "geolocation=(self)" in page.headers["Permissions-Policy"]
    assert "geolocation=()" in other.headers["Permissions-Policy"]


def test_libraries_are_served_under_names_that_their_importers_have(tmp_path):
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        (tmp_path / name).write_text("")
    (tmp_path / "draw.module.js").write_text("export const a = 1;\n//# sourceMappingURL=draw.js.map")
    (tmp_path / "adapter.js").write_text('import{a}from"draw";import{b}from"elsewhere"')
    files = assets.Assets("notes", str(tmp_path), ["draw/draw.module.js", "adapter/dist/adapter.js"])
    draw, adapter = (
        files.find(files.url(name).rpartition("/")[2]) for name in ("draw.module.js", "adapter.js")
    )
    assert draw.body == b"export const a = 1;"
    assert adapter.body.decode() == f'import{{a}}from"./{draw.name}";import{{b}}from"elsewhere"'


def test_a_library_that_is_missing_is_named(tmp_path):
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        (tmp_path / name).write_text("")
    with pytest.raises(Problem, match=r"nowhere\.mjs"):
        assets.Assets("notes", str(tmp_path), ["nowhere/nowhere.mjs"]).url("nowhere.mjs")
