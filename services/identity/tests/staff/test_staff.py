from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from chassis import ids
from chassis.problems import Problem
from chassis.testing import eventually, published
from identity.accounts.tables import account, browser_session, session_upstream
from identity.clients.actions.clients import list_sectors
from identity.clients.tables import client as clients
from identity.grants.tables import access_token, token_grant
from identity.proofs.actions import desk_codes
from identity.staff.actions import members, roles
from services.identity.tests import provider
from services.identity.tests.provider import subject_at

URL = "/citytown/identity/v1"
SCIM = "/citytown/identity/scim/v2"
OWN = ["identity:staff", "identity:scim", "address:read", "address:write"]


@pytest.fixture
def officer(mint):
    """The headers of somebody who runs a council's roles, and of its directory."""
    return {"Authorization": f"Bearer {mint(scopes=OWN)}"}


def unique_name():
    return f"r-{ids.show(ids.new())}"


async def create_role(client, headers, *scopes, **overrides):
    body = {"title": "A role", "scopes": list(scopes) or ["address:read"], **overrides}
    response = await client.put(f"{URL}/roles/{unique_name()}", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def create_user(client, headers, external_id=None):
    body = {
        "userName": unique_name(),
        "externalId": external_id or unique_name(),
        "displayName": "Jo Example",
    }
    response = await client.post(f"{SCIM}/Users", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def link_new_account(database, person):
    """Link a user with a new account, as a sign-in through the directory does: the account's id."""
    account_id, now = ids.new(), datetime.now(UTC)
    async with database.writing("citytown") as session:
        values = {"id": account_id, "status": "active", "language": "en", "version": 1, "created_at": now}
        await session.execute(insert(account), values)
        assert await members.link_account(session, "citytown", person["externalId"], account_id)
    return account_id


async def scopes_of(database, account_id, council="citytown"):
    async with database.reading(council) as session:
        return await roles.get_scopes(session, council, account_id)


async def test_a_role_is_made_read_changed_and_removed(client, officer):
    role = await create_role(client, officer, "address:write", "address:read")
    url = f"{URL}/roles/{role['name']}"
    response = await client.get(url, headers=officer)
    assert (response.json(), response.headers["ETag"]) == (role, '"1"')
    assert role["scopes"] == ["address:read", "address:write"]
    body = {"title": "Another", "scopes": ["address:read"], "groups": ["Parking"]}
    changed = await client.put(url, json=body, headers={**officer, "If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"], changed.headers["ETag"]) == (200, 2, '"2"')
    assert role["name"] in {
        item["name"]
        for item in (await client.get(f"{URL}/roles", params={"limit": 100}, headers=officer)).json()["items"]
    }
    for expected in (204, 404):
        assert (await client.delete(url, headers=officer)).status_code == expected


async def test_a_role_is_not_overwritten_by_who_has_not_read_it(client, officer):
    role = await create_role(client, officer)
    body = {"title": "Another", "scopes": ["address:read"]}
    url = f"{URL}/roles/{role['name']}"
    assert (await client.put(url, json=body, headers=officer)).status_code == 428
    for tag in ('"7"', "nonsense"):
        response = await client.put(url, json=body, headers={**officer, "If-Match": tag})
        assert (response.status_code, response.json()["code"]) == (412, "version-changed")


async def test_nobody_puts_a_scope_into_a_role_that_they_do_not_hold(client, officer):
    body = {"title": "x", "scopes": ["payments:read"]}
    response = await client.put(f"{URL}/roles/{unique_name()}", json=body, headers=officer)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")


async def test_a_councils_role_never_carries_a_scope_of_the_region(client, mint):
    headers = {"Authorization": f"Bearer {mint(scopes=[*OWN, 'identity:operate'], councils=['*'])}"}
    body = {"title": "x", "scopes": ["identity:operate"]}
    response = await client.put(f"{URL}/roles/{unique_name()}", json=body, headers=headers)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "region_scope")


async def test_nobody_gives_a_role_with_scopes_they_do_not_hold(client, officer, mint):
    role, person = await create_role(client, officer, "address:write"), await create_user(client, officer)
    weaker = {"Authorization": f"Bearer {mint(scopes=['identity:staff'])}"}
    response = await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=weaker)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")


