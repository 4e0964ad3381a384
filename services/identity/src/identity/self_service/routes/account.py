"""Pages of a person's own account: what there is, sessions, language, the end of it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Writing
from chassis.ids import Id
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, say, see_other, set_cookie
from chassis.web.browsers import browser_secret
from chassis.web.languages import COOKIE
from identity.accounts.actions import accounts, sessions
from identity.accounts.routes import TheAuthContext, delete_session_cookie, session_secret
from identity.factors.actions import passkeys, passwords, phones, recovery_codes
from identity.factors.rules.phones import format_number
from identity.self_service import actions
from identity.shared.dependencies import pages, spoken
from identity.sign_in.routes.assurance import RecentSignIn, SignedIn
from identity.upstream_login.actions import links, login_states
from identity.verification.actions.context import browser_hash

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
_ACCOUNT = "/identity/account"
_SESSIONS = "/identity/account/sessions"
_A_YEAR = 365 * 86_400


@router.get("/")
async def show_start(_: Anybody) -> Response:
    """The region's account pages begin at the account."""
    return see_other(_ACCOUNT)


@router.get("/account")
async def show_account(_: Anybody, request: Request, session: Writing, person: SignedIn) -> Response:
    """All there is of the account, each with a way to change it."""
    account = await accounts.one(session, person.account)
    phone = account.phone if account is not None else None
    if phone is not None:
        await phones.load_library()
    return pages.render(
        request,
        "account.html",
        account=account,
        texts=request.app.state.settings.texts != "none",
        phone=format_number(phone) if phone is not None else "",
        steps=await phones.get_second_steps(session, person.account),
        has_password=await passwords.has_password(session, person.account),
        passkeys=len(await passkeys.list_passkeys(session, person.account)),
        recovery_left=await recovery_codes.count_unused(session, person.account),
        sessions=len(await sessions.list_by_account(session, person.account)),
        elsewhere=await links.count_links(session, person.account),
    )


@router.get("/account/sessions")
async def show_sessions(_: Anybody, request: Request, session: Writing, person: SignedIn) -> Response:
    """Where the person is signed in."""
    found = [
        {
            "id": ids.show(row.id),
            "device": row.device,
            "here": row.id == person.session,
            "since": spoken(row.created_at, request),
            "seen": spoken(datetime.now(UTC) if row.id == person.session else row.seen_at, request),
        }
        for row in await sessions.list_by_account(session, person.account)
    ]
    return pages.render(request, "sessions.html", sessions=found)


@router.post("/account/sessions/{session_id}/end", responses=_REFUSED, openapi_extra=form_body())
async def end_session(
    _: Anybody, session_id: Id, session: Writing, person: SignedIn, _form: SubmittedForm
) -> Response:
    """Sign out there."""
    await sessions.end(session, person.account, session_id, "ended-by-person")
    return see_other(_SESSIONS)


@router.post("/account/sessions/end", responses=_REFUSED, openapi_extra=form_body())
async def end_other_sessions(
    _: Anybody, session: Writing, person: SignedIn, _form: SubmittedForm
) -> Response:
    """Sign out everywhere but here."""
    await sessions.end_all(session, person.account, "ended-by-person", but=person.session)
    return see_other(_SESSIONS)


@router.post("/sign-out", responses=_REFUSED, openapi_extra=form_body())
async def sign_out(_: Anybody, request: Request, session: Writing, _form: SubmittedForm) -> Response:
    """Sign out here. Again is no error."""
    person = await sessions.get_current(session, session_secret(request))
    if person is not None:
        await sessions.end(session, person.account, person.session, "signed-out")
    await login_states.delete_pending(session, browser_hash(browser_secret(request)))
    answer = pages.render(request, "signed-out.html")
    delete_session_cookie(request, answer)
    return answer


@router.get("/account/language")
async def show_language(_: Anybody, request: Request, person: SignedIn) -> Response:
    """Where the language of pages and letters is chosen."""
    return pages.render(request, "language.html", form=Form({"language": person.language}))


@router.post("/account/language", responses=_REFUSED, openapi_extra=form_body("language", language=2))
async def change_language(
    _: Anybody, request: Request, session: Writing, person: SignedIn, form: SubmittedForm
) -> Response:
    """Pages and letters in this language from now on."""
    language = form.get("language", 2)
    if language not in ("en", "cy"):
        form.error("language", say("Select a language"))
        return pages.render(request, "language.html", 400, form=form)
    await accounts.set_language(session, person.account, language)
    answer = see_other(_ACCOUNT)
    set_cookie(request, answer, COOKIE, language, _A_YEAR)
    return answer


@router.get("/account/close")
async def show_close(_: Anybody, request: Request, _signed_in: RecentSignIn) -> Response:
    """What closing the account means."""
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
    """Close the account for good."""
    if form.get("sure", 3) != "yes":
        form.error("sure", say("Select that you want to close your account, or go back"))
        return pages.render(request, "close.html", 400, form=form)
    await actions.close_account(session, auth, person.account)
    answer = pages.render(request, "closed.html")
    delete_session_cookie(request, answer)
    return answer
