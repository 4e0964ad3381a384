"""Bank holidays as data: those published, those proclaimed since, and the forecast of later years."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.calendar.rules.forecasts import forecast_holidays
from casework.calendar.rules.nations import Division

FORECAST_UNTIL = 2040
FORECAST = "Forecast from the pattern of earlier years: not proclaimed yet"


@dataclass(frozen=True, slots=True)
class BankHoliday:
    """A bank holiday of one division, with its source; ``provisional`` while it is a forecast.

    ``reason``: of one that was proclaimed after the code list was published.
    """

    day: date
    division: Division
    name: str
    name_cy: str
    source: str
    substitute: bool = False
    provisional: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proclamation:
    """A day that was added to bank holidays or taken from them after the code list was published."""

    day: date
    divisions: tuple[Division, ...]
    added: bool
    name: str
    name_cy: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """The published bank holidays, and the years of which they are complete."""

    holidays: tuple[BankHoliday, ...]
    first_year: int
    last_year: int
    welsh_names: Mapping[str, str]
    attribution: str


def parse_code_list(document: Mapping[str, Any]) -> CodeList:
    """Parse the code list ``bank_holidays.json``."""
    welsh, sources = document["welsh_names"], document["sources"]
    holidays = tuple(
        BankHoliday(
            date.fromisoformat(row["day"]),
            Division(division),
            row["name"],
            welsh[row["name"]],
            sources[row["source"]],
            substitute=row["substitute"],
        )
        for row in document["holidays"]
        for division in row["nations"]
    )
    return CodeList(holidays, document["first_year"], document["last_year"], welsh, document["attribution"])


def list_holidays(
    published: CodeList, proclamations: Iterable[Proclamation] = (), until: int = FORECAST_UNTIL
) -> tuple[BankHoliday, ...]:
    """List the bank holidays up to a year: published, forecast, and as proclamations changed them, in order.

    A proclamation of a day that is there already changes nothing, so a later code list may have it too.
    """
    holidays = {
        (holiday.day, holiday.division): holiday
        for holiday in (*published.holidays, *_forecast(published, until))
    }
    for proclamation in proclamations:
        for division in proclamation.divisions:
            key = proclamation.day, division
            if not proclamation.added:
                holidays.pop(key, None)
            elif key not in holidays or holidays[key].provisional:
                holidays[key] = BankHoliday(
                    *key,
                    proclamation.name,
                    proclamation.name_cy,
                    proclamation.source,
                    reason=proclamation.reason,
                )
    return tuple(holidays[key] for key in sorted(holidays))


def _forecast(published: CodeList, until: int) -> Iterator[BankHoliday]:
    for year in range(published.last_year + 1, until + 1):
        for division in Division:
            for day, name in forecast_holidays(division, year):
                yield BankHoliday(
                    day, division, name, published.welsh_names[name], FORECAST, provisional=True
                )
