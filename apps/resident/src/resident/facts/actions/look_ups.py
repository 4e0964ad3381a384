"""Looks facts up: all at once, each within its time, and none at the cost of the page."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from prometheus_client import Histogram

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.values import Answers
from apps.recipes.walk import Lookup, Walk, walk
from chassis import clock
from chassis.outbound import OutboundError
from resident.facts.actions import casework, mapping, people, vehicles, waste
from resident.facts.actions.sources import FactSources
from resident.facts.schemas import FactRecord, Fields
from townhall_client import TownhallError

log = logging.getLogger(__name__)
DURATIONS = Histogram(
    "resident_fact_duration_seconds",
    "Duration of looking a fact up, by its provider and how that ended",
    ["provider", "outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5),
)
Provider = Callable[[FactSources, Lookup], Awaitable[Fields | None]]
PROVIDERS: Final[Mapping[str, Provider]] = {
    "mapping.area": mapping.find_area,
    "mapping.near": mapping.find_near,
    "casework.open_case": casework.find_open_case,
    "casework.nearby": casework.count_nearby,
    "casework.holdings": casework.list_holdings,
    "identity.proved_address": people.find_proved_address,
    "waste.containers": waste.list_containers,
    "waste.round": waste.find_round,
    "waste.crew_event": waste.find_crew_event,
    "waste.garden_round": waste.find_garden_round,
    "vehicle.details": vehicles.find_vehicle,
    "vehicle.keeper_check": vehicles.check_keeper,
}
"""By name, as ``apps.recipes.kinds.providers`` lists them.

A provider returns its fields, or None if it cannot know for these inputs (an address by hand that is not in
the gazetteer). It raises what its source raises: that is an outage too, and counts against its circuit.
"""
STANDBY: Final[Mapping[str, Callable[[FactSources], Fields | None]]] = {
    "waste.containers": waste.list_all_containers,
}
"""What a choice offers while the fact of its options is out: whatever else people write, a case refuses."""
# What an answer that is not as its contract says raises while it is read.
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
_FAILURES = (TownhallError, OutboundError, TimeoutError, *_MALFORMED)


async def walk_with_facts(
    sources: FactSources,
    bundle: Bundle,
    answers: Answers,
    former: Mapping[str, FactRecord],
    now: datetime,
    person: Mapping[str, bool] | None = None,
) -> tuple[Walk, dict[str, FactRecord]]:
    """Walk a bundle, and look up what the path needs until nothing new is needed.

    ``former``: what the draft has; it is used where its inputs are still the same. Returns the walk, and the
    facts of its path for the draft to keep. It takes 1.5 s at most.
    """
    facts: dict[str, FactRecord] = {}
    while True:
        path = walk(bundle, answers, {name: fact.fields for name, fact in facts.items()}, now, person)
        waiting = [each for each in path.lookups if each.fact not in facts]
        if not waiting:
            return path, {each.fact: facts[each.fact] for each in path.lookups}
        facts |= await look_up(sources, waiting, former)


async def look_up(
    sources: FactSources, lookups: Sequence[Lookup], former: Mapping[str, FactRecord]
) -> dict[str, FactRecord]:
    """Look facts up in parallel, unless they are held for the same inputs.

    An outage is asked again by the next page, and not by this one.
    """
    waiting = [each for each in lookups if not _still_holds(sources, each, former.get(each.fact))]
    answers = await asyncio.gather(*(_answer(sources, each) for each in waiting))
    fresh = {each.fact: answer for each, answer in zip(waiting, answers, strict=True)}
    return {each.fact: fresh[each.fact] if each.fact in fresh else former[each.fact] for each in lookups}


def _still_holds(sources: FactSources, lookup: Lookup, fact: FactRecord | None) -> bool:
    if fact is None or fact.key != lookup.key:
        return False
    is_answer = fact.fields is not None and not fact.is_standby
    return is_answer or datetime.fromisoformat(fact.at) >= sources.started_at


async def _answer(sources: FactSources, lookup: Lookup) -> FactRecord:
    started, outcome = time.perf_counter(), "cancelled"
    try:
        fields, outcome = await _call(sources, lookup)
    finally:
        DURATIONS.labels(lookup.provider, outcome).observe(time.perf_counter() - started)
    standby = STANDBY.get(lookup.provider) if fields is None else None
    if standby is not None and (options := standby(sources)) is not None:
        return FactRecord(lookup.key, options, clock.now().isoformat(), is_standby=True)
    return FactRecord(lookup.key, fields, clock.now().isoformat())


async def _call(sources: FactSources, lookup: Lookup) -> tuple[Fields | None, str]:
    """Call a provider through its circuit; return its fields, and how that ended, in a word."""
    provider = PROVIDERS.get(lookup.provider)
    if provider is None:
        return None, "missing"
    seconds = sources.seconds_left
    if seconds <= 0:
        return None, "no-time"
    circuit = sources.adapters.find_circuit(lookup.provider, sources.council)
    if not circuit.admit(time.monotonic()):
        return None, "circuit-open"
    try:
        async with asyncio.timeout(seconds):
            fields = await provider(sources, lookup)
    except _FAILURES as error:
        circuit.record(time.monotonic(), is_failure=True)
        # Never the error's own text: it may name an address.
        log.warning("%s did not answer: %s", lookup.provider, type(error).__name__)
        return None, "timeout" if isinstance(error, TimeoutError) else "failed"
    except BaseException:
        circuit.abandon()
        raise
    circuit.record(time.monotonic(), is_failure=False)
    return fields, "unknown" if fields is None else "answered"
