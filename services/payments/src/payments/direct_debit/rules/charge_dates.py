"""The days of Direct Debit: charges, notices, presentations. Bacs keeps working days.

Input, processing and charge are three working days in a row. The provider wants a collection a day before.
"""

from calendar import monthrange
from datetime import date

from payments.shared.working_days import add_working_days, is_working_day

LEAD = 5
"""Working days before the charge on which a collection goes to the provider."""
CUT_OFF = 3
"""Working days before the charge from which it is too late."""
REPRESENTATION_NOTICE = 5
"""Working days of notice before a collection is presented again."""
_DECEMBER = 12


def find_earliest(today: date, notice_days: int) -> date:
    """Find the first day that can be charged if notice is sent today."""
    return add_working_days(today, max(notice_days, CUT_OFF))


def move_to_working_day(day: date) -> date:
    """Return the day, or the next working day: a charge is never early."""
    return day if is_working_day(day) else add_working_days(day, 1)


def is_in_time(notice_day: date, charge: date, notice_days: int) -> bool:
    """Check whether a notice sent on a day leaves a payer the days that they have."""
    return notice_day <= add_working_days(charge, -notice_days)


def is_submission_due(today: date, charge: date) -> bool:
    """Check whether a collection is to go to the provider by now."""
    return today >= add_working_days(charge, -LEAD)


def is_too_late(today: date, charge: date) -> bool:
    """Check whether the provider would not take a collection any more."""
    return today > add_working_days(charge, -CUT_OFF)


def find_last_representation(charge: date) -> date:
    """Find the last day on which a collection that came back may be presented again.

    It lies a month after the first processing day, the working day before the charge.
    """
    return add_months(add_working_days(charge, -1), 1)


def add_months(day: date, count: int) -> date:
    """Return the same day some months later, or the last day of that month."""
    years, month = divmod(day.month - 1 + count, _DECEMBER)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
