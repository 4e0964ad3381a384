"""A clock explains itself: its start, each day that was skipped and why, the rule, and its source."""

import string
from dataclasses import replace
from datetime import date

import pytest

from casework.calendar.rules.calendars import CalendarName, Closure
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.nations import Division
from casework.clocks.rules import (
    Basis,
    ClockDefinition,
    Direction,
    Disregarded,
    Extended,
    ExtensionGround,
    Paused,
    Restarted,
    Resumed,
    Roll,
    Source,
    Started,
    Unit,
    explain_clock,
    fold_clock,
    words,
)
from casework.clocks.rules.sentences import SENTENCES
from services.casework.tests.clocks.laws import (
    ENGLAND,
    ENGLISH,
    FOI,
    FOI_SCHOOL,
    PLANNING,
    PUBLICITY,
    SCOTTISH,
    STANDARD_EVENT_NOTICE,
    SUBJECT_ACCESS,
    TERMS_2025,
    before_event,
    calendars_of,
    day,
    event,
    fold,
    hours,
    moment,
    school_days,
    start,
    weeks,
    working_days,
)


def texts(state, calendars=ENGLISH):
    return [step.text for step in explain_clock(state, calendars)]


def skipped(state, calendars=ENGLISH):
    return {
        step.day.isoformat(): step.key.removeprefix("skipped.")
        for step in explain_clock(state, calendars)
        if step.key.startswith("skipped.")
    }


def test_a_foi_request_explains_every_day_that_did_not_count_and_its_law():
    source = Source("Freedom of Information Act 2000, section 10", Basis.STATUTE, verified=True)
    foi = ClockDefinition(name="FOI", rules=(FOI,), source=source)
    state = fold_clock(foi, [start("Mon 1 Jun 2026")], ENGLISH, moment("Mon 1 Jun 2026 12:00"))
    assert texts(state) == [
        "The clock started on Monday 1 June 2026.",
        "The first day that can count is the day after.",
        "It counts 20 working days, without weekends and bank holidays of any part of the United Kingdom.",
        *(f"{weekend} June 2026 did not count: it is a weekend." for weekend in ("Saturday 6", "Sunday 7")),
        *(f"{weekend} June 2026 did not count: it is a weekend." for weekend in ("Saturday 13", "Sunday 14")),
        "Monday 15 June 2026 did not count: World Cup bank holiday, a bank holiday in Scotland.",
        *(f"{weekend} June 2026 did not count: it is a weekend." for weekend in ("Saturday 20", "Sunday 21")),
        *(f"{weekend} June 2026 did not count: it is a weekend." for weekend in ("Saturday 27", "Sunday 28")),
        "It is due by the end of Tuesday 30 June 2026.",
        "Law: Freedom of Information Act 2000, section 10.",
        "The rule was checked against its source.",
    ]


def test_a_subject_access_request_explains_where_its_last_day_went():
    state = fold(SUBJECT_ACCESS, start("Fri 15 May 2026"), calendars=SCOTTISH)
    assert texts(state, SCOTTISH)[2:5] == [
        "It counts 1 month, weekends and holidays included.",
        "Monday 15 June 2026 is World Cup bank holiday, so the last day is the next working day.",
        "It is due by the end of Tuesday 16 June 2026.",
    ]
    plain = fold(SUBJECT_ACCESS, start("Fri 15 May 2026"))
    assert not any(step.key.startswith("rolled") for step in explain_clock(plain, ENGLISH))


def test_pauses_disregards_and_extensions_are_explained_in_the_words_of_their_reasons():
    state = fold(
        working_days(amount=10, extension=SUBJECT_ACCESS.extension),
        start("Mon 2 Nov 2026"),
        event(Paused, "Wed 4 Nov 2026", "p", reason="which bins are meant"),
        event(Resumed, "Thu 5 Nov 2026", "r"),
        event(Disregarded, "Mon 9 Nov 2026", "d", first=date(2026, 11, 9), last=date(2026, 11, 9)),
        event(Extended, "Tue 10 Nov 2026", "e", by=2),
    )
    lines = texts(state)
    assert "Wednesday 4 November 2026 did not count: the clock was paused: which bins are meant." in lines
    assert "Monday 9 November 2026 did not count: it is disregarded." in lines
    assert "It was extended by 2 working days." in lines
    assert "It is due by the end of Monday 23 November 2026." in lines


def test_skipped_days_and_counted_days_make_the_whole():
    """Every day from the start to the due date either counts or says why not."""
    for rule, at in (
        (FOI, "Wed 24 Dec 2025"),
        (PUBLICITY, "Fri 12 Dec 2025"),
        (FOI_SCHOOL, "Mon 23 Mar 2026"),
    ):
        state = fold(rule, start(at))
        whole = (state.due.day - day(at)).days + (rule is PUBLICITY)
        assert whole - len(skipped(state)) == rule.amount


def test_the_period_that_ends_sooner_is_the_one_explained():
    state = fold(FOI_SCHOOL, start("Mon 23 Mar 2026"))
    assert skipped(state)["2026-04-01"] == "out_of_term"
    short = school_days(amount=20, or_sooner=working_days(amount=5).period)
    assert "2026-04-01" not in skipped(fold(short, start("Mon 30 Mar 2026")))


