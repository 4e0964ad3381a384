"""Changes of access: who loses a scope has their tokens refused at once, and the next ones work at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from chassis import ids
from chassis.testing import eventually, published
from identity.accounts.tables import account
from identity.grants.tables import access_token, token_grant
from identity.staff.actions import access_changes
from identity.staff.store import access_changes as store
from identity.staff.tables import role as role_table
from identity.staff.tables import staff, staff_role
from identity.tokens.actions import token_response
from services.identity.tests import provider
from services.identity.tests.provider import subject_at
from services.identity.tests.staff.test_staff import (
    SCIM,
    URL,
    create_role,
    create_user,
    leave,
    link_new_account,
    unique_name,
)

OWN = ["identity:staff", "identity:scim", "address:read", "address:write"]
BOTH = ["address:read", "identity:staff"]


@pytest.fixture
def officer(mint):
    """The headers of somebody who runs a council's roles, and of its directory."""
    return {"Authorization": f"Bearer {mint(scopes=OWN, sub='officer')}"}


class Worker:
    """A member of staff signed in at a service, with tokens for the scopes of their roles."""

    def __init__(self, person, account_id, service, browser, tokens):
        self.person, self.account_id, self.tokens = person, account_id, tokens
        self.service, self.browser = service, browser

    def headers(self):
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def refresh(self):
        """Refresh the tokens, and return the new ones."""
        response = await self.service.refresh(self.browser, self.tokens["refresh_token"])
        assert response.status_code == 200, response.text
        self.tokens = response.json()
        return self.tokens


@pytest.fixture
async def at_work(app, client, officer, database):
    """``await at_work(role, ...)`` -> a member of staff who has these roles by hand, at a service."""
    browsers = []

    async def sign_in_member(*roles, groups=()):
        person = await create_user(client, officer)
        for role in roles:
            url = f"{URL}/staff/{person['id']}/roles/{role['name']}"
            assert (await client.put(url, headers=officer)).status_code == 204
        for group in groups:
            operation = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
            body = {"Operations": [operation]}
            assert (await client.patch(group, json=body, headers=officer)).status_code == 200
        account_id = await link_new_account(database, person)
        service = await provider.register(
            database, scopes=OWN, person_scopes=["openid", "offline_access", "address:read", "identity:staff"]
        )
        browser = provider.make_browser(app)
        browsers.append(browser)
        await provider.sign_in(database, browser, account_id, ("email",))
        scope = "openid offline_access address:read identity:staff"
        tokens = await service.tokens(browser, scope=scope, prompt="consent")
        return Worker(person, account_id, service, browser, tokens)

    yield sign_in_member
    for browser in browsers:
        await browser.aclose()


async def create_group(client, officer):
    """Create a group, and a role that its members have: (the group's URL, its name, the role)."""
    group_name = unique_name()
    role = await create_role(client, officer, "identity:staff", groups=[group_name])
    response = await client.post(f"{SCIM}/Groups", json={"displayName": group_name}, headers=officer)
    return f"{SCIM}/Groups/{response.json()['id']}", group_name, role


async def status_and_code(client, worker):
    response = await client.get(f"{URL}/roles", headers=worker.headers())
    return response.status_code, response.json().get("code")


async def assert_refused_at_once(client, worker):
    async def refused():
        return await status_and_code(client, worker) == (401, "revoked-credential")

    assert await eventually(refused, within=1)


async def lose_by_hand(client, officer, worker, role, group):
    return await client.delete(f"{URL}/staff/{worker.person['id']}/roles/{role['name']}", headers=officer)


async def lose_scope(client, officer, worker, role, group):
    body = {"title": role["title"], "scopes": ["address:read"], "groups": role["groups"]}
    return await client.put(
        f"{URL}/roles/{role['name']}", json=body, headers={**officer, "If-Match": f'"{role["version"]}"'}
    )


async def lose_role(client, officer, worker, role, group):
    return await client.delete(f"{URL}/roles/{role['name']}", headers=officer)


async def lose_groups_of_role(client, officer, worker, role, group):
    body = {"title": role["title"], "scopes": role["scopes"], "groups": []}
    return await client.put(
        f"{URL}/roles/{role['name']}", json=body, headers={**officer, "If-Match": f'"{role["version"]}"'}
    )


async def leave_group(client, officer, worker, role, group):
    operation = {"op": "remove", "path": f'members[value eq "{worker.person["id"]}"]'}
    return await client.patch(group[0], json={"Operations": [operation]}, headers=officer)


async def empty_group(client, officer, worker, role, group):
    return await client.put(group[0], json={"displayName": group[1], "members": []}, headers=officer)


