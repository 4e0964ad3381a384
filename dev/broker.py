"""The users of the stack's NATS: their seeds, what each may do, and the councils' own consumers."""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis.broker import accounts, keys, topology
from chassis.broker.connection import Access, connect
from chassis.broker.streams import OwnerSettings, ensure_all
from chassis.broker.topology import CouncilConsumer, Topology
from dev import nats
from dev.stack import Stack, base_environment, nats_seeds, nats_url, uses_own_nats
from dev.state import ROOT
from dev.supervisor import Process

CONTRACT = ROOT / "contracts" / "asyncapi.json"


@dataclass(frozen=True)
class Broker:
    """A running server with accounts: its `url`, and the seed of each user."""

    url: str
    seeds: dict[str, str]

    def access(self, user: str) -> Access:
        """Return the access of one of its users."""
        return Access(self.url, user, self.seeds[user])


@contextmanager
def running(directory: Path, platform: Topology) -> Iterator[Broker]:
    """Run a server for a test run, with the platform's accounts, streams and consumers."""
    seeds = {user: keys.make_seed() for user in (accounts.OWNER, accounts.GATEWAY, *platform.services)}
    with nats.running(directory, accounts=render_accounts(platform, seeds)) as server:
        broker = Broker(server.url, seeds)
        with ThreadPoolExecutor(1) as thread:  # the caller's own thread may have an event loop
            thread.submit(asyncio.run, _ensure_streams(broker, platform)).result()
        yield broker


async def _ensure_streams(broker: Broker, platform: Topology) -> None:
    client = await connect(broker.access(accounts.OWNER), "set-up")
    try:
        await ensure_all(client, platform, OwnerSettings())
    finally:
        await client.close()


def configure(stack: Stack) -> Path:
    """Write the configuration of the stack's NATS, with a user for each service and council's consumer."""
    seeds = nats_seeds(stack)
    text = render_accounts(
        topology.read_contract(CONTRACT), seeds, topology.read_council_consumers(consumers_file(stack))
    )
    return nats.configure(folder(stack), stack.ports.of("nats"), text)


def render_accounts(
    platform: Topology, seeds: dict[str, str], consumers: tuple[CouncilConsumer, ...] = ()
) -> str:
    """Render the accounts of users whose seeds we have."""
    public = {user: keys.get_public_key(seed) for user, seed in seeds.items()}
    return accounts.render(platform, public, consumers)


def streams(stack: Stack) -> Process:
    """Describe the process that makes every stream and consumer, as their owner."""
    argv = [sys.executable, "-m", "chassis.broker", "streams", "--contract", str(CONTRACT)]
    argv += ["--consumers", str(consumers_file(stack))]
    return Process("streams", argv, owner_environment(stack) | base_environment())


def owner_environment(stack: Stack) -> dict[str, str]:
    """Return the environment of a command that acts as the owner of the streams."""
    seed = {"NATS_OWNER_SEED": nats_seeds(stack)["owner"]} if uses_own_nats() else {}
    return {"NATS_URL": nats_url(stack), **seed}


def folder(stack: Stack) -> Path:
    """Return the folder of the server's configuration and events."""
    return stack.folder / "nats"


def consumers_file(stack: Stack) -> Path:
    """Return the file that lists the councils' own consumers."""
    return folder(stack) / "consumers.json"
