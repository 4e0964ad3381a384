"""The contractor's feed: rounds by day, what crews noted, rounds that are late or left out."""

from datetime import date

import httpx
import pytest

from simulators.waste_contractor.simulator import WasteContractor

UPRN = "907900000001"
PATH = f"/control/citytown/properties/{UPRN}"


@pytest.fixture
async def http():
    transport = httpx.ASGITransport(WasteContractor().app)
    async with httpx.AsyncClient(transport=transport, base_url="http://waste") as http:
        await http.put("/control/clock", json={"now": "2026-12-01T10:00:00+00:00"})
        yield http


async def read(http, resource, council="citytown", **query):
    response = await http.get(f"/{council}/{resource}", params={"uprn": UPRN, **query})
    assert response.status_code == 200
    return response.json()


async def test_a_property_has_its_containers_and_days(http):
    services = await read(http, "services")
    streams = [each["container_types"][0]["material_stream"]["name"] for each in services]
    assert streams == ["Rubbish", "Mixed recyclables", "Food waste", "Garden waste"]
    for service in services:
        last, following = (
            date.fromisoformat(service[name]["date"]) for name in ("last_collection", "next_collection")
        )
        assert last <= date(2026, 12, 1) < following
        assert (following - last).days == (14 if service["frequency"] == "fortnightly" else 7)


async def test_a_crew_is_out_until_the_hour_and_may_be_late(http):
    await http.put(PATH, json={"last": "2026-12-01", "streams": ["food-waste"]})
    assert [task["status"] for task in await read(http, "tasks")] == ["in_progress"]
    await http.put("/control/clock", json={"now": "2026-12-01T15:00:00+00:00"})
    assert [task["status"] for task in await read(http, "tasks")] == ["completed"]
    await http.put(PATH, json={"last": "2026-12-01", "streams": ["food-waste"], "late": "18:30"})
    (task,) = await read(http, "tasks")
    assert (task["status"], task["scheduled_end_date"]) == ("in_progress", "2026-12-01T18:30")


async def test_a_round_that_was_left_out_comes_back(http):
    changes = {"last": "2026-11-30", "status": "not_completed", "back": "2026-12-02"}
    await http.put(PATH, json={**changes, "streams": ["food-waste"]})
    tasks = await read(http, "tasks")
    assert [(task["scheduled_start_date"][:10], task["status"]) for task in tasks] == [
        ("2026-11-30", "not_completed"),
        ("2026-12-02", "not_started"),
    ]


async def test_events_are_of_their_property_and_council(http):
    event = {"type": "Contaminated", "stream": "food-waste", "at": "2026-11-30T08:12"}
    await http.put(PATH, json={"events": [event]})
    assert [each["date_created"] for each in await read(http, "events")] == ["2026-11-30T08:12"]
    assert await read(http, "events", start_date="2026-12-01") == []
    assert await read(http, "events", council="hillshire") == []


@pytest.mark.parametrize(
    "members",
    [{"status": "lost"}, {"late": "25:00"}, {"streams": ["gold"]}, {"last": "yesterday"}, {"events": [{}]}],
)
async def test_what_cannot_be_is_refused(http, members):
    before = await read(http, "services")
    assert (await http.put(PATH, json=members)).status_code == 400
    assert await read(http, "services") == before
