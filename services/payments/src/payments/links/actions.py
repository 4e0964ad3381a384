"""Make, change and list payment links, and create their payments."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, invalid, not_found
from payments.funds.actions import baskets
from payments.funds.rules.baskets import RequestedLine, check_line
from payments.funds.rules.charts import Chart, Fund
from payments.funds.schemas.baskets import NewLine
from payments.gateway_accounts.actions import accounts
from payments.links import store
from payments.links.schemas import (
    LinkPayment,
    NewLinkPayment,
    NewPaymentLink,
    PaymentLink,
    PaymentLinkChange,
)
from payments.payments.actions import payments
from payments.payments.actions.payment_json import PaymentWriter
from payments.payments.schemas.requests import CreatePaymentRequest
from payments.payments.schemas.responses import Payment
from payments.shared.card_numbers import has_card_number
from payments.shared.days import today
from payments.shared.link_maker import LinkMaker

MAX_LINKS = 2_000
"""Of an account."""
_CARD = "has a card number in it, which we must not store; leave it out"


async def create_link(
    session: Session, council: str, caller: Caller, body: NewPaymentLink, links: LinkMaker
) -> PaymentLink:
    """Make a link. Raises Problem 400 for a fund, reference or amount that no payment could have."""
    account = await accounts.get_account(session, council, caller)
    for name in ("title", "title_cy", "description", "description_cy", "reference"):
        if has_card_number(getattr(body, name) or ""):
            raise invalid(f"body.{name}", _CARD)
    fund = await _find_fund(session, council, body)
    if await store.count_links(session, council, account.id) >= MAX_LINKS:
        raise conflict("too-many-links", f"An account has {MAX_LINKS} payment links at most.")
    now = clock.now()
    row = {
        **body.model_dump(exclude={"fund"}),
        "council": council,
        "id": ids.new(),
        "account": account.id,
        "mode": account.mode,
        "fund": fund.id,
        "is_open": True,
        "version": 1,
        "created_by": caller.record(),
        "created_at": now,
        "updated_by": caller.subject,
        "updated_at": now,
    }
    await store.insert_link(session, row)
    return _write(row, council, links)


async def _find_fund(session: ReadSession, council: str, body: NewPaymentLink) -> Fund:
    """Find the link's fund, and check what is fixed of its payments. Raises Problem 400."""
    chart = await baskets.read_chart(session, council, today())
    line = RequestedLine(body.fund, body.amount or body.min_amount, body.reference or "")
    outcome = check_line(chart, line, "body")
    faults = outcome if isinstance(outcome, list) else []
    for fault in faults:
        if body.reference is None and fault.field == "body.reference":
            continue  # the payer is asked
        raise invalid(fault.field, fault.message)
    return chart.funds[body.fund] if isinstance(body.fund, UUID) else chart.list_funds(body.fund)[0]


async def change_link(
    session: Session,
    council: str,
    caller: Caller,
    link_id: UUID,
    precondition: Precondition,
    body: PaymentLinkChange,
    links: LinkMaker,
) -> PaymentLink:
    """Change a link's texts, or close it. Raises Problem 404, 412, 400."""
    await get_row(session, council, caller, link_id)
    row = await store.lock_link(session, council, link_id)
    if row is None:
        raise not_found("payment link with this id")
    precondition.check(row.version, "payment link")
    members = {name: getattr(body, name) for name in body.model_fields_set}
    for name, value in members.items():
        if isinstance(value, str) and has_card_number(value):
            raise invalid(f"body.{name}", _CARD)
    if row.language != "en" and members.get("title_cy") == "":
        raise invalid("body.title_cy", "is needed by a link in Welsh")
    values = {
        **members,
        "version": row.version + 1,
        "updated_by": caller.subject,
        "updated_at": clock.now(),
    }
    await store.update_link(session, council, link_id, values)
    return _write({**row._asdict(), **values}, council, links)


async def get_row(session: ReadSession, council: str, caller: Caller, link_id: UUID) -> Row[Any]:
    """Get a link of the caller's account. Raises Problem 404."""
    account = await accounts.find_account(session, council, caller)
    row = await store.find_link(session, council, link_id)
    if row is None or account is None or row.account != account.id:
        raise not_found("payment link with this id")
    return row


