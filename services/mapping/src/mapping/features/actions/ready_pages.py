"""Pages of features written a moment ago, by what was asked: bounded in bytes, the eldest goes first.

A page holds for a version of its layer. What changes from second to second is the time in it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from prometheus_client import Counter, Gauge

from mapping.collections.rules.layers import Audience

_BYTES = Gauge("mapping_page_cache_bytes", "Bytes that ready-made pages of features take in memory")
_LOOKUPS = Counter("mapping_page_cache_lookups_total", "Look-ups of ready-made pages of features", ["result"])
_HIT, _MISS = _LOOKUPS.labels("hit"), _LOOKUPS.labels("miss")
_ENTRY_BYTES = 1_500  # of a page beside its body: key, headers and objects
_MOST_QUERY = 1_000  # characters of a query that is worth remembering

Headers = Sequence[tuple[bytes, bytes]]


class PageKey(NamedTuple):
    """Names a page: of whose site, for whom, of which state of a layer, and how it was asked for."""

    council: str
    origin: str  # scheme and host, which stand in its links
    accept: str
    audience: Audience
    is_identified: bool
    layer: UUID
    version: int
    changed_at: datetime
    query: bytes

    @property
    def is_worth_keeping(self) -> bool:
        """Tell whether it may be kept: it is short, and no credential is in it."""
        return len(self.query) + len(self.accept) <= _MOST_QUERY and b"key" not in self.query.lower()


@dataclass(slots=True)
class ReadyPage:
    """A page as it was sent: its tag, its headers and its body, in which a moment stands at a place."""

    tag: str
    headers: Headers
    body: bytes
    place: int
    moment: bytes

    def body_at(self, moment: bytes) -> bytes:
        """Return the body, with another moment of the same length if it is another."""
        if moment != self.moment:
            end = self.place + len(moment)
            self.body = b"".join((self.body[: self.place], moment, self.body[end:]))
            self.moment = moment
        return self.body


class ReadyPages:
    """The pages of a process. A page over an eighth of the limit is not kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pages: OrderedDict[PageKey, ReadyPage] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, key: PageKey) -> ReadyPage | None:
        """Return a page, and count it as used."""
        page = self._pages.get(key)
        if page is None:
            _MISS.inc()
            return None
        _HIT.inc()
        self._pages.move_to_end(key)
        return page

    def set(self, key: PageKey, page: ReadyPage) -> None:
        """Keep a page, and drop those not used for longest beyond the limit."""
        size = _measure(page)
        if size * 8 > self._limit or not key.is_worth_keeping:
            return
        before = self._pages.pop(key, None)
        self.bytes += size - (0 if before is None else _measure(before))
        self._pages[key] = page
        while self.bytes > self._limit:
            self.bytes -= _measure(self._pages.popitem(last=False)[1])
        _BYTES.set(self.bytes)


def _measure(page: ReadyPage) -> int:
    return len(page.body) + _ENTRY_BYTES
