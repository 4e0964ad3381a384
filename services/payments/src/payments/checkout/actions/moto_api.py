"""Authorise a payment with card details that a service sends: once, by the payment's one-time token."""

from uuid import UUID

from chassis.database import ReadSession, Session
from chassis.jobs import CallContext
from chassis.problems import Problem
from payments.gateway_accounts.actions import accounts
from payments.payments.actions import changes, payer, payments
from payments.payments.actions.payer import Card
from payments.payments.rules.states import Status
from payments.shared.link_maker import LinkMaker

_INVALID = "The one_time_token is not valid"
_USED = "The one_time_token has already been used"
_SUCCEEDED = {Status.AUTHORISED, Status.CAPTURABLE, Status.CAPTURING, Status.CAPTURED}
_REJECTED = "The payment was rejected"
_ERROR = "There was an error authorising the payment"
_UNKNOWN = "Authorising the payment timed out. Get the payment to see what became of it"


async def begin(
    session: Session, council: str, payment_id: UUID | None, token: str, card: Card | None, links: LinkMaker
) -> None:
    """Use a token up and begin the authorisation; without a card the token stays good.

    Raises Problem 400 P1211, P1212, 402 P0010 for no card.
    """
    if payment_id is None or not links.allows_moto_api or not links.matches_moto(token, payment_id):
        raise Problem(400, "P1211", _INVALID)
    try:
        row = await changes.lock(session, council, payment_id)
    except LookupError as error:
        raise Problem(400, "P1211", _INVALID) from error
    if row.visits:
        raise Problem(400, "P1212", _USED)
    account = await accounts.get_by_id(session, council, row.account)
    if row.status != Status.CREATED or not account.settings.allows_moto_api:
        raise Problem(400, "P1211", _INVALID)
    if card is None:
        raise Problem(402, "P0010", "The card_number is not a valid card number")
    await payer.begin_authorisation(session, row, card, account.settings, visits=1)


async def finish(context: CallContext, council: str, payment_id: UUID) -> None:
    """Ask the processor now, unless it has answered. If the call fails the worker goes on with it."""
    await payments.finish_without_payer(context, council, payment_id, payer.PATIENCE)


async def require_success(session: ReadSession, council: str, payment_id: UUID) -> None:
    """Require that the payment was authorised. Raises Problem 402 P0010, 500 P0050."""
    row = await payer.find(session, council, payment_id)
    status = Status(row.status)
    if status in _SUCCEEDED:
        return
    if status is Status.DECLINED:
        raise Problem(402, "P0010", _REJECTED)
    raise Problem(500, "P0050", _ERROR if status is Status.ERROR else _UNKNOWN)
