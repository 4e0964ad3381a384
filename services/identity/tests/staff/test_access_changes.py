"""Movers: who may do less from now on has his tokens refused at once, and the next ones work at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from chassis.testing import eventually, published
from identity.accounts.tables import account
from identity.grants.actions import subjects
from identity.grants.tables import access_token, token_grant
from identity.staff.actions import access_changes
from identity.staff.store import access_changes as store
from identity.staff.tables import role, staff, staff_role
from identity.tokens.actions import token_response
from services.identity.tests import provider
from services.identity.tests.staff.test_staff import SCIM, URL, joiner, leaves, name, signed_in
from services.identity.tests.staff.test_staff import role as make_role

OWN = ["identity:staff", "identity:scim", "address:read", "address:write"]
BOTH = ["address:read", "identity:staff"]


@pytest.fixture
def officer(mint):
    """The headers of somebody who runs a council's roles, and of its directory."""
    return {"Authorization": f"Bearer {mint(scopes=OWN, sub='officer')}"}


class Worker:
    """A member of staff at a service, with tokens that let him do what his roles do."""

    def __init__(self, person, who, service, browser, tokens):
        self.person, self.who, self.service, self.browser, self.tokens = person, who, service, browser, tokens

    def headers(self):
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def again(self):
        """Refresh: the answer, whose tokens he has from now on."""
        answer = await self.service.refresh(self.browser, self.tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self.tokens


@pytest.fixture
async def at_work(app, client, officer, database):
    """``await at_work(role, ...)`` -> a member of staff who has these roles by hand, at a service."""
    browsers = []

    async def come(*roles, groups=()):
        person = await joiner(client, officer)
        for one in roles:
            url = f"{URL}/staff/{person['id']}/roles/{one['name']}"
            assert (await client.put(url, headers=officer)).status_code == 204
        for group in groups:
            operation = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
            body = {"Operations": [operation]}
            assert (await client.patch(group, json=body, headers=officer)).status_code == 200
        who = await signed_in(database, person)
        service = await provider.register(
            database, scopes=OWN, person_scopes=["openid", "offline_access", "address:read", "identity:staff"]
        )
        browser = provider.browser_of(app)
        browsers.append(browser)
        await provider.sign_in(database, browser, who, ("upstream",))
        asked = "openid offline_access address:read identity:staff"
        tokens = await service.tokens(browser, scope=asked, prompt="consent")
        return Worker(person, who, service, browser, tokens)

    yield come
    for browser in browsers:
        await browser.aclose()


async def group(client, officer):
    """A group of the directory, and a role that its members have: (the group's URL, its name, the role)."""
    named = name()
    made = await make_role(client, officer, "identity:staff", groups=[named])
    answer = await client.post(f"{SCIM}/Groups", json={"displayName": named}, headers=officer)
    return f"{SCIM}/Groups/{answer.json()['id']}", named, made


async def answer_to(client, worker):
    answer = await client.get(f"{URL}/roles", headers=worker.headers())
    return answer.status_code, answer.json().get("code")


async def refused_at_once(client, worker):
    async def refused():
        return await answer_to(client, worker) == (401, "revoked-credential")

    assert await eventually(refused, within=1)


async def lose_by_hand(client, officer, worker, given, place):
    return await client.delete(f"{URL}/staff/{worker.person['id']}/roles/{given['name']}", headers=officer)


async def lose_scope(client, officer, worker, given, place):
    body = {"title": given["title"], "scopes": ["address:read"], "groups": given["groups"]}
    return await client.put(
        f"{URL}/roles/{given['name']}", json=body, headers={**officer, "If-Match": f'"{given["version"]}"'}
    )


async def lose_role(client, officer, worker, given, place):
    return await client.delete(f"{URL}/roles/{given['name']}", headers=officer)


async def lose_groups_of_role(client, officer, worker, given, place):
    body = {"title": given["title"], "scopes": given["scopes"], "groups": []}
    return await client.put(
        f"{URL}/roles/{given['name']}", json=body, headers={**officer, "If-Match": f'"{given["version"]}"'}
    )


async def leave_group(client, officer, worker, given, place):
    operation = {"op": "remove", "path": f'members[value eq "{worker.person["id"]}"]'}
    return await client.patch(place[0], json={"Operations": [operation]}, headers=officer)


async def empty_group(client, officer, worker, given, place):
    return await client.put(place[0], json={"displayName": place[1], "members": []}, headers=officer)


async def rename_group(client, officer, worker, given, place):
    operation = {"op": "replace", "path": "displayName", "value": name()}
    return await client.patch(place[0], json={"Operations": [operation]}, headers=officer)


async def drop_group(client, officer, worker, given, place):
    return await client.delete(place[0], headers=officer)


@pytest.mark.parametrize("lose", [lose_by_hand, lose_scope, lose_role])
async def test_a_role_lost_is_lost_at_once_and_the_next_token_works_at_once(client, officer, at_work, lose):
    given = await make_role(client, officer, *BOTH)
    await make_role(client, officer, "address:read")
    worker = await at_work(given)
    assert await answer_to(client, worker) == (200, None)
    assert (await lose(client, officer, worker, given, None)).status_code in {200, 204}
    await refused_at_once(client, worker)
    again = await worker.again()
    assert "identity:staff" not in again["scope"].split()
    assert await answer_to(client, worker) == (403, "missing-scope")  # believed, and may do less


@pytest.mark.parametrize("lose", [lose_groups_of_role, leave_group, empty_group, rename_group, drop_group])
async def test_a_group_left_is_a_role_lost(client, officer, at_work, lose):
    place = await group(client, officer)
    kept = await make_role(client, officer, "address:read")
    worker = await at_work(kept, groups=[place[0]])
    assert await answer_to(client, worker) == (200, None)
    assert (await lose(client, officer, worker, place[2], place)).status_code in {200, 204}
    await refused_at_once(client, worker)
    again = await worker.again()
    assert again["scope"].split() == ["address:read", "offline_access", "openid"]
    assert await answer_to(client, worker) == (403, "missing-scope")


async def test_nobody_is_refused_who_may_do_as_much_as_before(client, officer, at_work):
    given, same = [await make_role(client, officer, "identity:staff") for _ in range(2)]
    worker, other = await at_work(given, same), await at_work(same)
    await lose_by_hand(client, officer, worker, given, None)
    place = await group(client, officer)
    await client.delete(place[0], headers=officer)
    assert await answer_to(client, worker) == (200, None)
    assert await answer_to(client, other) == (200, None)


async def test_who_has_no_token_is_on_no_list(client, officer, database, app):
    person = await joiner(client, officer)
    given = await make_role(client, officer, "identity:staff")
    await client.put(f"{URL}/staff/{person['id']}/roles/{given['name']}", headers=officer)
    who = await signed_in(database, person)
    await client.delete(f"{URL}/roles/{given['name']}", headers=officer)
    subject = subjects.derive_subject(app.state.issuer, "citytown", who)
    async with database.reading() as session:
        listed = text("SELECT count(*) FROM revoked_token WHERE id = :id")
        assert await session.scalar(listed, {"id": subject}) == 0


async def test_a_leaver_who_comes_back_is_not_locked_out(client, officer, at_work, app, database):
    given = await make_role(client, officer, "identity:staff")
    worker = await at_work(given)
    await leaves(client, officer, worker.person, "patch")
    await refused_at_once(client, worker)
    operation = {"op": "replace", "path": "active", "value": True}
    url = f"{SCIM}/Users/{worker.person['id']}"
    await client.patch(url, json={"Operations": [operation]}, headers=officer)
    await provider.sign_in(database, worker.browser, worker.who, ("upstream",))
    worker.tokens = await worker.service.tokens(
        worker.browser, scope="openid identity:staff", prompt="consent"
    )
    assert await answer_to(client, worker) == (200, None)


async def test_a_role_lost_while_a_token_is_being_issued_is_in_no_token_that_works(
    client, officer, at_work, database, monkeypatch
):
    """The token's transaction has read the roles, and stands still before it ends."""
    given = await make_role(client, officer, *BOTH)
    worker = await at_work(given)
    read, go_on = asyncio.Event(), asyncio.Event()
    allowed = token_response.limit_scopes

    async def slowly(*asked):
        granted = await allowed(*asked)
        read.set()
        await go_on.wait()
        return granted

    monkeypatch.setattr(token_response, "limit_scopes", slowly)
    issuing = asyncio.create_task(worker.again())
    await asyncio.wait_for(read.wait(), 5)
    losing = asyncio.create_task(lose_by_hand(client, officer, worker, given, None))
    await asyncio.sleep(0.2)
    assert not losing.done()  # it waits for the token, so that it can refuse it
    go_on.set()
    tokens, lost = await asyncio.gather(issuing, losing)
    assert (lost.status_code, "identity:staff" in tokens["scope"]) == (204, True)
    await refused_at_once(client, worker)


async def test_a_token_asked_for_while_a_role_is_lost_is_made_of_what_is_left(
    client, officer, at_work, app, database
):
    given = await make_role(client, officer, *BOTH)
    worker = await at_work(given)
    staff_id = ids.read(worker.person["id"])
    async with database.writing("citytown") as session:
        async with access_changes.of_staff(session, app.state.issuer, "citytown", [staff_id]):
            await session.execute(text("DELETE FROM staff_role WHERE staff = :id"), {"id": staff_id})
        asking = asyncio.create_task(worker.again())
        await asyncio.sleep(0.2)
        assert not asking.done()
    assert (await asking)["scope"].split() == ["offline_access", "openid"]
    await app.state.directory.refresh()
    assert (await client.get(f"{URL}/roles", headers=worker.headers())).status_code == 403


@pytest.mark.parametrize("times", [8])
async def test_whatever_the_moment_no_token_outlives_the_role(client, officer, at_work, times):
    for turn in range(times):
        given = await make_role(client, officer, "identity:staff")
        worker = await at_work(given)

        async def late(turn=turn, worker=worker):
            await asyncio.sleep(turn * 0.004)
            return await worker.again()

        tokens, lost = await asyncio.gather(late(), lose_role(client, officer, worker, given, None))
        assert lost.status_code == 204
        worker.tokens = tokens

        async def harmless(worker=worker):
            return await answer_to(client, worker) in {(401, "revoked-credential"), (403, "missing-scope")}

        assert await eventually(harmless, within=1)


async def test_who_leaves_while_he_asks_for_tokens_is_out_and_nothing_stands_still(client, officer, at_work):
    """One transaction ends his grants, others lock them: all lock the person first, so none is aborted."""
    given = await make_role(client, officer, "identity:staff")
    for _ in range(3):
        worker = await at_work(given)
        refreshes = [worker.service.refresh(worker.browser, worker.tokens["refresh_token"]) for _ in range(4)]
        left, *answers = await asyncio.gather(leaves(client, officer, worker.person, "patch"), *refreshes)
        assert left.status_code == 200
        assert {answer.status_code for answer in answers} <= {200, 400}
        for answer in answers:
            worker.tokens = answer.json() if answer.status_code == 200 else worker.tokens
        await refused_at_once(client, worker)


async def many(database, count, live, given):
    """So many members of staff with a role, of whom so many have a token that lives."""
    now = datetime.now(UTC)
    people = [(ids.new(), ids.new()) for _ in range(count)]
    grants = [(ids.new(), who) for _, who in people[:live]]
    shared = {"council": "citytown", "created_at": now}
    async with database.writing("citytown") as session:
        rows = [
            {"id": who, "status": "active", "language": "en", "version": 1, "created_at": now}
            for _, who in people
        ]
        await session.execute(insert(account), rows)
        rows = [
            {**shared, "id": one, "account": who, "active": True, "version": 1, "updated_at": now}
            for one, who in people
        ]
        await session.execute(insert(staff), rows)
        rows = [
            {"council": "citytown", "staff": one, "role": given, "given_by": "x", "given_at": now}
            for one, _ in people
        ]
        await session.execute(insert(staff_role), rows)
        rows = [
            {
                **shared,
                "id": one,
                "client": ids.new(),
                "account": who,
                "session": ids.new(),
                "scopes": [],
                "request": {},
            }
            for one, who in grants
        ]
        await session.execute(insert(token_grant), rows)
        ends = now + timedelta(minutes=10)
        rows = [
            {"council": "citytown", "id": ids.new(), "grant_id": one, "expires_at": ends} for one, _ in grants
        ]
        await session.execute(insert(access_token), rows)


async def test_a_role_of_five_thousand_people_is_taken_with_a_handful_of_statements(
    client, officer, database, monkeypatch
):
    """Only those with a token that lives are listed; the statements are counted, whatever their number."""
    given = await make_role(client, officer, "identity:staff")
    await many(database, 5_000, 400, given["name"])
    counted = 0
    for verb in ("all", "first", "scalar", "execute"):
        original = getattr(store.Session, verb)

        async def count(self, *asked, original=original):
            nonlocal counted
            counted += "signing_key" not in str(asked[0])  # looked at all the time
            return await original(self, *asked)

        monkeypatch.setattr(store.Session, verb, count)
    answer = await client.delete(f"{URL}/roles/{given['name']}", headers=officer)
    assert answer.status_code == 204
    assert counted < 20
    async with database.reading() as session:
        listed = "SELECT count(*) FROM revoked_token WHERE issued_before >= now() - interval '10 seconds'"
        assert await session.scalar(text(listed)) >= 400
    told = [event for event in await published(database) if event.type == "identity.token.revoked.v1"]
    assert len(told) >= 400
    assert all(event.data["issued_before"] for event in told[-400:])


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


async def test_whose_tokens_live_is_found_without_comparing_everybody_with_all_tokens(
    client, officer, database
):
    """Many have tokens who do not have the role, and no statistics say so yet."""
    others, given = [(await make_role(client, officer, "identity:staff"))["name"] for _ in range(2)]
    await many(database, 2_000, 2_000, others)
    async with database.writing("citytown") as session:
        await session.execute(_OTHERS)
    await many(database, 500, 400, given)
    async with database.writing("citytown") as session:
        rows = await store.of_role(session, "citytown", given)
        before = await session.scalar(_READ)
        found = await store.with_live_tokens(
            session, "citytown", [row.account for row in rows], datetime.now(UTC)
        )
        read = await session.scalar(_READ) - before
        all_ = await session.scalar(text("SELECT count(*) FROM access_token"))
    assert len(found) == 400
    assert 400 <= read < 5 * all_, f"{read} of {all_}"


async def changes(client, officer, **wanted):
    answer = await client.get(f"{URL}/roles/changes", params={"limit": 100, **wanted}, headers=officer)
    assert answer.status_code == 200, answer.text
    return [(one["act"], one["actor"], one["changes"]) for one in answer.json()["items"]]


async def test_who_changed_which_role_is_on_record(client, officer):
    given, person = await make_role(client, officer, *BOTH), await joiner(client, officer)
    url = f"{URL}/staff/{person['id']}/roles/{given['name']}"
    for _ in range(2):
        await client.put(url, headers=officer)
    for _ in range(2):
        await client.delete(url, headers=officer)
    await lose_scope(client, officer, None, given, None)
    await lose_role(client, officer, None, given, None)
    assert await changes(client, officer, role=given["name"]) == [
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
    assert [one[0] for one in await changes(client, officer, staff=person["id"])] == ["given", "taken"]


async def test_the_record_of_roles_is_read_page_by_page_and_by_officers_only(client, officer, mint):
    given = await make_role(client, officer, "address:read")
    await lose_role(client, officer, None, given, None)
    params = {"limit": 1, "role": given["name"]}
    first = (await client.get(f"{URL}/roles/changes", params=params, headers=officer)).json()
    rest = await client.get(
        f"{URL}/roles/changes", params={**params, "after": first["next"]}, headers=officer
    )
    assert [one["act"] for one in first["items"] + rest.json()["items"]] == ["made", "removed"]
    for headers, status in (
        ({"Authorization": f"Bearer {mint(scopes=['identity:scim'])}"}, 403),
        ({"Authorization": f"Bearer {mint(scopes=OWN, councils=['hillshire'])}"}, 403),
        ({}, 401),
    ):
        assert (await client.get(f"{URL}/roles/changes", headers=headers)).status_code == status
    theirs = {"Authorization": f"Bearer {mint(scopes=OWN, councils=['hillshire'])}"}
    seen = await client.get("/hillshire/identity/v1/roles/changes", params=params, headers=theirs)
    assert seen.json()["items"] == []


async def test_the_record_of_roles_is_kept_as_it_was_written(client, officer, database):
    await make_role(client, officer, "address:read")
    for statement in ("DELETE FROM role_change", "UPDATE role_change SET actor = 'nobody'"):
        with pytest.raises(DBAPIError, match="kept as it was written"):
            async with database.writing("citytown") as session:
                await session.execute(text(statement))


async def test_no_role_is_called_as_the_record_is(client, officer):
    body = {"title": "x", "scopes": ["address:read"]}
    answer = await client.put(f"{URL}/roles/changes", json=body, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert role.c.name.primary_key
