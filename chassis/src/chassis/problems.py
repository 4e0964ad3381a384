"""RFC 9457 problems: every error says what was wrong, where, and what to do.

``type`` and ``code`` are stable; ``detail`` is for people and may be reworded. ``chassis.error_handlers``
makes problems of all other errors and sends them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request, Response
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One thing that is wrong with one field."""

    field: str = Field(
        description="Where the field is, for example query.limit, body.name, path.uprn or header.If-Match",
        examples=["query.q"],
    )
    message: str = Field(description="What is wrong with the field")
    code: str = Field(
        description="What is wrong, as a code for your program: it stays the same",
        examples=["string_too_long"],
    )


class ProblemBody(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(
        description="The kind of error, as a URN: it stays the same",
        examples=["urn:townhall:problem:invalid-request"],
    )
    title: str = Field(description="The meaning of the HTTP status", examples=["Bad Request"])
    status: int = Field(description="The HTTP status", examples=[400])
    detail: str = Field(
        description="What went wrong and what you can do, for people: the wording may change",
        examples=["The request has a value that cannot be used; see errors."],
    )
    code: str = Field(
        description="The kind of error, as a code for your program: it stays the same",
        examples=["invalid-request"],
    )
    instance: str = Field(description="The path of your request, without its query")
    errors: list[FieldError] = Field(default=[], description="What is wrong with each field")


class Problem(HTTPException):
    """An error to raise anywhere below a route: it becomes a ``ProblemBody``, or an outside contract's body.

    ``extra`` adds members to the body; ``headers`` go out with the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.title = title or HTTPStatus(status).phrase
        self.errors = list(errors)
        self.extra = extra

    def body(self, instance: str) -> dict[str, Any]:
        """Make the response's body; ``instance`` is the request's path."""
        body = {
            "type": f"urn:townhall:problem:{self.code}",
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
            "instance": instance,
            **self.extra,
        }
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        return body


@dataclass(frozen=True, slots=True)
class ErrorTemplate:
    """The text of an outside contract's error, for the gateway: it answers for what it refuses itself.

    ``$status``, ``$detail`` and ``$code`` stand for the error's own; in JSON the last two bring their quotes.
    ``codes`` has the contract's code by status (``"401"``) or by class of statuses (``"4XX"``), which is
    asked second; ``details`` the contract's own words, by the problem's code. ``where``: an RE2 expression
    that the path with its query must contain; empty for all.
    """

    text: str
    media_type: str = "application/json"
    codes: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An outside contract's own error body, for every path below ``/{council}/{base}``.

    ``render`` writes it here. ``templates`` write the same in the gateway, the first that fits the request:
    the last is for every request.
    """

    base: str
    render: Callable[[Request, Problem], Response]
    body: type[BaseModel]
    templates: Sequence[ErrorTemplate]

    @property
    def media_type(self) -> str:
        """Get the media type in which an error is written unless the request asks for another."""
        return self.templates[-1].media_type

    @property
    def text_types(self) -> Sequence[str]:
        """List the media types in which it is written besides, on request."""
        return [template.media_type for template in self.templates[:-1]]

    def covers(self, path: str) -> bool:
        """Check whether a path is below the base."""
        rest = path.lstrip("/").partition("/")[2]
        return rest == self.base or rest.startswith(self.base + "/")


def not_found(noun: str) -> Problem:
    """Make a 404 for a thing the path names: ``not_found("note")``."""
    return Problem(404, "not-found", f"There is no {noun}. Check the identifier in the path.")


def invalid(field: str, message: str, code: str = "not_possible") -> Problem:
    """Make a 400 for one field (``body.usrn``, ``query.q``) that is wrong in a way no schema tells."""
    error = FieldError(field=field, message=message, code=code)
    return Problem(400, "invalid-request", f"{field.partition('.')[2]} {message}.", errors=[error])


def conflict(code: str, detail: str) -> Problem:
    """Make a 409 for a change that the state of things does not allow."""
    return Problem(409, code, detail)


def document_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Make a route's ``responses=`` for the errors that only it has; the app adds those every route has."""
    return {status: document_problem(status) for status in statuses}


def document_problem(status: int) -> dict[str, Any]:
    """Make the OpenAPI response of an error."""
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
