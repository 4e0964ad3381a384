"""Pages where people themselves agree that somebody acts for them, or to act for somebody."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis import ids
from chassis.auth import public
from chassis.database import Session, Writing
from chassis.ids import Id
from chassis.problems import Problem, document_problems, not_found
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.routes import RecentSignIn, SignedIn, require_second_step
from identity.delegation.routes.views import (
    MANDATES,
    Missing,
    describe,
    find_missing,
    list_proof_providers,
)
from identity.mandates.actions import confirmations, mandates, offers
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import too_often

router = APIRouter(prefix=MANDATES, tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403, 404)
_MAX_CODE = 60
_NO_CODE = gettext_noop("Enter the code you were given")
_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "no-such-offer": gettext_noop("No offer is open for this code. Check it, or ask for a new one"),
        "own-mandate": gettext_noop("This is a code of your own, for somebody else to use"),
        "offer-over": gettext_noop("This can no longer be agreed to. Ask for a new one"),
        "already-holds": gettext_noop("You can act for this person in this already"),
        "too-many-mandates": gettext_noop("You act for too many people. End one of these first"),
    }
)
"""What people read of the problems that agreeing may meet, by their code."""


@router.get("/code")
async def show_mandate_code(_: Anybody, request: Request, _signed_in: SignedIn) -> Response:
    """Show where you enter the code that somebody gave you, to act for them."""
    return pages.render(request, "mandate-code.html", form=Form())


@router.post("/code", responses=document_problems(403, 429), openapi_extra=form_body("code", code=_MAX_CODE))
async def enter_mandate_code(
    _: Anybody,
    request: Request,
    session: Writing,
    person: RecentSignIn,
    auth: TheAuthContext,
    form: SubmittedForm,
) -> Response:
    """Enter the code. It works once, and leads to the offer, which you can then read and accept."""
    code = form.get("code", _MAX_CODE)
    if not code:
        form.error("code", _NO_CODE)
        return pages.render(request, "mandate-code.html", 400, form=form)
    wait = await auth.retry_after(
        session, (auth.settings.limit_mandate_codes_for_account, str(person.account))
    )
    if wait is not None:
        return too_often(request, auth, wait)
    try:
        row = await offers.claim_by_code(session, person.account, code)
    except Problem as problem:
        if problem.code not in _ERRORS:
            raise
        form.error("code", _ERRORS[problem.code])
        return pages.render(request, "mandate-code.html", 400, form=form)
    return see_other(f"{MANDATES}/{ids.show(row.id)}")


@router.post("/{mandate_id}/confirm", responses=_REFUSED, openapi_extra=form_body("answer", answer=3))
async def confirm_mandate(
    _: Anybody,
    request: Request,
    mandate_id: Id,
    session: Writing,
    person: RecentSignIn,
    auth: TheAuthContext,
    form: SubmittedForm,
) -> Response:
    """Confirm that somebody may act for you, or say that they may not. Nobody hears of it before."""
    row = await mandates.get_own(session, person.account, mandate_id)
    if row.principal != person.account:
        raise not_found("mandate with this id")
    if form.get("answer", 3) != "yes":
        return await _refuse(session, row, person)
    if row.confirmed_at is None and not await _is_sure(request, session, row, person):
        return await show_mandate(request, session, row, person, form, 403)
    try:
        await confirmations.confirm_offer(session, auth, row, person.account)
    except Problem as problem:
        if problem.code not in _ERRORS:
            raise
        form.error("", _ERRORS[problem.code])
        return await show_mandate(request, session, row, person, form, 409)
    return see_other(f"{MANDATES}/{ids.show(row.id)}")


@router.post("/{mandate_id}/accept", responses=_REFUSED, openapi_extra=form_body("answer", answer=3))
async def accept_mandate_offer(
    _: Anybody,
    request: Request,
    mandate_id: Id,
    session: Writing,
    person: RecentSignIn,
    auth: TheAuthContext,
    form: SubmittedForm,
) -> Response:
    """Accept to act for somebody, or decline it."""
    await mandates.lock_account(session, person.account)
    row = await mandates.get_own(session, person.account, mandate_id)
    if form.get("answer", 3) != "yes":
        return await _refuse(session, row, person)
    if row.status == "offered" and not await _is_sure(request, session, row, person):
        return await show_mandate(request, session, row, person, form, 403)
    try:
        await confirmations.accept_mandate(session, auth, row, person.account)
    except Problem as problem:
        if problem.code not in _ERRORS:
            raise
        form.error("", _ERRORS[problem.code])
        return await show_mandate(request, session, row, person, form, 409)
    return see_other(f"{MANDATES}/{ids.show(row.id)}")


async def show_mandate(
    request: Request, session: Session, row: Row[Any], person: BrowserSession, form: Form, status: int = 200
) -> Response:
    """Show an offer to read and answer, if it waits for the person; else what the mandate is."""
    missing = await find_missing(session, row, person) if row.status == "offered" else Missing()
    providers = await list_proof_providers(request, session, row, missing.level) if missing.level else []
    mandate = await describe(request, session, row, person.account)
    template = "mandate.html"
    if mandate["waits"]:
        template = "mandate-confirm.html" if mandate["by_me"] else "mandate-accept.html"
    return pages.render(
        request, template, status, mandate=mandate, missing=missing, providers=providers, form=form
    )


async def _is_sure(request: Request, session: Session, row: Row[Any], person: BrowserSession) -> bool:
    """Tell whether the person is as sure themselves as needed. Raises Problem 303 for a second step."""
    missing: Missing = await find_missing(session, row, person)
    if missing.second_step:
        require_second_step(request, person)
    return missing.is_nothing


async def _refuse(session: Session, row: Row[Any], person: BrowserSession) -> Response:
    """Take back or decline an open offer; what is in force already is ended on a page of its own."""
    if row.status == "offered":
        await offers.end_own(session, person.account, row.id)
    return see_other(MANDATES)
