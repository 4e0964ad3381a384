"""Dates that laws and codes give, each computed twice by hand before there was code."""

import pytest

from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.errors import CannotBeComputed
from casework.clocks.rules import (
    Direction,
    Disregarded,
    Extended,
    Paused,
    Restarted,
    Resumed,
    compute_due_moment,
)
from services.casework.tests.clocks.laws import (
    ACKNOWLEDGE_COMPLAINT,
    ANSWER_COMPLAINT,
    EIR,
    ELECTORAL_DETERMINATION,
    ELECTORAL_OBJECTION,
    EVENT_NOTICE_WITHOUT_CLEAR,
    FOI,
    FOI_OF_ENGLAND_ALONE,
    FOI_SCHOOL,
    FOISA,
    LATE_EVENT_NOTICE,
    PLANNING,
    PUBLICITY,
    SCOTLAND,
    SCOTTISH,
    STANDARD_EVENT_NOTICE,
    SUBJECT_ACCESS,
    before_event,
    beginning_with,
    day,
    due,
    event,
    fold,
    hours,
    moment,
    months,
    school_days,
    show,
    start,
    weeks,
    working_days,
)


@pytest.mark.parametrize(
    ("received", "expected", "of_england_alone"),
    [
        ("Mon 5 Feb 2024", "Mon 4 Mar 2024", "Mon 4 Mar 2024"),
        ("Mon 11 Mar 2024", "Thu 11 Apr 2024", "Wed 10 Apr 2024"),
        ("Fri 13 Dec 2024", "Thu 16 Jan 2025", "Wed 15 Jan 2025"),
        ("Mon 30 Jun 2025", "Tue 29 Jul 2025", "Mon 28 Jul 2025"),
        ("Wed 24 Dec 2025", "Tue 27 Jan 2026", "Mon 26 Jan 2026"),
        ("Sat 14 Mar 2026", "Wed 15 Apr 2026", "Tue 14 Apr 2026"),
        ("Fri 29 May 2026", "Mon 29 Jun 2026", "Fri 26 Jun 2026"),
        ("Mon 16 Nov 2026", "Tue 15 Dec 2026", "Mon 14 Dec 2026"),
        ("Fri 10 Dec 2027", "Thu 13 Jan 2028", "Wed 12 Jan 2028"),
        ("Mon 1 Jun 2026", "Tue 30 Jun 2026", "Mon 29 Jun 2026"),
        ("Thu 2 Apr 2026", "Tue 5 May 2026", "Tue 5 May 2026"),
        ("Fri 12 Jun 2026", "Tue 14 Jul 2026", "Fri 10 Jul 2026"),
    ],
)
def test_foi_act_section_10_leaves_out_bank_holidays_of_any_part_of_the_uk(
    received, expected, of_england_alone
):
    assert due(FOI, received) == expected
    assert due(FOI_OF_ENGLAND_ALONE, received) == of_england_alone


def test_foi_act_section_10_2_disregards_the_days_in_which_a_fee_was_awaited():
    awaited = event(
        Disregarded, "Wed 10 Jun 2026", "fee", first=day("Wed 10 Jun 2026"), last=day("Wed 24 Jun 2026")
    )
    assert show(fold(FOI, start("Mon 1 Jun 2026"), awaited).due.day) == "Wed 15 Jul 2026"


def test_foi_act_section_1_3_clarification_restarts_the_clock():
    clear = event(Restarted, "Mon 16 Mar 2026", "clear")
    assert show(fold(FOI, start("Mon 2 Mar 2026"), clear).due.day) == "Thu 16 Apr 2026"


@pytest.mark.parametrize(
    ("received", "expected", "extended"),
    [
        ("Mon 9 Mar 2026", "Thu 9 Apr 2026", "Fri 8 May 2026"),
        ("Mon 1 Dec 2025", "Wed 31 Dec 2025", "Fri 30 Jan 2026"),
    ],
)
def test_eir_regulation_7_gives_20_working_days_more(received, expected, extended):
    assert due(EIR, received) == expected
    more = event(Extended, received, "more", by=20)
    assert show(fold(EIR, start(received), more).due.day) == extended


