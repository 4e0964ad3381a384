"""Matchers that stay in a web process: the names of the councils asked for last, but no property.

A question reads the few properties it needs: of the streets it may mean, with the numbers it says. Before
each, one look-up says what has changed, so that an answer is never older than the gazetteer.
"""

import asyncio
import gc
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field

import asyncpg

from address.address_index.rules import index
from address.address_index.rules.index import NameRow, Properties
from address.address_text.rules.tokens import Asked
from address.matching import store
from address.matching.actions.index_load import by_street, read_index
from address.matching.rules.decision import Match, decide
from address.matching.rules.matcher import Matcher, Wanted

MOST_NAMES = 60_000  # rows of names in memory, of all councils: about 1.2 kB each
_IN_A_THREAD = 400  # addresses that are made ready beside the event loop
_WAIT = 30.0  # seconds between readings of the whole while a long transaction is under way
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Council:
    """What is known of one council."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    matcher: Matcher | None = None
    since: str = ""
    read_at: float = 0.0
    seen: set[tuple[int, int]] = field(default_factory=set)


class Residents:
    """The matchers of one process."""

    def __init__(self, most_names: int = MOST_NAMES) -> None:
        self._most = most_names
        self._councils: OrderedDict[str, _Council] = OrderedDict()

    async def match(self, pool: asyncpg.Pool, council: str, asked: Asked) -> Match:
        """The property an address means, in the gazetteer as it is now."""
        known = self._councils.setdefault(council, _Council())
        self._councils.move_to_end(council)
        matcher = await self._fresh(pool, council, known)
        steps = matcher.steps(asked)
        try:
            wanted = next(steps)
            while True:
                wanted = steps.send(await _streets(pool, council, wanted))
        except StopIteration as stop:
            return decide(stop.value)

    async def _fresh(self, pool: asyncpg.Pool, council: str, known: _Council) -> Matcher:
        """The council's matcher, with the changes since it was made."""
        async with known.lock:
            matcher = known.matcher
            if matcher is not None:
                changes = await store.changed(pool, council, known.since)
                matcher = await _follow(pool, council, known, matcher, changes)
            if matcher is None:
                matcher = await self._read(pool, council, known)
            return matcher

    async def _read(self, pool: asyncpg.Pool, council: str, known: _Council) -> Matcher:
        began = time.monotonic()
        since = await store.horizon(pool)
        matcher = Matcher(await read_index(pool, council))
        known.matcher, known.since, known.read_at = matcher, since, began
        known.seen = set()
        self._make_room(council)
        gc.freeze()  # what stays need not be looked through for garbage, which takes tens of milliseconds
        log.info("read the names of %s in %.2f s", council, time.monotonic() - began)
        return matcher

    def _make_room(self, keep: str) -> None:
        """Forget the councils not asked for longest, while there are more names than may be."""
        while sum(_size(one) for one in self._councils.values()) > self._most:
            oldest = next(iter(self._councils))
            if oldest == keep:
                return
            del self._councils[oldest]


def _size(known: _Council) -> int:
    return known.matcher.index.rows if known.matcher else 0


async def _follow(
    pool: asyncpg.Pool, council: str, known: _Council, matcher: Matcher, changes: store.Changes
) -> Matcher | None:
    """The matcher with these changes; None when they are so many that it must be read again."""
    if len(changes.rows) >= store.MOST_CHANGED:
        waiting = changes.horizon == known.since and time.monotonic() - known.read_at < _WAIT
        return matcher if waiting else None
    fresh = {(row.uprn, row.version) for row in changes.rows} - known.seen
    if fresh:
        rows = await store.changed_names(pool, council, [uprn for uprn, _ in fresh])
        index.extend(matcher.index, (NameRow(*row) for row in rows))
    # What is not yet behind the horizon comes again and is known by then.
    known.since = changes.horizon
    known.seen = {(row.uprn, row.version) for row in changes.rows}
    return matcher


async def _streets(pool: asyncpg.Pool, council: str, wanted: Wanted) -> dict[int, Properties]:
    """The properties wanted, by street."""
    rows = await store.numbered(pool, council, wanted.usrns, wanted.numbers)
    return await asyncio.to_thread(by_street, rows) if len(rows) > _IN_A_THREAD else by_street(rows)
