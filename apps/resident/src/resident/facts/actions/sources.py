"""Where one page's facts come from: the council's platform, its suppliers, and the time that is left."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from fastapi import Request as HttpRequest

from apps.recipes.load.faults import RecipeError
from apps.recipes.load.yaml_source import read_source
from chassis import clock
from chassis.outbound import Outbound, Reach, Request, Response
from chassis.types import Slug
from resident.facts.rules.circuits import Circuit
from resident.facts.rules.waste_settings import WasteSettings, read_waste_settings
from resident.settings import Settings
from resident.shared.platform import ThePlatform
from townhall_client import AsyncTownhall

log = logging.getLogger(__name__)
SECONDS = 0.8  # of one provider
PAGE_SECONDS = 1.5
_MOST_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class CouncilSources:
    """What a council set about its suppliers. ``waste``: None where it has no collections of its own."""

    waste: WasteSettings | None = None
    has_keeper_agreement: bool = False


@dataclass(frozen=True, slots=True)
class Adapters:
    """One for a process."""

    settings: Settings
    outbound: Outbound
    councils: Mapping[str, CouncilSources]
    circuits: dict[tuple[str, str], Circuit] = field(default_factory=dict)

    def find_council(self, council: str) -> CouncilSources:
        """Find what a council set; nothing where it set nothing."""
        return self.councils.get(council, CouncilSources())

    def find_circuit(self, provider: str, council: str) -> Circuit:
        """Find the circuit of a provider at a council."""
        return self.circuits.setdefault((provider, council), Circuit())

    async def call(
        self, method: str, uri: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Response:
        """Call a supplier whose address the operator set. Raises OutboundError."""
        request = Request(
            method,
            uri,
            _MOST_BYTES,
            {"Accept": "application/json", **headers},
            content,
            reach=Reach.ANYWHERE,
            allow_http=True,
            seconds=SECONDS,
        )
        return await self.outbound.send(request)


def make_adapters(settings: Settings) -> Adapters:
    """Make a process's adapters."""
    return Adapters(settings, Outbound(settings), _read_councils(settings.councils))


def _read_councils(file: Path) -> dict[str, CouncilSources]:
    """Read what councils set about their suppliers. One council's fault takes no other council's facts."""
    try:
        content = read_source(file.name, file.read_text()).content
    except (OSError, RecipeError) as error:
        log.warning("no settings of councils are read from %s: %s", file, error)
        return {}
    return {slug: _read_council(slug, keys) for slug, keys in content.items()}


def _read_council(slug: str, keys: dict[str, Any]) -> CouncilSources:
    try:
        waste = read_waste_settings(keys["waste"]) if "waste" in keys else None
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the settings of waste collections of %s are not read: %s", slug, error)
        waste = None
    return CouncilSources(waste, keys.get("keeper_agreement") is True)


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


async def _make_sources(request: HttpRequest, council: Slug, platform: ThePlatform) -> FactSources:
    return make_sources(council, platform, get_adapters(request.app.state))


TheSources = Annotated[FactSources, Depends(_make_sources)]
"""The sources of this page's facts. Without credentials for the council the page is a 503."""
