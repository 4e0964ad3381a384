"""The envelope of postcodes.io: JSON or JSONP, its errors, what browsers and caches are told."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request, Response

from address.postcodes.rules.queries import RefusedError
from address.postcodes.schemas import LONGEST_CALLBACK, PostcodesIoError
from chassis.problems import ErrorShape, Problem

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
_IN_THEIR_WORDS = {"unknown-path": "Resource not found"}


def none(what: str) -> Problem:
    """There is no such postcode or outcode."""
    return Problem(404, "not-found", what)


@contextmanager
def refused() -> Iterator[None]:
    """A value the rules refuse is a 400 that says so."""
    try:
        yield
    except RefusedError as error:
        raise Problem(400, "invalid-request", str(error)) from None


def answered(request: Request, result: str, cache: str | None = _CACHE) -> Response:
    """``result`` (JSON text) in the envelope, with its ETag; 304 when the caller has it already."""
    body, media_type = _wrapped(_callback(request), f'{{"status":200,"result":{result}}}')
    headers = dict(_BROWSERS)
    if cache is not None:
        headers["Cache-Control"] = cache
    if cache == _CACHE:
        headers["ETag"] = tag = f'"{hashlib.blake2b(body.encode(), digest_size=16).hexdigest()}"'
        if _known(request, tag):
            return Response(None, 304, headers)
    return Response(body, headers=headers, media_type=media_type)


def _known(request: Request, tag: str) -> bool:
    """Whether the caller's If-None-Match (RFC 9110, 13.1.2) names the tag."""
    tags = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return tag in tags or "*" in tags


async def preflight() -> Response:
    """What a browser may ask for from another site's page: anything, it is public."""
    return Response(None, 204, {**_PREFLIGHT, "Allow": _PREFLIGHT["Access-Control-Allow-Methods"]})


def _callback(request: Request) -> str | None:
    """The function JSONP is to call. Raises Problem 400 for what is no name of one."""
    given = request.query_params.get("callback")
    if not given:
        return None
    if len(given) > LONGEST_CALLBACK or not _CALLBACK.fullmatch(given):
        raise Problem(400, "invalid-request", "Invalid callback submitted: it must be the name of a function")
    return given


def _wrapped(callback: str | None, body: str) -> tuple[str, str]:
    """The body and its type. JSON is ASCII here, so it is a script's literal as it stands."""
    if callback is None:
        return body, "application/json"
    return f"/**/ typeof {callback} === 'function' && {callback}({body});", "text/javascript"


def _render(request: Request, problem: Problem) -> Response:
    """Every error below the base, in the contract's shape; JSONP has 200, or no browser would read it."""
    said = _IN_THEIR_WORDS.get(problem.code, str(problem.detail))
    if problem.errors:
        first = problem.errors[0]
        said = f"Parameter {first.field.partition('.')[2]}: {first.message}"
    body = json.dumps({"status": problem.status_code, "error": said}, separators=(",", ":"))
    headers = {**(problem.headers or {}), **_BROWSERS}
    try:
        callback = _callback(request)
    except Problem:
        callback = None
    text, media_type = _wrapped(callback, body)
    return Response(text, 200 if callback else problem.status_code, headers, media_type)


shape = ErrorShape(BASE, _render, PostcodesIoError)