async def test_scopes_come_from_roles_by_hand_and_by_group_together(client, officer, database):
    person = await create_user(client, officer)
    account_id = await link_new_account(database, person)
    by_hand, group = await create_role(client, officer, "address:read"), unique_name()
    await create_role(client, officer, "address:write", groups=[group])
    assert await scopes_of(database, account_id) == frozenset()
    url = f"{URL}/staff/{person['id']}/roles/{by_hand['name']}"
    for _ in range(2):
        assert (await client.put(url, headers=officer)).status_code == 204
    assert await scopes_of(database, account_id) == {"address:read"}
    body = {"displayName": group, "members": [{"value": person["id"]}]}
    assert (await client.post(f"{SCIM}/Groups", json=body, headers=officer)).status_code == 201
    assert await scopes_of(database, account_id) == {"address:read", "address:write"}
    member = (await client.get(f"{URL}/staff/{person['id']}", headers=officer)).json()
    assert (len(member["roles"]), member["linked"]) == (2, True)
    assert (await client.delete(url, headers=officer)).status_code == 204
    assert await scopes_of(database, account_id) == {"address:write"}


async def test_scopes_hold_at_the_council_that_gave_them(client, officer, database):
    person, role = await create_user(client, officer), await create_role(client, officer)
    account_id = await link_new_account(database, person)
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    assert await scopes_of(database, account_id, "hillshire") == frozenset()
    async with database.reading("hillshire") as session:  # a forgotten WHERE shows nothing either
        assert await roles.get_scopes(session, "citytown", account_id) == frozenset()


async def test_another_councils_roles_and_staff_are_not_there(client, officer, mint):
    person, role = await create_user(client, officer), await create_role(client, officer)
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=OWN, councils=['hillshire'])}"}
    url = URL.replace("citytown", "hillshire")
    for path in (f"roles/{role['name']}", f"staff/{person['id']}"):
        assert (await client.get(f"{url}/{path}", headers=hillshire_headers)).status_code == 404
        assert (await client.get(f"{URL}/{path}", headers=hillshire_headers)).status_code == 403
    response = await client.put(f"{url}/staff/{person['id']}/roles/{role['name']}", headers=hillshire_headers)
    assert response.status_code == 404
    listed = await client.get(f"{url}/staff", params={"limit": 100}, headers=hillshire_headers)
    assert person["id"] not in {item["id"] for item in listed.json()["items"]}


async def test_only_the_directorys_own_key_links_an_account(client, officer, database):
    person = await create_user(client, officer)
    async with database.writing("citytown") as session:
        assert not await members.link_account(session, "citytown", person["userName"], ids.new())
    async with database.writing("hillshire") as session:
        assert not await members.link_account(session, "hillshire", person["externalId"], ids.new())


async def test_a_linked_member_of_staff_is_not_taken_over_by_another_account(client, officer, database):
    person, other_person = await create_user(client, officer), await create_user(client, officer)
    account_id = await link_new_account(database, person)
    async with database.writing("citytown") as session:
        assert await members.link_account(session, "citytown", person["externalId"], account_id)
    for other_account_id, external_id in (
        (ids.new(), person["externalId"]),
        (account_id, other_person["externalId"]),
    ):
        async with database.writing("citytown") as session:
            with pytest.raises(Problem) as refused:
                await members.link_account(session, "citytown", external_id, other_account_id)
        assert refused.value.code == "linked-already"


