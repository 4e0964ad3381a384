"""Calendars and bank holidays."""

from typing import Annotated

from fastapi import APIRouter, Query

from casework.calendar.actions import calendars
from casework.calendar.routes.access import BASE, CaseworkReader
from casework.calendar.schemas.calendars import BankHolidayList, CalendarList
from casework.calendar.schemas.values import Year
from casework.shared.days import find_local_day
from chassis import clock
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=BASE, tags=["calendars"])
YearOrThis = Annotated[Year | None, Query(description="This year if you leave it out")]


@router.get("/calendars", responses=document_problems(409))
async def list_calendars(council: Slug, _: CaseworkReader, session: Reading) -> CalendarList:
    """List the calendars that your deadlines may count by, and the days that each of them knows."""
    return await calendars.list_calendars(session, council)


@router.get("/bank-holidays", responses=document_problems(409))
async def list_bank_holidays(
    council: Slug, _: CaseworkReader, session: Reading, year: YearOrThis = None
) -> BankHolidayList:
    """List the bank holidays of a year in every part of the United Kingdom, each with its source."""
    return await calendars.list_bank_holidays(session, council, year or find_local_day(clock.now()).year)
