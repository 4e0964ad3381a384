"""What a council's own service may know of the council's staff without asking them."""

import json

import pytest

from chassis import ids
from identity.staff.actions import members
from services.identity.tests.provider import ask, read_redirect, register

NAME = json.dumps({"userinfo": {"name": None}})
SCOPE = "openid email offline_access"


@pytest.fixture
def join(client, mint, database):
    """Make a function that makes an account one of a member of a council's staff."""

    async def link(account_id, council="citytown"):
        headers = {"Authorization": f"Bearer {mint(scopes=['identity:scim'], councils=[council])}"}
        name = f"user-{ids.show(ids.new())}"
        body = {"userName": name, "externalId": name, "displayName": "Grace Okafor"}
        path = f"/{council}/identity/scim/v2/Users"
        response = await client.post(path, json=body, headers=headers)
        assert response.status_code == 201, response.text
        async with database.writing(council) as session:
            assert await members.link_account(session, council, name, account_id)
        return f"{path}/{response.json()['id']}", headers

    return link


async def read_userinfo(visitor, service, **overrides):
    tokens = await service.tokens(visitor, scope=SCOPE, claims=NAME, **overrides)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return (await visitor.get("/identity/userinfo", headers=headers)).json()


async def test_staff_are_not_asked_before_their_office_knows_their_name(visitor, resident, bins, join):
    await join(resident)
    response = await ask(visitor, bins, scope=SCOPE, claims=NAME)
    assert "code" in read_redirect(response), "no page in between"
    userinfo = await read_userinfo(visitor, bins)
    assert (userinfo["name"], userinfo["email_verified"]) == ("Grace Okafor", True)


async def test_residents_and_staff_of_another_council_are_asked_and_have_no_name(
    visitor, resident, bins, join
):
    await join(resident, "hillshire")
    response = await ask(visitor, bins, scope=SCOPE, claims=NAME)
    assert (response.status_code, "Share your details" in response.text) == (200, True)
    assert "name" not in await read_userinfo(visitor, bins)


async def test_staff_who_left_are_asked_again(visitor, resident, client, bins, join):
    path, headers = await join(resident)
    assert (await client.delete(path, headers=headers)).status_code == 204
    assert (await ask(visitor, bins, scope=SCOPE, claims=NAME)).status_code == 200


async def test_staff_are_asked_by_a_service_that_is_not_the_councils(visitor, resident, database, join):
    await join(resident)
    stranger = await register(database, first_party=False)
    assert (await ask(visitor, stranger, scope=SCOPE, claims=NAME)).status_code == 200


async def test_staff_are_asked_for_what_is_not_of_their_work(visitor, resident, bins, join):
    await join(resident)
    response = await ask(visitor, bins, scope="openid email phone", claims=NAME)
    assert response.status_code == 200
    assert "know your phone number" in response.text


async def test_the_page_is_shown_to_staff_when_a_service_says_so(visitor, resident, bins, join):
    await join(resident)
    assert (await ask(visitor, bins, scope=SCOPE, claims=NAME, prompt="consent")).status_code == 200
