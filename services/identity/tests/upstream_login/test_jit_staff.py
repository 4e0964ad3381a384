"""Staff by what their directory says at sign-in: joiners, movers, leavers, and how long a word holds."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import eventually
from identity.staff.actions import jit_provisioning, members, roles
from identity.staff.actions.jit_provisioning import RefusedError
from identity.upstream_login.actions import jit_staff
from identity.upstream_login.rules import directory_claims as rules
from services.identity.tests import provider
from services.identity.tests.upstream import (
    account_of,
    directory,
    journey,
    keeping,
    registered,
    served,
    settings,
    simulator,
    upstream_of,
)
from simulators.openid_provider.faults import DIRECTORY
from simulators.openid_provider.staff import CITYTOWN

__all__ = ["directory", "journey", "keeping", "registered", "served", "settings", "simulator"]

URL = "/citytown/identity/v1"
SCIM = "/citytown/identity/scim/v2"
OWN = ["identity:staff", "identity:scim", "address:read", "address:write"]
WASTE, TAX = "Waste services", "Council tax"


@pytest.fixture
def officer(mint):
    """The headers of somebody who runs a council's roles, and of its directory."""
    return {"Authorization": f"Bearer {mint(scopes=OWN)}"}


@pytest.fixture(autouse=True)
async def nothing_left(database, client):
    """Each test begins with a council without staff or roles."""
    yield
    async with database.writing("*") as session:
        for table in ("upstream_account", "upstream_visit", "upstream", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))
        for table in ("staff", "role", "staff_group"):
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
async def by_claims(registered):
    """Citytown's own directory, whose sign-ins make staff."""
    return await registered("directory", provisioning="jit", groups_claim="groups", session_hours=2)


@pytest.fixture
def member(simulator):
    """``member("priya")`` -> who she is in the directory; put back as she was at the end."""
    tenant = simulator.tenants[CITYTOWN]
    before = {one.key: (set(one.groups), one.active) for one in tenant.staff.values()}
    yield tenant.staff.get
    for key, (groups, active) in before.items():
        tenant.change(key, groups, active=active)


@pytest.fixture
def called(simulator):
    """``called("Waste services")`` -> the directory's id of a group."""
    groups = simulator.tenants[CITYTOWN].groups
    return {name: one for one, name in groups.items()}.get


async def role(client, officer, *scopes, groups=()):
    body = {"title": "A role", "scopes": list(scopes), "groups": list(groups)}
    name = f"r-{ids.show(ids.new())}"
    assert (await client.put(f"{URL}/roles/{name}", json=body, headers=officer)).status_code == 201
    return name


async def known(client, officer):
    """The council's staff as the API lists them, by the directory's key."""
    listed = (await client.get(f"{URL}/staff", params={"limit": 100}, headers=officer)).json()["items"]
    return {one["external_id"]: one for one in listed}


async def scopes(database, account):
    async with database.reading("citytown") as session:
        return await roles.get_scopes(session, "citytown", account)


async def of(database, made, who):
    return (await account_of(database, made))[f"{CITYTOWN}/{who.oid}"]


async def test_a_joiner_is_made_by_the_first_sign_in_with_the_roles_of_the_groups(
    client, officer, journey, by_claims, member, called, database
):
    await role(client, officer, "address:write", groups=[called(WASTE)])
    await role(client, officer, "identity:staff", groups=[called(TAX)])
    await journey(by_claims).arrive("priya")
    priya = member("priya")
    shown = (await known(client, officer))[priya.oid]
    assert (shown["user_name"], shown["email"], shown["linked"]) == (priya.username, priya.email, True)
    assert shown["display_name"] == priya.name
    assert await scopes(database, await of(database, by_claims, priya)) == {"address:write"}


async def test_staff_without_a_mailbox_sign_in_too(client, officer, journey, by_claims, member):
    await journey(by_claims).arrive("sam")
    assert (await known(client, officer))[member("sam").oid]["email"] == ""


