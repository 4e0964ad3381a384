"""What the pages of accounts have in common: who visits, in what interaction, and where it goes from here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.database import EVERY_COUNCIL, Session, Writing
from chassis.problems import Problem
from chassis.types import Slug
from chassis.web import language_of, see_other
from chassis.web.browsers import browser_secret
from identity.accounts.actions import sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import devices, factors
from identity.factors.actions import authentication, passkeys, phones
from identity.factors.actions.authentication import AuthState
from identity.shared.dependencies import pages, spoken
from identity.shared.rules import limits
from identity.sign_in import actions
from identity.sign_in.actions import Wanted
from identity.staff.actions import staff
from identity.upstream_login.actions import logouts
from identity.upstream_login.store import login_states
from identity.verification.actions.context import AuthContext, ClientContext, browser_hash

FRESH = timedelta(minutes=10)
"""So long after signing in somebody may change how the account is reached and opened."""
_SIGN_IN = "/identity/sign-in"
_ACCOUNT = "/identity/account"
CONFIRM = "/identity/upstream/link/confirm"
"""Where the person says that whoever came back from another provider is this account."""

Page = Literal[
    "email",
    "phone",
    "text",
    "password",
    "passkeys",
    "authenticator",
    "recovery-codes",
    "close",
    "identity",
    "history",
    "upstreams",
]
_PAGES = get_args(Page)


@dataclass(frozen=True, slots=True)
class Interaction:
    """Why somebody signs in: a client's request, or a page of the account; it travels in the address."""

    request: str | None
    then: str | None
    asked: Wanted | None = None
    council_name: str = ""
    council: str | None = None

    def at(self, path: str) -> str:
        """A page of ours, on the same interaction."""
        carried = {"request": self.request, "then": self.then}
        if self.request is None:
            carried["council"] = self.council
        query = urlencode({name: value for name, value in carried.items() if value})
        return f"{path}?{query}" if query else path


async def _interaction(
    request: Request,
    request_id: Annotated[
        str | None,
        Query(alias="request", max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="A client's request"),
    ] = None,
    then: Annotated[Page | None, Query(description="The page of the account to go on to")] = None,
    at: Annotated[
        Slug | None, Query(alias="council", description="Whose ways to sign in are offered beside ours")
    ] = None,
) -> Interaction:
    return await interaction_of(request, request_id, then, at)


async def interaction_of(
    request: Request, request_id: str | None, then: str | None, at: str | None = None
) -> Interaction:
    """The interaction that an address, or somebody who comes back from elsewhere, names."""
    councils = request.app.state.directory.councils
    if request_id is None:
        here = councils.get(at or "")
        return Interaction(None, then, None, here.name if here else "", here.slug if here else None)
    async with request.app.state.database.reading(EVERY_COUNCIL) as session:
        asked = await actions.wanted(session, request_id)
    # The last form of signing in ends at the service, which its page's policy must therefore allow.
    request.state.form_action = (asked.origin,) if asked else ()
    council = councils.get(asked.council) if asked else None
    name, slug = (council.name, council.slug) if council else ("", None)
    return Interaction(request_id, then, asked, name, slug)


async def _client_context(request: Request, interaction: "TheInteraction") -> ClientContext:
    address = request.client.host if request.client else ""
    browser, system = devices.describe(request.headers.get("user-agent", ""))
    return ClientContext(
        browser=browser_hash(browser_secret(request)),
        network=limits.network(address),
        language=language_of(request),
        device=" ".join((browser, system)).strip(),
        client=f"{interaction.asked.council} {interaction.asked.client_name}" if interaction.asked else "",
    )


async def _signed_in(request: Request, session: Writing) -> BrowserSession:
    person = await sessions.current(session, request)
    if person is None:
        raise _sign_in_first(request)
    return person


async def _recent_sign_in(request: Request, person: "SignedIn", auth: "TheAuthContext") -> BrowserSession:
    if auth.now() - person.authenticated_at > FRESH:
        raise _sign_in_first(request)
    return person


async def _passkey_sign_in(request: Request, session: Writing, person: "RecentSignIn") -> BrowserSession:
    one_factor = factors.level(person.methods) != factors.TWO_FACTORS
    if one_factor and await passkeys.of_account(session, person.account):
        raise _elsewhere(request, f"{_ACCOUNT}/second-step")
    return person


