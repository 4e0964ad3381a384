"""Every way in has a limit, by client, account and address; and no limit can be used against others."""

import asyncio

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.problems import Problem
from identity.mandates.actions import emails
from identity.shared import rate_limiters as pacing
from identity.shared.rate_limiters import ConcurrencyLimiter, RateLimiter
from identity.shared.rules import email_addresses, limits
from services.identity.tests.proofs.test_proofs import proof_body
from services.identity.tests.provider import ask, register

HTML = {"Accept": "text/html"}


@pytest.fixture
async def bins(database, client):
    return await register(database)


@pytest.fixture
async def parks(database, client):
    return await register(database)


def slow(burst=2):
    return RateLimiter(rate=0.001, burst=burst)


async def statuses(times, call):
    return [(await call()).status_code for _ in range(times)]


async def test_requests_for_sign_in_from_one_network_have_an_end(app, visitor, bins, parks, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "sign_in_limiter", slow())
    assert await statuses(3, lambda: ask(visitor, bins)) == [302, 302, 429]
    assert (await ask(visitor, parks)).status_code == 302, "another service is not touched"
    app.state.issuer.sign_in_limiter.take(ids.read(bins.client_id), "192.0.2.9")  # nor is another network


async def test_who_comes_too_often_sees_a_page_that_says_when_to_come_again(app, visitor, bins, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "sign_in_limiter", slow(1))
    await ask(visitor, bins)
    for method in (visitor.get, visitor.post):
        how = {"params": bins.request()} if method == visitor.get else {"data": bins.request()}
        response = await method("/identity/authorize", headers=HTML, **how)
        assert response.status_code == 429
        assert response.headers["content-type"].startswith("text/html")
        assert int(response.headers["retry-after"]) > 0
        assert "location" not in response.headers


async def test_pushed_requests_have_a_share_of_their_own(app, visitor, bins, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "sign_in_limiter", slow())
    form = {**bins.request(), **bins.credentials}
    assert await statuses(3, lambda: visitor.post("/identity/par", data=form)) == [201, 201, 429]
    response = await visitor.post("/identity/par", data=form)
    assert response.json()["error"] == "temporarily_unavailable"
    assert int(response.headers["retry-after"]) > 0
    token_form = {"grant_type": "client_credentials", **bins.credentials}
    response = await visitor.post("/identity/token", data=token_form)
    assert response.status_code == 200, "tokens are counted apart"


async def test_strangers_use_up_nothing_of_a_clients_pushed_requests(app, visitor, bins, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "sign_in_limiter", slow(1))
    form = {**bins.request(), **bins.credentials}
    forged = {**form, "client_secret": "guessed"}
    assert await statuses(3, lambda: visitor.post("/identity/par", data=forged)) == [401] * 3
    assert await statuses(2, lambda: ask(visitor, bins)) == [302, 429], "by browser: a share of the network"
    assert (await visitor.post("/identity/par", data=form)).status_code == 201


async def test_a_flood_for_one_service_leaves_connections_for_the_others(
    app, visitor, bins, parks, monkeypatch
):
    gate = ConcurrencyLimiter(1, 0)
    monkeypatch.setattr(app.state.issuer, "sign_in_slots", gate)
    async with gate.hold(ids.read(bins.client_id)):
        assert (await ask(visitor, bins)).status_code == 429
        assert (await visitor.post("/identity/authorize", data=bins.request())).status_code == 429
        form = {**bins.request(), **bins.credentials}
        assert (await visitor.post("/identity/par", data=form)).status_code == 429
        assert (await ask(visitor, parks)).status_code == 302
    assert (await ask(visitor, bins)).status_code == 302


async def test_by_default_one_service_has_half_of_the_connections_at_most(app, client):
    assert app.state.issuer.sign_in_slots._at_once <= app.state.settings.pool_size


async def test_so_many_are_worked_on_at_once_and_so_many_wait():
    gate, account, working, most = ConcurrencyLimiter(2, 3), ids.new(), 0, 0

    async def work():
        nonlocal working, most
        async with gate.hold(account):
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.01)
            working -= 1

    results = await asyncio.gather(*(work() for _ in range(10)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Problem)]
    assert (most, len(refused), {problem.status_code for problem in refused}) == (2, 5, {429})
    assert gate._slots == {}, "nothing is remembered of who has gone"


async def test_who_gives_up_waiting_leaves_nothing_behind():
    gate, account = ConcurrencyLimiter(1, 5), ids.new()

    async def wait():
        async with gate.hold(account):
            pass

    async with gate.hold(account):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert gate._slots == {}
    await asyncio.wait_for(wait(), 1)


