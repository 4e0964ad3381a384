"""Residents sign in with GOV.UK One Login: the first time, and every time after."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from chassis import ids
from identity.factors.tables import passkey
from services.identity.tests.provider import ask, read_redirect, register, sign_in, verify_claims
from services.identity.tests.upstream import (
    accounts_of,
    journey,
    keeper_headers,
    nobody,
    one_login,
    parameters_of,
    register_upstream,
    running_simulator,
    settings,
    simulator,
    visit_of,
)

__all__ = [
    "journey",
    "keeper_headers",
    "nobody",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

MARY = "mary.watson@people.example"


@pytest.fixture
def history(database):
    """``await history(account)`` -> what happened to it, in order."""

    async def history_of(account):
        statement = text("SELECT what FROM account_history WHERE account = :id ORDER BY id")
        async with database.reading() as session:
            return [row.what for row in await session.all(statement, {"id": account})]

    return history_of


@pytest.fixture
def count(database):
    """``await count("account")`` -> how many rows there are."""

    async def rows(table):
        async with database.reading("*") as session:
            return await session.scalar(text(f"SELECT count(*) FROM {table}"))

    return rows


async def test_somebody_new_gets_an_account_with_the_address_that_was_verified(
    journey, one_login, database, sent_emails, history
):
    before = len(await sent_emails(MARY))
    mary = await journey(one_login).sign_up("mary")
    [account] = (await accounts_of(database, one_login)).values()
    assert MARY in (await mary.tab.get("/identity/sign-in")).text
    assert await history(account) == [
        "opened", "upstream linked", "signed in by upstream-two-factors",
    ]  # fmt: skip
    assert len(await sent_emails(MARY)) == before  # there is nothing to warn of


async def test_a_returning_person_is_signed_in_at_once(journey, one_login, database):
    await journey(one_login).sign_up("mary")
    returning = journey(one_login)
    answer = await returning.go("mary")
    assert (answer.status_code, answer.headers["location"]) == (303, "/identity/account")
    assert MARY in (await returning.tab.get("/identity/sign-in")).text
    assert len(await accounts_of(database, one_login)) == 1


async def test_who_has_an_account_links_it_after_signing_in_to_it(
    journey, one_login, newcomer, signed_in_again, account_of_address, database, sent_emails, history
):
    await newcomer("jo@people.example")
    mary = journey(one_login)
    assert (await mary.go("mary")).headers["location"].startswith("/identity/upstream/link")
    assert (await mary.choose("have")).headers["location"].startswith("/identity/sign-in")
    assert await accounts_of(database, one_login) == {}
    await signed_in_again("jo@people.example", mary.tab)
    page = await mary.tab.get("/identity/upstream/link/confirm")
    assert "jo@people.example" in page.text
    assert "m***@people.example" in page.text
    assert await accounts_of(database, one_login) == {}
    assert (await mary.confirm()).headers["location"] == "/identity/account"
    [account] = (await accounts_of(database, one_login)).values()
    assert account == await account_of_address("jo@people.example")
    assert (await sent_emails("jo@people.example"))[-1].template == "changed-upstream-linked"
    assert "upstream linked" in await history(account)
    assert MARY not in (await mary.tab.get("/identity/account")).text


@pytest.fixture
def account_of_address(database):
    async def find(address):
        statement = text("SELECT account FROM account_email WHERE canonical = :to")
        async with database.reading() as session:
            return await session.scalar(statement, {"to": address})

    return find


async def test_signing_in_leads_to_the_page_that_links(journey, one_login, newcomer, sent_emails):
    await newcomer("jo@people.example")
    mary = journey(one_login)
    await mary.go("mary")
    await mary.choose("have")
    await mary.tab.post("/identity/sign-in", email="jo@people.example")
    code = (await sent_emails("jo@people.example"))[-1].personalisation["code"]
    response = await mary.tab.post("/identity/sign-in/code", code=code)
    assert response.headers["location"] == "/identity/upstream/link/confirm"


async def test_nobody_is_linked_by_an_equal_address(
    journey, one_login, newcomer, database, sent_emails, count
):
    """One Login has verified the address of an account here, and still it is not opened or told of."""
    await newcomer(MARY)
    accounts = await count("account")
    mary = journey(one_login)
    await mary.go("mary")
    response = await mary.choose("new")
    assert response.headers["location"] == "/identity/register/code"
    assert mary.tab.session is None
    assert await accounts_of(database, one_login) == {}
    assert await count("account") == accounts
    page = await mary.tab.get("/identity/register/code")
    assert "If it has a code in it" in page.text
    assert (await sent_emails(MARY))[-1].template == "has-account"


async def test_who_cancels_is_nobody(journey, one_login, database, count):
    mary = journey(one_login)
    await mary.go("mary")
    assert (await mary.choose("cancel")).headers["location"].startswith("/identity/sign-in")
    assert await accounts_of(database, one_login) == {}
    assert await count("upstream_visit") == 0
    assert (await mary.tab.get("/identity/upstream/link")).status_code == 303


async def test_an_answer_must_be_given(journey, one_login, database):
    mary = journey(one_login)
    await mary.go("mary")
    response = await mary.choose("perhaps")
    assert response.status_code == 400
    assert "Select whether you have an account" in response.text
    assert await accounts_of(database, one_login) == {}


async def test_its_two_factors_are_enough_for_a_service_that_wants_two(journey, one_login, database):
    mary = await journey(one_login).sign_up("mary")
    school = await register(database, profile="onelogin")
    answer = read_redirect(await ask(mary.tab.client, school, vtr='["Cl.Cm"]'))
    tokens = (await school.redeem(mary.tab.client, answer["code"])).json()
    assert (await verify_claims(mary.tab.client, tokens["id_token"]))["vot"] == "Cl.Cm"


async def test_who_came_for_a_service_goes_on_to_it(journey, one_login, database):
    await journey(one_login).sign_up("mary")
    school = await register(database, profile="onelogin")
    mary = journey(one_login)
    to_sign_in = (await ask(mary.tab.client, school, vtr='["Cl.Cm"]')).headers["location"]
    page = await mary.tab.get(to_sign_in)
    assert "Sign in with GOV.UK One Login" in page.text
    response = await mary.go("mary", query=f"?{to_sign_in.partition('?')[2]}")
    assert response.headers["location"].startswith("/identity/authorize/continue?request=")
    assert "code" in read_redirect(await mary.tab.get(response.headers["location"]))


@pytest.mark.parametrize("address", ["/identity/sign-in?council=citytown", "/identity/sign-in"])
async def test_a_councils_page_shows_its_buttons(browser, one_login, address):
    page = await browser().get(address)
    has_button = "Sign in with GOV.UK One Login" in page.text
    assert has_button is ("council" in address)
    assert (f"/identity/upstream/citytown/{one_login['id']}" in page.text) is has_button


async def test_another_councils_page_does_not_show_them(browser, one_login):
    for other in ("hillshire", "nowhere"):
        assert "One Login" not in (await browser().get(f"/identity/sign-in?council={other}")).text


# ------------------------------------------------------------------------------------- the account's pages


async def test_the_account_shows_where_else_one_signs_in_and_adds_another(
    journey, one_login, newcomer, database
):
    tab = await newcomer("jo@people.example")
    offered = await tab.get("/identity/account/upstreams?council=citytown")
    assert "Add GOV.UK One Login" in offered.text
    jo = journey(one_login, tab)
    response = await jo.go("mary", "link", "?then=upstreams")
    assert response.headers["location"].startswith("/identity/upstream/link/confirm?then=upstreams")
    assert await accounts_of(database, one_login) == {}
    assert (await jo.confirm("?then=upstreams")).headers["location"] == "/identity/account/upstreams"
    page = await tab.get("/identity/account/upstreams?council=citytown")
    assert "Remove" in page.text
    assert "Add GOV.UK One Login" not in page.text


async def test_an_upstream_is_removed_from_the_account(
    journey, one_login, newcomer, database, sent_emails, history
):
    tab = await newcomer("jo@people.example")
    jo = journey(one_login, tab)
    await jo.go("mary", "link")
    await jo.confirm()
    [account] = (await accounts_of(database, one_login)).values()
    response = await tab.post(f"/identity/account/upstreams/citytown/{one_login['id']}/unlink")
    assert response.headers["location"] == "/identity/account/upstreams"
    assert await accounts_of(database, one_login) == {}
    assert (await sent_emails("jo@people.example"))[-1].template == "changed-upstream-unlinked"
    assert (await history(account))[-1] == "upstream unlinked"


async def test_the_last_passkey_of_who_has_nothing_else_is_not_removed(journey, one_login, database):
    """An upstream is no way to sign in to the account itself: it counts at its council alone."""
    mary, keys = await journey(one_login).sign_up("mary"), [ids.new(), ids.new()]
    [account] = (await accounts_of(database, one_login)).values()
    values = {"account": account, "public_key": b"x", "sign_count": 0, "synced": False, "name": "Phone"}
    times = {"created_at": datetime.now(UTC), "used_at": None}
    await sign_in(database, mary.tab.client, account, ["passkey"])
    async with database.writing("*") as session:
        for key in keys:
            await session.execute(insert(passkey), {**values, **times, "id": key, "credential": key.bytes})
        await session.execute(text("DELETE FROM account_email"))
    # Pages cope with an account that has no address.
    for page in ("/identity/account", "/identity/account/upstreams", "/identity/account/email"):
        assert (await mary.tab.get(page)).status_code == 200
    first, last = [await mary.tab.post(f"/identity/account/passkeys/{ids.show(key)}/remove") for key in keys]
    assert first.headers["location"] == "/identity/account/passkeys"
    assert last.status_code == 409
    assert "only way into your account" in last.text


async def test_an_account_has_one_person_at_a_provider(journey, one_login, database):
    mary = await journey(one_login).sign_up("mary")
    response = await mary.go("peter", "link")
    assert response.status_code == 409
    assert "You signed in as somebody else" in response.text
    assert len(await accounts_of(database, one_login)) == 1


async def test_a_person_at_a_provider_has_one_account(journey, one_login, newcomer, database):
    await journey(one_login).sign_up("mary")
    jo = journey(one_login, await newcomer("jo@people.example"))
    response = await jo.go("mary", "link")
    assert response.status_code == 409
    assert "used with another account" in response.text
    assert len(await accounts_of(database, one_login)) == 1


async def test_a_closed_account_leaves_no_link(journey, one_login, database, count):
    mary = await journey(one_login).sign_up("mary")
    [account] = (await accounts_of(database, one_login)).values()
    await sign_in(database, mary.tab.client, account)
    await mary.leave("link")
    assert await count("upstream_visit") == 1
    response = await mary.tab.post("/identity/account/close", sure="yes")
    assert response.status_code in {200, 303}, response.text
    assert await accounts_of(database, one_login) == {}
    assert await count("upstream_visit") == 0
    assert (await mary.go("mary")).headers["location"].startswith("/identity/upstream/link")


async def test_logins_that_were_not_completed_are_purged(journey, one_login, database, count, purge):
    mary = journey(one_login)
    await mary.leave()
    async with database.writing() as session:
        await session.execute(text("UPDATE upstream_visit SET expires_at = now() - interval '1 s'"))
    await purge()
    assert await count("upstream_visit") == 0


# --------------------------------------------------------------------------------------------------- races


async def test_of_several_callbacks_with_one_state_one_counts(journey, one_login):
    mary = await journey(one_login).sign_up("mary")
    returning = journey(one_login)
    url = await returning.authenticate(await returning.leave(), "mary")
    responses = await asyncio.gather(*(returning.follow(url) for _ in range(5)))
    assert sorted(response.status_code for response in responses) == [303, 400, 400, 400, 400]
    assert mary is not returning


async def test_of_two_browsers_that_link_one_person_one_succeeds(
    journey, one_login, newcomer, database, count
):
    tabs = [await newcomer(f"jo{n}@people.example") for n in range(2)]
    journeys = [journey(one_login, tab) for tab in tabs]
    for each_journey in journeys:
        await each_journey.go("mary", "link")
    responses = await asyncio.gather(*(each_journey.confirm() for each_journey in journeys))
    assert sorted(response.status_code for response in responses) == [303, 409]
    assert len(await accounts_of(database, one_login)) == 1


async def test_of_two_new_accounts_for_one_person_one_is_made(journey, one_login, database, count):
    journeys = [journey(one_login) for _ in range(2)]
    for each_journey in journeys:
        await each_journey.go("sion")
    before = await count("account")
    responses = await asyncio.gather(*(each_journey.choose("new") for each_journey in journeys))
    assert len(await accounts_of(database, one_login)) == 1
    assert await count("account") == before + 1
    assert sum(response.headers.get("location") == "/identity/account" for response in responses) == 1


async def test_two_linked_at_once_with_one_account_are_one(journey, one_login, newcomer, database):
    """One person, two tabs: the second finds that it is done."""
    tab = await newcomer("jo@people.example")
    jo = journey(one_login, tab)
    await jo.go("mary", "link")
    page = await tab.get("/identity/upstream/link/confirm")
    responses = await asyncio.gather(
        *(tab.post("/identity/upstream/link/confirm", visit=visit_of(page)) for _ in range(2))
    )
    assert sorted(response.status_code for response in responses) in ([303, 303], [303, 400])
    assert len(await accounts_of(database, one_login)) == 1


async def test_a_crash_between_callback_and_link_leaves_nothing_half(
    journey, one_login, database, count, monkeypatch
):
    accounts, mary = await count("account"), journey(one_login)
    await mary.go("mary")

    async def crash(*_, **__):
        raise RuntimeError("the machine has died")

    with monkeypatch.context() as patch:
        patch.setattr("identity.upstream_login.actions.links._sign_in", crash)
        assert (await mary.choose("new")).status_code == 500
    assert await accounts_of(database, one_login) == {}
    assert await count("account") == accounts
    assert (await mary.choose("new")).headers["location"] == "/identity/account"


async def test_a_disabled_provider_takes_nobody_back(journey, one_login, client, keeper_headers, database):
    mary = await journey(one_login).sign_up("mary")
    callback = await mary.authenticate(await mary.leave(), "mary")
    headers = {**keeper_headers(), "If-Match": f'"{one_login["version"]}"'}
    url = f"/citytown/identity/v1/upstreams/{one_login['id']}"
    assert (await client.patch(url, json={"enabled": False}, headers=headers)).status_code == 200
    assert (await mary.follow(callback)).status_code == 400
    assert (await mary.tab.post(mary.path, purpose="sign-in")).status_code == 404
    assert "One Login" not in (await mary.tab.get("/identity/sign-in?council=citytown")).text


async def test_what_is_asked_is_what_the_contract_says(journey, one_login):
    parameters = parameters_of(await journey(one_login).leave())
    assert (parameters["response_type"], parameters["scope"], parameters["vtr"]) == (
        "code",
        "openid email",
        '["Cl.Cm"]',
    )
    assert parameters["redirect_uri"] == one_login["redirect_uri"]
    assert parameters["code_challenge_method"] == "S256"
