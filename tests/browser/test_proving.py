"""From a service that asks for a proof to staff who give it, and back, in a browser."""

import os
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.app import create_app
from identity.proofs.actions import proofs
from identity.upstreams.tables import upstream
from services.identity.tests import provider
from services.identity.tests.authorization.test_identity_proof import CORE, WHO
from services.identity.tests.conftest import master_key, service
from tests.browser import harness
from tests.browser.every_page import Visit

__all__ = ["master_key", "service"]
ONE_LOGIN = {
    "council": "citytown", "kind": "onelogin", "audience": "residents", "title": "GOV.UK One Login",
    "title_cy": "GOV.UK One Login (Cymraeg)", "issuer": "https://oidc.one.invalid/", "client_id": "citytown",
    "authentication": "private_key_jwt", "scopes": ["openid"], "subject_claim": "sub", "provisioning": "scim",
    "session_hours": 12, "identity_level": "P2", "enabled": True, "version": 1, "created_by": "tests",
    "updated_by": "tests",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key, jwks_url):
    return service.settings(
        database_url=database_url, nats_url=nats_url, master_key=master_key, trace_ratio=0
    )


@pytest.fixture(scope="module")
async def site(service, settings):
    async with harness.serving(create_app(service, settings)) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
async def one_login(database):
    """The council offers GOV.UK One Login."""
    now, upstream_id = datetime.now(UTC), ids.new()
    async with database.writing("citytown") as session:
        await session.execute(
            upstream.insert(), {**ONE_LOGIN, "id": upstream_id, "created_at": now, "updated_at": now}
        )
    yield upstream_id
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM upstream WHERE id = :id"), {"id": upstream_id})


@pytest.fixture
def come(site, visitor, database, arrival):
    """Somebody at the page that asks for a proof, sent there by a service."""

    async def to_page(size, language="en"):
        account = await provider.create_person(database)
        tab = await visitor(**getattr(harness, size))
        bins = await provider.register(database, redirect_uris=[arrival], identity_levels=["P1", "P2"])
        visit = Visit(tab, site, database, account, "", bins, arrival)
        await visit.signed_in("email", "totp")
        await visit.ask(vtr='["P2.Cl.Cm"]', claims=CORE)
        assert "/identity/prove?" in tab.url
        await tab.goto(f"{tab.url}&{urlencode({'lang': language})}")
        return visit

    return to_page


async def picture(tab, name):
    """A photograph, for who wants to look: PAGE_PICTURES names the folder."""
    if folder := os.environ.get("PAGE_PICTURES"):
        await tab.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", ["PHONE", "DESKTOP"])
@pytest.mark.parametrize("language", ["en", "cy"])
async def test_the_page_is_accessible_in_every_state(come, one_login, axe, size, language):
    visit = await come(size, language)
    tab = visit.tab
    assert await tab.get_attribute("html", "lang") == language
    await axe(tab)
    assert "GOV.UK One Login" in await tab.inner_text("form[action*='/identity/upstream/citytown/'] button")
    await tab.click("form[action*='desk-code'] button")
    await tab.wait_for_selector(".townhall-key")
    await axe(tab)
    await picture(tab, f"prove-code-{language}-{size.lower()}")
    await tab.click("a.govuk-button")
    await tab.wait_for_url("**looked=yes**")
    await axe(tab)
    await picture(tab, f"prove-looked-{language}-{size.lower()}")
    async with visit.database.writing() as session:
        await proofs.add_upstream_proof(session, visit.account, "P1", [], WHO, "https://one.invalid/")
    await tab.reload()
    await axe(tab)
    async with visit.database.writing() as session:
        proof = await proofs.add_upstream_proof(session, visit.account, "P2", [], WHO, "https://one.invalid/")
        await session.execute(text("UPDATE proof SET status = 'waiting' WHERE id = :id"), {"id": proof})
    await tab.reload()
    await axe(tab)
    await picture(tab, f"prove-waiting-{language}-{size.lower()}")


async def test_a_proof_that_came_meanwhile_leads_on_to_the_service(come):
    visit = await come("PHONE")
    async with visit.database.writing() as session:
        await proofs.add_upstream_proof(session, visit.account, "P2", [], WHO, "https://one.invalid/")
    await visit.tab.click("text=Continue")
    await visit.tab.click("button[value=yes]")
    await visit.tab.wait_for_url(re.compile("/callback"))
    assert "code" in parse_qs(urlsplit(visit.tab.url).query)


@pytest.mark.parametrize("scripts", [True, False])
async def test_not_now_leads_back_to_the_service(site, visitor, database, arrival, scripts):
    """Chromium holds the redirects after a form to the policy of its page."""
    tab = await visitor(**harness.PHONE, java_script_enabled=scripts)
    bins = await provider.register(database, redirect_uris=[arrival], identity_levels=["P1", "P2"])
    visit = Visit(tab, site, database, await provider.create_person(database), "", bins, arrival)
    await visit.signed_in("email", "totp")
    await visit.ask(vtr='["P2.Cl.Cm"]', claims=CORE)
    await tab.click("text=Not now: go back to the service")
    await tab.wait_for_url(re.compile("/callback"))
    assert parse_qs(urlsplit(tab.url).query)["error"] == ["access_denied"]