def test_closures_electoral_days_and_forecasts_have_reasons_of_their_own():
    closure = Closure(Span(date(2025, 12, 29), date(2025, 12, 31)), "Christmas closure")
    calendars = calendars_of(closures=(closure,))
    local = Source("Service standard", Basis.LOCAL_STANDARD)
    rule = working_days(amount=2, calendar=CalendarName.COUNCIL)
    bins = ClockDefinition(name="Bin", rules=(rule,), source=local)
    state = fold_clock(bins, [start("Wed 24 Dec 2025")], calendars, moment("Wed 24 Dec 2025 12:00"))
    assert "Monday 29 December 2025 did not count: the council is closed, Christmas closure." in texts(
        state, calendars
    )
    assert "The council's own standard, not law: Service standard." in texts(state, calendars)
    electoral = fold(working_days(amount=5, calendar=CalendarName.ELECTORAL), start("Mon 21 Dec 2026"))
    assert skipped(electoral)["2026-12-24"] == "christmas_eve"
    forecast = fold(FOI, start("Fri 1 Dec 2028"))
    assert skipped(forecast)["2029-01-02"] == "bank_holiday.forecast"
    assert "Bank holidays of that time are a forecast: the date may change." in texts(forecast)


def test_a_date_counted_back_explains_the_days_between():
    state = fold(STANDARD_EVENT_NOTICE, start("Sat 9 May 2026"))
    assert texts(state)[:3] == [
        "The clock counts back from Saturday 9 May 2026.",
        "The first day that can count is the day before.",
        "It needs 10 working days in between, without weekends and bank holidays of England and Wales: "
        "neither end counts.",
    ]
    assert "2026-05-04" in skipped(state)


def test_every_sentence_is_used_and_none_is_missing():
    """Explanations of clocks of every kind use all the keys there are: a translation has no other."""
    keys = set()
    for state, calendars in _list_states():
        keys |= {step.key for step in explain_clock(state, calendars)}
        assert all(step.text for step in explain_clock(state, calendars))
    rare = {"skipped.christmas_day", "source.verified", "skipped.closure"}
    sources = {f"source.{basis}" for basis in words.Basis}
    assert keys | rare | sources == set(SENTENCES)


def _list_states():
    monday, pause = start("Mon 2 Nov 2026"), event(Paused, "Wed 4 Nov 2026", "p")
    resume = event(Resumed, "Thu 5 Nov 2026", "r")
    agreed = event(Extended, "Wed 4 Nov 2026", "e", until=date(2027, 2, 1), ground=ExtensionGround.AGREEMENT)
    back_in_weeks = weeks(
        amount=2, direction=Direction.BACKWARD, calendar=ENGLAND, roll=Roll.PREVIOUS_WORKING_DAY
    )
    back = before_event(amount=3, calendar=CalendarName.NATION, roll=Roll.PREVIOUS_WORKING_DAY)
    yield from (
        (state, ENGLISH)
        for state in (
            fold(FOI),
            fold(FOI, monday, pause),
            fold(FOI, monday, pause, resume),
            fold(STANDARD_EVENT_NOTICE, start("Sat 9 May 2026")),
            fold(FOI, monday, event(Restarted, "Thu 5 Nov 2026", "again"), pause, resume),
            fold(hours(amount=24), event(Started, "Wed 4 Nov 2026 09:00", "s"), pause, resume),
            fold(PLANNING, monday, agreed),
            fold(FOI_SCHOOL, start("Mon 23 Mar 2026")),
            fold(working_days(amount=5, calendar=CalendarName.ELECTORAL), start("Mon 21 Dec 2026")),
            fold(working_days(amount=1, roll_start=True), start("Sat 9 May 2026")),
            fold(SUBJECT_ACCESS, start("Tue 3 Mar 2026"), event(Extended, "Tue 3 Mar 2026", "e", by=1)),
            fold(SUBJECT_ACCESS, start("Thu 3 Sep 2026")),
            fold(FOI, start("Fri 1 Dec 2028"), event(Disregarded, "Fri 1 Dec 2028", "d",
                 first=date(2028, 12, 4), last=date(2028, 12, 5))),
            fold(PUBLICITY, start("Fri 12 Dec 2025")),
            fold(back, start("Sat 9 May 2026")),
            fold(back_in_weeks, start("Mon 18 May 2026")),
        )
    )  # fmt: skip
    inset = calendars_of(school_years=(replace(TERMS_2025, inset_days=(date(2026, 3, 6),)),))
    yield fold(school_days(amount=20), start("Mon 2 Mar 2026"), calendars=inset), inset


@pytest.mark.parametrize("key", SENTENCES)
def test_a_sentence_has_only_placeholders_that_its_step_fills(key):
    names = {field for _, field, _, _ in string.Formatter().parse(SENTENCES[key]) if field}
    allowed = {
        "day",
        "name",
        "where",
        "amount",
        "days",
        "moment",
        "start",
        "begin",
        "end",
        "reason",
        "citation",
    }
    assert names <= allowed


def test_divisions_and_units_have_names_for_people():
    assert [division.display_name for division in Division] == [
        "England and Wales",
        "Scotland",
        "Northern Ireland",
    ]
    assert Unit.WORKING_DAYS == "working_days"