def test_foi_of_a_school_ends_after_20_school_days_or_60_working_days():
    assert due(FOI_SCHOOL, "Mon 23 Mar 2026") == "Tue 5 May 2026"
    assert due(working_days(amount=60, calendar=CalendarName.ANY_UK), "Mon 23 Mar 2026") == "Mon 22 Jun 2026"


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("Thu 2 Apr 2026", "Fri 1 May 2026"),
        ("Mon 1 Jun 2026", "Tue 30 Jun 2026"),
        ("Fri 12 Jun 2026", "Mon 13 Jul 2026"),
        ("Mon 21 Dec 2026", "Fri 22 Jan 2027"),
    ],
)
def test_foi_scotland_act_section_73_leaves_out_bank_holidays_of_scotland_only(received, expected):
    assert due(FOISA, received, SCOTTISH) == expected


@pytest.mark.parametrize(
    ("received", "corresponding", "in_england", "in_scotland"),
    [
        ("Wed 31 Jan 2024", "Thu 29 Feb 2024", "Thu 29 Feb 2024", "Thu 29 Feb 2024"),
        ("Fri 31 Jan 2025", "Fri 28 Feb 2025", "Fri 28 Feb 2025", "Fri 28 Feb 2025"),
        ("Thu 29 Feb 2024", "Fri 29 Mar 2024", "Tue 2 Apr 2024", "Mon 1 Apr 2024"),
        ("Tue 2 Dec 2025", "Fri 2 Jan 2026", "Fri 2 Jan 2026", "Mon 5 Jan 2026"),
        ("Wed 26 Nov 2025", "Fri 26 Dec 2025", "Mon 29 Dec 2025", "Mon 29 Dec 2025"),
        ("Tue 3 Mar 2026", "Fri 3 Apr 2026", "Tue 7 Apr 2026", "Mon 6 Apr 2026"),
        ("Fri 15 May 2026", "Mon 15 Jun 2026", "Mon 15 Jun 2026", "Tue 16 Jun 2026"),
        ("Thu 3 Sep 2026", "Sat 3 Oct 2026", "Mon 5 Oct 2026", "Mon 5 Oct 2026"),
        ("Sat 27 Nov 2027", "Mon 27 Dec 2027", "Wed 29 Dec 2027", "Wed 29 Dec 2027"),
    ],
)
def test_uk_gdpr_article_12a_gives_a_month_and_rolls_to_a_working_day(
    received, corresponding, in_england, in_scotland
):
    assert due(months(amount=1), received) == corresponding
    assert due(SUBJECT_ACCESS, received) == in_england
    assert due(SUBJECT_ACCESS, received, SCOTTISH) == in_scotland


def test_uk_gdpr_article_12a_two_months_more_are_three_from_the_start():
    more = event(Extended, "Sat 27 Nov 2027", "more", by=2)
    assert show(fold(SUBJECT_ACCESS, start("Sat 27 Nov 2027"), more).due.day) == "Mon 28 Feb 2028"


def test_uk_gdpr_article_12a_clarification_pauses_both_ends_included():
    pause = (event(Paused, "Tue 10 Mar 2026", "asked"), event(Resumed, "Tue 17 Mar 2026", "answered"))
    received = start("Tue 3 Mar 2026")
    assert show(fold(SUBJECT_ACCESS, received, *pause).due.day) == "Mon 13 Apr 2026"
    assert show(fold(months(amount=1), received, *pause).due.day) == "Sat 11 Apr 2026"


def test_uk_gdpr_article_12a_proof_of_identity_moves_the_start():
    passport = event(Restarted, "Mon 16 Feb 2026", "passport")
    assert show(fold(SUBJECT_ACCESS, start("Mon 2 Feb 2026"), passport).due.day) == "Mon 16 Mar 2026"


def test_lgsco_code_6_2_acknowledge_in_5_working_days():
    assert due(ACKNOWLEDGE_COMPLAINT, "Thu 18 Dec 2025") == "Mon 29 Dec 2025"
    assert due(ACKNOWLEDGE_COMPLAINT, "Fri 27 Mar 2026") == "Tue 7 Apr 2026"
    assert due(ACKNOWLEDGE_COMPLAINT, "Mon 20 Dec 2027") == "Wed 29 Dec 2027"


