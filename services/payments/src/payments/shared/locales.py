"""How Babel writes for readers of a language. English is that of the United Kingdom: 22 April 2027.

Nothing else of payments calls Babel: its ``en`` is American.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel import Locale, dates, numbers

_LOCALES = {"en": "en_GB", "cy": "cy"}


def format_amount(pence: int, language: str = "en") -> str:
    """Write pence as pounds: 1250 is £12.50."""
    return str(numbers.format_currency(Decimal(pence) / 100, "GBP", locale=_LOCALES[language]))


def format_day(day: date, language: str = "en") -> str:
    """Write a day: 22 April 2027."""
    return str(dates.format_date(day, "long", locale=_LOCALES[language]))


def list_territories(language: str) -> Mapping[str, str]:
    """List what CLDR calls a territory, by their codes, with their names."""
    return dict(Locale.parse(_LOCALES[language]).territories)
