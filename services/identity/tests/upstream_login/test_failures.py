"""Failed logins at a provider: the page that says why, and nothing left for the next person."""

import pytest
from sqlalchemy import text

from chassis import ids
from services.identity.tests.upstream import (
    accounts_of,
    directory,
    journey,
    keeper_headers,
    nobody,
    one_login,
    register_upstream,
    running_simulator,
    settings,
    simulator,
    visit_of,
)

__all__ = [
    "directory",
    "journey",
    "keeper_headers",
    "nobody",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

LINK = "/identity/upstream/link"
CONFIRM = f"{LINK}/confirm"
JO, SAM = "jo@people.example", "sam@people.example"


def at_failed(upstream, reason, **overrides):
    query = {"reason": reason, "of": "citytown", "upstream": upstream["id"], **overrides}
    return "/identity/upstream/failed?" + "&".join(f"{name}={value}" for name, value in query.items())


async def test_what_happened_is_said_again_and_in_welsh(journey, one_login):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(query="?then=upstreams"), "access_denied")
    response = await mary.tab.get(url.replace("http://127.0.0.1:8000", ""))
    assert response.status_code == 303
    to = response.headers["location"]
    for _ in range(2):
        assert "You did not sign in with GOV.UK One Login" in (await mary.tab.get(to)).text
    welsh = (await mary.tab.get(f"{to}&lang=cy")).text
    assert "GOV.UK One Login" in welsh
    assert "You did not sign in" not in welsh
    assert "This way back cannot be used" not in welsh
    assert f'action="{mary.path}?then=upstreams' in welsh


async def test_the_page_says_only_what_it_knows(client, one_login):
    page = await client.get(at_failed(one_login, "in-use"))
    assert (page.status_code, "no-store" in page.headers["cache-control"]) == (409, True)
    assert "This sign-in is used with another account" in page.text
    unknown = {**one_login, "id": ids.show(ids.new())}
    assert "This way back cannot be used" in (await client.get(at_failed(unknown, "in-use"))).text
    for nonsense in (
        at_failed(one_login, "anything"),
        at_failed(one_login, "old", purpose="anything"),
        at_failed({"id": "x"}, "old"),
        "/identity/upstream/failed",
    ):
        assert (await client.get(nonsense)).status_code == 400


async def begin_login(journey_, signed_in_again):
    """Begin a login, choose to use an existing account, and sign in to that."""
    await journey_.go("mary")
    await journey_.choose("have")
    await signed_in_again(JO, journey_.tab)
    page = await journey_.tab.get(CONFIRM)
    assert JO in page.text
    return visit_of(page)


@pytest.mark.parametrize("path", ["/identity/sign-out", "/identity/logout/confirm"])
async def test_who_signs_out_leaves_nothing_to_be_linked(
    journey, one_login, newcomer, signed_in_again, database, path
):
    """On a computer that many share."""
    await newcomer(JO)
    await newcomer(SAM)
    shared = journey(one_login)
    visit = await begin_login(shared, signed_in_again)
    assert (await shared.tab.post(path)).status_code == 200
    await signed_in_again(SAM, shared.tab)
    assert (await shared.tab.get(CONFIRM)).headers["location"] == "/identity/account"
    assert (await shared.tab.get(LINK)).headers["location"] == "/identity/sign-in"
    response = await shared.follow_failure(await shared.tab.post(CONFIRM, visit=visit))
    assert response.status_code == 400
    assert await accounts_of(database, one_login) == {}


async def test_who_signs_in_after_another_is_not_offered_what_the_other_began(
    journey, one_login, newcomer, sent_emails, signed_in_again, database
):
    await newcomer(JO)
    await newcomer(SAM)
    shared = journey(one_login)
    visit = await begin_login(shared, signed_in_again)
    await shared.tab.post("/identity/sign-in", email=SAM)
    code = (await sent_emails(SAM))[-1].personalisation["code"]
    response = await shared.tab.post("/identity/sign-in/code", code=code)
    assert response.headers["location"] == "/identity/account"
    assert (await shared.tab.get(CONFIRM)).headers["location"] == "/identity/account"
    assert (await shared.follow_failure(await shared.tab.post(CONFIRM, visit=visit))).status_code == 400
    assert await accounts_of(database, one_login) == {}


async def test_a_link_that_one_account_began_is_not_offered_to_another(
    journey, one_login, newcomer, signed_in_again, sent_emails, database
):
    """Nor when the first one's session has run out meanwhile."""
    await newcomer(SAM)
    shared = journey(one_login, await newcomer(JO))
    assert (await shared.go("mary", "link")).headers["location"].startswith(CONFIRM)
    async with database.writing() as session:
        await session.execute(text("UPDATE browser_session SET ended_at = now() WHERE ended_at IS NULL"))
    await shared.tab.post("/identity/sign-in", email=SAM)
    code = (await sent_emails(SAM))[-1].personalisation["code"]
    response = await shared.tab.post("/identity/sign-in/code", code=code)
    assert response.headers["location"] == "/identity/account"
    assert (await shared.tab.get(CONFIRM)).headers["location"] == "/identity/account"


async def test_who_signs_in_again_as_the_same_person_is_still_asked(
    journey, one_login, newcomer, sent_emails
):
    """A person who is signed in and has to sign in once more is the same."""
    jo = journey(one_login, await newcomer(JO))
    assert (await jo.go("mary", "link")).headers["location"].startswith(CONFIRM)
    await jo.tab.post("/identity/sign-in", email=JO)
    code = (await sent_emails(JO))[-1].personalisation["code"]
    response = await jo.tab.post("/identity/sign-in/code", code=code)
    assert response.headers["location"] == CONFIRM
