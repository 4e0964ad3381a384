"""The slots of a week when the clocks change, and those that nobody may book yet or any more."""

from datetime import UTC, date, datetime, time, timedelta

from casework.bookings.rules import Opening, Pool, find_bookable, list_bookable, list_slots
from casework.shared.slots import make_slot_id, read_slot_id

DAILY = {day: [Opening(time(1, 30), time(3, 30), 1), Opening(time(9), time(10), 2)] for day in (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)}  # fmt: skip
POOL = Pool("p", DAILY, {date(2026, 4, 1): ()}, {date(2026, 4, 3)})


def list_starts(day):
    return [slot.starts_at for slot in list_slots(POOL, day, day)]


def test_an_hour_that_the_clocks_leave_out_has_no_slot():
    assert list_starts(date(2026, 3, 29)) == [datetime(2026, 3, 29, 8, tzinfo=UTC)]


def test_an_hour_that_there_is_twice_has_one_slot_and_no_two_slots_begin_at_once():
    assert list_starts(date(2026, 10, 25)) == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 9, tzinfo=UTC),
    ]
    starts = [slot.starts_at for slot in list_slots(POOL, date(2026, 1, 1), date(2026, 12, 31))]
    assert starts == sorted(set(starts))


def test_an_exception_and_a_closed_day_have_none():
    assert list_starts(date(2026, 4, 1)) == list_starts(date(2026, 4, 3)) == []


def test_notice_is_in_hours_of_the_world_and_days_ahead_are_local():
    pool = Pool("p", DAILY, {}, (), notice_hours=24, days_ahead=2)
    now = datetime(2026, 3, 28, 9, tzinfo=UTC)  # 24 hours later it is ten on the wall
    starts = [slot.starts_at for slot in list_bookable(pool, date(2026, 3, 1), date(2026, 4, 30), now)]
    assert starts == [datetime(2026, 3, 30, 0, 30, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)]
    assert find_bookable(pool, starts[1], now).capacity == 2
    assert find_bookable(pool, starts[1] + timedelta(minutes=1), now) is None


def test_the_id_of_a_slot_says_its_pool_and_its_start():
    start = datetime(2026, 4, 10, 6, tzinfo=UTC)
    slot = make_slot_id("01hzy3t8qk5v7m9x2c4b6n8p0r", start)
    assert read_slot_id(slot) == ("01hzy3t8qk5v7m9x2c4b6n8p0r", start)
    assert [read_slot_id(text) for text in ("", "x.20260410T0600Z", slot[:-3], slot + "\n")] == [None] * 4
    assert read_slot_id(slot.replace("0410", "1399")) is None