@pytest.mark.parametrize(
    ("acknowledged", "expected", "extended"),
    [
        ("Mon 29 Dec 2025", "Tue 13 Jan 2026", "Tue 27 Jan 2026"),
        ("Fri 19 Dec 2025", "Wed 7 Jan 2026", "Wed 21 Jan 2026"),
        ("Tue 7 Apr 2026", "Tue 21 Apr 2026", "Wed 6 May 2026"),
        ("Wed 29 Dec 2027", "Thu 13 Jan 2028", "Thu 27 Jan 2028"),
    ],
)
def test_lgsco_code_6_3_answers_in_10_working_days_of_the_acknowledgement(acknowledged, expected, extended):
    assert due(ANSWER_COMPLAINT, acknowledged) == expected
    more = event(Extended, acknowledged, "more", by=10)
    assert show(fold(ANSWER_COMPLAINT, start(acknowledged), more).due.day) == extended


def test_lgsco_code_stage_2_answers_in_20_working_days_and_20_more():
    assert due(working_days(amount=20), "Wed 1 Apr 2026") == "Fri 1 May 2026"
    assert due(working_days(amount=20), "Wed 1 Apr 2026", added=20) == "Tue 2 Jun 2026"


def test_spso_model_procedure_works_on_easter_monday():
    assert due(working_days(amount=5, calendar=SCOTLAND), "Thu 2 Apr 2026", SCOTTISH) == "Fri 10 Apr 2026"
    assert due(working_days(amount=3, calendar=SCOTLAND), "Fri 27 Nov 2026", SCOTTISH) == "Thu 3 Dec 2026"
    assert due(working_days(amount=20, calendar=SCOTLAND), "Fri 27 Nov 2026", SCOTTISH) == "Wed 30 Dec 2026"


@pytest.mark.parametrize(
    ("event_day", "standard", "late_first", "late_last"),
    [
        ("Sat 11 May 2024", "Thu 25 Apr 2024", "Fri 26 Apr 2024", "Thu 2 May 2024"),
        ("Sat 26 Apr 2025", "Wed 9 Apr 2025", "Thu 10 Apr 2025", "Wed 16 Apr 2025"),
        ("Sat 10 Jan 2026", "Tue 23 Dec 2025", "Wed 24 Dec 2025", "Fri 2 Jan 2026"),
        ("Sat 9 May 2026", "Thu 23 Apr 2026", "Fri 24 Apr 2026", "Thu 30 Apr 2026"),
        ("Thu 31 Dec 2026", "Mon 14 Dec 2026", "Tue 15 Dec 2026", "Mon 21 Dec 2026"),
        ("Sat 3 Apr 2027", "Wed 17 Mar 2027", "Thu 18 Mar 2027", "Wed 24 Mar 2027"),
    ],
)
def test_licensing_act_section_100_needs_10_clear_working_days(event_day, standard, late_first, late_last):
    assert due(STANDARD_EVENT_NOTICE, event_day) == standard
    assert due(LATE_EVENT_NOTICE, event_day) == late_last
    assert due(working_days(amount=1), standard) == late_first
    assert due(EVENT_NOTICE_WITHOUT_CLEAR, event_day) == late_first  # the slip: a late notice


def test_licensing_act_section_104_objections_end_3_working_days_after_the_copy():
    assert due(working_days(amount=3), "Thu 2 Apr 2026") == "Thu 9 Apr 2026"


def test_licensing_act_section_102_a_notice_of_a_closed_day_is_one_of_the_next_working_day():
    rule = working_days(amount=1, roll_start=True)
    assert due(rule, "Sat 9 May 2026") == "Tue 12 May 2026"
    assert due(rule, "Fri 8 May 2026") == "Mon 11 May 2026"


@pytest.mark.parametrize(
    ("begins", "decide_by", "utc"),
    [
        ("Sun 29 Mar 2026 10:00", "Sat 28 Mar 2026 09:00", "2026-03-28T09:00:00+00:00"),
        ("Sun 25 Oct 2026 10:00", "Sat 24 Oct 2026 11:00", "2026-10-24T10:00:00+00:00"),
    ],
)
def test_licensing_act_section_105_counter_notice_24_absolute_hours_before(begins, decide_by, utc):
    rule = hours(amount=24, direction=Direction.BACKWARD)
    ends_at = compute_due_moment(rule, moment(begins)).ends_at
    assert (ends_at, ends_at.isoformat()) == (moment(decide_by), utc)


