"""Submitted forms: their values, with bounds, and the errors in them."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from chassis.problems import Problem
from chassis.web.origin import CSRF_FIELD, require_same_origin, require_token

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MAX_BODY = 16_384  # bytes
_MAX_FIELDS = 200


class Form:
    """Values and errors of a form, by field. A page shows both, so nobody has to type again.

    An error's message is a ``gettext_noop("...")`` with its values. The page shows it in the reader's
    language at the field, and in the error summary, which links to the field.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {name: [value] for name, value in (values or {}).items()}
        self.errors: dict[str, tuple[str, Mapping[str, object]]] = {}

    @classmethod
    def read(cls, body: bytes) -> "Form":
        """Parse ``name=value&...``. Raises ValueError for a body that no browser sends."""
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
        """Return the value without blanks around it, cut at ``most`` + 1 to show that it is too long."""
        return self.raw(name, most).strip()

    def raw(self, name: str, most: int = 200) -> str:
        """Return the value as typed, for passwords."""
        values = self._values.get(name)
        return values[0][: most + 1] if values else ""

    def all(self, name: str) -> list[str]:
        """Return all values of a field that may have several (checkboxes)."""
        return list(self._values.get(name, ()))

    def error(self, name: str, message: str, **values: object) -> None:
        """Add a field's error, unless it has one."""
        self.errors.setdefault(name, (message, values))

    @property
    def ok(self) -> bool:
        """Check whether the form has no errors."""
        return not self.errors


async def _read_form(request: Request) -> Form:
    require_same_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise Problem(400, "invalid-request", f"Send the form as {MEDIA_TYPE}.")
    try:
        form = Form.read(await request.body())
    except ValueError as error:
        raise Problem(400, "invalid-request", "The form cannot be read.") from error
    require_token(request, form.get(CSRF_FIELD))
    return form


SubmittedForm = Annotated[Form, Depends(_read_form)]
"""The form of a POST from one of our own pages. Any other POST gets Problem 403 ``form-refused``."""


def form_body(*required: str, **lengths: int) -> dict[str, Any]:
    """Make the ``openapi_extra`` of a route with a form: its fields (``email=254`` characters) and limit."""
    fields = {name: {"type": "string", "maxLength": length} for name, length in lengths.items()}
    fields |= {name: {"type": "string", "maxLength": 200} for name in required if name not in fields}
    fields[CSRF_FIELD] = {"type": "string", "maxLength": 64}
    schema = {"type": "object", "required": [*required, CSRF_FIELD], "properties": fields}
    return {
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}},
        "x-limits": {"body": _MAX_BODY},
    }
