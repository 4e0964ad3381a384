"""Errors: what was wrong, where, and what to do (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx


class TownhallError(Exception):
    """Anything that went wrong between here and a capability."""


class UnreachableError(TownhallError):
    """No answer came before the deadline: whether a change took effect is not known.

    Send it with the same key again.
    """


class UnexpectedAnswerError(TownhallError):
    """A success that the contract does not name: the client is older than the region."""

    def __init__(self, status: int, path: str) -> None:
        super().__init__(f"{path} answered {status}, which its contract does not name")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with one field, such as ``body.postcode``."""

    field: str
    message: str
    code: str


@dataclass(eq=False)
class Problem(TownhallError):  # noqa: N818 - RFC 9457's word
    """An error that a capability or the gateway answered.

    ``code`` is for programs and stays the same; ``detail`` says to people what was wrong and what to do.
    ``extra`` has every other member of the body. ``retry_after``: seconds.
    """

    status: int
    code: str
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    def __str__(self) -> str:
        """Say it in lines for people: the whole first, then each field."""
        fields = [f"  {error.field} {error.message}" for error in self.errors]
        return "\n".join([f"{self.status} {self.code} at {self.instance}: {self.detail}", *fields])


class InvalidRequest(Problem):
    """400 or 422: see ``errors``."""


class NotAuthenticated(Problem):
    """401: the credential is missing, wrong, expired or revoked."""


class NotAllowed(Problem):
    """403: the credential is good, but not for this."""


class NotFound(Problem):
    """404."""


class Conflict(Problem):
    """409: the state of things does not allow it."""


class Stale(Problem):
    """412 or 428: read it again, then change it with the ``ETag`` of what you read."""


class TooManyRequests(Problem):
    """429, after the client waited as often as it may."""


class Unavailable(Problem):
    """A 5xx, after the client tried again where that was safe."""


_KINDS: dict[int, type[Problem]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Stale,
    422: InvalidRequest,
    428: Stale,
    429: TooManyRequests,
}
_MEMBERS = {"type", "title", "status", "detail", "code", "instance", "errors"}
_CODES = ("code", "error")
_DETAILS = ("detail", "description", "error_description")
"""Ours, then GOV.UK Pay's, then OAuth's."""
_FIRST_SERVER_ERROR = 500


def read_problem(response: httpx.Response) -> Problem:
    """Read the error of an answer that was read whole; an outside contract's own error keeps its text."""
    try:
        parsed = response.json()
    except ValueError:
        parsed = None
    body: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    status = response.status_code
    kind = _KINDS.get(status, Unavailable if status >= _FIRST_SERVER_ERROR else Problem)
    return kind(
        status,
        _read_text(body, _CODES) or f"http-{status}",
        _read_text(body, _DETAILS) or response.text[:500] or response.reason_phrase,
        response.request.url.path,
        _read_fields(body.get("errors")),
        {name: value for name, value in body.items() if name not in _MEMBERS},
        read_retry_after(response),
    )


def read_retry_after(response: httpx.Response) -> float | None:
    """Read ``Retry-After`` in seconds; None when it is missing or a date."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _read_text(body: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if isinstance(text := body.get(name), str) and text), "")


def _read_fields(errors: object) -> tuple[FieldProblem, ...]:
    rows = [row for row in errors if isinstance(row, dict)] if isinstance(errors, list) else []
    return tuple(
        FieldProblem(str(row.get("field", "")), str(row.get("message", "")), str(row.get("code", "")))
        for row in rows
    )
