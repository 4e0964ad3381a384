"""Staff sign-in to the pages of services: each council's client at identity, made known to the service."""

from typing import Any

import httpx

from dev import sandbox, state, testers
from dev.stack import Stack

SERVICES = {
    "payments": ("Payments office", "Swyddfa daliadau"),
    "casework": ("Casework office", "Swyddfa achosion"),
    "mapping": ("Maps office", "Swyddfa mapiau"),
}
"""Those with pages for staff, and what the issuer calls them in English and Welsh."""


async def ensure(stack: Stack) -> None:
    """Register each service with each council, unless an earlier run did, and let its staff in."""
    credentials = state.read(stack.sandbox)
    async with (
        httpx.AsyncClient(base_url=stack.url("identity"), timeout=20, trust_env=False) as identity,
        httpx.AsyncClient(base_url=stack.gateway, timeout=20, trust_env=False) as gateway,
    ):
        operator = await sandbox.fetch_token(identity, credentials["operator"])
        identity.headers["Authorization"] = f"Bearer {operator}"
        for council, council_credentials in credentials["councils"].items():
            token = await sandbox.fetch_token(identity, council_credentials)
            for service in SERVICES:
                client_id = await _ensure_client(identity, gateway, council, service, token)
                await testers.ensure_testers(identity, council, client_id)


async def _ensure_client(
    identity: httpx.AsyncClient, gateway: httpx.AsyncClient, council: str, service: str, token: str
) -> str:
    """Return the client's id: the one in use, or a new one, registered as the service itself says."""
    path, headers = f"/{council}/{service}/sign-in/v1/client", {"Authorization": f"Bearer {token}"}
    present = await gateway.get(path, headers=headers)
    sandbox.require_success(present)
    registration: dict[str, Any] = present.json()
    if registration["client_id"]:
        return str(registration["client_id"])
    members = {
        name: registration[name]
        for name in ("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri", "jwks")
    }
    name, name_cy = SERVICES[service]
    registered = await sandbox.create(
        identity,
        f"/{council}/identity/v1/services",
        name,
        "sandbox",
        registration["scopes"],
        name_cy=name_cy,
        first_party=True,
        **members,
    )
    body = {"client_id": registered["client_id"]}
    sandbox.require_success(await gateway.put(path, json=body, headers=headers))
    return str(registered["client_id"])
