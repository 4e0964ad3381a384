"""Logout at the provider: OpenID Connect Back-Channel Logout 1.0, as One Login sends it."""

import asyncio
import secrets
import time
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.identity.tests.factors.test_authenticators import set_up
from services.identity.tests.provider import ask, read_redirect, register, sign_in
from services.identity.tests.upstream import (
    accounts_of,
    directory,
    is_signed_in_at,
    journey,
    keeper_headers,
    one_login,
    register_upstream,
    running_simulator,
    settings,
    simulator,
)
from simulators.openid_provider.claims import subject

__all__ = [
    "directory",
    "journey",
    "keeper_headers",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LATER = 2  # seconds: an id_token carries its issue time in whole seconds


@pytest.fixture(autouse=True)
async def nobody(database, simulator):
    """Begin signed out at the provider, and delete all e-mail addresses afterwards."""
    simulator.sessions.clear()
    yield
    async with database.writing("*") as session:
        for table in ("account_email", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))


def logout_path(upstream, council="citytown"):
    return f"/identity/upstream/{council}/{upstream['id']}/logout"


@pytest.fixture
def logout_token(simulator):
    """``logout_token(one_login, sub=..)`` -> a logout token of the simulator; None leaves a claim out."""

    def sign(upstream, kind="onelogin", how="own", **claims):
        now, algorithm = int(time.time()), "ES256" if kind == "onelogin" else "RS256"
        whole = {
            "iss": upstream["issuer"], "aud": upstream["client_id"], "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(16), "events": {EVENT: {}}, **claims,
        }  # fmt: skip
        stated = {name: value for name, value in whole.items() if value is not None}
        return simulator.keys[kind].sign(stated, algorithm, how)

    return sign


@pytest.fixture
def send_logout(client):
    """``await send_logout(one_login, token)`` -> the answer to the provider."""

    async def send(upstream, token, council="citytown"):
        response = await client.post(logout_path(upstream, council), data={"logout_token": token})
        assert response.status_code == 404 or "no-store" in response.headers["cache-control"]
        return response

    return send


async def is_signed_in(journey_):
    return await is_signed_in_at(journey_.tab)


def latest_sub_and_sid(simulator):
    """Get sub and sid of the latest sign-in at the provider."""
    grant = simulator.sessions[-1]
    return subject(grant.request, grant.person), grant.sid


async def test_sessions_opened_by_the_provider_end_and_no_others(
    journey, one_login, newcomer, signed_in_again, simulator, logout_token, send_logout, database
):
    mary = await journey(one_login).sign_up("mary")
    sub, _ = latest_sub_and_sid(simulator)
    second = journey(one_login)
    await second.go("mary")
    peter = await journey(one_login).sign_up("peter")
    resident_ = await newcomer("own@people.example")
    by_code = await signed_in_again("mary.watson@people.example")
    started = time.monotonic()
    response = await send_logout(one_login, logout_token(one_login, sub=sub))
    assert (response.status_code, response.content) == (200, b"")
    assert time.monotonic() - started < 1
    assert not await is_signed_in(mary)
    assert not await is_signed_in(second)
    assert await is_signed_in(peter)
    assert (await resident_.get("/identity/account")).status_code == 200
    assert (await by_code.get("/identity/account")).status_code == 200
    ended = [event for event in await published(database) if event.type == "identity.session.ended.v1"]
    assert [event.data["reason"] for event in ended][-2:] == ["signed-out"] * 2


