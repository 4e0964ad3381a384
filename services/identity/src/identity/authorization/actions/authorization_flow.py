"""The authorization flow: from a client's request to its code (RFC 6749 section 4.1).

Every step is checked again when the next begins.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from chassis import ids
from chassis.database import Session
from identity.accounts.actions.sessions import level
from identity.accounts.rules.browser_sessions import BrowserSession, SessionRecord
from identity.assurance.rules import sign_in_at
from identity.authorization.actions import authorization_request
from identity.authorization.actions.authorization_request import Redirect
from identity.authorization.actions.pending_request import (
    UNKNOWN_REQUEST,
    PendingRequest,
    decide_step,
    load_pending,
)
from identity.authorization.rules import steps
from identity.clients.actions.authentication import Client, Provider
from identity.grants.actions import grants, pending_requests, subjects, token_records
from identity.shared.oauth import relying_party
from identity.shared.oauth.authorization_requests import AuthorizationRequest, PageError, RequestError

PUSHED = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True, slots=True)
class SignInRequired:
    """The person must sign in, or sign in again; ``request`` as it stands in the URL."""

    request: str


@dataclass(frozen=True, slots=True)
class ProofRequired:
    """The person must prove their identity, or go back without; ``request`` as it stands in the URL."""

    request: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The person must be asked. ``person`` marks who was asked: only they can answer."""

    request: str
    person: str
    client: Client
    content: AuthorizationRequest


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The person may not use the service: they are told, and go back to it or sign in as somebody else."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that a browser brings.

    ``content``: the request if it holds, a redirect that tells the client what is wrong, or the secret of a
    request that was pushed before.
    """

    client: Client
    content: AuthorizationRequest | Redirect | str


Outcome = Redirect | SignInRequired | ProofRequired | TurnedAway | Prompt
"""What the browser gets after a step. A Prompt as outcome asks for consent."""


async def push_request(
    session: Session, provider: Provider, client: Client, request: AuthorizationRequest
) -> str:
    """Save a checked request (RFC 9126); answers its ``request_uri``, good once."""
    secret = await _save_request(session, provider, client, request, None, relying_party.PUSHED_SECONDS)
    return PUSHED + secret


async def check_request(provider: Provider, parameters: Mapping[str, str]) -> NewRequest:
    """Check a request that a browser brings. Raises PageError.

    Call it with no transaction open: the client's keys may have to be read from its server.
    """
    client = await authorization_request.get_client(provider, parameters)
    uri = parameters.get("request_uri", "")
    if uri.startswith(PUSHED):
        return NewRequest(client, uri.removeprefix(PUSHED))
    return NewRequest(client, await authorization_request.check_browser_request(provider, client, parameters))


async def start_request(
    session: Session,
    provider: Provider,
    new: NewRequest,
    browser: str,
    record: SessionRecord | None,
) -> Outcome:
    """Start a request that a browser brings, and take its first step. Raises PageError."""
    request: AuthorizationRequest | Redirect | None
    if isinstance(new.content, str):
        request = await pending_requests.take_pushed(session, new.content, new.client.id, provider.now())
    else:
        request = new.content
    if request is None:
        raise PageError(UNKNOWN_REQUEST)
    if isinstance(request, Redirect):
        return request
    seconds = relying_party.REQUEST_SECONDS
    secret = await _save_request(session, provider, new.client, request, browser, seconds)
    return await continue_request(session, provider, secret, browser, record)


async def continue_request(
    session: Session, provider: Provider, secret: str, browser: str, record: SessionRecord | None
) -> Outcome:
    """Take the next step of a request that waits in this browser. Raises PageError."""
    pending = await load_pending(session, provider, secret, browser)
    signed_in = sign_in_at(record, pending.council)
    try:
        step = await decide_step(session, provider, pending, signed_in)
    except RequestError as error:
        return await refuse_request(session, provider, pending, error)
    if step is steps.Step.SIGN_IN or signed_in is None:
        return SignInRequired(secret)
    if step is steps.Step.TURN_AWAY:
        return TurnedAway(prompt_person(provider, pending, signed_in))
    if step is steps.Step.PROVE:
        return ProofRequired(secret)
    if step is steps.Step.CONSENT:
        return prompt_person(provider, pending, signed_in)
    return await _issue_code(session, provider, pending, signed_in)


async def refuse_request(
    session: Session, provider: Provider, pending: PendingRequest, error: RequestError
) -> Redirect:
    """End a request with an error to its client."""
    await pending_requests.delete_request(session, pending.row)
    return authorization_request.redirect_with_error(provider, pending.request.target, error)


def prompt_person(provider: Provider, pending: PendingRequest, signed_in: BrowserSession) -> Prompt:
    """Ask the person who is signed in."""
    person = subjects.derive_subject(provider.issuer, pending.client.record.sector, signed_in.account)
    return Prompt(pending.secret, person, pending.client, pending.request)


def was_prompted(provider: Provider, pending: PendingRequest, signed_in: BrowserSession, person: str) -> bool:
    """Whether ``person``, as the form of a prompt has it, is who is signed in."""
    subject = subjects.derive_subject(provider.issuer, pending.client.record.sector, signed_in.account)
    return hmac.compare_digest(subject.encode(), person.encode())


async def _save_request(
    session: Session,
    provider: Provider,
    client: Client,
    request: AuthorizationRequest,
    browser: str | None,
    seconds: int,
) -> str:
    name = client.record.name_in(request.language)
    council, now = client.record.council, provider.now()
    return await pending_requests.save_request(
        session, council, client.id, name, request, browser, now, seconds
    )


async def _issue_code(
    session: Session, provider: Provider, pending: PendingRequest, signed_in: BrowserSession
) -> Redirect:
    """Create the grant, and redirect to the client with the code for it."""
    now = provider.now()
    await pending_requests.delete_request(session, pending.row)
    values = {
        "client": pending.row.client,
        "account": signed_in.account,
        "session": signed_in.session,
        "sector": pending.client.record.sector,
        "scopes": list(pending.request.scopes),
        "request": _build_grant_request(pending, signed_in),
    }
    grant = await grants.create_grant(session, pending.council, values, now)
    seconds = pending.client.party.rules.code_seconds
    code = await token_records.add_code(session, pending.council, grant, now, seconds)
    target = pending.request.target
    return Redirect(authorization_request.build_response_url(provider, target, {"code": code}))


def _build_grant_request(pending: PendingRequest, signed_in: BrowserSession) -> dict[str, object]:
    """Build what the code, tokens and claims of a grant are bound to."""
    request, party = pending.request, pending.client.party
    return {
        "redirect_uri": request.redirect_uri,
        "challenge": request.challenge,
        "nonce": request.nonce,
        "userinfo_claims": list(request.userinfo_claims),
        "id_token_claims": list(request.id_token_claims),
        "identity": request.identity,
        "level": level(signed_in),
        "upstreams": sorted(ids.show(upstream) for upstream in signed_in.upstreams),
        "authenticated_at": int(signed_in.authenticated_at.timestamp()),
        "backchannel_logout_uri": party.backchannel_logout_uri,
        "id_token_alg": party.id_token_alg,
    }
