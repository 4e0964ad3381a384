"""Sign-in from upstream: the demonstration councils and the simulated providers, made known to each other."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import httpx

from dev import plan, sandbox, state
from dev.plan import Town
from dev.trouble import Trouble
from dev.upstream import providers, staff
from dev.upstream.clients import Client

TENANTS = {"citytown": staff.CITYTOWN, "hillshire": staff.HILLSHIRE}
# What the groups of a council's directory may do here: a role, and its scopes.
ROLES = {
    "Waste services": ("waste-officer", ["address:read", "casework:read"]),
    "Council tax": ("council-tax-officer", ["address:private", "address:read", "payments:read"]),
    "Customer services": ("adviser", ["address:read", "casework:read", "identity:prove"]),
    "Administrators": ("administrator", ["identity:clients", "identity:keys", "identity:staff"]),
}
NAMES_OF_THIS_MACHINE = ("127.0.0.1", "localhost")


async def register(town: Town) -> None:
    """See that both councils offer both providers, and that these know them."""
    known = state.read(town.sandbox)
    async with (
        httpx.AsyncClient(base_url=town.url("identity"), timeout=20, trust_env=False) as http,
        httpx.AsyncClient(base_url=town.url("upstream"), timeout=20, trust_env=False) as simulated,
    ):
        token = await sandbox.token_of(http, known["operator"])
        if not token:
            raise Trouble("Identity refuses the operator's client.", f"See {town.folder / 'log'}.")
        http.headers["Authorization"] = f"Bearer {token}"
        for council in TENANTS:
            await _roles(http, council)
            for registration in registrations(town, council):
                made = await _upstream(http, council, registration)
                client = client_of(registration, made)
                sandbox.require(await simulated.put("/simulator/clients", json=asdict(client)))


def registrations(town: Town, council: str) -> list[dict[str, Any]]:
    """What a council says of its two upstreams: One Login for residents, its directory for staff."""
    url, tid = town.upstream, TENANTS[council]
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
        "client_secret": plan.secrets_of(town)["directory"],
        "tenant": tid,
        "groups_claim": "groups",
        "provisioning": "jit",
    }
    return [one_login, directory]


def client_of(registration: dict[str, Any], made: dict[str, Any]) -> Client:
    """How the simulator knows the council: by our keys, or the secret it would have given."""
    back = redirects(str(made["redirect_uri"]))
    client_id, left = registration["client_id"], str(made["backchannel_logout_uri"])
    if registration["kind"] == "onelogin":
        keys = str(made["jwks_uri"])
        return Client("onelogin", client_id, back, jwks_uri=keys, backchannel_logout_uri=left)
    secret, tid = registration["client_secret"], registration["tenant"]
    return Client("directory", client_id, back, tenant=tid, secret=secret, backchannel_logout_uri=left)


def redirects(registered: str) -> tuple[str, ...]:
    """People open the town by the number of this machine or by its name, which passkeys need."""
    parts = urlsplit(registered)
    return tuple(parts._replace(netloc=f"{one}:{parts.port}").geturl() for one in NAMES_OF_THIS_MACHINE)


async def _upstream(http: httpx.AsyncClient, council: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The council's upstream: the one of an earlier run, else a new one."""
    path = f"/{council}/identity/v1/upstreams"
    there = await http.get(path, params={"limit": 100})
    sandbox.require(there)
    for one in there.json()["items"]:
        if (one["issuer"], one["client_id"]) == (wanted["issuer"], wanted["client_id"]):
            return dict(one)
    made = await sandbox.post(http, path, wanted)
    sandbox.require(made)
    return dict(made.json())


async def _roles(http: httpx.AsyncClient, council: str) -> None:
    """A role for each group of the directory, by the group's id. What somebody changed stays."""
    tenant = staff.tenants()[TENANTS[council]]
    for group, title in tenant.groups.items():
        name, scopes = ROLES[title]
        path = f"/{council}/identity/v1/roles/{name}"
        if (await http.get(path)).status_code == httpx.codes.NOT_FOUND:
            body = {"title": title, "scopes": scopes, "groups": [group]}
            sandbox.require(await http.put(path, json=body))
