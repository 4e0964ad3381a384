"""Facts of the platform: areas, what is near, cases and holdings; an outage of each is None."""

import pytest

from apps.resident.tests.facts.answers import (
    UPRN,
    show_areas,
    show_duplicate,
    show_duplicates,
    show_feature,
)

BY_HAND = {"lines": ["1 Abbey Green", "Bath"], "postcode": "BA1 1ND"}
PLACE = {"lat": 51.38, "long": -2.36}
AREAS = f"GET mapping/v1/uprn/{UPRN}/areas"
SEARCH = "POST casework/v1/duplicate-searches"
HOLDINGS = "GET casework/v1/holdings"
MATCH = "POST address/v1/match"


def match(outcome, uprn=None):
    return {
        "outcome": outcome,
        "uprn": uprn,
        "confidence": 1.0,
        "exact": True,
        "reasons": [],
        "candidates": [],
    }


async def test_an_area_has_its_name_and_what_its_layer_says(fetch_fact, platform):
    platform.answers = {
        AREAS: show_areas(("C", "Zone C"), ("N1", "Homes without permits")),
        "GET mapping/v1/layers/parking-zones/features/C": show_feature("C", car_free=False),
        "GET mapping/v1/layers/parking-zones/features/N1": show_feature("N1", car_free=True),
    }
    zone = await fetch_fact("mapping.area", layer="parking-zones")
    assert zone == {"found": True, "name": "Zone C", "code": "C", "car_free": True}
    assert platform.requests[0][1].url.params["areas"] == "parking-zones"
    platform.answers[AREAS] = show_areas(("C", "Zone C"))
    assert (await fetch_fact("mapping.area", layer="parking-zones"))["car_free"] is False
    platform.answers[AREAS] = show_areas()
    assert await fetch_fact("mapping.area", layer="parking-zones") == {"found": False}


async def test_a_layer_that_does_not_say_it_leaves_a_truth_out(fetch_fact, platform):
    platform.answers = {
        "GET mapping/v1/locate": {
            **show_areas(("1", "Town")),
            "street": None,
            "assets": [],
            "open_cases": None,
        },
        "GET mapping/v1/layers/ownership/features/1": show_feature("1", ours=True),
    }
    area = await fetch_fact("mapping.area", {"place": PLACE}, layer="ownership")
    assert area == {"found": True, "name": "Town", "code": "1", "ours": True}
    assert platform.requests[0][1].url.params["point"] == "-2.36,51.38"


async def test_what_is_near_has_its_label(fetch_fact, platform):
    near = {"point": show_areas()["point"], "items": [], "generation": {}, "as_of": "2026-12-01T10:00:00Z"}
    platform.answers = {
        f"GET mapping/v1/points/{UPRN}": {"uprn": UPRN, "easting": 3.5, "northing": 4.0, "sequence": 1},
        "GET mapping/v1/near": near,
    }
    settings = {"layer": "grit-bins", "within": "50 m"}
    assert await fetch_fact("mapping.near", **settings) == {"found": False}
    item = {"collection": "grit-bins", "id": "1", "number": 1, "label": "Abbey Green", "distance_m": 3.0}
    platform.answers["GET mapping/v1/near"] = near | {"items": [item]}
    assert await fetch_fact("mapping.near", **settings) == {"found": True, "name": "Abbey Green"}
    query = platform.requests[-1][1].url.params
    assert (query["point"], query["kind"], float(query["within"])) == ("3.5,4.0", "grit-bins", 50)


async def test_an_open_case_is_of_the_same_bin_and_not_closed(fetch_fact, platform):
    bodies = []

    def search(body):
        bodies.append(body)
        closed = show_duplicate("AAA", closed_at="2026-11-30T10:00:00Z")
        return show_duplicates(closed, show_duplicate("BBB", reason="same_street"), show_duplicate("CCC"))

    platform.answers = {SEARCH: search}
    inputs = {"address": UPRN, "bin": "food"}
    assert await fetch_fact("casework.open_case", inputs) == {"reference": "CCC", "state": "reported"}
    assert bodies == [{"case_type": "missed-bin", "uprn": int(UPRN), "same": {"bin": "food"}}]
    platform.answers = {SEARCH: show_duplicates()}
    assert await fetch_fact("casework.open_case", inputs) == {"reference": "", "state": ""}