async def rename_group(client, officer, worker, role, group):
    operation = {"op": "replace", "path": "displayName", "value": unique_name()}
    return await client.patch(group[0], json={"Operations": [operation]}, headers=officer)


async def delete_group(client, officer, worker, role, group):
    return await client.delete(group[0], headers=officer)


@pytest.mark.parametrize("lose", [lose_by_hand, lose_scope, lose_role])
async def test_a_role_lost_is_lost_at_once_and_the_next_token_works_at_once(client, officer, at_work, lose):
    role = await create_role(client, officer, *BOTH)
    await create_role(client, officer, "address:read")
    worker = await at_work(role)
    assert await status_and_code(client, worker) == (200, None)
    assert (await lose(client, officer, worker, role, None)).status_code in {200, 204}
    await assert_refused_at_once(client, worker)
    again = await worker.refresh()
    assert "identity:staff" not in again["scope"].split()
    assert await status_and_code(client, worker) == (403, "missing-scope")  # accepted, with fewer scopes


@pytest.mark.parametrize("lose", [lose_groups_of_role, leave_group, empty_group, rename_group, delete_group])
async def test_a_group_left_is_a_role_lost(client, officer, at_work, lose):
    group = await create_group(client, officer)
    other_role = await create_role(client, officer, "address:read")
    worker = await at_work(other_role, groups=[group[0]])
    assert await status_and_code(client, worker) == (200, None)
    assert (await lose(client, officer, worker, group[2], group)).status_code in {200, 204}
    await assert_refused_at_once(client, worker)
    again = await worker.refresh()
    assert again["scope"].split() == ["address:read", "offline_access", "openid"]
    assert await status_and_code(client, worker) == (403, "missing-scope")


async def test_nobody_is_refused_who_may_do_as_much_as_before(client, officer, at_work):
    role, same_role = [await create_role(client, officer, "identity:staff") for _ in range(2)]
    worker, colleague = await at_work(role, same_role), await at_work(same_role)
    await lose_by_hand(client, officer, worker, role, None)
    group = await create_group(client, officer)
    await client.delete(group[0], headers=officer)
    assert await status_and_code(client, worker) == (200, None)
    assert await status_and_code(client, colleague) == (200, None)


async def test_who_has_no_token_is_on_no_list(client, officer, database, app):
    person = await create_user(client, officer)
    role = await create_role(client, officer, "identity:staff")
    await client.put(f"{URL}/staff/{person['id']}/roles/{role['name']}", headers=officer)
    account_id = await link_new_account(database, person)
    await client.delete(f"{URL}/roles/{role['name']}", headers=officer)
    subject = await subject_at(app, "citytown", account_id)
    async with database.reading() as session:
        refusals = text("SELECT count(*) FROM revoked_token WHERE id = :id")
        assert await session.scalar(refusals, {"id": subject}) == 0


async def test_a_leaver_who_comes_back_is_not_locked_out(client, officer, at_work, app, database):
    role = await create_role(client, officer, "identity:staff")
    worker = await at_work(role)
    await leave(client, officer, worker.person, "patch")
    await assert_refused_at_once(client, worker)
    operation = {"op": "replace", "path": "active", "value": True}
    url = f"{SCIM}/Users/{worker.person['id']}"
    await client.patch(url, json={"Operations": [operation]}, headers=officer)
    await provider.sign_in(database, worker.browser, worker.account_id, ("email",))
    worker.tokens = await worker.service.tokens(
        worker.browser, scope="openid identity:staff", prompt="consent"
    )
    assert await status_and_code(client, worker) == (200, None)


async def test_a_role_lost_while_a_token_is_being_issued_is_in_no_token_that_works(
    client, officer, at_work, database, monkeypatch
):
    """The token's transaction has read the roles, and stands still before it ends."""
    role = await create_role(client, officer, *BOTH)
    worker = await at_work(role)
    roles_read, go_on = asyncio.Event(), asyncio.Event()
    allowed = token_response.limit_scopes

    async def slowly(*arguments):
        granted = await allowed(*arguments)
        roles_read.set()
        await go_on.wait()
        return granted

    monkeypatch.setattr(token_response, "limit_scopes", slowly)
    issuing = asyncio.create_task(worker.refresh())
    await asyncio.wait_for(roles_read.wait(), 5)
    losing = asyncio.create_task(lose_by_hand(client, officer, worker, role, None))
    await asyncio.sleep(0.2)
    assert not losing.done()  # it waits for the token, so that it is refused too
    go_on.set()
    tokens, lost = await asyncio.gather(issuing, losing)
    assert (lost.status_code, "identity:staff" in tokens["scope"]) == (204, True)
    await assert_refused_at_once(client, worker)


