"""The worker's task that sends what is queued, each letter until it is gone or too old."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Database
from identity.messages import store
from identity.messages.actions.templates import EMAIL, TEXT, write
from identity.messages.actions.transports import Carrier, NotSentError, carrier, text_carrier
from identity.settings import Settings

log = logging.getLogger(__name__)

_EVERY = 1.0  # seconds between looks: somebody waits for a code
_AT_ONCE = 10
# Longer than the slowest sending, so that no two processes send one letter.
_LEASE = timedelta(seconds=90)
_FIRST_WAIT = 5  # seconds; twice as long after each try
_LONGEST_WAIT = 1_800


async def post(database: Database, settings: Settings) -> None:
    """Send letters for ever."""
    takes, texts = carrier(settings), text_carrier(settings)
    while True:
        if not await once(database, settings, takes, texts):
            await asyncio.sleep(_EVERY)


async def once(
    database: Database, settings: Settings, takes: Carrier | None, texts: Carrier | None = None
) -> int:
    """Send what is due, and answer how many letters that were; what is too old is thrown away."""
    now = datetime.now(UTC)
    ways = {EMAIL: settings.mail, TEXT: settings.texts}
    open_ways = [channel for channel, way in ways.items() if way != "none"]
    async with database.writing() as session:
        stale = await store.remove_expired(session, now)
        due = await store.claim(session, now, _LEASE, _AT_ONCE, open_ways) if open_ways else []
    if stale:
        log.error("%s letters were too old to be sent and are gone", stale)
    await asyncio.gather(*(_one(database, texts if row.channel == TEXT else takes, row) for row in due))
    return len(due)


async def _one(database: Database, takes: Carrier | None, row: Row[Any]) -> None:
    if takes is None:  # it stays where the person at the laptop finds it
        async with database.writing() as session:
            await store.put_off(session, row.id, None)
        return
    letter = write(row.template, row.language, row.personalisation, row.channel)
    try:
        await takes.carry(ids.show(row.id), row.address, letter)
    except NotSentError as error:
        await _not_sent(database, row, error)
        return
    async with database.writing() as session:
        await store.remove(session, row.id)


async def _not_sent(database: Database, row: Row[Any], error: NotSentError) -> None:
    log.warning("%s was not sent at try %s: %s", row.template, row.tries, error)
    wait = min(_FIRST_WAIT * 2 ** (row.tries - 1), _LONGEST_WAIT)
    async with database.writing() as session:
        if error.for_ever:
            await store.remove(session, row.id)
        else:
            await store.put_off(session, row.id, datetime.now(UTC) + timedelta(seconds=wait))
