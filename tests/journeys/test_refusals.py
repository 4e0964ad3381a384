"""Leavers, movers and mandates that end: whose tokens the gateway itself refuses, and whose go on.

A public operation is asked, with a token all the same: no service looks at it, so a 401 is the gateway's.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chassis.database import Database
from chassis.settings import Settings
from dev import ports
from services.identity.tests import provider
from tests.waiting import eventually

PUBLIC = "/citytown/address/postcodes-io/postcodes/BA1%201LJ/validate"
IDENTITY = "/citytown/identity/v1"
SCIM = "/citytown/identity/scim/v2/Users"
OFFICER = ["identity:staff", "identity:scim", "address:read", "mapping:read"]
PEOPLE = ["openid", "identity:self", "identity:mandates", "address:read", "mapping:read"]
BIN_DAY = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@pytest.fixture
async def database(platform):
    """Identity's database, for what a person would do with letters and pages."""
    secret = json.loads((platform.state / "passwords.json").read_text())["identity"]
    at = f"{ports.HOST}:{ports.Ports(platform.base).of('postgres')}"
    settings = Settings(database_url=f"postgresql://identity:{secret}@{at}/identity")
    opened = Database(settings, "journey", rows_secured=True)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def shop(database):
    return await provider.register(database, scopes=OFFICER, person_scopes=PEOPLE)


@pytest.fixture
async def officer(platform, shop):
    """A client of the gateway with a token of the council's own client."""
    form = {"grant_type": "client_credentials", **shop.credentials}
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=10, trust_env=False) as client:
        token = (await client.post("/identity/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


class Somebody:
    """A person with an account and a browser of his own."""

    def __init__(self, shop):
        self.shop = shop

    async def sign_in(self, database, browser):
        self.browser = browser
        self.account = await provider.person(database)
        await provider.sign_in(database, self.browser, self.account)
        secret = self.browser.cookies["townhall-session"]
        self.browser.cookies.clear()
        self.browser.cookies.set("townhall-session", secret)
        return self

    async def token(self, scope="openid identity:self identity:mandates address:read mapping:read"):
        return (await self.shop.tokens(self.browser, scope=scope))["access_token"]


@pytest.fixture
async def somebody(platform, database, shop):
    """``await somebody()``: a new person, signed in."""
    async with AsyncExitStack() as stack:

        async def make():
            browser = httpx.AsyncClient(base_url=platform.gateway, timeout=10, trust_env=False)
            return await Somebody(shop).sign_in(database, await stack.enter_async_context(browser))

        yield make


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def at_gateway(platform, token):
    answer = httpx.get(platform.gateway + PUBLIC, headers=bearer(token), trust_env=False)
    return answer.status_code, answer.json().get("code")


def refused_within_a_second(platform, token):
    """In the shape of the contract, and by the gateway."""
    began = time.monotonic()
    eventually(lambda: at_gateway(platform, token) == (401, "revoked-credential"), within=1)
    answer = httpx.get(platform.gateway + PUBLIC, headers=bearer(token), trust_env=False)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:townhall:problem:revoked-credential"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    return time.monotonic() - began


@pytest.fixture
async def employed(officer, somebody):
    """Somebody on the council's staff with two roles, and his id there."""
    person = await somebody()
    name = provider.ids.show(person.account)
    made = await officer.post(SCIM, json={
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name, "displayName": "Ben", "active": True,
        "emails": [{"value": f"{name}@staff.example", "primary": True}],
    })  # fmt: skip
    assert made.status_code == 201, made.text
    member = f"{IDENTITY}/staff/{made.json()['id']}"
    for role in ("address", "mapping"):
        body = {"title": role, "scopes": [f"{role}:read"]}
        await officer.put(f"{IDENTITY}/roles/r{name[-6:]}-{role}", json=body)
        given = await officer.put(f"{member}/roles/r{name[-6:]}-{role}")
        assert given.status_code == 204, given.text
    own = bearer(await person.token("openid identity:self"))
    code = (await officer.post(f"{IDENTITY}/own-identity/desk-code", headers=own)).json()["code"]
    linked = await officer.put(f"{member}/account", json={"desk_code": code})
    assert linked.status_code == 204, linked.text
    return person, member, f"r{name[-6:]}"


async def test_a_leavers_token_is_refused_at_the_gateway_within_a_second(platform, officer, employed):
    person, member, _ = employed
    token = await person.token()
    read = await officer.get("/citytown/address/v1/council", headers=bearer(token))
    assert (read.status_code, at_gateway(platform, token)[0]) == (200, 200)
    leaving = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    left = await officer.patch(f"{SCIM}/{member.rpartition('/')[2]}", json=leaving)
    assert left.status_code == 200, left.text
    refused_within_a_second(platform, token)


async def test_a_movers_old_token_is_refused_and_his_new_one_is_good_the_next_second(
    platform, officer, employed
):
    person, member, name = employed
    old = await person.token()
    assert at_gateway(platform, old)[0] == 200
    taken = await officer.delete(f"{member}/roles/{name}-mapping")
    assert taken.status_code == 204, taken.text
    refused_within_a_second(platform, old)
    await asyncio.sleep(
        1 - time.time() % 1
    )  # tokens of the very second of the change are refused with the old ones
    new = await person.token("openid address:read mapping:read")
    assert at_gateway(platform, new)[0] == 200
    read = await officer.get("/citytown/address/v1/council", headers=bearer(new))
    lost = await officer.get("/citytown/mapping/v1/council", headers=bearer(new))
    assert (read.status_code, lost.json()["code"]) == (200, "missing-scope")
    assert at_gateway(platform, old) == (401, "revoked-credential")


async def test_a_revoked_mandates_token_is_refused_and_its_holders_own_goes_on(
    platform, shop, officer, somebody
):
    rosa, ben = await somebody(), await somebody()
    giving, taking = (
        bearer(await rosa.token("openid identity:mandates")),
        await ben.token("openid identity:mandates"),
    )
    offer = {"theme": "waste", "expires_at": BIN_DAY, "my_name": "Rosa", "their_name": "Ben"}
    code = (await officer.post(f"{IDENTITY}/mandates", json=offer, headers=giving)).json()["code"]
    mandate = (
        await officer.post(f"{IDENTITY}/mandates/accept", json={"code": code}, headers=bearer(taking))
    ).json()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": mandate["principal"],
        "subject_token_type": "urn:townhall:token-type:subject",
        "actor_token": taking,
        "actor_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "theme": "waste",
        **shop.credentials,
    }
    acting = (await ben.browser.post("/identity/token", data=form)).json()["access_token"]
    assert at_gateway(platform, acting)[0] == 200
    told = await officer.get("/citytown/casework/v1/council", headers=bearer(acting))
    assert (told.status_code, told.json()["code"]) == (403, "not-for-delegates")
    ended = await officer.delete(f"{IDENTITY}/mandates/{mandate['id']}", headers=giving)
    assert ended.status_code == 204
    refused_within_a_second(platform, acting)
    assert at_gateway(platform, taking)[0] == 200
