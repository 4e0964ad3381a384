"""Write payments and refunds as GOV.UK Pay's API shows them."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row

from chassis import ids
from payments.payments.rules.refunds import summarise
from payments.payments.rules.states import PUBLIC, Status
from payments.payments.schemas.agreements import Agreement, PaymentInstrument
from payments.payments.schemas.responses import (
    Address,
    AuthorisationSummary,
    CardDetails,
    Line,
    Link,
    Payment,
    PaymentEvent,
    PaymentEvents,
    PaymentLinks,
    PaymentLinksForSearch,
    PaymentSearchResult,
    PostLink,
    Refund,
    Refunds,
    RefundSettlement,
    RefundSummary,
    SettlementSummary,
    State,
    ThreeDSecure,
)
from payments.shared.card_brands import label_brand
from payments.shared.link_maker import LinkMaker

_LIVE = "live"
_PAYER_ACTS = {Status.CREATED, Status.STARTED, Status.AUTHORISING, Status.CHALLENGED, Status.AUTHORISED}


def write_payment(
    row: Row[Any] | SimpleNamespace,
    lines: Sequence[Row[Any]] | None = None,
    links: PaymentLinks | None = None,
) -> Payment:
    """Write a payment with its payer."""
    basket = None if lines is None else [_write_line(line) for line in lines]
    return Payment(**_describe(row), lines=basket, links=links)


def write_agreement(row: Row[Any]) -> Agreement:
    """Write an agreement with its card."""
    instrument = None
    if row.card_created_at is not None:
        address = row.card_billing_address
        card = CardDetails(
            card_brand=label_brand(row.card_brand),
            card_type=row.card_type,
            first_digits_card_number=row.card_first_digits,
            last_digits_card_number=row.card_last_digits,
            expiry_date=row.card_expiry_date,
            cardholder_name=row.card_cardholder_name,
            billing_address=Address(**address) if address else None,
        )
        instrument = PaymentInstrument(card_details=card, created_date=row.card_created_at)
    return Agreement(
        agreement_id=row.id,
        reference=row.reference,
        description=row.description,
        user_identifier=row.user_identifier,
        status=row.state,
        created_date=row.created_at,
        cancelled_date=row.cancelled_at,
        payment_instrument=instrument,
    )


class PaymentWriter:
    """Writes the payments of a council, with its links."""

    def __init__(self, links: LinkMaker, council: str) -> None:
        self._links = links
        self.origin = links.origin
        self.has_moto_api = links.allows_moto_api
        self._pages = f"{links.origin}/{council}/payments"
        self.api = f"{self._pages}/v1"

    def write(self, row: Row[Any] | SimpleNamespace, lines: Sequence[Row[Any]] | None = None) -> Payment:
        """Write a payment with its payer and its links."""
        return write_payment(row, lines, self._write_links(row, Status(row.status)))

    def write_result(self, row: Row[Any]) -> PaymentSearchResult:
        """Write a payment of a search: without its basket and the payer's link."""
        url = f"{self.api}/payments/{ids.show(row.id)}"
        return PaymentSearchResult(
            **_describe(row), links=PaymentLinksForSearch(**_write_common_links(url, Status(row.status)))
        )

    def write_events(self, row: Row[Any], events: Sequence[Row[Any]]) -> PaymentEvents:
        """Write a payment's history: the states that the API shows, each once."""
        url = f"{self.api}/payments/{ids.show(row.id)}"
        history: list[PaymentEvent] = []
        for event in events:
            state = _write_state(Status(event.status))
            if not history or history[-1].state != state:
                links = {"payment_url": Link(href=url, method="GET")}
                history.append(PaymentEvent(payment_id=row.id, state=state, updated=event.at, links=links))
        self_link = {"self": Link(href=f"{url}/events", method="GET")}
        return PaymentEvents(payment_id=row.id, events=history, links=self_link)

    def write_refund(self, row: Row[Any]) -> Refund:
        """Write a refund."""
        url = f"{self.api}/payments/{ids.show(row.payment)}"
        return Refund(
            refund_id=row.id,
            created_date=row.created_at,
            amount=row.amount,
            status=row.status,
            settlement_summary=RefundSettlement(
                settled_date=row.settled_on.isoformat() if row.settled_on else None
            ),
            links={
                "self": Link(href=f"{url}/refunds/{ids.show(row.id)}", method="GET"),
                "payment": Link(href=url, method="GET"),
            },
        )

    def write_refunds(self, row: Row[Any], refunds: Sequence[Row[Any]]) -> Refunds:
        """Write a payment's refunds."""
        url = f"{self.api}/payments/{ids.show(row.id)}"
        return Refunds(
            payment_id=row.id,
            links={
                "self": Link(href=f"{url}/refunds", method="GET"),
                "payment": Link(href=url, method="GET"),
            },
            embedded={"refunds": [self.write_refund(refund) for refund in refunds]},
        )

    def _write_links(self, row: Row[Any] | SimpleNamespace, status: Status) -> PaymentLinks:
        url = f"{self.api}/payments/{ids.show(row.id)}"
        next_url, next_url_post, auth_url_post = None, None, None
        if status in _PAYER_ACTS and row.authorisation_mode == "web":
            token = self._links.make_token(row.id, row.visits)
            secure = f"{self._pages}/secure"
            next_url = Link(href=f"{secure}/{token}", method="GET")
            next_url_post = PostLink(
                href=secure,
                method="POST",
                type="application/x-www-form-urlencoded",
                params={"chargeTokenId": token},
            )
        if status is Status.CREATED and row.authorisation_mode == "moto_api" and self.has_moto_api:
            auth_url_post = PostLink(
                href=f"{self.api}/auth",
                method="POST",
                type="application/json",
                params={"one_time_token": self._links.make_moto_token(row.id)},
            )
        return PaymentLinks(
            next_url=next_url,
            next_url_post=next_url_post,
            auth_url_post=auth_url_post,
            **_write_common_links(url, status),
        )


