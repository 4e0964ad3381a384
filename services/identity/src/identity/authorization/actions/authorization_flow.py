"""A sign-in at a client, from its request to its code. Every step is checked again when the next begins."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.accounts.actions.sessions import BrowserSession, level
from identity.authorization.actions import authorization_request, granted_values
from identity.authorization.actions.authorization_request import Redirect
from identity.authorization.rules import steps
from identity.clients.actions.authentication import Client, Provider
from identity.clients.store import clients
from identity.grants.actions import history, subjects
from identity.grants.store import authorizations as store
from identity.grants.store import grants
from identity.proofs.actions import proofs
from identity.shared.oauth import authorization_requests, relying_party, vectors
from identity.shared.oauth.authorization_requests import PageError, Request, RequestError
from identity.shared.rules import crypto

PUSHED = "urn:ietf:params:oauth:request_uri:"
_GONE = "This request to sign in is unknown, was answered already, or is too old."


@dataclass(frozen=True, slots=True)
class SignIn:
    """The person must sign in first, or once more; ``request`` as it stands in the URL."""

    request: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The person must be asked. ``person`` marks who was: only he can answer."""

    request: str
    person: str
    client: Client
    wanted: Request


@dataclass(frozen=True, slots=True)
class Prove:
    """The person must prove who he is, or go back without; ``request`` as it stands in the URL."""

    request: str


Outcome = Redirect | SignIn | Prove | Ask


async def push(session: Session, provider: Provider, client: Client, request: Request) -> str:
    """Keep a request that is checked (RFC 9126); answers its ``request_uri``, good once."""
    secret = await _keep(session, provider, client, request, None, relying_party.PUSHED_SECONDS)
    return PUSHED + secret


async def begin(
    session: Session,
    provider: Provider,
    given: Mapping[str, str],
    browser: str,
    signed_in: BrowserSession | None,
) -> Outcome:
    """A request has come by a browser. Raises PageError."""
    client = await authorization_request.client_of(provider, given)
    named = given.get("request_uri", "")
    request: Request | Redirect
    if named.startswith(PUSHED):
        hashed = crypto.secret_hash(named.removeprefix(PUSHED))
        kept = await store.take_pushed(session, hashed, client.id, provider.now())
        if kept is None:
            raise PageError(_GONE)
        request = authorization_requests.restored(kept)
    else:
        request = authorization_request.unless_pushed(
            provider, client, await authorization_request.check(provider, client, given, "authorize")
        )
    if isinstance(request, Redirect):
        return request
    secret = await _keep(session, provider, client, request, browser, relying_party.REQUEST_SECONDS)
    return await proceed(session, provider, secret, browser, signed_in)


async def proceed(
    session: Session, provider: Provider, secret: str, browser: str, signed_in: BrowserSession | None
) -> Outcome:
    """The next step of a request that waits in this browser. Raises PageError."""
    row, client, request = await _waiting(session, provider, secret, browser)
    try:
        step = await _step(session, provider, row, client, request, signed_in)
    except RequestError as error:
        await store.done(session, row.council, row.id)
        return authorization_request.refusal(provider, request.target, error)
    if step is steps.Step.SIGN_IN or signed_in is None:
        return SignIn(secret)
    if step is steps.Step.PROVE:
        return Prove(secret)
    if step is steps.Step.CONSENT:
        return _ask(provider, secret, row, client, request, signed_in)
    return await _answer(session, provider, row, client, request, signed_in)


def _ask(
    provider: Provider,
    secret: str,
    row: Row[Any],
    client: Client,
    request: Request,
    signed_in: BrowserSession,
) -> Ask:
    return Ask(secret, subjects.subject(provider.issuer, row.council, signed_in.account), client, request)


async def lacking(
    session: Session, provider: Provider, secret: str, browser: str, signed_in: BrowserSession | None
) -> Ask | None:
    """Who is asked for which proof; None when something else comes next. Raises PageError."""
    row, client, request = await _waiting(session, provider, secret, browser)
    step = await _due(session, provider, row, client, request, signed_in)
    if signed_in is None or step is not steps.Step.PROVE:
        return None
    return _ask(provider, secret, row, client, request, signed_in)


async def go_back(
    session: Session,
    provider: Provider,
    secret: str,
    browser: str,
    signed_in: BrowserSession | None,
    person: str,
) -> Outcome:
    """The person does not prove who he is now: the service hears it as it wished to. Raises PageError.

    It counts only from who was asked, and only when the next step is the proof.
    """
    row, client, request = await _waiting(session, provider, secret, browser)
    step = await _due(session, provider, row, client, request, signed_in)
    asked = signed_in is not None and _same_person(provider, row, signed_in, person)
    if signed_in is not None and asked and step is steps.Step.PROVE:
        if not steps.tells(request):
            await store.done(session, row.council, row.id)
            return authorization_request.refusal(provider, request.target, steps.not_proven())
        await store.go_unproven(session, row.council, row.id, signed_in.account)
    return await proceed(session, provider, secret, browser, signed_in)


