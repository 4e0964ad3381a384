"""Testers and test people: the API, who gets in, who is turned away, and the banner."""

import re

import pytest
from sqlalchemy import text

from chassis import ids
from identity.messages import actions as messages
from identity.testers import rules
from services.identity.tests.provider import (
    REDIRECT,
    Service,
    ask,
    continue_request,
    create_person,
    follow_redirects,
    make_browser,
    read_redirect,
    read_request_id,
    register,
    sign_in,
    submit_form,
)

URL = "/citytown/identity/v1"
BANNER = "This is a test service."


@pytest.fixture
def headers(mint):
    """``headers("hillshire")`` -> the headers of a council's developer, with a sandbox credential."""

    def build(council="citytown", scope="identity:clients", mode="sandbox"):
        token = mint(scopes=[scope], mode=mode, councils=[council], sub="developer")
        return {"Authorization": f"Bearer {token}"}

    return build


@pytest.fixture
def register_service(client, headers):
    """``await register_service()`` -> a service of citytown's in the sandbox."""

    async def make(mode="sandbox", **members):
        body = {
            "name": f"Bins {ids.show(ids.new())}", "name_cy": "Biniau", "mode": mode,
            "redirect_uris": [REDIRECT], "scopes": ["openid", "offline_access"], **members,
        }  # fmt: skip
        answer = await client.post(f"{URL}/services", json=body, headers=headers(mode=mode))
        assert answer.status_code == 201, answer.text
        return Service(answer.json()["client_id"], answer.json()["client_secret"], "citytown")

    return make


@pytest.fixture
def add_tester(client, headers):
    """``await add_tester(service, "jo@example.org")`` -> the response."""

    async def add(service, email, **more):
        url = f"{URL}/services/{service.client_id}/testers"
        return await client.post(url, json={"email": email}, headers={**headers(), **more})

    return add


