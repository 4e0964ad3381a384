"""Just-in-time provisioning of staff: joiners, movers, leavers, and how long roles count after a sign-in."""

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
    accounts_of,
    directory,
    journey,
    keeper_headers,
    register_upstream,
    running_simulator,
    settings,
    simulator,
    upstream_of,
)
from simulators.openid_provider.faults import DIRECTORY
from simulators.openid_provider.staff import CITYTOWN

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
OWN = ["identity:staff", "identity:scim", "address:read", "address:write"]
WASTE, TAX = "Waste services", "Council tax"


@pytest.fixture
def officer(mint):
    """The headers of somebody who runs a council's roles, and of its directory."""
    return {"Authorization": f"Bearer {mint(scopes=OWN)}"}


@pytest.fixture(autouse=True)
async def empty_council(database, client):
    """Leave the council without staff or roles after each test."""
    yield
    async with database.writing("*") as session:
        for table in ("upstream_account", "upstream_visit", "upstream", "attempt"):
            await session.execute(text(f"DELETE FROM {table}"))
        for table in ("staff", "role", "staff_group"):
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
async def jit_directory(register_upstream):
    """Citytown's own directory, whose sign-ins provision staff."""
    return await register_upstream("directory", provisioning="jit", groups_claim="groups", session_hours=2)


@pytest.fixture
def member(simulator):
    """``member("priya")`` -> her entry in the directory, restored at the end."""
    tenant = simulator.tenants[CITYTOWN]
    before = {person.key: (set(person.groups), person.active) for person in tenant.staff.values()}
    yield tenant.staff.get
    for key, (groups, active) in before.items():
        tenant.change(key, groups, active=active)


@pytest.fixture
def group_id(simulator):
    """``group_id("Waste services")`` -> the directory's id of a group."""
    groups = simulator.tenants[CITYTOWN].groups
    return {name: group for group, name in groups.items()}.get


async def create_role(client, officer, *scopes, groups=()):
    body = {"title": "A role", "scopes": list(scopes), "groups": list(groups)}
    name = f"r-{ids.show(ids.new())}"
    assert (await client.put(f"{URL}/roles/{name}", json=body, headers=officer)).status_code == 201
    return name


async def staff_by_external_id(client, officer):
    """Get the council's staff as the API lists them, by the directory's key."""
    items = (await client.get(f"{URL}/staff", params={"limit": 100}, headers=officer)).json()["items"]
    return {item["external_id"]: item for item in items}


async def scopes_of(database, account):
    async with database.reading("citytown") as session:
        return await roles.get_scopes(session, "citytown", account)


async def account_of_member(database, upstream, person):
    return (await accounts_of(database, upstream))[f"{CITYTOWN}/{person.oid}"]


async def test_a_joiner_is_made_by_the_first_sign_in_with_the_roles_of_the_groups(
    client, officer, journey, jit_directory, member, group_id, database
):
    await create_role(client, officer, "address:write", groups=[group_id(WASTE)])
    await create_role(client, officer, "identity:staff", groups=[group_id(TAX)])
    await journey(jit_directory).sign_up("priya")
    priya = member("priya")
    member_record = (await staff_by_external_id(client, officer))[priya.oid]
    assert (member_record["user_name"], member_record["email"], member_record["linked"]) == (
        priya.username,
        priya.email,
        True,
    )
    assert member_record["display_name"] == priya.name
    assert await scopes_of(database, await account_of_member(database, jit_directory, priya)) == {
        "address:write"
    }


async def test_staff_without_a_mailbox_sign_in_too(client, officer, journey, jit_directory, member):
    await journey(jit_directory).sign_up("sam")
    assert (await staff_by_external_id(client, officer))[member("sam").oid]["email"] == ""


async def test_only_groups_that_a_role_names_are_kept(
    client, officer, journey, jit_directory, member, group_id
):
    await create_role(client, officer, "address:read", groups=[group_id(WASTE)])
    member("priya").groups |= {group_id(TAX)}
    await journey(jit_directory).sign_up("priya")
    groups = (await client.get(f"{SCIM}/Groups", headers=officer)).json()["Resources"]
    assert [group["displayName"] for group in groups] == [group_id(WASTE)]


