"""Authenticator apps and recovery codes: a second step that cannot be skipped."""

import re
import time

import pyotp
import pytest
from sqlalchemy import text

ACCOUNT = "/identity/account"


class App:
    """An authenticator app whose clock the test sets."""

    def __init__(self, secret):
        self.secret = secret
        self.later = 0

    def next(self):
        """Make a code of a time step not used yet: the server takes one step to either side."""
        self.later += 1
        return pyotp.TOTP(self.secret).at(time.time() + 30 * (self.later - 2))


async def set_up(tab):
    """Set up an app, and return it and the recovery codes."""
    page = (await tab.get(f"{ACCOUNT}/authenticator")).text
    secret = re.search(r'townhall-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    app = App(secret)
    response = await tab.post(f"{ACCOUNT}/authenticator", code=app.next())
    assert response.status_code == 200, response.text
    return app, re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", response.text)


async def take_first_step(tab, sent_emails, address):
    await tab.post("/identity/sign-in", email=address)
    codes = [
        email.personalisation["code"]
        for email in await sent_emails(address)
        if "code" in email.personalisation
    ]
    response = await tab.post("/identity/sign-in/code", code=codes[-1])
    assert response.headers["location"] == "/identity/sign-in/second-step"
    assert tab.session is None


async def test_an_app_is_needed_besides_the_emailed_code(newcomer, browser, sent_emails):
    app, _ = await set_up(await newcomer("app@example.org"))
    tab = browser()
    await take_first_step(tab, sent_emails, "app@example.org")
    assert (await tab.get(ACCOUNT)).status_code == 303
    response = await tab.post("/identity/sign-in/second-step", code=app.next())
    assert response.headers["location"] == ACCOUNT
    assert (await tab.get(ACCOUNT)).status_code == 200


async def test_an_app_is_needed_besides_the_password(newcomer, browser):
    mine = await newcomer("both@example.org")
    await mine.post(f"{ACCOUNT}/password", password="kettle orange window")
    app, _ = await set_up(mine)
    tab = browser()
    response = await tab.post(
        "/identity/sign-in/password", email="both@example.org", password="kettle orange window"
    )
    assert response.headers["location"] == "/identity/sign-in/second-step"
    assert tab.session is None
    assert (await tab.post("/identity/sign-in/second-step", code=app.next())).headers["location"] == ACCOUNT


async def test_a_code_of_the_app_works_once(newcomer, browser, sent_emails):
    app, _ = await set_up(await newcomer("replay@example.org"))
    code = app.next()
    for expected in (303, 400):
        tab = browser()
        await take_first_step(tab, sent_emails, "replay@example.org")
        response = await tab.post("/identity/sign-in/second-step", code=code)
        assert response.status_code == expected
    assert tab.session is None


async def test_an_older_code_does_not_work_after_a_newer_one(newcomer, browser, sent_emails):
    app, _ = await set_up(await newcomer("older@example.org"))
    older, newer = app.next(), app.next()
    for code, expected in ((newer, 303), (older, 400)):
        tab = browser()
        await take_first_step(tab, sent_emails, "older@example.org")
        assert (await tab.post("/identity/sign-in/second-step", code=code)).status_code == expected


@pytest.mark.parametrize("code", ["", "abcdef", "1234567", "\u0660" * 6, "\ud83d"])
async def test_anything_but_a_code_is_refused(newcomer, browser, sent_emails, code):
    address = f"no{len(code)}{ord(code[0]) if code else 0}@example.org"
    await set_up(await newcomer(address))
    tab = browser()
    await take_first_step(tab, sent_emails, address)
    encoded = code.encode("utf-8", "surrogatepass").decode("latin-1")
    assert (await tab.post("/identity/sign-in/second-step", code=encoded)).status_code == 400


async def test_the_second_step_alone_signs_nobody_in(newcomer, browser):
    app, recovery = await set_up(await newcomer("alone@example.org"))
    tab = browser()
    for way, code in (("second-step", app.next()), ("recovery", recovery[0])):
        response = await tab.post(f"/identity/sign-in/{way}", code=code)
        assert (response.status_code, response.headers["location"]) == (303, "/identity/sign-in")
    assert tab.session is None


async def test_a_recovery_code_works_once_in_any_spelling(newcomer, browser, sent_emails):
    _, recovery = await set_up(await newcomer("lost@example.org"))
    assert len(set(recovery)) == 10
    typed = recovery[3].upper().replace("-", " ").replace("0", "O").replace("1", "I")
    for expected in (303, 400):
        tab = browser()
        await take_first_step(tab, sent_emails, "lost@example.org")
        assert (await tab.post("/identity/sign-in/recovery", code=typed)).status_code == expected
    assert "changed-recovery-code-used" in {email.template for email in await sent_emails("lost@example.org")}


async def test_new_recovery_codes_replace_the_old(newcomer, browser, sent_emails):
    mine = await newcomer("renew@example.org")
    _, old = await set_up(mine)
    page = await mine.post(f"{ACCOUNT}/recovery-codes")
    new = re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", page.text)
    assert len(new) == 10
    for code, expected in ((old[0], 400), (new[0], 303)):
        tab = browser()
        await take_first_step(tab, sent_emails, "renew@example.org")
        assert (await tab.post("/identity/sign-in/recovery", code=code)).status_code == expected


async def test_an_unconfirmed_app_changes_nothing(newcomer, browser, signed_in_again):
    mine = await newcomer("half@example.org")
    await mine.get(f"{ACCOUNT}/authenticator")
    assert (await mine.post(f"{ACCOUNT}/authenticator", code="000000")).status_code == 400
    second_tab = await signed_in_again("half@example.org")
    assert (await second_tab.get(ACCOUNT)).status_code == 200


async def test_a_removed_app_is_not_needed(newcomer, signed_in_again):
    mine = await newcomer("removed@example.org")
    await set_up(mine)
    await mine.post(f"{ACCOUNT}/authenticator/remove")
    second_tab = await signed_in_again("removed@example.org")
    assert (await second_tab.get(ACCOUNT)).status_code == 200


async def test_no_table_holds_the_secret_or_a_recovery_code(newcomer, database):
    app, recovery = await set_up(await newcomer("sealed@example.org"))
    async with database.reading() as session:
        rows = [
            *await session.all(text("SELECT whole::text AS row FROM authenticator whole")),
            *await session.all(text("SELECT whole::text AS row FROM recovery_code whole")),
        ]
    everything = "\n".join(row.row for row in rows)
    assert rows
    for secret in (
        app.secret,
        app.secret.encode().hex(),
        *recovery,
        *(code.encode().hex() for code in recovery),
    ):
        assert secret not in everything


async def test_guesses_at_the_second_step_are_limited_until_the_window_has_passed(
    newcomer, browser, sent_emails, database
):
    app, _ = await set_up(await newcomer("limit@example.org"))
    tab = browser()
    await take_first_step(tab, sent_emails, "limit@example.org")
    statuses = [
        (await tab.post("/identity/sign-in/second-step", code="000000")).status_code for _ in range(11)
    ]
    assert statuses == [400] * 10 + [429]
    assert (await tab.post("/identity/sign-in/second-step", code=app.next())).status_code == 429
    async with database.writing() as session:
        await session.execute(text("UPDATE rate_limit SET refilled_at = refilled_at - interval '16 minutes'"))
    assert (await tab.post("/identity/sign-in/second-step", code=app.next())).status_code == 303


async def test_setting_up_an_app_changes_the_secret_of_the_session(newcomer):
    tab = await newcomer("stepup@example.org")
    before = tab.session
    await set_up(tab)
    assert tab.session != before


@pytest.mark.parametrize("language", ["en", "cy"])
async def test_pages_show_that_an_app_is_set_up_and_how_many_codes_are_left(newcomer, language):
    tab = await newcomer(f"app-{language}@example.org")
    _, codes = await set_up(tab)
    app_page = await tab.get(f"{ACCOUNT}/authenticator?lang={language}")
    codes_page = await tab.get(f"{ACCOUNT}/recovery-codes?lang={language}")
    assert (app_page.status_code, codes_page.status_code) == (200, 200)
    assert 'action="/identity/account/authenticator/remove' in app_page.text
    assert f" {len(codes)} " in codes_page.text
