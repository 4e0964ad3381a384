"""A request that asks for a proof of identity which the person does not have yet."""

from chassis.database import Session
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.assurance.rules import sign_in_at
from identity.authorization.actions.authorization_flow import (
    Outcome,
    Prompt,
    continue_request,
    prompt_person,
    refuse_request,
    was_prompted,
)
from identity.authorization.actions.pending_request import is_next_step, load_pending
from identity.authorization.rules import steps
from identity.clients.actions.authentication import Provider
from identity.grants.actions import pending_requests


async def find_missing_proof(
    session: Session, provider: Provider, secret: str, browser: str, record: SessionRecord | None
) -> Prompt | None:
    """Find who is asked for which proof; None when something else comes next. Raises PageError."""
    pending = await load_pending(session, provider, secret, browser)
    signed_in = sign_in_at(record, pending.council)
    if signed_in is None or not await is_next_step(session, provider, pending, signed_in, steps.Step.PROVE):
        return None
    return prompt_person(provider, pending, signed_in)


async def decline_proof(
    session: Session,
    provider: Provider,
    secret: str,
    browser: str,
    record: SessionRecord | None,
    person: str,
) -> Outcome:
    """Go on without the proof: the client is told in the way it asked for. Raises PageError.

    It counts only from the person who was asked, and only when the proof is the next step.
    """
    pending = await load_pending(session, provider, secret, browser)
    signed_in = sign_in_at(record, pending.council)
    if (
        signed_in is not None
        and was_prompted(provider, pending, signed_in, person)
        and await is_next_step(session, provider, pending, signed_in, steps.Step.PROVE)
    ):
        if not steps.wants_return_code(pending.request):
            return await refuse_request(session, provider, pending, steps.build_unproven_error())
        await pending_requests.mark_unproven(session, pending.row, signed_in.account)
    return await continue_request(session, provider, secret, browser, record)
