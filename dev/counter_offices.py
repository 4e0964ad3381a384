"""Somewhere to take money at the counter: an office of each council's sandbox, and a service's e-returns."""

import httpx

from dev import sandbox, state
from dev.stack import Stack

OFFICE = {
    "name": "Civic Centre",
    "difference_limit": 500,
    "address": "The Guildhall, High Street",
    "vat_number": "GB123456789",
}
ROWS = [
    {"fund": "13", "label": "Photocopies"},
    {"fund": "5M", "label": "Library fines", "reference": "23901001234568"},
]


async def ensure(stack: Stack) -> None:
    """Add them to each council that has no office yet."""
    credentials = state.read(stack.sandbox)
    async with httpx.AsyncClient(base_url=stack.gateway, timeout=20, trust_env=False) as gateway:
        for council, council_credentials in credentials["councils"].items():
            gateway.headers["X-Api-Key"] = council_credentials["api_key"]
            await _ensure_office(gateway, f"/{council}/payments/takings/v1")


async def _ensure_office(gateway: httpx.AsyncClient, base: str) -> None:
    present = await gateway.get(f"{base}/offices", params={"limit": 1})
    sandbox.require_success(present)
    if present.json()["items"]:
        return
    office = await gateway.post(f"{base}/offices", json=OFFICE)
    sandbox.require_success(office)
    template = {"office": office.json()["id"], "name": "Central library", "kind": "cash", "rows": ROWS}
    sandbox.require_success(await gateway.post(f"{base}/e-return-templates", json=template))
