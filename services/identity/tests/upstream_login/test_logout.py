"""Somebody signs out at the provider: OpenID Connect Back-Channel Logout 1.0, as One Login sends it."""

import asyncio
import secrets
import time
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from identity.housekeeping import actions as housekeeping
from services.identity.tests.factors.test_authenticators import set_up
from services.identity.tests.provider import answered, ask, register
from services.identity.tests.upstream import (
    directory,
    journey,
    keeping,
    one_login,
    registered,
    served,
    settings,
    simulator,
)
from simulators.openid_provider.claims import subject

__all__ = ["directory", "journey", "keeping", "one_login", "registered", "served", "settings", "simulator"]

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LATER = 2  # seconds: an id_token says only in which second it was made


@pytest.fixture(autouse=True)
async def nobody(database, simulator):
    """Nobody has an account yet, and everybody is signed out at the provider."""
    simulator.sessions.clear()
    yield
    async with database.writing("*") as session:
        for table in ("account_email", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))


def path(made, council="citytown"):
    return f"/identity/upstream/{council}/{made['id']}/logout"


@pytest.fixture
def told(simulator):
    """``told(one_login, sub=..)`` -> a logout token of the simulator; None leaves a claim out."""

    def of(made, kind="onelogin", how="own", **claims):
        now, algorithm = int(time.time()), "ES256" if kind == "onelogin" else "RS256"
        whole = {
            "iss": made["issuer"], "aud": made["client_id"], "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(16), "events": {EVENT: {}}, **claims,
        }  # fmt: skip
        kept = {name: value for name, value in whole.items() if value is not None}
        return simulator.keys[kind].sign(kept, algorithm, how)

    return of


@pytest.fixture
def tell(client):
    """``await tell(one_login, token)`` -> what is answered to the provider."""

    async def post(made, token, council="citytown"):
        answer = await client.post(path(made, council), data={"logout_token": token})
        assert answer.status_code == 404 or "no-store" in answer.headers["cache-control"]
        return answer

    return post


async def is_in(journey_):
    return (await journey_.tab.get("/identity/account")).status_code == 200


def there(simulator):
    """The newest sign-in at the provider: its sub and sid."""
    grant = simulator.sessions[-1]
    return subject(grant.request, grant.person), grant.sid


async def test_what_was_opened_through_the_provider_ends_and_nothing_else(
    journey, one_login, newcomer, signed_in_again, simulator, told, tell, database
):
    mary = await journey(one_login).arrive("mary")
    sub, _ = there(simulator)
    second = journey(one_login)
    await second.go("mary")
    peter = await journey(one_login).arrive("peter")
    other = await newcomer("own@people.example")
    by_code = await signed_in_again("mary.watson@people.example")
    began = time.monotonic()
    answer = await tell(one_login, told(one_login, sub=sub))
    assert (answer.status_code, answer.content) == (200, b"")
    assert time.monotonic() - began < 1
    assert not await is_in(mary)
    assert not await is_in(second)
    assert await is_in(peter)
    assert (await other.get("/identity/account")).status_code == 200
    assert (await by_code.get("/identity/account")).status_code == 200
    ended = [one for one in await published(database) if one.type == "identity.session.ended.v1"]
    assert [one.data["reason"] for one in ended][-2:] == ["signed-out"] * 2


