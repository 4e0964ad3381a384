"""Days as law counts them: those of Europe/London, where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
_WELSH_DAYS = ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul")
_WELSH_MONTHS = (
    *("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin"),
    *("Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
)


def find_local_day(moment: datetime) -> date:
    """Find the day of a moment in the United Kingdom. Raises ValueError for a moment without its zone."""
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone")
    return moment.astimezone(LONDON).date()


def find_end_of_day(day: date) -> datetime:
    """Find the moment at which a local day is over, in UTC: 23:00 or 00:00.

    A deadline on that day is met by anything that happens before it.
    """
    return find_local_moment(day + DAY, time())


def find_local_moment(day: date, hour: time) -> datetime:
    """Find the moment of an hour of a local day, in UTC."""
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def format_day(day: date) -> str:
    """Write a day as people read it: Wednesday 1 April 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def format_day_in_welsh(day: date) -> str:
    """Write a day as people read it in Welsh: dydd Mercher 1 Ebrill 2026."""
    return f"dydd {_WELSH_DAYS[day.weekday()]} {day.day} {_WELSH_MONTHS[day.month - 1]} {day.year}"


def format_moment(moment: datetime) -> str:
    """Write a moment in UK time: 3:05pm on Wednesday 1 April 2026."""
    local = moment.astimezone(LONDON)
    hour = f"{(local.hour + 11) % 12 + 1}:{local:%M}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004
    return f"{hour} on {format_day(local.date())}"
