"""The pages of notes: one form."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from chassis.auth import public
from chassis.problems import Problem
from chassis.web import (
    Form,
    Pages,
    SubmittedFileForm,
    SubmittedForm,
    file_form_body,
    form_body,
    gettext_noop,
    see_other,
)
from chassis.web.sign_in import SignIn, Staff, signed_in

MAX_WORDS, MAX_FILE = 3, 1_000_000
pages = Pages("notes", name=gettext_noop("Notes"))
sign_in = SignIn(["notes:desk", "notes:write"], permission="notes:sign-in", home="/desk")
router = APIRouter()


@router.get("/notes/write")
@router.get("/{council}/notes/write")
async def show_form(request: Request, _: Annotated[None, public]) -> Response:
    return pages.render(request, "write.html", form=Form())


@router.get("/notes/map")
async def show_map(request: Request, _: Annotated[None, public]) -> Response:
    return pages.render(request, "write.html", form=Form(), has_map=True)


@router.post("/notes/write", openapi_extra=form_body("words", words=100))
async def submit_form(request: Request, form: SubmittedForm, _: Annotated[None, public]) -> Response:
    if len(form.get("words").split()) > MAX_WORDS:
        form.error("words", gettext_noop("Enter at most %(most)s words"), most=MAX_WORDS)
    if not form.ok:
        return pages.render(request, "write.html", 400, form=form, form_action=("https://elsewhere.example",))
    return see_other("/notes/write")


@router.post(
    "/notes/files", openapi_extra=file_form_body("file", {"body": MAX_FILE, "timeout": 60}, words=100)
)
async def submit_file(submitted: SubmittedFileForm, _: Annotated[None, public]) -> dict[str, object]:
    words, file = submitted.form.get("words"), submitted.file
    if file is None:
        return {"words": words}
    pieces = [piece async for piece in file.read()]
    whole = b"".join(pieces)
    sizes = {"size": len(whole), "longest": max(map(len, pieces), default=0)}
    return {"words": words, "name": file.name, "declared": file.declared, "end": whole[-8:].hex(), **sizes}


@router.get("/notes/problem/{status}")
async def show_problem(status: int, _: Annotated[None, public], code: str = "for-tests") -> None:
    raise Problem(status, code, "a detail for programs", headers={"Retry-After": "7"})


@router.get("/{council}/notes/desk")
async def show_desk(request: Request, staff: Annotated[Staff, signed_in("notes:desk")]) -> Response:
    words = Form({"words": f"{staff.subject} {staff.mode} {sorted(staff.caller.scopes)}"})
    return pages.render(request, "desk.html", form=words)


@router.post("/{council}/notes/desk", openapi_extra=form_body())
async def clear_desk(staff: Annotated[Staff, signed_in("notes:desk")], _: SubmittedForm) -> Response:
    return see_other(f"/{staff.council}/notes/desk")
