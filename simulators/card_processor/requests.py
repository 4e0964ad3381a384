"""Requests as the API reads them, and answers in its form."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.card_processor.accounts import check_key
from simulators.card_processor.card_numbers import refuse_card_numbers
from simulators.card_processor.errors import ApiError
from simulators.card_processor.fields import Fields
from simulators.card_processor.state import SimulatorState

MAX_BYTES = 65_536
_NO_STORE = {"Cache-Control": "no-store"}
Handler = Callable[[SimulatorState, Request], Awaitable[Response]]


def open_account(state: SimulatorState, request: Request) -> str:
    """Return the account that the request's secret key opens."""
    return state.open_account(check_key(request.headers.get("authorization", "")))


async def read_bytes(request: Request) -> bytes:
    """Read the body. Raises ApiError if it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ApiError(413, "too_large", f"Send at most {MAX_BYTES} bytes")
    return body


async def read_members(request: Request) -> dict[str, Any]:
    """Read a JSON object; no body is an object without members. Raises ApiError for anything else."""
    body = await read_bytes(request)
    try:
        members = json.loads(body, parse_constant=_refuse_constant) if body else {}
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "The body is not JSON") from None
    if not isinstance(members, dict):
        raise ApiError(400, "invalid_json", "The body is not a JSON object")
    try:
        refuse_card_numbers(members)
    except RecursionError:
        raise ApiError(400, "invalid_json", "The body is too deep") from None
    return members


def _refuse_constant(_: str) -> None:
    raise ValueError


def read_query(request: Request) -> Fields:
    """Read the parameters of the query, ``limit`` as a number. Raises ApiError if one stands there twice."""
    pairs = request.query_params.multi_items()
    members: dict[str, Any] = dict(pairs)
    if len(members) != len(pairs):
        raise ApiError(400, "invalid_value", "A parameter stands in the query twice")
    refuse_card_numbers(members)
    if (limit := members.get("limit", "")).isascii() and limit.isdigit() and len(limit) < 6:  # noqa: PLR2004
        members["limit"] = int(limit)
    return Fields(members)


def answer(status: int, body: Any) -> JSONResponse:
    """Answer with JSON that no cache may store."""
    return JSONResponse(body, status, _NO_STORE)


def endpoint(state: SimulatorState, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler of the API: a refusal is answered as JSON."""

    async def handle(request: Request) -> Response:
        try:
            refuse_card_numbers(request.path_params.get("id", ""), "path")
            return await handler(state, request)
        except ApiError as refusal:
            return answer(refusal.status, refusal.to_json())

    return handle


async def answer_http_error(_: Request, error: Exception) -> Response:
    """Answer an unknown path or method as JSON."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, reason = {
        404: ("not_found", "There is nothing at this path"),
        405: ("method_not_allowed", "This path does not take this method"),
    }.get(status, ("error", "The request failed"))
    return answer(status, {"code": code, "reason": reason})
