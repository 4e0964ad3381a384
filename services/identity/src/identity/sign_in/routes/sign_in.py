"""Pages to sign in, step by step. Where there is no account, everything looks the same."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, say, secure_cookie, see_other
from chassis.web.languages import COOKIE, NAMES, language_of
from identity.accounts.actions import accounts, sessions
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.factors.actions import authentication, passkeys, phones
from identity.shared.rules import email_addresses
from identity.sign_in.routes.code_entry import Second, Way
from identity.sign_in.routes.interaction import (
    Interaction,
    TheClientContext,
    TheInteraction,
    go_on,
    show,
    too_often,
)
from identity.sign_in.routes.upstream_failures import path_of, title_of
from identity.upstreams import store as upstreams
from identity.verification.actions import codes
from identity.verification.rules import passwords

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
MOST_ANSWER = 12_000
"""Characters of what a passkey answers."""
NOT_AN_ADDRESS = say("Enter an email address in the correct format, like name@example.com")
_TOLD = timedelta(days=90)
"""A way to sign in that is gone is spoken of for so long."""
_WRONG_PASSWORD = say("The email address or password is not right")
_WRONG_PASSKEY = say("That passkey did not work. Try again, or sign in another way")
_CODE = Way(codes.SIGN_IN, "/identity/sign-in", authentication.by_code)
_APP = Second(
    factors.AUTHENTICATOR,
    "second-step.html",
    say("Enter the code from your app"),
    say("That code is not right, or it was used before. Wait for the next one and try again"),
)
_RECOVERY = Second(
    factors.RECOVERY,
    "recovery.html",
    say("Enter a recovery code"),
    say("That recovery code is not right, or it was used before"),
)


@router.get("/sign-in")
async def show_sign_in(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where signing in begins: an e-mail address, or a passkey."""
    asked = interaction.asked
    if asked and asked.language in NAMES and not chose_language(request):
        return see_other(f"{interaction.at('/identity/sign-in')}&lang={asked.language}")
    person = await sessions.current(session, request)
    known = await accounts.one(session, person.account) if person else None
    hint = (known.address if known else None) or (asked.login_hint if asked else None) or ""
    form = Form({"email": hint})
    return await _sign_in_page(request, session, auth, client_context, interaction, form)


def chose_language(request: Request) -> bool:
    """Whether the person has said in which language to speak; if so, a service's wish does not count."""
    return "lang" in request.query_params or secure_cookie(request, COOKIE) in request.cookies


async def _sign_in_page(
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: Interaction,
    form: Form,
) -> Response:
    return show(
        request,
        interaction,
        "sign-in.html",
        200 if form.ok else 400,
        form=form,
        client_name=interaction.asked.client_name if interaction.asked else "",
        options=await passkeys.sign_in_options(session, auth, client_context),
        ways=await _ways(request, interaction),
    )


async def _ways(request: Request, interaction: Interaction) -> dict[str, list[Any]]:
    """Where else the council whose page this is lets people sign in: residents, and its staff.

    And the titles of where it did until lately, ``gone``: who used one must be told to use another way.
    """
    council = request.app.state.directory.councils.get(interaction.council or "")
    if council is None or council.suspended:
        return {}
    async with request.app.state.database.reading(council.slug) as session:
        offered = {
            audience: [
                {"title": title_of(request, one), "path": path_of(one)}
                for one in await upstreams.offered(session, council.slug, audience)
            ]
            for audience in ("residents", "staff")
        }
        gone = await upstreams.removed(session, council.slug, datetime.now(UTC) - _TOLD)
        welsh = language_of(request) == "cy"
        return {**offered, "gone": [one.title_cy if welsh else one.title for one in gone]}


