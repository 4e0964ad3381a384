"""Schedules: when, once whatever the workers, what was missed, and clocks that jump."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from job_harness import Remind, Write
from notes import jobs as notes_jobs

from chassis.jobs import Daily, Every, Missed, Schedule
from chassis.jobs.schedule import Scheduler, list_due

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def list_times(rule, after, count):
    times = []
    for _ in range(count):
        after = rule.next_after(after)
        times.append(after)
    return times


@pytest.mark.parametrize(
    ("rule", "after", "expected"),
    [
        (Every(60), utc(2026, 1, 1, 12, 0, 30), [utc(2026, 1, 1, 12, 1), utc(2026, 1, 1, 12, 2)]),
        (Every(60), utc(2026, 1, 1, 12, 1), [utc(2026, 1, 1, 12, 2)]),
        (Every(86_400), utc(2024, 2, 28, 1), [utc(2024, 2, 29), utc(2024, 3, 1)]),
        (Daily("02:30"), utc(2026, 1, 1, 2, 30), [utc(2026, 1, 2, 2, 30)]),
        (Daily("02:30"), utc(2026, 7, 1, 1, 29), [utc(2026, 7, 1, 1, 30), utc(2026, 7, 2, 1, 30)]),
        (Daily("00:15"), utc(2026, 6, 30, 23, 14), [utc(2026, 6, 30, 23, 15)]),  # 1 July in London
        # 29 February is a day like another, and there is none in 2100.
        (Daily("09:00"), utc(2028, 2, 28, 10), [utc(2028, 2, 29, 9), utc(2028, 3, 1, 9)]),
        (Daily("09:00"), utc(2100, 2, 28, 10), [utc(2100, 3, 1, 9)]),
        # On 29 March 2026 London has no 01:30: the next that exists is 02:00, an hour after 00:59.
        (Daily("01:30"), utc(2026, 3, 28, 2), [utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]),
        # On 25 October 2026 it has two: the first counts.
        (Daily("01:30"), utc(2026, 10, 24, 2), [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]),
        (Daily("01:30"), utc(2026, 10, 25, 0, 30), [utc(2026, 10, 26, 1, 30)]),
        # Samoa had no 30 December 2011.
        (
            Daily("12:00", "Pacific/Apia"),
            utc(2011, 12, 29, 22),
            [utc(2011, 12, 30, 10), utc(2011, 12, 30, 22)],
        ),
    ],
)
def test_a_rule_says_the_next_times(rule, after, expected):
    assert list_times(rule, after, len(expected)) == expected


def test_a_daily_time_comes_once_on_every_day_of_a_century():
    for at in ("00:00", "01:00", "01:59", "02:00", "23:59"):
        times = list_times(Daily(at), utc(2000, 1, 1), 36_524)
        assert len({moment.astimezone(ZoneInfo("Europe/London")).date() for moment in times}) == len(times)
        assert max(later - earlier for earlier, later in itertools.pairwise(times)) < timedelta(hours=26)


@pytest.mark.parametrize(
    "make", [lambda: Every(0), lambda: Every(86_401), lambda: Daily("25:00"), lambda: Daily("1:00+01:00")]
)
def test_a_rule_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError, match=r".+"):
        make()


def make_schedule(rule=None, missed=Missed.ONCE, **options):
    return Schedule("minutely", rule or Every(60), lambda at: Write(text=f"{at:%d %H:%M}"), missed, **options)


@pytest.mark.parametrize(
    ("missed", "late", "expected"),
    [
        (Missed.SKIP, timedelta(minutes=10, seconds=40), []),
        (Missed.SKIP, timedelta(seconds=5), ["01 12:01"]),
        (Missed.ONCE, timedelta(minutes=9), ["01 12:10"]),
        (Missed.ALL, timedelta(minutes=2), ["01 12:01", "01 12:02", "01 12:03"]),
    ],
)
async def test_a_policy_says_what_follows_from_missed_times(jobs, missed, late, expected):
    jobs.schedules = [make_schedule(missed=missed)]
    jobs.now = START
    await jobs.drain()
    jobs.now = START + timedelta(minutes=1) + late
    await jobs.drain()
    await jobs.drain()
    assert jobs.calls == expected


def test_of_all_that_was_missed_in_years_the_last_hundred_count():
    schedule = make_schedule(Every(1), Missed.ALL)
    times = list_due(schedule, START, START + timedelta(days=3650))
    assert (len(times), times[-1]) == (100, START + timedelta(days=3650))
    assert (
        len(list_due(make_schedule(Daily("06:00"), Missed.ALL), START, START + timedelta(days=3650))) == 100
    )


async def test_four_workers_enqueue_each_time_once_and_any_of_them_stands_in(jobs):
    jobs.schedules = [make_schedule()]
    schedulers = [Scheduler(jobs.database, jobs.schedules, lambda: jobs.now) for _ in range(4)]
    for minutes in range(6):
        jobs.now = START + timedelta(minutes=minutes)
        present = schedulers[minutes % 2 :]  # one is gone at times
        await asyncio.gather(*(scheduler.run_due() for scheduler in present))
    texts = [row.payload["text"] for row in await jobs.list_rows()]
    assert texts == [f"01 12:0{minutes}" for minutes in range(1, 6)]


async def test_a_worker_that_dies_while_it_enqueues_leaves_the_time_to_another(jobs):
    jobs.now = START
    scheduler = Scheduler(jobs.database, [make_schedule()], lambda: jobs.now)
    await scheduler.run_due()
    jobs.now = START + timedelta(minutes=1)

    def die(at):
        raise ConnectionError

    broken = Schedule("minutely", Every(60), die)
    with pytest.raises(ConnectionError):
        await Scheduler(jobs.database, [broken], lambda: jobs.now).run_due()
    await scheduler.run_due()
    assert [row.payload["text"] for row in await jobs.list_rows()] == ["01 12:01"]


async def test_a_clock_that_jumps_back_stops_no_schedule(jobs):
    jobs.schedules = [make_schedule(), Schedule("daily", Daily("06:00"), lambda at: Write(text="daily"))]
    jobs.now = START + timedelta(days=3650)
    await jobs.drain()
    jobs.now = START
    await jobs.drain()
    jobs.now = START + timedelta(minutes=1)
    await jobs.drain()
    assert jobs.calls == ["01 12:01"]
    jobs.now = START + timedelta(hours=18)
    await jobs.drain()
    assert jobs.calls.count("daily") == 1


async def test_a_clock_that_jumps_forward_is_a_time_that_was_missed(jobs):
    jobs.schedules = [make_schedule(missed=Missed.ALL)]
    jobs.now = START
    await jobs.drain()
    jobs.now = START + timedelta(days=30)
    await jobs.drain()
    assert len(jobs.calls) == 100


async def test_workers_whose_looks_cross_do_not_take_each_other_for_a_clock_that_went_back(jobs):
    scheduler = Scheduler(jobs.database, [make_schedule()], lambda: jobs.now)
    jobs.now = START + timedelta(seconds=30)
    await scheduler.run_due()
    jobs.now = START + timedelta(seconds=60)
    await scheduler.run_due()
    jobs.now = START + timedelta(seconds=59)  # looked before, comes after
    await scheduler.run_due()
    jobs.now = START + timedelta(seconds=61)
    await scheduler.run_due()
    assert len(await jobs.list_rows()) == 1


async def test_a_rule_that_a_new_version_changes_takes_effect_and_runs_nothing_at_once(jobs):
    jobs.now = START
    await Scheduler(jobs.database, [make_schedule(Every(3600))], lambda: jobs.now).run_due()
    changed = Scheduler(jobs.database, [make_schedule(Every(60))], lambda: jobs.now)
    seconds = await changed.run_due()
    assert (seconds, await jobs.list_rows()) == (5, [])
    jobs.now = START + timedelta(seconds=58)
    assert await changed.run_due() == 2
    jobs.now = START + timedelta(minutes=1)
    await changed.run_due()
    assert len(await jobs.list_rows()) == 1


async def test_a_schedule_may_be_for_each_active_council(jobs):
    jobs.schedules = notes_jobs.schedules
    jobs.now = START
    await jobs.drain(handlers=notes_jobs.handlers)
    jobs.now = START + timedelta(hours=18)  # a Friday
    await jobs.drain(handlers=notes_jobs.handlers)
    assert await jobs.list_notes() == ["Bins on Friday"]
    assert await jobs.list_notes("hillshire") == ["Bins on Friday"]
    assert await jobs.list_notes("sleepton") == []  # it is suspended
    assert Remind.kind in notes_jobs.handlers.by_kind


def test_two_schedules_have_two_names():
    with pytest.raises(ValueError, match="same name"):
        Scheduler(None, [make_schedule(), make_schedule()], lambda: None)
