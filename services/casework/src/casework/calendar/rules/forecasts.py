"""Bank holidays of years that nobody has proclaimed yet: the pattern that each year follows so far.

Source: Banking and Financial Dealings Act 1971, schedule 1, St Andrew's Day Bank Holiday (Scotland) Act 2007,
and the days and substitutes that a proclamation adds every year. Days for one occasion cannot be forecast.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from casework.calendar.rules.nations import Division

_SATURDAY = 5
_DAY = timedelta(days=1)
_NEW_YEAR, _CHRISTMAS, _BOXING_DAY = "New Year’s Day", "Christmas Day", "Boxing Day"  # noqa: RUF001
_FIXED = {
    Division.ENGLAND_AND_WALES: ((1, 1, _NEW_YEAR), (12, 25, _CHRISTMAS), (12, 26, _BOXING_DAY)),
    Division.SCOTLAND: (
        (1, 1, _NEW_YEAR),
        (1, 2, "2nd January"),
        (11, 30, "St Andrew’s Day"),  # noqa: RUF001
        (12, 25, _CHRISTMAS),
        (12, 26, _BOXING_DAY),
    ),
    Division.NORTHERN_IRELAND: (
        (1, 1, _NEW_YEAR),
        (3, 17, "St Patrick’s Day"),  # noqa: RUF001
        (7, 12, "Battle of the Boyne (Orangemen’s Day)"),  # noqa: RUF001
        (12, 25, _CHRISTMAS),
        (12, 26, _BOXING_DAY),
    ),
}


def forecast_holidays(division: Division, year: int) -> list[tuple[date, str]]:
    """Forecast the bank holidays of a division and year, each with its name, in their order."""
    return sorted({**dict(_list_fixed(division, year)), **dict(_list_movable(division, year))}.items())


def _list_fixed(division: Division, year: int) -> Iterator[tuple[date, str]]:
    """Give those of a date; one on a weekend is kept on the next weekday that is free."""
    days = [(date(year, month, day), name) for month, day, name in _FIXED[division]]
    occupied = {day for day, _ in days if day.weekday() < _SATURDAY}
    for day, name in days:
        substitute = day
        while substitute.weekday() >= _SATURDAY or (substitute != day and substitute in occupied):
            substitute += _DAY
        occupied.add(substitute)
        yield substitute, name


def _list_movable(division: Division, year: int) -> Iterator[tuple[date, str]]:
    """Give those of a weekday, and Easter's."""
    easter = find_easter(year)
    yield easter - 2 * _DAY, "Good Friday"
    if division is not Division.SCOTLAND:
        yield easter + _DAY, "Easter Monday"
    yield _find_monday(date(year, 5, 1)), "Early May bank holiday"
    yield _find_monday(date(year, 5, 25)), "Spring bank holiday"
    summer = date(year, 8, 1 if division is Division.SCOTLAND else 25)
    yield _find_monday(summer), "Summer bank holiday"


def _find_monday(day: date) -> date:
    """Find the first Monday on or after a day."""
    return day + _DAY * (-day.weekday() % 7)


def find_easter(year: int) -> date:
    """Compute Easter Sunday (the Gregorian computus of Butcher and Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)
