"""A council's staff sign in with its directory (Entra ID), and have what their roles give them."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from chassis import ids
from services.identity.tests.provider import ask, read_redirect, register, verify_claims
from services.identity.tests.upstream import (
    SECRET,
    accounts_of,
    directory,
    is_signed_in_at,
    journey,
    keeper_headers,
    parameters_of,
    register_upstream,
    running_simulator,
    settings,
    simulator,
)
from simulators.openid_provider.faults import DIRECTORY
from simulators.openid_provider.staff import CITYTOWN, HILLSHIRE

__all__ = [
    "directory",
    "journey",
    "keeper_headers",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

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
        for table in ("staff", "role", "upstream_account", "account_email", "rate_limit"):
            await session.execute(text(f"DELETE FROM {table}"))


def member_of(simulator, key, tenant=CITYTOWN):
    """Get a person in a directory."""
    return simulator.tenants[tenant].staff[key]


@pytest.fixture
def join_staff(client, officer, simulator):
    """``await join_staff("alex", "address:write")``: SCIM adds them, and they get a role of these."""

    async def join(key, *scopes):
        member = member_of(simulator, key)
        body = {
            "userName": member.username, "externalId": member.oid, "displayName": member.name,
            "emails": [{"value": member.email or "nobody@citytown.example", "primary": True}],
        }  # fmt: skip
        response = await client.post(f"{SCIM}/Users", json=body, headers=officer)
        assert response.status_code == 201, response.text
        if scopes:
            role = f"r-{ids.show(ids.new())}"
            role_body = {"title": "A role", "scopes": list(scopes)}
            assert (
                await client.put(f"{URL}/roles/{role}", json=role_body, headers=officer)
            ).status_code == 201
            path = f"{URL}/staff/{response.json()['id']}/roles/{role}"
            assert (await client.put(path, headers=officer)).status_code in {200, 204}
        return member

    return join


def some_keys(simulator, count=1):
    """Choose some keys of citytown's staff."""
    return list(simulator.tenants[CITYTOWN].staff)[:count]


async def scopes_of(database, tab, scope="address:write address:read"):
    """Get the scopes of a token that a service of the council gets for the person who is signed in."""
    service = await register(
        database,
        scopes=["address:read", "address:write"],
        person_scopes=["openid", "address:read", "address:write"],
    )
    answer = read_redirect(await ask(tab.client, service, scope=f"openid {scope}"))
    tokens = (await service.redeem(tab.client, answer["code"])).json()
    return set((await verify_claims(tab.client, tokens["access_token"]))["scope"].split())


async def test_a_member_of_staff_is_known_by_tenant_and_oid_and_has_their_roles_scopes(
    journey, directory, join_staff, simulator, database
):
    [key] = some_keys(simulator)
    member = await join_staff(key, "address:write")
    alex = journey(directory)
    page = await alex.tab.get("/identity/sign-in?council=citytown")
    assert "Sign in with Council account" in page.text
    assert (await alex.go(key)).headers["location"].startswith("/identity/upstream/link")
    assert (await alex.choose("new")).headers["location"] == "/identity/account"
    assert list(await accounts_of(database, directory)) == [f"{CITYTOWN}/{member.oid}"]
    assert "address:write" in await scopes_of(database, alex.tab)
    returning = journey(directory)
    assert (await returning.go(key)).headers["location"] == "/identity/account"
    assert "address:write" in await scopes_of(database, returning.tab)


async def test_staff_are_asked_which_account_they_use_at_work(journey, directory, join_staff, simulator):
    """Not, as residents are, whether they have one for council services."""
    [key] = some_keys(simulator)
    await join_staff(key)
    alex = journey(directory)
    await alex.go(key)
    page = (await alex.tab.get("/identity/upstream/link")).text
    assert "Which account do you want to use at work?" in page
    assert "Do you have an account?" not in page
    assert (
        "Pa gyfrif rydych am ei ddefnyddio yn y gwaith?"
        in (await alex.tab.get("/identity/upstream/link?lang=cy")).text
    )
    await alex.tab.get("/identity/upstream/link?lang=en")
    response = await alex.choose("")
    assert response.status_code == 400
    assert "Select which account you want to use at work" in response.text


async def test_a_person_unknown_to_scim_is_not_staff(journey, directory, simulator, database):
    [key] = some_keys(simulator)
    alex = journey(directory)
    await alex.go(key)
    response = await alex.choose("new")
    assert response.status_code == 403
    assert "not known as a member of staff" in response.text
    assert alex.tab.session is None
    assert await accounts_of(database, directory) == {}


