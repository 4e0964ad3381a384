"""The gateway's two processes: Envoy, and the control plane that writes its configuration."""

import json
import sys
from pathlib import Path

from dev import binaries, state
from dev.ports import HOST
from dev.readiness import http_ready
from dev.stack import SERVICES, Stack, base_environment, nats_seeds, nats_url, uses_own_nats
from dev.state import ROOT
from dev.steps import Step
from dev.supervisor import Process, Supervisor


def steps(stack: Stack, supervisor: Supervisor) -> list[Step]:
    """Start Envoy with a configuration that names no council; the control plane adds the councils."""

    async def start_control_plane() -> None:
        await supervisor.start(_control_plane(stack))

    return [
        Step("gateway files", lambda: supervisor.run(_render(stack))),
        Step("envoy", lambda: supervisor.start(_envoy(stack)), ("gateway files",)),
        Step("gateway", start_control_plane, ("gateway files", "clients")),
    ]


def credentials_file(stack: Stack) -> Path:
    """Return the file with the control plane's client."""
    return stack.folder / "gateway-client.json"


def _environment(stack: Stack) -> dict[str, str]:
    client = state.read(credentials_file(stack))
    upstreams = {name: f"{HOST}:{stack.ports.of(name)}" for name in SERVICES}
    environment = {
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(stack.ports.of("gateway")),
        "GATEWAY_ADMIN_PORT": str(stack.ports.of("envoy-admin")),
        "GATEWAY_UPSTREAMS": json.dumps(upstreams),
        "GATEWAY_CONTRACTS": str(ROOT / "contracts" / "openapi"),
        "GATEWAY_OUT": str(_configuration_folder(stack)),
        "GATEWAY_ISSUER": f"{stack.gateway}/identity/",
        "GATEWAY_NATS_URL": nats_url(stack),
        "GATEWAY_CLIENT_ID": client.get("client_id", ""),
        "GATEWAY_CLIENT_SECRET": client.get("client_secret", ""),
    }
    if uses_own_nats():
        environment["GATEWAY_NATS_SEED"] = nats_seeds(stack)["gateway"]
    return environment | base_environment()


def _configuration_folder(stack: Stack) -> Path:
    return stack.folder / "gateway"


def _render(stack: Stack) -> Process:
    return Process("gateway-render", [sys.executable, "-m", "gateway", "render"], _environment(stack))


def _envoy(stack: Stack) -> Process:
    bootstrap = _configuration_folder(stack) / "bootstrap.json"
    argv = [str(binaries.envoy()), "--config-path", str(bootstrap)]
    argv += ["--concurrency", "2", "--log-level", "warning", "--disable-hot-restart"]
    argv += ["--file-flush-interval-msec", "1000"]  # by default requests reach the log ten seconds late
    return Process("envoy", argv, base_environment(), http_ready(stack.ports.of("envoy-admin"), "/ready"))


def _control_plane(stack: Stack) -> Process:
    port = stack.ports.of("control")
    argv = [sys.executable, "-m", "gateway", "serve", "--port", str(port)]
    return Process("gateway", argv, _environment(stack), http_ready(port, "/health/ready"))
