"""The demonstration's councils, clients and keys, made through identity's own API."""

import asyncio
import json
import secrets
import time
from typing import Any

import httpx

from dev import edge, plan, state
from dev.plan import Town
from dev.supervisor import Process, Supervisor
from dev.trouble import Trouble

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
# A key is for using the capabilities; keys, clients and staff are seen to by the council's client.
ADMINISTRATION = {
    "identity:keys",
    "identity:clients",
    "identity:staff",
    "identity:scim",
    "identity:prove",
    "identity:mandates",
    "identity:self",
}
KNOWN_WITHIN = 60.0  # seconds until every service has heard of a new council


async def make(town: Town, supervisor: Supervisor) -> None:
    """See that `.run/sandbox.json` holds credentials that work; make those that do not."""
    known = state.read(town.sandbox)
    async with httpx.AsyncClient(base_url=town.url("identity"), timeout=10, trust_env=False) as http:
        operator, token = await _operator(town, supervisor, http, known.get("operator", {}))
        http.headers["Authorization"] = f"Bearer {token}"
        await _gateway(town, http)
        scopes = await _council_scopes(http)
        councils = {
            slug: await _council(http, slug, scopes, known.get("councils", {}).get(slug, {}))
            for slug in COUNCILS
        }
    places = {"gateway": town.gateway, "upstream": town.upstream, "service": town.service}
    state.write(town.sandbox, {**places, "operator": operator, "councils": councils})
    for slug, council in councils.items():
        key = town.folder / f"{slug}.key"
        key.touch(mode=0o600)
        key.write_text(council["api_key"] + "\n")


async def _operator(
    town: Town, supervisor: Supervisor, http: httpx.AsyncClient, known: dict[str, str]
) -> tuple[dict[str, str], str]:
    """The operator's client and a token of it; a new client when there is none that works."""
    token = await token_of(http, known) if known else ""
    if not token:
        known = await _install_operator(town, supervisor)
        token = await token_of(http, known)
    if not token:
        raise Trouble("Identity refuses the operator's client it just made.", f"See {town.folder / 'log'}.")
    return known, token


async def _install_operator(town: Town, supervisor: Supervisor) -> dict[str, str]:
    """Run identity's command that makes the operator's client, or gives it a new secret."""
    said: list[str] = []
    argv = plan.chassis("run", "identity", "operator")
    env = plan.service_environment(town, "identity")
    await supervisor.run(Process("identity-operator", argv, env), said.append)
    return dict(json.loads(said[-1]))


async def _gateway(town: Town, http: httpx.AsyncClient) -> None:
    """The control plane's own client, which may read the snapshot and nothing else."""
    file = edge.credentials(town)
    known = state.read(file)
    if not known or not await token_of(http, known):
        made = await new(http, "/identity/v1/clients", "Gateway", "live", ["identity:gateway"])
        state.write(file, _client(made))


async def token_of(http: httpx.AsyncClient, client: dict[str, str]) -> str:
    """An access token of a client; empty when identity does not know the client or its secret."""
    login = httpx.BasicAuth(client["client_id"], client["client_secret"])
    form = {"grant_type": "client_credentials"}
    answer = await http.post("/identity/token", data=form, auth=login)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return ""
    require(answer)
    return str(answer.json()["access_token"])


async def _council_scopes(http: httpx.AsyncClient) -> list[str]:
    """Every scope that a council's own credentials may hold."""
    metadata = await http.get("/identity/.well-known/openid-configuration")
    require(metadata)
    # The others say what a service is told of people: openid, email ...
    supported = {scope for scope in metadata.json()["scopes_supported"] if ":" in scope}
    return sorted(supported - REGION_SCOPES)


async def _council(
    http: httpx.AsyncClient, slug: str, scopes: list[str], known: dict[str, Any]
) -> dict[str, Any]:
    """A council's credentials and its service that signs people in: the known ones when they still work."""
    created = await http.post("/identity/v1/councils", json={"slug": slug, **COUNCILS[slug]})
    if created.status_code != httpx.codes.CONFLICT:  # it is there since an earlier run
        require(created)
    if known and await _key_works(http, slug, known["api_key"]) and await token_of(http, _client(known)):
        return known if "service" in known else {**known, "service": await _service(http, slug)}
    using = [scope for scope in scopes if scope not in ADMINISTRATION]
    key = await new(http, f"/{slug}/identity/v1/api-keys", "Sandbox key", "sandbox", using)
    client = await new(http, f"/{slug}/identity/v1/clients", "Sandbox client", "sandbox", scopes)
    return {"api_key": key["key"], **_client(client), "service": await _service(http, slug)}


async def _service(http: httpx.AsyncClient, slug: str) -> dict[str, str]:
    """A service to try sign-in with: it is answered on the developer's own machine, on any port."""
    path, asked = f"/{slug}/identity/v1/services", ["email", "offline_access", "openid"]
    made = await new(http, path, "Sandbox service", "sandbox", asked, **SERVICE)
    return _client(made)


def _client(made: dict[str, Any]) -> dict[str, str]:
    return {name: str(made[name]) for name in ("client_id", "client_secret")}


async def _key_works(http: httpx.AsyncClient, slug: str, key: str) -> bool:
    headers = {"Authorization": f"Bearer {key}"}
    return (await http.get(f"/{slug}/identity/v1/council", headers=headers)).is_success


async def new(
    http: httpx.AsyncClient, path: str, name: str, mode: str, scopes: list[str], **more: Any
) -> dict[str, Any]:
    """Make a key or a client. One of that name whose secret was lost stays: the new one is numbered."""
    body = {"name": name, "mode": mode, "scopes": scopes, **more}
    answer = await post(http, path, body)
    if answer.status_code == httpx.codes.CONFLICT:
        answer = await post(http, path, {**body, "name": f"{name} {int(time.time())}"})
    require(answer)
    return dict(answer.json())


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    """Ask for something to be made, once."""
    return await http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})


def require(answer: httpx.Response) -> None:
    """Trouble unless it succeeded."""
    if not answer.is_success:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise Trouble(
            f"{asked} answered {answer.status_code}: {answer.text[:400]}",
            "The demonstration cannot be made. `rm -rf .run` gives a fresh town.",
        )


async def known_everywhere(town: Town) -> None:
    """Wait until every service, asked through the gateway, knows every council."""
    councils = state.read(town.sandbox)["councils"]
    async with httpx.AsyncClient(base_url=town.gateway, timeout=5, trust_env=False) as http:
        waits = [
            _known(http, f"/{slug}/{name}/v1/council", council["api_key"])
            for slug, council in councils.items()
            for name in plan.SERVICES
        ]
        await asyncio.gather(*waits)


async def _known(http: httpx.AsyncClient, path: str, key: str) -> None:
    end = time.monotonic() + KNOWN_WITHIN
    while True:
        try:
            answer = await http.get(path, headers={"X-Api-Key": key})
            if answer.is_success:
                return
            found = f"{answer.status_code} {answer.text[:200]}"
        except httpx.HTTPError as error:
            found = repr(error)
        if time.monotonic() > end:
            raise Trouble(
                f"{path} does not answer through the gateway after {KNOWN_WITHIN:.0f} s: {found}",
                "See the logs of the gateway, of that service and of its worker.",
            )
        await asyncio.sleep(0.1)
