"""The demonstration service in the stack: registered with citytown as a developer would, then started."""

import sys
from dataclasses import asdict

import httpx

from apps.demo_service.relying_party import IDENTITY_LEVELS, Registration
from dev import sandbox, state
from dev.readiness import http_ready
from dev.stack import Stack, base_environment
from dev.supervisor import Process, Supervisor

SERVICES = "/citytown/identity/v1/services"
FILE = "service.json"


async def start(stack: Stack, supervisor: Supervisor) -> None:
    """Register the service unless an earlier run did, then start it."""
    file, operator = stack.folder / FILE, state.read(stack.sandbox)["operator"]
    async with httpx.AsyncClient(base_url=stack.url("identity"), timeout=20, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {await sandbox.fetch_token(http, operator)}"
        registration = state.read(file)
        registered = await http.get(f"{SERVICES}/{registration.get('client_id', 'none')}")
        if registration.get("url") != stack.demo_service or not registered.is_success:
            state.write(file, asdict(await _register(stack, http)))
    await supervisor.start(_process(stack))


async def _register(stack: Stack, http: httpx.AsyncClient) -> Registration:
    """Register a service that may ask for proofs of identity, and for the address with its UPRN."""
    service = await sandbox.create(
        http,
        SERVICES,
        "Demonstration service",
        "sandbox",
        ["email", "openid"],
        name_cy="Gwasanaeth arddangos",
        redirect_uris=[f"{stack.demo_service}/signed-in"],
        post_logout_redirect_uris=[f"{stack.demo_service}/"],
        identity_levels=list(IDENTITY_LEVELS),
        claims=["address", "identity"],
    )
    issuer = f"{stack.gateway}/identity/"
    return Registration(issuer, str(service["client_id"]), str(service["client_secret"]), stack.demo_service)


def _process(stack: Stack) -> Process:
    port = stack.ports.of("demo-service")
    argv = [sys.executable, "-m", "apps.demo_service", "--port", str(port)]
    argv += ["--registration", str(stack.folder / FILE)]
    return Process("demo-service", argv, base_environment(), http_ready(port, "/"))
