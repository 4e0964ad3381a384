"""Search disputes, and write them as GOV.UK Pay's API shows them."""

from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession
from payments.disputes.schemas import Dispute, DisputeSearch, DisputeSearchResults
from payments.disputes.tables import dispute
from payments.payments.actions.payment_json import PaymentWriter
from payments.payments.schemas.responses import Link, RefundSettlement
from payments.processors.rules import DisputeState
from payments.search.actions import search_json, searches

_SUBJECT = searches.make_subject(dispute)


async def search_disputes(
    session: ReadSession, council: str, caller: Caller, query: DisputeSearch, writer: PaymentWriter
) -> DisputeSearchResults:
    """Search the disputes of the caller's account. Raises Problem 404 P0402 for a page after the last."""
    filters = {} if query.status is None else {"state": query.status}
    page = await searches.find(session, council, caller, _SUBJECT, query, filters)
    searches.require_page(page, query, "P0402")
    results = [_write(writer, row) for row in page.rows]
    envelope = search_json.write_envelope(f"{writer.api}/disputes", page, query)
    return DisputeSearchResults(**envelope, pay_links=envelope["links"], results=results)


def _write(writer: PaymentWriter, row: Row[Any]) -> Dispute:
    is_lost = row.state == DisputeState.LOST
    return Dispute(
        dispute_id=row.id,
        payment_id=row.payment,
        amount=row.amount,
        fee=row.fee if is_lost else None,
        net_amount=-(row.amount + row.fee) if is_lost else None,
        reason=row.reason,
        status=row.state,
        created_date=row.created_at,
        settlement_summary=RefundSettlement(
            settled_date=row.settled_on.isoformat() if row.settled_on else None
        ),
        links={"payment": Link(href=f"{writer.api}/payments/{ids.show(row.payment)}", method="GET")},
    )
