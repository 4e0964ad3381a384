"""Opening an account and signing in with a code by e-mail. The pages tell nobody who has an account."""

import re
import time

import pytest
from sqlalchemy import event, text

from chassis import ids
from chassis.testing import published
from identity.verification.rules import codes


async def code_for(sent_emails, address):
    codes = [
        email.personalisation["code"]
        for email in await sent_emails(address)
        if "code" in email.personalisation
    ]
    return codes[-1]


def another_code(code):
    return f"{(int(code) + 1) % 10**6:06}"


async def test_an_account_is_opened_by_a_code_and_announced(newcomer, account_of, database):
    tab = await newcomer("Jo.Bloggs@Example.org")
    assert "Jo.Bloggs@Example.org" in (await tab.get("/identity/account")).text
    account = await account_of("jo.bloggs@example.org")
    [event] = [event for event in await published(database) if event.subject == ids.show(account)]
    assert (event.type, event.council, event.sequence) == ("identity.account.created.v1", "region", 1)
    assert event.data == {"account": ids.show(account)}


async def test_a_code_signs_in_whatever_the_case_of_the_address(newcomer, browser, sent_emails):
    await newcomer("case@example.org")
    tab = browser()
    response = await tab.post("/identity/sign-in", email=" CASE@example.ORG ")
    assert response.headers["location"] == "/identity/sign-in/code"
    code = await code_for(sent_emails, "case@example.org")
    response = await tab.post("/identity/sign-in/code", code=f"{code[:3]} {code[3:]}")
    assert response.headers["location"] == "/identity/account"
    assert (await tab.get("/identity/account")).status_code == 200


