"""References in other registers: set, ended, looked up both ways, and who may see them."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.testing import published

pytestmark = pytest.mark.usefixtures("gazetteer")
V1 = "/citytown/address/v1"
ADDRESSES = f"{V1}/addresses"
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


def day(offset):
    return (TODAY + offset * DAY).isoformat()


@pytest.fixture
def call(client, mint):
    """``await call(method, path, private=False, **more)``, with or without the scope for private schemes."""

    async def send(
        method, path, *, private=False, scopes=("address:read", "address:write"), headers=None, **more
    ):
        granted = [*scopes, *(["address:private"] if private else [])]
        headers = {"X-Api-Key": mint(scopes=granted, sub="officer-9"), **(headers or {})}
        return await client.request(method, path, headers=headers, **more)

    return send


@pytest.fixture
def put_reference(call):
    async def send(uprn, scheme, reference, *, private=False, **days):
        path = f"{ADDRESSES}/{uprn}/references/{scheme}"
        return await call("PUT", path, private=private, json={"reference": reference, **days})

    return send


@pytest.fixture
def references(call):
    """``await references(uprn)`` -> (scheme, reference) of what holds."""

    async def listed(uprn, *, private=False, **params):
        response = await call("GET", f"{ADDRESSES}/{uprn}/references", private=private, params=params)
        return [(item["scheme"], item["reference"]) for item in response.json()["items"]]

    return listed


@pytest.fixture
def list_uprns(call):
    """``await list_uprns(scheme, reference)`` -> UPRNs."""

    async def look(scheme, reference=None, *, private=False, **params):
        params = {"reference": reference, **params} if reference else params
        response = await call("GET", f"{V1}/references/{scheme}", private=private, params=params)
        return [item["uprn"] for item in response.json()["items"]]

    return look


async def test_a_reference_is_set_and_found_both_ways(put_reference, call, references, list_uprns):
    response = await put_reference(1001, "business-rates", "N/104/7")
    assert (response.status_code, response.json()) == (
        201,
        {
            "uprn": "1001",
            "scheme": "business-rates",
            "reference": "N/104/7",
            "start_date": day(0),
            "end_date": None,
        },
    )
    assert await references(1001) == [("business-rates", "N/104/7")]
    response = await call("GET", f"{V1}/references/business-rates", params={"reference": "N/104/7"})
    (item,) = response.json()["items"]
    assert (item["uprn"], item["address"]) == ("1001", "1 ACACIA ROAD, WALCOT, BATH, BA1 5AA")
    assert await list_uprns("business-rates", "n/104/7") == []


async def test_the_same_again_changes_nothing(put_reference, call, database):
    first = await put_reference(1002, "waste-round", "MON-1")
    version = (await call("GET", f"{ADDRESSES}/1002")).json()["version"]
    events = len(await published(database))
    again = await put_reference(1002, "waste-round", "MON-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await call("GET", f"{ADDRESSES}/1002")).json()["version"] == version
    assert len(await published(database)) == events


async def test_a_scheme_with_one_reference_replaces_it_and_one_with_many_adds(
    put_reference, references, list_uprns
):
    await put_reference(1003, "council-tax", "CT1", private=True)
    await put_reference(1003, "council-tax", "CT2", private=True)
    assert await references(1003, private=True) == [("council-tax", "CT2")]
    assert await list_uprns("council-tax", "CT1", private=True) == []
    assert await list_uprns("council-tax", "CT2", private=True) == ["1003"]
    await put_reference(1004, "waste-round", "MON-1")
    await put_reference(1004, "waste-round", "TUE-2")
    assert await references(1004) == [("waste-round", "MON-1"), ("waste-round", "TUE-2")]


async def test_an_ended_reference_is_history_and_holds_on_the_days_it_did(
    put_reference, call, references, list_uprns
):
    await put_reference(1005, "business-rates", "OLD", start_date=day(-100))
    path = f"{ADDRESSES}/1005/references/business-rates"
    assert (await call("DELETE", path)).status_code == 204
    assert await references(1005) == []
    assert await references(1005, as_of=day(-1)) == [("business-rates", "OLD")]
    assert await references(1005, as_of=day(-101)) == []
    assert await list_uprns("business-rates", "OLD", as_of=day(-50)) == ["1005"]
    assert (await call("DELETE", path)).status_code == 404
    history = (await call("GET", f"{path}/history")).json()["items"]
    assert [(entry["kind"], entry["actor"], entry["start_date"], entry["end_date"]) for entry in history] == [
        ("set", "officer-9", day(-100), None),
        ("ended", "officer-9", day(-100), day(0)),
    ]


async def test_a_reference_that_comes_back_still_held_before(put_reference, call, references):
    await put_reference(1006, "business-rates", "AGAIN", start_date=day(-100), end_date=day(-50))
    await put_reference(1006, "business-rates", "AGAIN", start_date=day(-100))
    assert (await call("DELETE", f"{ADDRESSES}/1006/references/business-rates")).status_code == 204
    assert (await put_reference(1006, "business-rates", "AGAIN", start_date=day(0))).status_code == 201
    assert await references(1006) == [("business-rates", "AGAIN")]
    assert await references(1006, as_of=day(-1)) == [("business-rates", "AGAIN")]


async def test_a_successor_from_a_past_day_ends_the_one_before_on_it(put_reference, references):
    await put_reference(1007, "electoral", "E1", private=True, start_date=day(-100))
    await put_reference(1007, "electoral", "E2", private=True, start_date=day(-10))
    for when, holds in ((0, "E2"), (-10, "E2"), (-11, "E1"), (-100, "E1")):
        assert await references(1007, private=True, as_of=day(when)) == [("electoral", holds)]


async def test_a_reference_of_the_past_is_entered_without_ending_todays(put_reference, references):
    await put_reference(2001, "electoral", "NOW", private=True)
    await put_reference(2001, "electoral", "THEN", private=True, start_date=day(-100), end_date=day(-50))
    assert await references(2001, private=True) == [("electoral", "NOW")]
    assert await references(2001, private=True, as_of=day(-60)) == [("electoral", "THEN")]


async def test_of_several_the_one_to_end_must_be_named(put_reference, call, references):
    await put_reference(1008, "waste-round", "A")
    await put_reference(1008, "waste-round", "B")
    path = f"{ADDRESSES}/1008/references/waste-round"
    response = await call("DELETE", path)
    assert (response.status_code, response.json()["code"]) == (409, "several-references")
    assert (await call("DELETE", path, params={"reference": "C"})).status_code == 404
    assert (await call("DELETE", path, params={"reference": "A"})).status_code == 204
    assert await references(1008) == [("waste-round", "B")]


async def test_private_references_need_their_scope_everywhere(put_reference, call, references, list_uprns):
    await put_reference(1009, "council-tax", "SECRET-7", private=True)
    await put_reference(1009, "waste-round", "MON-9")
    assert await references(1009) == [("waste-round", "MON-9")]
    assert await references(1009, private=True) == [("council-tax", "SECRET-7"), ("waste-round", "MON-9")]
    path = f"{ADDRESSES}/1009/references/council-tax"
    refused = [
        await put_reference(1009, "council-tax", "X"),
        await call("DELETE", path),
        await call("GET", f"{path}/history"),
        await call("GET", f"{V1}/references/council-tax", params={"reference": "SECRET-7"}),
        await call("GET", f"{V1}/references/council-tax"),
    ]
    assert [(response.status_code, response.json()["code"]) for response in refused] == [
        (403, "missing-scope")
    ] * 5
    assert {response.json()["scope"] for response in refused} == {"address:private"}
    assert await list_uprns("council-tax", "SECRET-7", private=True) == ["1009"]


async def test_the_scope_for_private_references_alone_is_not_enough(call):
    path = f"{ADDRESSES}/1009/references/council-tax"
    only = {"private": True, "scopes": ()}
    assert (await call("GET", f"{ADDRESSES}/1009/references", **only)).status_code == 403
    reading = {"private": True, "scopes": ("address:read",)}
    assert (await call("PUT", path, json={"reference": "X"}, **reading)).status_code == 403


async def test_an_open_reference_is_a_change_of_the_property_and_told(put_reference, call, database):
    before = (await call("GET", f"{ADDRESSES}/1010")).json()["version"]
    await put_reference(1010, "waste-round", "WED-4")
    assert (await call("GET", f"{ADDRESSES}/1010")).json()["version"] == before + 1
    event = (await published(database))[-1]
    assert (event.type, event.subject, event.sequence) == ("address.property.changed.v1", "1010", before + 1)
    assert event.data["changed"] == ["references"]
    latest = (await call("GET", f"{ADDRESSES}/1010/history")).json()["items"][0]
    assert latest["changes"] == {"references": [None, {"waste-round": ["WED-4"]}]}
    assert latest["actor"] == "officer-9"


async def test_a_private_reference_leaves_no_trace_in_events_logs_or_the_propertys_history(
    put_reference, call, list_uprns, database, caplog
):
    before = (await call("GET", f"{ADDRESSES}/1011")).json()["version"]
    events = len(await published(database))
    with caplog.at_level(logging.DEBUG):
        await put_reference(1011, "electoral", "CANARY-4711", private=True)
        await list_uprns("electoral", "CANARY-4711", private=True)
        await call("DELETE", f"{ADDRESSES}/1011/references/electoral", private=True)
    assert (await call("GET", f"{ADDRESSES}/1011")).json()["version"] == before
    assert len(await published(database)) == events
    history = await call("GET", f"{ADDRESSES}/1011/history")
    assert "references" not in history.text
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    assert not [line for line in ours if "CANARY-4711" in line]


async def test_a_councils_own_scheme(call, put_reference, references, list_uprns):
    assert (await put_reference(1012, "allotment", "P1", private=True)).status_code == 404
    path = f"{V1}/reference-schemes/allotment"
    assert (await call("GET", path)).status_code == 404
    created = await call("PUT", path, json={"name": "Allotments", "private": False, "many": True})
    assert created.json() == {"scheme": "allotment", "name": "Allotments", "private": False, "many": True}
    assert (await call("GET", path)).json() == created.json()
    await put_reference(1012, "allotment", "P1")
    await put_reference(1012, "allotment", "P2")
    assert await list_uprns("allotment") == ["1012", "1012"]
    fewer = await call("PUT", path, json={"name": "Allotments", "private": False})
    assert (fewer.status_code, fewer.json()["code"]) == (409, "several-references")
    await call("DELETE", f"{ADDRESSES}/1012/references/allotment", params={"reference": "P1"})
    closed = await call("PUT", path, json={"name": "Plots"})
    assert closed.json() == {"scheme": "allotment", "name": "Plots", "private": True, "many": False}
    assert ("allotment", "P2") not in await references(1012)
    opened = await call("PUT", path, json={"name": "Plots", "private": False})
    assert (opened.status_code, opened.json()["code"]) == (403, "missing-scope")


async def test_every_council_has_the_usual_schemes(call):
    listed = {item["scheme"]: item for item in (await call("GET", f"{V1}/reference-schemes")).json()["items"]}
    assert {"council-tax", "business-rates", "electoral", "waste-round"} <= set(listed)
    assert (listed["council-tax"]["private"], listed["electoral"]["private"]) == (True, True)
    assert (listed["business-rates"]["many"], listed["waste-round"]["many"]) == (True, True)


async def test_nobody_opens_a_private_scheme_without_the_scope(call):
    path = f"{V1}/reference-schemes/council-tax"
    body = {"name": "Council tax", "private": False}
    assert (await call("PUT", path, json=body)).status_code == 403
    assert (await call("PUT", path, json={**body, "private": True}, private=True)).status_code == 200


async def test_what_a_file_brought_and_nobody_defined_is_private(call, references, database):
    async with database.writing("citytown") as session:
        row = "('citytown', 3001, '7666vc', 'V1', 1, current_date, current_date)"
        columns = "council, uprn, scheme, reference, version, entry_date, last_update"
        await session.execute(text(f"INSERT INTO cross_reference ({columns}) VALUES {row}"))
    assert await references(3001) == []
    assert await references(3001, private=True) == [("7666vc", "V1")]
    body = {"name": "VOA", "private": False, "many": True}
    assert (await call("PUT", f"{V1}/reference-schemes/7666vc", json=body)).status_code == 403
    assert (await call("PUT", f"{V1}/reference-schemes/7666vc", json=body, private=True)).status_code == 200
    assert await references(3001) == [("7666vc", "V1")]


async def test_a_retired_propertys_references_are_read_and_ended_but_not_set(put_reference, call, references):
    await put_reference(5001, "waste-round", "FRI")
    version = (await call("GET", f"{ADDRESSES}/5001")).headers["ETag"]
    retire = {"json": {"logical_status": 8}, "headers": {"If-Match": version}}
    retired = await call("PATCH", f"{ADDRESSES}/5001", **retire)
    assert retired.status_code == 200
    assert await references(5001) == [("waste-round", "FRI")]
    response = await put_reference(5001, "waste-round", "SAT")
    assert (response.status_code, response.json()["code"]) == (409, "property-retired")
    assert (await call("DELETE", f"{ADDRESSES}/5001/references/waste-round")).status_code == 204
    assert await references(5001) == []


async def test_an_unknown_property_or_scheme_is_404(put_reference, call):
    assert (await put_reference(424242, "waste-round", "X")).status_code == 404
    assert (await put_reference(1001, "no-such-scheme", "X")).status_code == 404
    for path in (
        f"{ADDRESSES}/424242/references",
        f"{ADDRESSES}/424242/references/waste-round/history",
        f"{V1}/references/no-such-scheme",
    ):
        assert (await call("GET", path)).status_code == 404
    assert (await call("DELETE", f"{ADDRESSES}/424242/references/waste-round")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reference"), ({"reference": ""}, "reference"), ({"reference": "x" * 51}, "reference"),
        ({"reference": "a\x00b"}, "reference"), ({"reference": "a\nb"}, "reference"),
        ({"reference": 5}, "reference"),
        ({"reference": "x", "start_date": "yesterday"}, "start_date"),
        ({"reference": "x", "start_date": "2026-02-30"}, "start_date"),
        ({"reference": "x", "start_date": "2026-02-02", "end_date": "2026-02-01"}, "end_date"),
        ({"reference": "x", "uprn": 5}, "uprn"), ([], "body"), ("x", "body"),
    ],
)  # fmt: skip
async def test_a_body_that_cannot_be_kept_is_400_with_its_field(call, body, field):
    response = await call("PUT", f"{ADDRESSES}/3002/references/waste-round", json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert field in response.text


async def test_half_a_character_is_400(call):
    body = {"content": b'{"reference": "\\ud800"}', "headers": {"Content-Type": "application/json"}}
    response = await call("PUT", f"{ADDRESSES}/3002/references/waste-round", **body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize("slug", ["X", "a", "ä-b", "a_b", "-ab", "ab-", "a" * 41])
async def test_a_scheme_has_a_slug(call, slug):
    response = await call("PUT", f"{V1}/reference-schemes/{slug}", json={"name": "x"})
    assert response.status_code == 400


async def test_lists_have_pages(put_reference, call):
    for number in range(7):
        await put_reference(3003, "waste-round", f"PAGE-{number}")
    for start in (f"{ADDRESSES}/3003/references?limit=3", f"{V1}/references/waste-round?limit=3"):
        listed, url = [], start
        while url:
            response = await call("GET", url)
            listed += [(item["reference"], item["uprn"]) for item in response.json()["items"]]
            url = response.links["next"]["url"] if "next" in response.links else None
        assert len(listed) == len(set(listed)) >= 7
        assert {(f"PAGE-{number}", "3003") for number in range(7)} <= set(listed)


async def test_another_council_sees_none_of_it(put_reference, client, mint, database):
    await put_reference(1001, "waste-round", "OURS")
    key = {"X-Api-Key": mint(scopes=["address:read", "address:private"], councils=["hillshire"])}
    base = "/hillshire/address/v1"
    assert (await client.get(f"{base}/references/waste-round", headers=key)).json()["items"] == []
    assert (await client.get(f"{base}/addresses/1001/references", headers=key)).json()["items"] == []
    async with database.reading("hillshire") as session:
        assert await session.scalar(text("SELECT count(*) FROM cross_reference")) == 0
        assert await session.scalar(text("SELECT count(*) FROM reference_history")) == 0


async def test_who_changed_what_stays_written(put_reference, database):
    await put_reference(1001, "waste-round", "KEPT")
    for change in ("DELETE FROM reference_history", "UPDATE reference_history SET actor = 'x'"):
        async with database.writing("citytown") as session:
            with pytest.raises(Exception, match="keeps its rows"):
                await session.execute(text(change))