def test_what_is_remembered_of_strangers_is_bounded(monkeypatch):
    monkeypatch.setattr(pacing, "_MAX_CLIENTS", 10)
    pace = slow()
    for number in range(1_000):
        pace.take("anybody", f"192.0.2.{number}")
    assert len(pace._buckets) == 10


@pytest.mark.parametrize("path", ["token", "introspect", "revoke", "par"])
async def test_each_endpoint_for_clients_counts_the_client(app, visitor, bins, monkeypatch, path):
    monkeypatch.setattr(app.state.issuer, "client_limiter", slow())
    form = {"grant_type": "client_credentials", "token": "x", **bins.request(scope=None), **bins.credentials}
    if path == "token":
        form.pop("redirect_uri")
    responses = [await visitor.post(f"/identity/{path}", data=form) for _ in range(3)]
    assert [response.status_code == 429 for response in responses] == [False, False, True]
    assert responses[2].json()["error"] == "temporarily_unavailable"


async def test_userinfo_counts_each_person_apart(app, visitor, resident, bins, monkeypatch):
    tokens = await bins.tokens(visitor)
    monkeypatch.setattr(app.state.issuer, "client_limiter", slow())
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert await statuses(3, lambda: visitor.get("/identity/userinfo", headers=bearer)) == [200, 200, 429]
    form = {"grant_type": "client_credentials", **bins.credentials}
    assert (await visitor.post("/identity/token", data=form)).status_code == 200, "the client itself goes on"


@pytest.fixture
def caller(mint):
    def of(scope, sub="clerk"):
        return {"Authorization": f"Bearer {mint(scopes=[scope], mode='live', sub=sub, client_id=sub)}"}

    return of


async def test_desk_codes_cannot_be_guessed_on_and_on(app, client, caller, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "desk_code_limiter", slow())
    prover, officer = caller("identity:prove"), caller("identity:staff")
    proofs = "/citytown/identity/v1/proofs"

    async def prove(headers=prover):
        return await client.post(proofs, json=proof_body("aaaa-aaaa"), headers=headers)

    assert await statuses(3, prove) == [404, 404, 429]
    link = f"/citytown/identity/v1/staff/{ids.show(ids.new())}/account"
    response = await client.put(link, json={"desk_code": "aaaa-aaaa"}, headers=officer)
    assert response.status_code == 429, "wherever the codes are tried"
    assert (await prove(caller("identity:prove", "colleague"))).status_code == 404


async def test_a_directory_counts_by_its_own_key(app, client, caller, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "client_limiter", slow())
    entra, okta = caller("identity:scim", "entra"), caller("identity:scim", "okta")
    users = "/citytown/identity/scim/v2/Users"
    assert await statuses(3, lambda: client.get(users, headers=entra)) == [200, 200, 429]
    refused = await client.get(users, headers=entra)
    assert refused.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (await client.get(users, headers=okta)).status_code == 200


def many():
    return limits.OFFERS_TO_ADDRESS.most


async def test_offers_of_mandates_to_one_address_are_limited(app, database, client):
    """Also when somebody offers, withdraws and offers again, or uses many accounts."""
    auth, address = app.state.auth, f"{ids.show(ids.new())}@people.example"
    async with database.writing() as session:
        allowed = [
            await emails.allows_address(session, auth, email_addresses.normalise(spelling))
            for spelling in (address, address.upper()) * many()
        ]
        assert allowed == [True] * many() + [False] * many()
        assert await emails.allows_address(session, auth, f"other-{address}")


async def test_offers_of_one_account_are_limited_by_day(app, database, client):
    account, auth = ids.new(), app.state.auth
    async with database.writing() as session:
        for _ in range(limits.OFFERS_FOR_ACCOUNT.most):
            await emails.check_offer_rate(session, auth, account)
        with pytest.raises(Problem) as refused:
            await emails.check_offer_rate(session, auth, account)
        assert refused.value.status_code == 429
        await emails.check_offer_rate(session, auth, ids.new())


async def test_attempts_are_stored_without_names(app, database, client):
    address = f"{ids.show(ids.new())}@people.example"
    async with database.writing() as session:
        await emails.allows_address(session, app.state.auth, address)
        rows = await session.all(text("SELECT * FROM attempt"))
    assert rows
    assert address not in str(rows)


def test_a_network_is_what_one_subscriber_has():
    assert limits.subscriber_network("2001:db8::1") == limits.subscriber_network("2001:db8::ffff:1")
    assert limits.subscriber_network("2001:db8::1") != limits.subscriber_network("2001:db8:0:1::1")
    assert limits.subscriber_network("::ffff:192.0.2.1") == limits.subscriber_network("192.0.2.1")
