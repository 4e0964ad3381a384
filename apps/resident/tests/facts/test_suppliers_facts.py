"""Facts of bins and vehicles: by the simulated suppliers, by the layer of rounds, and when they are out."""

import asyncio

import pytest

from apps.resident.tests.facts.answers import UPRN, make_lookup, show_areas, show_feature
from resident.facts.actions.look_ups import look_up

AREAS = f"GET mapping/v1/uprn/{UPRN}/areas"
ROUND = "GET mapping/v1/layers/bin-rounds/features/R02"
HOLDINGS = "GET casework/v1/holdings"
PROPERTY = f"/waste/control/citytown/properties/{UPRN}"
BIN = {"address": UPRN, "bin": "food"}
LAYER = {AREAS: show_areas("R02"), ROUND: show_feature("R02", day="Tuesday", week="A", reference="R02")}


@pytest.fixture
async def clock(control, set_clock):
    """Set the time of the page and of the contractor."""

    async def clock(text):
        set_clock(text)
        response = await control.put("/waste/control/clock", json={"now": text.replace("Z", "+00:00")})
        assert response.status_code == 204

    await clock("2026-12-01T10:00:00Z")
    return clock


async def put(control, **changes):
    assert (await control.put(PROPERTY, json=changes)).status_code == 204


def values(fields):
    return [option["value"] for option in fields["options"]]


async def test_a_feed_says_which_containers_an_address_has(fetch_fact, control, clock):
    await put(control)
    containers = await fetch_fact("waste.containers")
    assert values(containers) == ["rubbish", "recycling", "food", "garden"]
    assert containers["options"][2] == {
        "value": "food",
        "label": "Grey food waste caddy",
        "label_cy": "Cadi gwastraff bwyd llwyd",
    }
    await put(control, streams=["household-waste"])
    assert values(await fetch_fact("waste.containers")) == ["rubbish"]
    await put(control, streams=[])
    assert await fetch_fact("waste.containers") == {"options": []}


async def test_a_crew_is_out_then_done(fetch_fact, control, clock):
    await put(control, last="2026-12-01")
    round_ = await fetch_fact("waste.round", BIN)
    assert round_ == {
        "day": "2026-12-01",
        "next": "2026-12-08",
        "ends": "15:00",
        "finished": False,
        "unfinished": False,
    }
    await clock("2026-12-01T15:00:00Z")
    assert (await fetch_fact("waste.round", BIN))["finished"] is True
    await put(control, last="2026-12-01", late="18:30")
    late = await fetch_fact("waste.round", BIN)
    assert (late["finished"], late["ends"]) == (False, "18:30")


async def test_a_street_that_was_left_out_has_the_day_of_return(fetch_fact, control, clock):
    await put(control, last="2026-11-30", status="not_completed", back="2026-12-01")
    round_ = await fetch_fact("waste.round", BIN)
    assert (round_["day"], round_["unfinished"], round_["back"]) == ("2026-11-30", True, "2026-12-01")
    await put(control, last="2026-11-30", status="not_completed")
    assert (await fetch_fact("waste.round", BIN))["back"] == "2026-12-07"


async def test_what_the_crew_noted_is_of_the_last_collection_and_of_this_bin(fetch_fact, control, clock):
    event = {"type": "Contaminated", "stream": "food-waste", "at": "2026-11-30T08:12"}
    older = {**event, "type": "Too heavy", "at": "2026-11-23T08:10"}
    await put(control, last="2026-11-30", events=[event, older])
    noted = {
        "reason": "the bin held something it must not hold",
        "reason_cy": "bod rhywbeth na ddylai fod yn y bin",
        "time": "08:12",
    }
    assert await fetch_fact("waste.crew_event", BIN) == noted
    assert await fetch_fact("waste.crew_event", BIN | {"bin": "rubbish"}) == {"reason": "", "time": ""}
    await put(control, last="2026-11-30", events=[older])
    assert await fetch_fact("waste.crew_event", BIN) == {"reason": "", "time": ""}


async def test_a_feed_says_when_the_garden_round_comes(fetch_fact, control, clock):
    await put(control, last="2026-11-30")
    garden = await fetch_fact("waste.garden_round")
    assert garden == {"found": True, "day": "Monday", "next": "2026-12-14"}
    await put(control, streams=["household-waste"])
    assert await fetch_fact("waste.garden_round") == {"found": False}


async def test_without_a_feed_the_layer_of_rounds_answers(fetch_fact, platform, set_clock):
    set_clock("2026-12-02T10:00:00Z")
    platform.answers = LAYER | {HOLDINGS: {"active": 1, "until": None, "items": []}}
    containers = await fetch_fact("waste.containers", council="hillshire")
    assert values(containers) == ["rubbish", "recycling", "garden"]
    assert containers["options"][0]["label"] == "Grey bin for general waste"
    round_ = await fetch_fact("waste.round", BIN | {"bin": "recycling"}, council="hillshire")
    assert round_ == {"day": "2026-11-24", "next": "2026-12-08", "ends": "16:00", "finished": True}
    assert await fetch_fact("waste.crew_event", BIN, council="hillshire") == {}
    garden = await fetch_fact("waste.garden_round", council="hillshire")
    assert garden == {"found": True, "day": "Tuesday", "next": "2026-12-08"}


