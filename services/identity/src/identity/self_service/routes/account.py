"""Pages of a person's own account: overview, sessions, language, and closing it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import clock, ids
from chassis.auth import public
from chassis.database import Database, Writing
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other, set_cookie
from chassis.web.browsers import browser_secret
from chassis.web.languages import COOKIE
from identity.accounts.actions import accounts, sessions
from identity.accounts.routes import TheAuthContext, delete_session_cookie, session_secret
from identity.assurance.routes import RecentSignIn, SignedIn, SignedInChecked
from identity.assurance.rules import ACCOUNT
from identity.closure import actions as closure
from identity.factors.actions import passkeys, passwords, phones, recovery_codes
from identity.factors.rules.phones import format_number
from identity.shared.dependencies import format_time, pages
from identity.upstream_login.actions import links, login_states
from identity.verification.actions.context import hash_browser_secret

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_SESSIONS = f"{ACCOUNT}/sessions"
_YEAR = 365 * 86_400


@router.get("/")
async def show_start(_: Anybody) -> Response:
    """Go to your account."""
    return see_other(ACCOUNT)


@router.get("/account")
async def show_account(_: Anybody, request: Request, person: SignedInChecked) -> Response:
    """Show your account, with a link to change each part of it."""
    database: Database = request.app.state.database
    async with database.reading() as session:
        account = await accounts.get(session, person.account)
        context: dict[str, Any] = {
            "steps": await phones.get_second_steps(session, person.account),
            "has_password": await passwords.has_password(session, person.account),
            "passkeys": len(await passkeys.list_passkeys(session, person.account)),
            "recovery_left": await recovery_codes.count_unused(session, person.account),
            "sessions": len(await sessions.list_by_account(session, person.account)),
            "linked": await links.count_links(session, person.account),
        }
    phone = account.phone if account is not None else None
    if phone is not None:
        await phones.load_library()
    texts = request.app.state.settings.texts != "none"
    number = format_number(phone) if phone is not None else ""
    return pages.render(request, "account.html", account=account, texts=texts, phone=number, **context)


@router.get("/account/sessions")
async def show_sessions(_: Anybody, request: Request, session: Writing, person: SignedIn) -> Response:
    """Show where you are signed in."""
    entries = [
        {
            "id": ids.show(row.id),
            "device": row.device,
            "here": row.id == person.session,
            "since": format_time(row.created_at, request),
            "seen": format_time(clock.now() if row.id == person.session else row.seen_at, request),
        }
        for row in await sessions.list_by_account(session, person.account)
    ]
    return pages.render(request, "sessions.html", sessions=entries)


@router.post("/account/sessions/{session_id}/end", responses=_REFUSED, openapi_extra=form_body())
async def end_session(
    _: Anybody, session_id: Id, session: Writing, person: SignedIn, _form: SubmittedForm
) -> Response:
    """Sign out of one of your sessions."""
    await sessions.end(session, person.account, session_id, "ended-by-person")
    return see_other(_SESSIONS)


@router.post("/account/sessions/end", responses=_REFUSED, openapi_extra=form_body())
async def end_other_sessions(
    _: Anybody, session: Writing, person: SignedIn, _form: SubmittedForm
) -> Response:
    """Sign out everywhere else."""
    await sessions.end_all(session, person.account, "ended-by-person", but=person.session)
    return see_other(_SESSIONS)


@router.post("/sign-out", responses=_REFUSED, openapi_extra=form_body())
async def sign_out(_: Anybody, request: Request, session: Writing, _form: SubmittedForm) -> Response:
    """Sign out here. Signing out twice is not an error."""
    person = await sessions.get_current(session, session_secret(request))
    if person is not None:
        await sessions.end(session, person.account, person.session, "signed-out")
    await login_states.delete_pending(session, hash_browser_secret(browser_secret(request)))
    response = pages.render(request, "signed-out.html")
    delete_session_cookie(request, response)
    return response


@router.get("/account/language")
async def show_language(_: Anybody, request: Request, person: SignedIn) -> Response:
    """Show where you choose the language of pages and emails."""
    return pages.render(request, "language.html", form=Form({"language": person.language}))


@router.post("/account/language", responses=_REFUSED, openapi_extra=form_body("language", language=2))
async def change_language(
    _: Anybody, request: Request, session: Writing, person: SignedIn, form: SubmittedForm
) -> Response:
    """Choose the language of pages and emails."""
    language = form.get("language", 2)
    if language not in ("en", "cy"):
        form.error("language", gettext_noop("Select a language"))
        return pages.render(request, "language.html", 400, form=form)
    await accounts.set_language(session, person.account, language)
    response = see_other(ACCOUNT)
    set_cookie(request, response, COOKIE, language, _YEAR)
    return response


@router.get("/account/close")
async def show_close(_: Anybody, request: Request, _signed_in: RecentSignIn) -> Response:
    """Show what closing your account means."""
    return pages.render(request, "close.html", form=Form())


@router.post("/account/close", responses=_REFUSED, openapi_extra=form_body("sure", sure=3))
async def close_account(
    _: Anybody,
    request: Request,
    session: Writing,
    person: RecentSignIn,
    auth: TheAuthContext,
    form: SubmittedForm,
) -> Response:
    """Close your account for good."""
    if form.get("sure", 3) != "yes":
        form.error("sure", gettext_noop("Select that you want to close your account, or go back"))
        return pages.render(request, "close.html", 400, form=form)
    await closure.close_account(session, auth, person.account)
    response = pages.render(request, "closed.html")
    delete_session_cookie(request, response)
    return response
