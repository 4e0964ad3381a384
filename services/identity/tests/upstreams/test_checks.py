"""A look at a provider when it is registered: what is right, and what is wrong, item by item."""

import pytest
from sqlalchemy import text

from services.identity.tests.upstream import (
    directory,
    keeper_headers,
    one_login,
    register_upstream,
    running_simulator,
    settings,
    simulator,
)
from simulators.openid_provider.faults import Faults

__all__ = [
    "directory",
    "keeper_headers",
    "one_login",
    "register_upstream",
    "running_simulator",
    "settings",
    "simulator",
]

URL = "/citytown/identity/v1/upstreams"


@pytest.fixture
def check(client, keeper_headers):
    """``await check(made)`` -> the answer's JSON, and by item whether it is right."""

    async def look(upstream):
        response = await client.post(f"{URL}/{upstream['id']}/checks", headers=keeper_headers())
        assert response.status_code == 200, response.text
        return response.json(), {finding["item"]: finding["right"] for finding in response.json()["findings"]}

    return look


async def test_a_provider_that_is_as_it_should_be_is_right_in_every_item(check, one_login, directory):
    result, items = await check(one_login)
    assert (result["right"], items) == (True, {"discovery": True, "jwks": True, "did": True, "key": True})
    _, items = await check(directory)
    assert items == {"discovery": True, "jwks": True}


@pytest.mark.parametrize(("endpoint", "item"), [("discovery", "discovery"), ("jwks", "jwks"), ("did", "did")])
async def test_what_is_wrong_is_said_of_the_item_it_is_wrong_with(
    check, one_login, simulator, endpoint, item
):
    assert (await check(one_login))[0]["right"]
    simulator.faults = Faults(status={endpoint: 500})
    result, items = await check(one_login)
    assert (result["right"], items[item]) == (False, False)
    [message] = [finding["message"] for finding in result["findings"] if finding["item"] == item]
    assert "500" in message
    simulator.faults = Faults()
    assert (await check(one_login))[0]["right"]  # nothing is kept from look to look


async def test_an_issuer_written_otherwise_than_it_writes_itself_is_wrong(
    check, register_upstream, simulator
):
    upstream = await register_upstream("onelogin", issuer=simulator.onelogin.issuer.rstrip("/"))
    result, items = await check(upstream)
    assert items["discovery"] is False
    assert "another issuer" in result["findings"][0]["message"]


async def test_a_key_that_does_not_sign_yet_is_said(check, client, keeper_headers, one_login, database):
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM upstream_key"))
    result, items = await check(one_login)
    assert items["key"] is False
    assert "make one" in result["findings"][-1]["message"]


async def test_only_who_keeps_the_councils_services_has_it_look(client, mint, one_login):
    for headers, status in (
        ({"Authorization": f"Bearer {mint(scopes=['identity:staff'])}"}, 403),
        ({"Authorization": f"Bearer {mint(scopes=['identity:clients'], councils=['hillshire'])}"}, 403),
        ({}, 401),
    ):
        assert (await client.post(f"{URL}/{one_login['id']}/checks", headers=headers)).status_code == status