async def _mfa_sign_in(request: Request, session: Writing, person: "PasskeySignIn") -> BrowserSession:
    if factors.level(person.methods) != factors.TWO_FACTORS and any(
        await phones.steps(session, person.account)
    ):
        raise _sign_in_first(request)
    return person


async def require_mfa_sign_in(request: Request, session: Session, auth: AuthContext) -> BrowserSession:
    """As ``MfaSignIn``, in a transaction of the route's own. Raises Problem 303."""
    person = await _recent_sign_in(request, await _signed_in(request, session), auth)
    return await _mfa_sign_in(request, session, await _passkey_sign_in(request, session, person))


def _sign_in_first(request: Request) -> Problem:
    return _elsewhere(request, _SIGN_IN)


def _elsewhere(request: Request, path: str) -> Problem:
    page = request.url.path.removeprefix(f"{_ACCOUNT}/").partition("/")[0]
    return _first(Interaction(request.query_params.get("request"), page if page in _PAGES else None).at(path))


def _first(to: str) -> Problem:
    headers = {"Location": to, "Cache-Control": "no-store"}
    return Problem(303, "sign-in-needed", "Sign in first, or once more.", headers=headers)


TheInteraction = Annotated[Interaction, Depends(_interaction)]
TheClientContext = Annotated[ClientContext, Depends(_client_context)]
SignedIn = Annotated[BrowserSession, Depends(_signed_in)]
"""Who is signed in; anybody else is sent to sign in."""
RecentSignIn = Annotated[BrowserSession, Depends(_recent_sign_in)]
"""Who has signed in a short while ago, with all factors the account has; anybody else is sent to do so."""
PasskeySignIn = Annotated[BrowserSession, Depends(_passkey_sign_in)]
"""And, where the account has a passkey, with it: who reads the mail alone adds no factor of his own."""
MfaSignIn = Annotated[BrowserSession, Depends(_mfa_sign_in)]
"""And, where the account has a second step, with that, although the session may be older than the step."""


def show(
    request: Request, interaction: Interaction, template: str, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page on the way of an interaction, under the name of the council whose service it is for."""
    if interaction.council_name:
        context["council_name"] = interaction.council_name
    return pages.render(request, template, status, interaction=interaction, **context)


async def go_on(
    session: Session,
    request: Request,
    auth: AuthContext,
    client_context: ClientContext,
    interaction: Interaction,
    auth_state: AuthState,
) -> Response:
    """After a step of signing in: the next step, or signed in and on to where the interaction returns to."""
    if not auth_state.complete:
        return see_other(interaction.at(f"{_SIGN_IN}/second-step"))
    asked = interaction.asked
    lacking = asked is not None and asked.level == factors.TWO_FACTORS != factors.level(auth_state.methods)
    before = await sessions.current(session, request)
    if before is not None and before.account != auth_state.account:
        await login_states.forget(session, client_context.browser)
    waiting = await login_states.waiting(session, client_context.browser, auth.now())
    if waiting is not None and waiting.chosen and waiting.account in {None, auth_state.account}:
        # who came from elsewhere is to be linked with this account
        answer = see_other(interaction.at(CONFIRM))
    else:
        answer = see_other(interaction.at(f"{_ACCOUNT}/second-step") if lacking else onward(interaction))
    if auth_state.upstream_session is not None and await logouts.over(session, auth_state.upstream_session):
        raise _first(interaction.at(_SIGN_IN))  # he has signed out there meanwhile
    until = await staff.vouched_until(session, auth_state.account)
    await sessions.start(
        session, request, answer, auth_state.account, auth_state.methods, auth_state.upstream_session, until
    )
    await authentication.finish(session, auth, client_context, auth_state.account, auth_state.methods)
    return answer


def onward(interaction: Interaction) -> str:
    """Where a person goes who is signed in: one of our own pages, whatever the address said."""
    if interaction.request:
        return f"/identity/authorize/continue?{urlencode({'request': interaction.request})}"
    return f"{_ACCOUNT}/{interaction.then}" if interaction.then in _PAGES else _ACCOUNT


def too_often(
    request: Request, auth: AuthContext, until: datetime, template: str = "too-often.html"
) -> HTMLResponse:
    """The page for who has tried too often: the ways that are still open, and when to come back."""
    # Times are said by the minute, so the next one is meant.
    shown = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    answer = pages.render(request, template, 429, until=spoken(shown, request))
    answer.headers["Retry-After"] = str(max(1, round((shown - auth.now()).total_seconds())))
    return answer
