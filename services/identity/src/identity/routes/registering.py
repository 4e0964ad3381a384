"""Pages to open an account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.actions import codes, signing_in
from identity.routes.by_code import Way
from identity.routes.signing_in import NOT_AN_ADDRESS
from identity.routes.visits import TheErrand, ThePeople, TheVisitor, show, too_often
from identity.rules import addresses

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
_CODE = Way(codes.REGISTER, "/identity/register", signing_in.open_with_code)


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
    wait = await signing_in.ask_to_open(session, people, visitor, address)
    if wait is not None:
        return too_often(request, people, wait)
    return see_other(errand.at("/identity/register/code"))


@router.get("/register/code")
async def show_register_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand
) -> Response:
    """Where the code is typed in."""
    return await _CODE.page(request, session, people, visitor, errand, Form())


@router.post("/register/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def register_by_code(
    _: Anybody, request: Request, session: Writing, people: ThePeople, visitor: TheVisitor, errand: TheErrand,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Open the account with the code of the letter, and sign in."""
    return await _CODE.typed(request, session, people, visitor, errand, form)