async def test_a_role_may_name_a_group_of_scim_by_the_directorys_id(client, officer, database):
    group = ids.show(ids.new())
    await create_role(client, officer, "address:read", groups=[group])
    body = {"userName": group, "externalId": group}
    person = (await client.post(f"{SCIM}/Users", json=body, headers=officer)).json()
    body = {"displayName": "People", "externalId": group, "members": [{"value": person["id"]}]}
    assert (await client.post(f"{SCIM}/Groups", json=body, headers=officer)).status_code == 201
    account = ids.new()
    async with database.writing("citytown") as session:
        assert await members.link_account(session, "citytown", group, account)
    assert await scopes_of(database, account) == {"address:read"}


async def sign_in_at_service(app, database, account, upstream):
    """Sign a member of staff in at a service: (service, browser, tokens)."""
    service = await provider.register(
        database, scopes=["identity:staff"], person_scopes=["openid", "offline_access", "identity:staff"]
    )
    browser = provider.make_browser(app)
    await provider.sign_in(database, browser, account, ("upstream",), upstream=ids.read(upstream["id"]))
    tokens = await service.tokens(browser, scope="openid offline_access identity:staff", prompt="consent")
    return service, browser, tokens


async def test_a_mover_loses_at_the_next_sign_in_what_the_groups_gave(
    app, client, officer, journey, jit_directory, member, group_id, database
):
    await create_role(client, officer, "identity:staff", groups=[group_id(WASTE)])
    await create_role(client, officer, "address:read", groups=[group_id(TAX)])
    await journey(jit_directory).sign_up("priya")
    account = await account_of_member(database, jit_directory, member("priya"))
    service, browser, tokens = await sign_in_at_service(app, database, account, jit_directory)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    member("priya").groups = {group_id(TAX)}
    assert (await journey(jit_directory).go("priya")).status_code == 303
    assert await scopes_of(database, account) == {"address:read"}

    async def refused():
        response = await client.get(f"{URL}/roles", headers=headers)
        return (response.status_code, response.json().get("code")) == (401, "revoked-credential")

    assert await eventually(refused, within=1)
    answer_again = await service.refresh(browser, tokens["refresh_token"])
    assert answer_again.json()["scope"].split() == ["offline_access", "openid"]
    await browser.aclose()


async def test_too_many_groups_to_name_are_not_read_as_none(
    client, officer, journey, jit_directory, member, group_id, database, simulator
):
    await create_role(client, officer, "address:read", groups=[group_id(WASTE)])
    await journey(jit_directory).sign_up("priya")
    account = await account_of_member(database, jit_directory, member("priya"))
    simulator.faults = DIRECTORY["too-many-groups"]
    response = await journey(jit_directory).go("priya")
    assert (response.status_code, "groups" in response.text) == (403, True)
    assert await scopes_of(database, account) == {"address:read"}  # as the directory said before
    newcomer = journey(jit_directory)
    await newcomer.go("alex")
    assert (await newcomer.choose("new")).status_code == 403
    assert len(await accounts_of(database, jit_directory)) == 1
    assert member("alex").oid not in await staff_by_external_id(client, officer)


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


async def test_a_person_whom_the_directory_refuses_does_not_sign_in(journey, jit_directory, member, database):
    await journey(jit_directory).sign_up("priya")
    member("priya").active = False
    answer_again = journey(jit_directory)
    response = await answer_again.go("priya")
    assert response.status_code in {200, 400, 403}
    assert answer_again.tab.session is None


async def let_vouching_expire(database, account):
    async with database.writing("citytown") as session:
        late = "UPDATE staff SET vouched_until = now() - interval '1 second' WHERE account = :id"
        await session.execute(text(late), {"id": account})


