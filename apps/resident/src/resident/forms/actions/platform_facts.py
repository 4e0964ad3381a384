"""Facts and addresses of the platform and of the council's suppliers, for one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.values import Answers
from apps.recipes.walk import Walk
from resident.facts.actions.addresses import find_addresses
from resident.facts.actions.look_ups import walk_with_facts
from resident.facts.actions.sources import FactSources
from resident.facts.schemas import FactRecord, GazetteerAddress


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """Where a page's facts come from."""

    sources: FactSources

    async def walk(
        self, bundle: Bundle, answers: Answers, known_facts: Mapping[str, FactRecord], now: datetime
    ) -> tuple[Walk, dict[str, FactRecord]]:
        """Walk a bundle and look up what its path needs and is not held; returns the facts of the path."""
        return await walk_with_facts(self.sources, bundle, answers, known_facts, now)

    async def find_addresses(self, text: str) -> Sequence[GazetteerAddress] | None:
        """Find addresses of the council by a postcode; None if nobody can say now."""
        return await find_addresses(self.sources.platform, text)
