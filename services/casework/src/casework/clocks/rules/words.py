"""The words in which a clock's rule is written."""

from enum import StrEnum


class Unit(StrEnum):
    """What is counted."""

    HOURS = "hours"  # absolute: nights, holidays and the change of the clocks included
    DAYS = "days"
    DAYS_EXCEPT_PUBLIC_HOLIDAYS = "days_except_public_holidays"  # weekends count
    WORKING_DAYS = "working_days"
    SCHOOL_DAYS = "school_days"
    WEEKS = "weeks"
    MONTHS = "months"  # the corresponding date, or the last day of a month that has none


class FirstDay(StrEnum):
    """Whether the day on which the clock starts is itself the first day."""

    DAY_AFTER = "day_after"
    INCLUSIVE = "inclusive"  # "beginning with" the day


class Direction(StrEnum):
    """Forward from an event, or backward from a date of the case, such as a hearing."""

    FORWARD = "forward"
    BACKWARD = "backward"


class Roll(StrEnum):
    """Where a day goes that is no working day."""

    NONE = "none"
    NEXT_WORKING_DAY = "next_working_day"
    PREVIOUS_WORKING_DAY = "previous_working_day"


class PauseDays(StrEnum):
    """Which days of a pause do not count."""

    BOTH_ENDS = "both_ends"  # the day it paused, the day it resumed, and those between
    UNTIL_RESUMED = "until_resumed"  # the day it paused and those after; the day it resumed counts


class Basis(StrEnum):
    """What obliges the council. Only the first is law."""

    STATUTE = "statute"
    STATUTORY_CODE = "statutory_code"
    OMBUDSMAN_CODE = "ombudsman_code"
    GUIDANCE = "guidance"
    LOCAL_STANDARD = "local_standard"


class OnExpiry(StrEnum):
    """What follows when the time is over."""

    BREACH = "breach"
    DEEMED_REFUSAL = "deemed_refusal"
    RIGHT_TO_APPEAL = "right_to_appeal"
    REFUND = "refund"
    DEEMED_CONSENT = "deemed_consent"
    CHARGE_CANCELLED = "charge_cancelled"
    LAPSE = "lapse"


class ExtensionGround(StrEnum):
    """By what a clock is extended."""

    RIGHT = "right"  # the council may, for reasons that the law names
    AGREEMENT = "agreement"  # both sides agree


class ClockStatus(StrEnum):
    """Where a clock is."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    STOPPED = "stopped"  # without being met: a request was withdrawn
