"""The pages of notes: one form."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import Problem
from chassis.web import Form, Pages, SubmittedForm, form_body, gettext_noop, see_other

MAX_WORDS = 3
pages = Pages("notes", name=gettext_noop("Notes"))
router = APIRouter()


@router.get("/notes/write")
@router.get("/{council}/notes/write")
async def show_form(request: Request, _: Annotated[None, public]) -> Response:
    return pages.render(request, "write.html", form=Form())


@router.post("/notes/write", openapi_extra=form_body("words", words=100))
async def submit_form(request: Request, form: SubmittedForm, _: Annotated[None, public]) -> Response:
    if len(form.get("words").split()) > MAX_WORDS:
        form.error("words", gettext_noop("Enter at most %(most)s words"), most=MAX_WORDS)
    if not form.ok:
        return pages.render(request, "write.html", 400, form=form, form_action=("https://elsewhere.example",))
    return see_other("/notes/write")


@router.get("/notes/problem/{status}")
async def show_problem(status: int, _: Annotated[None, public]) -> None:
    raise Problem(status, "for-tests", "a detail for programs", headers={"Retry-After": "7"})
