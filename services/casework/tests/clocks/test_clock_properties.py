"""What holds of clocks for any date: properties by Hypothesis."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from casework.calendar.actions.bank_holidays import build_calendars
from casework.calendar.rules.bank_holidays import Proclamation
from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.day_calendars import Span, merge_spans
from casework.calendar.rules.errors import CannotBeComputed
from casework.calendar.rules.nations import Division
from casework.clocks.rules import (
    Corrected,
    Direction,
    Disregarded,
    FirstDay,
    Paused,
    PauseDays,
    Restarted,
    Resumed,
    Roll,
    Started,
    Unit,
    compute_due_date,
    compute_due_day,
    fold_clock,
)
from casework.clocks.rules.due_dates import find_counter
from casework.shared.days import LONDON, find_local_day
from services.casework.tests.clocks.laws import (
    ANY_UK,
    ENGLISH,
    FOI,
    STANDARD_EVENT_NOTICE,
    beginning_with,
    calendars_of,
    define,
    months,
    working_days,
)

DAY = timedelta(1)
dates = st.dates(date(2013, 1, 1), date(2038, 12, 31))
amounts = st.integers(1, 120)
divisions = st.sampled_from([CalendarName(division.value) for division in Division])
by_holidays = st.sampled_from([Unit.WORKING_DAYS, Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS])
rules = st.builds(
    working_days, amount=amounts, calendar=st.one_of(divisions, st.just(ANY_UK)), unit=by_holidays,
    first_day=st.sampled_from(FirstDay), clear=st.booleans(),
)  # fmt: skip
pauses = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=4)


def count_by_hand(rule, start, due):
    """Count a rule's days one by one."""
    counter = find_counter(rule.period, ENGLISH)
    day = start if rule.first_day is FirstDay.INCLUSIVE else start + DAY
    number = 0
    while day <= due:
        number += counter.is_open(day)
        day += DAY
    return number


@given(rules, dates)
def test_adding_days_and_counting_them_agree(rule, start):
    due = compute_due_day(rule, start, ENGLISH)
    assert count_by_hand(rule, start, due) == rule.amount + rule.clear
    assert find_counter(rule.period, ENGLISH).is_open(due)


@given(rules, dates)
def test_back_from_the_due_day_of_a_working_day_is_that_day(rule, start):
    counter = find_counter(rule.period, ENGLISH)
    assume(counter.is_open(start))
    due = compute_due_day(rule, start, ENGLISH)
    assert compute_due_day(replace(rule, direction=Direction.BACKWARD), due, ENGLISH) == start


@given(rules, dates)
def test_any_uk_is_never_before_a_nation(rule, start):
    any_uk = compute_due_day(replace(rule, calendar=ANY_UK), start, ENGLISH)
    for division in Division:
        assert any_uk >= compute_due_day(replace(rule, calendar=CalendarName(division.value)), start, ENGLISH)


@given(rules, dates, st.integers(0, 100), st.sets(st.sampled_from(Division), min_size=1))
def test_a_new_holiday_never_brings_a_date_forward_nor_a_backward_one_later(rule, start, later, nations):
    day = start + later * DAY
    extra = Proclamation(day, tuple(nations), added=True, name="", name_cy="", source="", reason="")
    before, after = ENGLISH, calendars_of(proclamations=[extra])
    assert compute_due_day(rule, start, after) >= compute_due_day(rule, start, before)
    backward = replace(rule, direction=Direction.BACKWARD)
    end = start + 100 * DAY
    assert compute_due_day(backward, end, after) <= compute_due_day(backward, end, before)


@given(dates)
def test_ten_clear_working_days_lie_between_notice_and_event(event):
    notice = compute_due_day(STANDARD_EVENT_NOTICE, event, ENGLISH)
    counter = find_counter(STANDARD_EVENT_NOTICE.period, ENGLISH)
    between = [notice + n * DAY for n in range(1, (event - notice).days)]
    assert sum(map(counter.is_open, between)) >= 10
    later = counter.add(notice, 1)
    assert sum(map(counter.is_open, (later + n * DAY for n in range(1, (event - later).days)))) < 10


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=LONDON).astimezone(UTC)


def make_events(start, spans):
    """Make the start, and a pause for each span: ids rise with the time."""
    events = [Started(id="0", at=at(start), entered_at=at(start))]
    for number, span in enumerate(spans):
        events.append(Paused(id=f"p{number}", at=at(span.first, 9), entered_at=at(span.first, 9)))
        events.append(Resumed(id=f"r{number}", at=at(span.last, 17), entered_at=at(span.last, 17)))
    return events


def fold_due(rule, events, calendars=ENGLISH):
    state = fold_clock(define(rule), events, calendars, at(date(2039, 1, 1)))
    assert not state.ignored
    return state.due


@given(rules, dates, st.integers(1, 60))
def test_pausing_for_no_days_changes_nothing(rule, start, after):
    rule = replace(rule, pause_days=PauseDays.UNTIL_RESUMED)
    day = start + after * DAY
    due = compute_due_date(rule, at(start), ENGLISH)
    assume(day <= due.day)
    assert fold_due(rule, make_events(start, [Span(day, day)])) == due


