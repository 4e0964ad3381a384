"""A council's staff sign in with its directory (Entra ID), and have what their roles give them."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from chassis import ids
from services.identity.tests.provider import answered, ask, claims_of, register
from services.identity.tests.upstream import (
    SECRET,
    account_of,
    asked,
    directory,
    journey,
    keeping,
    registered,
    served,
    settings,
    simulator,
)
from simulators.openid_provider.faults import DIRECTORY
from simulators.openid_provider.staff import CITYTOWN, HILLSHIRE

__all__ = ["directory", "journey", "keeping", "registered", "served", "settings", "simulator"]

URL = "/citytown/identity/v1"
SCIM = "/citytown/identity/scim/v2"


@pytest.fixture
def officer(mint):
    """The headers of who runs the council's roles and provisions its staff."""
    scopes = ["identity:staff", "identity:scim", "address:read", "address:write"]
    return {"Authorization": f"Bearer {mint(scopes=scopes, mode='live')}"}


@pytest.fixture(autouse=True)
async def nobody(database):
    yield
    async with database.writing("*") as session:
        for table in ("staff", "role", "upstream_account", "account_email", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))


def of(simulator, who, tenant=CITYTOWN):
    """Somebody in a directory."""
    return simulator.tenants[tenant].staff[who]


@pytest.fixture
def joins(client, officer, simulator):
    """``await joins("alex", "address:write")`` -> SCIM brings him, and he gets a role of these scopes."""

    async def join(who, *scopes):
        member = of(simulator, who)
        body = {
            "userName": member.username, "externalId": member.oid, "displayName": member.name,
            "emails": [{"value": member.email or "nobody@citytown.example", "primary": True}],
        }  # fmt: skip
        made = await client.post(f"{SCIM}/Users", json=body, headers=officer)
        assert made.status_code == 201, made.text
        if scopes:
            role = f"r-{ids.show(ids.new())}"
            given = {"title": "A role", "scopes": list(scopes)}
            assert (await client.put(f"{URL}/roles/{role}", json=given, headers=officer)).status_code == 201
            path = f"{URL}/staff/{made.json()['id']}/roles/{role}"
            assert (await client.put(path, headers=officer)).status_code in {200, 204}
        return member

    return join


def some(simulator, count=1):
    """So many keys of citytown's staff."""
    return list(simulator.tenants[CITYTOWN].staff)[:count]


async def scopes_of(database, tab, wanted="address:write address:read"):
    """The scopes of a token that a service of the council gets for who is signed in."""
    service = await register(
        database,
        scopes=["address:read", "address:write"],
        person_scopes=["openid", "address:read", "address:write"],
    )
    answer = answered(await ask(tab.client, service, scope=f"openid {wanted}"))
    found = (await service.redeem(tab.client, answer["code"])).json()
    return set((await claims_of(tab.client, found["access_token"]))["scope"].split())


async def test_a_member_of_staff_is_known_by_tenant_and_oid_and_has_his_roles_scopes(
    journey, directory, joins, simulator, database
):
    [who] = some(simulator)
    member = await joins(who, "address:write")
    alex = journey(directory)
    page = await alex.tab.get("/identity/sign-in?council=citytown")
    assert "Sign in with Council account" in page.text
    assert (await alex.go(who)).headers["location"].startswith("/identity/upstream/link")
    assert (await alex.choose("new")).headers["location"] == "/identity/account"
    assert list(await account_of(database, directory)) == [f"{CITYTOWN}/{member.oid}"]
    assert (await alex.tab.get("/identity/account")).status_code == 200
    assert "address:write" in await scopes_of(database, alex.tab)
    again = journey(directory)
    assert (await again.go(who)).headers["location"] == "/identity/account"
    assert "address:write" in await scopes_of(database, again.tab)


async def test_staff_are_asked_which_account_they_use_at_work(journey, directory, joins, simulator):
    """Not, as residents are, whether they have one for council services."""
    [who] = some(simulator)
    await joins(who)
    alex = journey(directory)
    await alex.go(who)
    page = (await alex.tab.get("/identity/upstream/link")).text
    assert "Which account do you want to use at work?" in page
    assert "Do you have an account?" not in page
    assert (
        "Pa gyfrif rydych am ei ddefnyddio yn y gwaith?"
        in (await alex.tab.get("/identity/upstream/link?lang=cy")).text
    )
    await alex.tab.get("/identity/upstream/link?lang=en")
    answer = await alex.choose("")
    assert answer.status_code == 400
    assert "Select which account you want to use at work" in answer.text


