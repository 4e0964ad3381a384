"""What events do to a clock: pause, restart, disregard, extend, correct; and what they cannot do."""

from datetime import UTC, date, datetime, time

import pytest

from casework.calendar.rules.bank_holidays import Proclamation
from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.nations import Division, Nation
from casework.clocks.rules import (
    ClockDefinition,
    ClockDoesNotApply,
    ClockStatus,
    Corrected,
    Disregarded,
    Extended,
    Extension,
    ExtensionGround,
    Met,
    Paused,
    PauseDays,
    Restarted,
    Resumed,
    RuleNotInForce,
    Started,
    Stopped,
    Withdrawn,
    explain_clock,
    fold_clock,
    recompute_clock,
)
from services.casework.tests.clocks.laws import (
    ANSWER_COMPLAINT,
    ENGLISH,
    FOI,
    PLANNING,
    STANDARD_EVENT_NOTICE,
    STATUTE,
    SUBJECT_ACCESS,
    beginning_with,
    calendars_of,
    day,
    define,
    event,
    fold,
    hours,
    moment,
    months,
    show,
    start,
    working_days,
)

TEN_DAYS = working_days(amount=10)
MONDAY = "Mon 2 Nov 2026"  # no bank holiday of England for weeks


def reasons(state):
    return {ignored.id: ignored.reason for ignored in state.ignored}


def test_a_clock_without_a_start_has_not_started():
    state = fold(TEN_DAYS)
    assert (state.status, state.due) == (ClockStatus.NOT_STARTED, None)


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("Mon 2 Nov 2026 12:00", ClockStatus.RUNNING),
        ("Mon 16 Nov 2026 23:59", ClockStatus.RUNNING),
        ("Tue 17 Nov 2026 00:00", ClockStatus.BREACHED),
    ],
)
def test_a_clock_runs_until_the_last_moment_of_its_last_day(now, status):
    state = fold(TEN_DAYS, start(MONDAY), now=now)
    assert (state.status, show(state.due.day)) == (status, "Mon 16 Nov 2026")


@pytest.mark.parametrize(
    ("last_day", "ends_at"),
    [
        ("Sun 29 Mar 2026", "2026-03-29T23:00:00+00:00"),
        ("Sat 28 Mar 2026", "2026-03-29T00:00:00+00:00"),
        ("Sun 25 Oct 2026", "2026-10-26T00:00:00+00:00"),
        ("Sat 24 Oct 2026", "2026-10-24T23:00:00+00:00"),
    ],
)
def test_a_day_ends_in_local_time_where_the_clocks_change(last_day, ends_at):
    state = fold(beginning_with(amount=1), start(last_day))
    assert (show(state.due.day), state.due.ends_at.isoformat()) == (last_day, ends_at)


def test_an_hour_of_the_last_day_ends_the_clock_in_local_time():
    due = fold(working_days(amount=1, ends_at=time(17)), start("Fri 26 Jun 2026")).due
    assert due.ends_at == moment("Mon 29 Jun 2026 17:00") == datetime(2026, 6, 29, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("done", "in_time"), [("Mon 16 Nov 2026 23:59", True), ("Tue 17 Nov 2026 00:00", False)]
)
def test_a_clock_that_is_met_says_whether_in_time(done, in_time):
    state = fold(TEN_DAYS, start(MONDAY), event(Met, done, "met"), now="Fri 1 Jan 2027 12:00")
    assert (state.status, state.in_time) == (ClockStatus.MET, in_time)


def test_a_clock_that_is_stopped_is_never_breached():
    state = fold(TEN_DAYS, start(MONDAY), event(Stopped, MONDAY, "stop"), now="Fri 1 Jan 2027 12:00")
    assert (state.status, state.in_time) == (ClockStatus.STOPPED, None)


def test_a_paused_clock_has_no_due_date_but_one_if_it_resumed_now():
    state = fold(TEN_DAYS, start(MONDAY), event(Paused, "Wed 4 Nov 2026", "p"), now="Fri 6 Nov 2026 12:00")
    assert (state.status, state.due) == (ClockStatus.PAUSED, None)
    assert state.paused_at == moment("Wed 4 Nov 2026 12:00")
    paused = {step.day.day for step in explain_clock(state, ENGLISH) if step.key == "skipped.paused"}
    assert paused == {4, 5, 6}
    assert show(state.due_if_resumed.day) == "Thu 19 Nov 2026"