@pytest.mark.parametrize(
    ("valid", "rule", "expected"),
    [
        ("Thu 4 Jan 2024", PLANNING, "Thu 29 Feb 2024"),
        ("Fri 30 Oct 2026", PLANNING, "Fri 25 Dec 2026"),
        ("Mon 2 Feb 2026", weeks(amount=13), "Mon 4 May 2026"),
        ("Mon 1 Dec 2025", weeks(amount=16), "Mon 23 Mar 2026"),
    ],
)
def test_planning_order_2015_article_34_never_rolls(valid, rule, expected):
    assert due(rule, valid) == expected


def test_planning_in_scotland_2_months():
    assert due(months(amount=2), "Wed 31 Dec 2025", SCOTTISH) == "Sat 28 Feb 2026"


@pytest.mark.parametrize(
    ("displayed", "expected", "plain"),
    [
        ("Fri 12 Dec 2025", "Sun 4 Jan 2026", "Thu 1 Jan 2026"),
        ("Fri 20 Mar 2026", "Sat 11 Apr 2026", "Thu 9 Apr 2026"),
        ("Mon 20 Apr 2026", "Mon 11 May 2026", "Sun 10 May 2026"),
        ("Fri 22 Mar 2024", "Sat 13 Apr 2024", "Thu 11 Apr 2024"),
    ],
)
def test_planning_publicity_21_days_beginning_with_the_notice_without_public_holidays(
    displayed, expected, plain
):
    assert due(PUBLICITY, displayed) == expected
    assert due(beginning_with(amount=21), displayed) == plain


@pytest.mark.parametrize(
    ("aware", "investigated", "summary", "safe", "backstop"),
    [
        ("Fri 19 Dec 2025", "Wed 7 Jan 2026", "Mon 12 Jan 2026", "Wed 14 Jan 2026", "Wed 1 Apr 2026"),
        ("Mon 30 Mar 2026", "Wed 15 Apr 2026", "Mon 20 Apr 2026", "Wed 22 Apr 2026", "Wed 8 Jul 2026"),
        ("Wed 22 Dec 2027", "Mon 10 Jan 2028", "Thu 13 Jan 2028", "Mon 17 Jan 2028", "Mon 3 Apr 2028"),
    ],
)
def test_hazards_in_social_housing_regulations_2025(aware, investigated, summary, safe, backstop):
    assert due(working_days(amount=10), aware) == investigated
    assert due(working_days(amount=3), investigated) == summary
    assert due(working_days(amount=5), investigated) == safe
    assert due(weeks(amount=12), investigated) == backstop


@pytest.mark.parametrize(
    ("aware", "expected"),
    [
        ("Sat 28 Mar 2026 14:00", "Sun 29 Mar 2026 15:00"),
        ("Sat 24 Oct 2026 14:00", "Sun 25 Oct 2026 13:00"),
        ("Sat 30 Mar 2024 14:00", "Sun 31 Mar 2024 15:00"),
    ],
)
def test_hazards_regulations_emergency_24_absolute_hours_over_the_change_of_the_clocks(aware, expected):
    assert compute_due_moment(hours(amount=24), moment(aware)).ends_at == moment(expected)


@pytest.mark.parametrize(
    ("listed", "object_by", "determined", "with_christmas_eve"),
    [
        ("Fri 20 Dec 2024", "Thu 2 Jan 2025", "Fri 3 Jan 2025", "Tue 31 Dec 2024"),
        ("Thu 18 Dec 2025", "Tue 30 Dec 2025", "Wed 31 Dec 2025", "Mon 29 Dec 2025"),
        ("Tue 31 Mar 2026", "Thu 9 Apr 2026", "Fri 10 Apr 2026", "Thu 9 Apr 2026"),
        ("Mon 21 Dec 2026", "Thu 31 Dec 2026", "Mon 4 Jan 2027", "Wed 30 Dec 2026"),
    ],
)
def test_representation_of_the_people_regulations_8_leave_out_24_december(
    listed, object_by, determined, with_christmas_eve
):
    assert due(ELECTORAL_OBJECTION, listed) == object_by
    assert due(ELECTORAL_DETERMINATION, listed) == determined
    assert due(working_days(amount=5), listed) == with_christmas_eve