async def test_only_groups_that_a_role_names_are_kept(client, officer, journey, by_claims, member, called):
    await role(client, officer, "address:read", groups=[called(WASTE)])
    member("priya").groups |= {called(TAX)}
    await journey(by_claims).arrive("priya")
    listed = (await client.get(f"{SCIM}/Groups", headers=officer)).json()["Resources"]
    assert [one["displayName"] for one in listed] == [called(WASTE)]


async def test_a_role_may_name_a_group_of_scim_by_the_directorys_id(client, officer, database):
    group = ids.show(ids.new())
    await role(client, officer, "address:read", groups=[group])
    body = {"userName": group, "externalId": group}
    person = (await client.post(f"{SCIM}/Users", json=body, headers=officer)).json()
    body = {"displayName": "People", "externalId": group, "members": [{"value": person["id"]}]}
    assert (await client.post(f"{SCIM}/Groups", json=body, headers=officer)).status_code == 201
    account = ids.new()
    async with database.writing("citytown") as session:
        assert await members.link_account(session, "citytown", group, account)
    assert await scopes(database, account) == {"address:read"}


async def at_service(app, database, account):
    """Tokens of a member of staff at a service: (service, browser, tokens)."""
    service = await provider.register(
        database, scopes=["identity:staff"], person_scopes=["openid", "offline_access", "identity:staff"]
    )
    browser = provider.browser_of(app)
    await provider.sign_in(database, browser, account, ("upstream",))
    tokens = await service.tokens(browser, scope="openid offline_access identity:staff", prompt="consent")
    return service, browser, tokens


async def test_a_mover_loses_at_the_next_sign_in_what_the_groups_gave(
    app, client, officer, journey, by_claims, member, called, database
):
    await role(client, officer, "identity:staff", groups=[called(WASTE)])
    await role(client, officer, "address:read", groups=[called(TAX)])
    await journey(by_claims).arrive("priya")
    account = await of(database, by_claims, member("priya"))
    service, browser, tokens = await at_service(app, database, account)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    member("priya").groups = {called(TAX)}
    assert (await journey(by_claims).go("priya")).status_code == 303
    assert await scopes(database, account) == {"address:read"}

    async def refused():
        answer = await client.get(f"{URL}/roles", headers=headers)
        return (answer.status_code, answer.json().get("code")) == (401, "revoked-credential")

    assert await eventually(refused, within=1)
    again = await service.refresh(browser, tokens["refresh_token"])
    assert again.json()["scope"].split() == ["offline_access", "openid"]
    await browser.aclose()


async def test_too_many_groups_to_name_are_not_read_as_none(
    client, officer, journey, by_claims, member, called, database, simulator
):
    await role(client, officer, "address:read", groups=[called(WASTE)])
    await journey(by_claims).arrive("priya")
    account = await of(database, by_claims, member("priya"))
    simulator.faults = DIRECTORY["too-many-groups"]
    answer = await journey(by_claims).go("priya")
    assert (answer.status_code, "groups" in answer.text) == (403, True)
    assert await scopes(database, account) == {"address:read"}  # as the directory said before
    newcomer = journey(by_claims)
    await newcomer.go("alex")
    assert (await newcomer.choose("new")).status_code == 403
    assert len(await account_of(database, by_claims)) == 1
    assert member("alex").oid not in await known(client, officer)


@pytest.mark.parametrize(
    ("token", "over"),
    [
        ({"groups": ["a"]}, False),
        ({}, False),
        ({"groups": ["g"] * 200}, False),
        ({"groups": ["g"] * 201}, True),
        ({"groups": "a,b"}, True),
        ({"hasgroups": True}, True),
        ({"_claim_names": {"groups": "src1"}}, True),
        ({"_claim_names": {"address": "src1"}, "groups": []}, False),
    ],
)
def test_groups_overage_is_told_from_no_groups(token, over):
    assert rules.has_overage(token, "groups") is over
    assert rules.has_overage(token, None) is False


