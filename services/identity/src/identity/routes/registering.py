"""Pages to open an account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.actions import codes, signing_in
from identity.routes.signing_in import NO_CODE, NOT_AN_ADDRESS, WRONG_CODE
from identity.routes.visits import Errand, TheErrand, ThePeople, TheVisitor, go_on, show, too_often
from identity.rules import addresses

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)


@router.get("/register")
async def show_register(_: Anybody, request: Request, errand: TheErrand) -> Response:
    """Where opening an account begins."""
    return show(request, errand, "register.html", form=Form())


@router.post("/register", responses=_REFUSED, openapi_extra=form_body("email", email=addresses.MOST))
async def send_register_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send a code to the address; where there is an account, a letter that says so: the page is the same."""
    address = form.get("email", addresses.MOST)
    if addresses.fault(address):
        form.error("email", NOT_AN_ADDRESS)
        return show(request, errand, "register.html", 400, form=form)
    if not await signing_in.ask_to_open(session, people, visitor, address):
        return too_often(request)
    return see_other(errand.at("/identity/register/code"))


@router.get("/register/code")
async def show_register_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand
) -> Response:
    """Where the code is typed in."""
    return await _code_page(request, session, people, visitor, errand, Form())


async def _code_page(
    request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: Errand, form: Form
) -> Response:
    address = await codes.waiting(session, people, visitor, codes.REGISTER)
    if address is None:
        return see_other(errand.at("/identity/register"))
    status = 200 if form.ok else 400
    return show(request, errand, "code.html", status, form=form, address=address, back="/identity/register")


@router.post("/register/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def register_by_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Open the account with the code of the letter, and sign in."""
    typed = form.get("code", 20)
    proven = await signing_in.open_with_code(session, people, visitor, typed) if typed else None
    if proven is not None:
        return await go_on(session, request, people, visitor, errand, proven)
    form.error("code", WRONG_CODE if typed else NO_CODE)
    return await _code_page(request, session, people, visitor, errand, form)
