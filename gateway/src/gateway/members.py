"""Follow which replicas of the gateway there are, by name: each takes its share of every limit."""

import asyncio
import logging
import socket

from gateway import files
from gateway.settings import Settings

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two look-ups."""


async def follow_members(settings: Settings) -> None:
    """Look the name up for ever, and write the file of members when they change.

    When the name cannot be resolved, the last members stay: a limit must not grow because DNS is away.
    """
    last_error = ""
    while settings.members:
        try:
            addresses = await resolve(settings.members)
            if await asyncio.to_thread(files.write_members, settings, addresses):
                log.info("the gateway has %d replicas", len(addresses))
            last_error = ""
        except OSError as error:
            if str(error) != last_error:
                log.warning("the gateway's replicas stay as they are: %s", error)
            last_error = str(error)
        await asyncio.sleep(INTERVAL)


async def resolve(name: str) -> list[str]:
    """Resolve a name to all its addresses. Raises OSError when there are none."""
    entries = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in entries})
