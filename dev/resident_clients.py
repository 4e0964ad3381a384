"""The residents' pages as clients of the platform: of each council one in its sandbox, and one to publish.

``.run/resident-clients.json`` has their private keys; identity has the public ones only.
"""

from typing import Any

import httpx
from joserfc.jwk import ECKey

from dev import sandbox, state
from dev.stack import Stack

SCOPES = {
    "Council services": (
        "sandbox",
        [
            "address:read",
            "casework:act",
            "casework:holdings",
            "casework:read",
            "mapping:read",
            "payments:create",
            "payments:read",
        ],
    ),
    "Council services: publishing": ("live", ["casework:configure", "casework:read"]),
}
"""What each client may do, by its name at identity, and in which mode."""


async def ensure(stack: Stack) -> None:
    """Write the clients of each council, unless they are there. Needs the demonstration's credentials."""
    file = stack.folder / "resident-clients.json"
    clients: dict[str, Any] = state.read(file)
    credentials = state.read(stack.sandbox)
    async with httpx.AsyncClient(base_url=stack.url("identity"), timeout=10, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {await sandbox.fetch_token(http, credentials['operator'])}"
        for slug, council in credentials["councils"].items():
            # A council that was made anew has another client of its own, and knows none of ours.
            if clients.get(slug, {}).get("of") != council["client_id"]:
                pages, publisher = [await _create(http, slug, name) for name in SCOPES]
                clients[slug] = {**pages, "publisher": publisher, "of": council["client_id"]}
                state.write(file, clients)


async def _create(http: httpx.AsyncClient, slug: str, name: str) -> dict[str, Any]:
    mode, scopes = SCOPES[name]
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    jwks = {"keys": [key.as_dict(private=False)]}
    client = await sandbox.create(http, f"/{slug}/identity/v1/clients", name, mode, scopes, jwks=jwks)
    return {"client_id": str(client["client_id"]), "key": key.as_dict(private=True)}
