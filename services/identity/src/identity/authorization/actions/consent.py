"""The person's answer on the consent page."""

from chassis.database import Session
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.assurance.rules import sign_in_at
from identity.authorization.actions.authorization_flow import (
    Outcome,
    continue_request,
    refuse_request,
    was_prompted,
)
from identity.authorization.actions.pending_request import is_next_step, load_pending
from identity.authorization.rules.steps import Step, build_not_admitted_error
from identity.clients.actions.authentication import Provider
from identity.grants.actions import consents
from identity.shared.oauth.authorization_requests import RequestError


async def answer_consent(
    session: Session,
    provider: Provider,
    secret: str,
    browser: str,
    record: SessionRecord | None,
    person: str,
    *,
    agrees: bool,
) -> Outcome:
    """Record whether the person agrees, and take the next step. Raises PageError.

    An answer counts only from the person who was asked, and only when consent is the next step. A person who
    may not use the service answers that they go back.
    """
    pending = await load_pending(session, provider, secret, browser)
    signed_in = sign_in_at(record, pending.council)
    if signed_in is None or not was_prompted(provider, pending, signed_in, person):
        return await continue_request(session, provider, secret, browser, record)
    if await is_next_step(session, provider, pending, signed_in, Step.TURN_AWAY):
        return await refuse_request(session, provider, pending, build_not_admitted_error())
    if not agrees:
        error = RequestError("access_denied", "The person does not agree.")
        return await refuse_request(session, provider, pending, error)
    if await is_next_step(session, provider, pending, signed_in, Step.CONSENT):
        row, client = pending.row, pending.client.record
        await consents.give_consent(
            session, row.council, signed_in.account, row.client, client.name, pending.request, provider.now()
        )
    return await continue_request(session, provider, secret, browser, record)
