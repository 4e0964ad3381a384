"""The gateway's two processes: Envoy, and the control plane that writes its configuration."""

import json
import sys
from pathlib import Path

from dev import binaries, plan, state
from dev.plan import Town
from dev.ports import HOST
from dev.state import ROOT
from dev.steps import Step
from dev.supervisor import Process, Supervisor


def steps(town: Town, supervisor: Supervisor) -> list[Step]:
    """Envoy starts with what can be written without knowing the councils; the control plane adds them."""

    async def control() -> None:
        await supervisor.start(_control(town))

    return [
        Step("gateway files", lambda: supervisor.run(_render(town))),
        Step("envoy", lambda: supervisor.start(_envoy(town)), ("gateway files",)),
        Step("gateway", control, ("gateway files", "clients")),
    ]


def credentials(town: Town) -> Path:
    """The file with the control plane's client."""
    return town.folder / "gateway-client.json"


def _environment(town: Town) -> dict[str, str]:
    client = state.read(credentials(town))
    upstreams = {name: f"{HOST}:{town.ports.of(name)}" for name in plan.SERVICES}
    made = {
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(town.ports.of("gateway")),
        "GATEWAY_ADMIN_PORT": str(town.ports.of("envoy-admin")),
        "GATEWAY_UPSTREAMS": json.dumps(upstreams),
        "GATEWAY_CONTRACTS": str(ROOT / "contracts" / "openapi"),
        "GATEWAY_OUT": str(_files(town)),
        "GATEWAY_ISSUER": f"{town.gateway}/identity/",
        "GATEWAY_NATS_URL": plan.nats_url(town),
        "GATEWAY_CLIENT_ID": client.get("client_id", ""),
        "GATEWAY_CLIENT_SECRET": client.get("client_secret", ""),
    }
    return made | plan.base_environment()


def _files(town: Town) -> Path:
    return town.folder / "gateway"


def _render(town: Town) -> Process:
    return Process("gateway-render", [sys.executable, "-m", "gateway", "render"], _environment(town))


def _envoy(town: Town) -> Process:
    argv = [str(binaries.envoy()), "--config-path", str(_files(town) / "bootstrap.json")]
    argv += ["--concurrency", "2", "--log-level", "warning", "--disable-hot-restart"]
    argv += ["--file-flush-interval-msec", "1000"]  # else a request is in the log up to ten seconds late
    return Process(
        "envoy", argv, plan.base_environment(), plan.answers(town.ports.of("envoy-admin"), "/ready")
    )


def _control(town: Town) -> Process:
    argv = [sys.executable, "-m", "gateway", "serve", "--port", str(town.ports.of("control"))]
    ready = plan.answers(town.ports.of("control"), "/health/ready")
    return Process("gateway", argv, _environment(town), ready)
