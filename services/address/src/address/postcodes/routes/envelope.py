"""Write postcodes.io responses: JSON or JSONP, errors, CORS and cache headers."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request, Response

from address.postcodes.rules.queries import RefusedError
from address.postcodes.schemas import MAX_CALLBACK, PostcodesIoError
from chassis.etags import respond_hashed
from chassis.problems import ErrorShape, ErrorTemplate, Problem

BASE = "address/postcodes-io"
_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*)*")
_CACHE = "public, max-age=300"
_BROWSERS = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
_PREFLIGHT = {
    **_BROWSERS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
_MESSAGES = {"unknown-path": "Resource not found"}


def not_found(message: str) -> Problem:
    """Return the 404 for an unknown postcode or outcode."""
    return Problem(404, "not-found", message)


@contextmanager
def refusals_as_problems() -> Iterator[None]:
    """Convert RefusedError to a 400."""
    try:
        yield
    except RefusedError as error:
        raise Problem(400, "invalid-request", str(error)) from None


def to_response(request: Request, result: str, cache: str | None = _CACHE) -> Response:
    """Write ``result`` (JSON text) in the envelope, with its ETag; 304 when the caller has it."""
    body, media_type = _wrap(_callback(request), f'{{"status":200,"result":{result}}}')
    headers = dict(_BROWSERS)
    if cache is not None:
        headers["Cache-Control"] = cache
    if cache == _CACHE:
        tags = request.headers.get("if-none-match")
        return respond_hashed(body.encode(), tags, cache, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


async def preflight() -> Response:
    """Answer a CORS preflight request: everything is allowed, because the API is public."""
    return Response(None, 204, {**_PREFLIGHT, "Allow": _PREFLIGHT["Access-Control-Allow-Methods"]})


def _callback(request: Request) -> str | None:
    """Return the JSONP callback. Raise Problem 400 for an invalid name."""
    name = request.query_params.get("callback")
    if not name:
        return None
    if len(name) > MAX_CALLBACK or not _CALLBACK.fullmatch(name):
        raise Problem(400, "invalid-request", "Invalid callback submitted: it must be the name of a function")
    return name


def _wrap(callback: str | None, body: str) -> tuple[str, str]:
    """Return the body and its media type. The JSON is ASCII, so it is a valid script literal."""
    if callback is None:
        return body, "application/json"
    return f"/**/ typeof {callback} === 'function' && {callback}({body});", "text/javascript"


def _render(request: Request, problem: Problem) -> Response:
    """Render an error in the contract's shape; JSONP has status 200, or browsers would not run it."""
    message = _MESSAGES.get(problem.code, str(problem.detail))
    if problem.errors:
        first = problem.errors[0]
        message = f"Parameter {first.field.partition('.')[2]}: {first.message}"
    body = json.dumps({"status": problem.status_code, "error": message}, separators=(",", ":"))
    headers = {**(problem.headers or {}), **_BROWSERS}
    try:
        callback = _callback(request)
    except Problem:
        callback = None
    text, media_type = _wrap(callback, body)
    return Response(text, 200 if callback else problem.status_code, headers, media_type)


shape = ErrorShape(
    BASE, _render, PostcodesIoError, [ErrorTemplate('{"status":$status,"error":$detail}', details=_MESSAGES)]
)
