"""Pages where people set, change and remove their password."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Database, Writing
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.accounts.actions import sessions
from identity.accounts.routes import TheAuthContext
from identity.assurance.routes import RecentSignIn, RecentSignInChecked, require_recent_sign_in
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import passwords
from identity.shared.dependencies import pages
from identity.verification.rules import passwords as rules

router = APIRouter(prefix=f"{ACCOUNT}/password", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_FAULTS = {
    "short": gettext_noop("Password must be %(least)s characters or more"),
    "long": gettext_noop("Password must be %(most)s characters or fewer"),
    "common": gettext_noop("That password is too easy to guess. Try three random words"),
}


@router.get("")
async def show_new_password(_: Anybody, request: Request, session: Writing, person: RecentSignIn) -> Response:
    """Show where you set, change or remove your password."""
    has_password = await passwords.has_password(session, person.account)
    return pages.render(request, "new-password.html", form=Form(), has_password=has_password)


@router.post("", responses=_REFUSED, openapi_extra=form_body("password", password=rules.MAX_LENGTH))
async def set_password(
    _: Anybody, request: Request, person: RecentSignInChecked, auth: TheAuthContext, form: SubmittedForm
) -> Response:
    """Set your password. It must be long and not a common one. You are signed out everywhere else."""
    database: Database = request.app.state.database
    password = form.raw("password", rules.MAX_LENGTH)
    fault = await passwords.find_fault(database, auth, person.account, password)
    if fault is not None:
        form.error("password", _FAULTS[fault], least=rules.MIN_LENGTH, most=rules.MAX_LENGTH)
        async with database.reading() as reading:
            has_password = await passwords.has_password(reading, person.account)
        return pages.render(request, "new-password.html", 400, form=form, has_password=has_password)
    password_hash = await auth.passwords.hash(password)
    async with database.writing() as session:
        person = await require_recent_sign_in(request, session, auth)
        await passwords.set_password(session, auth, person.account, password_hash)
        await sessions.end_all(session, person.account, "security", but=person.session)
    return see_other(ACCOUNT)


@router.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_password(
    _: Anybody, session: Writing, person: RecentSignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Remove your password."""
    await passwords.remove(session, auth, person.account)
    return see_other(ACCOUNT)