async def test_a_code_works_once(newcomer, browser, sent_emails):
    await newcomer("once@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="once@example.org")
    code = await code_for(sent_emails, "once@example.org")
    assert (await tab.post("/identity/sign-in/code", code=code)).headers["location"] == "/identity/account"
    again = await tab.post("/identity/sign-in/code", code=code)
    assert again.headers["location"] == "/identity/sign-in"


async def test_a_code_works_only_in_the_browser_that_asked_for_it(newcomer, browser, sent_emails):
    await newcomer("bound@example.org")
    tab, thief = browser(), browser()
    await tab.post("/identity/sign-in", email="bound@example.org")
    code = await code_for(sent_emails, "bound@example.org")
    await thief.post("/identity/sign-in", email="nobody-at-all@example.org")
    assert (await thief.post("/identity/sign-in/code", code=code)).status_code == 400
    assert thief.session is None
    assert (await tab.post("/identity/sign-in/code", code=code)).status_code == 303


async def test_after_five_wrong_codes_the_right_one_is_refused_too(newcomer, browser, sent_emails):
    await newcomer("tries@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="tries@example.org")
    code = await code_for(sent_emails, "tries@example.org")
    for _ in range(codes.MAX_ATTEMPTS):
        assert (await tab.post("/identity/sign-in/code", code=another_code(code))).status_code == 400
    assert (await tab.post("/identity/sign-in/code", code=code)).status_code == 400
    assert tab.session is None


async def test_a_code_expires_after_ten_minutes_and_with_the_next_one(
    newcomer, browser, sent_emails, database
):
    await newcomer("late@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="late@example.org")
    first = await code_for(sent_emails, "late@example.org")
    await tab.post("/identity/sign-in", email="late@example.org")
    assert (await tab.post("/identity/sign-in/code", code=first)).status_code == 400
    second = await code_for(sent_emails, "late@example.org")
    async with database.writing() as session:
        await session.execute(
            text("UPDATE one_time_code SET expires_at = expires_at - interval '10 minutes'")
        )
    response = await tab.post("/identity/sign-in/code", code=second)
    assert response.headers["location"] == "/identity/sign-in"
    assert tab.session is None


async def test_a_code_is_stored_as_a_hash(newcomer, browser, sent_emails, database):
    await newcomer("hash@example.org")
    tab = browser()
    await tab.post("/identity/sign-in", email="hash@example.org")
    code = await code_for(sent_emails, "hash@example.org")
    async with database.reading() as session:
        row = await session.first(
            text(
                "SELECT whole::text AS row, hash FROM one_time_code whole WHERE address = 'hash@example.org'"
            )
        )
    assert code not in re.findall(r"\b\d{6}\b", row.row)
    assert len(row.hash) == 32


async def test_an_address_without_an_account_gets_an_email_that_says_so(browser, sent_emails):
    tab = browser()
    response = await tab.post("/identity/sign-in", email="stranger@example.org")
    assert response.headers["location"] == "/identity/sign-in/code"
    [email] = await sent_emails("stranger@example.org")
    assert email.template == "no-account"
    assert email.personalisation["link"].endswith("/identity/register")


async def test_opening_an_account_twice_sends_an_email_without_a_code(newcomer, browser, sent_emails):
    await newcomer("known@example.org")
    tab = browser()
    response = await tab.post("/identity/register", email="known@example.org")
    assert response.headers["location"] == "/identity/register/code"
    assert (await sent_emails("known@example.org"))[-1].template == "has-account"


def same_but_for(first, second, *parts):
    """Tell whether two pages are the same apart from what differs between any two visits."""
    for part in (r'name="csrf" value="[^"]+"', r'nonce="[^"]+"', r"data-options=\"[^\"]+\"", *parts):
        first, second = re.sub(part, "", first), re.sub(part, "", second)
    return first == second


@pytest.mark.parametrize("way", ["sign-in", "register"])
async def test_pages_do_not_tell_who_has_an_account(newcomer, browser, sent_emails, way):
    address = f"tell-{way}@example.org"
    await newcomer(address)
    pages = []
    for email in (address, f"not-{address}"):
        tab = browser()
        first = await tab.post(f"/identity/{way}", email=email)
        page = await tab.get(f"/identity/{way}/code")
        wrong = await tab.post(f"/identity/{way}/code", code="000000")
        pages.append(
            (
                first.status_code,
                first.headers["location"],
                page.text.replace(email, ""),
                wrong.text.replace(email, ""),
            )
        )
    existing, unknown = pages
    assert existing[:2] == unknown[:2]
    assert same_but_for(existing[2], unknown[2])
    assert same_but_for(existing[3], unknown[3])


@pytest.fixture
def statements(app):
    """The statements that the application's writer has sent, in a list that grows."""
    recorded = []

    def note(connection, cursor, statement, parameters, context, many):
        if "signing_key" not in statement and "set_config" not in statement:  # of the process itself
            recorded.append(" ".join(statement.split())[:60])

    engine = app.state.database.writer.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield recorded
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("way", ["sign-in", "register", "sign-in/password"])
async def test_the_same_work_is_done_whether_there_is_an_account_or_not(
    newcomer, browser, statements, app, monkeypatch, way
):
    address = f"work-{way.replace('/', '-')}@example.org"
    await newcomer(address)
    verified = []
    verify = app.state.auth.passwords.verify

    async def counting(password_hash, password):
        verified.append(password_hash is None)
        return await verify(password_hash, password)

    monkeypatch.setattr(app.state.auth.passwords, "verify", counting)
    work = []
    for email in (address, f"not-{address}"):
        tab = browser()
        await tab.get("/identity/sign-in")
        statements.clear()
        await tab.post(f"/identity/{way}", email=email, password="not the right words")
        work.append(list(statements))
    assert work[0] == work[1]
    assert len(work[0]) > 1
    assert verified == ([True, True] if way.endswith("password") else [])


async def test_too_many_codes_for_one_address_are_refused_in_every_browser(browser, newcomer):
    await newcomer("flood@example.org")
    statuses = [
        (await browser().post("/identity/sign-in", email="flood@example.org")).status_code for _ in range(7)
    ]
    assert statuses[-1] == 429
    assert set(statuses[:5]) == {303}


async def test_an_unknown_address_has_the_same_rate_limit(browser):
    statuses = [
        (await browser().post("/identity/sign-in", email="flood-nobody@example.org")).status_code
        for _ in range(7)
    ]
    assert statuses == [303] * 6 + [429]


async def test_a_known_browser_is_not_locked_out_by_strangers(newcomer, browser, sent_emails):
    mine = await newcomer("victim@example.org")
    await mine.post("/identity/sign-out")
    for _ in range(8):
        attack = await browser().post("/identity/sign-in", email="victim@example.org")
    assert attack.status_code == 429
    assert "Retry-After" in attack.headers
    assert "passkey" in attack.text
    assert (await mine.post("/identity/sign-in", email="victim@example.org")).status_code == 303
    code = await code_for(sent_emails, "victim@example.org")
    assert (await mine.post("/identity/sign-in/code", code=code)).status_code == 303
    assert (await mine.get("/identity/account")).status_code == 200


async def test_a_session_outlives_a_lockout(newcomer, browser):
    mine = await newcomer("inside@example.org")
    for _ in range(8):
        await browser().post("/identity/sign-in", email="inside@example.org")
    assert (await mine.get("/identity/account")).status_code == 200


async def test_the_window_of_a_rate_limit_slides(browser, database):
    for _ in range(7):
        response = await browser().post("/identity/sign-in", email="slides@example.org")
    assert response.status_code == 429
    async with database.writing() as session:
        await session.execute(text("UPDATE rate_limit SET refilled_at = refilled_at - interval '61 minutes'"))
    assert (await browser().post("/identity/sign-in", email="slides@example.org")).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        "", "jo", "jo@", "@example.org", "jo@example", "jo smith@example.org", "jo@exa mple.org", "jo@-",
        "a" * 250 + "@example.org", "jo@example..org", "jo@example.org\nbcc: x@example.org",
        "jo<x@example.org",
        "'; drop table account; --", "jo@192.0.2.1",
    ],
)  # fmt: skip
async def test_an_invalid_address_is_refused(browser, wrong):
    tab = browser()
    for way in ("sign-in", "register"):
        response = await tab.post(f"/identity/{way}", email=wrong)
        assert response.status_code == 400
        assert "Enter an email address in the correct format" in response.text


async def test_input_is_escaped_on_the_page(browser):
    response = await browser().post("/identity/sign-in", email="<script>alert(1)</script>")
    assert "&lt;script&gt;" in response.text
    assert "<script>alert" not in response.text


@pytest.mark.parametrize(
    "query",
    [
        "then=https://evil.example",
        "then=//evil.example",
        "request=//evil",
        "request=a%0d%0ab",
        "then=close%2f..",
    ],
)
async def test_a_query_cannot_redirect_to_another_site(browser, query):
    response = await browser().get(f"/identity/sign-in?{query}")
    assert response.status_code == 400
    assert "location" not in response.headers


async def test_a_sign_in_returns_to_the_request_or_the_page_it_began_at(newcomer, browser, sent_emails):
    await newcomer("interaction@example.org")
    for query, onward in (
        ("request=abc_DEF-1", "/identity/authorize/continue?request=abc_DEF-1"),
        ("then=passkeys", "/identity/account/passkeys"),
    ):
        tab = browser()
        response = await tab.post(f"/identity/sign-in?{query}", email="interaction@example.org")
        assert response.headers["location"] == f"/identity/sign-in/code?{query}"
        code = await code_for(sent_emails, "interaction@example.org")
        response = await tab.post(f"/identity/sign-in/code?{query}", code=code)
        assert response.headers["location"] == onward


async def test_a_sign_in_on_a_new_device_sends_an_email(newcomer, signed_in_again, sent_emails):
    await newcomer("device@example.org")
    assert "new-device" not in {email.template for email in await sent_emails("device@example.org")}
    await signed_in_again("device@example.org")
    assert (await sent_emails("device@example.org"))[-1].template == "new-device"


async def test_pages_and_emails_are_in_welsh_on_request(browser, sent_emails):
    tab = browser()
    assert "Mewngofnodi" in (await tab.get("/identity/sign-in?lang=cy")).text
    await tab.post("/identity/register", email="cymro@example.org")
    assert (await sent_emails("cymro@example.org"))[-1].language == "cy"
    wrong = await tab.post("/identity/register/code", code="")
    assert "Rhowch y cod o&#39;r e-bost" in wrong.text


@pytest.mark.parametrize(
    ("path", "form", "limit"),
    [
        ("/identity/sign-in", {"email": "wait@when.example"}, "limit_codes_for_address"),
        ("/identity/register", {"email": "open@when.example"}, "limit_codes_for_address"),
        (
            "/identity/sign-in/password",
            {"email": "word@when.example", "password": "not the one"},
            "limit_passwords_for_address",
        ),
    ],
)
async def test_after_too_many_attempts_the_page_says_when_to_come_back(browser, app, path, form, limit):
    """To the minute on the page, in seconds for machines: never too early, and at most a minute too late."""
    quota, window = (limit := getattr(app.state.settings, limit)).quota, limit.window
    start = time.time()
    responses = [await browser().post(path, **form) for _ in range(quota + 1)]
    elapsed = time.time() - start
    assert [response.status_code == 429 for response in responses] == [False] * quota + [True]
    assert window / quota - elapsed - 1 <= int(responses[-1].headers["Retry-After"]) <= window / quota + 60
    assert re.search(r"after <strong>\d+ \w+ \d{4}, \d\d:\d\d</strong>", responses[-1].text)
