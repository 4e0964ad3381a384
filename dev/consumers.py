"""A council's own consumers of events: users of NATS who read that council's events and nothing else."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from chassis.broker import keys, topology
from chassis.broker.topology import CouncilConsumer
from dev import broker, orphans
from dev.errors import UserError
from dev.stack import EXTERNAL_NATS, Stack, nats_url, uses_own_nats

_RELOAD_WITHIN = 0.3  # seconds until the server knows its new users


@dataclass(frozen=True)
class Credentials:
    """What a council's program needs to connect: the ``user``, also its durable's name, and its ``seed``."""

    url: str
    user: str
    seed: Path


def add(stack: Stack, council: str, name: str) -> Credentials:
    """Add a consumer to the running stack; one of that name gets a new seed.

    Raises UserError for a name that cannot be one.
    """
    seed = keys.make_seed()
    added = {"council": council, "name": name, "public_key": keys.get_public_key(seed)}
    others = [row for row in _read_rows(stack) if (row["council"], row["name"]) != (council, name)]
    _write_rows(stack, [*others, added])
    file = _seed_file(stack, council, name)
    file.touch(mode=0o600)
    file.write_text(seed + "\n")
    _apply(stack)
    return Credentials(nats_url(stack), CouncilConsumer(**added).durable, file)


def remove(stack: Stack, council: str, name: str) -> None:
    """Remove a consumer from the running stack: its connections end. Raises UserError if there is none."""
    rows = _read_rows(stack)
    remaining = [row for row in rows if (row["council"], row["name"]) != (council, name)]
    if len(remaining) == len(rows):
        listed = ", ".join(f"{row['council']} {row['name']}" for row in rows) or "none"
        raise UserError(f"There is no consumer {council} {name}.", f"There are: {listed}.")
    _write_rows(stack, remaining)
    _seed_file(stack, council, name).unlink(missing_ok=True)
    _apply(stack)


def _apply(stack: Stack) -> None:
    """Have the server read its users again, and the owner make or delete the durables."""
    broker.configure(stack)
    server = orphans.find_running(stack.folder).get("nats")
    if server is None:
        raise UserError("NATS does not run.", "Read the logs; then try again.")
    os.kill(server.pid, signal.SIGHUP)
    time.sleep(_RELOAD_WITHIN)
    process = broker.streams(stack)
    result = subprocess.run(process.argv, env=process.env, check=False, capture_output=True, text=True)
    if result.returncode:
        raise UserError(f"The consumer was not made: {result.stderr.strip()}", "Read log/nats.log.")


def _read_rows(stack: Stack) -> list[dict[str, str]]:
    if not uses_own_nats():
        raise UserError(f"{EXTERNAL_NATS} names a server of your own.", "Change the users in its accounts.")
    file = broker.consumers_file(stack)
    return list(json.loads(file.read_text())) if file.exists() else []


def _write_rows(stack: Stack, rows: list[dict[str, str]]) -> None:
    """Replace the list, if every name in the new one can be a consumer's."""
    file = broker.consumers_file(stack)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(rows, indent=2) + "\n")
    try:
        topology.read_council_consumers(draft)
    except ValueError as error:
        draft.unlink()
        raise UserError(f"That cannot be a consumer: {error}.", "Choose other names.") from error
    draft.replace(file)


def _seed_file(stack: Stack, council: str, name: str) -> Path:
    return broker.folder(stack) / f"{council}_{name}.seed"