async def test_whom_the_directory_lets_in_no_more_does_not_sign_in(journey, by_claims, member, database):
    await journey(by_claims).arrive("priya")
    member("priya").active = False
    again = journey(by_claims)
    answer = await again.go("priya")
    assert answer.status_code in {200, 400, 403}
    assert again.tab.session is None


async def lapse(database, account):
    async with database.writing("citytown") as session:
        late = "UPDATE staff SET vouched_until = now() - interval '1 second' WHERE account = :id"
        await session.execute(text(late), {"id": account})


async def test_the_directorys_word_holds_for_the_hours_the_council_chose_and_no_longer(
    app, client, officer, journey, by_claims, member, called, database
):
    await role(client, officer, "identity:staff", groups=[called(WASTE)])
    before = datetime.now(UTC)
    await journey(by_claims).arrive("priya")
    account = await of(database, by_claims, member("priya"))
    async with database.reading("citytown") as session:
        until = await session.scalar(
            text("SELECT vouched_until FROM staff WHERE account = :id"), {"id": account}
        )
        ends = await session.scalar(
            text("SELECT expires_at FROM browser_session WHERE account = :id"), {"id": account}
        )
    assert before + timedelta(hours=2) <= until <= datetime.now(UTC) + timedelta(hours=2)
    assert ends == until  # the session does not outlive it
    service, browser, tokens = await at_service(app, database, account)
    await lapse(database, account)
    assert await scopes(database, account) == frozenset()
    again = await service.refresh(browser, tokens["refresh_token"])
    assert again.json()["scope"].split() == ["offline_access", "openid"]  # nor does a refresh token
    await journey(by_claims).go("priya")
    assert await scopes(database, account) == {"identity:staff"}
    await browser.aclose()


async def test_staff_by_scim_are_linked_and_claims_change_nothing(
    client, officer, journey, directory, member, called, database
):
    priya = member("priya")
    await role(client, officer, "address:write", groups=[called(WASTE)])
    body = {"userName": "priya", "externalId": priya.oid, "displayName": "As SCIM said"}
    assert (await client.post(f"{SCIM}/Users", json=body, headers=officer)).status_code == 201
    await journey(directory).arrive("priya")
    shown = (await known(client, officer))[priya.oid]
    assert (shown["display_name"], shown["linked"]) == ("As SCIM said", True)
    assert await scopes(database, await of(database, directory, priya)) == frozenset()
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT vouched_until FROM staff WHERE active")) is None


async def test_whom_scim_has_not_brought_is_told_so_and_gets_no_account(journey, directory, database):
    alex = journey(directory)
    await alex.go("alex")
    answer = await alex.choose("new")
    assert answer.status_code == 403
    assert alex.tab.session is None
    assert await account_of(database, directory) == {}


async def test_whom_scim_has_put_off_work_does_not_sign_in(client, officer, journey, by_claims, member):
    await journey(by_claims).arrive("dana")
    person = (await known(client, officer))[member("dana").oid]
    operation = {"op": "replace", "path": "active", "value": False}
    await client.patch(f"{SCIM}/Users/{person['id']}", json={"Operations": [operation]}, headers=officer)
    answer = await journey(by_claims).go("dana")
    assert answer.status_code == 403


async def told(database, app, made, account, **claims):
    """What a sign-in of this account with these claims comes to: the reason it is refused, or None."""
    upstream = await upstream_of(database, made)
    external_id = claims.pop("oid")
    try:
        async with database.writing("citytown") as session:
            await jit_staff.provision_jit(session, app.state.issuer, upstream, claims, account, external_id)
    except RefusedError as error:
        return error.reason
    return None


async def test_neither_a_member_of_staff_nor_an_account_changes_hands(app, by_claims, database):
    one, other = ids.new(), ids.new()
    assert await told(database, app, by_claims, one, oid="oid-1") is None
    assert await told(database, app, by_claims, one, oid="oid-1") is None
    assert await told(database, app, by_claims, other, oid="oid-1") == "in-use"
    assert await told(database, app, by_claims, one, oid="oid-2") == "in-use"


