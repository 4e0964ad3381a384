"""A form that was sent: its values, bounded, and what is wrong with them."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from chassis.problems import Problem
from chassis.web.origin import CSRF_FIELD, require_token, same_origin

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MAX_BODY = 16_384  # bytes
_MAX_FIELDS = 60


class Form:
    """Values by name, and errors by name. A page shows both: what was typed is not lost.

    An error's message is a ``say("...")`` with its values; the page shows it in the reader's language, at the
    field and in the summary, which links to the field.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name: [value] for name, value in (values or {}).items()}
        self.errors: dict[str, tuple[str, Mapping[str, object]]] = {}

    @classmethod
    def read(cls, body: bytes) -> "Form":
        """From ``name=value&...``. ValueError for what no browser sends."""
        form = cls()
        text = body.decode()
        for name, value in parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        ):
            if "\x00" in value:
                raise ValueError("NUL")
            form._values.setdefault(name, []).append(value)
        return form

    def get(self, name: str, most: int = 200) -> str:
        """The value without blanks around it, cut at ``most`` + 1: so a longer one is seen as such."""
        return self.raw(name, most).strip()

    def raw(self, name: str, most: int = 200) -> str:
        """The value as typed, as passwords are to be taken."""
        found = self._values.get(name)
        return found[0][: most + 1] if found else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field that may stand several times (checkboxes)."""
        return list(self._values.get(name, ()))

    def error(self, name: str, message: str, **values: object) -> None:
        """Say what is wrong with a field; the first word on a field stands."""
        self.errors.setdefault(name, (message, values))

    @property
    def ok(self) -> bool:
        return not self.errors


async def _submitted(request: Request) -> Form:
    same_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise Problem(400, "invalid-request", f"Send the form as {MEDIA_TYPE}.")
    try:
        form = Form.read(await request.body())
    except ValueError as error:
        raise Problem(400, "invalid-request", "The form cannot be read.") from error
    require_token(request, form.get(CSRF_FIELD))
    return form


SubmittedForm = Annotated[Form, Depends(_submitted)]
"""The form of a POST from one of our own pages. Problem 403 ``form-refused`` for any other."""


def form_body(*required: str, **lengths: int) -> dict[str, Any]:
    """``openapi_extra`` of a route that takes a form: its fields (``email=254`` characters), its limit."""
    fields = {name: {"type": "string", "maxLength": most} for name, most in lengths.items()}
    fields |= {name: {"type": "string", "maxLength": 200} for name in required if name not in fields}
    fields[CSRF_FIELD] = {"type": "string", "maxLength": 64}
    schema = {"type": "object", "required": [*required, CSRF_FIELD], "properties": fields}
    return {
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}},
        "x-limits": {"body": _MAX_BODY},
    }
