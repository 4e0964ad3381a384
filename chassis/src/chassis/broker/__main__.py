"""``python -m chassis.broker VERB``: what the owner of NATS does for a region.

``key`` makes a user's seed; ``accounts`` prints the part of the server's configuration that says who may do
what; ``streams`` makes every stream and durable consumer.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from nats.errors import Error as NatsError

from chassis.broker import accounts, connection, keys, streams, topology
from chassis.broker.streams import OwnerSettings


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chassis.broker", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("key", help="make a user: its secret seed and its public key, as JSON")
    render = verbs.add_parser("accounts", help="print the accounts for the server's configuration")
    render.add_argument("--keys", type=Path, required=True, help="JSON: user to public key")
    ensure = verbs.add_parser("streams", help="make the streams and consumers; needs NATS_OWNER_SEED")
    for verb in (render, ensure):
        verb.add_argument("--contract", type=Path, required=True, help="the platform's asyncapi.json")
        verb.add_argument("--consumers", type=Path, help="JSON: the councils' own consumers")
    return parser


def main() -> int:
    """Run the verb of the command line; return the exit code."""
    arguments = _make_parser().parse_args()
    if arguments.verb == "key":
        seed = keys.make_seed()
        print(json.dumps({"seed": seed, "public_key": keys.get_public_key(seed)}))
        return 0
    try:
        platform = topology.read_contract(arguments.contract)
        consumers = topology.read_council_consumers(arguments.consumers) if arguments.consumers else ()
        if arguments.verb == "accounts":
            print(accounts.render(platform, json.loads(arguments.keys.read_text()), consumers), end="")
        else:
            asyncio.run(_ensure_streams(platform, consumers))
    except (OSError, ValueError, NatsError, TimeoutError) as error:
        print(
            f"python -m chassis.broker {arguments.verb}: {str(error) or type(error).__name__}",
            file=sys.stderr,
        )
        return 1
    return 0


async def _ensure_streams(
    platform: topology.Topology, consumers: tuple[topology.CouncilConsumer, ...]
) -> None:
    settings = OwnerSettings()
    client = await connection.connect(settings.access(), "owner")
    try:
        await streams.ensure_all(client, platform, settings, consumers)
    finally:
        await client.close()
    print(
        f"{len(platform.services)} services, {len(platform.durables)} consumers, {len(consumers)} of councils"
    )


if __name__ == "__main__":
    sys.exit(main())