@given(rules, dates, st.integers(0, 20), st.integers(1, 30), st.integers(1, 30), st.sampled_from(PauseDays))
def test_two_pauses_that_touch_equal_one(rule, start, after, first, second, pause_days):
    rule = replace(rule, pause_days=pause_days)
    begin = start + after * DAY
    assume(at(begin, 9) > at(start) and begin <= compute_due_date(rule, at(start), ENGLISH).day)
    middle = begin + first * DAY
    end = middle + second * DAY
    next_day = middle + DAY if pause_days is PauseDays.BOTH_ENDS else middle
    touching = [
        *make_events(start, [Span(begin, middle)]),
        Paused(id="p", at=at(next_day, 18), entered_at=at(next_day, 18)),
        Resumed(id="r", at=at(max(end, next_day), 19), entered_at=at(max(end, next_day), 19)),
    ]
    assert fold_due(rule, touching) == fold_due(rule, make_events(start, [Span(begin, max(end, next_day))]))


@given(rules, dates, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 25)), max_size=4))
def test_days_that_do_not_count_are_as_many_as_counting_one_by_one_says(rule, start, skips):
    spans = merge_spans(Span(start + a * DAY, start + (a + n) * DAY) for a, n in skips)
    due = compute_due_day(rule, start, ENGLISH, skips=spans)
    counter = find_counter(rule.period, ENGLISH)
    day = start if rule.first_day is FirstDay.INCLUSIVE else start + DAY
    number = 0
    while number < rule.amount + rule.clear:
        number += counter.is_open(day) and not any(day in span for span in spans)
        day += DAY
    assert due == day - DAY
    disregarded = [
        Disregarded(id=f"d{n}", at=at(start, 13), entered_at=at(start, 13), first=span.first, last=span.last)
        for n, span in enumerate(spans)
    ]
    assert fold_due(rule, [*make_events(start, []), *disregarded]).day == due


@given(rules, dates, pauses, st.randoms(use_true_random=False))
def test_a_history_replayed_in_any_order_of_arrival_gives_the_same_state(rule, start, spans, random):
    events = make_events(start, [Span(start + a * DAY, start + (a + n) * DAY) for a, n in spans])
    events.append(Restarted(id="again", at=at(start + 5 * DAY), entered_at=at(start + 9 * DAY)))
    now = at(date(2039, 1, 1))
    state = fold_clock(define(rule), events, ENGLISH, now)
    random.shuffle(events)
    assert fold_clock(define(rule), events, ENGLISH, now) == state


@given(rules, dates, st.integers(-30, 30))
def test_correcting_the_start_equals_having_entered_it_right(rule, start, days):
    right = start + days * DAY
    wrong = Started(id="0", at=at(start), entered_at=at(start + 40 * DAY))
    correction = Corrected(id="c", at=at(start), entered_at=at(start + 41 * DAY), corrects="0", to=at(right))
    assert fold_due(rule, [wrong, correction]) == fold_due(rule, make_events(right, []))


@given(st.builds(at, dates, st.integers(0, 23)))
@example(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))  # 00:30 BST of the next day
def test_a_due_date_is_the_same_in_whichever_zone_its_start_is_written(moment):
    assert compute_due_date(FOI, moment, ENGLISH) == compute_due_date(FOI, moment.astimezone(LONDON), ENGLISH)
    assert find_local_day(moment) == moment.astimezone(LONDON).date()


@given(dates, st.sampled_from([Roll.NEXT_WORKING_DAY, Roll.PREVIOUS_WORKING_DAY]), amounts)
def test_a_day_that_is_moved_is_a_working_day_with_none_between(start, roll, amount):
    rule = beginning_with(amount=amount, calendar=CalendarName.NATION, roll=roll)
    plain = compute_due_day(replace(rule, roll=Roll.NONE), start, ENGLISH)
    rolled = compute_due_day(rule, start, ENGLISH)
    counter = ENGLISH.get_working_days(CalendarName.NATION)
    assert counter.is_open(rolled)
    first, last = sorted((plain, rolled))
    assert sum(counter.is_open(first + n * DAY) for n in range((last - first).days + 1)) == 1


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(1, 400))
def test_months_end_on_the_corresponding_date_or_the_last_of_the_month(start, amount):
    due = compute_due_day(months(amount=amount), start, ENGLISH)
    assert (due.year * 12 + due.month) - (start.year * 12 + start.month) == amount
    assert due.day == start.day or (due.day < start.day and (due + DAY).day == 1)


@given(st.dates(date(1950, 1, 1), date(2090, 12, 31)), amounts)
def test_no_date_is_guessed_outside_the_years_that_are_loaded(start, amount):
    calendar = build_calendars().get_working_days(ANY_UK)
    try:
        due = compute_due_day(working_days(amount=amount, calendar=ANY_UK), start, ENGLISH)
    except CannotBeComputed:
        assert start >= date(2040, 1, 1) or start < date(2011, 12, 31)
    else:
        assert calendar.loaded[0].first <= due <= calendar.loaded[0].last


def test_spans_end_after_they_begin():
    with pytest.raises(ValueError, match="is before"):
        Span(date(2026, 1, 2), date(2026, 1, 1))