@pytest.mark.parametrize(
    ("pause_days", "expected"),
    [(PauseDays.BOTH_ENDS, "Thu 19 Nov 2026"), (PauseDays.UNTIL_RESUMED, "Wed 18 Nov 2026")],
)
def test_a_pause_counts_neither_end_or_the_day_it_resumed(pause_days, expected):
    pause = (event(Paused, "Wed 4 Nov 2026", "p"), event(Resumed, "Fri 6 Nov 2026", "r"))
    state = fold(working_days(amount=10, pause_days=pause_days), start(MONDAY), *pause)
    assert show(state.due.day) == expected


def test_a_pause_of_hours_is_as_long_as_it_was():
    pause = (event(Paused, "Mon 2 Nov 2026 15:00", "p"), event(Resumed, "Mon 2 Nov 2026 18:30", "r"))
    state = fold(hours(amount=24), event(Started, "Mon 2 Nov 2026 14:00", "start"), *pause)
    assert state.due.ends_at == moment("Tue 3 Nov 2026 17:30")


def test_a_restart_forgets_what_was_before():
    before = (event(Paused, "Wed 4 Nov 2026", "p"), event(Disregarded, "Tue 3 Nov 2026", "d",
              first=day("Tue 3 Nov 2026"), last=day("Tue 3 Nov 2026")))  # fmt: skip
    restart = event(Restarted, "Mon 9 Nov 2026", "again")
    assert show(fold(TEN_DAYS, start(MONDAY), *before, restart).due.day) == "Mon 23 Nov 2026"


def test_what_was_stamped_on_friday_and_typed_in_on_monday_counts_from_friday():
    typed = event(Started, "Fri 6 Nov 2026", "start", entered="Mon 9 Nov 2026")
    assert show(fold(TEN_DAYS, typed).due.day) == "Fri 20 Nov 2026"


def test_correcting_an_event_moves_the_clock_and_the_last_correction_holds():
    typed = start("Mon 9 Nov 2026")
    first = event(
        Corrected,
        "Mon 9 Nov 2026",
        "c1",
        "Tue 10 Nov 2026",
        corrects="start",
        to=moment("Thu 5 Nov 2026 12:00"),
    )
    second = event(
        Corrected,
        "Mon 9 Nov 2026",
        "c2",
        "Wed 11 Nov 2026",
        corrects="start",
        to=moment("Fri 6 Nov 2026 12:00"),
    )
    assert show(fold(TEN_DAYS, typed, first).due.day) == "Thu 19 Nov 2026"
    assert show(fold(TEN_DAYS, second, first, typed).due.day) == "Fri 20 Nov 2026"
    withdrawn = event(Withdrawn, "Thu 12 Nov 2026", "w", withdraws="c2")
    assert show(fold(TEN_DAYS, typed, first, second, withdrawn).due.day) == "Thu 19 Nov 2026"


def test_a_withdrawn_event_did_not_happen():
    answer = event(Met, "Tue 3 Nov 2026", "met")
    state = fold(TEN_DAYS, start(MONDAY), answer, event(Withdrawn, "Wed 4 Nov 2026", "w", withdraws="met"),
                 now="Wed 4 Nov 2026 12:00")  # fmt: skip
    assert state.status is ClockStatus.RUNNING


def test_an_agreed_extension_ends_on_the_agreed_day_and_never_earlier():
    agreed = {"ground": ExtensionGround.AGREEMENT, "until": day("Sun 31 Jan 2027")}
    valid = start("Fri 30 Oct 2026")
    late = event(Extended, "Mon 4 Jan 2027", "e", **agreed)  # article 34 allows it after the eight weeks
    assert show(fold(PLANNING, valid, late).due.day) == "Sun 31 Jan 2027"
    agreed["until"] = day("Tue 1 Dec 2026")
    assert show(fold(PLANNING, valid, event(Extended, MONDAY, "e", **agreed)).due.day) == "Fri 25 Dec 2026"


