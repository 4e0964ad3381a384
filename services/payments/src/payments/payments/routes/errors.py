"""Errors as GOV.UK Pay's API writes them: field or header, code, description."""

import re
from collections.abc import Sequence

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from chassis.problems import ErrorShape, ErrorTemplate, FieldError, Problem
from payments.payments.schemas.responses import PayError

_RESOURCES = ("payments", "refunds", "disputes", "agreements", "auth")
_PAY_CODE = re.compile(r"P[0-9]{4}")
_MISSING = "missing"
_RANGES = ("greater_than", "less_than", "string_too", "too_short", "too_long", "value_error", "literal_error")
_UNREADABLE = ("json_invalid",)
_HEADER = "header"
_PAGING = {"page", "display_size"}  # named last, as Pay does
_PLACES = {"body", "query", "path", _HEADER}


class _Codes:
    """The codes of one kind of request: missing, wrong, unreadable. ``status``: of what is missing."""

    def __init__(
        self, missing: str, wrong: str, unreadable: str, search: str = "", status: int = 400
    ) -> None:
        self.missing, self.wrong, self.unreadable, self.search = missing, wrong, unreadable, search
        self.status = status


_OPERATIONS = (
    (re.compile(r"POST .*/payments/[^/]+/refunds$"), _Codes("P0601", "P0602", "P0697")),
    (re.compile(r"POST .*/agreements$"), _Codes("P2101", "P2102", "P2197")),
    (re.compile(r"POST .*/v1/auth$"), _Codes("P0101", "P0102", "P0197", status=422)),
    (re.compile(r"GET .*/v1/refunds$"), _Codes("P1101", "P1101", "P1101", "P1101")),
    (re.compile(r"GET .*/v1/agreements$"), _Codes("P2401", "P2401", "P2401", "P2401")),
    (re.compile(r"GET .*/v1/(payments|disputes)$"), _Codes("P0401", "P0401", "P0401", "P0401")),
    (re.compile(r""), _Codes("P0101", "P0102", "P0197")),
)
_OWN = {
    401: ("P0920", "Credentials are required to access this resource"),
    403: ("P0930", "Access to this resource is not enabled for this account. Contact your administrator"),
    404: ("P0200", "Not found"),
    405: ("P0102", "The method is not offered here"),
    413: ("P0197", "The request is too large"),
    429: ("P0900", "Too many requests"),
    503: ("P0999", "The service is not available. Try again later"),
}
_NOT_FOUND = (
    (re.compile(r"/v1/payments/[^/]+/events$"), "P0300"),
    (re.compile(r"/v1/payments/[^/]+/cancel$"), "P0500"),
    (re.compile(r"/v1/payments/[^/]+/capture$"), "P1000"),
    (re.compile(r"POST .*/v1/payments/[^/]+/refunds$"), "P0600"),
    (re.compile(r"/v1/payments/[^/]+/refunds$"), "P0800"),
    (re.compile(r"/v1/payments/[^/]+/refunds/[^/]+$"), "P0700"),
    (re.compile(r"POST .*/v1/agreements/[^/]+/cancel$"), "P2500"),
    (re.compile(r"/v1/agreements/[^/]+$"), "P2200"),
)


def render(request: Request, problem: Problem) -> Response:
    """Render an error as Pay does."""
    operation = f"{request.method} {request.url.path}"
    status, error = _to_error(operation, problem)
    return JSONResponse(error.model_dump(), status, problem.headers)


def _to_error(operation: str, problem: Problem) -> tuple[int, PayError]:
    if _PAY_CODE.fullmatch(problem.code):
        return problem.status_code, _own_error(problem)
    if problem.code == "idempotency-key-reused":
        description = "The Idempotency-Key has already been used to create a payment"
        return 409, PayError(header="Idempotency-Key", code="P0191", description=description)
    if problem.errors:
        codes = next(codes for pattern, codes in _OPERATIONS if pattern.search(operation))
        names = [
            error.field.partition(".")[2] for error in problem.errors if error.field.startswith("query.")
        ]
        if codes.search and names:
            return 422, _search_error(codes, names)
        return _from_field(operation, codes, problem.errors[0])
    if problem.status_code >= 500 and problem.status_code not in _OWN:  # noqa: PLR2004
        return problem.status_code, PayError(code="P0198", description="Downstream system error")
    code, description = _OWN.get(problem.status_code, ("P0102", str(problem.detail)))
    return problem.status_code, PayError(code=code, description=f"{description}. {problem.detail}")


def _own_error(problem: Problem) -> PayError:
    field = problem.extra.get("field")
    if field is None:
        return PayError(code=problem.code, description=str(problem.detail))
    if problem.code.endswith("01"):
        return PayError(field=field, code=problem.code, description=f"Missing mandatory attribute: {field}")
    if str(problem.detail).startswith("Unexpected"):
        return PayError(field=field, code=problem.code, description=str(problem.detail))
    description = f"Invalid attribute value: {field}. {problem.detail}"
    return PayError(field=field, code=problem.code, description=description)


def _search_error(codes: _Codes, names: Sequence[str]) -> PayError:
    members = dict.fromkeys(name.partition(".")[0] for name in names)
    fields = ", ".join(sorted(members, key=lambda name: name in _PAGING))
    description = f"Invalid parameters: {fields}. See Public API documentation for the correct data formats"
    return PayError(code=codes.search, description=description)


def _from_field(operation: str, codes: _Codes, error: FieldError) -> tuple[int, PayError]:
    place, _, name = error.field.partition(".")
    if place not in _PLACES:  # of the basket's own rules
        description = f"Invalid attribute value: {error.field}. {error.message}"
        return 422, PayError(field=place.partition("[")[0], code="P0102", description=description)
    name = name.partition(".")[0]
    if place == "path":
        code = next((code for path, code in _NOT_FOUND if path.search(operation)), "P0200")
        return 404, PayError(code=code, description="Not found")
    if place == _HEADER:
        description = f"Header [{name}] can have a size between 1 and 255, of letters, digits and hyphens"
        return 422, PayError(header=name, code=codes.wrong, description=description)
    if not name or error.code in _UNREADABLE or name.isdigit():
        return 400, PayError(code=codes.unreadable, description="Unable to parse JSON")
    return _from_body(codes, name, error)


def _from_body(codes: _Codes, name: str, error: FieldError) -> tuple[int, PayError]:
    if error.code == _MISSING:
        description = f"Missing mandatory attribute: {name}"
        return codes.status, PayError(field=name, code=codes.missing, description=description)
    status = 422 if error.code.startswith(_RANGES) else codes.status
    description = f"Invalid attribute value: {name}. {error.message}"
    return status, PayError(field=name, code=codes.wrong, description=description)


_TEMPLATE = ErrorTemplate(
    '{"code":$code,"description":$detail}',
    codes={
        "401": "P0920",
        "403": "P0930",
        "404": "P0200",
        "413": "P0197",
        "429": "P0900",
        "4XX": "P0102",
        "5XX": "P0999",
    },
)
# What every service has at `/v1/council` keeps the house's own errors.
shapes = [ErrorShape(f"payments/v1/{resource}", render, PayError, [_TEMPLATE]) for resource in _RESOURCES]