async def test_tokens_of_the_session_are_refused_with_it(
    journey, one_login, simulator, told, tell, database, client
):
    mary = await journey(one_login).arrive("mary")
    service = await register(database)
    code = answered(await ask(mary.tab.client, service))["code"]
    token = (await service.redeem(mary.tab.client, code)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/identity/userinfo", headers=headers)).status_code == 200
    assert (await tell(one_login, told(one_login, sub=there(simulator)[0]))).status_code == 200
    inspected = await client.post("/identity/introspect", data={**service.credentials, "token": token})
    assert inspected.json() == {"active": False}


async def test_a_sid_ends_that_session_alone(journey, one_login, simulator, told, tell):
    first = await journey(one_login).arrive("mary")
    sub, sid = there(simulator)
    second = journey(one_login)
    await second.go("mary")
    assert (await tell(one_login, told(one_login, sid=sid))).status_code == 200
    assert (await is_in(first), await is_in(second)) == (False, True)
    assert (await tell(one_login, told(one_login, sub=sub, sid="another"))).status_code == 200
    assert await is_in(second)
    assert (await tell(one_login, told(one_login, sub=sub, sid=there(simulator)[1]))).status_code == 200
    assert not await is_in(second)


async def test_who_came_again_ends_with_the_session_he_came_in_last(
    journey, one_login, simulator, told, tell
):
    mary = await journey(one_login).arrive("mary")
    _, before = there(simulator)
    await mary.go("mary")
    await tell(one_login, told(one_login, sid=before))
    assert await is_in(mary)
    await tell(one_login, told(one_login, sid=there(simulator)[1]))
    assert not await is_in(mary)


async def test_a_session_of_a_directory_ends_by_its_own_sub(journey, registered, simulator, told, tell):
    """Links keep tid and oid; a logout token names the sub of its id_tokens."""
    made = await registered("directory", audience="residents")
    who = next(iter(simulator.tenants[made["tenant"]].staff))
    alex = await journey(made).arrive(who)
    sub, _ = there(simulator)
    assert (await tell(made, told(made, "directory", sub=sub))).status_code == 200
    assert not await is_in(alex)


async def test_of_whom_nothing_is_open_nothing_happens(journey, one_login, told, tell):
    mary = await journey(one_login).arrive("mary")
    answer = await tell(one_login, told(one_login, sub="somebody-who-was-never-here"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert await is_in(mary)


async def test_a_token_is_heard_once(journey, one_login, simulator, told, tell):
    await journey(one_login).arrive("mary")
    token = told(one_login, sub=there(simulator)[0])
    assert [(await tell(one_login, token)).status_code for _ in range(2)] == [200, 400]
    at_once = told(one_login, sub="another")
    answers = await asyncio.gather(*(tell(one_login, at_once) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    "wrong",
    [
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
    ],
    ids=str,
)
async def test_a_token_that_does_not_hold_ends_nothing(journey, one_login, simulator, told, tell, wrong):
    mary = await journey(one_login).arrive("mary")
    sub, _ = there(simulator)
    answer = await tell(one_login, told(one_login, **{"sub": sub, **wrong}))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert sub not in answer.text
    assert await is_in(mary)


async def test_a_form_that_cannot_be_read_is_refused(client, one_login, told):
    token, where = told(one_login, sub="x"), path(one_login)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for answer in (
        await client.post(where),
        await client.post(where, data={"logout_token": ""}),
        await client.post(where, json={"logout_token": token}),
        await client.post(where, content=f"logout_token={token}&logout_token={token}", headers=form),
        await client.post(f"{where}?logout_token={token}", content="", headers=form),
        await client.post(where, data={"logout_token": "a.b.c"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    long = await client.post(where, data={"logout_token": "a" * 20_000})
    assert long.status_code in {400, 413}


async def test_a_token_for_another_councils_upstream_is_refused(
    journey, one_login, registered, simulator, told, tell
):
    """As its own client, each council is told of its own people."""
    mary = await journey(one_login).arrive("mary")
    sub, _ = there(simulator)
    other = await registered("onelogin", "hillshire")
    assert (await tell(other, told(one_login, sub=sub), "hillshire")).status_code == 400
    assert (await tell(one_login, told(one_login, sub=sub), "hillshire")).status_code == 404
    assert (await tell(other, told(other, sub=sub), "hillshire")).status_code == 200
    assert await is_in(mary)


async def test_an_id_token_is_no_logout_token(journey, one_login, simulator, tell, told):
    mary = await journey(one_login).arrive("mary")
    sub, sid = there(simulator)
    id_token = told(one_login, sub=sub, sid=sid, nonce="n", events=None, vot="Cl.Cm")
    assert (await tell(one_login, id_token)).status_code == 400
    assert await is_in(mary)


async def test_an_upstream_that_is_switched_off_is_heard_still(
    journey, one_login, simulator, told, tell, client, keeping
):
    mary = await journey(one_login).arrive("mary")
    where = f"/citytown/identity/v1/upstreams/{one_login['id']}"
    headers = {**keeping(), "If-Match": '"1"'}
    assert (await client.patch(where, json={"enabled": False}, headers=headers)).status_code == 200
    assert (await tell(one_login, told(one_login, sub=there(simulator)[0]))).status_code == 200
    assert not await is_in(mary)


async def test_who_signs_out_there_while_he_decides_here_is_not_let_in(
    journey, one_login, simulator, told, tell
):
    mary = journey(one_login)
    await mary.go("mary")
    await tell(one_login, told(one_login, sub=there(simulator)[0]))
    answer = await mary.choose("new")
    assert answer.headers["location"].startswith("/identity/sign-in")
    assert mary.tab.session is None


async def test_who_signs_out_there_before_his_second_step_here_is_not_let_in(
    journey, registered, simulator, told, tell
):
    """The second step is ours, and what it began with is kept until then."""
    made = await registered("directory", audience="residents")
    who = next(iter(simulator.tenants[made["tenant"]].staff))
    app, _ = await set_up((await journey(made).arrive(who)).tab)
    late, early = journey(made), journey(made)
    for one in (late, early):
        assert (await one.go(who)).headers["location"].startswith("/identity/sign-in/second-step")
    answer = await early.tab.post("/identity/sign-in/second-step", code=app.next())
    assert await is_in(early), answer.text
    assert (await tell(made, told(made, "directory", sub=there(simulator)[0]))).status_code == 200
    assert not await is_in(early)
    answer = await late.tab.post("/identity/sign-in/second-step", code=app.next())
    assert answer.headers["location"] == "/identity/sign-in"
    assert late.tab.session is None


async def test_a_sign_in_in_flight_does_not_outlive_the_sign_out(journey, one_login, simulator, told, tell):
    """Whichever comes first, who has signed out there is not signed in here."""
    await journey(one_login).arrive("mary")
    sub, _ = there(simulator)
    for _ in range(5):
        again = journey(one_login)
        where = await again.there(await again.leave(), "mary")
        token = told(one_login, sub=sub, iat=int(time.time()) + LATER)
        _, heard = await asyncio.gather(again.back(where), tell(one_login, token))
        assert heard.status_code == 200
        assert not await is_in(again)


async def test_who_signs_in_after_he_signed_out_is_let_in(journey, one_login, simulator, told, tell):
    mary = await journey(one_login).arrive("mary")
    before = int(time.time()) - LATER
    assert (await tell(one_login, told(one_login, sub=there(simulator)[0], iat=before))).status_code == 200
    assert not await is_in(mary)
    again = journey(one_login)
    assert (await again.go("mary")).headers["location"] == "/identity/account"
    assert await is_in(again)


async def test_nothing_of_there_is_kept_in_the_open_or_after_the_end(
    journey, one_login, simulator, told, tell, database
):
    await journey(one_login).arrive("mary")
    sub, sid = there(simulator)
    statement = text(
        "SELECT upstream_person, upstream_session FROM browser_session WHERE account IN"
        " (SELECT account FROM upstream_account WHERE subject = :sub)"
    )
    async with database.reading("*") as session:
        [row] = await session.all(statement, {"sub": sub})
    assert (len(row.upstream_person), len(row.upstream_session)) == (32, 32)
    assert sub.encode() not in row.upstream_person
    assert sid.encode() not in row.upstream_session
    await tell(one_login, told(one_login, sub=sub))
    async with database.writing("*") as session:
        [row] = await session.all(statement, {"sub": sub})
        assert (row.upstream_person, row.upstream_session) == (None, None)
        await session.execute(text("UPDATE upstream_logout SET expires_at = now() - interval '1 second'"))
    await housekeeping.purge(database)
    async with database.reading("*") as session:
        assert await session.scalar(text("SELECT count(*) FROM upstream_logout")) == 0


async def test_the_registration_says_where_the_provider_is_to_tell(
    client, one_login, simulator, told, keeping
):
    uri = one_login["backchannel_logout_uri"]
    assert urlsplit(uri).path == path(one_login)
    read = await client.get(f"/citytown/identity/v1/upstreams/{one_login['id']}", headers=keeping())
    assert read.json()["backchannel_logout_uri"] == uri
    token = told(one_login, sub=ids.show(ids.new()))
    assert (await client.post(urlsplit(uri).path, data={"logout_token": token})).status_code == 200


async def test_a_provider_whose_keys_cannot_be_read_is_asked_to_tell_again(
    registered, client, told, one_login, keeping
):
    away = {**one_login, "issuer": "http://127.0.0.1:9/", "client_id": "away"}
    body = {name: away[name] for name in ("kind", "audience", "title", "title_cy", "issuer", "client_id")}
    made = await client.post("/citytown/identity/v1/upstreams", json=body, headers=keeping())
    assert made.status_code == 201, made.text
    answer = await client.post(path(made.json()), data={"logout_token": told(away, sub="x")})
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