@pytest.mark.parametrize(
    ("events", "ignored"),
    [
        ([event(Started, MONDAY, "z")], {"z": "already-started"}),
        ([event(Resumed, "Tue 3 Nov 2026", "r")], {"r": "not-paused"}),
        (
            [event(Paused, "Tue 3 Nov 2026", "p"), event(Paused, "Wed 4 Nov 2026", "q"),
             event(Resumed, "Wed 4 Nov 2026", "r")],
            {"q": "already-paused"},
        ),
        ([event(Paused, "Mon 7 Dec 2026", "p")], {"p": "already-due"}),
        ([event(Extended, "Tue 3 Nov 2026", "e", by=11)], {"e": "extended-too-far"}),
        (
            [event(Extended, "Tue 3 Nov 2026", "e", until=date(2026, 12, 1))], {"e": "extended-too-far"},
        ),
        ([event(Extended, "Mon 7 Dec 2026", "e", by=1)], {"e": "already-due"}),
        (
            [event(Extended, "Tue 3 Nov 2026", "e", by=1, ground=ExtensionGround.AGREEMENT)],
            {"e": "no-such-extension"},
        ),
        (
            [event(Extended, "Tue 3 Nov 2026", "d", by=1), event(Extended, "Wed 4 Nov 2026", "e", by=1)],
            {"e": "extended-before"},
        ),
        (
            [event(Disregarded, MONDAY, "d", first=date(2026, 11, 5), last=date(2026, 11, 4))],
            {"d": "ends-before-it-begins"},
        ),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_is_ignored_with_the_reason(events, ignored):
    state = fold(ANSWER_COMPLAINT, start(MONDAY), *events)
    assert reasons(state) == ignored


@pytest.mark.parametrize(
    ("paused", "ignored"),
    [("Mon 16 Nov 2026 23:59", {}), ("Tue 17 Nov 2026 00:00", {"p": "already-due"})],
)
def test_a_clock_can_pause_until_its_last_moment(paused, ignored):
    assert reasons(fold(TEN_DAYS, start(MONDAY), event(Paused, paused, "p"))) == ignored


def test_nothing_happens_before_the_start_or_after_the_end():
    early, late = event(Paused, "Fri 30 Oct 2026", "early"), event(Paused, "Thu 5 Nov 2026", "late")
    state = fold(TEN_DAYS, early, start(MONDAY), event(Met, "Wed 4 Nov 2026", "met"), late)
    assert reasons(state) == {"early": "not-started", "late": "already-ended"}
    assert fold(TEN_DAYS).rule is None


def test_a_clock_that_counts_back_never_pauses_and_follows_the_date_it_counts_from():
    hearing = event(Started, "Sat 9 May 2026", "start", "Mon 2 Mar 2026")
    pause = event(Paused, "Tue 3 Mar 2026", "p")
    state = fold(STANDARD_EVENT_NOTICE, pause, hearing)
    assert (show(state.due.day), reasons(state)) == ("Thu 23 Apr 2026", {"p": "counts-backward"})
    earlier = event(Restarted, "Sat 26 Apr 2025", "moved", "Wed 4 Mar 2026")
    answer = event(Met, "Wed 9 Apr 2025", "met", "Thu 5 Mar 2026")
    state = fold(STANDARD_EVENT_NOTICE, hearing, answer, earlier)
    assert (show(state.due.day), state.status, state.in_time) == ("Wed 9 Apr 2025", ClockStatus.MET, True)


def test_an_event_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        Started(id="1", at=datetime(2026, 11, 2), entered_at=datetime(2026, 11, 2, tzinfo=UTC))  # noqa: DTZ001


@pytest.mark.parametrize("parts", [{}, {"by": 0}, {"by": -3}, {"by": 1, "until": date(2026, 11, 9)}])
def test_an_extension_of_no_time_or_of_two_kinds_is_refused(parts):
    with pytest.raises(ValueError, match="by 1 or more"):
        event(Extended, MONDAY, "e", **parts)


def test_a_clock_of_hours_is_extended_by_hours_and_not_until_a_day():
    rule = hours(amount=24, extension=Extension(most=None, times=2))
    at = event(Started, "Mon 2 Nov 2026 14:00", "start")
    day_long = event(Extended, "Mon 2 Nov 2026 15:00", "d", until=date(2026, 11, 9))
    more = event(Extended, "Mon 2 Nov 2026 16:00", "e", by=3)
    state = fold(rule, at, day_long, more)
    assert (state.due.ends_at, reasons(state)) == (moment("Tue 3 Nov 2026 17:00"), {"d": "counts-hours"})


def test_a_clock_uses_the_rule_in_force_when_it_started():
    rules = (
        months(amount=2, in_force_until=day("Wed 4 Feb 2026")),
        months(amount=1, in_force_from=day("Thu 5 Feb 2026")),
    )
    changed = ClockDefinition(name="Subject access", rules=rules, source=STATUTE)
    for at, expected in (("Wed 4 Feb 2026", "Sat 4 Apr 2026"), ("Thu 5 Feb 2026", "Thu 5 Mar 2026")):
        state = fold_clock(changed, [start(at)], ENGLISH, moment("Fri 1 Jan 2027 12:00"))
        assert show(state.due.day) == expected
    later = ClockDefinition(name="Hazards", rules=rules[1:], source=STATUTE)
    with pytest.raises(RuleNotInForce, match="No rule of Hazards was in force on 2026-02-04"):
        fold_clock(later, [start("Wed 4 Feb 2026")], ENGLISH, moment("Fri 1 Jan 2027 12:00"))


def test_a_clock_of_another_nations_law_does_not_run():
    english = define(FOI, applies_in=frozenset({Nation.ENGLAND, Nation.WALES}))
    with pytest.raises(ClockDoesNotApply, match="applies in England, Wales only"):
        fold_clock(english, [], calendars_of(Nation.SCOTLAND), moment("Fri 1 Jan 2027 12:00"))


FUNERAL = Proclamation(
    date(2022, 9, 19), tuple(Division), added=False, name="", name_cy="", source="", reason=""
)


def test_a_proclamation_moves_a_running_clock_and_says_from_when_to_when_and_why():
    before, after = calendars_of(proclamations=[FUNERAL]), ENGLISH
    now, reason = moment("Sat 10 Sep 2022 12:00"), "State funeral of Queen Elizabeth II"

    def recompute(rule, *events):
        history = [start("Mon 5 Sep 2022"), *events]
        return recompute_clock(define(rule), history, before, after, reason=reason, now=now)

    change = recompute(FOI)
    assert (show(change.old.day), show(change.new.day), change.reason) == (
        "Mon 3 Oct 2022", "Tue 4 Oct 2022", reason,
    )  # fmt: skip
    assert recompute(SUBJECT_ACCESS) is None
    assert recompute(FOI, event(Met, "Tue 6 Sep 2022", "met")) is None
    assert recompute(FOI, event(Paused, "Tue 6 Sep 2022", "p")) is None


def test_stale_bank_holidays_answer_a_foi_request_across_15_june_2026_a_day_early():
    stale = Proclamation(
        date(2026, 6, 15), (Division.SCOTLAND,), added=False, name="", name_cy="", source="", reason=""
    )
    for rule, right, wrong in (
        (FOI, "Mon 29 Jun 2026", "Fri 26 Jun 2026"),
        (working_days(amount=20, calendar=CalendarName.SCOTLAND), "Mon 29 Jun 2026", "Fri 26 Jun 2026"),
    ):
        assert show(fold(rule, start("Fri 29 May 2026")).due.day) == right
        old = fold(rule, start("Fri 29 May 2026"), calendars=calendars_of(proclamations=[stale]))
        assert show(old.due.day) == wrong


def test_a_due_date_among_forecast_holidays_is_provisional():
    assert fold(FOI, start("Fri 1 Dec 2028")).due.provisional is True
    assert fold(FOI, start("Fri 1 Sep 2028")).due.provisional is False
    assert fold(SUBJECT_ACCESS, start("Fri 1 Dec 2028")).due.provisional is True
    assert fold(beginning_with(amount=21), start("Fri 1 Dec 2028")).due.provisional is False