async def test_an_equal_address_makes_nobody_staff(
    journey, directory, join_staff, simulator, newcomer, database
):
    """A resident with a member of staff's address has neither their scopes nor their account."""
    [key] = some_keys(simulator)
    member = await join_staff(key, "address:write")
    resident = await newcomer(member.email or "nobody@citytown.example")
    alex = journey(directory)
    await alex.go(key)
    await alex.choose("new")
    assert "address:write" in await scopes_of(database, alex.tab)
    page = await alex.tab.get("/identity/account/email")
    assert page.status_code == 200
    assert (member.email or "nobody@") not in page.text  # a directory does not verify an address
    assert await accounts_of(database, directory) != {}
    assert resident.session != alex.tab.session


async def test_the_same_oid_in_another_tenant_is_another_person(
    journey, directory, register_upstream, join_staff, simulator, database
):
    [key] = some_keys(simulator)
    member = await join_staff(key, "address:write")
    alex = journey(directory)
    await alex.go(key)
    await alex.choose("new")
    other = await register_upstream("directory", tenant=HILLSHIRE, title="Another directory")
    [twin] = list(simulator.tenants[HILLSHIRE].staff)[:1]
    stolen, simulator.tenants[HILLSHIRE].staff[twin].oid = (
        simulator.tenants[HILLSHIRE].staff[twin].oid,
        member.oid,
    )
    try:
        eve = journey(other)
        response = await eve.go(twin)
        assert response.headers["location"].startswith("/identity/upstream/link")
        assert eve.tab.session is None
        # Nor do they become the member of staff with that oid, who is linked with another account.
        assert (await eve.choose("new")).status_code in {403, 409}
        assert await accounts_of(database, other) == {}
    finally:
        simulator.tenants[HILLSHIRE].staff[twin].oid = stolen


@pytest.mark.parametrize("fault", ["wrong-tid", "no-tid", "no-oid"])
async def test_a_token_of_another_tenant_signs_nobody_in(
    journey, directory, join_staff, simulator, database, fault
):
    [key] = some_keys(simulator)
    await join_staff(key)
    simulator.faults = DIRECTORY[fault]
    alex = journey(directory)
    assert (await alex.go(key)).status_code == 400
    assert await accounts_of(database, directory) == {}


async def test_a_leaver_has_no_scopes_although_the_directory_lets_them_in(
    journey, directory, join_staff, simulator, client, officer, database
):
    [key] = some_keys(simulator)
    member = await join_staff(key, "address:write")
    alex = journey(directory)
    await alex.go(key)
    await alex.choose("new")
    response = await client.get(f'{SCIM}/Users?filter=externalId eq "{member.oid}"', headers=officer)
    user = response.json()["Resources"][0]["id"]
    assert (await client.delete(f"{SCIM}/Users/{user}", headers=officer)).status_code == 204
    assert not await is_signed_in_at(alex.tab)  # their sessions have ended
    returning = journey(directory)
    answer = await returning.go(key)
    assert answer.status_code == 403
    assert returning.tab.session is None


async def test_staff_without_an_address_sign_in_too(journey, directory, join_staff, simulator):
    [key] = [key for key, person in simulator.tenants[CITYTOWN].staff.items() if not person.email][:1]
    await join_staff(key, "address:read")
    alex = await journey(directory).sign_up(key)
    assert await is_signed_in_at(alex.tab)
    assert (await alex.tab.get("/identity/account/email")).status_code == 200


async def test_the_secret_is_shown_to_the_token_endpoint_alone(journey, directory, join_staff, simulator):
    [key] = some_keys(simulator)
    await join_staff(key)
    alex = journey(directory)
    url = await alex.leave()
    assert SECRET not in url
    assert {"vtr", "claims"} & parameters_of(url).keys() == set()
    assert parameters_of(url)["scope"] == "openid email profile"
    await alex.follow(await alex.authenticate(url, key))
    assert simulator.recorded["token"][-1]["client_secret"] == SECRET


async def test_a_wrong_secret_signs_nobody_in(journey, directory, join_staff, simulator, database):
    [key] = some_keys(simulator)
    await join_staff(key)
    registered_client = simulator.clients[directory["client_id"]]
    simulator.register(replace(registered_client, secret="another-secret"))
    alex = journey(directory)
    assert (await alex.go(key)).status_code == 400
    assert await accounts_of(database, directory) == {}