async def sign_in_member(client, officer, database, app, mint):
    """Create a member of staff with a session and an access token: (user, account id, headers)."""
    person = await create_user(client, officer)
    account_id = await link_new_account(database, person)
    role = await create_role(client, officer, "identity:staff")
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    now, token_id = datetime.now(UTC), ids.new()
    grant = {
        "council": "citytown", "id": ids.new(), "client": ids.new(), "account": account_id,
        "session": ids.new(), "scopes": ["identity:staff"], "request": {}, "created_at": now,
    }  # fmt: skip
    token_row = {"council": "citytown", "id": token_id, "grant_id": grant["id"]}
    session_row = {
        "id": grant["session"], "account": account_id, "secret_hash": ids.show(account_id).encode(),
        "methods": [], "device": "", "authenticated_at": now, "created_at": now, "seen_at": now,
        "expires_at": now + timedelta(hours=1),
    }  # fmt: skip
    party = {
        "council": "citytown", "id": grant["client"], "name": unique_name(), "mode": "live", "scopes": [],
        "secret_hash": b"x", "generation": 1, "created_by": "test", "created_at": now,
    }  # fmt: skip
    async with database.writing("citytown") as session:
        await session.execute(insert(clients), party)
        [grant["sector"]] = await list_sectors(session, "citytown")
        await session.execute(insert(token_grant), grant)
        await session.execute(insert(access_token), {**token_row, "expires_at": now + timedelta(minutes=10)})
        await session.execute(insert(browser_session), session_row)
        await session.execute(insert(session_upstream), {
            "council": "citytown", "session": grant["session"], "upstream": ids.new(),
            "method": "upstream", "authenticated_at": now, "person": b"x",
        })  # fmt: skip
    subject = await subject_at(app, "citytown", account_id)
    token_claims = {"jti": ids.show(token_id), "sub": subject, "client_id": ids.show(grant["client"])}
    headers = {"Authorization": f"Bearer {mint(scopes=['identity:staff'], **token_claims)}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    # A token issued at the very moment they leave is in no table yet.
    racing_headers = {"Authorization": f"Bearer {mint(scopes=['identity:staff'], sub=subject)}"}
    return person, account_id, [headers, racing_headers]


async def leave(client, officer, person, how):
    url = f"{SCIM}/Users/{person['id']}"
    if how == "delete":
        return await client.delete(url, headers=officer)
    if how == "replace":
        body = {"userName": person["userName"], "externalId": person["externalId"], "active": False}
        return await client.put(url, json=body, headers=officer)
    operation = {"op": "Replace", "path": "active", "value": "False"}
    return await client.patch(url, json={"Operations": [operation]}, headers=officer)


@pytest.mark.parametrize("how", ["patch", "replace", "delete"])
async def test_a_leavers_tokens_are_refused_within_a_second_and_their_sessions_end(
    client, officer, database, app, mint, how
):
    person, account_id, tokens = await sign_in_member(client, officer, database, app, mint)
    assert (await leave(client, officer, person, how)).status_code in {200, 204}
    for headers in tokens:

        async def refused(headers=headers):
            response = await client.get(f"{URL}/roles", headers=headers)
            return (response.status_code, response.json()["code"]) == (401, "revoked-credential")

        assert await eventually(refused, within=1)
    assert await scopes_of(database, account_id) == frozenset()
    async with database.reading("citytown") as session:
        open_sessions = text("SELECT count(*) FROM browser_session WHERE account = :id AND ended_at IS NULL")
        assert await session.scalar(open_sessions, {"id": account_id}) == 0
        live = text("SELECT count(*) FROM token_grant WHERE account = :id AND revoked_at IS NULL")
        assert await session.scalar(live, {"id": account_id}) == 0
    account = ids.show(account_id)
    [ended] = [
        event for event in await published(database)
        if event.type == "identity.session.ended.v1" and event.data["account"] == account
    ]  # fmt: skip
    assert ended.data["reason"] == "leaver"


async def test_others_go_on_when_one_leaves(client, officer, database, app, mint):
    person, _, _ = await sign_in_member(client, officer, database, app, mint)
    _, colleague, [headers, _] = await sign_in_member(client, officer, database, app, mint)
    await leave(client, officer, person, "patch")
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    assert await scopes_of(database, colleague) == {"identity:staff"}


async def test_a_leaver_who_comes_back_has_their_roles_again(client, officer, database):
    person = await create_user(client, officer)
    account_id, role = await link_new_account(database, person), await create_role(client, officer)
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    for active, expected in ((False, frozenset()), (True, {"address:read"})):
        operation = {"op": "replace", "value": {"active": active}}
        await client.patch(f"{SCIM}/Users/{person['id']}", json={"Operations": [operation]}, headers=officer)
        assert await scopes_of(database, account_id) == expected


async def test_leaving_a_second_time_refuses_for_the_full_time_again(client, officer, database, app):
    person = await create_user(client, officer)
    account_id = await link_new_account(database, person)
    subject = await subject_at(app, "citytown", account_id)
    until = text("SELECT expires_at FROM revoked_token WHERE id = :id")
    ends = []
    for _ in range(2):
        await leave(client, officer, person, "patch")
        async with database.writing("citytown") as session:
            ends.append(await session.scalar(until, {"id": subject}))
        operation = {"op": "replace", "value": {"active": True}}
        await client.patch(f"{SCIM}/Users/{person['id']}", json={"Operations": [operation]}, headers=officer)
    assert ends[1] > ends[0]


async def test_personal_data_of_a_leaver_is_erased(client, officer, database):
    person = await create_user(client, officer)
    account_id = await link_new_account(database, person)
    await leave(client, officer, person, "delete")
    async with database.reading("citytown") as session:
        row = await session.first(
            text("SELECT active, left_at FROM staff WHERE account = :id"), {"id": account_id}
        )
        assert (row.active, row.left_at is not None) == (False, True)
        names = text("SELECT count(*) FROM staff_person WHERE user_name = :name")
        assert await session.scalar(names, {"name": person["userName"]}) == 0


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x", "scopes": []},
        {"title": "x", "scopes": ["no:such"]},
        {"title": "", "scopes": ["address:read"]},
        {"title": "x\x00", "scopes": ["address:read"]},
        {"title": "x", "scopes": ["address:read"], "groups": ["g"] * 51},
        {"title": "x", "scopes": ["address:read"], "more": 1},
    ],
    ids=str,
)
async def test_a_role_that_cannot_be_is_refused(client, officer, body):
    response = await client.put(f"{URL}/roles/{unique_name()}", json=body, headers=officer)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize("name", ["A", "x", "1role", "ro le", "a" * 41, "%00"])
