"""The demonstration's councils, clients and keys, made through identity's own API."""

import asyncio
import json
import secrets
import time
from typing import Any

import httpx

from dev import gateway, service_processes, state
from dev.errors import UserError
from dev.stack import PATHS, SERVICES, Stack
from dev.supervisor import Supervisor

COUNCILS = {
    "citytown": {"name": "Citytown Council", "gss": "E06000022"},
    "hillshire": {"name": "Hillshire Council", "gss": "S12000030"},
}
# Scopes over the whole region are for the operator and the gateway, never for a council.
REGION_SCOPES = {"identity:operate", "identity:gateway"}
# The service each council has for trying sign-in.
SERVICE = {
    "name_cy": "Gwasanaeth prawf",
    "redirect_uris": ["http://127.0.0.1/signed-in", "http://localhost:3000/signed-in"],
    "post_logout_redirect_uris": ["http://127.0.0.1/", "http://localhost:3000/"],
}
# The sandbox key uses the services. Only the council's client may administer keys, clients and staff.
ADMINISTRATION_SCOPES = {
    "identity:keys",
    "identity:clients",
    "identity:staff",
    "identity:scim",
    "identity:prove",
    "identity:mandates",
    "identity:self",
    "casework:own",
    "payments:sign-in",
    "mapping:sign-in",
}
KNOWN_WITHIN = 60.0  # seconds until every service has received the event of a new council


async def ensure_credentials(stack: Stack, supervisor: Supervisor) -> None:
    """Write `.run/sandbox.json`: keep the credentials that work, make those that are missing."""
    credentials = state.read(stack.sandbox)
    async with httpx.AsyncClient(base_url=stack.url("identity"), timeout=10, trust_env=False) as http:
        operator, token = await _ensure_operator(stack, supervisor, http, credentials.get("operator", {}))
        http.headers["Authorization"] = f"Bearer {token}"
        await _ensure_gateway_client(stack, http)
        scopes = await _council_scopes(http)
        councils = {
            slug: await _ensure_council(http, slug, scopes, credentials.get("councils", {}).get(slug, {}))
            for slug in COUNCILS
        }
    urls = {"gateway": stack.gateway, "upstream": stack.upstream, "service": stack.demo_service}
    state.write(stack.sandbox, {**urls, "operator": operator, "councils": councils})
    for slug, council in councils.items():
        key = stack.folder / f"{slug}.key"
        key.touch(mode=0o600)
        key.write_text(council["api_key"] + "\n")


async def _ensure_operator(
    stack: Stack, supervisor: Supervisor, http: httpx.AsyncClient, credentials: dict[str, str]
) -> tuple[dict[str, str], str]:
    """Return the operator's client and a token for it; a new client if the known one does not work."""
    token = await fetch_token(http, credentials) if credentials else ""
    if not token:
        credentials = await _create_operator(stack, supervisor)
        token = await fetch_token(http, credentials)
    if not token:
        raise UserError(
            "Identity refuses the operator's client it just made.", f"See {stack.folder / 'log'}."
        )
    return credentials, token


async def _create_operator(stack: Stack, supervisor: Supervisor) -> dict[str, str]:
    """Run identity's command that makes the operator's client, or gives it a new secret."""
    lines: list[str] = []
    process = service_processes.command(stack, "identity-operator", "identity", "operator")
    await supervisor.run(process, lines.append)
    return dict(json.loads(lines[-1]))


async def _ensure_gateway_client(stack: Stack, http: httpx.AsyncClient) -> None:
    """Make the control plane's own client, which may only read identity's snapshot for the gateway."""
    file = gateway.credentials_file(stack)
    credentials = state.read(file)
    if not credentials or not await fetch_token(http, credentials):
        client = await create(http, "/identity/v1/clients", "Gateway", "live", ["identity:gateway"])
        state.write(file, _credentials(client))


async def fetch_token(http: httpx.AsyncClient, client: dict[str, str]) -> str:
    """Fetch an access token for a client; empty if identity does not know it, or its secret."""
    login = httpx.BasicAuth(client["client_id"], client["client_secret"])
    form = {"grant_type": "client_credentials"}
    response = await http.post("/identity/token", data=form, auth=login)
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return ""
    require_success(response)
    return str(response.json()["access_token"])


