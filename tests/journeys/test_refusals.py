"""The gateway refuses tokens of leavers, of staff who change roles and of mandates that end, and no others.

The requests send a token to a public operation: no service checks it there, so a 401 is the gateway's.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chassis import ids
from chassis.database import Database
from chassis.settings import Settings
from dev import ports
from services.identity.tests import mandate_steps, provider
from tests.waiting import eventually

PUBLIC = "/identity/.well-known/jwks.json"
IDENTITY = "/citytown/identity/v1"
SCIM = "/citytown/identity/scim/v2/Users"
OFFICER = ["identity:staff", "identity:scim", "address:read", "mapping:read"]
PEOPLE = ["openid", "identity:self", "identity:mandates", "address:read", "mapping:read"]
BIN_DAY = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@pytest.fixture
async def database(platform):
    """Open identity's database, for what a person would do by e-mail and on pages."""
    secret = json.loads((platform.state / "passwords.json").read_text())["identity"]
    host = f"{ports.HOST}:{ports.Ports(platform.base).of('postgres')}"
    settings = Settings(database_url=f"postgresql://identity:{secret}@{host}/identity")
    opened = Database(settings, "journey", rows_secured=True)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def shop(database):
    return await provider.register(database, scopes=OFFICER, person_scopes=PEOPLE)


@pytest.fixture
async def officer(platform, shop):
    """Open a client of the gateway with a token of the council's own client."""
    form = {"grant_type": "client_credentials", **shop.credentials}
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=10, trust_env=False) as client:
        token = (await client.post("/identity/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


class Person:
    """A person with an account and a browser of their own."""

    def __init__(self, shop):
        self.shop = shop

    async def sign_in(self, database, browser):
        self.browser = browser
        self.account = await provider.create_person(database)
        await provider.sign_in(database, self.browser, self.account)
        secret = self.browser.cookies["townhall-session"]
        self.browser.cookies.clear()
        self.browser.cookies.set("townhall-session", secret)
        return self

    async def token(self, scope="openid identity:self identity:mandates address:read mapping:read"):
        return (await self.shop.tokens(self.browser, scope=scope))["access_token"]


@pytest.fixture
async def make_person(platform, database, shop):
    """Make ``await make_person()``: a new person, signed in."""
    async with AsyncExitStack() as stack:

        async def make():
            browser = httpx.AsyncClient(base_url=platform.gateway, timeout=10, trust_env=False)
            return await Person(shop).sign_in(database, await stack.enter_async_context(browser))

        yield make


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def send_to_gateway(platform, token):
    response = httpx.get(platform.gateway + PUBLIC, headers=bearer(token), trust_env=False)
    return response.status_code, response.json().get("code")


def check_refused_within_a_second(platform, token):
    """Check that the gateway refuses the token, in the shape of the contract."""
    started = time.monotonic()
    eventually(lambda: send_to_gateway(platform, token) == (401, "revoked-credential"), within=1)
    response = httpx.get(platform.gateway + PUBLIC, headers=bearer(token), trust_env=False)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:townhall:problem:revoked-credential"
    assert response.headers["www-authenticate"].startswith("Bearer")
    return time.monotonic() - started


@pytest.fixture
async def employee(officer, make_person):
    """Make a member of staff with two roles; return the person, the member's URL and the roles' prefix."""
    person = await make_person()
    name = provider.ids.show(person.account)
    created = await officer.post(SCIM, json={
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name, "displayName": "Ben", "active": True,
        "emails": [{"value": f"{name}@staff.example", "primary": True}],
    })  # fmt: skip
    assert created.status_code == 201, created.text
    member = f"{IDENTITY}/staff/{created.json()['id']}"
    for role in ("address", "mapping"):
        body = {"title": role, "scopes": [f"{role}:read"]}
        await officer.put(f"{IDENTITY}/roles/r{name[-6:]}-{role}", json=body)
        granted = await officer.put(f"{member}/roles/r{name[-6:]}-{role}")
        assert granted.status_code == 204, granted.text
    own_headers = bearer(await person.token("openid identity:self"))
    code = (await officer.post(f"{IDENTITY}/own-identity/desk-code", headers=own_headers)).json()["code"]
    linked = await officer.put(f"{member}/account", json={"desk_code": code})
    assert linked.status_code == 204, linked.text
    return person, member, f"r{name[-6:]}"


async def test_a_leavers_token_is_refused_at_the_gateway_within_a_second(platform, officer, employee):
    person, member, _ = employee
    token = await person.token()
    allowed = await officer.get("/citytown/address/v1/council", headers=bearer(token))
    assert (allowed.status_code, send_to_gateway(platform, token)[0]) == (200, 200)
    deactivation = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    response = await officer.patch(f"{SCIM}/{member.rpartition('/')[2]}", json=deactivation)
    assert response.status_code == 200, response.text
    check_refused_within_a_second(platform, token)


async def test_after_a_change_of_roles_old_tokens_are_refused_and_new_ones_accepted_the_next_second(
    platform, officer, employee
):
    person, member, name = employee
    old = await person.token()
    assert send_to_gateway(platform, old)[0] == 200
    removed = await officer.delete(f"{member}/roles/{name}-mapping")
    assert removed.status_code == 204, removed.text
    check_refused_within_a_second(platform, old)
    # Tokens of the very second of the change are refused with the old ones.
    await asyncio.sleep(1 - time.time() % 1)
    new = await person.token("openid address:read mapping:read")
    assert send_to_gateway(platform, new)[0] == 200
    allowed = await officer.get("/citytown/address/v1/council", headers=bearer(new))
    lost = await officer.get("/citytown/mapping/v1/council", headers=bearer(new))
    assert (allowed.status_code, lost.json()["code"]) == (200, "missing-scope")
    assert send_to_gateway(platform, old) == (401, "revoked-credential")


async def test_a_revoked_mandates_token_is_refused_and_the_delegates_own_token_is_not(
    platform, database, shop, officer, make_person
):
    rosa, ben = await make_person(), await make_person()
    rosa_headers = bearer(await rosa.token("openid identity:mandates"))
    ben_token = await ben.token("openid identity:mandates")
    offer = {"theme": "waste", "expires_at": BIN_DAY, "my_name": "Rosa", "their_name": "Ben"}
    offered = (await officer.post(f"{IDENTITY}/mandates", json=offer, headers=rosa_headers)).json()
    mandate_id, code = ids.read(offered["id"]), {"code": offered["code"]}
    await mandate_steps.confirm(database, rosa.account, mandate_id)
    await officer.post(f"{IDENTITY}/mandates/accept", json=code, headers=bearer(ben_token))
    await mandate_steps.accept(database, ben.account, mandate_id)
    [mandate] = (await officer.get(f"{IDENTITY}/mandates", headers=bearer(ben_token))).json()["items"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": mandate["principal"],
        "subject_token_type": "urn:townhall:token-type:subject",
        "actor_token": ben_token,
        "actor_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "theme": "waste",
        **shop.credentials,
    }
    delegate_token = (await ben.browser.post("/identity/token", data=form)).json()["access_token"]
    assert send_to_gateway(platform, delegate_token)[0] == 200
    refused = await officer.get("/citytown/casework/v1/council", headers=bearer(delegate_token))
    assert (refused.status_code, refused.json()["code"]) == (403, "not-for-delegates")
    ended = await officer.delete(f"{IDENTITY}/mandates/{mandate['id']}", headers=rosa_headers)
    assert ended.status_code == 204
    check_refused_within_a_second(platform, delegate_token)
    assert send_to_gateway(platform, ben_token)[0] == 200