async def test_tokens_of_the_session_are_refused_with_it(
    journey, one_login, simulator, logout_token, send_logout, database, client
):
    mary = await journey(one_login).sign_up("mary")
    service = await register(database)
    code = read_redirect(await ask(mary.tab.client, service))["code"]
    token = (await service.redeem(mary.tab.client, code)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/identity/userinfo", headers=headers)).status_code == 200
    assert (
        await send_logout(one_login, logout_token(one_login, sub=latest_sub_and_sid(simulator)[0]))
    ).status_code == 200
    inspected = await client.post("/identity/introspect", data={**service.credentials, "token": token})
    assert inspected.json() == {"active": False}


async def test_a_sid_ends_that_session_alone(journey, one_login, simulator, logout_token, send_logout):
    first = await journey(one_login).sign_up("mary")
    sub, sid = latest_sub_and_sid(simulator)
    second = journey(one_login)
    await second.go("mary")
    assert (await send_logout(one_login, logout_token(one_login, sid=sid))).status_code == 200
    assert (await is_signed_in(first), await is_signed_in(second)) == (False, True)
    assert (await send_logout(one_login, logout_token(one_login, sub=sub, sid="another"))).status_code == 200
    assert await is_signed_in(second)
    assert (
        await send_logout(one_login, logout_token(one_login, sub=sub, sid=latest_sub_and_sid(simulator)[1]))
    ).status_code == 200
    assert not await is_signed_in(second)


async def test_a_second_sign_in_ends_with_the_latest_session_there(
    journey, one_login, simulator, logout_token, send_logout
):
    mary = await journey(one_login).sign_up("mary")
    _, before = latest_sub_and_sid(simulator)
    await mary.go("mary")
    await send_logout(one_login, logout_token(one_login, sid=before))
    assert await is_signed_in(mary)
    await send_logout(one_login, logout_token(one_login, sid=latest_sub_and_sid(simulator)[1]))
    assert not await is_signed_in(mary)


async def test_a_session_of_a_directory_ends_by_its_own_sub(
    journey, register_upstream, simulator, logout_token, send_logout
):
    """Links keep tid and oid; a logout token names the sub of its id_tokens."""
    upstream = await register_upstream("directory", audience="residents")
    person = next(iter(simulator.tenants[upstream["tenant"]].staff))
    alex = await journey(upstream).sign_up(person)
    sub, _ = latest_sub_and_sid(simulator)
    assert (await send_logout(upstream, logout_token(upstream, "directory", sub=sub))).status_code == 200
    assert not await is_signed_in(alex)


async def test_a_logout_of_somebody_without_a_session_ends_nothing(
    journey, one_login, logout_token, send_logout
):
    mary = await journey(one_login).sign_up("mary")
    response = await send_logout(one_login, logout_token(one_login, sub="somebody-who-was-never-here"))
    assert (response.status_code, response.content) == (200, b"")
    assert await is_signed_in(mary)


async def test_a_logout_token_counts_once(journey, one_login, simulator, logout_token, send_logout):
    await journey(one_login).sign_up("mary")
    token = logout_token(one_login, sub=latest_sub_and_sid(simulator)[0])
    assert [(await send_logout(one_login, token)).status_code for _ in range(2)] == [200, 400]
    at_once = logout_token(one_login, sub="another")
    responses = await asyncio.gather(*(send_logout(one_login, at_once) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [200, 400, 400, 400]


INVALID = [
    {"iss": "https://other.example/"},
    {"aud": "another-client"},
    {"aud": None},
    {"iat": None},
    {"iat": 1},
    {"iat": 9_999_999_999},
    {"exp": None},
    {"exp": 1},
    {"exp": float("nan")},
    {"jti": None},
    {"jti": ""},
    {"jti": "x" * 300},
    {"events": None},
    {"events": []},
    {"events": {}},
    {"events": {EVENT: None}},
    {"nonce": "a-nonce"},
    {"sub": None},
    {"sub": 7},
    {"sub": "a\x00b"},
    {"how": "none"},
    {"how": "hmac"},
    {"how": "unknown"},
    {"how": "foreign"},
]


async def test_a_token_that_is_not_valid_ends_nothing(
    journey, one_login, simulator, logout_token, send_logout, subtests
):
    mary = await journey(one_login).sign_up("mary")
    sub, _ = latest_sub_and_sid(simulator)
    for wrong in INVALID:
        with subtests.test(str(wrong)):
            answer = await send_logout(one_login, logout_token(one_login, **{"sub": sub, **wrong}))
            assert answer.status_code == 400
            assert answer.json()["error"] == "invalid_request"
            assert sub not in answer.text
            assert await is_signed_in(mary)


async def test_a_form_that_cannot_be_read_is_refused(client, one_login, logout_token):
    token, url = logout_token(one_login, sub="x"), logout_path(one_login)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for response in (
        await client.post(url),
        await client.post(url, data={"logout_token": ""}),
        await client.post(url, json={"logout_token": token}),
        await client.post(url, content=f"logout_token={token}&logout_token={token}", headers=form),
        await client.post(f"{url}?logout_token={token}", content="", headers=form),
        await client.post(url, data={"logout_token": "a.b.c"}),
    ):
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    long = await client.post(url, data={"logout_token": "a" * 20_000})
    assert long.status_code in {400, 413}


async def test_a_token_for_another_councils_upstream_is_refused(
    journey, one_login, register_upstream, simulator, logout_token, send_logout
):
    """Each council is a client of its own, and gets the logouts of its own people."""
    mary = await journey(one_login).sign_up("mary")
    sub, _ = latest_sub_and_sid(simulator)
    neighbour = await register_upstream("onelogin", "hillshire")
    assert (await send_logout(neighbour, logout_token(one_login, sub=sub), "hillshire")).status_code == 400
    assert (await send_logout(one_login, logout_token(one_login, sub=sub), "hillshire")).status_code == 404
    assert (await send_logout(neighbour, logout_token(neighbour, sub=sub), "hillshire")).status_code == 200
    assert await is_signed_in(mary)


async def test_an_id_token_is_no_logout_token(journey, one_login, simulator, send_logout, logout_token):
    mary = await journey(one_login).sign_up("mary")
    sub, sid = latest_sub_and_sid(simulator)
    id_token = logout_token(one_login, sub=sub, sid=sid, nonce="n", events=None, vot="Cl.Cm")
    assert (await send_logout(one_login, id_token)).status_code == 400
    assert await is_signed_in(mary)


async def test_logout_tokens_of_a_disabled_upstream_count(
    journey, one_login, simulator, logout_token, send_logout, client, keeper_headers
):
    mary = await journey(one_login).sign_up("mary")
    url = f"/citytown/identity/v1/upstreams/{one_login['id']}"
    headers = {**keeper_headers(), "If-Match": '"1"'}
    assert (await client.patch(url, json={"enabled": False}, headers=headers)).status_code == 200
    assert (
        await send_logout(one_login, logout_token(one_login, sub=latest_sub_and_sid(simulator)[0]))
    ).status_code == 200
    assert not await is_signed_in(mary)


async def test_who_signs_out_there_while_they_decide_here_is_not_signed_in(
    journey, one_login, simulator, logout_token, send_logout
):
    mary = journey(one_login)
    await mary.go("mary")
    await send_logout(one_login, logout_token(one_login, sub=latest_sub_and_sid(simulator)[0]))
    response = await mary.choose("new")
    assert response.headers["location"].startswith("/identity/sign-in")
    assert mary.tab.session is None


async def test_who_signs_out_there_before_their_second_step_here_is_not_signed_in(
    journey, register_upstream, simulator, logout_token, send_logout, database
):
    """The second step is ours, and what it began with is kept until then."""
    upstream = await register_upstream("directory", audience="residents")
    person = next(iter(simulator.tenants[upstream["tenant"]].staff))
    tab = (await journey(upstream).sign_up(person)).tab
    [account] = (await accounts_of(database, upstream)).values()
    await sign_in(database, tab.client, account)  # by means of their own, which adding a factor takes
    app, _ = await set_up(tab)
    late, early = journey(upstream), journey(upstream)
    for attempt in (late, early):
        assert (await attempt.go(person)).headers["location"].startswith("/identity/sign-in/second-step")
    response = await early.tab.post("/identity/sign-in/second-step", code=app.next())
    assert await is_signed_in(early), response.text
    assert (
        await send_logout(upstream, logout_token(upstream, "directory", sub=latest_sub_and_sid(simulator)[0]))
    ).status_code == 200
    assert not await is_signed_in(early)
    response = await late.tab.post("/identity/sign-in/second-step", code=app.next())
    assert response.headers["location"] == "/identity/sign-in"
    assert late.tab.session is None


async def test_a_sign_in_in_flight_does_not_outlive_the_sign_out(
    journey, one_login, simulator, logout_token, send_logout
):
    """Whichever comes first, a person who signed out there is not signed in here."""
    await journey(one_login).sign_up("mary")
    sub, _ = latest_sub_and_sid(simulator)
    for _ in range(5):
        returning = journey(one_login)
        url = await returning.authenticate(await returning.leave(), "mary")
        token = logout_token(one_login, sub=sub, iat=int(time.time()) + LATER)
        _, response = await asyncio.gather(returning.follow(url), send_logout(one_login, token))
        assert response.status_code == 200
        assert not await is_signed_in(returning)


async def test_a_session_of_own_means_too_goes_on_without_what_was_granted_at_the_council(
    journey, one_login, simulator, logout_token, send_logout, signed_in_again, database, client
):
    mary = await journey(one_login).sign_up("mary")
    await signed_in_again("mary.watson@people.example", mary.tab)
    service, elsewhere = await register(database), await register(database, "hillshire")
    ours, theirs = [await party.tokens(mary.tab.client) for party in (service, elsewhere)]
    sub, _ = latest_sub_and_sid(simulator)
    assert (await send_logout(one_login, logout_token(one_login, sub=sub))).status_code == 200
    assert (await mary.tab.get("/identity/account")).status_code == 200
    statuses = [
        (
            await client.get(
                "/identity/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
            )
        ).status_code
        for tokens in (ours, theirs)
    ]
    assert statuses == [401, 200]
    weak = read_redirect(await ask(mary.tab.client, service, prompt="none", acr_values="Cl.Cm"))
    assert weak["error"] == "login_required"  # its two factors are gone with it


async def test_who_signs_in_after_signing_out_is_signed_in(
    journey, one_login, simulator, logout_token, send_logout
):
    mary = await journey(one_login).sign_up("mary")
    before = int(time.time()) - LATER
    assert (
        await send_logout(
            one_login, logout_token(one_login, sub=latest_sub_and_sid(simulator)[0], iat=before)
        )
    ).status_code == 200
    assert not await is_signed_in(mary)
    returning = journey(one_login)
    assert (await returning.go("mary")).headers["location"] == "/identity/account"
    assert await is_signed_in(returning)


async def test_names_at_the_provider_are_stored_hashed_and_until_the_end_only(
    journey, one_login, simulator, logout_token, send_logout, database, purge
):
    await journey(one_login).sign_up("mary")
    sub, sid = latest_sub_and_sid(simulator)
    statement = text(
        "SELECT person, u.upstream_session FROM session_upstream u JOIN browser_session b ON b.id = session"
        " WHERE b.account IN (SELECT account FROM upstream_account WHERE subject = :sub)"
    )
    async with database.reading("*") as session:
        [row] = await session.all(statement, {"sub": sub})
    assert (len(row.person), len(row.upstream_session)) == (32, 32)
    assert sub.encode() not in row.person
    assert sid.encode() not in row.upstream_session
    await send_logout(one_login, logout_token(one_login, sub=sub))
    async with database.writing("*") as session:
        assert await session.all(statement, {"sub": sub}) == []
        await session.execute(text("UPDATE upstream_logout SET expires_at = now() - interval '1 second'"))
    await purge()
    async with database.reading("*") as session:
        assert await session.scalar(text("SELECT count(*) FROM upstream_logout")) == 0


async def test_the_registration_has_the_back_channel_logout_uri(
    client, one_login, simulator, logout_token, keeper_headers
):
    uri = one_login["backchannel_logout_uri"]
    assert urlsplit(uri).path == logout_path(one_login)
    response = await client.get(
        f"/citytown/identity/v1/upstreams/{one_login['id']}", headers=keeper_headers()
    )
    assert response.json()["backchannel_logout_uri"] == uri
    token = logout_token(one_login, sub=ids.show(ids.new()))
    assert (await client.post(urlsplit(uri).path, data={"logout_token": token})).status_code == 200


async def test_a_provider_whose_keys_cannot_be_read_is_asked_to_send_again(
    register_upstream, client, logout_token, one_login, keeper_headers
):
    away = {**one_login, "issuer": "http://127.0.0.1:9/", "client_id": "away"}
    body = {name: away[name] for name in ("kind", "audience", "title", "title_cy", "issuer", "client_id")}
    upstream = await client.post("/citytown/identity/v1/upstreams", json=body, headers=keeper_headers())
    assert upstream.status_code == 201, upstream.text
    response = await client.post(
        logout_path(upstream.json()), data={"logout_token": logout_token(away, sub="x")}
    )
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
