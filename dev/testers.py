"""The testers of the demonstration's sandbox services: the simulated people, and one more."""

import httpx

from dev import demo_service, sandbox, state
from dev.stack import Stack
from dev.upstream_setup import TENANTS
from simulators.openid_provider import staff
from simulators.openid_provider.residents import RESIDENTS

ANYBODY = "tester@people.example"
"""For whoever tries the demonstration without the simulated providers."""


async def ensure(stack: Stack) -> None:
    """Name the demonstration's people as testers of each of its services, unless an earlier run did."""
    credentials = state.read(stack.sandbox)
    async with httpx.AsyncClient(base_url=stack.url("identity"), timeout=20, trust_env=False) as http:
        token = await sandbox.fetch_token(http, credentials["operator"])
        http.headers["Authorization"] = f"Bearer {token}"
        for council, council_credentials in credentials["councils"].items():
            await ensure_testers(http, council, council_credentials["service"]["client_id"])
        demonstration = state.read(stack.folder / demo_service.FILE)
        await ensure_testers(http, "citytown", demonstration["client_id"])


async def ensure_testers(http: httpx.AsyncClient, council: str, client_id: str) -> None:
    """Name the council's people as testers of a service, unless they are."""
    path = f"/{council}/identity/v1/services/{client_id}/testers"
    listed = await http.get(path, params={"limit": 100})
    sandbox.require_success(listed)
    emails = {tester["email"] for tester in listed.json()["items"]}
    for email in sorted(list_addresses(council) - emails):
        sandbox.require_success(await sandbox.post(http, path, {"email": email}))


def list_addresses(council: str) -> set[str]:
    """List the addresses of the people who may sign in to a council's services."""
    members = staff.tenants()[TENANTS[council]].staff.values()
    simulated = {resident.email for resident in RESIDENTS.values()} | {member.email for member in members}
    return {ANYBODY, *simulated} - {""}
