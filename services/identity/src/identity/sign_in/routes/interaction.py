"""What every page of a sign-in needs, as one dependency: the Interaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.database import ALL_COUNCILS, Database, Session, Writing
from chassis.rates import network_of
from chassis.types import Slug
from chassis.web import Form, choose_language, see_other
from chassis.web.browsers import browser_secret
from identity.accounts.routes import TheAuthContext, session_secret, set_session_cookie
from identity.accounts.rules import devices
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.routes import sign_in_needed
from identity.assurance.rules import ACCOUNT, PAGE_PATTERN, SIGN_IN, ReturnTo
from identity.factors.actions.authentication import AuthState
from identity.shared.dependencies import format_time, mark_test_service, pages
from identity.sign_in.actions import next_step, sign_in_requests
from identity.verification.actions.context import AuthContext, ClientContext, hash_browser_secret

SECOND_STEP = f"{SIGN_IN}/second-step"
CONFIRM_LINK = "/identity/upstream/link/confirm"
"""Where the person confirms that a login at another provider is theirs."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """A browser on its way through a sign-in (the word of node-oidc-provider), with no transaction open."""

    request: Request
    auth: AuthContext
    client_context: ClientContext
    returns_to: ReturnTo

    @property
    def database(self) -> Database:
        database: Database = self.request.app.state.database
        return database

    @property
    def session_secret(self) -> str | None:
        """The secret of the session that the browser has already, if it has one."""
        return session_secret(self.request)

    def at(self, path: str) -> str:
        """Write the address of one of our pages, in this sign-in."""
        return self.returns_to.at(path)

    def redirect(self, path: str) -> Response:
        """Send the browser on to one of our pages, in this sign-in."""
        return see_other(self.at(path))

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Show a page, under the name of the council whose service the sign-in is for."""
        if self.returns_to.council_name:
            context["council_name"] = self.returns_to.council_name
        return pages.render(self.request, template, status, interaction=self, **context)

    def show_form(self, template: str, form: Form, **context: Any) -> HTMLResponse:
        """Show a page with a form: 400 when something in the form is wrong."""
        return self.show(template, 200 if form.ok else 400, form=form, **context)

    def show_too_often(self, until: datetime, template: str = "too-often.html") -> HTMLResponse:
        """Show that there were too many attempts: which ways are still open, and when to come back."""
        return too_often(self.request, self.auth, until, template)

    def returning_to(self, returns_to: ReturnTo) -> Self:
        """The same browser, in a sign-in that returns to another place."""
        return replace(self, returns_to=returns_to)

    def writing(self, session: Session) -> "WritingInteraction":
        """The same, in a transaction that the route opened."""
        return WritingInteraction(self.request, self.auth, self.client_context, self.returns_to, session)


@dataclass(frozen=True, slots=True)
class WritingInteraction(Interaction):
    """An interaction in a transaction that writes."""

    session: Session

    @property
    def contexts(self) -> tuple[Session, AuthContext, ClientContext]:
        """What actions of a sign-in take first."""
        return self.session, self.auth, self.client_context

    async def advance(self, state: AuthState) -> Response:
        """Send the browser on after a step: to the next one, or signed in to where the sign-in returns to."""
        step = await next_step.take(
            *self.contexts, state, self.returns_to.sign_in_request, self.session_secret
        )
        match step:
            case next_step.SecondStepNeeded():
                return self.redirect(SECOND_STEP)
            case next_step.SignInAgain():
                raise sign_in_needed(self.at(SIGN_IN))
            case next_step.ConfirmLink(secret):
                response = self.redirect(CONFIRM_LINK)
            case next_step.StepUpNeeded(secret):
                response = self.redirect(f"{ACCOUNT}/second-step")
            case next_step.Completed(secret):
                response = see_other(self.returns_to.destination)
        set_session_cookie(self.request, response, secret)
        return response

    async def step_up(self, response: Response, person: BrowserSession, method: str) -> None:
        """Count a method, just set up, in the browser's session; set its new cookie on ``response``."""
        secret = await next_step.step_up(
            self.session, self.client_context, person.account, method, self.session_secret
        )
        set_session_cookie(self.request, response, secret)


async def load_return(
    request: Request, request_id: str | None, page: str | None, slug: str | None = None
) -> ReturnTo:
    """Load where a sign-in returns to, as an address or a login at a provider names it."""
    councils, sign_in_request = request.app.state.directory.councils, None
    if request_id is not None:
        async with request.app.state.database.reading(ALL_COUNCILS) as session:
            sign_in_request = await sign_in_requests.get(session, request_id)
        # The last form of signing in ends at the service, which its page's policy must therefore allow.
        request.state.form_action = (sign_in_request.origin,) if sign_in_request else ()
        if sign_in_request is not None:
            client = await request.app.state.provider.get_client(sign_in_request.client_id)
            mark_test_service(request, client.mode if client is not None else "")
        slug = sign_in_request.council if sign_in_request else None
    council = councils.get(slug or "")
    if council is None:
        return ReturnTo(request_id, page, sign_in_request)
    return ReturnTo(request_id, page, sign_in_request, council.name, council.slug)


async def _interaction(
    request: Request,
    auth: TheAuthContext,
    request_id: Annotated[
        str | None,
        Query(alias="request", max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="A client's request"),
    ] = None,
    page: Annotated[
        str | None,
        Query(
            alias="then",
            max_length=40,
            pattern=PAGE_PATTERN,
            description="The page of the account to go on to",
        ),
    ] = None,
    council_slug: Annotated[
        Slug | None, Query(alias="council", description="Whose ways to sign in are offered beside ours")
    ] = None,
) -> Interaction:
    returns_to = await load_return(request, request_id, page, council_slug)
    return Interaction(request, auth, _client_context(request, returns_to), returns_to)


def _client_context(request: Request, returns_to: ReturnTo) -> ClientContext:
    sign_in_request = returns_to.sign_in_request
    return ClientContext(
        browser=hash_browser_secret(browser_secret(request)),
        network=network_of(request),
        language=choose_language(request),
        device=devices.describe(request.headers.get("user-agent", "")),
        client=sign_in_request.client_id if sign_in_request else "",
    )


TheInteraction = Annotated[Interaction, Depends(_interaction)]


async def _writing_interaction(interaction: TheInteraction, session: Writing) -> WritingInteraction:
    return interaction.writing(session)


TheWritingInteraction = Annotated[WritingInteraction, Depends(_writing_interaction)]
"""An interaction, in the transaction that ends with the route."""


def too_often(
    request: Request, auth: AuthContext, until: datetime, template: str = "too-often.html"
) -> HTMLResponse:
    """Show that there were too many attempts: which ways are still open, and when to come back."""
    # Times are shown to the minute, so the page names the next full one.
    next_minute = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    response = pages.render(request, template, 429, until=format_time(next_minute, request))
    response.headers["Retry-After"] = str(max(1, round((next_minute - auth.now()).total_seconds())))
    return response