async def list_links(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the links of the caller's account."""
    account = await accounts.find_account(session, council, caller)
    return [] if account is None else await store.list_links(session, council, account.id, after, fetch)


def write_link(row: Row[Any], council: str, links: LinkMaker) -> PaymentLink:
    """Write a link as the API shows it."""
    return _write(row._asdict(), council, links)


def _write(row: Mapping[str, Any], council: str, links: LinkMaker) -> PaymentLink:
    url = f"{links.origin}/{council}/payments/links/{ids.show(row['id'])}"
    return PaymentLink.model_validate({**row, "url": url})


def make_path(council: str, link_id: UUID) -> str:
    """Make the path of a link's page."""
    return f"/{council}/payments/links/{ids.show(link_id)}"


async def find_open(session: ReadSession, council: str, link_id: UUID) -> Row[Any]:
    """Find a link that takes payments. Raises Problem 404."""
    row = await store.find_link(session, council, link_id)
    if row is None or not row.is_open:
        raise not_found("payment link")
    account = await accounts.get_by_id(session, council, row.account)
    if not account.is_open:
        raise not_found("payment link")
    return row


async def read_chart(session: ReadSession, council: str) -> Chart:
    """Read the council's funds of today."""
    return await baskets.read_chart(session, council, today())


async def create_for_payer(
    session: Session, council: str, caller: Caller, link_id: UUID, body: NewLinkPayment, writer: PaymentWriter
) -> LinkPayment:
    """Create a payment for somebody who is not at the page. Raises Problem 400, 404, 422."""
    row = await get_row(session, council, caller, link_id)
    if not row.is_open:
        raise conflict("link-closed", "The payment link is closed.")
    amount = _take("amount", row.amount, body.amount)
    if not row.min_amount <= amount <= row.max_amount:
        raise invalid("body.amount", f"must be {row.min_amount} to {row.max_amount}")
    members = {
        "amount": amount,
        "reference": _take("reference", row.reference, body.reference),
        "language": "cy" if row.language == "cy" else "en",
        "moto": body.moto,
        "email": body.email,
    }
    payment = await create_payment(session, council, row, members, caller.record(), writer)
    if payment.links is None or payment.links.next_url is None:
        raise RuntimeError("a payment of a link has a page")
    return LinkPayment(payment_id=payment.payment_id, next_url=payment.links.next_url.href)


def _take(name: str, fixed: Any, requested: Any) -> Any:
    """Take the link's own value, or else the request's. Raises Problem 400 unless there is one."""
    if fixed is not None and requested not in {None, fixed}:
        raise invalid(f"body.{name}", f"is fixed by the link: {fixed}; leave it out")
    if fixed is None and requested is None:
        raise invalid(f"body.{name}", "is needed: the link leaves it open")
    return requested if fixed is None else fixed


async def create_payment(
    session: Session,
    council: str,
    link: Row[Any],
    members: Mapping[str, Any],
    created_by: dict[str, str],
    writer: PaymentWriter,
) -> Payment:
    """Create a payment of a link: ``amount``, ``reference``, and others of a payment.

    Raises Problem 400 P0105 for a card number as reference, 422 for what the fund does not take.
    """
    if has_card_number(members["reference"]):
        detail = "Enter a valid reference: card numbers cannot be used"
        raise Problem(400, "P0105", detail, field="reference")
    line = NewLine(fund=link.fund, amount=members["amount"], reference=members["reference"])
    body = CreatePaymentRequest(
        **members,
        description=_choose(link, "title", members["language"]),
        return_url=f"{writer.origin}{make_path(council, link.id)}/paid",
        metadata={"payment_link": ids.show(link.id)},
        lines=[line],
    )
    account = await accounts.get_by_id(session, council, link.account)
    return await payments.create_in_account(session, council, account, created_by, body, writer)


def _choose(link: Row[Any], name: str, language: str) -> str:
    """Choose a text of a link in a language; the English one where there is no other."""
    texts: dict[str, str] = link._asdict()
    return (texts[f"{name}_cy"] if language == "cy" else "") or texts[name]


def write_texts(link: Row[Any], language: str) -> dict[str, str]:
    """Return the texts of a link in a language."""
    return {name: _choose(link, name, language) for name in ("title", "description", "reference_label")}
