"""What a council's services cost: every fee with its prices now and later, and who decided it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date

from apps.recipes.bundle import Bundle, Decision, FeeLine
from apps.recipes.compile.outputs import list_public_charges


@dataclass(frozen=True, slots=True)
class ServiceCharges:
    """The charges of a service, in a language."""

    name: str
    lines: tuple[tuple[FeeLine, tuple[dict[str, Any], ...]], ...]  # with prices as the compiler lists them
    decided: Decision | None


def list_charges(bundles: list[Bundle], language: str, today: date) -> list[ServiceCharges]:
    """List the charges of services that have a fee, by name."""
    charges = [
        ServiceCharges(
            bundle.name.show(language),
            tuple(
                (line, tuple(charge["prices"]))
                for line, charge in zip(bundle.fee.lines, list_public_charges(bundle, today), strict=True)
            ),
            bundle.decided,
        )
        for bundle in bundles
        if bundle.fee is not None
    ]
    return sorted(charges, key=lambda charge: charge.name)


def format_day(day: str, language: str) -> str:
    """Write ``2026-04-01`` in words: 1 April 2026."""
    return format_date(date.fromisoformat(day), "d MMMM y", locale=language)
