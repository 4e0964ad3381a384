"""What the page of a submission says now."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.jobs import CallContext
from chassis.problems import not_found
from resident.shared.platform import Platform
from resident.submission import store
from resident.submission.actions import payment
from resident.submission.actions.keys import find_submission
from resident.submission.rules import Money, Step
from townhall_client import TownhallError


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission, and what has become of its payment (None: not begun, or no more wanted)."""

    row: Row[Any]
    money: Money | None = None

    @property
    def waits(self) -> bool:
        """Check whether a later look may say more, without anything that the person does."""
        return self.row.step == Step.OPENING or self.money is Money.CHECKING


async def find(context: CallContext, council: str, service: str, token: str) -> Row[Any]:
    """Find a submission by the token of its page. Raises Problem (404)."""
    try:
        submission_id: UUID = find_submission(context.settings, token)
    except ValueError:
        raise not_found("such page") from None
    async with context.database.reading(council) as session:
        row = await store.find(session, council, submission_id)
    if row is None or row.service != service:
        raise not_found("such page")
    return row


async def view(context: CallContext, council: str, row: Row[Any]) -> SubmissionView:
    """Look how a submission stands; a payment is always read, never believed from an address."""
    if row.step != Step.PAYING or row.payment_id is None:
        return SubmissionView(row)
    try:
        townhall = context.share(Platform).get(council)
        money = (await payment.look_up(townhall, row.payment_id)).money
    except TownhallError:
        return SubmissionView(row, Money.CHECKING)
    await payment.settle(context, council, row, money)
    return SubmissionView(row, money)