async def test_a_user_name_goes_to_whom_the_directory_gave_it_last(app, client, officer, by_claims, database):
    for oid in ("oid-1", "oid-2"):
        named = {"oid": oid, "preferred_username": "jo@citytown.example"}
        assert await told(database, app, by_claims, ids.new(), **named) is None
    shown = await known(client, officer)
    assert (shown["oid-1"]["user_name"], shown["oid-2"]["user_name"]) == ("oid-1", "jo@citytown.example")
    body = {"userName": "ann@citytown.example", "externalId": "oid-3"}
    await client.post(f"{SCIM}/Users", json=body, headers=officer)
    named = {"oid": "oid-4", "preferred_username": "ANN@citytown.example"}
    assert await told(database, app, by_claims, ids.new(), **named) == "in-use"


async def test_two_first_sign_ins_at_once_make_one_member_of_staff(app, client, officer, by_claims, database):
    account = ids.new()
    both = [told(database, app, by_claims, account, oid="oid-1", name="Jo") for _ in range(2)]
    assert await asyncio.gather(*both) == [None, None]
    assert list(await known(client, officer)) == ["oid-1"]


async def test_who_has_not_signed_in_for_ninety_days_is_forgotten(app, client, officer, by_claims, database):
    for oid in ("oid-1", "oid-2"):
        assert await told(database, app, by_claims, ids.new(), oid=oid) is None
    async with database.writing("citytown") as session:
        late = """UPDATE staff SET vouched_until = now() - interval '91 days' WHERE id =
            (SELECT staff FROM staff_person WHERE external_id = 'oid-1')"""
        await session.execute(text(late))
    async with database.writing() as session:
        await jit_provisioning.purge_absent(session)
    assert list(await known(client, officer)) == ["oid-2"]


async def test_when_the_directory_is_removed_its_staff_are_linked_anew_and_hold_nothing_from_before(
    app, client, officer, journey, by_claims, called, database, keeping
):
    await role(client, officer, "identity:staff", groups=[called(WASTE)])
    await journey(by_claims).arrive("priya")
    [(subject, account)] = (await account_of(database, by_claims)).items()
    _, browser, tokens = await at_service(app, database, account)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    gone = await client.delete(f"{URL}/upstreams/{by_claims['id']}", headers=keeping())
    assert gone.status_code == 204

    async def refused():
        return (await client.get(f"{URL}/roles", headers=headers)).status_code == 401

    assert await eventually(refused, within=1)
    assert await scopes(database, account) == frozenset()
    assert not (await known(client, officer))[subject.split("/")[1]]["linked"]
    await browser.aclose()


async def test_whoever_makes_staff_is_changed_both_ways(
    client, officer, journey, by_claims, called, database, keeping
):
    """From claims to SCIM his roles run out no longer; back again, the directory must be asked anew."""
    await role(client, officer, "address:write", groups=[called(WASTE)])
    await journey(by_claims).arrive("priya")
    [account] = (await account_of(database, by_claims)).values()

    async def change(version, **members):
        headers = {**keeping(), "If-Match": f'"{version}"'}
        answer = await client.patch(f"{URL}/upstreams/{by_claims['id']}", json=members, headers=headers)
        assert answer.status_code == 200, answer.text

    async def until():
        async with database.reading("citytown") as session:
            held = text("SELECT vouched_until FROM staff WHERE account = :id")
            return await session.scalar(held, {"id": account})

    await client.delete(f"{URL}/roles/{(await role_names(client, officer))[0]}", headers=officer)
    await change(1, provisioning="scim")
    await journey(by_claims).go("priya")
    assert await until() is None
    await change(2, provisioning="jit", session_hours=1)
    assert await until() <= datetime.now(UTC) + timedelta(hours=1)


async def role_names(client, officer):
    listed = (await client.get(f"{URL}/roles", headers=officer)).json()["items"]
    return [one["name"] for one in listed]
