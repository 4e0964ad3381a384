"""Requests as the API reads them, and answers in its form."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.direct_debit.database import Record
from simulators.direct_debit.errors import ApiError, invalid

_MAX_BYTES = 65_536
# Payers type bank details at the hosted page of a real provider. What looks like some is refused here.
_BANK_DETAILS = re.compile(r"(?<!\d)(\d{2}-?\d{2}-?\d{2}[ /,]+\d{8}|GB\d{2}[A-Z]{4}\d{14})(?!\d)")
Handler = Callable[[Request], Awaitable[Response]]


async def read_members(request: Request, envelope: str) -> dict[str, Any]:
    """Read the JSON object under its envelope. Raises ApiError for anything else."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise ApiError(413, "invalid_api_usage", "request_too_large", f"Send at most {_MAX_BYTES} bytes")
    try:
        text = body.decode()
        members = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_api_usage", "invalid_json", "The body is not JSON") from None
    if _BANK_DETAILS.search(text):
        raise invalid("Send no bank details: payers enter them at the hosted page")
    inner = members.get(envelope, {}) if isinstance(members, dict) and envelope else members
    if not isinstance(inner, dict):
        raise invalid(f"{envelope or 'the body'} is an object")
    return inner


def answer(status: int, body: Any) -> JSONResponse:
    """Answer with JSON that no cache may store."""
    return JSONResponse(body, status, {"Cache-Control": "no-store", "RateLimit-Limit": "1000"})


def show(record: Record) -> Record:
    """Return a record as the API shows it: without the members that only the simulator knows."""
    return {name: value for name, value in record.items() if not name.startswith("_")}


def endpoint(handler: Handler) -> Handler:
    """Wrap a handler: a refusal is answered as JSON."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ApiError as refusal:
            return answer(refusal.status, refusal.to_json())

    return handle


def read_text(members: dict[str, Any], name: str, longest: int) -> str:
    """Read a text that must be there. Raises ApiError."""
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise invalid(f"{name} is a text of 1 to {longest} characters")
    return value


def read_link(members: dict[str, Any], name: str) -> str:
    """Read a link to another record. Raises ApiError."""
    links = members.get("links")
    return read_text(links if isinstance(links, dict) else {}, name, 60)