async def decide(
    session: Session,
    provider: Provider,
    secret: str,
    browser: str,
    signed_in: BrowserSession | None,
    person: str,
    *,
    agrees: bool,
) -> Outcome:
    """The person has been asked, and has answered. Raises PageError.

    An answer counts only from who was asked, and only when the next step is to ask him.
    """
    row, client, request = await _waiting(session, provider, secret, browser)
    if signed_in is None or not _same_person(provider, row, signed_in, person):
        return await proceed(session, provider, secret, browser, signed_in)
    if not agrees:
        await store.done(session, row.council, row.id)
        return authorization_request.refusal(
            provider, request.target, RequestError("access_denied", "The person does not agree.")
        )
    if await _due(session, provider, row, client, request, signed_in) is steps.Step.CONSENT:
        await store.agree(session, _agreement(provider, row, request, signed_in))
        at, about = provider.now(), {"council": row.council, "about": client.record.name}
        await history.record(session, signed_in.account, "consent given", at, **about)
    return await proceed(session, provider, secret, browser, signed_in)


def _same_person(provider: Provider, row: Row[Any], signed_in: BrowserSession, person: str) -> bool:
    own = subjects.subject(provider.issuer, row.council, signed_in.account)
    return hmac.compare_digest(own.encode(), person.encode())


def _agreement(
    provider: Provider, row: Row[Any], request: Request, signed_in: BrowserSession
) -> dict[str, Any]:
    return {
        "council": row.council,
        "account": signed_in.account,
        "client": row.client,
        "scopes": sorted(request.scopes),
        "claims": sorted(request.claims),
        "given_at": provider.now(),
    }


async def _keep(
    session: Session, provider: Provider, client: Client, request: Request, browser: str | None, seconds: int
) -> str:
    secret, now = secrets.token_urlsafe(32), provider.now()
    values = {
        "council": client.record.council,
        "id": ids.new(),
        "client": client.id,
        "kind": "pushed" if browser is None else "browser",
        "secret_hash": crypto.secret_hash(secret),
        "browser_hash": None if browser is None else crypto.secret_hash(browser),
        "client_name": clients.called(client.record, request.language),
        "request": request.stored(),
        "created_at": now,
        "expires_at": now + timedelta(seconds=seconds),
    }
    await store.add(session, values)
    return secret


async def _waiting(
    session: Session, provider: Provider, secret: str, browser: str
) -> tuple[Row[Any], Client, Request]:
    """The request, locked, if this is the browser that brought it and its client may still have an answer."""
    row = await store.browser_locked(session, crypto.secret_hash(secret), provider.now())
    if row is None or not hmac.compare_digest(row.browser_hash, crypto.secret_hash(browser)):
        raise PageError(_GONE)
    client = await authorization_request.client_of(provider, {"client_id": ids.show(row.client)})
    request = authorization_requests.restored(row.request)
    authorization_requests.target(
        {"redirect_uri": request.redirect_uri}, client.party
    )  # it may have been taken away
    return row, client, request


async def _step(
    session: Session,
    provider: Provider,
    row: Row[Any],
    client: Client,
    request: Request,
    signed_in: BrowserSession | None,
) -> steps.Step:
    """What comes next. Raises RequestError."""
    person = consented = None
    if signed_in is not None:
        proof = await proofs.get_current(session, signed_in.account)
        proven = proof.level if proof is not None else vectors.NO_IDENTITY
        at, unproven = signed_in.authenticated_at.timestamp(), row.unproven == signed_in.account
        named = request.subject in {None, subjects.subject(provider.issuer, row.council, signed_in.account)}
        person = steps.Person(level(signed_in), at, proven, unproven, named)
        agreed = await store.consented(session, row.council, signed_in.account, row.client)
        if agreed is not None:
            consented = steps.Consented(
                frozenset(agreed.scopes), frozenset(agreed.claims), agreed.given_at.timestamp()
            )
    asked_at = row.created_at.timestamp()
    return steps.next_step(request, client.party, person, consented, asked_at, provider.issuer.clock())


async def _due(
    session: Session,
    provider: Provider,
    row: Row[Any],
    client: Client,
    request: Request,
    signed_in: BrowserSession | None,
) -> steps.Step | None:
    """What comes next; None when the request ends here, of which ``proceed`` tells."""
    try:
        return await _step(session, provider, row, client, request, signed_in)
    except RequestError:
        return None


async def _answer(
    session: Session,
    provider: Provider,
    row: Row[Any],
    client: Client,
    request: Request,
    signed_in: BrowserSession,
) -> Redirect:
    """A grant, and the code with which the client gets at it."""
    now, grant, code = provider.now(), ids.new(), secrets.token_urlsafe(32)
    await store.done(session, row.council, row.id)
    await grants.add(session, granted_values.values(row, grant, client, request, signed_in, now))
    values = {
        "council": row.council,
        "grant_id": grant,
        "secret_hash": crypto.secret_hash(code),
        "expires_at": now + timedelta(seconds=client.party.rules.code_seconds),
        "used_at": None,
    }
    await grants.add_code(session, values)
    return Redirect(authorization_request.written(provider, request.target, {"code": code}))
