"""A change of e-mail address in a browser: after a password alone, the old address is proven too."""

import pytest

from tests.browser.test_phones import (
    app,
    code,
    master_key,
    service,
    settings,
    site,
    someone,
    uncounted,
)

__all__ = ["app", "code", "master_key", "service", "settings", "site", "someone", "uncounted"]

WORDS = "kettle orange window"


@pytest.mark.parametrize(("size", "lang"), [("375", "cy"), ("1280", "en")])
async def test_the_address_before_is_proven_on_accessible_pages(someone, size, lang):
    person = await someone(size, lang)
    tab, old, new = person.tab, person.address, f"new-{person.address}"
    await person.go("account/password")
    await tab.fill("#password", WORDS)
    await person.press()
    await tab.wait_for_url("**/identity/account")
    await tab.click("main form[action$=sign-out] button")
    await person.go("sign-in/password")
    await tab.fill("#email", old)
    await tab.fill("#password", WORDS)
    await person.press()
    await tab.wait_for_url("**/identity/account")
    await person.go("account/email")
    await person.look("email-change")
    await tab.fill("#email", new)
    await person.press()
    await tab.wait_for_url("**/email/code")
    await person.type_code(new, "**/email/before")
    assert old in await tab.inner_text("main")
    await person.look("email-before")
    await tab.fill("#code", "12")
    await person.press()
    await tab.wait_for_selector(".govuk-error-summary")
    await person.look("email-before-wrong")
    await person.type_code(old, "**/identity/account")
    assert new in await tab.inner_text("main")
