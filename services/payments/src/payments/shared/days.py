"""Days as councils count them: local ones, where the clocks change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis import clock
from payments.shared.locales import format_day

_LONDON = ZoneInfo("Europe/London")


def today() -> date:
    """Return this day in the United Kingdom."""
    return local_day(clock.now())


def format_moment(moment: datetime) -> str:
    """Write a moment in UK time: 1 April 2026, 3:05pm."""
    local = moment.astimezone(_LONDON)
    return f"{format_day(local)}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004


def local_day(moment: datetime) -> date:
    """Return the day of a moment in the United Kingdom."""
    return moment.astimezone(_LONDON).date()
