"""Amounts as people read them."""

from decimal import Decimal

from babel.numbers import format_currency


def format_amount(pence: int, language: str = "en") -> str:
    """Write pence as pounds: 1250 is £12.50."""
    return str(format_currency(Decimal(pence) / 100, "GBP", locale=language))