async def test_cases_nearby_are_counted_within_their_metres(fetch_fact, platform):
    duplicates = [
        show_duplicate(name, "near", metres=metres) for name, metres in (("AAA", 5), ("BBB", 49), ("C", 60))
    ]
    platform.answers = {SEARCH: show_duplicates(*duplicates)}
    nearby = await fetch_fact("casework.nearby", {"place": PLACE}, within="50 m")
    assert nearby == {"open": 2, "reference": "AAA"}
    platform.answers = {SEARCH: show_duplicates(show_duplicate("DDD"))}
    assert await fetch_fact("casework.nearby", within="50 m") == {"open": 1, "reference": "DDD"}


async def test_holdings_are_counted_with_the_day_from_which_they_renew(fetch_fact, platform):
    holdings = {"active": 0, "until": None, "items": []}
    platform.answers = {HOLDINGS: holdings}
    assert await fetch_fact("casework.holdings", kind="garden-waste") == {"active": 0}
    platform.answers = {HOLDINGS: holdings | {"active": 1, "until": "2027-03-31"}}
    assert await fetch_fact("casework.holdings", kind="garden-waste") == {
        "active": 1,
        "until": "2027-03-31",
        "renew_from": "2027-03-01",
    }
    await fetch_fact("casework.holdings", {"plate": "AB12CDE"}, kind="parking-permit")
    assert dict(platform.requests[-1][1].url.params) == {"plate": "AB12CDE", "kind": "parking-permit"}
    assert platform.requests[0][1].url.params["uprn"] == UPRN


async def test_an_address_by_hand_is_matched_and_otherwise_nothing_is_known(fetch_fact, platform):
    platform.answers = {MATCH: match("matched", UPRN), AREAS: show_areas()}
    assert await fetch_fact("mapping.area", {"address": BY_HAND}, layer="zones") == {"found": False}
    platform.answers[MATCH] = match("ambiguous")
    assert await fetch_fact("mapping.area", {"address": BY_HAND}, layer="zones") is None
    assert await fetch_fact("casework.holdings", {"address": BY_HAND}, kind="x") is None
    assert await fetch_fact("waste.garden_round", {"address": BY_HAND}) is None


async def test_a_place_in_words_is_not_looked_up(fetch_fact, platform):
    place = {"place": {"description": "By the bridge"}}
    assert await fetch_fact("mapping.area", place, layer="zones") is None
    assert await fetch_fact("mapping.near", place, layer="zones", within="5 m") is None
    assert await fetch_fact("casework.nearby", place, within="5 m") is None
    assert platform.requests == []


async def test_a_proved_address_is_in_the_persons_own_claims(fetch_fact, platform):
    address = {"uprn": int(UPRN), "postalCode": "BA1 1ND"}
    inputs = {"person": {"signed_in": True, "proved": True}}
    # The path has no council before it: the table's paths begin after two parts.
    platform.answers = {
        "GET userinfo": {"sub": "x", "https://vocab.account.gov.uk/v1/address": [address, {"uprn": 2}]}
    }
    assert await fetch_fact("identity.proved_address", inputs, person=True) == {"uprn": UPRN}
    platform.answers = {"GET userinfo": {"sub": "x"}}
    assert await fetch_fact("identity.proved_address", inputs, person=True) == {}
    assert await fetch_fact("identity.proved_address", inputs) is None


@pytest.mark.parametrize(
    ("provider", "inputs", "settings"),
    [
        ("mapping.area", {"address": UPRN}, {"layer": "zones"}),
        ("mapping.near", {"address": UPRN}, {"layer": "zones", "within": "50 m"}),
        ("casework.open_case", {"address": UPRN, "bin": "food"}, {}),
        ("casework.nearby", {"place": PLACE}, {"within": "50 m"}),
        ("casework.holdings", {"address": UPRN}, {"kind": "garden-waste"}),
        ("identity.proved_address", {"person": {"signed_in": True}}, {}),
    ],
)
async def test_an_outage_is_none(fetch_fact, platform, monkeypatch, provider, inputs, settings):
    def answer(_):
        return 503

    class Out(dict):
        def get(self, *_):
            return answer

    platform.answers = Out()
    assert await fetch_fact(provider, inputs, person=True, **settings) is None
    platform.answers = type("Odd", (dict,), {"get": lambda self, *_: lambda _: {"odd": 1}})()
    assert await fetch_fact(provider, inputs, person=True, **settings) is None
