"""Codes by text message as the second step: chosen in the account, asked for when somebody signs in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session, Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.actions import codes, phones, sessions, signing_in
from identity.actions.people import People, Visitor
from identity.actions.sessions import SignedIn
from identity.routes.by_code import WRONG_CODE
from identity.routes.parts import pages
from identity.routes.phones import NO_TEXT_CODE, not_yet, number_in, offered
from identity.routes.visits import (
    Errand,
    FullPerson,
    TheErrand,
    ThePeople,
    TheVisitor,
    go_on,
    onward,
    show,
    too_often,
)
from identity.rules import factors
from identity.rules import phones as rules

router = APIRouter(prefix="/identity", default_response_class=HTMLResponse)
own = APIRouter(prefix="/account/text", tags=["account"], dependencies=[Depends(offered)])
step = APIRouter(prefix="/sign-in/text", tags=["sign-in"])

Anybody = Annotated[None, public]
_REFUSED = documents(403, 404)
_ACCOUNT = "/identity/account"
_TEXT = "/identity/account/text"
_STEP = "/identity/sign-in/text"
_RECOVERY = "/identity/sign-in/recovery"


@own.get("")
async def show_text_step(
    _: Anybody, request: Request, session: Writing, person: FullPerson, errand: TheErrand
) -> Response:
    """Where texts are made the second step, or are so no more."""
    return await _set_up_page(request, session, person, errand, Form())


async def _set_up_page(
    request: Request, session: Session, person: SignedIn, errand: Errand, form: Form
) -> Response:
    phone = await phones.one(session, person.account)
    there = phone is not None and phone.second_step_since is not None
    number = rules.shown(phone.number) if phone else ""
    return show(
        request, errand, "text-there.html" if there else "text-set-up.html", 200 if form.ok else 400,
        form=form, number=number,
    )  # fmt: skip


@own.post("", responses=_REFUSED, openapi_extra=form_body(phone=rules.MOST))
async def send_text_step_code(
    _: Anybody, request: Request, session: Writing, person: FullPerson, people: ThePeople,
    visitor: TheVisitor, errand: TheErrand, form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send a code to the account's number; who has none types it in here."""
    phone = await phones.one(session, person.account)
    number = phone.number if phone is not None else number_in(form, people.settings)
    if number is None or (phone is not None and phone.second_step_since is not None):
        return await _set_up_page(request, session, person, errand, form)
    wait = await phones.ask_to_sign_in_with(session, people, visitor, person.account, number)
    return see_other(errand.at(f"{_TEXT}/code")) if wait is None else not_yet(request, people, wait)


@own.get("/code")
async def show_text_step_code(
    _: Anybody, request: Request, session: Writing, person: FullPerson, people: ThePeople,
    visitor: TheVisitor, errand: TheErrand,
) -> Response:  # fmt: skip
    """Where the code is typed in with which texts become the second step."""
    number = await codes.waiting(session, people, visitor, codes.TEXT_SET_UP, person.account)
    return _code_page(request, errand, number, Form())


def _code_page(request: Request, errand: Errand, number: str | None, form: Form) -> Response:
    if number is None:
        return see_other(errand.at(_TEXT))
    return show(
        request, errand, "text-code.html", 200 if form.ok else 400, form=form, number=rules.shown(number),
        again=errand.at(_TEXT), typed=number, other=errand.at(_TEXT),
    )  # fmt: skip


@own.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def set_up_text_step(
    _: Anybody, request: Request, session: Writing, person: FullPerson, people: ThePeople,
    visitor: TheVisitor, errand: TheErrand, form: SubmittedForm,
) -> Response:  # fmt: skip
    """Sign in with texts from now on; the recovery codes, where they are new, are shown this once."""
    typed = form.get("code", 20)
    made = await phones.sign_in_with(session, people, visitor, person.account, typed) if typed else None
    if made is None:
        form.error("code", WRONG_CODE if typed else NO_TEXT_CODE)
        number = await codes.waiting(session, people, visitor, codes.TEXT_SET_UP, person.account)
        return _code_page(request, errand, number, form)
    to = onward(errand) if errand.request else _ACCOUNT
    answer = pages.render(request, "recovery-codes.html", codes=made, onward=to) if made else see_other(to)
    await sessions.start(session, request, answer, person.account, [factors.TEXT])
    return answer


@own.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_text_step(
    _: Anybody, session: Writing, person: FullPerson, people: ThePeople, _form: SubmittedForm
) -> Response:
    """Sign in without texts from now on."""
    await phones.sign_in_without(session, people, person.account)
    return see_other(_ACCOUNT)


@step.get("")
async def show_send_text(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand
) -> Response:
    """Where the text is asked for: none goes before somebody presses a button."""
    found = await phones.to_sign_in(session, people, visitor)
    if found is None:
        return see_other(errand.at("/identity/sign-in"))
    if people.settings.texts == "none":
        return see_other(errand.at(_RECOVERY))
    return show(request, errand, "sign-in-text.html", last=rules.last_digits(found[1]))


@step.post("", responses=documents(403), openapi_extra=form_body())
async def send_text(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand,
    _form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send the code of the second step."""
    found = await phones.to_sign_in(session, people, visitor)
    if found is None:
        return see_other(errand.at("/identity/sign-in"))
    if people.settings.texts == "none":
        return see_other(errand.at(_RECOVERY))
    wait = await phones.send_second(session, people, visitor, *found)
    return see_other(errand.at(f"{_STEP}/code")) if wait is None else not_yet(request, people, wait)


@step.get("/code")
async def show_text_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand
) -> Response:
    """Where the code of the text is typed in."""
    return await _step_page(request, session, people, visitor, errand, Form())


async def _step_page(
    request: Request, session: Session, people: People, visitor: Visitor, errand: Errand, form: Form
) -> Response:
    found = await phones.to_sign_in(session, people, visitor)
    waiting = found and await codes.waiting(session, people, visitor, codes.TEXT, found[0])
    if found is None or waiting is None:
        return see_other(errand.at(_STEP))
    return show(
        request, errand, "text-code.html", 200 if form.ok else 400, form=form,
        last=rules.last_digits(found[1]), again=errand.at(_STEP), recovery=errand.at(_RECOVERY),
    )  # fmt: skip


@step.post("/code", responses=documents(403), openapi_extra=form_body("code", code=20))
async def sign_in_by_text(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Go on with the code of the text."""
    typed = form.get("code", 20)
    came = await signing_in.second(session, people, visitor, factors.TEXT, typed)
    if came.wait is not None:
        return too_often(request, people, came.wait)
    if came.proven is not None:
        return await go_on(session, request, people, visitor, errand, came.proven)
    form.error("code", WRONG_CODE if typed else NO_TEXT_CODE)
    return await _step_page(request, session, people, visitor, errand, form)


router.include_router(own)
router.include_router(step)
