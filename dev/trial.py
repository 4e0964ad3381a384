"""The demonstration service in the town: registered with citytown as a developer would, then started."""

import sys
from dataclasses import asdict

import httpx

from apps.demo_service.relying_party import IDENTITY_LEVELS, Registration
from dev import plan, sandbox, state
from dev.plan import Town
from dev.supervisor import Process, Supervisor

SERVICES = "/citytown/identity/v1/services"
FILE = "service.json"


async def start(town: Town, supervisor: Supervisor) -> None:
    """See that the service is registered, then run it."""
    file, operator = town.folder / FILE, state.read(town.sandbox)["operator"]
    async with httpx.AsyncClient(base_url=town.url("identity"), timeout=20, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {await sandbox.token_of(http, operator)}"
        known = state.read(file)
        there = await http.get(f"{SERVICES}/{known.get('client_id', 'none')}")
        if known.get("url") != town.service or not there.is_success:
            state.write(file, asdict(await _registered(town, http)))
    await supervisor.start(_process(town))


async def _registered(town: Town, http: httpx.AsyncClient) -> Registration:
    """A service of citytown's that may ask for proofs of identity, and for the address with its UPRN."""
    made = await sandbox.new(
        http,
        SERVICES,
        "Demonstration service",
        "sandbox",
        ["email", "openid"],
        name_cy="Gwasanaeth arddangos",
        redirect_uris=[f"{town.service}/signed-in"],
        post_logout_redirect_uris=[f"{town.service}/"],
        identity_levels=list(IDENTITY_LEVELS),
        claims=["address", "identity"],
    )
    client = {name: str(made[name]) for name in ("client_id", "client_secret")}
    return Registration(
        f"{town.gateway}/identity/", client["client_id"], client["client_secret"], town.service
    )


def _process(town: Town) -> Process:
    port = town.ports.of("service")
    argv = [sys.executable, "-m", "apps.demo_service", "--port", str(port)]
    argv += ["--registration", str(town.folder / FILE)]
    return Process("service", argv, plan.base_environment(), plan.answers(port, "/"))
