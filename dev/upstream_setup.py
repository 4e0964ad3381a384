"""Sign-in from upstream: the simulated providers, and their registrations with the demonstration councils."""

import sys
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import httpx

from dev import sandbox, state
from dev.errors import UserError
from dev.readiness import http_ready
from dev.stack import Stack, base_environment, secrets_of
from dev.supervisor import Process
from simulators.openid_provider import providers, staff
from simulators.openid_provider.clients import Client

TENANTS = {"citytown": staff.CITYTOWN, "hillshire": staff.HILLSHIRE}
# Each group of a council's directory gives a role, and the role gives scopes.
ROLES = {
    "Waste services": (
        "waste-officer",
        ["address:read", "casework:act", "casework:read", "mapping:read", "mapping:staff", "mapping:write"],
    ),
    "Council tax": ("council-tax-officer", ["address:private", "address:read", "payments:read"]),
    "Customer services": ("adviser", ["address:read", "casework:read", "identity:prove"]),
    "Finance": (
        "finance-officer",
        ["payments:approve", "payments:office", "payments:read", "payments:takings"],
    ),
    "Administrators": (
        "administrator",
        [
            "casework:configure",
            "casework:read",
            "identity:clients",
            "identity:keys",
            "identity:staff",
            "mapping:publish",
            "mapping:read",
            "mapping:restricted",
            "mapping:staff",
            "mapping:write",
        ],
    ),
}
LOCAL_NAMES = ("127.0.0.1", "localhost")


def process(stack: Stack) -> Process:
    """Describe the process of the simulated providers."""
    port = stack.ports.of("upstream")
    argv = [sys.executable, "-m", "simulators.openid_provider", "--port", str(port)]
    argv += ["--gateway", stack.gateway, "--keep", str(stack.folder / "upstream.json")]
    return Process("upstream", argv, base_environment(), http_ready(port, "/simulator/style.css"))


async def register(stack: Stack) -> None:
    """Register both providers with both councils, and the councils with the providers."""
    credentials = state.read(stack.sandbox)
    async with (
        httpx.AsyncClient(base_url=stack.url("identity"), timeout=20, trust_env=False) as http,
        httpx.AsyncClient(base_url=stack.url("upstream"), timeout=20, trust_env=False) as simulator,
    ):
        token = await sandbox.fetch_token(http, credentials["operator"])
        if not token:
            raise UserError("Identity refuses the operator's client.", f"See {stack.folder / 'log'}.")
        http.headers["Authorization"] = f"Bearer {token}"
        for council in TENANTS:
            await _create_roles(http, council)
            for registration in registrations(stack, council):
                upstream = await _find_or_create_upstream(http, council, registration)
                client = client_of(registration, upstream)
                sandbox.require_success(await simulator.put("/simulator/clients", json=asdict(client)))


def registrations(stack: Stack, council: str) -> list[dict[str, Any]]:
    """Describe a council's two upstreams: One Login for residents, its directory for staff."""
    url, tid = stack.upstream, TENANTS[council]
    one_login = {
        "kind": "onelogin",
        "audience": "residents",
        "title": "GOV.UK One Login (simulated)",
        "title_cy": "GOV.UK One Login (efelychiad)",
        "issuer": providers.one_login(url).issuer,
        "client_id": f"townhall-{council}",
        "identity_level": "P2",
    }
    directory = {
        "kind": "oidc",
        "audience": "staff",
        "title": "Staff account (simulated directory)",
        "title_cy": "Cyfrif staff (cyfeiriadur efelychiadol)",
        "issuer": providers.directory(url, tid).issuer,
        "client_id": f"townhall-staff-{council}",
        "client_secret": secrets_of(stack)["directory"],
        "tenant": tid,
        "groups_claim": "groups",
        "provisioning": "jit",
    }
    return [one_login, directory]


def client_of(registration: dict[str, Any], upstream: dict[str, Any]) -> Client:
    """Describe the council as the simulator's client: with its keys, or with the secret it was given."""
    redirect_uris = local_variants(str(upstream["redirect_uri"]))
    client_id, logout_uri = registration["client_id"], str(upstream["backchannel_logout_uri"])
    if registration["kind"] == "onelogin":
        jwks_uri = str(upstream["jwks_uri"])
        return Client(
            "onelogin", client_id, redirect_uris, jwks_uri=jwks_uri, backchannel_logout_uri=logout_uri
        )
    return Client(
        "directory",
        client_id,
        redirect_uris,
        tenant=registration["tenant"],
        secret=registration["client_secret"],
        backchannel_logout_uri=logout_uri,
    )


def local_variants(url: str) -> tuple[str, ...]:
    """Return the URL by number and by name: people use both, and passkeys need the name."""
    parts = urlsplit(url)
    return tuple(parts._replace(netloc=f"{name}:{parts.port}").geturl() for name in LOCAL_NAMES)


async def _find_or_create_upstream(
    http: httpx.AsyncClient, council: str, registration: dict[str, Any]
) -> dict[str, Any]:
    """Return the council's upstream: that of an earlier run, else a new one."""
    path = f"/{council}/identity/v1/upstreams"
    listed = await http.get(path, params={"limit": 100})
    sandbox.require_success(listed)
    for upstream in listed.json()["items"]:
        if all(upstream[name] == registration[name] for name in ("issuer", "client_id")):
            return dict(upstream)
    created = await sandbox.post(http, path, registration)
    sandbox.require_success(created)
    return dict(created.json())


async def _create_roles(http: httpx.AsyncClient, council: str) -> None:
    """Create a role for each group of the directory. A role that exists stays as it is."""
    tenant = staff.tenants()[TENANTS[council]]
    for group, title in tenant.groups.items():
        name, scopes = ROLES[title]
        path = f"/{council}/identity/v1/roles/{name}"
        if (await http.get(path)).status_code == httpx.codes.NOT_FOUND:
            body = {"title": title, "scopes": scopes, "groups": [group]}
            sandbox.require_success(await http.put(path, json=body))
