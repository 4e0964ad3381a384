"""An authorization request that waits in a browser, and its next step."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.accounts.actions.sessions import level
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.authorization.actions import authorization_request
from identity.authorization.rules import steps
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import consents, pending_requests, subjects
from identity.proofs.actions import proofs
from identity.shared.oauth import authorization_requests, vectors
from identity.shared.oauth.authorization_requests import AuthorizationRequest, PageError, RequestError
from identity.staff.actions import members
from identity.testers import actions as testers

UNKNOWN_REQUEST = "This request to sign in is unknown, was answered already, or is too old."


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request that waits. ``secret`` names it in URLs; ``row`` is locked until the transaction ends."""

    secret: str
    row: Row[Any]
    client: Client
    request: AuthorizationRequest

    @property
    def council(self) -> str:
        """The slug of the client's council."""
        council: str = self.row.council
        return council


async def load_pending(session: Session, provider: Provider, secret: str, browser: str) -> PendingRequest:
    """Load and lock a request, if this browser brought it and its client may still have an answer.

    Raises PageError.
    """
    row = await pending_requests.lock_request(session, secret, browser, provider.now())
    if row is None:
        raise PageError(UNKNOWN_REQUEST)
    client = await authorization_request.get_client(provider, {"client_id": ids.show(row.client)})
    request = authorization_requests.restore_request(row.request)
    # The client may have removed its redirect URI since.
    authorization_requests.parse_target({"redirect_uri": request.redirect_uri}, client.party)
    return PendingRequest(secret, row, client, request)


async def decide_step(
    session: Session, provider: Provider, pending: PendingRequest, signed_in: BrowserSession | None
) -> steps.Step:
    """Decide what must happen next. Raises RequestError when the request ends here."""
    person = consent = None
    if signed_in is not None:
        person = await _describe_person(session, provider, pending, signed_in)
        consent = await _get_consent(session, pending, signed_in)
    requested_at = pending.row.created_at.timestamp()
    return steps.next_step(
        pending.request, pending.client.party, person, consent, requested_at, provider.issuer.clock()
    )


async def is_next_step(
    session: Session,
    provider: Provider,
    pending: PendingRequest,
    signed_in: BrowserSession | None,
    step: steps.Step,
) -> bool:
    """Whether ``step`` comes next; false too when the request ends here."""
    try:
        return await decide_step(session, provider, pending, signed_in) is step
    except RequestError:
        return False


async def _describe_person(
    session: Session, provider: Provider, pending: PendingRequest, signed_in: BrowserSession
) -> steps.Person:
    """Describe who is signed in, as the rules of the steps need it."""
    proof = await proofs.get_current(session, signed_in.account)
    subject = subjects.derive_subject(provider.issuer, pending.client.record.sector, signed_in.account)
    return steps.Person(
        level=level(signed_in),
        authenticated_at=signed_in.authenticated_at.timestamp(),
        identity=proof.level if proof is not None else vectors.NO_IDENTITY,
        unproven=pending.row.unproven == signed_in.account,
        is_hinted=pending.request.subject in {None, subject},
        admitted=await testers.is_admitted(
            session, pending.client.record.mode, pending.council, pending.row.client, signed_in.account
        ),
        is_staff=pending.client.party.first_party
        and await members.get_name(session, pending.council, signed_in.account) is not None,
    )


async def _get_consent(
    session: Session, pending: PendingRequest, signed_in: BrowserSession
) -> steps.Consent | None:
    row = await consents.get_consent(session, pending.council, signed_in.account, pending.row.client)
    if row is None:
        return None
    return steps.Consent(frozenset(row.scopes), frozenset(row.claims), row.given_at.timestamp())
