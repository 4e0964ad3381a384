"""What a search looks for: which rows are looked at first, which days are counted, how parts are matched."""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

MOST = 10_000
"""How many rows a search that no counts help looks at."""
SAMPLED = 2_000
COMMON = SAMPLED // 100
"""A part is so common that its index does not help if so many of the newest rows have it."""
DAWN = datetime(1900, 1, 1, tzinfo=UTC)
DUSK = datetime(3000, 1, 1, tzinfo=UTC)
_INDEXED = re.compile(r"\w{3}")
_SPECIAL = re.compile(r"([\\%_])")


class Driver(StrEnum):
    """The index that a search goes by."""

    COUNTS = "counts"  # days by their counts, then rows by time
    REFERENCE = "reference"
    AGREEMENT = "agreement"
    LAST_DIGITS = "last_digits"
    PARTS = "parts"  # of e-mail addresses and names
    FIRST_DIGITS = "first_digits"
    SETTLED = "settled"
    TIME = "time"


_BY_FILTER = (
    ({"reference"}, Driver.REFERENCE),
    ({"agreement"}, Driver.AGREEMENT),
    ({"last_digits"}, Driver.LAST_DIGITS),
    ({"email", "cardholder_name"}, Driver.PARTS),
    ({"first_digits"}, Driver.FIRST_DIGITS),
    ({"settled"}, Driver.SETTLED),
    ({"card_brand"}, Driver.TIME),
)


def choose_driver(filters: Set[str]) -> Driver:
    """Choose the index that leaves the fewest rows: the most selective filter's."""
    return next((driver for names, driver in _BY_FILTER if names & filters), Driver.COUNTS)


@dataclass(frozen=True, slots=True)
class Days:
    """A time cut into whole days in UTC, which are counted, and the parts of days at its ends.

    Each is from its first value until before its second one.
    """

    whole: tuple[date, date]
    head: tuple[datetime, datetime]
    tail: tuple[datetime, datetime]


def cut_days(since: datetime, until: datetime) -> Days:
    """Cut a time into whole days and what is before and after them."""
    midnight = _floor(since)
    first = midnight if midnight == since else midnight + timedelta(days=1)
    last = _floor(until)
    if first > last:  # it is within a day
        return Days((first.date(), first.date()), (since, until), (until, until))
    return Days((first.date(), last.date()), (since, first), (last, until))


def _floor(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def make_pattern(part: str) -> str:
    """Make the pattern of LIKE for a text that has this part."""
    return "%" + _SPECIAL.sub(r"\\\1", part) + "%"


def find_mailbox(part: str) -> str | None:
    """Find what an e-mail address has before its @, or ends with there; None if the part tells nothing."""
    mailbox, at, _ = part.partition("@")
    return mailbox if at and mailbox else None


def is_indexed(part: str) -> bool:
    """Check whether the index of parts helps to find it: it has three letters or digits together."""
    return _INDEXED.search(part) is not None


def count_pages(total: int, size: int) -> int:
    """Count the pages of a list; an empty one has one."""
    return max(1, -(-total // size))
