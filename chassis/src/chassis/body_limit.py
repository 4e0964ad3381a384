"""Limits the size of request bodies, counted as they arrive: a false Content-Length changes nothing.

A request whose Content-Length is over the limit is refused before any of it is read.
"""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import Problem


class BodyLimit:
    """ASGI middleware. A route sets its own limit with ``openapi_extra={"x-limits": {"body": bytes}}``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        declared = next((int(v) for k, v in scope["headers"] if k == b"content-length" and v.isdigit()), 0)

        async def receive_within_limit() -> Message:
            nonlocal received
            limit = _limit_of(scope)
            message: Message = {} if declared > limit else await receive()
            received += len(message.get("body", b""))
            if max(received, declared) > limit:
                raise Problem(413, "body-too-large", f"The body may be {limit} bytes at most.", limit=limit)
            return message

        await self._app(scope, receive_within_limit, send)


def _limit_of(scope: Scope) -> int:
    extra = getattr(scope.get("route"), "openapi_extra", None) or {}
    return int(extra.get("x-limits", {}).get("body", scope["app"].state.settings.max_body))


async def stream_body(request: Request) -> AsyncIterator[bytes]:
    """Read a body piece by piece. Raises Problem 400 if the sender breaks off."""
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        detail = "What was sent broke off, and nothing is kept of it. Send it again."
        raise Problem(400, "upload-broken-off", detail) from None
