"""Pages of how a person signs in: password, passkeys, authenticator app, recovery codes."""

from typing import Annotated

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Database, Writing
from chassis.ids import Id
from chassis.problems import documents, not_found
from chassis.web import Form, SubmittedForm, form_body, say, see_other
from identity.accounts.actions import accounts, sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.factors.actions import (
    authentication,
    authenticators,
    passkeys,
    passwords,
    phones,
    recovery_codes,
)
from identity.shared.dependencies import pages, spoken
from identity.sign_in.routes.assurance import (
    PasskeySignIn,
    RecentSignIn,
    RecentSignInChecked,
    SignedIn,
    require_recent_sign_in,
)
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.sign_in import MAX_CREDENTIAL
from identity.upstream_login.actions import links
from identity.verification.rules import codes
from identity.verification.rules import passwords as password_rules

router = APIRouter(prefix="/identity/account", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
_ACCOUNT = "/identity/account"
_PASSKEYS = "/identity/account/passkeys"
_NAME = 60
_FAULTS = {
    "short": say("Password must be %(least)s characters or more"),
    "long": say("Password must be %(most)s characters or fewer"),
    "common": say("That password is too easy to guess. Try three random words"),
}
_NOT_MADE = say("The passkey was not made. Try again")
_WRONG = say("That code is not right. Check that the clock of your phone is right, and try the next code")


@router.get("/password")
async def show_new_password(_: Anybody, request: Request, session: Writing, person: RecentSignIn) -> Response:
    """Where a password is set, changed or removed."""
    had = await passwords.has_password(session, person.account)
    return pages.render(request, "new-password.html", form=Form(), has_password=had)


@router.post(
    "/password", responses=_REFUSED, openapi_extra=form_body("password", password=password_rules.MOST)
)
async def set_password(
    _: Anybody, request: Request, person: RecentSignInChecked, auth: TheAuthContext, form: SubmittedForm
) -> Response:
    """Set a password: long, and not a common one. Elsewhere the person is signed out."""
    database: Database = request.app.state.database
    password = form.raw("password", password_rules.MOST)
    fault = await passwords.find_fault(database, auth, person.account, password)
    if fault is not None:
        form.error("password", _FAULTS[fault], least=password_rules.LEAST, most=password_rules.MOST)
        async with database.reading() as reading:
            had = await passwords.has_password(reading, person.account)
        return pages.render(request, "new-password.html", 400, form=form, has_password=had)
    hashed = await auth.passwords.hash(password)
    async with database.writing() as session:
        person = await require_recent_sign_in(request, session, auth)
        await passwords.set_password(session, auth, person.account, hashed)
        await sessions.end_all(session, person.account, "security", but=person.session)
    return see_other(_ACCOUNT)


@router.post("/password/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_password(
    _: Anybody, session: Writing, person: RecentSignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Have no password any more."""
    await passwords.remove(session, auth, person.account)
    return see_other(_ACCOUNT)


@router.get("/passkeys")
async def show_passkeys(_: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction) -> Response:
    """The person's passkeys, and where one is made."""
    form = Form({"name": interaction.client_context.device})
    return await _passkeys_page(interaction, person, form)


async def _passkeys_page(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    request, session = interaction.request, interaction.session
    account = await accounts.one(session, person.account)
    found = [
        {
            "id": ids.show(row.id),
            "name": row.name,
            "made": spoken(row.created_at, request),
            "used": spoken(row.used_at, request) if row.used_at else "",
        }
        for row in await passkeys.list_passkeys(session, person.account)
    ]
    options = ""
    if len(found) < passkeys.MAX_PASSKEYS:
        address = account.address if account and account.address else "Townhall"
        options = await passkeys.make_registration_options(
            session, interaction.auth, interaction.client_context, person.account, address
        )
    status = 200 if form.ok else 400
    return pages.render(
        request, "passkeys.html", status, form=form, passkeys=found, options=options, interaction=interaction
    )


@router.post(
    "/passkeys",
    responses=_REFUSED,
    openapi_extra=form_body("credential", "name", credential=MAX_CREDENTIAL, name=_NAME),
)
async def add_passkey(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Keep the passkey that the browser made. Making it counts as signing in with it."""
    client_context = interaction.client_context
    credential = form.raw("credential", MAX_CREDENTIAL)
    name = form.get("name", _NAME)[:_NAME] or client_context.device or "Passkey"
    if not await passkeys.register(
        interaction.session, interaction.auth, client_context, person.account, credential, name
    ):
        form.error("name", _NOT_MADE)
        return await _passkeys_page(interaction, person, form)
    returns_to = interaction.returns_to
    response = see_other(returns_to.destination if returns_to.request_id else _PASSKEYS)
    await interaction.step_up(response, person, factors.PASSKEY)
    return response


@router.post(
    "/passkeys/{passkey_id}/name", responses=documents(403, 404), openapi_extra=form_body("name", name=_NAME)
)
async def rename_passkey(
    _: Anybody, passkey_id: Id, session: Writing, person: PasskeySignIn, form: SubmittedForm
) -> Response:
    """Give a passkey another name."""
    name = form.get("name", _NAME)[:_NAME]
    if name and not await passkeys.rename(session, person.account, passkey_id, name):
        raise not_found("passkey of yours")
    return see_other(_PASSKEYS)


@router.post("/passkeys/{passkey_id}/remove", responses=documents(403, 404, 409), openapi_extra=form_body())
async def remove_passkey(
    _: Anybody,
    request: Request,
    passkey_id: Id,
    session: Writing,
    person: PasskeySignIn,
    auth: TheAuthContext,
    _form: SubmittedForm,
) -> Response:
    """Have a passkey open the account no more, unless nothing else does."""
    if not await links.has_other_sign_in(session, person.account, but_passkey=passkey_id):
        return pages.render(request, "upstream-last.html", 409)
    if not await passkeys.remove(session, auth, person.account, passkey_id):
        raise not_found("passkey of yours")
    return see_other(_PASSKEYS)


@router.get("/authenticator")
async def show_authenticator(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction
) -> Response:
    """Where an authenticator app is set up, or removed."""
    return await _authenticator_page(interaction, person, Form())


async def _authenticator_page(
    interaction: WritingInteraction, person: BrowserSession, form: Form
) -> Response:
    request, session = interaction.request, interaction.session
    secret = await authenticators.get_or_create_secret(session, interaction.auth, person.account)
    if secret is None:
        return pages.render(request, "authenticator-there.html", form=form, interaction=interaction)
    account = await accounts.one(session, person.account)
    uri = codes.app_uri(secret, account.address if account and account.address else "account", "Townhall")
    return pages.render(
        request,
        "authenticator.html",
        200 if form.ok else 400,
        form=form,
        picture=segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        interaction=interaction,
    )


@router.post("/authenticator", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def set_up_authenticator(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Take the app into use with the code it shows; the recovery codes are shown this once."""
    request, session, auth = interaction.request, interaction.session, interaction.auth
    retry_after = await authentication.check_second_step_rate(
        session, auth, interaction.client_context, person.account
    )
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    recovery_codes = await authenticators.confirm(session, auth, person.account, form.get("code", 20))
    if recovery_codes is None:
        form.error("code", _WRONG)
        return await _authenticator_page(interaction, person, form)
    returns_to = interaction.returns_to
    onward = returns_to.destination if returns_to.request_id else _ACCOUNT
    response = pages.render(request, "recovery-codes.html", codes=recovery_codes, onward=onward)
    await interaction.step_up(response, person, factors.AUTHENTICATOR)
    return response


@router.post("/authenticator/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_authenticator(
    _: Anybody, session: Writing, person: PasskeySignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Sign in without the app from now on."""
    await authenticators.remove(session, auth, person.account)
    return see_other(_ACCOUNT)


@router.get("/recovery-codes")
async def show_recovery_codes(
    _: Anybody, request: Request, session: Writing, person: PasskeySignIn
) -> Response:
    """How many are left, and where new ones are made."""
    if not any(await phones.get_second_steps(session, person.account)):
        return see_other("/identity/account/authenticator")
    left = await recovery_codes.count_unused(session, person.account)
    return pages.render(request, "new-recovery-codes.html", left=left)


@router.post("/recovery-codes", responses=_REFUSED, openapi_extra=form_body())
async def make_recovery_codes(
    _: Anybody,
    request: Request,
    session: Writing,
    person: PasskeySignIn,
    auth: TheAuthContext,
    _form: SubmittedForm,
) -> Response:
    """Ten new codes, shown this once; those before are worth nothing now."""
    if not any(await phones.get_second_steps(session, person.account)):
        return see_other("/identity/account/authenticator")
    made = await recovery_codes.replace(session, auth, person.account)
    return pages.render(request, "recovery-codes.html", codes=made, onward=_ACCOUNT)


@router.get("/second-step")
async def show_second_step_choice(
    _: Anybody, person: SignedIn, interaction: TheWritingInteraction
) -> Response:
    """Where somebody is sent whom a service wants to be surer of than one factor makes it."""
    if factors.level(person.methods) == factors.TWO_FACTORS:
        return see_other(interaction.returns_to.destination)
    if await passkeys.list_passkeys(interaction.session, person.account):
        return interaction.show("passkey-needed.html")
    if any(
        await phones.get_second_steps(interaction.session, person.account)
    ):  # set up since this session began
        return interaction.redirect("/identity/sign-in")
    texts = interaction.auth.settings.texts != "none"
    return interaction.show("second-step-choice.html", texts=texts)
