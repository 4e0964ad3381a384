"""Days in queries and bodies: a past day, and ``as_of``."""

import re
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator

from chassis import clock

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _check_format(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-02-28")
    return value


def _check_past(day: date) -> date:
    # In summer it is tomorrow here an hour before it is by the clock of the server.
    if day > (clock.now() + timedelta(hours=1)).date():
        raise ValueError("is in the future: nobody knows what the gazetteer will say")
    return day


PastDay = Annotated[date, BeforeValidator(_check_format), AfterValidator(_check_past)]
# Reads of the service's own API take ``as_of: AsOf = None``.
AsOf = Annotated[
    PastDay | None,
    Query(description="Show the gazetteer as it was on this day; today if left out", examples=["2026-02-28"]),
]
