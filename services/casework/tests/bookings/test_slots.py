"""Slots: which there are, who has one, and that there are never more bookings than places."""

import asyncio
import random
from datetime import datetime

import pytest
from sqlalchemy import text

_TAKEN = text("""SELECT w.taken, (SELECT count(*) FROM slot_booking b WHERE b.pool_id = w.pool_id
    AND b.mode = w.mode AND b.starts_at = w.starts_at) AS booked FROM slot_window w""")


@pytest.fixture
async def counted(database):
    """After a test every slot's count is that of its bookings."""
    yield
    async with database.reading("hillshire") as session:
        assert all(row.taken == row.booked for row in await session.all(_TAKEN))


pytestmark = pytest.mark.usefixtures("counted")


async def test_free_slots_follow_the_week_its_exceptions_and_closed_days(add_pool, list_slots, keeper):
    pool = await add_pool(exceptions={"2026-04-06": [{"starts": "10:00", "ends": "11:00", "capacity": 1}]})
    closure = {"first_day": "2026-04-10", "last_day": "2026-04-10", "name": "Closed", "name_cy": "Ar gau"}
    closed = (await keeper.post("closures", **closure)).json()
    slots = await list_slots(**{"from": "2026-04-02", "days": 10})
    # Good Friday has none, Monday is an exception, Friday 10 is a closure
    assert [(slot["starts_at"], slot["free"]) for slot in slots] == [
        ("2026-04-04T08:00:00Z", 2),
        ("2026-04-06T09:00:00Z", 1),
        ("2026-04-11T08:00:00Z", 2),
    ]
    assert slots[0]["slot"] == f"{pool['id']}.20260404T0800Z"
    removed = await keeper.change("DELETE", f"closures/{closed['id']}", closed)
    assert removed.status_code == 204


async def test_a_slot_that_a_form_holds_is_its_case_s_and_nobody_else_s(
    add_pool, list_slots, desk, ask_visit, submission
):
    await add_pool(week={"friday": [{"starts": "09:00", "ends": "12:00", "capacity": 1}]})
    [slot, *_] = await list_slots()
    hold = await desk.post("slot-holds", slot=slot["slot"], submission=submission)
    assert (hold.status_code, hold.json()["expires_at"]) == (201, "2026-04-02T09:30:00Z")
    assert slot["slot"] not in [each["slot"] for each in await list_slots()]
    other = await ask_visit(slot["slot"])
    assert other.status_code == 409
    assert other.json()["reasons"][0]["rule"] == "slots.visit"
    case = (await ask_visit(submission=submission)).json()
    assert [(each["status"], each["chosen"]) for each in case["slots"]] == [("held", slot["slot"])]
    assert (await ask_visit(submission=submission)).json()["id"] == case["id"]


async def test_a_hold_that_ran_out_is_free_again_and_its_case_ends(
    add_pool, list_slots, ask_visit, desk, now, run_due, events_of
):
    await add_pool()
    slot = (await list_slots())[0]
    case = (await ask_visit(slot["slot"])).json()
    assert (await list_slots())[0]["free"] == 1
    now("2026-04-02T09:20:00Z")
    assert (await list_slots())[0]["free"] == 2  # before any job has run
    await run_due(datetime.fromisoformat("2026-04-02T09:20:00Z"))
    case = (await desk.get(f"cases/{case['id']}")).json()
    assert (case["state"], case["slots"]) == ("cancelled", [])
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert [entry["act"] for entry in history] == ["ask_visit", "hold_over"]
    assert history[0]["after"]["slots"]["visit"][:2] == ["held", slot["slot"]]


async def test_a_hold_whose_place_somebody_took_is_not_confirmed(add_pool, list_slots, ask_visit, desk, now):
    await add_pool(week={"friday": [{"starts": "09:00", "ends": "12:00", "capacity": 1}]})
    slot = (await list_slots())[0]
    case = (await ask_visit(slot["slot"])).json()
    now("2026-04-02T09:20:00Z")  # the hold is over, and its timer has not run yet
    other = (await ask_visit(slot["slot"])).json()
    assert other["slots"][0]["status"] == "held"
    refused = await desk.act(case, "agree_visit")
    assert (refused.status_code, refused.json()["reasons"][0]["rule"]) == (409, "slots.visit")
    assert (await desk.act(other, "agree_visit")).json()["state"] == "agreed"


async def test_a_hold_that_is_over_is_confirmed_while_nobody_else_wants_it(
    add_pool, list_slots, ask_visit, desk, now
):
    await add_pool()
    case = (await ask_visit((await list_slots())[0]["slot"])).json()
    now("2026-04-02T09:20:01Z")
    assert (await desk.act(case, "agree_visit")).json()["slots"][0]["status"] == "confirmed"


