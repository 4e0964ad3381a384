"""``python -m chassis dead-letters SERVICE``: a person reads, replays and drops dead letters.

docs/operations.md says what to do when the alarm rings. Nothing of an event is printed without ``--data``,
which can show personal data.
"""

import argparse
import getpass
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby

from chassis.app import Service
from chassis.broker.connection import connect
from chassis.broker.streams import owner_access
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.delivery import inbox
from chassis.delivery.dead_letters import DeadLetter, DeadLetters
from chassis.failures import Fault, classify, describe
from chassis.settings import Settings

log = logging.getLogger(__name__)

_MAX_LISTED = 100


async def run(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    """Run a command on a service's dead letters; return the exit code. Raises SystemExit with a message."""
    consumers = {consumer.name: consumer for consumer in service.all_consumers}
    name = getattr(arguments, "consumer", None)
    if name is not None and name not in consumers:
        raise SystemExit(f"{service.name} has no consumer {name}; there are {sorted(consumers)}")
    async with _open(service, settings) as letters:
        match arguments.action:
            case "show":
                return await _show(letters, arguments.id, data=arguments.data)
            case "replay":
                chosen = await _choose(letters, arguments)
                return await _replay(service.database(settings), letters, chosen, consumers)
            case "drop":
                return await _drop(letters, arguments)
            case _:
                return await _list(letters, name or "*", dropped=getattr(arguments, "dropped", False))


@asynccontextmanager
async def _open(service: Service, settings: Settings) -> AsyncIterator[DeadLetters]:
    client = await connect(owner_access(settings), f"{service.name}-dead-letters")
    try:
        yield DeadLetters(client, service.name)
    finally:
        await client.close()


async def _list(letters: DeadLetters, consumer: str, *, dropped: bool) -> int:
    """Print the letters by consumer, event and reason: how many, from when to when, and the ids."""
    listed = [letter async for letter in letters.list(consumer, "dropped" if dropped else "letter")]
    if not listed:
        print(f"no {'dropped' if dropped else 'dead'} letters")
    for (name, subject, reason), group in groupby(sorted(listed, key=_group), key=_group):
        members = sorted(group, key=lambda letter: letter.position)
        first, last = (f"{letter.time:%Y-%m-%d %H:%M:%S}" for letter in (members[0], members[-1]))
        print(f"{name}: {len(members)} of {subject}, {first} to {last} UTC")
        print(f"    {reason}")
        for letter in members[:_MAX_LISTED]:
            print(f"    {letter.id}" + (f"  {letter.dropped_by}: {letter.dropped_because}" * dropped))
        if len(members) > _MAX_LISTED:
            print(f"    and {len(members) - _MAX_LISTED} more")
    return 0


def _group(letter: DeadLetter) -> tuple[str, str, str]:
    return letter.consumer, letter.nats_subject, letter.reason


async def _get(letters: DeadLetters, name: str) -> DeadLetter:
    letter = await letters.get(name)
    if letter is None:
        raise SystemExit(f"there is no dead letter {name}; `dead-letters {letters.service} list` lists them")
    return letter


async def _show(letters: DeadLetters, name: str, *, data: bool) -> int:
    letter = await _get(letters, name)
    print(f"letter     {letter.id}")
    print(f"consumer   {letter.consumer}")
    print(f"subject    {letter.nats_subject}")
    print(f"event      {letter.event_id}")
    print(f"size       {letter.size} bytes")
    print(f"buried     {letter.time.isoformat(timespec='seconds')}")
    print(f"reason     {letter.reason}")
    if data:
        body = await letters.read_body(letter)
        print(f"detail     {letter.detail}")
        print("too large to be kept" if body is None else body.decode(errors="backslashreplace"))
    return 0


async def _choose(letters: DeadLetters, arguments: argparse.Namespace) -> Sequence[DeadLetter]:
    """List the letters to replay: one by its id, all, or all of a consumer."""
    if arguments.id is not None:
        return [await _get(letters, arguments.id)]
    if not (arguments.all or arguments.consumer):
        raise SystemExit("say which: an ID, --all, or --consumer NAME")
    return [letter async for letter in letters.list(arguments.consumer or "*")]


async def _replay(
    database: Database,
    letters: DeadLetters,
    chosen: Sequence[DeadLetter],
    consumers: dict[str, Consumer],
) -> int:
    """Try letters again in the order in which they were buried. Those that succeed leave."""
    done = 0
    try:
        for letter in chosen:
            done += await _replay_one(database, letters, letter, consumers.get(letter.consumer))
    finally:
        await database.close()
    print(f"{done} done, {len(chosen) - done} still dead")
    return 0 if done == len(chosen) else 1


async def _replay_one(
    database: Database, letters: DeadLetters, letter: DeadLetter, consumer: Consumer | None
) -> bool:
    body = await letters.read_body(letter)
    if consumer is None or body is None:
        why = "its event was too large to be kept" if consumer else f"no consumer {letter.consumer} any more"
        print(f"{letter.id} stays: {why}")
        return False
    try:
        await inbox.apply(database, consumer, [inbox.read_envelope(letter.nats_subject, body)])
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, the letter stays
        if classify(error) is Fault.SERVICE:
            raise SystemExit(f"stopped at {letter.id}, and nothing is lost: {describe(error)}") from None
        print(f"{letter.id} stays: {describe(error)}")
        return False
    await letters.delete(letter)
    return True


async def _drop(letters: DeadLetters, arguments: argparse.Namespace) -> int:
    """Remove a letter for ever, and record who did it and why."""
    letter = await _get(letters, arguments.id)
    by = arguments.by or getpass.getuser()
    await letters.drop(letter, by, arguments.reason)
    log.warning("dead letter %s of %s dropped by %s: %s", letter.id, letter.consumer, by, arguments.reason)
    print(f"{letter.id} dropped; `list --dropped` shows what was dropped, by whom and why")
    return 0
