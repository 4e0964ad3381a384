"""Where one page's facts come from: the council's platform, its suppliers, and the time that is left."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis import clock
from resident.facts.actions.adapters import SECONDS, Adapters, make_adapters
from townhall_client import AsyncTownhall

PAGE_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class FactSources:
    """Made anew for each page. ``person``: the platform with the token of the person who is signed in.

    ``deadline`` is of the event loop's clock; ``started_at`` says which outages are of an earlier page, and
    so asked again.
    """

    council: str
    platform: AsyncTownhall
    adapters: Adapters
    person: AsyncTownhall | None
    deadline: float
    started_at: datetime

    @property
    def seconds_left(self) -> float:
        """The seconds that a look-up may take now; not above zero when the page's time is over."""
        return min(SECONDS, self.deadline - asyncio.get_running_loop().time())


def make_sources(
    council: str, platform: AsyncTownhall, adapters: Adapters, person: AsyncTownhall | None = None
) -> FactSources:
    """Make the sources of one page, whose time begins now."""
    deadline = asyncio.get_running_loop().time() + PAGE_SECONDS
    return FactSources(council, platform, adapters, person, deadline, clock.now())


def get_adapters(state: Any) -> Adapters:
    """Get the process's adapters; they are made again when the application gets other settings."""
    adapters: Adapters | None = getattr(state, "adapters", None)
    if adapters is None or adapters.settings is not state.settings:
        state.adapters = adapters = make_adapters(state.settings)
    return adapters
