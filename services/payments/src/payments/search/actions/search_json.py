"""Write the pages of searches as GOV.UK Pay's API shows them."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row

from chassis import ids
from payments.payments.actions.payment_json import PaymentWriter, write_agreement
from payments.payments.schemas.responses import Link, RefundSettlement
from payments.search.actions.searches import SearchPage
from payments.search.rules import count_pages
from payments.search.schemas import (
    AgreementSearch,
    AgreementSearchResults,
    PagedSearch,
    PaymentSearch,
    PaymentSearchResults,
    RefundSearch,
    RefundSearchResult,
    RefundSearchResults,
    SearchLinks,
)


def write_payments(writer: PaymentWriter, page: SearchPage, query: PaymentSearch) -> PaymentSearchResults:
    """Write a page of payments."""
    results = [writer.write_result(row) for row in page.rows]
    return PaymentSearchResults(**write_envelope(f"{writer.api}/payments", page, query), results=results)


def write_refunds(writer: PaymentWriter, page: SearchPage, query: RefundSearch) -> RefundSearchResults:
    """Write a page of refunds."""
    results = [_write_refund(writer, row) for row in page.rows]
    return RefundSearchResults(**write_envelope(f"{writer.api}/refunds", page, query), results=results)


def write_agreements(
    writer: PaymentWriter, page: SearchPage, query: AgreementSearch
) -> AgreementSearchResults:
    """Write a page of agreements."""
    results = [write_agreement(row) for row in page.rows]
    return AgreementSearchResults(**write_envelope(f"{writer.api}/agreements", page, query), results=results)


def _write_refund(writer: PaymentWriter, row: Row[Any]) -> RefundSearchResult:
    payment_url = f"{writer.api}/payments/{ids.show(row.payment)}"
    return RefundSearchResult(
        refund_id=row.id,
        payment_id=row.payment,
        created_date=row.created_at,
        amount=row.amount,
        status=row.status,
        settlement_summary=RefundSettlement(
            settled_date=row.settled_on.isoformat() if row.settled_on else None
        ),
        links={
            "self": Link(href=f"{payment_url}/refunds/{ids.show(row.id)}", method="GET"),
            "payment": Link(href=payment_url, method="GET"),
        },
    )


def write_envelope(url: str, page: SearchPage, query: PagedSearch) -> dict[str, Any]:
    """Return what every page has: the total, and links with the parameters that were sent."""
    filters, last = query.list_parameters(), count_pages(page.total, query.display_size)

    def link(number: int) -> Link:
        parameters = urlencode({**filters, "page": number, "display_size": query.display_size})
        return Link(href=f"{url}?{parameters}", method="GET")

    links = SearchLinks(
        self=link(query.page),
        first_page=link(1),
        last_page=link(last),
        prev_page=link(query.page - 1) if query.page > 1 else None,
        next_page=link(query.page + 1) if query.page < last else None,
    )
    return {
        "total": page.total,
        "count": len(page.rows),
        "page": query.page,
        "is_truncated": page.is_truncated or None,
        "links": links,
    }
