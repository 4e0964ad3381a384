"""Bank holidays of the region: the published code list, and the proclamations since."""

import json
from dataclasses import asdict
from datetime import date
from functools import cache, lru_cache
from importlib import resources

from casework.calendar.actions.recomputation import recompute_all
from casework.calendar.rules.bank_holidays import (
    FORECAST_UNTIL,
    CodeList,
    Proclamation,
    list_holidays,
    parse_code_list,
)
from casework.calendar.rules.calendars import BankCalendars
from casework.calendar.rules.nations import Division
from casework.calendar.store import proclamations as store
from casework.shared.days import format_day
from chassis import clock, ids
from chassis.database import ReadSession, Session


class Refusal(Exception):  # noqa: N818 - what an operator is told
    """A proclamation that cannot be entered, with the reason."""


@cache
def read_code_list() -> CodeList:
    """Read the published bank holidays, once in a process."""
    file = resources.files("casework.calendar") / "codelists" / "bank_holidays.json"
    return parse_code_list(json.loads(file.read_text()))


@lru_cache(maxsize=8)
def build_calendars(proclamations: tuple[Proclamation, ...] = ()) -> BankCalendars:
    """Build the calendars of bank holidays; those of the same proclamations are kept."""
    published = read_code_list()
    return BankCalendars.of(published, list_holidays(published, proclamations))


async def load_calendars(session: ReadSession) -> BankCalendars:
    """Load the calendars of bank holidays as they are now."""
    return build_calendars(await list_proclamations(session))


async def list_proclamations(session: ReadSession) -> tuple[Proclamation, ...]:
    """List the proclamations of the region in the order in which they were entered."""
    return tuple(
        Proclamation(
            row.day,
            tuple(map(Division, row.divisions)),
            row.added,
            row.name,
            row.name_cy,
            row.source,
            row.reason,
        )
        for row in await store.list_proclamations(session)
    )


def read_proclamations(document: str) -> tuple[Proclamation, ...]:
    """Read proclamations that the database wrote as JSON."""
    return tuple(
        Proclamation(date.fromisoformat(day), tuple(map(Division, divisions)), *words)
        for day, divisions, *words in json.loads(document)
    )


async def proclaim(session: Session, proclamation: Proclamation, operator: str) -> None:
    """Add a bank holiday, or take one away, for every council. Raises Refusal if that changes nothing."""
    await store.lock_proclamations(session)
    earlier = await list_proclamations(session)
    before, after = (build_calendars(each) for each in (earlier, (*earlier, proclamation)))
    year = proclamation.day.year
    published = read_code_list()
    if not published.first_year <= year <= FORECAST_UNTIL:
        raise Refusal(f"bank holidays are loaded from {published.first_year} to {FORECAST_UNTIL}")
    if before.holidays == after.holidays:
        state = "already" if proclamation.added else "no"
        raise Refusal(f"{proclamation.day} is {state} bank holiday there: nothing would change")
    values = {**asdict(proclamation), "divisions": [each.value for each in proclamation.divisions]}
    await store.insert_proclamation(
        session, {**values, "id": ids.new(), "entered_by": operator, "entered_at": clock.now()}
    )
    verb = "was proclaimed a bank holiday" if proclamation.added else "is no bank holiday any more"
    await recompute_all(session, f"{format_day(proclamation.day)} {verb}: {proclamation.reason}")