def test_representation_of_the_people_act_last_application_12_working_days_before_the_poll():
    assert due(before_event(amount=12), "Thu 7 May 2026") == "Mon 20 Apr 2026"


def test_school_admission_appeals_code_counts_school_days():
    assert due(school_days(amount=20), "Mon 2 Mar 2026") == "Mon 13 Apr 2026"
    assert due(school_days(amount=40), "Mon 13 Apr 2026") == "Tue 16 Jun 2026"
    assert due(school_days(amount=5), "Tue 16 Jun 2026") == "Tue 23 Jun 2026"
    assert due(school_days(amount=30), "Thu 12 Mar 2026") == "Fri 8 May 2026"
    notice = {"amount": 10, "direction": Direction.BACKWARD}
    assert due(school_days(**notice, clear=True), "Tue 16 Jun 2026") == "Mon 1 Jun 2026"
    assert due(school_days(**notice), "Tue 16 Jun 2026") == "Tue 2 Jun 2026"


def test_school_admission_appeal_beyond_the_terms_cannot_be_computed():
    with pytest.raises(CannotBeComputed) as error:
        due(school_days(amount=30), "Mon 6 Jul 2026")
    assert str(error.value) == (
        "The date cannot be computed. Only 11 of 30 days are in what is loaded. "
        "Load the term dates of Citytown schools for 2026-27, then try again."
    )


@pytest.mark.parametrize(
    ("rule", "begins", "expected"),
    [
        (beginning_with(amount=14), "Mon 12 Feb 2024", "Sun 25 Feb 2024"),
        (beginning_with(amount=28), "Mon 12 Feb 2024", "Sun 10 Mar 2024"),
        (beginning_with(amount=14), "Fri 18 Dec 2026", "Thu 31 Dec 2026"),
        (beginning_with(amount=28), "Fri 18 Dec 2026", "Thu 14 Jan 2027"),
        (beginning_with(amount=21), "Sun 20 Dec 2026", "Sat 9 Jan 2027"),
        (beginning_with(amount=21), "Sat 10 Feb 2024", "Fri 1 Mar 2024"),
        (beginning_with(amount=21), "Tue 10 Feb 2026", "Mon 2 Mar 2026"),
    ],
    ids=[
        "penalty-charge-discount", "penalty-charge", "penalty-charge-discount-at-christmas",
        "penalty-charge-at-christmas", "abatement-appeal", "council-tax-in-a-leap-year", "council-tax",
    ],
)  # fmt: skip
def test_days_beginning_with_count_the_first(rule, begins, expected):
    assert due(rule, begins) == expected


@pytest.mark.parametrize(
    ("evidence", "amount", "expected"),
    [
        ("Thu 31 Aug 2023", 6, "Thu 29 Feb 2024"),
        ("Sun 31 Aug 2025", 6, "Sat 28 Feb 2026"),
        ("Sun 30 Nov 2025", 3, "Sat 28 Feb 2026"),
    ],
    ids=["dbs-check-leap-year", "dbs-check", "medical"],
)
def test_evidence_of_a_taxi_driver_expires_after_months(evidence, amount, expected):
    assert due(months(amount=amount), evidence) == expected


@pytest.mark.parametrize(
    ("amount", "report", "citytown", "hillshire"),
    [
        (2, "Thu 2 Apr 2026", "Wed 8 Apr 2026", "Tue 7 Apr 2026"),
        (5, "Tue 9 Jun 2026", "Tue 16 Jun 2026", "Wed 17 Jun 2026"),
        (10, "Fri 19 Dec 2025", "Wed 7 Jan 2026", "Thu 8 Jan 2026"),
    ],
)
def test_local_standards_follow_the_councils_own_nation(amount, report, citytown, hillshire):
    rule = working_days(amount=amount, calendar=CalendarName.NATION)
    assert due(rule, report) == citytown
    assert due(rule, report, SCOTTISH) == hillshire
