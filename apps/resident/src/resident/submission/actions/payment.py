"""Pays for a case: one payment an attempt, and no attempt before the one before it has failed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.jobs import CallContext
from chassis.settings import Settings
from resident.submission import store
from resident.submission.actions.keys import make_path, make_url
from resident.submission.rules import FAILED, Money, Step, read_money
from townhall_client import AsyncTownhall
from townhall_client.api.casework.api.cases import open_case
from townhall_client.api.casework.models.new_case import NewCase
from townhall_client.api.payments.api.payments import create_payment, get_payment
from townhall_client.api.payments.models.create_payment_request import CreatePaymentRequest


@dataclass(frozen=True, slots=True)
class PaymentView:
    """What has become of a payment, and where the payer goes on (empty when there is nothing to do)."""

    id: str
    money: Money
    next_url: str


async def pay(context: CallContext, townhall: AsyncTownhall, council: str, row: Row[Any]) -> str:
    """Return where the payer goes: to pay, or back to the submission's page. Hold no session open.

    A crash or a second tab finds the same payment by the attempt's key. Raises TownhallError.
    """
    own_page = make_path(context.settings, council, row.service, row.id)
    if row.step != Step.PAYING:
        return own_page
    if row.payment_id is not None:
        view = await look_up(townhall, row.payment_id)
        if view.money not in FAILED:
            await settle(context, council, row, view.money)
            return view.next_url or own_page
        row = await _begin_again(context, townhall, council, row)
        if row.payment is None:
            return own_page
    view = await _create(townhall, row, _make_body(context.settings, row, own_page))
    async with context.database.writing(council) as session:
        await store.set_payment(session, council, row.id, row.attempt, view.id)
    return view.next_url or own_page


async def look_up(townhall: AsyncTownhall, payment_id: str) -> PaymentView:
    """Read a payment. Raises TownhallError."""
    return _read((await townhall.send(get_payment(payment_id))).to_dict())


async def settle(context: CallContext, council: str, row: Row[Any], money: Money) -> None:
    """Write that the money has been taken, if it has."""
    if money is Money.PAID:
        async with context.database.writing(council) as session:
            await store.set_done(session, council, row.id)


async def _begin_again(
    context: CallContext, townhall: AsyncTownhall, council: str, row: Row[Any]
) -> Row[Any]:
    """Begin the next attempt, for what the case wants by now: it may have lapsed, or cost another sum."""
    key = f"{ids.show(row.id)}-again-{row.attempt}"
    body = NewCase(row.case_type, submission=ids.show(row.id))
    case = await townhall.send(open_case(body=body).once(key))
    payment = case.payment.to_dict() if case.payment else None
    async with context.database.writing(council) as session:
        await store.begin_attempt(session, council, row.id, row.attempt, payment)
        renewed = await store.find(session, council, row.id)
    if renewed is None:
        raise LookupError("the submission is gone")
    return renewed


async def _create(townhall: AsyncTownhall, row: Row[Any], body: dict[str, Any]) -> PaymentView:
    call = create_payment(body=CreatePaymentRequest.from_dict(body))
    payment = await townhall.send(call.once(f"{ids.show(row.id)}-{row.attempt}"))
    return _read(payment.to_dict())


def _make_body(settings: Settings, row: Row[Any], own_page: str) -> dict[str, Any]:
    body = {name: value for name, value in row.payment.items() if value is not None}
    return body | {"return_url": make_url(settings, own_page), "language": row.language}


def _read(payment: dict[str, Any]) -> PaymentView:
    link = payment["_links"].get("next_url") or {}
    return PaymentView(payment["payment_id"], read_money(payment["state"]), link.get("href", ""))
