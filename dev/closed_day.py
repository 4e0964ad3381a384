"""Funds of each demonstration council, and a day that it has closed: yesterday (``dev.demo_takings``)."""

import json
import sys
from typing import Any

import httpx

from dev import service_processes, state
from dev.stack import Stack, service_environment
from dev.supervisor import Process, Supervisor

NATIONS = {"citytown": "england", "hillshire": "scotland"}


async def ensure(stack: Stack, supervisor: Supervisor) -> None:
    """Import funds and close yesterday for each council that has closed no day yet: one process for all."""
    credentials = state.read(stack.sandbox)["councils"]
    waiting = [
        {"slug": slug, "key": credentials[slug]["api_key"], "nation": nation}
        for slug, nation in NATIONS.items()
        if not await _has_close(stack, slug, credentials[slug])
    ]
    if waiting:
        environment = {**service_environment(stack, "payments"), "DEMO_COUNCILS": json.dumps(waiting)}
        process = Process("closed-day", [sys.executable, "-m", "dev.demo_takings"], environment)
        async with supervisor.suspended(service_processes.worker(stack, "payments").name):
            await supervisor.run(process)


async def _has_close(stack: Stack, council: str, credentials: dict[str, Any]) -> bool:
    headers = {"X-Api-Key": credentials["api_key"]}
    async with httpx.AsyncClient(base_url=stack.url("payments"), timeout=20, trust_env=False) as http:
        response = await http.get(f"/{council}/payments/finance/v1/closes", headers=headers)
        return bool(response.raise_for_status().json()["items"])