@pytest.fixture
def create_test_person(client, headers):
    """``await create_test_person()`` -> them, with their password."""

    async def create(council="citytown", **more):
        url = f"/{council}/identity/v1/test-people"
        answer = await client.post(url, json={"name": "Nia"}, headers={**headers(council), **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


async def sign_in_by_password(browser, person, query=""):
    """Sign in on the pages, as people do."""
    page = await browser.get(f"/identity/sign-in/password{query}")
    return await submit_form(browser, page, email=person["email"], password=person["password"])


def shows_consent_page(answer):
    """Tell whether the person got as far as the consent page: they are signed in to the service."""
    return answer.status_code == 200 and "Agree and continue" in answer.text


async def is_turned_away(browser, service, **parameters):
    """Tell whether the page says that the person may not use the service; it goes back with an error."""
    answer = await ask(browser, service, **parameters)
    if answer.status_code != 403:
        assert shows_consent_page(answer)
        return False
    assert "You cannot use this service" in answer.text
    assert "code" not in answer.headers.get("location", "")
    error = read_redirect(await submit_form(browser, answer))
    assert (error["error"], error["state"]) == ("access_denied", "a-state")
    return True


# ------------------------------------------------------------------------------------------- who gets in


async def test_the_sandbox_turns_away_whoever_is_no_tester(visitor, resident, register_service):
    service = await register_service()
    assert await is_turned_away(visitor, service)
    silent = read_redirect(await ask(visitor, service, prompt="none"))
    assert silent["error"] == "access_denied"
    page = await ask(visitor, service, ui_locales="cy")
    welsh = await visitor.get(f"{page.url}&lang=cy")
    assert "Ni allwch ddefnyddio" in welsh.text
    assert "Gwasanaeth prawf yw hwn" in welsh.text
    assert BANNER in page.text


async def test_a_tester_is_signed_in_until_they_are_removed(
    client, headers, visitor, resident, register_service, add_tester
):
    service = await register_service()
    added = await add_tester(service, f"  {ids.show(resident).upper()}@PEOPLE.example ")
    assert added.status_code == 201, added.text
    tokens = await service.tokens(visitor, scope="openid offline_access", prompt="consent")
    refreshed = await service.refresh(visitor, tokens["refresh_token"])
    assert refreshed.status_code == 200
    url = f"{URL}/services/{service.client_id}/testers/{added.json()['id']}"
    assert (await client.delete(url, headers=headers())).status_code == 204
    assert (await client.delete(url, headers=headers())).status_code == 404
    answer = await service.refresh(visitor, refreshed.json()["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"
    assert await is_turned_away(visitor, service)


async def test_a_tester_of_one_service_is_none_of_another(visitor, resident, register_service, add_tester):
    mine, other = await register_service(), await register_service()
    await add_tester(mine, f"{ids.show(resident)}@people.example")
    assert not await is_turned_away(visitor, mine)
    assert await is_turned_away(visitor, other)


async def test_a_tester_whose_address_changes_is_one_no_longer(
    visitor, resident, register_service, add_tester, database
):
    service = await register_service()
    await add_tester(service, f"{ids.show(resident)}@people.example")
    async with database.writing() as session:
        statement = "UPDATE account_email SET canonical = 'new@people.example' WHERE account = :id"
        await session.execute(text(statement), {"id": resident})
        statement = "UPDATE account_email SET address = 'new@people.example' WHERE account = :id"
        await session.execute(text(statement), {"id": resident})
    assert await is_turned_away(visitor, service)


async def test_a_test_person_signs_in_to_the_councils_sandbox_and_to_nothing_live(
    app, database, register_service, create_test_person
):
    person, service = await create_test_person(), await register_service()
    async with make_browser(app) as browser:
        request_id = read_request_id(await ask(browser, service))
        answer = await sign_in_by_password(browser, person, f"?request={request_id}")
        assert shows_consent_page(answer)
        live = await register(database)
        page = await ask(browser, live)
        assert page.status_code == 403
        assert "You are signed in as a test person" in page.text
        assert BANNER not in page.text
        assert read_redirect(await ask(browser, live, prompt="none"))["error"] == "access_denied"
        assert read_redirect(await submit_form(browser, page))["error"] == "access_denied"


async def test_a_test_person_of_another_council_is_turned_away_even_if_named(
    app, client, operator, register_service, create_test_person, add_tester
):
    body = {"slug": "hillshire", "name": "Hillshire Council", "gss": "S12000030"}
    assert (await client.post("/identity/v1/councils", json=body, headers=operator)).status_code in {201, 409}
    person, service = await create_test_person("hillshire"), await register_service()
    await add_tester(service, person["email"])
    async with make_browser(app) as browser:
        await sign_in_by_password(browser, person)
        assert await is_turned_away(browser, service)


async def test_who_was_turned_away_signs_in_with_another_account(
    visitor, resident, register_service, create_test_person
):
    person, service = await create_test_person(), await register_service()
    page = await ask(visitor, service)
    link = re.search(r'href="(/identity/sign-in\?request=[^"]+)"', page.text)[1]
    query = f"?{link.partition('?')[2]}"
    assert shows_consent_page(await sign_in_by_password(visitor, person, query))


async def test_the_answer_of_somebody_else_turns_nobody_away(
    visitor, resident, database, register_service, add_tester
):
    """The form of the page names who was turned away: another person in the browser gets their own answer."""
    service = await register_service()
    page = await ask(visitor, service)
    other = await create_person(database)
    await add_tester(service, f"{ids.show(other)}@people.example")
    await sign_in(database, visitor, other)
    assert shows_consent_page(await submit_form(visitor, page))


async def test_a_member_of_staff_is_named_by_the_address_of_the_directory(
    visitor, database, register_service, add_tester
):
    account = await create_person(database)
    staff = ids.new()
    async with database.writing("citytown") as session:
        await session.execute(
            text(
                "INSERT INTO staff (council, id, account, active, version, created_at, updated_at)"
                " VALUES ('citytown', :id, :account, true, 1, now(), now())"
            ),
            {"id": staff, "account": account},
        )
        await session.execute(
            text(
                "INSERT INTO staff_person (council, staff, user_name, user_key, given_name, family_name,"
                " display_name, email) VALUES ('citytown', :id, 'ann', 'ann', 'Ann', 'Lee', 'Ann Lee',"
                " 'ann.lee@citytown.example')"
            ),
            {"id": staff},
        )
    await sign_in(database, visitor, account)
    service = await register_service()
    assert await is_turned_away(visitor, service)
    await add_tester(service, "Ann.Lee@citytown.example")
    assert not await is_turned_away(visitor, service)
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE staff SET active = false WHERE id = :id"), {"id": staff})
    assert await is_turned_away(visitor, service)


# ----------------------------------------------------------------------------------------------- banner


async def test_every_page_on_the_way_to_a_test_service_says_so(visitor, register_service, database):
    test, live = await register_service(), await register(database)
    for service, is_test in ((test, True), (live, False)):
        query = f"?request={read_request_id(await ask(visitor, service))}"
        for path in ("sign-in", "sign-in/password", "register"):
            page = await visitor.get(f"/identity/{path}{query}")
            assert (BANNER in page.text) is is_test, path
    assert BANNER not in (await visitor.get("/identity/sign-in")).text


async def test_the_consent_page_of_a_test_service_says_so(visitor, resident, register_service, add_tester):
    service = await register_service(scopes=["openid", "email"])
    await add_tester(service, f"{ids.show(resident)}@people.example")
    page = await ask(visitor, service, scope="openid email", prompt="consent")
    assert "Do you agree?" in page.text
    assert BANNER in page.text


# -------------------------------------------------------------------------------------------------- API


async def test_testers_are_listed_page_by_page_and_the_history_does_not_name_them(
    client, headers, register_service, add_tester
):
    service = await register_service()
    addresses = [f"tester{n}@people.example" for n in range(5)]
    for address in addresses:
        assert (await add_tester(service, address)).status_code == 201
    url, listed = f"{URL}/services/{service.client_id}/testers?limit=2", []
    while url:
        answer = await client.get(url, headers=headers())
        listed += answer.json()["items"]
        url = answer.links.get("next", {}).get("url")
    assert [tester["email"] for tester in listed] == addresses
    assert {tester["added_by"] for tester in listed} == {"developer"}
    history = await client.get(f"{URL}/services/{service.client_id}/history", headers=headers())
    changes = [event["changes"] for event in history.json()["items"] if event["act"] == "changed"]
    assert changes == [{"testers": [count, count + 1]} for count in range(5)]
    assert "people.example" not in history.text


async def test_a_repeated_request_adds_one_tester_and_an_address_is_there_once(
    client, headers, register_service, add_tester
):
    service = await register_service()
    key = {"Idempotency-Key": ids.show(ids.new())}
    first, again = [await add_tester(service, "jo@people.example", **key) for _ in range(2)]
    assert first.json() == again.json()
    double = await add_tester(service, "JO@people.example")
    assert (double.status_code, double.json()["code"]) == (409, "tester-already")


async def test_a_service_has_no_more_testers_than_the_limit(register_service, add_tester, monkeypatch):
    monkeypatch.setattr(rules, "MAX_TESTERS", 1)
    service = await register_service()
    assert (await add_tester(service, "one@people.example")).status_code == 201
    answer = await add_tester(service, "two@people.example")
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-testers")


async def test_a_live_service_has_no_testers(client, headers, register_service):
    service = await register_service(mode="live")
    url = f"{URL}/services/{service.client_id}/testers"
    answer = await client.post(url, json={"email": "jo@people.example"}, headers=headers(mode="live"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not-sandbox")
    answer = await client.post(url, json={"email": "jo@people.example"}, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (403, "mode-not-held")


@pytest.mark.parametrize(
    "email", ["", "jo", "jo@", "jo@x", "a b@example.org", "x" * 250 + "@example.org", None]
)
async def test_an_address_that_cannot_be_one_is_refused(client, headers, register_service, email):
    service = await register_service()
    url = f"{URL}/services/{service.client_id}/testers"
    answer = await client.post(url, json={"email": email}, headers=headers())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "body.email"


async def test_another_council_or_scope_sees_and_changes_nothing(
    client, headers, register_service, add_tester, create_test_person
):
    service, person = await register_service(), await create_test_person()
    tester = (await add_tester(service, "jo@people.example")).json()
    paths = [
        f"services/{service.client_id}/testers", f"services/{service.client_id}/testers/{tester['id']}",
        "test-people", f"test-people/{person['id']}",
    ]  # fmt: skip
    for path in paths:
        for credentials in (headers("hillshire"), headers(scope="address:read")):
            for method in ("GET", "POST", "DELETE"):
                answer = await client.request(method, f"{URL}/{path}", headers=credentials)
                assert answer.status_code in {403, 405}, (method, path)
    for path in paths:
        answer = await client.delete(f"/hillshire/identity/v1/{path}", headers=headers("hillshire"))
        assert answer.status_code in {404, 405}, path
    assert (await client.get(f"{URL}/{paths[0]}", headers=headers())).json()["items"] == [tester]


async def test_a_test_person_is_made_once_shown_without_password_and_removed(
    app, client, headers, create_test_person, database
):
    key = {"Idempotency-Key": ids.show(ids.new())}
    person, again = [await create_test_person(**key) for _ in range(2)]
    assert person == again
    listed = (await client.get(f"{URL}/test-people?limit=100", headers=headers())).json()["items"]
    [item] = [entry for entry in listed if entry["id"] == person["id"]]
    assert item == {name: value for name, value in person.items() if name != "password"}
    async with make_browser(app) as browser:
        assert (await sign_in_by_password(browser, person)).url.path == "/identity/account"
        url = f"{URL}/test-people/{person['id']}"
        assert (await client.delete(url, headers=headers())).status_code == 204
        assert (await client.delete(url, headers=headers())).status_code == 404
        page = await follow_redirects(browser, await browser.get("/identity/account"))
        assert page.url.path == "/identity/sign-in"
        assert "not right" in (await sign_in_by_password(browser, person)).text


async def test_a_council_has_no_more_test_people_than_the_limit(client, headers, monkeypatch, database):
    monkeypatch.setattr(rules, "MAX_TEST_PEOPLE", 0)
    answer = await client.post(f"{URL}/test-people", json={"name": "Nia"}, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-test-people")


async def test_no_email_to_a_test_person_leaves_the_house(
    create_test_person, database, settings, run_jobs, sent_messages
):
    person = await create_test_person()
    async with database.writing() as session:
        await messages.send_email(session, "closed", person["email"], "en")
    nowhere = {"mail": "smtp", "smtp_host": "127.0.0.1", "smtp_port": 1}  # nobody listens there
    await run_jobs(settings=settings.model_copy(update=nowhere))
    assert await sent_messages(person["email"]) == []
    async with database.writing("*") as session:
        waiting = await session.all(text("SELECT reason FROM job WHERE kind = 'messages.send'"))
    assert [row.reason for row in waiting if "closed" in (row.reason or "")] == []


async def test_the_request_of_somebody_turned_away_goes_on_once_they_are_named(
    visitor, resident, register_service, add_tester
):
    service = await register_service()
    page = await ask(visitor, service)
    request_id = re.search(r'name="request" value="([^"]+)"', page.text)[1]
    await add_tester(service, f"{ids.show(resident)}@people.example")
    assert shows_consent_page(await continue_request(visitor, request_id))