def _describe(row: Row[Any] | SimpleNamespace) -> dict[str, Any]:
    """Return the members that a payment has everywhere."""
    status, total = Status(row.status), row.amount + row.surcharge
    return {
        "payment_id": row.id,
        "amount": row.amount,
        "reference": row.reference,
        "description": row.description,
        "state": _write_state(status, can_retry=row.can_retry),
        "language": row.language,
        "email": row.email,
        "metadata": row.metadata,
        "payment_provider": row.processor,
        "provider_id": row.provider_id,
        "created_date": row.created_at,
        "return_url": row.return_url,
        "delayed_capture": row.delayed_capture,
        "moto": row.moto,
        "authorisation_mode": row.authorisation_mode,
        "agreement_id": row.agreement,
        "set_up_agreement": row.agreement if row.sets_up_agreement else None,
        "agreement_payment_type": row.agreement_payment_type,
        "refund_summary": _write_refund_summary(row, status, total),
        "settlement_summary": _write_settlement(row),
        "card_brand": label_brand(row.card_brand),
        "card_details": _write_card(row),
        "authorisation_summary": _write_authorisation(row),
        "corporate_card_surcharge": row.surcharge or None,
        "total_amount": total if row.surcharge else None,
        "fee": row.fee,
        "net_amount": None if row.fee is None else total - row.fee,
    }


def _write_common_links(url: str, status: Status) -> dict[str, Any]:
    """Return the links that a payment has everywhere."""
    is_open = not PUBLIC[status].finished
    return {
        "self": Link(href=url, method="GET"),
        "events": Link(href=f"{url}/events", method="GET"),
        "refunds": Link(href=f"{url}/refunds", method="GET"),
        "cancel": PostLink(href=f"{url}/cancel", method="POST") if is_open else None,
        "capture": PostLink(href=f"{url}/capture", method="POST") if status is Status.CAPTURABLE else None,
    }


def _write_state(status: Status, *, can_retry: bool | None = None) -> State:
    state = PUBLIC[status]
    return State(
        status=state.status,
        finished=state.finished,
        code=state.code,
        message=state.message,
        can_retry=can_retry,
    )


def _write_refund_summary(row: Row[Any] | SimpleNamespace, status: Status, total: int) -> RefundSummary:
    summary = summarise(status, total, row.refunded, is_blocked=row.refunds_blocked)
    return RefundSummary(
        status=summary.status, amount_available=summary.available, amount_submitted=summary.submitted
    )


def _write_settlement(row: Row[Any] | SimpleNamespace) -> SettlementSummary:
    return SettlementSummary(
        capture_submit_time=row.capture_submitted_at,
        captured_date=row.captured_at.date().isoformat() if row.captured_at else None,
        settled_date=row.settled_on.isoformat() if row.settled_on else None,
    )


def _write_card(row: Row[Any] | SimpleNamespace) -> CardDetails | None:
    if not (row.cardholder_name or row.billing_address or row.last_digits):
        return None
    return CardDetails(
        card_brand=label_brand(row.card_brand),
        card_type=row.card_type,
        last_digits_card_number=row.last_digits,
        first_digits_card_number=row.first_digits,
        expiry_date=row.expiry_date,
        cardholder_name=row.cardholder_name,
        billing_address=Address(**row.billing_address) if row.billing_address else None,
    )


def _write_authorisation(row: Row[Any] | SimpleNamespace) -> AuthorisationSummary | None:
    # The address of a live payment is that of the processor's page: the card is not entered yet.
    if row.provider_id is None or (row.mode == _LIVE and row.three_d_secure is not None):
        return None
    return AuthorisationSummary(three_d_secure=ThreeDSecure(required=row.three_d_secure is not None))


def _write_line(line: Row[Any]) -> Line:
    return Line(
        line=line.n,
        reference=line.reference,
        amount=line.amount,
        vat_code=line.vat_code_name,
        vat_amount=line.vat,
        ledger_code=line.ledger_code,
        narrative=line.narrative,
        refunded=line.refunded,
    )