async def test_a_case_that_is_called_off_or_moved_gives_its_place_back(add_pool, list_slots, ask_visit, desk):
    await add_pool()
    first, second, *_ = await list_slots(**{"from": "2026-04-10"})
    case = (await ask_visit(first["slot"])).json()
    case = (await desk.act(case, "agree_visit")).json()
    moved = (await desk.act(case, "choose_again", fields={"visit": second["slot"]})).json()
    assert moved["slots"][0]["chosen"] == second["slot"]
    assert [slot["free"] for slot in await list_slots(**{"from": "2026-04-10", "days": 2})] == [2, 1]
    case = (await desk.act(moved, "agree_visit")).json()
    assert (await desk.act(case, "call_off")).json()["slots"] == []
    assert [slot["free"] for slot in await list_slots(**{"from": "2026-04-10", "days": 2})] == [2, 2]


async def test_a_sandbox_credential_takes_no_place_of_real_cases(add_pool, list_slots, ask_visit, keeper):
    await add_pool()
    slot = (await list_slots())[0]
    assert (await ask_visit(slot["slot"])).status_code == 201
    live = (await keeper.get("slots", pool="plots")).json()["items"]
    assert live[0]["free"] == 2


async def test_another_council_s_slot_is_not_there(add_pool, list_slots, open_desk, submission):
    await add_pool()
    slot = (await list_slots())[0]
    other = open_desk(council="citytown")
    hold = await other.post("slot-holds", slot=slot["slot"], submission=submission)
    assert (hold.status_code, hold.json()["code"]) == (404, "unknown-slot")
    assert (await other.get("slots", pool="plots")).json()["items"] == []


@pytest.mark.parametrize(
    "slot",
    ["01hzy3t8qk5v7m9x2c4b6n8p0r.20260403T0800Z", "{pool}.20260404T0801Z", "{pool}.20260401T0800Z"],
)
async def test_a_slot_that_is_not_one_of_the_pool_is_refused(add_pool, desk, ask_visit, submission, slot):
    pool = await add_pool()
    chosen = slot.format(pool=pool["id"])
    assert (await desk.post("slot-holds", slot=chosen, submission=submission)).status_code == 404
    assert (await ask_visit(chosen)).status_code == 409


async def test_pools_are_kept_with_a_live_credential_and_their_version(keeper, desk, add_pool):
    pool = await add_pool()
    body = {name: pool[name] for name in ("pool", "name", "week")}
    assert (await desk.post("slot-pools", **body)).status_code == 403
    assert (await keeper.post("slot-pools", **body)).json()["code"] == "pool-exists"
    changed = await keeper.change("PUT", f"slot-pools/{pool['id']}", pool, **body, notice_hours=48)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await keeper.change("PUT", f"slot-pools/{pool['id']}", pool, **body)).status_code == 412
    assert (await keeper.get(f"slot-pools/{pool['id']}")).json()["notice_hours"] == 48


async def test_a_race_of_cases_never_books_more_than_there_are_places(add_pool, list_slots, ask_visit):
    await add_pool(week={"friday": [{"starts": "09:00", "ends": "12:00", "capacity": 3}]})
    slot = (await list_slots())[0]
    answers = await asyncio.gather(*(ask_visit(slot["slot"]) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9


@pytest.mark.long
async def test_a_hundred_race_for_seven_places_while_holds_run_out(
    add_pool, list_slots, ask_visit, desk, now, submission
):
    await add_pool(week={"friday": [{"starts": "09:00", "ends": "12:00", "capacity": 7}]})
    slot = (await list_slots())[0]
    for number in range(7):  # seven forms that nobody finishes
        hold = await desk.post("slot-holds", slot=slot["slot"], submission=f"{submission}-{number}")
        assert hold.status_code == 201
    now("2026-04-02T09:30:00Z")  # all seven are over at the moment of the race
    forms = [desk.post("slot-holds", slot=slot["slot"], submission=f"{submission}-x{n}") for n in range(50)]
    calls = [*forms, *(ask_visit(slot["slot"]) for _ in range(50))]
    random.Random(1).shuffle(calls)
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [201] * 7 + [409] * 93


@pytest.mark.long
async def test_cases_that_exchange_their_slots_at_once_do_not_wait_for_each_other(
    add_pool, list_slots, ask_visit, desk
):
    await add_pool()
    first, second, *_ = [slot["slot"] for slot in await list_slots(**{"from": "2026-04-10"})]
    cases = [(await ask_visit(slot)).json() for slot in (first, second)]
    for _ in range(10):
        calls = [
            desk.act(case, "choose_again", fields={"visit": other})
            for case, other in zip(cases, (second, first), strict=True)
        ]
        answers = await asyncio.gather(*calls)
        assert [answer.status_code for answer in answers] == [200, 200]
        cases, first, second = [answer.json() for answer in answers], second, first