async def test_a_token_asked_for_while_a_role_is_lost_is_made_of_what_is_left(
    client, officer, at_work, app, database
):
    role = await create_role(client, officer, *BOTH)
    worker = await at_work(role)
    staff_id = ids.read(worker.person["id"])
    async with database.writing("citytown") as session:
        async with access_changes.revoke_lost_scopes_of_members(
            session, app.state.issuer, "citytown", [staff_id]
        ):
            await session.execute(text("DELETE FROM staff_role WHERE staff = :id"), {"id": staff_id})
        refreshing = asyncio.create_task(worker.refresh())
        await asyncio.sleep(0.2)
        assert not refreshing.done()
    assert (await refreshing)["scope"].split() == ["offline_access", "openid"]
    await app.state.table_copies.refresh()
    assert (await client.get(f"{URL}/roles", headers=worker.headers())).status_code == 403


@pytest.mark.parametrize("times", [8])
async def test_whatever_the_moment_no_token_outlives_the_role(client, officer, at_work, times):
    for turn in range(times):
        role = await create_role(client, officer, "identity:staff")
        worker = await at_work(role)

        async def late(turn=turn, worker=worker):
            await asyncio.sleep(turn * 0.004)
            return await worker.refresh()

        tokens, lost = await asyncio.gather(late(), lose_role(client, officer, worker, role, None))
        assert lost.status_code == 204
        worker.tokens = tokens

        async def harmless(worker=worker):
            return await status_and_code(client, worker) in {
                (401, "revoked-credential"),
                (403, "missing-scope"),
            }

        assert await eventually(harmless, within=1)


async def test_a_leaver_who_asks_for_tokens_meanwhile_is_out_and_nothing_deadlocks(client, officer, at_work):
    """One transaction ends their grants, others lock them: all lock the person first, so none is aborted."""
    role = await create_role(client, officer, "identity:staff")
    for _ in range(3):
        worker = await at_work(role)
        refreshes = [worker.service.refresh(worker.browser, worker.tokens["refresh_token"]) for _ in range(4)]
        response, *responses = await asyncio.gather(
            leave(client, officer, worker.person, "patch"), *refreshes
        )
        assert response.status_code == 200
        assert {answer.status_code for answer in responses} <= {200, 400}
        for answer in responses:
            worker.tokens = answer.json() if answer.status_code == 200 else worker.tokens
        await assert_refused_at_once(client, worker)


async def create_many(database, count, live, role_name):
    """Create ``count`` members of staff with a role, of whom ``live`` have a live token."""
    now = datetime.now(UTC)
    people = [(ids.new(), ids.new()) for _ in range(count)]
    grants = [(ids.new(), account_id) for _, account_id in people[:live]]
    common = {"council": "citytown", "created_at": now}
    async with database.writing("citytown") as session:
        rows = [
            {"id": account_id, "status": "active", "language": "en", "version": 1, "created_at": now}
            for _, account_id in people
        ]
        await session.execute(insert(account), rows)
        rows = [
            {**common, "id": staff_id, "account": account_id, "active": True, "version": 1, "updated_at": now}
            for staff_id, account_id in people
        ]
        await session.execute(insert(staff), rows)
        rows = [
            {"council": "citytown", "staff": staff_id, "role": role_name, "given_by": "x", "given_at": now}
            for staff_id, _ in people
        ]
        await session.execute(insert(staff_role), rows)
        rows = [
            {
                **common,
                "id": staff_id,
                "client": ids.new(),
                "account": account_id,
                "session": ids.new(),
                "scopes": [],
                "request": {},
            }
            for staff_id, account_id in grants
        ]
        await session.execute(insert(token_grant), rows)
        ends = now + timedelta(minutes=10)
        rows = [
            {"council": "citytown", "id": ids.new(), "grant_id": staff_id, "expires_at": ends}
            for staff_id, _ in grants
        ]
        await session.execute(insert(access_token), rows)


async def test_a_role_of_five_thousand_people_is_taken_with_a_handful_of_statements(
    client, officer, database, monkeypatch
):
    """Only those with a token that lives are listed; the statements are counted, whatever their number."""
    role = await create_role(client, officer, "identity:staff")
    await create_many(database, 5_000, 400, role["name"])
    statements = 0
    for verb in ("all", "first", "scalar", "execute"):
        original = getattr(store.Session, verb)

        async def count(self, *arguments, original=original):
            nonlocal statements
            statements += "signing_key" not in str(arguments[0])  # looked at all the time
            return await original(self, *arguments)

        monkeypatch.setattr(store.Session, verb, count)
    response = await client.delete(f"{URL}/roles/{role['name']}", headers=officer)
    assert response.status_code == 204
    assert statements < 20
    async with database.reading() as session:
        refusals = "SELECT count(*) FROM revoked_token WHERE issued_before >= now() - interval '10 seconds'"
        assert await session.scalar(text(refusals)) >= 400
    events = [event for event in await published(database) if event.type == "identity.token.revoked.v1"]
    assert len(events) >= 400
    assert all(event.data["issued_before"] for event in events[-400:])


