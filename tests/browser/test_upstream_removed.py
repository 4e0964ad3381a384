"""A council takes a way to sign in away: who used it reads so on the page, in both languages."""

import pytest

from chassis import audit, ids
from identity.upstreams.store import upstreams
from tests.browser import harness
from tests.browser.test_upstream import (
    NARROW,
    app,
    looked_at,
    master_key,
    port,
    service,
    settings,
    site,
)

__all__ = ["app", "master_key", "port", "service", "settings", "site"]


@pytest.fixture(scope="module")
async def removed(site, database):
    """One Login was removed, and somebody had signed in with it."""
    title = {"title": ["GOV.UK One Login", None], "title_cy": ["GOV.UK One Login", None]}
    changes = {**title, "audience": ["residents", None], "linked_accounts": [3, 0]}
    async with database.writing("citytown") as session:
        upstream = (upstreams.AGGREGATE, ids.show(ids.new()))
        keeper = audit.by_system("keeper")
        await audit.record(session, "citytown", keeper, "removed", *upstream, changes=changes)


@pytest.mark.parametrize(
    ("size", "lang", "notice"),
    [
        (NARROW, "cy", "Ni ellir defnyddio GOV.UK One Login i fewngofnodi yma mwyach."),
        (harness.DESKTOP, "en", "GOV.UK One Login can no longer be used to sign in here."),
    ],
)
async def test_the_sign_in_page_says_what_can_no_longer_be_used(
    site, removed, visitor, axe, size, lang, notice
):
    tab = await visitor(**size)
    await tab.goto(f"{site}/identity/sign-in?council=citytown&lang={lang}")
    assert notice in await tab.inner_text(".govuk-inset-text")
    await looked_at(tab, axe, "removed", lang)
