"""Signing in elsewhere under attack: RFC 9700, RFC 9207, OpenID Connect Core 3.1.2.7 and 3.1.3.7."""

import logging
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import text

from chassis import ids
from services.identity.tests.upstream import (
    accounts_of,
    is_signed_in_at,
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
from simulators.openid_provider.faults import NAMED, ONE_LOGIN, Faults

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

REFUSED = sorted({*NAMED, *ONE_LOGIN} - {"no-nonce", "did-503"})


def changed(url, **parameters):
    """Change parameters of a callback's URL; None removes one."""
    parts = urlsplit(url)
    combined = {**dict(parse_qsl(parts.query)), **parameters}
    query = urlencode({name: value for name, value in combined.items() if value is not None})
    return parts._replace(query=query).geturl()


async def nobody_is_in(journey_, response, status=400):
    """No session, no link, and a page that offers the other ways."""
    assert response.status_code == status, (response.status_code, response.headers.get("location"))
    assert journey_.tab.session is None
    assert "Choose another way" in response.text


# ------------------------------------------------------------------------------------------- state, browser


async def test_a_state_from_another_browser_is_refused(journey, one_login, database):
    """Login CSRF (RFC 9700 4.7): somebody leads another's browser into their own account."""
    attacker, victim = journey(one_login), journey(one_login)
    url = await attacker.authenticate(await attacker.leave(), "peter")
    await nobody_is_in(victim, await victim.follow(url))
    await victim.leave()  # nor when the victim is on the way too
    await nobody_is_in(victim, await victim.follow(url))
    assert (await victim.tab.get("/identity/upstream/link")).headers["location"] == "/identity/sign-in"
    # The attacker's own way back is not used up by that.
    assert (await attacker.follow(url)).status_code == 303


async def test_a_state_is_used_once(journey, one_login):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    assert (await mary.follow(url)).status_code == 303
    await nobody_is_in(mary, await mary.follow(url))


async def test_a_state_is_used_up_by_an_answer_that_is_refused(journey, one_login):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    await nobody_is_in(mary, await mary.follow(changed(url, code="another")))
    await nobody_is_in(mary, await mary.follow(url))


async def test_a_state_runs_out(journey, one_login, database):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    async with database.writing() as session:
        await session.execute(text("UPDATE upstream_visit SET expires_at = now()"))
    await nobody_is_in(mary, await mary.follow(url))


@pytest.mark.parametrize("state", [None, "", "nobody's", "a" * 5_000, "\x00", "é", "' OR 1=1 --"])
async def test_a_state_that_nobody_sent_is_refused(journey, one_login, state):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    await nobody_is_in(mary, await mary.follow(changed(url, state=state)))


async def test_a_code_from_another_visit_is_refused(journey, one_login):
    """Code injection (RFC 9700 4.5): PKCE and the nonce bind a code to the browser that asked."""
    attacker, victim = journey(one_login), journey(one_login)
    stolen = parameters_of(await victim.authenticate(await victim.leave(), "mary"))["code"]
    url = await attacker.authenticate(await attacker.leave(), "peter")
    await nobody_is_in(attacker, await attacker.follow(changed(url, code=stolen)))


async def test_a_decision_of_another_browser_does_not_count(journey, one_login, database):
    mary, other = journey(one_login), journey(one_login)
    await mary.go("mary")
    page = await mary.tab.get("/identity/upstream/link")
    visit = re.search(r'name="visit" value="([0-9a-f]+)"', page.text)[1]
    response = await other.tab.post("/identity/upstream/link", visit=visit, answer="new")
    await nobody_is_in(other, await other.follow_failure(response))
    for nonsense in ("", "zz", "00" * 32, "0" * 70):
        response = await mary.tab.post("/identity/upstream/link", visit=nonsense, answer="new")
        assert (await mary.follow_failure(response)).status_code == 400
    assert await accounts_of(database, one_login) == {}


async def test_no_form_of_another_site_begins_or_decides(journey, one_login, database):
    mary = journey(one_login)
    await mary.go("mary")
    for path in (mary.path, "/identity/upstream/link", "/identity/upstream/link/confirm"):
        for form in ({"data": {"purpose": "sign-in"}}, {"data": {"csrf": "x", "answer": "new"}}):
            assert (await mary.tab.client.post(path, **form)).status_code == 403
        assert (await mary.tab.client.get(mary.path)).status_code in {404, 405}
    assert await accounts_of(database, one_login) == {}


async def test_nobody_is_linked_without_having_chosen_it(journey, one_login, newcomer, database):
    """Who has come back and signs in another way, without having asked for it, is not linked."""
    jo = journey(one_login, await newcomer("jo@people.example"))
    await jo.go("mary")
    page = await jo.tab.get("/identity/upstream/link")
    visit = re.search(r'name="visit" value="([0-9a-f]+)"', page.text)[1]
    assert (await jo.tab.get("/identity/upstream/link/confirm")).headers["location"] == "/identity/account"
    response = await jo.tab.post("/identity/upstream/link/confirm", visit=visit)
    assert (await jo.follow_failure(response)).status_code == 409
    assert await accounts_of(database, one_login) == {}


async def test_a_link_begun_by_one_account_is_not_made_with_another(
    journey, one_login, newcomer, signed_in_again, database
):
    await newcomer("eve@people.example")
    jo = journey(one_login, await newcomer("jo@people.example"))
    await jo.go("mary", "link")
    visit = visit_of(await jo.tab.get("/identity/upstream/link/confirm"))
    async with database.writing() as session:
        await session.execute(text("UPDATE browser_session SET ended_at = now() WHERE ended_at IS NULL"))
    await signed_in_again("eve@people.example", jo.tab)
    response = await jo.follow_failure(await jo.tab.post("/identity/upstream/link/confirm", visit=visit))
    assert response.status_code == 409
    assert await accounts_of(database, one_login) == {}


async def test_linking_needs_a_fresh_sign_in(journey, one_login, newcomer, database):
    jo = journey(one_login, await newcomer("jo@people.example"))
    await jo.go("mary", "link")
    page = await jo.tab.get("/identity/upstream/link/confirm")
    visit = re.search(r'name="visit" value="([0-9a-f]+)"', page.text)[1]
    async with database.writing() as session:
        await session.execute(text("UPDATE browser_session SET own_at = now() - interval '11 min'"))
    answer = await jo.tab.post("/identity/upstream/link/confirm", visit=visit)
    assert answer.headers["location"].startswith("/identity/sign-in")
    unlink = f"/identity/account/upstreams/citytown/{one_login['id']}/unlink"
    assert (await jo.tab.post(unlink)).headers["location"] == "/identity/sign-in?then=upstreams"
    assert await accounts_of(database, one_login) == {}


# --------------------------------------------------------------------------------------------------- mix-up


async def test_an_answer_of_one_provider_under_anothers_state_is_refused(
    journey, one_login, register_upstream
):
    """Mix-up (RFC 9700 4.4): each provider has a redirect URI of its own."""
    other = await register_upstream("onelogin", title="Another")
    mary, other_journey = journey(one_login), journey(other)
    other_journey.tab = mary.tab
    honest, evil = (
        await mary.authenticate(await mary.leave(), "mary"),
        await other_journey.authenticate(await other_journey.leave(), "mary"),
    )
    crossed = changed(honest, state=parameters_of(evil)["state"])
    await nobody_is_in(mary, await mary.follow(crossed))
    crossed = urlsplit(evil)._replace(query=urlsplit(honest).query).geturl()
    await nobody_is_in(mary, await mary.follow(crossed))
    assert (await mary.follow(honest)).status_code == 303


async def test_an_answer_of_one_councils_provider_does_not_count_at_another(journey, one_login):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    response = await mary.follow(url.replace("/citytown/", "/hillshire/"))
    assert response.status_code in {400, 404}
    assert mary.tab.session is None


@pytest.mark.parametrize("issuer", ["https://attacker.example/", "", "http://127.0.0.1/"])
async def test_an_answer_that_names_another_issuer_is_refused(journey, one_login, issuer):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "mary")
    await nobody_is_in(mary, await mary.follow(changed(url, iss=issuer)))