async def test_roles_count_for_the_hours_the_council_chose_and_no_longer(
    app, client, officer, journey, jit_directory, member, group_id, database
):
    await create_role(client, officer, "identity:staff", groups=[group_id(WASTE)])
    before = datetime.now(UTC)
    await journey(jit_directory).sign_up("priya")
    account = await account_of_member(database, jit_directory, member("priya"))
    async with database.reading("citytown") as session:
        until = await session.scalar(
            text("SELECT vouched_until FROM staff WHERE account = :id"), {"id": account}
        )
        ends = await session.scalar(
            text("SELECT expires_at FROM browser_session WHERE account = :id"), {"id": account}
        )
    assert before + timedelta(hours=2) <= until <= datetime.now(UTC) + timedelta(hours=2)
    assert ends == until  # the session does not outlive it
    service, browser, tokens = await sign_in_at_service(app, database, account, jit_directory)
    await let_vouching_expire(database, account)
    assert await scopes_of(database, account) == frozenset()
    answer_again = await service.refresh(browser, tokens["refresh_token"])
    assert answer_again.json()["scope"].split() == ["offline_access", "openid"]  # nor does a refresh token
    await journey(jit_directory).go("priya")
    assert await scopes_of(database, account) == {"identity:staff"}
    await browser.aclose()


async def test_staff_by_scim_are_linked_and_claims_change_nothing(
    client, officer, journey, directory, member, group_id, database
):
    priya = member("priya")
    await create_role(client, officer, "address:write", groups=[group_id(WASTE)])
    body = {"userName": "priya", "externalId": priya.oid, "displayName": "As SCIM said"}
    assert (await client.post(f"{SCIM}/Users", json=body, headers=officer)).status_code == 201
    await journey(directory).sign_up("priya")
    member_record = (await staff_by_external_id(client, officer))[priya.oid]
    assert (member_record["display_name"], member_record["linked"]) == ("As SCIM said", True)
    assert await scopes_of(database, await account_of_member(database, directory, priya)) == frozenset()
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT vouched_until FROM staff WHERE active")) is None


async def test_a_person_unknown_to_scim_is_told_so_and_gets_no_account(journey, directory, database):
    alex = journey(directory)
    await alex.go("alex")
    response = await alex.choose("new")
    assert response.status_code == 403
    assert alex.tab.session is None
    assert await accounts_of(database, directory) == {}


async def test_a_person_set_inactive_by_scim_does_not_sign_in(
    client, officer, journey, jit_directory, member
):
    await journey(jit_directory).sign_up("dana")
    person = (await staff_by_external_id(client, officer))[member("dana").oid]
    operation = {"op": "replace", "path": "active", "value": False}
    await client.patch(f"{SCIM}/Users/{person['id']}", json={"Operations": [operation]}, headers=officer)
    response = await journey(jit_directory).go("dana")
    assert response.status_code == 403


async def refusal_of(database, app, registered, account, **claims):
    """Provision a sign-in of this account with these claims: the reason it is refused, or None."""
    upstream = await upstream_of(database, registered)
    external_id = claims.pop("oid")
    try:
        async with database.writing("citytown") as session:
            await jit_staff.provision_jit(session, app.state.issuer, upstream, claims, account, external_id)
    except RefusedError as error:
        return error.reason
    return None


async def test_neither_a_member_of_staff_nor_an_account_changes_hands(app, jit_directory, database):
    account, other_account = ids.new(), ids.new()
    assert await refusal_of(database, app, jit_directory, account, oid="oid-1") is None
    assert await refusal_of(database, app, jit_directory, account, oid="oid-1") is None
    assert await refusal_of(database, app, jit_directory, other_account, oid="oid-1") == "in-use"
    assert await refusal_of(database, app, jit_directory, account, oid="oid-2") == "in-use"


