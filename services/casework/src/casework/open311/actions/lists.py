"""Lists of reports: what everybody may see of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from casework.open311 import store
from casework.open311.actions.reports import unknown_report
from casework.open311.schemas.params import ReportQuery
from casework.open311.schemas.views import ExtendedAttributes, ReportView, TokenView
from casework.open311.store import Window
from casework.shared.references import format_reference, read_reference
from casework.shared.words import Words
from chassis import clock
from chassis.database import ReadSession, Session
from chassis.problems import invalid

LONGEST = timedelta(days=90)


async def list_reports(session: Session, council: str, mode: str, query: ReportQuery) -> Sequence[Row[Any]]:
    """List reports that are not private, the newest first. Raises Problem 400.

    It is a transaction that may write: a window of updates that was answered stays as it is.
    """
    if query.service_request_id:
        return await _list_by_id(session, council, mode, query.service_request_id)
    window = find_window(query)
    if query.updated_after is not None or query.updated_before is not None:
        until = min(query.updated_before or clock.now(), clock.now())
        await store.reach(session, council, mode, until)
    equal: dict[str, Sequence[Any]] = {}
    if query.service_code:
        equal["code"] = query.service_code
    if query.status:
        equal["is_open"] = [status == "open" for status in query.status]
    page = (query.page - 1) * query.page_size, query.page_size
    return await store.list_public(session, council, mode, window, equal, page)


def find_window(query: ReportQuery) -> Window:
    """Find the days in which listed reports were made: the last 90 by default. Raises Problem 400."""
    start, end = query.start_date, query.end_date
    try:
        if end is None:
            end = clock.now() if start is None else start + LONGEST
        start = start or end - LONGEST
    except OverflowError:
        raise invalid("query.start_date", "lies too far away") from None
    if not timedelta() <= end - start <= LONGEST:
        raise invalid("query.start_date", f"must lie before end_date, by {LONGEST.days} days at most")
    return Window(start, end, query.updated_after, query.updated_before)


async def _list_by_id(
    session: ReadSession, council: str, mode: str, references: Sequence[str]
) -> Sequence[Row[Any]]:
    exact = [reference for text in references if (reference := read_reference(text)) is not None]
    rows = await store.list_by_reference(session, council, mode, [format_reference(each) for each in exact])
    return [row for row in rows if not row.private]


async def get_report(session: ReadSession, council: str, mode: str, reference: str) -> Row[Any]:
    """Get a report that is not private. Raises Problem 404."""
    rows = await _list_by_id(session, council, mode, [reference])
    if not rows:
        raise unknown_report()
    return rows[0]


async def get_token(session: ReadSession, council: str, mode: str, token: str) -> TokenView:
    """Get the report that a token stands for. Raises Problem 404."""
    report = await get_report(session, council, mode, token)
    return TokenView(service_request_id=report.reference, token=token)


def show_report(row: Row[Any], agency: str, language: str, *, extensions: bool = False) -> ReportView:
    """Show a report."""
    extended = ExtendedAttributes(status=row.status, external_status_code=row.state)
    return ReportView(
        service_request_id=row.reference,
        status="open" if row.is_open else "closed",
        status_notes=Words(**row.notes).pick(language),
        service_name=Words(**row.service).pick(language),
        service_code=row.code,
        agency_responsible=agency,
        requested_datetime=row.requested_at,
        updated_datetime=row.updated_at,
        expected_datetime=row.expected_at,
        address=row.address,
        address_id=None if row.uprn is None else str(row.uprn),
        lat=row.lat,
        long=row.long,
        extended_attributes=extended if extensions else None,
    )
