"""The councils this service serves, in memory; ``chassis.council_events`` writes them down."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chassis.auth import not_ready
from chassis.table_copies import TableCopies
from chassis.types import SLUG_PATTERN

PATIENCE = 2.0
"""Seconds a request for a council that is not known waits: one made a moment ago is on its way here."""
MAX_WAITING = 50
"""Requests of one process that wait at once. A flood of invented councils holds no more than these."""

_SLUG = re.compile(SLUG_PATTERN)


@dataclass(frozen=True, slots=True)
class Council:
    """A council as this service knows it."""

    slug: str
    name: str
    gss: str
    region: str
    status: str
    version: int

    @property
    def suspended(self) -> bool:
        return self.status == "suspended"


class Directory:
    """The councils by their slugs: the copy of the table ``council``."""

    channel: ClassVar[str] = "townhall_council"
    statement: ClassVar[str] = "SELECT slug, name, gss, region, status, version FROM council"

    def __init__(self, copies: TableCopies) -> None:
        self._copies = copies
        self.councils: dict[str, Council] = {}
        self._waiting = 0
        copies.add(self)

    def replace(self, rows: Sequence[Any]) -> None:
        """Put the table's rows in place of those in memory."""
        self.councils = {row["slug"]: Council(**row) for row in rows}

    async def find_council(self, slug: str) -> Council | None:
        """Find a council. Waits for one that is not known yet, and returns None after ``PATIENCE`` seconds.

        Raises Problem 503 when too many requests wait already.
        """
        council = self.councils.get(slug)
        if council is not None or not _SLUG.match(slug):
            return council
        if self._waiting >= MAX_WAITING:
            raise not_ready(slug)
        self._waiting += 1
        try:
            return await self._wait_for_council(slug)
        finally:
            self._waiting -= 1

    async def _wait_for_council(self, slug: str) -> Council | None:
        try:
            async with asyncio.timeout(PATIENCE):
                while slug not in self.councils:
                    await self._copies.wait_for_read()
        except TimeoutError:
            await self._copies.refresh_if_older(PATIENCE / 2)
        return self.councils.get(slug)