async def test_whom_scim_has_not_brought_is_not_staff(journey, directory, simulator, database):
    [who] = some(simulator)
    alex = journey(directory)
    await alex.go(who)
    answer = await alex.choose("new")
    assert answer.status_code == 403
    assert "not known as a member of staff" in answer.text
    assert alex.tab.session is None
    assert await account_of(database, directory) == {}


async def test_an_equal_address_makes_nobody_staff(journey, directory, joins, simulator, newcomer, database):
    """The resident with a member of staff's address has none of his scopes, and none of his account."""
    [who] = some(simulator)
    member = await joins(who, "address:write")
    resident = await newcomer(member.email or "nobody@citytown.example")
    alex = journey(directory)
    await alex.go(who)
    await alex.choose("new")
    assert "address:write" in await scopes_of(database, alex.tab)
    page = await alex.tab.get("/identity/account")
    assert (member.email or "nobody@") not in page.text  # a directory's word is no proof of an address
    assert await account_of(database, directory) != {}
    assert resident.session != alex.tab.session


async def test_the_same_oid_in_another_tenant_is_another_person(
    journey, directory, registered, joins, simulator, database
):
    [who] = some(simulator)
    member = await joins(who, "address:write")
    alex = journey(directory)
    await alex.go(who)
    await alex.choose("new")
    other = await registered("directory", tenant=HILLSHIRE, title="Another directory")
    [twin] = list(simulator.tenants[HILLSHIRE].staff)[:1]
    stolen, simulator.tenants[HILLSHIRE].staff[twin].oid = (
        simulator.tenants[HILLSHIRE].staff[twin].oid,
        member.oid,
    )
    try:
        eve = journey(other)
        answer = await eve.go(twin)
        assert answer.headers["location"].startswith("/identity/upstream/link")
        assert eve.tab.session is None
        # Nor does he become the member of staff whose oid that is: one account has him already.
        assert (await eve.choose("new")).status_code in {403, 409}
        assert await account_of(database, other) == {}
    finally:
        simulator.tenants[HILLSHIRE].staff[twin].oid = stolen


@pytest.mark.parametrize("fault", ["wrong-tid", "no-tid", "no-oid"])
async def test_a_token_of_another_tenant_signs_nobody_in(
    journey, directory, joins, simulator, database, fault
):
    [who] = some(simulator)
    await joins(who)
    simulator.faults = DIRECTORY[fault]
    alex = journey(directory)
    assert (await alex.go(who)).status_code == 400
    assert await account_of(database, directory) == {}


async def test_a_leaver_has_no_scopes_although_the_directory_lets_him_in(
    journey, directory, joins, simulator, client, officer, database
):
    [who] = some(simulator)
    member = await joins(who, "address:write")
    alex = journey(directory)
    await alex.go(who)
    await alex.choose("new")
    found = await client.get(f'{SCIM}/Users?filter=externalId eq "{member.oid}"', headers=officer)
    user = found.json()["Resources"][0]["id"]
    assert (await client.delete(f"{SCIM}/Users/{user}", headers=officer)).status_code == 204
    assert (await alex.tab.get("/identity/account")).status_code == 303  # his sessions have ended
    again = journey(directory)
    answer = await again.go(who)
    assert answer.status_code == 403
    assert again.tab.session is None


async def test_staff_without_an_address_sign_in_too(journey, directory, joins, simulator):
    [who] = [key for key, one in simulator.tenants[CITYTOWN].staff.items() if not one.email][:1]
    await joins(who, "address:read")
    alex = await journey(directory).arrive(who)
    for page in ("", "/upstreams", "/email", "/sessions", "/close"):
        answer = await alex.tab.get(f"/identity/account{page}")
        assert answer.status_code == 200, page


async def test_the_secret_is_shown_to_the_token_endpoint_alone(journey, directory, joins, simulator):
    [who] = some(simulator)
    await joins(who)
    alex = journey(directory)
    where = await alex.leave()
    assert SECRET not in where
    assert {"vtr", "claims"} & asked(where).keys() == set()
    assert asked(where)["scope"] == "openid email profile"
    await alex.back(await alex.there(where, who))
    assert simulator.heard["token"][-1]["client_secret"] == SECRET


async def test_a_wrong_secret_signs_nobody_in(journey, directory, joins, simulator, database):
    [who] = some(simulator)
    await joins(who)
    known = simulator.clients[directory["client_id"]]
    simulator.register(replace(known, secret="another-secret"))
    alex = journey(directory)
    assert (await alex.go(who)).status_code == 400
    assert await account_of(database, directory) == {}