async def test_a_user_name_goes_to_the_latest_person_with_it(app, client, officer, jit_directory, database):
    for oid in ("oid-1", "oid-2"):
        claims = {"oid": oid, "preferred_username": "jo@citytown.example"}
        assert await refusal_of(database, app, jit_directory, ids.new(), **claims) is None
    member_record = await staff_by_external_id(client, officer)
    assert (member_record["oid-1"]["user_name"], member_record["oid-2"]["user_name"]) == (
        "oid-1",
        "jo@citytown.example",
    )
    body = {"userName": "ann@citytown.example", "externalId": "oid-3"}
    await client.post(f"{SCIM}/Users", json=body, headers=officer)
    claims = {"oid": "oid-4", "preferred_username": "ANN@citytown.example"}
    assert await refusal_of(database, app, jit_directory, ids.new(), **claims) == "in-use"


async def test_two_first_sign_ins_at_once_make_one_member_of_staff(
    app, client, officer, jit_directory, database
):
    account = ids.new()
    sign_ins = [refusal_of(database, app, jit_directory, account, oid="oid-1", name="Jo") for _ in range(2)]
    assert await asyncio.gather(*sign_ins) == [None, None]
    assert list(await staff_by_external_id(client, officer)) == ["oid-1"]


async def test_staff_who_have_not_signed_in_for_ninety_days_are_purged(
    app, client, officer, jit_directory, database
):
    for oid in ("oid-1", "oid-2"):
        assert await refusal_of(database, app, jit_directory, ids.new(), oid=oid) is None
    async with database.writing("citytown") as session:
        late = """UPDATE staff SET vouched_until = now() - interval '91 days' WHERE id =
            (SELECT staff FROM staff_person WHERE external_id = 'oid-1')"""
        await session.execute(text(late))
    async with database.writing("*") as session:
        assert await jit_provisioning.purge_absent(session, 10) == 1
    assert list(await staff_by_external_id(client, officer)) == ["oid-2"]


async def test_when_the_directory_is_removed_its_staff_are_linked_anew_and_hold_nothing_from_before(
    app, client, officer, journey, jit_directory, group_id, database, keeper_headers
):
    await create_role(client, officer, "identity:staff", groups=[group_id(WASTE)])
    await journey(jit_directory).sign_up("priya")
    [(subject, account)] = (await accounts_of(database, jit_directory)).items()
    _, browser, tokens = await sign_in_at_service(app, database, account, jit_directory)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    response = await client.delete(f"{URL}/upstreams/{jit_directory['id']}", headers=keeper_headers())
    assert response.status_code == 204

    async def refused():
        return (await client.get(f"{URL}/roles", headers=headers)).status_code == 401

    assert await eventually(refused, within=1)
    assert await scopes_of(database, account) == frozenset()
    assert not (await staff_by_external_id(client, officer))[subject.split("/")[1]]["linked"]
    await browser.aclose()


async def test_provisioning_is_changed_both_ways(
    client, officer, journey, jit_directory, group_id, database, keeper_headers
):
    """From JIT to SCIM roles no longer expire; changed back, they expire after the hours again."""
    await create_role(client, officer, "address:write", groups=[group_id(WASTE)])
    await journey(jit_directory).sign_up("priya")
    [account] = (await accounts_of(database, jit_directory)).values()

    async def change(version, **members):
        headers = {**keeper_headers(), "If-Match": f'"{version}"'}
        response = await client.patch(f"{URL}/upstreams/{jit_directory['id']}", json=members, headers=headers)
        assert response.status_code == 200, response.text

    async def until():
        async with database.reading("citytown") as session:
            statement = text("SELECT vouched_until FROM staff WHERE account = :id")
            return await session.scalar(statement, {"id": account})

    await client.delete(f"{URL}/roles/{(await role_names(client, officer))[0]}", headers=officer)
    await change(1, provisioning="scim")
    await journey(jit_directory).go("priya")
    assert await until() is None
    await change(2, provisioning="jit", session_hours=1)
    assert await until() <= datetime.now(UTC) + timedelta(hours=1)


async def role_names(client, officer):
    items = (await client.get(f"{URL}/roles", headers=officer)).json()["items"]
    return [item["name"] for item in items]