async def _council_scopes(http: httpx.AsyncClient) -> list[str]:
    """Return every scope that a council's own credentials may hold."""
    metadata = await http.get("/identity/.well-known/openid-configuration")
    require_success(metadata)
    # Scopes without a colon (openid, email ...) are for people who sign in.
    supported = {scope for scope in metadata.json()["scopes_supported"] if ":" in scope}
    return sorted(supported - REGION_SCOPES)


async def _ensure_council(
    http: httpx.AsyncClient, slug: str, scopes: list[str], credentials: dict[str, Any]
) -> dict[str, Any]:
    """Return a council's credentials and its service for sign-in: the known ones if they still work."""
    created = await http.post("/identity/v1/councils", json={"slug": slug, **COUNCILS[slug]})
    if created.status_code != httpx.codes.CONFLICT:  # an earlier run made it
        require_success(created)
    if (
        credentials
        and await _key_works(http, slug, credentials["api_key"])
        and await fetch_token(http, _credentials(credentials))
    ):
        return (
            credentials
            if "service" in credentials
            else {**credentials, "service": await _create_service(http, slug)}
        )
    key_scopes = [scope for scope in scopes if scope not in ADMINISTRATION_SCOPES]
    key = await create(http, f"/{slug}/identity/v1/api-keys", "Sandbox key", "sandbox", key_scopes)
    client = await create(http, f"/{slug}/identity/v1/clients", "Sandbox client", "sandbox", scopes)
    return {"api_key": key["key"], **_credentials(client), "service": await _create_service(http, slug)}


async def _create_service(http: httpx.AsyncClient, slug: str) -> dict[str, str]:
    """Create a service for trying sign-in. Its redirect URIs are on this machine, on any port."""
    scopes = ["casework:own", "email", "offline_access", "openid"]
    path = f"/{slug}/identity/v1/services"
    return _credentials(await create(http, path, "Sandbox service", "sandbox", scopes, **SERVICE))


def _credentials(client: dict[str, Any]) -> dict[str, str]:
    return {name: str(client[name]) for name in ("client_id", "client_secret")}


async def _key_works(http: httpx.AsyncClient, slug: str, key: str) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    return (await http.get(f"/{slug}/identity/v1/council", headers=headers)).is_success


async def create(
    http: httpx.AsyncClient, path: str, name: str, mode: str, scopes: list[str], **members: Any
) -> dict[str, Any]:
    """Create a key or a client. If one of that name exists, whose secret is lost, number the new one."""
    body = {"name": name, "mode": mode, "scopes": scopes, **members}
    response = await post(http, path, body)
    if response.status_code == httpx.codes.CONFLICT:
        response = await post(http, path, {**body, "name": f"{name} {int(time.time())}"})
    require_success(response)
    return dict(response.json())


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    """POST with a new idempotency key."""
    return await http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})


def require_success(response: httpx.Response) -> None:
    """Raise UserError unless the request succeeded."""
    if not response.is_success:
        request = f"{response.request.method} {response.request.url.path}"
        raise UserError(
            f"{request} answered {response.status_code}: {response.text[:400]}",
            "The demonstration cannot be made. To start afresh, remove the data: `rm -rf .run`.",
        )


async def wait_until_known(stack: Stack) -> None:
    """Wait until every service, through the gateway, knows every council."""
    councils = state.read(stack.sandbox)["councils"]
    async with httpx.AsyncClient(base_url=stack.gateway, timeout=5, trust_env=False) as http:
        waits = [
            _wait_for(http, f"/{slug}/{PATHS.get(name, name)}/v1/council", council["api_key"])
            for slug, council in councils.items()
            for name in SERVICES
        ]
        await asyncio.gather(*waits)


async def _wait_for(http: httpx.AsyncClient, path: str, key: str) -> None:
    end = time.monotonic() + KNOWN_WITHIN
    while True:
        try:
            response = await http.get(path, headers={"X-Api-Key": key})
            if response.is_success:
                return
            reason = f"{response.status_code} {response.text[:200]}"
        except httpx.HTTPError as error:
            reason = repr(error)
        if time.monotonic() > end:
            raise UserError(
                f"{path} does not answer through the gateway after {KNOWN_WITHIN:.0f} s: {reason}",
                "See the logs of the gateway, of that service and of its worker.",
            )
        await asyncio.sleep(0.1)