# -------------------------------------------------------------------------------------------------- id_token


async def test_an_answer_with_one_thing_wrong_signs_nobody_in(
    journey, one_login, simulator, database, app, subtests
):
    for fault in REFUSED:
        with subtests.test(fault):
            app.state.providers._entries.clear()
            mary = journey(one_login)
            simulator.faults = {**NAMED, **ONE_LOGIN}[fault]
            answer = await mary.go("mary")
            simulator.faults = Faults()
            await nobody_is_in(mary, answer, 503 if fault.endswith("500") else 400)
            assert await accounts_of(database, one_login) == {}
            assert (await mary.tab.get("/identity/upstream/link")).status_code == 303


async def test_a_missing_nonce_is_refused(journey, one_login, simulator):
    simulator.faults = NAMED["no-nonce"]
    mary = journey(one_login)
    await nobody_is_in(mary, await mary.go("mary"))


async def test_a_fault_of_the_second_visit_does_not_sign_in_who_was_here_before(
    journey, one_login, simulator
):
    await journey(one_login).sign_up("mary")
    simulator.faults = NAMED["foreign-key"]
    returning = journey(one_login)
    await nobody_is_in(returning, await returning.go("mary"))


# ------------------------------------------------------------------------------------- errors and open ends


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        ("access_denied", 200, "You did not sign in with GOV.UK One Login"),
        ("temporarily_unavailable", 503, "cannot be reached just now"),
        ("server_error", 503, "cannot be reached just now"),
        ("login_required", 400, "You are not signed in"),
    ],
)
async def test_an_error_of_the_provider_is_told_with_the_other_ways(
    journey, one_login, error, status, message
):
    mary = journey(one_login)
    response = await mary.go(error)
    await nobody_is_in(mary, response, status)
    assert message in response.text


