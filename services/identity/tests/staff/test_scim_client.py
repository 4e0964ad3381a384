"""The simulated directory pushes a council's staff: joiners, movers and leavers arrive as from Entra ID."""

import httpx
import pytest

from services.identity.tests.provider import make_browser
from simulators.openid_provider import scim_push
from simulators.openid_provider.staff import CITYTOWN, tenants

SCIM = "http://test.invalid/citytown/identity/scim/v2"


@pytest.fixture
async def scim(app, client, mint):
    async with make_browser(app) as http:
        http.base_url = SCIM
        http.headers.update(
            {
                "Authorization": f"Bearer {mint(scopes=['identity:scim'])}",
                "Content-Type": "application/scim+json",
            }
        )
        yield http


async def find(scim, kind, external_id):
    resources = (await scim.get(kind, params={"filter": f'externalId eq "{external_id}"'})).json()[
        "Resources"
    ]
    return resources[0] if resources else None


async def test_staff_join_move_and_leave_by_what_the_directory_pushes(scim):
    tenant = tenants()[CITYTOWN]
    message = await scim_push.push(scim, tenant)
    assert message == "6 users and 5 groups of citytown were pushed."
    priya, sam = tenant.staff["priya"], tenant.staff["sam"]
    user = await find(scim, "Users", priya.oid)
    assert (user["userName"], user["displayName"], user["active"]) == (priya.username, "Priya Raman", True)
    assert (await find(scim, "Users", sam.oid))["emails"] == []
    [waste] = priya.groups
    assert [member["value"] for member in (await find(scim, "Groups", waste))["members"]] == [user["id"]]
    tax = next(group for group, name in tenant.groups.items() if name == "Council tax")
    tenant.change("priya", [tax], active=True)
    tenant.change("sam", [], active=False)
    await scim_push.push(scim, tenant)
    assert (await find(scim, "Groups", waste)).get("members", []) == []
    assert user["id"] in [member["value"] for member in (await find(scim, "Groups", tax))["members"]]
    assert (await find(scim, "Users", sam.oid))["active"] is False


async def test_a_wrong_key_pushes_nothing(scim):
    scim.headers["Authorization"] = "Bearer nonsense"
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await scim_push.push(scim, tenants()[CITYTOWN])
