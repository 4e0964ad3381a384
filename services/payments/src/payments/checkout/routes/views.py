"""Shows a payment: the page of what it waits for, or of its end."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Row

from chassis import ids
from chassis.web import Form, choose_language
from payments.checkout.routes.visitor import pages
from payments.checkout.rules.countries import list_countries
from payments.payments.rules.states import Status
from payments.shared.card_brands import label_brand
from payments.shared.locales import format_amount
from payments.shared.sandbox_cards import CorporateCard

_TEMPLATES = {
    Status.CREATED: "card.html",
    Status.STARTED: "card.html",
    Status.AUTHORISING: "payment-waiting.html",
    Status.CHALLENGED: "challenge.html",
    Status.AUTHORISED: "payment-confirm.html",
    Status.CAPTURABLE: "payment-paid.html",
    Status.CAPTURING: "payment-paid.html",
    Status.CAPTURED: "payment-paid.html",
    Status.DECLINED: "payment-declined.html",
    Status.EXPIRED: "payment-expired.html",
    Status.CANCELLED_BY_USER: "payment-cancelled.html",
    Status.CANCELLED_BY_SERVICE: "payment-cancelled.html",
    Status.ERROR: "payment-error.html",
}


def render_payment(
    request: Request,
    council: str,
    row: Row[Any],
    form: Form,
    status: int = 200,
    *,
    surcharges: Mapping[CorporateCard, int] = MappingProxyType({}),
    template: str | None = None,
) -> Response:
    """Render the page of a payment's state, or another one about it.

    ``surcharges``: what corporate cards would add, in pence.
    """
    request.state.test_service = row.mode == "sandbox"
    language = choose_language(request)
    countries = list_countries(language)
    path = make_path(council, row.id)
    return pages.render(
        request,
        template or _TEMPLATES[Status(row.status)],
        status,
        form=form,
        form_action=_list_redirects(row),
        frames=_list_frames(row),
        payment=row,
        brand=label_brand(row.card_brand),
        amount=format_amount(row.amount + row.surcharge, language),
        amount_alone=format_amount(row.amount, language),
        surcharge=format_amount(row.surcharge, language) if row.surcharge else "",
        surcharges={kind: format_amount(pence, language) for kind, pence in surcharges.items()},
        address=_list_address(row.billing_address or {}, countries),
        path=path,
        home=path,
        countries=countries,
    )


def make_path(council: str, payment_id: UUID) -> str:
    """Make the path of a payment's page."""
    return f"/{council}/payments/card_details/{ids.show(payment_id)}"


def _list_redirects(row: Row[Any]) -> tuple[str, ...]:
    """List where the form may lead: after the confirmation to the service, and where that leads on to.

    Browsers hold the page's policy against every redirect that follows a form. A service may send its payer
    on to another host, to sign in for instance, and they must not be stuck here after paying.
    """
    if row.status != Status.AUTHORISED or not row.return_url:
        return ()
    return (_origin(row.return_url), "https:")


def _list_frames(row: Row[Any]) -> tuple[str, ...]:
    """List whose pages are framed: the bank's, which leads to ours within the frame."""
    return (_origin(row.three_d_secure), "'self'") if row.status == Status.CHALLENGED else ()


def _list_address(address: Mapping[str, str], countries: Mapping[str, str]) -> list[str]:
    """List the lines of an address, with the country in the reader's language."""
    lines = [address.get(name, "") for name in ("line1", "line2", "city", "postcode")]
    return [line for line in (*lines, countries.get(address.get("country", ""), "")) if line]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
