"""Look-ups run side by side within a page's time; what fails costs no page, and is left alone for a while."""

import asyncio
import logging
import time
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from apps.recipes.kinds.providers import PROVIDERS as DECLARED
from apps.resident.tests.facts.answers import UPRN, make_lookup, show_areas
from chassis import clock
from resident.facts.actions import look_ups
from resident.facts.actions.look_ups import look_up
from resident.facts.rules.circuits import FAILURES, PAUSE, Circuit
from resident.facts.schemas import FactRecord

AREAS = f"GET mapping/v1/uprn/{UPRN}/areas"
# Questions that no recipe asks yet: whoever writes one builds its provider.
NOT_BUILT = {"casework.slots", "casework.disclosures"}


def make_area(fact="zone", uprn=UPRN):
    return make_lookup("mapping.area", {"address": uprn}, fact, layer="zones")


def count(provider, outcome):
    labels = {"provider": provider, "outcome": outcome}
    return REGISTRY.get_sample_value("resident_fact_duration_seconds_count", labels) or 0


def test_every_provider_that_recipes_may_name_is_built():
    assert DECLARED.keys() - look_ups.PROVIDERS.keys() == NOT_BUILT
    assert look_ups.PROVIDERS.keys() <= DECLARED.keys()


@pytest.mark.parametrize(
    ("answers", "fields"), [({AREAS: show_areas()}, {"found": False}), ({AREAS: 503}, None)]
)
async def test_what_is_held_for_the_same_inputs_is_not_asked_again(open_sources, platform, answers, fields):
    platform.answers = answers
    sources = open_sources()
    former = await look_up(sources, [make_area()], {})
    assert former["zone"].fields == fields
    assert former["zone"].key == make_area().key
    assert clock.now() - datetime.fromisoformat(former["zone"].at) < timedelta(seconds=5)
    again = await look_up(sources, [make_area()], former)
    assert (again, len(platform.requests)) == (former, 1)
    await look_up(sources, [make_area(uprn="907900000002")], former)
    assert len(platform.requests) == 2


async def test_an_outage_is_asked_again_by_the_next_page(open_sources, platform):
    platform.answers = {AREAS: 503}
    former = await look_up(open_sources(), [make_area()], {})
    platform.answers = {AREAS: show_areas()}
    await asyncio.sleep(0.002)
    fresh = await look_up(open_sources(), [make_area()], former)
    assert fresh["zone"].fields == {"found": False}
    old = {"zone": FactRecord(make_area().key, {"found": True}, "2026-01-01T00:00:00+00:00")}
    assert await look_up(open_sources(), [make_area()], old) == old


async def test_slow_providers_take_their_time_once_and_a_page_has_an_end(open_sources, platform):
    platform.answers = {AREAS: 5.0}
    sources = open_sources()
    before, started = count("mapping.area", "timeout"), time.monotonic()
    facts = await look_up(sources, [make_area(f"zone{n}") for n in range(4)], {})
    assert [fact.fields for fact in facts.values()] == [None] * 4
    assert 0.7 < time.monotonic() - started < 1.3
    assert count("mapping.area", "timeout") == before + 4
    await look_up(sources, [make_area("second")], {})
    assert time.monotonic() - started < 2.0
    requests = len(platform.requests)
    assert (await look_up(sources, [make_area("third")], {}))["third"].fields is None
    assert len(platform.requests) == requests, "the page's time was over"


async def test_a_provider_that_fails_is_left_alone_at_this_council(open_sources, platform):
    platform.answers = {AREAS: 503}
    for _ in range(FAILURES):
        await look_up(open_sources(), [make_area()], {})
    platform.answers = {AREAS: show_areas()}
    requests = len(platform.requests)
    assert (await look_up(open_sources(), [make_area()], {}))["zone"].fields is None
    assert len(platform.requests) == requests
    assert (await look_up(open_sources("hillshire"), [make_area()], {}))["zone"].fields == {"found": False}


async def test_a_page_that_is_given_up_holds_no_trial(open_sources, platform):
    sources = open_sources()
    circuit = sources.adapters.find_circuit("mapping.area", "citytown")
    circuit.failures, circuit.opened_at = FAILURES, time.monotonic() - PAUSE
    platform.answers = {AREAS: 5.0}
    page = asyncio.ensure_future(look_up(sources, [make_area()], {}))
    await asyncio.sleep(0.05)
    assert circuit.is_on_trial
    page.cancel()
    with pytest.raises(asyncio.CancelledError):
        await page
    assert not circuit.is_on_trial


async def test_the_log_of_an_outage_names_no_address(open_sources, platform, caplog):
    platform.answers = {AREAS: 503}
    with caplog.at_level(logging.WARNING):
        await look_up(open_sources(), [make_area()], {})
    assert "mapping.area did not answer: Unavailable" in caplog.text
    assert UPRN not in caplog.text


def test_a_circuit_lets_one_through_after_its_pause():
    circuit = Circuit()
    for _ in range(FAILURES):
        assert circuit.admit(0)
        circuit.record(0, is_failure=True)
    assert not circuit.admit(PAUSE - 0.1)
    assert [circuit.admit(PAUSE), circuit.admit(PAUSE)] == [True, False]
    circuit.record(PAUSE, is_failure=True)
    assert not circuit.admit(PAUSE + 0.1)
    assert circuit.admit(2 * PAUSE)
    circuit.record(2 * PAUSE, is_failure=False)
    assert [circuit.admit(2 * PAUSE), circuit.admit(2 * PAUSE)] == [True, True]
