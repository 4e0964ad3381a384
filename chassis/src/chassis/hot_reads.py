"""Answers the hottest reads before routes are tried; what it is not sure of, their routes answer as ever.

FastAPI's matching and its parameters cost several times what such a read does itself. A ``HotRead`` stands
beside a route, which documents the operation, and answers the same. Who may do it is what the signature of
that route says, checked by the same objects. A read that answers None or raises leaves the request to its
route, so every refusal comes from there.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.auth import Caller
from chassis.problems import Problem

log = logging.getLogger(__name__)

Answer = Callable[[Request, Caller | None], Awaitable[Response | None]]
"""Answers a request whose caller may read; the caller is None where the operation is public."""

RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class HotRead:
    """A GET that is answered before routes are tried. ``path`` is that of its route, with the council."""

    path: str
    answer: Answer


class ReadyResponse(Response):
    """A response whose headers are written already, names in lower case, the length among them."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self.status_code = status
        self.raw_headers = headers
        self.body = body
        self.background = None


@dataclass(frozen=True, slots=True)
class _Check:
    """A security scheme that a route's signature names, and the scopes it requires."""

    scheme: Callable[..., Awaitable[Any]]
    scopes: SecurityScopes | None

    async def run(self, request: Request) -> Caller | None:
        """Return the caller, None if everybody may. Raises Problem 401, 403, 404 or 503."""
        awaitable = self.scheme(request) if self.scopes is None else self.scheme(request, self.scopes)
        caller: Caller | None = await awaitable
        return caller


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    route: Any
    checks: Sequence[_Check]
    answer: Answer


class HotTable:
    """The hot reads of an application, each with its route; empty until ``fill``."""

    def __init__(self, reads: Sequence[HotRead]) -> None:
        self._reads = reads
        self.entries: Sequence[_Entry] = ()

    def fill(self, app: FastAPI) -> None:
        """Find the routes. Raises ValueError for a read without one, or one that does not say who may."""
        self.entries = [_make_entry(app, hot_read) for hot_read in self._reads]


class HotReads:
    """ASGI middleware, inside the chassis's telemetry: a hot read is measured by its route as any other."""

    def __init__(self, app: ASGIApp, table: HotTable) -> None:
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = None
        if scope["type"] == "http" and scope["method"] == "GET" and not scope.get("root_path"):
            response = await self._answer(scope)
        await (response or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path = scope["path"]
        for entry in self._table.entries:
            match = entry.pattern.match(path)
            if match is not None:
                return await _read(entry, scope, match.groupdict())
        return None


async def _read(entry: _Entry, scope: Scope, path_params: dict[str, str]) -> Response | None:
    # A council that is not known yet is waited for by the route alone, once.
    if path_params.get("council") not in scope["app"].state.directory.councils:
        return None
    request = Request({**scope, "path_params": path_params})
    try:
        caller = None
        for check in entry.checks:
            caller = await check.run(request) or caller
        response = await entry.answer(request, caller)
    except Problem:
        return None
    except Exception:
        log.exception("a hot read of %s failed; its route answers", entry.route.path)
        return None
    if response is not None:
        scope["route"] = entry.route
    return response


def _make_entry(app: FastAPI, hot_read: HotRead) -> _Entry:
    """Find the route of a read and who may use it. Raises ValueError without one, or if it names nobody."""
    for context in iter_route_contexts(app.routes):
        if context.path == hot_read.path and "GET" in (context.methods or ()):
            checks = list(_list_checks(context.dependant))
            if not checks:
                raise ValueError(
                    f"the route of {hot_read.path} says neither who may read nor that it is public"
                )
            return _Entry(context.path_regex, context.original_route, checks, hot_read.answer)
    raise ValueError(f"there is no route of {hot_read.path} that would answer the same")


def _list_checks(dependant: Any) -> Iterator[_Check]:
    """List the security schemes of a route, each with its scopes once, in their order."""
    listed = set()
    for part in _walk(dependant):
        if not isinstance(part.call, SecurityBase):
            continue
        scopes = (*(part.parent_oauth_scopes or ()), *(part.own_oauth_scopes or ()))
        if (id(part.call), scopes) not in listed:
            listed.add((id(part.call), scopes))
            takes_scopes = part.security_scopes_param_name is not None
            scheme = cast("Callable[..., Awaitable[Any]]", part.call)  # FastAPI calls all of them so
            yield _Check(scheme, SecurityScopes(list(dict.fromkeys(scopes))) if takes_scopes else None)


def _walk(dependant: Any) -> Iterator[Any]:
    for part in dependant.dependencies:
        yield part
        yield from _walk(part)
