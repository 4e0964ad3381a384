"""The simulated directory pushes a council's staff: joiners, movers and leavers arrive as from Entra ID."""

import httpx
import pytest

from services.identity.tests.provider import browser_of
from simulators.openid_provider import scim_push
from simulators.openid_provider.staff import CITYTOWN, tenants

SCIM = "http://test.invalid/citytown/identity/scim/v2"


@pytest.fixture
async def scim(app, client, mint):
    async with browser_of(app) as http:
        http.base_url = SCIM
        http.headers.update(
            {
                "Authorization": f"Bearer {mint(scopes=['identity:scim'])}",
                "Content-Type": "application/scim+json",
            }
        )
        yield http


async def seen(scim, kind, external):
    found = (await scim.get(kind, params={"filter": f'externalId eq "{external}"'})).json()["Resources"]
    return found[0] if found else None


async def test_staff_join_move_and_leave_by_what_the_directory_pushes(scim):
    tenant = tenants()[CITYTOWN]
    said = await scim_push.push(scim, tenant)
    assert said == "4 users and 4 groups of citytown were pushed."
    priya, sam = tenant.staff["priya"], tenant.staff["sam"]
    user = await seen(scim, "Users", priya.oid)
    assert (user["userName"], user["displayName"], user["active"]) == (priya.username, "Priya Raman", True)
    assert (await seen(scim, "Users", sam.oid))["emails"] == []
    [waste] = priya.groups
    assert [one["value"] for one in (await seen(scim, "Groups", waste))["members"]] == [user["id"]]
    tax = next(one for one, name in tenant.groups.items() if name == "Council tax")
    tenant.change("priya", [tax], active=True)
    tenant.change("sam", [], active=False)
    await scim_push.push(scim, tenant)
    assert (await seen(scim, "Groups", waste)).get("members", []) == []
    assert user["id"] in [one["value"] for one in (await seen(scim, "Groups", tax))["members"]]
    assert (await seen(scim, "Users", sam.oid))["active"] is False


async def test_a_wrong_key_pushes_nothing(scim):
    scim.headers["Authorization"] = "Bearer nonsense"
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await scim_push.push(scim, tenants()[CITYTOWN])