@router.post("/sign-in", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MOST))
async def send_sign_in_code(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send a code to the address, or a letter that there is no account: the page is the same."""
    address = form.get("email", email_addresses.MOST)
    if email_addresses.fault(address):
        form.error("email", NOT_AN_ADDRESS)
        return await _sign_in_page(request, session, auth, client_context, interaction, form)
    retry_after = await authentication.ask_for_code(session, auth, client_context, address)
    if retry_after is not None:
        return too_often(request, auth, retry_after)
    return see_other(interaction.at("/identity/sign-in/code"))


@router.get("/sign-in/code")
async def show_sign_in_code(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where the code is typed in."""
    return await _CODE.page(request, session, auth, client_context, interaction, Form())


@router.post("/sign-in/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def sign_in_by_code(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Sign in with the code of the letter."""
    return await _CODE.typed(request, session, auth, client_context, interaction, form)


@router.get("/sign-in/password")
async def show_password(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where address and password are typed in."""
    address = await codes.waiting(session, auth, client_context, codes.SIGN_IN)
    return show(request, interaction, "password.html", form=Form({"email": address or ""}))


@router.post(
    "/sign-in/password",
    responses=_REFUSED,
    openapi_extra=form_body("email", "password", email=email_addresses.MOST, password=passwords.MOST),
)
async def sign_in_by_password(
    _: Anybody, request: Request, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Sign in with address and password. An unknown address costs what a wrong password costs."""
    address, password = form.get("email", email_addresses.MOST), form.raw("password", passwords.MOST)
    if email_addresses.fault(address):
        form.error("email", NOT_AN_ADDRESS)
    if not password:
        form.error("password", say("Enter your password"))
    if form.ok:
        database = request.app.state.database
        attempt = await authentication.by_password(database, auth, client_context, address, password)
        if attempt.retry_after is not None:
            return too_often(request, auth, attempt.retry_after)
        if attempt.auth_state is not None:
            async with database.writing() as session:
                return await go_on(session, request, auth, client_context, interaction, attempt.auth_state)
        form.error("password", _WRONG_PASSWORD)
    return show(request, interaction, "password.html", 400, form=form)


@router.post(
    "/sign-in/passkey", responses=_REFUSED, openapi_extra=form_body("credential", credential=MOST_ANSWER)
)
async def sign_in_by_passkey(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Sign in with a passkey: it names the account, and is enough alone."""
    account = await passkeys.signed(session, auth, client_context, form.raw("credential", MOST_ANSWER))
    if account is None:
        form.error("", _WRONG_PASSKEY)
        return await _sign_in_page(request, session, auth, client_context, interaction, form)
    auth_state = await authentication.prove(session, auth, client_context, account, factors.PASSKEY)
    return await go_on(session, request, auth, client_context, interaction, auth_state)


@router.get("/sign-in/second-step")
async def show_second_step(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where the code of the authenticator app is typed in, or the way to the text of who has none."""
    account = await authentication.so_far(session, auth, client_context)
    steps = await phones.steps(session, account) if account is not None else None
    if steps is not None and steps.text and not steps.app:
        return see_other(interaction.at("/identity/sign-in/text"))
    return await _second_page(request, session, auth, client_context, interaction, Form(), _APP.template)


async def _second_page(
    request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: Interaction, form: Form,
    template: str,
) -> Response:  # fmt: skip
    account = await authentication.so_far(session, auth, client_context)
    if account is None:
        return see_other(interaction.at("/identity/sign-in"))
    steps = await phones.steps(session, account)
    return show(request, interaction, template, 200 if form.ok else 400, form=form, steps=steps)


@router.post("/sign-in/second-step", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def sign_in_second_step(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Go on with the code that the authenticator app shows."""
    return await _second_typed(request, session, auth, client_context, interaction, form, _APP)


async def _second_typed(
    request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: Interaction, form: Form,
    second: Second,
) -> Response:  # fmt: skip
    typed = form.get("code", 20)
    attempt = await authentication.second(session, auth, client_context, second.factor, typed)
    if attempt.retry_after is not None:
        return too_often(request, auth, attempt.retry_after)
    if attempt.auth_state is not None:
        return await go_on(session, request, auth, client_context, interaction, attempt.auth_state)
    form.error("code", second.wrong if typed else second.missing)
    return await _second_page(request, session, auth, client_context, interaction, form, second.template)


@router.get("/sign-in/recovery")
async def show_recovery(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where a recovery code is typed in, by who has not the app at hand."""
    return await _second_page(request, session, auth, client_context, interaction, Form(), _RECOVERY.template)


@router.post("/sign-in/recovery", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def sign_in_by_recovery(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Go on with a recovery code, which is used up."""
    return await _second_typed(request, session, auth, client_context, interaction, form, _RECOVERY)