async def test_a_garden_bin_is_for_subscribers(fetch_fact, platform):
    platform.answers = LAYER | {HOLDINGS: {"active": 0, "until": None, "items": []}}
    assert values(await fetch_fact("waste.containers", council="hillshire")) == ["rubbish", "recycling"]
    platform.answers[HOLDINGS] = 503  # nobody can say: it is offered
    assert values(await fetch_fact("waste.containers", council="hillshire")) == [
        "rubbish",
        "recycling",
        "garden",
    ]


async def test_where_no_round_comes_there_are_no_bins(fetch_fact, platform):
    platform.answers = {AREAS: show_areas()}
    assert await fetch_fact("waste.containers", council="hillshire") == {"options": []}
    assert await fetch_fact("waste.garden_round", council="hillshire") == {"found": False}


async def test_a_property_that_mapping_does_not_know_is_not_said_to_have_none(fetch_fact, platform):
    containers = await fetch_fact("waste.containers", council="hillshire")
    assert values(containers) == ["rubbish", "recycling", "garden"]
    assert await fetch_fact("waste.round", BIN, council="hillshire") is None
    assert await fetch_fact("waste.garden_round", council="hillshire") is None


@pytest.mark.parametrize("provider", ["round", "crew_event", "garden_round"])
@pytest.mark.parametrize("fault", [{"status": 500}, {"seconds": 2}])
async def test_a_feed_that_is_out_is_none(fetch_fact, control, provider, fault):
    await control.post("/waste/control/faults", json={**fault, "times": 9})
    inputs = None if provider == "garden_round" else BIN
    assert await fetch_fact(f"waste.{provider}", inputs) is None


async def test_a_choice_offers_all_containers_while_nobody_knows_them(open_sources, control):
    await control.post("/waste/control/faults", json={"status": 500})
    lookup = make_lookup("waste.containers", {"address": UPRN})
    before = await look_up(open_sources(), [lookup], {})
    assert values(before["fact"].fields) == ["rubbish", "recycling", "food", "garden"]
    assert before["fact"].is_standby
    await put(control, streams=["food-waste"])
    await asyncio.sleep(0.002)
    after = await look_up(open_sources(), [lookup], before)  # the next page asks again
    assert (values(after["fact"].fields), after["fact"].is_standby) == (["food"], False)
    assert await look_up(open_sources(), [lookup], after) == after


async def test_a_council_without_collections_knows_nothing_of_bins(fetch_fact):
    assert await fetch_fact("waste.containers", council="elsewhere") is None


async def test_a_vehicle_is_described_without_what_is_not_recorded(fetch_fact):
    assert await fetch_fact("vehicle.details", {"plate": "AA19AAA"}) == {
        "found": True,
        "make": "FORD",
        "colour": "red",
        "colour_cy": "coch",
        "fuel": "PETROL",
        "co2": 300,
        "tax": "Taxed",
    }
    assert (await fetch_fact("vehicle.details", {"plate": "AA19EEE"}))["co2"] == 0
    assert "co2" not in await fetch_fact("vehicle.details", {"plate": "AA19PPP"})
    assert "co2" not in await fetch_fact("vehicle.details", {"plate": "L2WPS"})


@pytest.mark.parametrize("plate", ["ER19THR", "ER19ERR", "ER19MNT", "ER19BAD"])
async def test_dvla_that_is_out_is_none(fetch_fact, plate):
    assert await fetch_fact("vehicle.details", {"plate": plate}) is None


async def test_a_vehicle_that_dvla_has_not_is_not_found(fetch_fact):
    assert await fetch_fact("vehicle.details", {"plate": "ER19NFD"}) == {"found": False}


async def test_a_keeper_is_unknown_but_by_an_agreement(fetch_fact, control):
    inputs = {"plate": "AB12CDE", "address": UPRN}
    assert await fetch_fact("vehicle.keeper_check", inputs) == {"answer": "unknown"}
    await control.put("/vehicle-enquiry/control/keepers/AB12CDE", json={"uprn": UPRN})
    assert await fetch_fact("vehicle.keeper_check", inputs) == {"answer": "yes"}
    assert await fetch_fact("vehicle.keeper_check", inputs | {"address": "7"}) == {"answer": "no"}
    assert await fetch_fact("vehicle.keeper_check", inputs, council="hillshire") == {"answer": "unknown"}
    await control.post("/vehicle-enquiry/control/faults", json={"status": 503})
    assert await fetch_fact("vehicle.keeper_check", inputs) is None
