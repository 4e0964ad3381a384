"""Cache indexes in a web process: the names of recently queried councils, without properties.

A query reads the few properties it needs: of the streets it may mean, with its numbers. Before each, a
look-up reads what has changed, so that an answer is never older than the gazetteer.
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
from address.address_text.rules.tokens import MatchQuery
from address.matching import store
from address.matching.actions.index_load import group_by_street, read_index
from address.matching.rules.decision import Match, decide
from address.matching.rules.matcher import Matcher, NeededProperties

MAX_NAMES = 60_000  # rows of names in memory, for all councils: about 1.2 kB each
_THREAD_FROM = 400  # addresses from which grouping runs in a thread
_WAIT = 30.0  # seconds between full reads during a long transaction
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _CachedCouncil:
    """The cached index of one council."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    matcher: Matcher | None = None
    since: str = ""
    read_at: float = 0.0
    versions: set[tuple[int, int]] = field(default_factory=set)


class IndexCache:
    """The cached indexes of one process, least recently used first."""

    def __init__(self, most_names: int = MAX_NAMES) -> None:
        self._most = most_names
        self._councils: OrderedDict[str, _CachedCouncil] = OrderedDict()

    async def match(self, pool: asyncpg.Pool, council: str, match_query: MatchQuery) -> Match:
        """Match an address against the gazetteer as it is now."""
        cached = self._councils.setdefault(council, _CachedCouncil())
        self._councils.move_to_end(council)
        matcher = await self._fresh(pool, council, cached)
        steps = matcher.steps(match_query)
        try:
            needed = next(steps)
            while True:
                needed = steps.send(await _read_properties(pool, council, needed))
        except StopIteration as stop:
            return decide(stop.value)

    async def _fresh(self, pool: asyncpg.Pool, council: str, cached: _CachedCouncil) -> Matcher:
        """Return the council's matcher, updated with changes."""
        async with cached.lock:
            matcher = cached.matcher
            if matcher is not None:
                changes = await store.list_changes(pool, council, cached.since)
                matcher = await _apply_changes(pool, council, cached, matcher, changes)
            if matcher is None:
                matcher = await self._read(pool, council, cached)
            return matcher

    async def _read(self, pool: asyncpg.Pool, council: str, cached: _CachedCouncil) -> Matcher:
        started = time.monotonic()
        since = await store.get_horizon(pool, council)
        matcher = Matcher(await read_index(pool, council))
        cached.matcher, cached.since, cached.read_at = matcher, since, started
        cached.versions = set()
        self._make_room(council)
        gc.freeze()  # what stays need not be searched for garbage, which takes tens of milliseconds
        log.info("read the names of %s in %.2f s", council, time.monotonic() - started)
        return matcher

    def _make_room(self, current: str) -> None:
        """Drop the least recently used councils while there are too many names."""
        while sum(_size(council_cached) for council_cached in self._councils.values()) > self._most:
            oldest = next(iter(self._councils))
            if oldest == current:
                return
            del self._councils[oldest]


def _size(cached: _CachedCouncil) -> int:
    return cached.matcher.index.rows if cached.matcher else 0


async def _apply_changes(
    pool: asyncpg.Pool, council: str, cached: _CachedCouncil, matcher: Matcher, changes: store.Changes
) -> Matcher | None:
    """Apply changes to the matcher; None when there are so many that it must be read again."""
    if len(changes.rows) >= store.MAX_CHANGED:
        waiting = changes.horizon == cached.since and time.monotonic() - cached.read_at < _WAIT
        return matcher if waiting else None
    new_versions = {(row.uprn, row.version) for row in changes.rows} - cached.versions
    if new_versions:
        rows = await store.list_names_of(pool, council, [uprn for uprn, _ in new_versions])
        index.extend_index(matcher.index, (NameRow(*row) for row in rows))
    # Changes beyond the horizon come again; ``seen`` then has them.
    cached.since = changes.horizon
    cached.versions = {(row.uprn, row.version) for row in changes.rows}
    return matcher


async def _read_properties(
    pool: asyncpg.Pool, council: str, needed: NeededProperties
) -> dict[int, Properties]:
    """Read the properties needed, by street."""
    rows = await store.list_numbered(pool, council, needed.usrns, needed.numbers)
    return (
        await asyncio.to_thread(group_by_street, rows) if len(rows) > _THREAD_FROM else group_by_street(rows)
    )
