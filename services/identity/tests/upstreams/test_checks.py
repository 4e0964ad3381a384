"""A look at a provider when it is registered: what is right, and what is wrong, item by item."""

import pytest
from sqlalchemy import text

from services.identity.tests.upstream import (
    directory,
    keeping,
    one_login,
    registered,
    served,
    settings,
    simulator,
)
from simulators.openid_provider.faults import Faults

__all__ = ["directory", "keeping", "one_login", "registered", "served", "settings", "simulator"]

URL = "/citytown/identity/v1/upstreams"


@pytest.fixture
def check(client, keeping):
    """``await check(made)`` -> the answer's JSON, and by item whether it is right."""

    async def look(made):
        answer = await client.post(f"{URL}/{made['id']}/checks", headers=keeping())
        assert answer.status_code == 200, answer.text
        return answer.json(), {one["item"]: one["right"] for one in answer.json()["findings"]}

    return look


async def test_a_provider_that_is_as_it_should_be_is_right_in_every_item(check, one_login, directory):
    whole, items = await check(one_login)
    assert (whole["right"], items) == (True, {"discovery": True, "jwks": True, "did": True, "key": True})
    _, items = await check(directory)
    assert items == {"discovery": True, "jwks": True}


@pytest.mark.parametrize(("endpoint", "item"), [("discovery", "discovery"), ("jwks", "jwks"), ("did", "did")])
async def test_what_is_wrong_is_said_of_the_item_it_is_wrong_with(
    check, one_login, simulator, endpoint, item
):
    assert (await check(one_login))[0]["right"]
    simulator.faults = Faults(status={endpoint: 500})
    whole, items = await check(one_login)
    assert (whole["right"], items[item]) == (False, False)
    [message] = [one["message"] for one in whole["findings"] if one["item"] == item]
    assert "500" in message
    simulator.faults = Faults()
    assert (await check(one_login))[0]["right"]  # nothing is kept from look to look


async def test_an_issuer_written_otherwise_than_it_writes_itself_is_wrong(check, registered, simulator):
    made = await registered("onelogin", issuer=simulator.onelogin.issuer.rstrip("/"))
    whole, items = await check(made)
    assert items["discovery"] is False
    assert "another issuer" in whole["findings"][0]["message"]


async def test_a_key_that_does_not_sign_yet_is_said(check, client, keeping, one_login, database):
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM upstream_key"))
    whole, items = await check(one_login)
    assert items["key"] is False
    assert "make one" in whole["findings"][-1]["message"]


async def test_only_who_keeps_the_councils_services_has_it_look(client, mint, one_login):
    for headers, status in (
        ({"Authorization": f"Bearer {mint(scopes=['identity:staff'])}"}, 403),
        ({"Authorization": f"Bearer {mint(scopes=['identity:clients'], councils=['hillshire'])}"}, 403),
        ({}, 401),
    ):
        assert (await client.post(f"{URL}/{one_login['id']}/checks", headers=headers)).status_code == status
