"""What the pages of counter staff share: who uses them, and how their forms are read."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ValidationError

from chassis import ids
from chassis.database import Database, ReadSession, Session
from chassis.etags import CHANGED, Precondition
from chassis.problems import Problem
from chassis.web import Form
from chassis.web.sign_in import Staff, signed_in
from payments.office.routes.access import add_problem
from payments.shared.scopes import TAKINGS

CounterStaff = Annotated[Staff, signed_in(TAKINGS)]
Model = TypeVar("Model", bound=BaseModel)
_WORDS = {
    "number": "Enter the number that is printed on it",
    "sort_code": "Enter a sort code of 6 digits, such as 20-00-00",
    "account_number": "Enter an account number of 8 digits",
    "payer_name": "Enter the name of who signed the cheque",
    "email": "Enter an e-mail address, such as name@example.com",
    "reason": "Choose a reason",
    "office": "Choose an office",
    "banked_on": "Enter a day, such as 2026-04-01",
    "returned_on": "Enter a day, such as 2026-04-01",
    "tills": "Choose a till",
    "answer": "Say why",
}


def build(form: Form, model: type[Model], **values: object) -> Model | None:
    """Make what a form asks for; None with errors in the form for what it cannot be."""
    try:
        return model(**values)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
            message = str(fault["msg"]).removeprefix("Value error, ")
            is_own = str(fault["type"]) == "value_error" and name != "email"
            words = message[:1].upper() + message[1:] if is_own else _WORDS.get(name, message)
            form.error(name if name in _WORDS or name in {"note", "tendered"} else "", "%(text)s", text=words)
        return None


def read_version(form: Form) -> Precondition:
    """Read the version that a page was made of; a wrong one is a version that has passed."""
    text = form.get("version")
    return Precondition(frozenset({int(text)} if text.isascii() and text.isdigit() else set()))


def read_office(form: Form) -> UUID | None:
    """Read the office that was chosen; None with an error in the form."""
    try:
        return ids.read(form.get("office"))
    except ValueError:
        form.error("office", "Choose an office")
        return None


async def perform(
    request: Request,
    staff: Staff,
    form: Form,
    work: Callable[[Session], Awaitable[object]],
    fields: Mapping[str, str] | None = None,
) -> bool:
    """Do something in a transaction of its own: all of it, or nothing and an error in the form.

    ``fields``: of the form, by the code of the problem that is about them.
    """
    database: Database = request.app.state.database
    try:
        async with database.writing(staff.council) as session:
            await work(session)
    except Problem as problem:
        if problem.code == CHANGED:
            form.error("", "It has changed since you opened this page. Check it, and send it again")
        else:
            add_problem(form, problem, (fields or {}).get(problem.code, ""))
        return False
    return True


def read(request: Request, staff: Staff) -> AbstractAsyncContextManager[ReadSession]:
    """Open a session to show a page again, after what was tried is rolled back."""
    database: Database = request.app.state.database
    return database.reading(staff.council)
