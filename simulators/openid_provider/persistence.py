"""The file that keeps clients and changes of staff over a restart."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from simulators.openid_provider.clients import Client
from simulators.openid_provider.state import SimulatorState


def load(state: SimulatorState, file: Path) -> None:
    """Load the file, if it is there, and save every later change to it."""
    if file.is_file():
        content: dict[str, Any] = json.loads(file.read_text())
        for members in content["clients"]:
            state.register(parse_client(members))
        for tid, key, groups, active in content["staff"]:
            state.tenants[tid].change(key, groups, active=active)
    state.changed = lambda: save(state, file)


def parse_client(members: dict[str, Any]) -> Client:
    """Build a client from JSON. Raises TypeError for members that no client has."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in members.items()
    }
    return Client(**values)


def save(state: SimulatorState, file: Path) -> None:
    """Save in one step. The file holds secrets, so only its owner may read it."""
    staff = [
        (tenant.tid, member.key, sorted(member.groups), member.active)
        for tenant in state.tenants.values()
        for member in tenant.staff.values()
    ]
    clients = [dataclasses.asdict(client) for client in state.clients.values()]
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"clients": clients, "staff": staff}, indent=1))
    draft.replace(file)