async def test_a_role_has_a_plain_name(client, officer, name):
    body = {"title": "x", "scopes": ["address:read"]}
    response = await client.put(f"{URL}/roles/{name}", json=body, headers=officer)
    assert response.status_code == 400


async def test_a_closed_account_leaves_its_place_to_another(client, officer, database):
    person = await create_user(client, officer)
    account_id = await link_new_account(database, person)
    async with database.writing() as session:
        await members.close_account(session, account_id)
    assert await link_new_account(database, person) != account_id


async def test_a_leavers_issued_tokens_are_refused_and_not_refreshed(app, client, officer, database):
    person = await create_user(client, officer)
    role = await create_role(client, officer, "identity:staff")
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    account_id = await link_new_account(database, person)
    service = await provider.register(
        database,
        scopes=["identity:staff"],
        person_scopes=["openid", "offline_access", "identity:staff"],
    )
    browser = provider.make_browser(app)
    await provider.sign_in(database, browser, account_id, ("upstream",))
    tokens = await service.tokens(browser, scope="openid offline_access identity:staff", prompt="consent")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{URL}/roles", headers=headers)).status_code == 200
    await leave(client, officer, person, "patch")

    async def refused():
        response = await client.get(f"{URL}/roles", headers=headers)
        return (response.status_code, response.json().get("code")) == (401, "revoked-credential")

    assert await eventually(refused, within=1)
    response = await service.refresh(browser, tokens["refresh_token"])
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    assert provider.read_request_id(await provider.ask(browser, service))  # signed out
    await browser.aclose()


async def create_desk_code(database):
    """Create an account with a desk code: its id and the code."""
    account_id = await provider.create_person(database)
    async with database.writing() as session:
        return account_id, (await desk_codes.create_desk_code(session, account_id))[0]


async def test_where_no_directory_signs_in_an_account_is_linked_by_its_desk_code(client, officer, database):
    person, role = await create_user(client, officer), await create_role(client, officer)
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    account_id, code = await create_desk_code(database)
    url = f"{URL}/staff/{person['id']}/account"
    responses = [await client.put(url, json={"desk_code": code}, headers=officer) for _ in range(2)]
    assert [response.status_code for response in responses] == [204, 404]
    assert await scopes_of(database, account_id) == {"address:read"}
    _, other_code = await create_desk_code(database)
    assert (await client.put(url, json={"desk_code": other_code}, headers=officer)).status_code == 409
    for _ in range(2):
        assert (await client.delete(url, headers=officer)).status_code == 204
    assert await scopes_of(database, account_id) == frozenset()


async def test_nobody_links_their_account_with_a_colleague_who_may_do_more(client, officer, database, mint):
    person, role = await create_user(client, officer), await create_role(client, officer, "address:write")
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    weaker = {"Authorization": f"Bearer {mint(scopes=['identity:staff'])}"}
    account_id, code = await create_desk_code(database)
    url = f"{URL}/staff/{person['id']}/account"
    response = await client.put(url, json={"desk_code": code}, headers=weaker)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")
    assert await scopes_of(database, account_id) == frozenset()
