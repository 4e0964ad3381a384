"""Every way in has a limit, by client, account and address; and no limit can be used against others."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from chassis import ids
from chassis.problems import Problem
from chassis.rates import ConcurrencyLimiter, Limit, LocalLimiter
from identity.mandates.actions import emails
from identity.settings import Settings
from identity.shared.rules import email_addresses
from services.identity.tests.proofs.test_proofs import proof_body
from services.identity.tests.provider import ask, register

DOCUMENT = Path(__file__).parents[4] / "docs" / "limits.md"
HTML = {"Accept": "text/html"}


@pytest.fixture
async def bins(database, client):
    return await register(database)


@pytest.fixture
async def parks(database, client):
    return await register(database)


def slow(burst=2):
    return LocalLimiter(Limit(burst, burst * 1_000, "few"))


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


async def test_desk_codes_cannot_be_guessed_on_and_on(set_limit, client, caller):
    """Each wrong code undoes its transaction; its count stays."""
    set_limit("desk_codes_for_caller", 2, 2_000)
    prover, officer = caller("identity:prove"), caller("identity:staff")
    proofs = "/citytown/identity/v1/proofs"

    async def prove(headers=prover):
        return await client.post(proofs, json=proof_body("aaaa-aaaa"), headers=headers)

    assert await statuses(3, prove) == [404, 404, 429]
    link = f"/citytown/identity/v1/staff/{ids.show(ids.new())}/account"
    response = await client.put(link, json={"desk_code": "aaaa-aaaa"}, headers=officer)
    assert response.status_code == 429, "wherever the codes are tried"
    assert response.headers["RateLimit-Policy"].endswith(";q=2;w=2000")
    assert (await prove(caller("identity:prove", "colleague"))).status_code == 404


async def test_desk_codes_tried_at_once_are_counted_over_all_replicas(set_limit, client, caller):
    set_limit("desk_codes_for_caller", 3, 3_000)
    headers = caller("identity:prove")
    url = "/citytown/identity/v1/proofs"
    responses = await asyncio.gather(
        *(client.post(url, json=proof_body("aaaa-aaaa"), headers=headers) for _ in range(12))
    )
    assert Counter(response.status_code for response in responses) == {404: 3, 429: 9}


async def test_a_directory_counts_by_its_own_key(app, client, caller, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "client_limiter", slow())
    entra, okta = caller("identity:scim", "entra"), caller("identity:scim", "okta")
    users = "/citytown/identity/scim/v2/Users"
    assert await statuses(3, lambda: client.get(users, headers=entra)) == [200, 200, 429]
    refused = await client.get(users, headers=entra)
    assert refused.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (await client.get(users, headers=okta)).status_code == 200


async def test_offers_of_mandates_to_one_address_are_limited(app, database, client, quota_of):
    """Also when somebody offers, withdraws and offers again, or uses many accounts."""
    auth, address = app.state.auth, f"{ids.show(ids.new())}@people.example"
    quota = quota_of("offers_to_address")
    async with database.writing() as session:
        allowed = [
            await emails.allows_address(session, auth, email_addresses.normalise(spelling))
            for spelling in (address, address.upper()) * quota
        ]
        assert allowed == [True] * quota + [False] * quota
        assert await emails.allows_address(session, auth, f"other-{address}")


async def test_offers_of_one_account_are_limited_by_day(app, database, client, quota_of):
    account, auth = ids.new(), app.state.auth
    async with database.writing() as session:
        for _ in range(quota_of("offers_for_account")):
            await emails.check_offer_rate(session, auth, account)
        with pytest.raises(Problem) as refused:
            await emails.check_offer_rate(session, auth, account)
        assert refused.value.status_code == 429
        await emails.check_offer_rate(session, auth, ids.new())


async def test_attempts_are_stored_without_names(app, database, client):
    address = f"{ids.show(ids.new())}@people.example"
    async with database.writing() as session:
        await emails.allows_address(session, app.state.auth, address)
        rows = await session.all(text("SELECT * FROM rate_limit"))
    assert rows
    assert address not in str(rows)


async def test_a_wrong_secret_uses_up_nothing_of_the_clients_share(visitor, app, bins, monkeypatch):
    monkeypatch.setattr(app.state.issuer, "client_limiter", slow(1))
    form = {"grant_type": "client_credentials", **bins.credentials}
    for _ in range(5):
        response = await visitor.post("/identity/token", data={**form, "client_secret": "guessed"})
        assert response.status_code == 401
    assert (await visitor.post("/identity/token", data=form)).status_code == 200


async def test_a_network_that_is_refused_uses_up_no_other_limit(browser, set_limit):
    """Or a stranger could go on locking addresses out after their own limit is reached."""
    set_limit("codes_for_address", 1, 3_600)
    set_limit("codes_from_network", 1, 3_600)
    for status in (303, 429, 429):
        response = await browser().post("/identity/sign-in", email=f"{status}@lock.example")
        assert response.status_code == status
    set_limit("codes_from_network", 100, 3_600)
    assert (await browser().post("/identity/sign-in", email="429@lock.example")).status_code == 303


@pytest.mark.parametrize("value", ["1000/h", "10/s", "ten"])
def test_identity_does_not_start_with_a_limit_by_which_passwords_could_be_guessed(value):
    with pytest.raises(ValidationError, match="limit_passwords_for_address"):
        Settings(database_url="postgresql://x", limit_passwords_for_address=value)


def test_every_limit_stands_in_the_documentation_with_its_default():
    text = "".join(part for part in DOCUMENT.read_text().split("\n## ") if part.startswith("Identity"))
    rows = [
        f"| `{name}` | {field.default} |"
        for name, field in Settings.model_fields.items()
        if name.startswith("limit_")
    ]
    assert [row for row in rows if row not in text] == []
    assert text.count("| `limit_") == len(rows) > 20
