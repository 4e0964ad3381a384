"""How strongly somebody must have signed in for a page: requirements that routes state in their signature."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from chassis.database import Database, Session, Writing
from chassis.problems import Problem
from identity.accounts.actions import sessions
from identity.accounts.routes import TheAuthContext, session_secret
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance import actions as means
from identity.assurance.rules import ACCOUNT, SIGN_IN, ReturnTo, read_page, sign_in_at
from identity.factors.actions import passkeys, phones
from identity.verification.actions.context import AuthContext

RECENT = timedelta(minutes=10)
"""For this long after signing in you may change how your account is reached and opened."""


def sign_in_needed(url: str) -> Problem:
    """Send the browser to sign in."""
    headers = {"Location": url, "Cache-Control": "no-store"}
    return Problem(303, "sign-in-needed", "Sign in first, or once more.", headers=headers)


async def _signed_in(request: Request, session: Writing) -> BrowserSession:
    record = await sessions.get_current(session, session_secret(request))
    person = sign_in_at(record, None)
    if person is not None:
        return person
    if record is not None and await means.get_only_council(session, record.account) is not None:
        raise _elsewhere(request, f"{ACCOUNT}/email")
    raise _elsewhere(request, SIGN_IN)


async def _recent_sign_in(request: Request, person: "SignedIn", auth: TheAuthContext) -> BrowserSession:
    return _require_recent(request, person, auth)


def _require_recent(request: Request, person: BrowserSession, auth: AuthContext) -> BrowserSession:
    if auth.now() - person.authenticated_at > RECENT:
        raise _elsewhere(request, SIGN_IN)
    return person


async def _email_owner(request: Request, session: Writing, auth: TheAuthContext) -> BrowserSession:
    record = await sessions.get_current(session, session_secret(request))
    person = sign_in_at(record, None)
    if record is not None and person is None:
        council = await means.get_only_council(session, record.account)
        person = sign_in_at(record, council) if council is not None else None
    if person is None:
        raise _elsewhere(request, SIGN_IN)
    return _require_recent(request, person, auth)


async def _passkey_sign_in(request: Request, session: Writing, person: "RecentSignIn") -> BrowserSession:
    one_factor = factors.level(person.methods) != factors.TWO_FACTORS
    if one_factor and await passkeys.list_passkeys(session, person.account):
        raise _elsewhere(request, f"{ACCOUNT}/second-step")
    return person


async def _mfa_sign_in(request: Request, session: Writing, person: "PasskeySignIn") -> BrowserSession:
    if factors.level(person.methods) != factors.TWO_FACTORS and any(
        await phones.get_second_steps(session, person.account)
    ):
        raise _elsewhere(request, SIGN_IN)
    return person


async def require_recent_sign_in(request: Request, session: Session, auth: AuthContext) -> BrowserSession:
    """As ``RecentSignIn``, in a transaction that the route opened. Raises Problem 303."""
    return _require_recent(request, await _signed_in(request, session), auth)


async def require_mfa_sign_in(request: Request, session: Session, auth: AuthContext) -> BrowserSession:
    """As ``MfaSignIn``, in a transaction that the route opened. Raises Problem 303."""
    person = await require_recent_sign_in(request, session, auth)
    return await _mfa_sign_in(request, session, await _passkey_sign_in(request, session, person))


def require_second_step(request: Request, person: BrowserSession) -> None:
    """Require two factors, which the account need not have yet. Raises Problem 303 to where it gets them."""
    if factors.level(person.methods) != factors.TWO_FACTORS:
        raise _elsewhere(request, f"{ACCOUNT}/second-step")


async def _check_signed_in(request: Request) -> BrowserSession:
    database: Database = request.app.state.database
    async with database.writing() as session:
        return await _signed_in(request, session)


async def _check_recent_sign_in(request: Request, auth: TheAuthContext) -> BrowserSession:
    database: Database = request.app.state.database
    async with database.writing() as session:
        return await require_recent_sign_in(request, session, auth)


def _elsewhere(request: Request, path: str) -> Problem:
    """Send the browser to ``path`` and afterwards back to the page it is on."""
    page = read_page(request.url.path)
    return sign_in_needed(ReturnTo(request.query_params.get("request"), page).at(path))


SignedIn = Annotated[BrowserSession, Depends(_signed_in)]
"""Requires somebody to be signed in by the account's own means; sends anybody else to sign in.

A council's upstream is not enough on the pages of the region: see ``rules.sign_in_at``.
"""
SignedInChecked = Annotated[BrowserSession, Depends(_check_signed_in)]
"""As ``SignedIn``, checked in a transaction that ends before the route begins."""
RecentSignIn = Annotated[BrowserSession, Depends(_recent_sign_in)]
"""Requires a sign-in of the last minutes, with all factors the account has."""
EmailOwner = Annotated[BrowserSession, Depends(_email_owner)]
"""As ``RecentSignIn``; or, where an account has no means of its own yet, by its council's upstream.

So somebody whom a council's directory signed in first adds an email address, and gets on to other councils.
There is nothing of theirs elsewhere yet that the council could reach with it.
"""
RecentSignInChecked = Annotated[BrowserSession, Depends(_check_recent_sign_in)]
"""As ``RecentSignIn``, checked in a transaction that ends before the route begins."""
PasskeySignIn = Annotated[BrowserSession, Depends(_passkey_sign_in)]
"""Requires a passkey sign-in if the account has one: e-mail alone must not allow adding factors."""
MfaSignIn = Annotated[BrowserSession, Depends(_mfa_sign_in)]
"""Requires the second step too if the account has one, although the session may be older than the step."""
