"""Answers as XML or JSON, errors too, and in English or Welsh."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from casework.open311.rules.xml import write_xml
from casework.open311.schemas.views import ErrorList
from chassis.problems import ErrorShape, ErrorTemplate, Problem, document_problems

BASE = "casework/open311/v2"
PREFIX = f"/{{council}}/{BASE}"
_XML = "text/xml"
Form = Annotated[Literal["json", "xml"], Path(description="The form of the answer")]
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {"content": {_XML: {"schema": {"type": "string", "description": "The same as elements"}}}},
    **document_problems(403),
}
_FORBIDDEN = {401, 403}  # the contract has one status for a key that is missing, wrong, or not for this
_OWN_STATUSES = {404, 413, 429}  # below 500; all others are 400


def _choose_language(request: Request) -> str:
    """Choose Welsh for those who ask for it first."""
    return "cy" if request.headers.get("accept-language", "").lower().startswith("cy") else "en"


Language = Annotated[str, Depends(_choose_language)]


def respond(
    form: str, root: str, value: BaseModel | Sequence[BaseModel], headers: dict[str, str] | None = None
) -> Response:
    """Write an answer. In XML it has a root; in JSON a list is bare."""
    content: Any = (
        value.model_dump(mode="json", exclude_none=True)
        if isinstance(value, BaseModel)
        else [each.model_dump(mode="json", exclude_none=True) for each in value]
    )
    vary = {"Vary": "Accept-Language", **(headers or {})}
    if form == "xml":
        return Response(write_xml(root, content), 200, vary, media_type=_XML)
    return JSONResponse(content, 200, vary)


def _render(request: Request, problem: Problem) -> Response:
    is_elsewhere = any(error.field.startswith("path.") for error in problem.errors)
    status = 404 if is_elsewhere else _find_status(problem.status_code)
    faults = [f"{error.field.partition('.')[2]}: {error.message}" for error in problem.errors]
    errors = [
        {"code": str(status), "description": description.removeprefix("Value error, ")}
        for description in faults or [str(problem.detail)]
    ]
    headers = {name: value for name, value in (problem.headers or {}).items() if name != "WWW-Authenticate"}
    if request.url.path.endswith(".xml"):
        return Response(write_xml("errors", errors), status, headers, media_type=_XML)
    return JSONResponse(errors, status, headers)


def _find_status(status: int) -> int:
    if status in _FORBIDDEN:
        return 403
    return status if status in _OWN_STATUSES or status >= 500 else 400  # noqa: PLR2004 - faults of ours


_CODES = {"401": "403", **{str(status): str(status) for status in (403, 404, 413, 429, 500, 502, 503, 504)}}
_CODES |= {"4XX": "400"}
shape = ErrorShape(
    BASE,
    _render,
    ErrorList,
    [
        ErrorTemplate(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            "<errors><error><code>$code</code><description>$detail</description></error></errors>",
            _XML,
            codes=_CODES,
            where=r"\.xml(\?|$)",
        ),
        ErrorTemplate('[{"code":$code,"description":$detail}]', codes=_CODES),
    ],
)
