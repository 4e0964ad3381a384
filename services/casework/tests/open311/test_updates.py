"""Updates: every one is told once, in order, whenever it commits; and what senders add is noted once."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import text

from casework.events import CaseChanged, CaseClosed
from casework.open311.actions.changes import note_change
from chassis import ids

_CASE = text("SELECT case_id FROM open311_report WHERE reference = :reference")


@pytest.fixture
def find_case(database):
    async def find_case(reference):
        async with database.reading("citytown") as session:
            return await session.scalar(_CASE, {"reference": reference})

    return find_case


async def test_a_change_of_state_is_told_to_its_sender_alone(site, open_site, act, catch_up, now):
    reference = await site.report()
    now("2026-04-02T10:00:00Z")
    await act(reference, "inspect", fields={"category": "two", "depth": 60})
    await act(reference, "inspect", fields={"category": "one", "depth": 90})
    await act(reference, "repair")
    await catch_up()
    updates = await site.poll()
    texts = [(each["status"], each["external_status_code"], each["description"]) for each in updates]
    assert texts == [
        ("action_scheduled", "to_repair", "We will repair it"),
        ("fixed", "repaired", "We have repaired it"),
    ]
    stamps = [read(each["updated_datetime"]) for each in updates]
    assert stamps == sorted(set(stamps))
    assert {each["service_request_id"] for each in updates} == {reference}
    assert len({each["update_id"] for each in updates}) == 2
    assert await open_site("a-stranger").poll() == []
    assert await open_site(site.key[-9:], mode="sandbox").poll() == []
    assert (await site.get("servicerequestupdates.json")).status_code == 403


async def test_a_sender_is_told_of_a_private_report_of_theirs(site, act, catch_up):
    members = {
        "address_id": "100012345997",
        "attribute[bin]": "food",
        "attribute[collection_day]": "2026-04-01",
    }
    reference = await site.report("missed-bin", **members)
    await act(reference, "send_crew")
    await catch_up()
    assert [each["status"] for each in await site.poll()] == ["action_scheduled"]


async def test_updates_that_commit_out_of_order_are_all_told(site, database, find_case, now):
    """The first transaction begins, the second commits, a window is polled, then the first commits."""
    first, second = [await find_case(await site.report()) for _ in range(2)]
    now("2026-04-02T12:00:00Z")
    async with database.writing("citytown") as slow:
        await slow.scalar(text("SELECT count(*) FROM open311_update"))
        async with database.writing("citytown") as quick:
            await note_change(quick, "citytown", second, "to_repair")
        answered = await site.poll(start_date="2026-04-02T11:00:00Z", end_date="2026-04-02T12:00:00.5Z")
        await note_change(slow, "citytown", first, "to_repair")
    later = await site.poll(start_date="2026-04-02T12:00:00.500001Z", end_date="2026-04-02T12:01:00Z")
    assert [len(answered), len(later)] == [1, 1]
    again = await site.poll(start_date="2026-04-02T11:00:00Z", end_date="2026-04-02T12:00:00.5Z")
    assert again == answered


async def test_a_poll_waits_for_an_update_that_has_its_stamp(site, database, find_case, now):
    case = await find_case(await site.report())
    now("2026-04-02T13:00:00Z")
    async with database.writing("citytown") as session:
        await note_change(session, "citytown", case, "to_repair")
        window = {"start_date": "2026-04-02T12:59:00Z", "end_date": "2026-04-02T13:00:30Z"}
        polling = asyncio.create_task(site.poll(**window))
        await _wait_for_lock(database)
        assert not polling.done()
    assert len(await polling) == 1


async def _wait_for_lock(database):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as session:
                if await session.scalar(waiting):
                    return
            await asyncio.sleep(0.02)


async def test_no_update_goes_into_an_answered_window_though_the_clock_goes_back(site, act, catch_up, now):
    reference = await site.report()
    now("2026-04-02T14:00:00Z")
    window = {"start_date": "2026-04-02T08:00:00Z", "end_date": "2026-04-02T14:00:00Z"}
    assert await site.poll(**window) == []
    now("2026-04-02T13:59:00Z")
    await act(reference, "inspect", fields={"category": "one", "depth": 60})
    await catch_up()
    assert await site.poll(**window) == []
    [update] = await site.poll(start_date="2026-04-02T14:00:00.000001Z", end_date="2026-04-02T14:01:00Z")
    [view] = (await site.get(f"requests/{reference}.json")).json()
    assert view["updated_datetime"] == update["updated_datetime"]
    await act(reference, "repair")
    await catch_up()
    [view] = (await site.get(f"requests/{reference}.json")).json()
    assert read(view["updated_datetime"]) > read(update["updated_datetime"])


def read(moment):
    return datetime.fromisoformat(moment)


async def test_who_asks_for_the_far_future_does_not_move_the_stamps(site, act, catch_up, now):
    reference = await site.report()
    now("2026-04-02T15:00:00Z")
    await site.poll(start_date="2026-04-02T14:00:00Z", end_date="2099-01-01T00:00:00Z")
    await act(reference, "inspect", fields={"category": "one", "depth": 60})
    await catch_up()
    [update] = await site.poll(start_date="2026-04-02T14:59:00Z", end_date="2026-04-02T15:02:00Z")
    assert update["updated_datetime"] == "2026-04-02T15:01:00.000001Z"


async def test_a_state_that_was_told_is_not_told_again(site, deliver, find_case):
    case = ids.show(await find_case(await site.report()))
    for sequence in (2, 3):
        await deliver(CaseChanged, case=case, case_type="pothole", state="to_repair", sequence=sequence)
    await deliver(CaseClosed, case=case, case_type="pothole", state="repaired", sequence=4)
    await deliver(CaseClosed, case=ids.show(ids.new()), sequence=1)  # it did not come by Open311
    updates = await site.poll(end_date="2026-04-03T00:00:00Z")
    assert [each["status"] for each in updates] == ["action_scheduled", "fixed"]


UPDATE = {"updated_datetime": "2026-04-02T09:30:00Z", "description": "It grew", "status": "OPEN"}


async def test_a_senders_update_is_noted_once_and_stays_personal(site, client, mint):
    reference = await site.report()
    members = {"service_request_id": reference, "update_id": "77", "email": "rosa@example.org", **UPDATE}
    answers = await asyncio.gather(*(site.post("servicerequestupdates.json", **members) for _ in range(3)))
    assert len({answer.text for answer in answers}) == 1
    headers = {"X-Api-Key": mint(scopes=["casework:read"], exp=4_000_000_000, mode="live")}
    base = "/citytown/casework/v1/cases"
    case = (await client.get(f"{base}/by-reference/{reference}", headers=headers)).json()
    history = (await client.get(f"{base}/{case['id']}/history", headers=headers)).json()["items"]
    [entry] = [entry for entry in history if entry["kind"] == "message"]
    assert entry["personal"]["update.description"] == [None, "It grew"]
    assert entry["personal"]["update.from"] == [None, "rosa@example.org"]
    assert "It grew" not in str(entry["after"])
    assert await site.poll(end_date="2026-04-03T00:00:00Z") == []


async def test_a_senders_update_is_refused_where_it_is_not_theirs_or_not_whole(site, open_site):
    reference = await site.report()
    members = {"service_request_id": reference, "update_id": "78", **UPDATE}
    path = "servicerequestupdates.json"
    assert (await open_site("a-stranger").post(path, **members)).status_code == 404
    assert (await site.post(path, **members | {"service_request_id": "HF7K-2P9Q-XBC"})).status_code == 404
    for change in ({"status": "EATEN"}, {"updated_datetime": "2026-04-02"}, {"update_id": ""}):
        assert (await site.post(path, **members | change)).status_code == 400, change
