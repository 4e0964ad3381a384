"""Read what a payer typed, or what a link to the page brought along."""

import re
from dataclasses import dataclass

MAX_AMOUNT = 10_000_000  # pence, as a payment's
_POUNDS = re.compile(r"£?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.([0-9]{1,2}))?\s*")
_PENCE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the largest amount that a link takes, in pence."""

    least: int
    largest: int


def parse_amount(text: str) -> int | None:
    """Read an amount in pounds: 12, 12.5, 12.50, £1,200.00. None for anything else."""
    match = _POUNDS.fullmatch(text)
    if match is None:
        return None
    pounds, pence = match[1].replace(",", ""), (match[2] or "").ljust(2, "0")
    return int(pounds) * 100 + int(pence)


def read_pence(text: str) -> int | None:
    """Read the amount of an address: pence. None for anything else."""
    return int(text) if _PENCE.fullmatch(text) and text.isascii() else None


def write_pounds(pence: int) -> str:
    """Write an amount as people type it."""
    return f"{pence // 100}.{pence % 100:02}"


def read_reference(text: str) -> str:
    """Read the reference of an address, in which ``_`` is a space."""
    return text.replace("_", " ").strip()
