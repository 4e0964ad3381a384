"""Pages of the first step of signing in. They do not tell whether an address has an account."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import clock
from chassis.auth import public
from chassis.database import Session
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, choose_language, cookie_name, form_body, gettext_noop, see_other
from chassis.web.languages import COOKIE, NAMES
from identity.accounts.actions import accounts, sessions
from identity.accounts.rules import factors
from identity.assurance import actions as means
from identity.assurance.rules import SIGN_IN, sign_in_at
from identity.factors.actions import authentication, passkeys
from identity.factors.actions.authentication import AuthState
from identity.shared.rules import email_addresses
from identity.sign_in.routes.interaction import (
    Interaction,
    TheInteraction,
    TheWritingInteraction,
    WritingInteraction,
)
from identity.sign_in.routes.upstream_failure import path_of, title_of
from identity.upstreams.actions import upstreams
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext
from identity.verification.rules import passwords

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
MAX_CREDENTIAL = 12_000
"""Characters of what a passkey answers."""
MAX_CODE = 20
NO_CODE = gettext_noop("Enter the code from the email")
WRONG_CODE = gettext_noop("That code is not right, or it has expired. Check it, or ask for a new one")
NOT_AN_ADDRESS = gettext_noop("Enter an email address in the correct format, like name@example.com")
_ANNOUNCED = timedelta(days=90)
"""For this long the page says that a way to sign in was removed."""
_WRONG_PASSWORD = gettext_noop("The email address or password is not right")
_WRONG_PASSKEY = gettext_noop("That passkey did not work. Try again, or sign in another way")


@dataclass(frozen=True, slots=True)
class SignInCode:
    """A code sent by e-mail that signs somebody in.

    ``purpose``: of the code. ``start``: the page where it is asked for. ``check``: the action that checks it.
    """

    purpose: str
    start: str
    check: Callable[[Session, AuthContext, ClientContext, str], Awaitable[AuthState | None]]

    async def show(self, interaction: WritingInteraction, form: Form) -> Response:
        """Show where the code is typed in; go back to the start when none was asked for."""
        address = await codes.get_destination(*interaction.contexts, self.purpose)
        if address is None:
            return interaction.redirect(self.start)
        return interaction.show_form("code.html", form, address=address, back=interaction.at(self.start))

    async def enter(self, interaction: WritingInteraction, form: Form) -> Response:
        """Go on to the next step with the right code; show the page again with a wrong one."""
        code = form.get("code", MAX_CODE)
        state = await self.check(*interaction.contexts, code) if code else None
        if state is not None:
            return await interaction.advance(state)
        form.error("code", WRONG_CODE if code else NO_CODE)
        return await self.show(interaction, form)


_CODE = SignInCode(codes.SIGN_IN, SIGN_IN, authentication.sign_in_by_code)


@router.get("/sign-in")
async def show_sign_in(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you start to sign in, with your email address or a passkey."""
    sign_in_request = interaction.returns_to.sign_in_request
    if sign_in_request and sign_in_request.language in NAMES and not _chose_language(interaction.request):
        return see_other(f"{interaction.at(SIGN_IN)}&lang={sign_in_request.language}")
    record = await sessions.get_current(interaction.session, interaction.session_secret)
    account = await accounts.get(interaction.session, record.account) if record else None
    hint = (
        (account.address if account else None)
        or (sign_in_request.login_hint if sign_in_request else None)
        or ""
    )
    return await _show_sign_in(interaction, Form({"email": hint}))


def _chose_language(request: Request) -> bool:
    """Tell whether the person chose a language: then the one a service asks for does not count."""
    return "lang" in request.query_params or cookie_name(request, COOKIE) in request.cookies


async def _show_sign_in(interaction: WritingInteraction, form: Form) -> Response:
    sign_in_request = interaction.returns_to.sign_in_request
    record = await sessions.get_current(interaction.session, interaction.session_secret)
    where = sign_in_request.council if sign_in_request else None
    elsewhere = record is not None and sign_in_at(record, where) is None
    only_council = (
        await means.get_only_council(interaction.session, record.account) if record and elsewhere else None
    )
    return interaction.show_form(
        "sign-in.html",
        form,
        client_name=sign_in_request.client_name if sign_in_request else "",
        elsewhere=elsewhere,
        only_there=only_council is not None,
        options=await passkeys.make_sign_in_options(*interaction.contexts),
        upstreams=await _list_upstreams(interaction),
    )


