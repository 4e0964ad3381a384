"""Days in a query."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _check_format(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-02-28")
    return value


def _check_past(day: date) -> date:
    # In summer it is tomorrow here an hour before it is by the clock of the server.
    if day > (datetime.now(UTC) + timedelta(hours=1)).date():
        raise ValueError("is in the future: nobody knows what the gazetteer will say")
    return day


PastDay = Annotated[date, BeforeValidator(_check_format), AfterValidator(_check_past)]
# ``as_of: AsOf = None`` in the signature of every read of our own API.
AsOf = Annotated[
    PastDay | None,
    Query(
        description="Answer what the gazetteer said on this day; today when left out", examples=["2026-02-28"]
    ),
]