# What a transaction has read of the tokens so far, in the table and in its indexes.
_READ = text(
    """SELECT sum(pg_stat_get_xact_tuples_returned(one) + pg_stat_get_xact_tuples_fetched(one))
    FROM (SELECT 'access_token'::regclass AS one UNION ALL
          SELECT indexrelid FROM pg_index WHERE indrelid = 'access_token'::regclass) read"""
)
_OTHERS = text(
    """INSERT INTO access_token (council, id, grant_id, expires_at)
    SELECT council, gen_random_uuid(), id, now() + make_interval(mins => n)
    FROM token_grant, generate_series(1, 3) n WHERE council = 'citytown'"""
)


async def test_live_tokens_are_found_without_comparing_everybody_with_all_tokens(client, officer, database):
    """Many have tokens who do not have the role, and no statistics say so yet."""
    other_role_name, role_name = [
        (await create_role(client, officer, "identity:staff"))["name"] for _ in range(2)
    ]
    await create_many(database, 2_000, 2_000, other_role_name)
    async with database.writing("citytown") as session:
        await session.execute(_OTHERS)
    await create_many(database, 500, 400, role_name)
    async with database.writing("citytown") as session:
        rows = await store.lock_by_role(session, "citytown", role_name)
        before = await session.scalar(_READ)
        accounts = await store.list_with_live_tokens(
            session, "citytown", [row.account for row in rows], datetime.now(UTC)
        )
        rows_read = await session.scalar(_READ) - before
        token_count = await session.scalar(text("SELECT count(*) FROM access_token"))
    assert len(accounts) == 400
    assert 400 <= rows_read < 5 * token_count, f"{rows_read} of {token_count}"


async def list_changes(client, officer, **query):
    response = await client.get(f"{URL}/roles/changes", params={"limit": 100, **query}, headers=officer)
    assert response.status_code == 200, response.text
    return [(item["act"], item["actor"], item["changes"]) for item in response.json()["items"]]


async def test_who_changed_which_role_is_on_record(client, officer):
    role, person = await create_role(client, officer, *BOTH), await create_user(client, officer)
    url = f"{URL}/staff/{person['id']}/roles/{role['name']}"
    for _ in range(2):
        await client.put(url, headers=officer)
    for _ in range(2):
        await client.delete(url, headers=officer)
    await lose_scope(client, officer, None, role, None)
    await lose_role(client, officer, None, role, None)
    assert await list_changes(client, officer, role=role["name"]) == [
        (
            "made", "officer",
            {"title": [None, "A role"], "scopes": [None, BOTH], "groups": [None, []]},
        ),
        ("given", "officer", {}),
        ("taken", "officer", {}),
        ("changed", "officer", {"scopes": [BOTH, ["address:read"]]}),
        (
            "removed", "officer",
            {"title": ["A role", None], "scopes": [["address:read"], None], "groups": [[], None]},
        ),
    ]  # fmt: skip
    assert [change[0] for change in await list_changes(client, officer, staff=person["id"])] == [
        "given",
        "taken",
    ]


async def test_the_record_of_roles_is_read_page_by_page_and_by_officers_only(client, officer, mint):
    role = await create_role(client, officer, "address:read")
    await lose_role(client, officer, None, role, None)
    params = {"limit": 1, "role": role["name"]}
    first = (await client.get(f"{URL}/roles/changes", params=params, headers=officer)).json()
    rest = await client.get(
        f"{URL}/roles/changes", params={**params, "after": first["next"]}, headers=officer
    )
    assert [item["act"] for item in first["items"] + rest.json()["items"]] == ["made", "removed"]
    for headers, status in (
        ({"Authorization": f"Bearer {mint(scopes=['identity:scim'])}"}, 403),
        ({"Authorization": f"Bearer {mint(scopes=OWN, councils=['hillshire'])}"}, 403),
        ({}, 401),
    ):
        assert (await client.get(f"{URL}/roles/changes", headers=headers)).status_code == status
    hillshire_headers = {"Authorization": f"Bearer {mint(scopes=OWN, councils=['hillshire'])}"}
    response = await client.get(
        "/hillshire/identity/v1/roles/changes", params=params, headers=hillshire_headers
    )
    assert response.json()["items"] == []


async def test_no_role_is_called_as_the_record_is(client, officer):
    body = {"title": "x", "scopes": ["address:read"]}
    response = await client.put(f"{URL}/roles/changes", json=body, headers=officer)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert role_table.c.name.primary_key
