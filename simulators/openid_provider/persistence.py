"""What outlives a restart of the simulator: its clients, and who moved or left. In one file."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from simulators.openid_provider.clients import Client
from simulators.openid_provider.state import SimulatorState


def load(simulator: SimulatorState, file: Path) -> None:
    """Take up what was kept, and keep what changes from now on."""
    if file.is_file():
        kept: dict[str, Any] = json.loads(file.read_text())
        for one in kept["clients"]:
            simulator.register(client(one))
        for tid, key, groups, active in kept["staff"]:
            simulator.tenants[tid].change(key, groups, active=active)
    simulator.changed = lambda: save(simulator, file)


def client(members: dict[str, Any]) -> Client:
    """As JSON has it. TypeError for members that no client has."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in members.items()
    }
    return Client(**given)


def save(simulator: SimulatorState, file: Path) -> None:
    """Whole or not at all; it holds secrets, so for this account alone."""
    staff = [
        (tenant.tid, member.key, sorted(member.groups), member.active)
        for tenant in simulator.tenants.values()
        for member in tenant.staff.values()
    ]
    clients = [dataclasses.asdict(one) for one in simulator.clients.values()]
    half = file.with_suffix(".half")
    half.touch(mode=0o600)
    half.write_text(json.dumps({"clients": clients, "staff": staff}, indent=1))
    half.replace(file)
