"""The pages of payment links: what is paid, and what came of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import public
from chassis.database import Reading, Writing
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, choose_language, form_body, gettext_noop, see_other
from payments.checkout.routes.visitor import pages
from payments.funds.rules.baskets import RequestedLine, check_line
from payments.links import actions
from payments.links.rules import parse_amount, read_pence, read_reference, write_pounds
from payments.payments.routes.dependencies import Writer
from payments.shared.card_numbers import has_card_number
from payments.shared.locales import format_amount

router = APIRouter(tags=["payment links"], default_response_class=HTMLResponse)
Anybody = Annotated[None, public]
LinkId = Annotated[ids.Id, Path(description="The payment link")]
_PAGE = "/{council}/payments/links/{link_id}"
_MAX_REFERENCE, _MAX_AMOUNT = 255, 20
Prefilled = Annotated[str, Query(max_length=_MAX_REFERENCE)]
_REFERENCE, _AMOUNT = "reference", "amount"
_CARD = gettext_noop("Enter a reference, not a card number")
_CLOSED = gettext_noop("You cannot pay here at the moment. Contact the council")
_NO_REFERENCE = gettext_noop("Enter your reference")
_WRONG_REFERENCE = gettext_noop("Check your reference. It is not one that we know the form of")
_NO_AMOUNT = gettext_noop("Enter an amount in pounds, like 12.50")
_TOO_LITTLE = gettext_noop("The amount must be %(amount)s or more")
_TOO_MUCH = gettext_noop("The amount must be %(amount)s or less")


@router.get(_PAGE, responses=document_problems(404))
async def show_payment_link(
    _: Anybody,
    request: Request,
    council: Slug,
    link_id: LinkId,
    session: Reading,
    reference: Prefilled = "",
    amount: Annotated[str, Query(max_length=_MAX_AMOUNT, description="Pence")] = "",
) -> Response:
    """Show what a link is for, filled in from its address. In `reference`, `_` is a space."""
    link = await actions.find_open(session, council, link_id)
    if has_card_number(reference):  # the page repeats its address in its links
        return see_other(actions.make_path(council, link_id))
    pence = read_pence(amount)
    values = {_REFERENCE: read_reference(reference), _AMOUNT: "" if pence is None else write_pounds(pence)}
    return await _show(request, session, council, link, Form(values))


@router.post(
    _PAGE,
    responses=document_problems(403, 404),
    openapi_extra=form_body(reference=_MAX_REFERENCE, amount=_MAX_AMOUNT),
)
async def submit_payment_link(
    _: Anybody,
    request: Request,
    council: Slug,
    link_id: LinkId,
    session: Writing,
    form: SubmittedForm,
    writer: Writer,
) -> Response:
    """Create the payment, and go on to the card page."""
    link = await actions.find_open(session, council, link_id)
    language = _choose_language(request, link)
    amount = _read_amount(form, link, language)
    reference = _read_reference(form, link)
    if form.ok and amount is not None:
        await _check_fund(session, council, link, form, RequestedLine(link.fund, amount, reference))
    if not form.ok or amount is None:
        return await _show(request, session, council, link, form, 400)
    members = {_REFERENCE: reference, _AMOUNT: amount, "language": language}
    payment = await actions.create_payment(session, council, link, members, {"sub": "payment-link"}, writer)
    if payment.links is None or payment.links.next_url is None:
        raise RuntimeError("a payment of a link has a page")
    return see_other(payment.links.next_url.href.removeprefix(writer.origin))


@router.get(f"{_PAGE}/paid", responses=document_problems(404))
async def end_payment_link(
    _: Anybody, request: Request, council: Slug, link_id: LinkId, session: Reading
) -> Response:
    """Show where a payer comes back to: the card page told them what came of the payment."""
    link = await actions.find_open(session, council, link_id)
    request.state.test_service = link.mode == "sandbox"
    language = _choose_language(request, link)
    texts = actions.write_texts(link, language)
    return pages.render(
        request, "link-end.html", language=language, texts=texts, path=actions.make_path(council, link_id)
    )


def _choose_language(request: Request, link: Row[Any]) -> Any:
    """Choose the reader's language, of those that the link has."""
    return choose_language(request) if link.language == "both" else link.language


def _read_amount(form: Form, link: Row[Any], language: str) -> int | None:
    """Read the amount, or add to the form what is wrong with it."""
    if link.amount is not None:
        return int(link.amount)
    amount = parse_amount(form.get(_AMOUNT, _MAX_AMOUNT))
    if amount is None:
        form.error(_AMOUNT, _NO_AMOUNT)
    elif amount < link.min_amount:
        form.error(_AMOUNT, _TOO_LITTLE, amount=format_amount(link.min_amount, language))
    elif amount > link.max_amount:
        form.error(_AMOUNT, _TOO_MUCH, amount=format_amount(link.max_amount, language))
    return amount


def _read_reference(form: Form, link: Row[Any]) -> str:
    """Read the reference, or add to the form what is wrong with it. A card number is not shown again."""
    if link.reference is not None:
        return str(link.reference)
    reference = form.get(_REFERENCE, _MAX_REFERENCE)
    if not reference:
        form.error(_REFERENCE, _NO_REFERENCE)
    elif has_card_number(reference):
        form.error(_REFERENCE, _CARD)
    elif len(reference) > _MAX_REFERENCE:
        form.error(_REFERENCE, _WRONG_REFERENCE)
    return reference


async def _check_fund(
    session: Reading, council: str, link: Row[Any], form: Form, line: RequestedLine
) -> None:
    """Add to the form what the link's fund does not take."""
    chart = await actions.read_chart(session, council)
    outcome = check_line(chart, line, "")
    for fault in outcome if isinstance(outcome, list) else []:
        if fault.field == ".amount":
            largest = chart.funds[link.fund].max_amount or link.max_amount
            form.error(_AMOUNT, _TOO_MUCH, amount=format_amount(largest))
        elif fault.field == ".reference":
            form.error(_REFERENCE, _WRONG_REFERENCE)
        else:  # the fund takes no money today
            form.error("", _CLOSED)


async def _show(
    request: Request, session: Reading, council: str, link: Row[Any], form: Form, status: int = 200
) -> Response:
    """Render a link's page."""
    request.state.test_service = link.mode == "sandbox"
    language = _choose_language(request, link)
    chart = await actions.read_chart(session, council)
    fund = chart.funds.get(link.fund)
    hint = (fund.help_cy if language == "cy" else fund.help) or fund.help if fund else ""
    typed = form.get(_REFERENCE, _MAX_REFERENCE)
    return pages.render(
        request,
        "link.html",
        status,
        language=language,
        form=form,
        link=link,
        texts=actions.write_texts(link, language),
        amount=None if link.amount is None else format_amount(link.amount, language),
        hint=hint,
        reference="" if has_card_number(typed) else typed,
        path=actions.make_path(council, _id(link)),
        form_action=(),
    )


def _id(link: Row[Any]) -> UUID:
    link_id: UUID = link.id
    return link_id
