"""Pages where people make, rename and remove their passkeys."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Writing
from chassis.ids import Id
from chassis.problems import document_problems, not_found
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.accounts.actions import accounts
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance import actions as means
from identity.assurance.routes import PasskeySignIn
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import passkeys
from identity.shared.dependencies import format_time, pages
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.sign_in import MAX_CREDENTIAL

_PASSKEYS = f"{ACCOUNT}/passkeys"

router = APIRouter(prefix=_PASSKEYS, tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_MAX_NAME = 60
_NOT_REGISTERED = gettext_noop("The passkey was not made. Try again")


@router.get("")
async def show_passkeys(_: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction) -> Response:
    """Show your passkeys, and where you make one."""
    form = Form({"name": interaction.client_context.device})
    return await _show_passkeys(interaction, person, form)


async def _show_passkeys(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    request, session = interaction.request, interaction.session
    account = await accounts.get(session, person.account)
    entries = [
        {
            "id": ids.show(row.id),
            "name": row.name,
            "made": format_time(row.created_at, request),
            "used": format_time(row.used_at, request) if row.used_at else "",
        }
        for row in await passkeys.list_passkeys(session, person.account)
    ]
    options = ""
    if len(entries) < passkeys.MAX_PASSKEYS:
        address = account.address if account and account.address else "Townhall"
        options = await passkeys.make_registration_options(*interaction.contexts, person.account, address)
    return pages.render(
        request,
        "passkeys.html",
        200 if form.ok else 400,
        form=form,
        passkeys=entries,
        options=options,
        interaction=interaction,
    )


@router.post(
    "",
    responses=_REFUSED,
    openapi_extra=form_body("credential", "name", credential=MAX_CREDENTIAL, name=_MAX_NAME),
)
async def add_passkey(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Keep the passkey that your browser made. Making one counts as signing in with it."""
    credential = form.raw("credential", MAX_CREDENTIAL)
    name = form.get("name", _MAX_NAME)[:_MAX_NAME] or interaction.client_context.device or "Passkey"
    if not await passkeys.register(*interaction.contexts, person.account, credential, name):
        form.error("name", _NOT_REGISTERED)
        return await _show_passkeys(interaction, person, form)
    returns_to = interaction.returns_to
    response = see_other(returns_to.destination if returns_to.is_known else _PASSKEYS)
    await interaction.step_up(response, person, factors.PASSKEY)
    return response


@router.post(
    "/{passkey_id}/name",
    responses=document_problems(403, 404),
    openapi_extra=form_body("name", name=_MAX_NAME),
)
async def rename_passkey(
    _: Anybody, passkey_id: Id, session: Writing, person: PasskeySignIn, form: SubmittedForm
) -> Response:
    """Give one of your passkeys another name."""
    name = form.get("name", _MAX_NAME)[:_MAX_NAME]
    if name and not await passkeys.rename(session, person.account, passkey_id, name):
        raise not_found("passkey of yours")
    return see_other(_PASSKEYS)


@router.post("/{passkey_id}/remove", responses=document_problems(403, 404, 409), openapi_extra=form_body())
async def remove_passkey(
    _: Anybody,
    request: Request,
    passkey_id: Id,
    session: Writing,
    person: PasskeySignIn,
    auth: TheAuthContext,
    _form: SubmittedForm,
) -> Response:
    """Remove one of your passkeys. 409 when it is the only way to sign in to your account."""
    if await means.is_only_way_in(session, person.account, passkey_id):
        return pages.render(request, "passkey-last.html", 409)
    if not await passkeys.remove(session, auth, person.account, passkey_id):
        raise not_found("passkey of yours")
    return see_other(_PASSKEYS)
