"""What a definition refuses: what means nothing, and what the law does not allow."""

from datetime import date, time
from functools import partial

import pytest

from casework.calendar.rules.calendars import CalendarName
from casework.clocks.rules import (
    Basis,
    ClockDefinition,
    ClockRule,
    Direction,
    Extension,
    FirstDay,
    InvalidClock,
    Period,
    Roll,
    Source,
    Unit,
)
from services.casework.tests.clocks.laws import (
    STATUTE,
    beginning_with,
    hours,
    months,
    school_days,
    working_days,
)

COUNCIL = CalendarName.COUNCIL
BACKWARD = Direction.BACKWARD


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.LOCAL_STANDARD}))
@pytest.mark.parametrize(
    "rule",
    [
        working_days(amount=20, calendar=COUNCIL),
        months(amount=1, calendar=COUNCIL, roll=Roll.NEXT_WORKING_DAY),
        school_days(amount=20, or_sooner=Period(60, Unit.WORKING_DAYS, COUNCIL)),
    ],
    ids=["counts", "rolls", "or-sooner"],
)
def test_closures_of_a_council_are_refused_on_all_but_its_own_standards(basis, rule):
    with pytest.raises(InvalidClock) as error:
        ClockDefinition(name="FOI", rules=(rule,), source=Source("an Act", basis))
    assert error.value.field == "calendar"
    assert "closures of the council do not move" in error.value.message


def test_closures_of_a_council_move_its_own_standards():
    local = Source("Service standard", Basis.LOCAL_STANDARD)
    assert ClockDefinition(name="Bin", rules=(working_days(amount=2, calendar=COUNCIL),), source=local)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (partial(working_days, amount=0), "amount"),
        (partial(working_days, amount=10_001), "amount"),
        (partial(working_days, amount=1, calendar=None), "calendar"),
        (partial(working_days, amount=1, calendar=CalendarName.SCHOOL), "calendar"),
        (partial(school_days, amount=1, calendar=CalendarName.SCOTLAND), "calendar"),
        (partial(ClockRule, amount=1, unit=Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS, calendar=COUNCIL), "calendar"),
        (partial(beginning_with, amount=1, roll=Roll.NEXT_WORKING_DAY), "roll"),
        (partial(beginning_with, amount=1, roll_start=True), "roll"),
        (partial(hours, amount=1, calendar=CalendarName.SCOTLAND, roll=Roll.NEXT_WORKING_DAY), "roll"),
        (partial(hours, amount=1, clear=True), "clear"),
        (partial(months, amount=1, clear=True), "clear"),
        (partial(hours, amount=1, first_day=FirstDay.INCLUSIVE), "first_day"),
        (partial(hours, amount=1, ends_at=time(17)), "ends_at"),
        (partial(hours, amount=1, or_sooner=Period(1, Unit.DAYS)), "or_sooner"),
        (partial(beginning_with, amount=1, or_sooner=Period(1, Unit.HOURS)), "or_sooner.unit"),
        (partial(beginning_with, amount=1, or_sooner=Period(0, Unit.DAYS)), "or_sooner.amount"),
        (partial(working_days, amount=1, direction=BACKWARD, or_sooner=Period(1, Unit.DAYS)), "or_sooner"),
        (partial(working_days, amount=1, direction=BACKWARD, extension=Extension()), "extension"),
        (partial(working_days, amount=1, direction=BACKWARD, roll_start=True), "roll_start"),
        (partial(working_days, amount=1, extension=Extension(most=0)), "extension"),
        (partial(working_days, amount=1, extension=Extension(times=0)), "extension"),
        (
            partial(months, amount=1, in_force_from=date(2026, 2, 5), in_force_until=date(2026, 2, 4)),
            "in_force_until",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_its_field(make, field):
    with pytest.raises(InvalidClock) as error:
        make()
    assert error.value.field == field


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"rules": ()}, "rules"),
        ({"rules": (months(amount=1), months(amount=2))}, "rules"),
        ({"rules": (months(amount=1),), "applies_in": frozenset()}, "applies_in"),
    ],
)
def test_a_definition_that_means_nothing_is_refused_with_its_field(parts, field):
    with pytest.raises(InvalidClock) as error:
        ClockDefinition(name="a clock", source=STATUTE, **parts)
    assert error.value.field == field