async def _list_upstreams(interaction: Interaction) -> dict[str, list[Any]]:
    """List the other providers by which the council of this page lets residents and its staff sign in.

    ``removed``: the titles of those removed lately. People who used one must be told to use another way.
    """
    request = interaction.request
    council = request.app.state.directory.councils.get(interaction.returns_to.council or "")
    if council is None or council.suspended:
        return {}
    async with interaction.database.reading(council.slug) as session:
        offered = {
            audience: [
                {"title": title_of(request, upstream), "path": path_of(upstream)}
                for upstream in await upstreams.list_enabled(session, council.slug, audience)
            ]
            for audience in ("residents", "staff")
        }
        removed = await upstreams.list_removed(session, council.slug, clock.now() - _ANNOUNCED)
    welsh = choose_language(request) == "cy"
    return {**offered, "removed": [upstream.title_cy if welsh else upstream.title for upstream in removed]}


@router.post(
    "/sign-in", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MAX_LENGTH)
)
async def send_sign_in_code(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Send a code to your email address.

    If the address has no account, the email says so. The page is the same either way.
    """
    address = form.get("email", email_addresses.MAX_LENGTH)
    if email_addresses.is_invalid(address):
        form.error("email", NOT_AN_ADDRESS)
        return await _show_sign_in(interaction, form)
    retry_after = await authentication.send_sign_in_code(*interaction.contexts, address)
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    return interaction.redirect(f"{SIGN_IN}/code")


@router.get("/sign-in/code")
async def show_sign_in_code(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter the code from the email."""
    return await _CODE.show(interaction, Form())


@router.post("/sign-in/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def sign_in_by_code(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Sign in with the code from the email."""
    return await _CODE.enter(interaction, form)


@router.get("/sign-in/password")
async def show_password(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter your email address and password."""
    address = await codes.get_destination(*interaction.contexts, codes.SIGN_IN)
    return interaction.show("password.html", form=Form({"email": address or ""}))


@router.post(
    "/sign-in/password",
    responses=_REFUSED,
    openapi_extra=form_body(
        "email", "password", email=email_addresses.MAX_LENGTH, password=passwords.MAX_LENGTH
    ),
)
async def sign_in_by_password(_: Anybody, interaction: TheInteraction, form: SubmittedForm) -> Response:
    """Sign in with your email address and password.

    An unknown address takes as long as a wrong password.
    """
    address, password = (
        form.get("email", email_addresses.MAX_LENGTH),
        form.raw("password", passwords.MAX_LENGTH),
    )
    if email_addresses.is_invalid(address):
        form.error("email", NOT_AN_ADDRESS)
    if not password:
        form.error("password", gettext_noop("Enter your password"))
    if form.ok:
        attempt = await authentication.sign_in_by_password(
            interaction.database, interaction.auth, interaction.client_context, address, password
        )
        if attempt.retry_after is not None:
            return interaction.show_too_often(attempt.retry_after)
        if attempt.auth_state is not None:
            async with interaction.database.writing() as session:
                return await interaction.writing(session).advance(attempt.auth_state)
        form.error("password", _WRONG_PASSWORD)
    return interaction.show_form("password.html", form)


@router.post(
    "/sign-in/passkey", responses=_REFUSED, openapi_extra=form_body("credential", credential=MAX_CREDENTIAL)
)
async def sign_in_by_passkey(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Sign in with a passkey. It names your account, and you need no second step."""
    session, auth, client_context = interaction.contexts
    credential = form.raw("credential", MAX_CREDENTIAL)
    account = await passkeys.verify_sign_in(session, auth, client_context, credential)
    if account is None:
        form.error("", _WRONG_PASSKEY)
        return await _show_sign_in(interaction, form)
    return await interaction.advance(
        await authentication.add_method(session, auth, client_context, account, factors.PASSKEY)
    )