async def test_what_a_provider_writes_stands_on_no_page_and_whole_in_no_log(journey, one_login, caplog):
    mary = journey(one_login)
    url = await mary.authenticate(await mary.leave(), "access_denied")
    evil = "<script>alert(1)</script>\r\nSet-Cookie: a=b" + "x" * 3_000
    with caplog.at_level(logging.DEBUG):
        response = await mary.follow(changed(url, error=evil, error_description=evil))
    lines = [
        record.getMessage() for record in caplog.records if record.name.startswith(("identity", "chassis"))
    ]
    await nobody_is_in(mary, response)
    assert "alert(1)" not in response.text
    assert "x" * 300 not in "".join(lines)


@pytest.mark.parametrize("then", ["https://attacker.example", "//attacker.example", "/x", "..", "close/../x"])
async def test_then_leads_nowhere_but_to_a_page_of_ours(journey, one_login, then):
    mary = journey(one_login)
    query = f"?{urlencode({'then': then})}"
    assert (await mary.tab.post(f"{mary.path}{query}", purpose="sign-in")).status_code == 400
    await mary.sign_up("mary")
    response = await journey(one_login).go("mary")
    assert response.headers["location"] == "/identity/account"


async def test_a_request_id_that_is_nobodys_leads_only_to_ourselves(journey, one_login):
    await journey(one_login).sign_up("mary")
    mary = journey(one_login)
    response = await mary.go("mary", query="?request=nobodys-request-0123456789")
    url = response.headers["location"]
    assert url == "/identity/authorize/continue?request=nobodys-request-0123456789"
    assert (await mary.tab.get(url)).status_code == 400


async def test_the_page_that_leads_away_is_kept_by_nobody(journey, one_login):
    mary = journey(one_login)
    page = await mary.tab.post(mary.path, purpose="sign-in")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("purpose", ["", "admin", "sign-in ", "SIGN-IN"])
async def test_an_unknown_purpose_is_refused(journey, one_login, purpose):
    mary = journey(one_login)
    response = await mary.tab.post(mary.path, purpose=purpose)
    assert response.status_code == (200 if purpose.strip() == "sign-in" else 404)


async def test_an_unknown_provider_or_council_is_not_found(journey, one_login):
    somebody = journey(one_login)
    tab = somebody.tab
    for path in (
        f"citytown/{ids.show(ids.new())}",
        f"hillshire/{one_login['id']}",
        "nowhere/x",
        "citytown/x",
    ):
        response = await tab.post(f"/identity/upstream/{path}", purpose="sign-in")
        assert response.status_code in {400, 404}, path
        response = await somebody.follow_failure(
            await tab.get(f"/identity/upstream/{path}/callback?code=c&state=s")
        )
        assert response.status_code in {400, 404}, path


# ------------------------------------------------------------------------------------------------- sessions


async def test_a_planted_session_is_worth_nothing_after_the_sign_in(journey, one_login, browser):
    """Session fixation: the secret is always a new one."""
    await journey(one_login).sign_up("mary")
    mary = journey(one_login)
    mary.tab.client.cookies.set("townhall-session", "planted", domain="test.invalid", path="/")
    await mary.go("mary")
    first = mary.tab.session
    assert first not in {None, "planted"}
    await mary.go("mary")
    assert mary.tab.session not in {None, first}
    thief = browser()
    thief.client.cookies.set("townhall-session", first, domain="test.invalid", path="/")
    assert not await is_signed_in_at(thief)
    assert await is_signed_in_at(mary.tab)


async def test_who_must_sign_in_anew_must_do_so_there_too(journey, one_login):
    mary = await journey(one_login).sign_up("mary")
    assert parameters_of(await mary.leave())["prompt"] == "login"
    assert "prompt" not in parameters_of(await journey(one_login).leave())


async def test_nothing_of_a_visit_that_opens_anything_lies_in_the_database(journey, one_login, database):
    mary = journey(one_login)
    parameters = parameters_of(await mary.leave())
    async with database.reading() as session:
        [row] = await session.all(text("SELECT upstream_visit::text AS all FROM upstream_visit"), {})
    assert parameters["state"] not in row.all
    assert parameters["nonce"] not in row.all


async def test_nothing_secret_is_logged(journey, one_login, caplog, simulator):
    with caplog.at_level(logging.DEBUG):
        mary = journey(one_login)
        url = await mary.authenticate(await mary.leave(), "mary")
        await mary.follow(url)
        simulator.faults = NAMED["wrong-nonce"]
        await mary.go("mary")
    lines = [
        record.getMessage() for record in caplog.records if record.name.startswith(("identity", "chassis"))
    ]
    for secret in (parameters_of(url)["code"], parameters_of(url)["state"], "eyJ", "mary.watson"):
        assert not [line for line in lines if secret in line], secret
    assert any("is not valid" in line for line in lines)


async def test_one_network_cannot_fill_the_table(journey, one_login, set_limit):
    set_limit("upstream_sign_ins_from_network", 2, 900)
    mary = journey(one_login)
    responses = [await mary.tab.post(mary.path, purpose="sign-in") for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 429, 429]
